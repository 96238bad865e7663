//! Report files: each at its own place, or an error before anything runs.

use std::fs;

use serde_json::{Value, json};

use crate::fault_provider::{Fault, FaultProvider};
use crate::workspace::{Workspace, get, pact};

fn with_pact() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", None, "/a", &json!({}))]));
    workspace
}

/// A user would find one report of two, and CI would read the wrong one.
#[test]
fn two_reports_at_one_place_are_refused_before_anything_runs() {
    let provider = FaultProvider::start(Fault::Empty);
    let workspace = with_pact();
    fs::create_dir(workspace.path("real")).unwrap();
    let mut ways = vec![("r", "r"), ("r", "./r"), ("new/r", "new/x/../r"), ("real/r", "real/../real/r")];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(workspace.path("real"), workspace.path("link")).unwrap();
        fs::write(workspace.path("real/there"), "").unwrap();
        std::os::unix::fs::symlink(workspace.path("real/there"), workspace.path("alias")).unwrap();
        ways.extend([("real/r", "link/r"), ("real/there", "alias")]);
    }
    for (json, junit) in ways {
        workspace
            .verify(&["p.json", "--provider-url", &provider.url, "--json", json, "--junit", junit])
            .exits(2)
            .says(&format!("--json {json} and --junit {junit} are the same file; give each report its own"));
    }
    assert_eq!(provider.requests(), 0);
    assert!(!workspace.path("new").exists());
}

/// A user would lose the contract.
#[test]
fn a_report_is_not_written_over_a_pact() {
    let workspace = with_pact();
    let before = workspace.read("p.json");
    workspace
        .verify(&["--mock", "p.json", "--html", "./p.json"])
        .exits(2)
        .says("--html ./p.json is one of the pacts; give the report another file");
    assert_eq!(workspace.read("p.json"), before);
}

/// A user would wait for a long run to learn of a typing error.
#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_runs() {
    let provider = FaultProvider::start(Fault::Empty);
    let workspace = with_pact();
    fs::create_dir(workspace.path("folder")).unwrap();
    for (path, reason) in [
        ("folder", "--markdown folder: cannot be written: it is a directory; name a file"),
        ("p.json/r.md", "--markdown p.json/r.md: cannot be written: "),
    ] {
        workspace
            .verify(&["p.json", "--provider-url", &provider.url, "--markdown", path])
            .exits(2)
            .says(reason);
    }
    assert_eq!(provider.requests(), 0);
}

#[test]
fn missing_directories_of_a_report_are_made() {
    let workspace = with_pact();
    let provider = FaultProvider::start(Fault::Empty);
    workspace.verify(&["p.json", "--provider-url", &provider.url, "--junit", "a/b/r.xml"]).exits(0);
    assert!(workspace.read("a/b/r.xml").contains("testsuite"));
}

/// A user would take the report of an earlier run for this one's.
#[test]
fn a_run_that_ends_before_its_work_says_so_in_its_reports() {
    let workspace = with_pact();
    workspace.write("r.json", "{\"from\": \"an earlier run\"}");
    workspace
        .verify(&["p.json", "--provider-url", "http://127.0.0.1:1", "--json", "r.json", "--junit", "r.xml"])
        .exits(3);
    let report: Value = serde_json::from_str(&workspace.read("r.json")).unwrap();
    assert_eq!(report["exit_code"], 3);
    assert!(report["problems"][0].as_str().unwrap().contains("cannot be reached"));
    let junit = quick_junit::Report::deserialize_from_str(&workspace.read("r.xml")).unwrap();
    assert_eq!((junit.errors, junit.tests), (1, 1));
}

#[test]
fn a_pact_that_cannot_be_read_is_an_error_in_a_suite_of_its_own() {
    let workspace = with_pact();
    workspace.write("bad.json", "{");
    let provider = FaultProvider::start(Fault::Empty);
    workspace.verify(&["p.json", "bad.json", "--provider-url", &provider.url, "--junit", "r.xml"]).exits(7);
    let junit = quick_junit::Report::deserialize_from_str(&workspace.read("r.xml")).unwrap();
    let suites: Vec<&str> = junit.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(suites, ["Shop -> BillingAPI", "billtest-verify"]);
    assert_eq!(junit.test_suites[1].errors, 1);
}

/// A reader at the other end of a pipe would wait for ever, and `/dev/null` would be a file.
#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt as _;

    let workspace = with_pact();
    let provider = FaultProvider::start(Fault::Empty);
    let pipe = workspace.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    workspace.verify(&["p.json", "--provider-url", &provider.url, "--json", "pipe"]).exits(0);
    let report: Value = serde_json::from_str(&reader.join().unwrap()).unwrap();
    assert_eq!(report["summary"]["verified"], 1);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}
