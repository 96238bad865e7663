//! What a user reads: the whole output of a run, as it stands on the screen and in the file.

use serde_json::{Value, json};

use crate::workspace::{Workspace, get, pact, project};

/// A run with one of everything that the mock provider can do.
fn run() -> (Workspace, String) {
    let workspace = Workspace::new();
    let good = get("good", Some("Invoice exists"), "/health", &json!({"status": "healthy"}));
    let mut differs = get(
        "differs",
        Some("A contract exists"),
        "/api/v1/contracts/12345",
        &json!({"id": "54321", "customer": {"id": "CUST001", "phone": "1"}}),
    );
    differs["request"]["query"] = json!({"a": ["1 2"]});
    differs["response"]["headers"] = json!({"X-Version": ["1"]});
    let mut pending = get("pending", None, "/api/v1/contracts/1", &json!({}));
    pending["pending"] = json!(true);
    workspace.write("p.json", pact(&[good, differs, pending]));
    let files = ["--json", "r.json", "--junit", "r.xml", "--html", "r.html", "--markdown", "r.md"];
    let run = workspace.verify(&[&["--mock", "p.json"][..], &files].concat()).exits(1);
    assert_eq!(run.stderr, "");
    (workspace, run.stdout)
}

/// What differs from run to run: ports, times, names of tenants, ids of requests.
fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(project().join("tests/verify/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    settings.add_filter(r"\d+(\.\d+)? m?s\b", "TIME");
    settings.add_filter(r#""(state|request|matching|duration_milliseconds)": \d+\.\d+"#, r#""$1": "MS""#);
    settings.add_filter(r#"time="\d+\.\d+""#, r#"time="S""#);
    settings.add_filter(r"<td class=.value.>\w+, \d+ \w+ \d+ [0-9:]+ GMT", r#"<td class="value">NOW"#);
    // The style and the script are no matter of a run.
    settings.add_filter(r"(?s)<(style|script)>.*?</(style|script)>", "<$1>...</$1>");
    settings.add_filter(r"sha256-[A-Za-z0-9+/=]+'", "sha256-HASH'");
    settings.add_filter(r"billtest-[0-9a-f]{8}-", "billtest-RUN-");
    settings.add_filter(r#""date": "[^"]+""#, r#""date": "NOW""#);
    settings.add_filter(r#""timestamp":(\s?)"[^"]+""#, r#""timestamp":$1"NOW""#);
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "REQUEST-ID");
    settings
}

#[test]
fn the_human_report_names_place_expected_actual_and_request() {
    let (_, stdout) = run();
    settings().bind(|| insta::assert_snapshot!("human", stdout));
}

#[test]
fn the_json_report_has_the_same_for_programs() {
    let (workspace, _) = run();
    settings().bind(|| insta::assert_snapshot!("json", workspace.read("r.json")));
}

#[test]
fn the_junit_report_has_a_suite_for_each_pact() {
    let (workspace, _) = run();
    settings().bind(|| insta::assert_snapshot!("junit", workspace.read("r.xml")));
}

#[test]
fn the_markdown_report_has_sums_a_table_and_details() {
    let (workspace, _) = run();
    settings().bind(|| insta::assert_snapshot!("markdown", workspace.read("r.md")));
}

/// Elements on lines of their own, so that a reviewer sees what changed.
#[test]
fn the_html_report_has_every_failure_in_full() {
    let (workspace, _) = run();
    let page = workspace.read("r.html").replace("><", ">\n<");
    settings().bind(|| insta::assert_snapshot!("html", page));
}

/// A script of the user would break on the first line that is not JSON.
#[test]
fn the_json_format_prints_the_report_and_nothing_else() {
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("good", None, "/health", &json!({"status": "healthy"}))]));
    let run = workspace.verify(&["--mock", "p.json", "--format", "json"]).exits(0);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["summary"]["verified"], 1);

    // Also when there is nothing to report, and when it never came to that.
    let run = workspace.verify(&["--mock", "*.none", "--format", "json", "--ignore-no-pacts"]).exits(0);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["interactions"], json!([]));
    let run = workspace.verify(&["--mock", "*.none", "--format", "json"]).exits(4);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["exit_code"], 4);
    assert!(report["problems"][0].as_str().unwrap().starts_with("nothing to verify"));
}

#[test]
fn the_quiet_format_prints_failures_and_the_last_line() {
    let workspace = Workspace::new();
    let good = get("good", None, "/health", &json!({"status": "healthy"}));
    workspace.write("good.json", pact(std::slice::from_ref(&good)));
    workspace.write("p.json", pact(&[good, get("differs", None, "/health", &json!({"status": "?"}))]));
    let quiet = |file| workspace.verify(&["--mock", file, "--format", "quiet"]).stdout;
    settings().bind(|| insta::assert_snapshot!("quiet", quiet("p.json")));
    let lines = quiet("good.json");
    assert_eq!(lines.trim().lines().count(), 1, "{lines}");
    assert!(lines.contains("1 verified in "), "{lines}");
}

/// A user could not follow an interaction from run to run.
#[test]
fn an_interaction_keeps_its_id_wherever_it_stands() {
    let workspace = Workspace::new();
    let mut one = get("one", Some("Invoice exists"), "/health", &json!({}));
    one["providerStates"][0]["params"] = json!({"id": "A", "amount": 1});
    let two = get("two", None, "/health", &json!({}));
    let mut other = one.clone();
    other["providerStates"][0]["params"]["id"] = json!("B");
    workspace.write("p.json", pact(&[one.clone(), two.clone()]));
    workspace.write("q.json", pact(&[other, two, one]));
    let ids = |file| -> Vec<String> {
        let run = workspace.verify(&["--mock", file, "--format", "json"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let interactions = report["interactions"].as_array().unwrap();
        interactions.iter().map(|interaction| interaction["id"].as_str().unwrap().to_owned()).collect()
    };
    let (first, second) = (ids("p.json"), ids("q.json"));
    assert_eq!([&first[1], &first[0]], [&second[1], &second[2]]);
    assert_ne!(second[0], second[2]);
}
