//! The published form of the JSON report is the form of real reports.

use serde_json::{Value, json};

use crate::fault_provider::{Fault, FaultProvider};
use crate::workspace::{Workspace, get, pact, project};

/// The schema, in which every member must be described.
fn strict_schema() -> Value {
    let text = std::fs::read_to_string(project().join("docs/report.schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    forbid_others(&mut schema);
    schema
}

fn forbid_others(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(forbid_others);
            if object.get("properties").is_some_and(Value::is_object) && object.contains_key("required") {
                object.insert("additionalProperties".into(), json!(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(forbid_others),
        _ => {}
    }
}

#[track_caller]
fn conforms(report: &str) -> Value {
    let report: Value = serde_json::from_str(report).unwrap();
    let validator = jsonschema::validator_for(&strict_schema()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
    report
}

/// A program that was written against the schema would fail on the first report that does not keep it.
#[test]
fn every_kind_of_result_is_as_the_schema_says() {
    let mut seen = Vec::new();
    for fault in [Fault::Empty, Fault::Close, Fault::Html, Fault::BrokenJson, Fault::Binary, Fault::Hostile] {
        let provider = FaultProvider::start(fault);
        let workspace = Workspace::new();
        let mut pending = get("pending", None, "/a", &json!({"id": 1}));
        pending["pending"] = json!(true);
        pending["key"] = json!("k1");
        let mut posted = get("posted", None, "/a", &json!({"id": 1}));
        posted["request"]["method"] = json!("POST");
        posted["request"]["body"] =
            json!({"content": {"a": 1}, "contentType": "application/json", "encoded": false});
        let stateful = get("stateful", Some("one"), "/a", &json!({}));
        let mut unsendable = get("unsendable", None, "/a", &json!({}));
        unsendable["request"]["headers"] = json!({"bad name": ["x"]});
        workspace.write(
            "p.json",
            pact(&[get("good", None, "/a", &json!({})), pending, posted, stateful, unsendable]),
        );
        workspace.write("bad.json", "{");
        let states = format!("{}/broken", provider.url);
        let arguments = ["--provider-url", &provider.url, "--state-change-url", &states, "--format", "json"];
        let run = workspace.verify(&[&["p.json", "bad.json"][..], &arguments].concat());
        let report = conforms(&run.stdout);
        let interactions = report["interactions"].as_array().unwrap();
        seen.extend(
            interactions.iter().map(|interaction| interaction["status"].as_str().unwrap().to_owned()),
        );
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen, ["invalid", "mismatched", "pending", "state_failed", "unanswered", "verified"]);
}

#[test]
fn a_run_that_never_began_is_as_the_schema_says() {
    let run = Workspace::new().verify(&["--mock", "--format", "json"]).exits(4);
    conforms(&run.stdout);
}

/// A report that left the rest out would look like the report of a smaller pact.
#[cfg(unix)]
#[test]
fn an_interrupted_run_reports_what_it_did_not_come_to() {
    use std::process::{Command, Stdio};

    use crate::workspace::{Run, billtest_verify};

    let provider = FaultProvider::start(Fault::Hang);
    let workspace = Workspace::new();
    let two = [get("first", None, "/a", &json!({})), get("second", None, "/b", &json!({}))];
    workspace.write("p.json", pact(&two));
    let process = billtest_verify()
        .args([workspace.path("p.json").to_str().unwrap(), "--provider-url", &provider.url])
        .args(["--request-timeout", "60000", "--format", "json", "--junit"])
        .arg(workspace.path("r.xml"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while provider.requests() == 0 {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap().success());
    let run = Run::of(&process.wait_with_output().unwrap()).exits(130);
    let report = conforms(&run.stdout);
    assert_eq!(report["summary"]["interrupted"], 2);
    assert_eq!(report["interactions"][1]["description"], "second");
    assert_eq!(report["interactions"][1]["status"], "interrupted");
    let junit = quick_junit::Report::deserialize_from_str(&workspace.read("r.xml")).unwrap();
    assert_eq!((junit.tests, junit.skipped), (2, 2));
}
