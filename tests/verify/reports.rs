//! What a user reads: the whole output of a run, as it stands on the screen and in the file.

use serde_json::json;

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
    let run = workspace.verify(&["--mock", "p.json", "--json", "r.json"]).exits(1);
    assert_eq!(run.stderr, "");
    (workspace, run.stdout)
}

/// What differs from run to run: ports, times, names of tenants.
fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(project().join("tests/verify/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    settings.add_filter(r"\d+(\.\d+)? m?s\b", "TIME");
    settings.add_filter(r#""(state|request|matching)": \d+\.\d+"#, r#""$1": "MS""#);
    settings.add_filter(r"billtest-[0-9a-f]{8}-", "billtest-RUN-");
    settings.add_filter(r#""date": "[^"]+""#, r#""date": "NOW""#);
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
    let report = std::fs::read_to_string(workspace.path("r.json")).unwrap();
    settings().bind(|| insta::assert_snapshot!("json", report));
}
