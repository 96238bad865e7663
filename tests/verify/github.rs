//! What GitHub Actions is told when the command runs there.

use serde_json::json;

use crate::fault_provider::{Fault, FaultProvider};
use crate::workspace::{Run, Workspace, get, pact};

/// A run in a job, with one failure and one pending failure.
fn run(fault: Fault, arguments: &[&str]) -> (Workspace, Run) {
    let provider = FaultProvider::start(fault);
    let workspace = Workspace::new();
    let mut pending = get("pending", None, "/a", &json!({"id": 2}));
    pending["pending"] = json!(true);
    workspace.write("p.json", pact(&[get("100 %: a, b\nc", None, "/a", &json!({"id": 1})), pending]));
    workspace.write("summary.md", "what another command wrote\n");
    let environment =
        [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", workspace.path("summary.md").to_str().unwrap())]
            .map(|(name, value)| (name, value.to_owned()));
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    let all = [&["p.json", "--provider-url", &provider.url][..], arguments].concat();
    let run = workspace.verify_under(&environment, &all);
    (workspace, run)
}

fn commands(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.trim_start().starts_with("::")).collect()
}

#[test]
fn a_failure_is_an_error_and_a_pending_one_a_warning() {
    let (_, run) = run(Fault::Empty, &[]);
    let run = run.exits(1);
    let commands = commands(&run.stdout);
    assert_eq!(commands.len(), 4, "{}", run.stdout);
    assert!(
        commands[2].starts_with(
            "::error title=100 %25%3A a%2C b c (Shop -> BillingAPI%2C mismatched)::$.id: `id` is missing%0Acurl -i "
        ),
        "{}",
        commands[2]
    );
    assert!(
        commands[3].starts_with("::warning title=pending (Shop -> BillingAPI%2C pending)::$.id: "),
        "{}",
        commands[3]
    );
}

/// A provider could mask a word in the user's log, or forge a result.
#[test]
fn a_response_cannot_give_commands() {
    let (_, run) = run(Fault::Hostile, &[]);
    let commands = commands(&run.stdout);
    let token = commands[0].strip_prefix("::stop-commands::").unwrap();
    let resumed = commands.iter().position(|command| *command == format!("::{token}::")).unwrap();
    let forged = commands.iter().rposition(|command| command.contains("forged")).unwrap();
    assert!(commands[forged].trim() == "::error::forged" && forged < resumed, "{commands:#?}");
}

#[test]
fn the_markdown_report_is_appended_to_the_job_summary() {
    let (workspace, _) = run(Fault::Empty, &["--markdown", "r.md"]);
    let summary = workspace.read("summary.md");
    assert_eq!(summary, format!("what another command wrote\n{}", workspace.read("r.md")));

    // Asked for at that very place, it is there once.
    let (workspace, run) = run(Fault::Empty, &["--markdown", "summary.md"]);
    run.exits(1);
    let summary = workspace.read("summary.md");
    assert!(summary.starts_with("what another command wrote\n"));
    assert_eq!(summary.matches("## Contract verification").count(), 1);
    let (_, refused) = self::run(Fault::Empty, &["--json", "summary.md"]);
    refused.exits(2).says("--json summary.md is the job summary; give the report a file of its own");
}

/// A summary over its limit is not shown at all.
#[test]
fn a_job_summary_stays_within_its_limit() {
    let provider = FaultProvider::start(Fault::Html);
    let workspace = Workspace::new();
    let many: Vec<_> = (0..400)
        .map(|number| get(&format!("{number} {}", "x".repeat(4000)), None, "/a", &json!({})))
        .collect();
    workspace.write("p.json", pact(&many));
    let summary = workspace.write("summary.md", "");
    workspace
        .verify_under(
            &[("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())],
            &["p.json", "--provider-url", &provider.url],
        )
        .exits(1);
    let text = workspace.read("summary.md");
    assert!(text.len() <= 1024 * 1024, "{}", text.len());
    assert!(text.contains("are left out here, for want of room"));
}

#[test]
fn annotations_do_not_stand_in_the_json_on_standard_output() {
    let (_, run) = run(Fault::Empty, &["--format", "json"]);
    serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap();
    assert!(run.stderr.contains("::error title="), "{}", run.stderr);
}

#[test]
fn elsewhere_there_are_no_commands() {
    let provider = FaultProvider::start(Fault::Empty);
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", None, "/a", &json!({"id": 1}))]));
    let run = workspace.verify(&["p.json", "--provider-url", &provider.url]).exits(1);
    assert_eq!(commands(&run.stdout), Vec::<&str>::new());
}

/// Later commands of the same step would be taken for text.
#[test]
fn commands_are_taken_again_when_the_run_ends_early() {
    for (arguments, code) in [(&["--html", "p.json"][..], 2), (&["--filter-nothing"], 2), (&["none.json"], 2)]
    {
        let (_, run) = run(Fault::Empty, arguments);
        let run = run.exits(code);
        let held = run.stdout.matches("::stop-commands::").count();
        let token = run.stdout.lines().find_map(|line| line.strip_prefix("::stop-commands::"));
        let resumed = token.map_or(0, |token| run.stdout.matches(&format!("\n::{token}::\n")).count());
        assert_eq!(held, resumed, "{}", run.stdout);
    }
}
