//! Programs that belong to a run: state hooks, the provider itself, what runs before and after everything.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::fault_provider::{Fault, FaultProvider};
use crate::observed_provider::ObservedProvider;
use crate::workspace::{FreeAddress, Pipe, Workspace, get, pact};

/// A workspace with one interaction whose state `S` is set up by this program, and a provider that agrees with it.
fn with_program(script: &str, timeout_ms: u32, path: &str) -> (Workspace, ObservedProvider) {
    let workspace = Workspace::new();
    let mut interaction = get("one", Some("S"), path, &json!({}));
    interaction["request"]["generators"] =
        json!({"path": {"type": "ProviderState", "expression": "/items/${id}", "dataType": "STRING"}});
    interaction["providerStates"][0]["params"] = json!({"text": "x".repeat(200_000)});
    workspace.write("p.json", pact(&[interaction]));
    workspace.write("hook.sh", script);
    workspace.write(
        "states/s.toml",
        format!(
            "name = \"S\"\n[params.text]\ntype = \"string\"\ndefault = \"\"\n\
             [[setup]]\nprogram = [\"sh\", \"hook.sh\"]\ntimeout_ms = {timeout_ms}\n"
        ),
    );
    (workspace, ObservedProvider::start(|_, _| (200, "{}".into())))
}

fn verify(workspace: &Workspace, provider: &ObservedProvider) -> crate::workspace::Run {
    workspace.verify_plain(&["p.json", "--states", "states", "--provider-url", &provider.url])
}

/// A user's machine would fill up with programs of runs that are long over.
#[test]
fn a_hook_that_takes_too_long_ends_with_all_it_started() {
    let (workspace, provider) = with_program(&format!("{}; sleep 600 & wait", Pipe::ALIVE), 500, "/items/1");
    let watch = workspace.pipe("alive").up_and_gone();
    verify(&workspace, &provider).exits(5).says("sh hook.sh took longer than 500 ms");
    watch.join().unwrap();
}

/// A user would see a hook hang that works alone: it waits for a reader, and the verifier for one as well.
#[test]
fn a_hook_may_print_before_it_reads() {
    let script = "head -c 300000 /dev/zero | tr '\\0' ' '; cat > input.json; echo '{\"id\": 5}'";
    let (workspace, provider) = with_program(script, 60_000, "/items/1");
    verify(&workspace, &provider).exits(0);
    assert_eq!(provider.targets(), ["GET /items/5"]);
    let input: Value = serde_json::from_str(&workspace.read("input.json")).unwrap();
    assert_eq!(input["params"]["text"].as_str().unwrap().len(), 200_000);
}

/// A user would not be able to start a database from a hook.
#[test]
fn a_program_that_a_hook_leaves_running_is_neither_waited_for_nor_ended() {
    let script = "sh -c 'cat go > got' & echo '{\"id\": 6}'";
    let (workspace, provider) = with_program(script, 60_000, "/items/1");
    let go = workspace.pipe("go");
    verify(&workspace, &provider).exits(0);
    assert_eq!(provider.targets(), ["GET /items/6"]);
    // It is still there to read this; otherwise opening the pipe would never end.
    go.open_for_writing();
}

/// A user would not be able to wait longer for one slow step than for requests.
#[test]
fn a_step_may_take_longer_than_a_request() {
    let provider = ObservedProvider::start(|seen, _| {
        if seen.method == "POST" {
            std::thread::sleep(Duration::from_millis(1500));
        }
        (200, "{}".into())
    });
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", Some("S"), "/1", &json!({}))]));
    workspace.write(
        "states/s.toml",
        "name = \"S\"\n[[setup]]\nrequest = { method = \"POST\", path = \"/s\" }\ntimeout_ms = 60000\n",
    );
    let arguments =
        ["p.json", "--states", "states", "--provider-url", &provider.url, "--request-timeout", "1000"];
    workspace.verify_plain(&arguments).exits(0);
}

#[test]
fn commands_run_before_and_after_everything_whatever_happened() {
    let provider = FaultProvider::start(Fault::Close);
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", None, "/1", &json!({}))]));
    let run = |more: &[&str]| {
        let arguments = ["p.json", "--provider-url", &provider.url];
        let _ = fs::remove_file(workspace.path("log"));
        let run = workspace.verify_plain(&[&arguments, more].concat());
        (run, workspace.read("log"))
    };
    let (before, after) = (["--before-all", "echo before >> log"], ["--after-all", "echo after >> log"]);
    let (ran, log) = run(&[before, after].concat());
    ran.exits(3);
    assert_eq!(log, "before\nafter\n");

    let failing = ["--before-all", "echo no licence >&2; exit 9"];
    let (ran, log) = run(&[failing, after].concat());
    ran.exits(5).says("--before-all `echo no licence >&2; exit 9` ended with exit status: 9: no licence");
    assert_eq!(log, "after\n", "half of what the first did may be there");

    let hanging = ["--before-all", "sleep 600", "--hook-timeout", "1"];
    let (ran, _) = run(&[&hanging[..], &after].concat());
    ran.exits(5).says("--before-all `sleep 600` took longer than 1 s; raise that with --hook-timeout");
}

/// A user would lose the results of a run because a database could not be dropped after it.
#[test]
fn results_are_told_although_what_runs_after_everything_failed() {
    let provider = ObservedProvider::start(|_, _| (200, "{}".into()));
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", None, "/1", &json!({}))]));
    workspace
        .verify_plain(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--json",
            "r.json",
            "--junit",
            "r.xml",
            "--markdown",
            "r.md",
            "--html",
            "r.html",
            "--after-all",
            "exit 4",
        ])
        .exits(5)
        .says("--after-all `exit 4` ended with exit status: 4")
        .says("1 verified");
    let report: Value = serde_json::from_str(&workspace.read("r.json")).unwrap();
    assert_eq!((&report["summary"]["verified"], &report["exit_code"]), (&json!(1), &json!(5)));
    // A CI server that reads only the report would show a green run.
    for name in ["r.json", "r.xml", "r.md", "r.html"] {
        assert!(workspace.read(name).contains("ended with exit status: 4"), "{name}");
    }
}

/// A workspace with a pact that `billtest mock` keeps, and the command that starts it at this address.
fn mocked(address: &FreeAddress) -> (Workspace, String) {
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("health", None, "/health", &json!({"status": "healthy"}))]));
    let mock = env!("CARGO_BIN_EXE_billtest");
    (workspace, format!("{mock} mock --listen {}", address.text))
}

#[test]
fn a_provider_is_started_for_the_run_and_ended_with_it() {
    let address = FreeAddress::new();
    let (workspace, command) = mocked(&address);
    let (url, ready) = (address.url(), format!("{}/health", address.url()));
    let watch = workspace.pipe("alive").up_and_gone();
    let command = format!("{}; {command} & wait", Pipe::ALIVE);
    workspace
        .verify_plain(&["p.json", "--provider-url", &url, "--start-command", &command, "--ready-url", &ready])
        .exits(0)
        .says("1 verified");
    watch.join().unwrap();
}

#[test]
fn a_provider_that_does_not_start_is_told_with_what_it_said() {
    let address = FreeAddress::new();
    let (workspace, _) = mocked(&address);
    let url = address.url();
    let start = |command: &str, limit: &str| {
        let arguments = ["p.json", "--provider-url", &url, "--start-command", command];
        workspace.verify_plain(&[&arguments[..], &["--ready-timeout", limit]].concat()).exits(3)
    };
    start("sleep 60", "0").says("was not ready within 0 s");
    // What a shell leaves behind would keep the address.
    let watch = workspace.pipe("alive").up_and_gone();
    let left = format!("{}; sleep 600 & echo no port; exit 4", Pipe::ALIVE);
    start(&left, "60").says("ended with exit status: 4 before it was ready; it said:\nno port");
    watch.join().unwrap();
}

/// A user would read 100 refused connections, and not that the provider crashed at the first.
#[cfg(target_os = "linux")]
#[test]
fn a_provider_that_ends_during_the_run_is_told_and_its_log_kept() {
    let address = FreeAddress::new();
    let (workspace, command) = mocked(&address);
    workspace.write("p.json", pact(&[get("health", Some("S"), "/health", &json!({"status": "healthy"}))]));
    workspace.write("end.sh", "kill $(cat pid); until grep -q ') Z' /proc/$(cat pid)/stat; do :; done");
    workspace.write(
        "states/s.toml",
        "name = \"S\"\n[[setup]]\nrequest = { method = \"GET\", path = \"/health\" }\n\
         [[teardown]]\nprogram = [\"sh\", \"end.sh\"]\ntimeout_ms = 60000\n",
    );
    let command = format!("echo $$ > pid; exec {command}");
    let run = workspace
        .verify_plain(&[
            "p.json",
            "--states",
            "states",
            "--provider-url",
            &address.url(),
            "--start-command",
            &command,
        ])
        .exits(0)
        .says("the provider ended during the run, with")
        .says("what the provider said is in ");
    let log = run.stderr.split("said is in ").nth(1).unwrap().trim().to_owned();
    assert!(fs::read_to_string(&log).unwrap().contains("billing provider ready"));
    fs::remove_file(log).unwrap();
}

/// An old provider that was never ended would be verified in place of the new one.
#[test]
fn a_provider_is_not_started_where_one_answers_already() {
    let provider = ObservedProvider::start(|_, _| (200, "{}".into()));
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", None, "/1", &json!({}))]));
    workspace
        .verify_plain(&["p.json", "--provider-url", &provider.url, "--start-command", "sleep 60"])
        .exits(3)
        .says("something answers at")
        .says("end that first");
}
