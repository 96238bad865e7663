//! The two commands that the README promises, and the same over a real socket.

use std::fs;

use serde_json::{Value, json};

use crate::workspace::{Mock, Run, Workspace, billtest_verify, get, pact, project};

/// How many interactions the project's own pact has.
fn recorded() -> usize {
    let pact = fs::read(project().join("pacts/billtest-BillingAPI.json")).unwrap();
    serde_json::from_slice::<Value>(&pact).unwrap()["interactions"].as_array().unwrap().len()
}

/// The first command of the README would fail on a fresh clone.
#[test]
fn the_projects_own_pact_verifies_against_the_embedded_mock_provider() {
    let output = billtest_verify().current_dir(project()).arg("--mock").output().unwrap();
    assert!(recorded() >= 12);
    Run::of(&output).exits(0).says(&format!("{} verified", recorded()));
}

#[test]
fn a_running_mock_provider_is_recognised_and_its_states_are_set_up_by_it() {
    let mock = Mock::start();
    let workspace = Workspace::new();
    let pacts = project().join("pacts").display().to_string();
    // No state files here: the provider has them.
    workspace
        .verify_plain(&[&pacts, "--provider-url", &mock.url])
        .exits(0)
        .says(&format!("{} verified", recorded()))
        .says("/_billtest/state");
    // Twice against the same data, and through the endpoint's old name.
    let states = format!("{}/pact-states", mock.url);
    workspace.verify_plain(&[&pacts, "--provider-url", &mock.url, "--state-change-url", &states]).exits(0);
    workspace
        .verify(&[
            &pacts,
            "--provider-url",
            &mock.url,
            "--state-change-url",
            &states,
            "--state-change-teardown",
        ])
        .exits(0);
}

#[test]
fn files_directories_and_patterns_can_be_named() {
    let workspace = Workspace::new();
    let one = pact(&[get("one", Some("Invoice exists"), "/health", &json!({"status": "healthy"}))]);
    workspace.write("a/one.json", &one);
    workspace.write("a/b/two.json", one.replace("\"Shop\"", "\"Till\""));
    workspace.write("a/readme.md", "not a pact");
    workspace.verify(&["--mock", "a"]).exits(0).says("2 verified").says("Till -> BillingAPI");
    workspace.verify(&["--mock", "a/one.json"]).exits(0).says("1 verified");
    workspace.verify(&["--mock", "a/**/*.json"]).exits(0).says("2 verified");
    workspace.verify(&["--mock", "a/b", "a/one.json"]).exits(0).says("2 verified");
}

#[test]
fn a_value_from_the_state_goes_into_the_request() {
    let workspace = Workspace::new();
    let mut interaction = get(
        "by state",
        Some("A contract exists"),
        "/api/v1/contracts/placeholder",
        &json!({"id": "FROM-STATE"}),
    );
    interaction["providerStates"][0]["params"] = json!({"id": "FROM-STATE"});
    interaction["request"]["generators"] = json!({"path": {"type": "ProviderState", "expression": "/api/v1/contracts/${id}", "dataType": "STRING"}});
    let path = workspace.write("p.json", pact(&[interaction]));
    workspace.verify(&["--mock", path.to_str().unwrap()]).exits(0).says("1 verified");
}

#[test]
fn a_pending_interaction_may_fail_and_is_shown() {
    let workspace = Workspace::new();
    let mut interaction = get("not built yet", None, "/health", &json!({"colour": "blue"}));
    interaction["pending"] = json!(true);
    let path = workspace.write("p.json", pact(&[interaction]));
    workspace
        .verify(&["--mock", path.to_str().unwrap()])
        .exits(0)
        .says("pending not built yet")
        .says("$.colour")
        .says("0 verified, 1 pending");
}

#[test]
fn a_header_of_the_user_replaces_the_one_of_the_pact_and_is_never_shown() {
    let workspace = Workspace::new();
    let mut interaction = get("tenant", None, "/api/v1/contracts/1", &json!({}));
    interaction["request"]["headers"] = json!({"UUID": ["not a tenant!"], "Authorization": ["x"]});
    let path = workspace.write("p.json", pact(&[interaction]));
    let path = path.to_str().unwrap();
    workspace.verify(&["--mock", path]).exits(1).says("INVALID_TENANT");
    let run = workspace
        .verify(&["--mock", path, "--header", "uuid=team-a", "--header", "authorization=Bearer s3cret"])
        .exits(1)
        .says("NOT_FOUND")
        .says("authorization: ***");
    assert!(!format!("{run:?}").contains("s3cret"));
}

/// A user would see another resource's answer taken for the one that was asked for.
#[test]
fn a_field_that_is_taken_from_the_state_must_be_what_the_state_gave() {
    let workspace = Workspace::new();
    let mut interaction =
        get("by state", Some("A contract exists"), "/api/v1/contracts/12345", &json!({"id": "x"}));
    interaction["response"]["matchingRules"] =
        json!({"body": {"$.id": {"combine": "AND", "matchers": [{"match": "type"}]}}});
    for (expression, code) in [("${id}", 0), ("${currency}", 1), ("${nobody_gives_this}", 0)] {
        interaction["response"]["generators"] =
            json!({"body": {"$.id": {"type": "ProviderState", "expression": expression}}});
        workspace.write("p.json", pact(std::slice::from_ref(&interaction)));
        workspace.verify(&["--mock", "p.json"]).exits(code);
    }
}

#[test]
fn states_are_set_up_for_the_tenant_that_the_request_names() {
    let mock = Mock::start();
    let workspace = Workspace::new();
    let mut interaction =
        get("of a tenant", Some("A contract exists"), "/api/v1/contracts/12345", &json!({}));
    interaction["request"]["headers"] = json!({"uuid": ["team-a"]});
    workspace.write("p.json", pact(std::slice::from_ref(&interaction)));
    // No state files here, so that nothing is known about isolation.
    workspace.verify_plain(&["p.json", "--provider-url", &mock.url]).exits(0);
    interaction["request"]["headers"] = json!({});
    workspace.write("p.json", pact(&[interaction]));
    workspace.verify_plain(&["p.json", "--provider-url", &mock.url, "--header", "uuid=team-b"]).exits(0);
    workspace
        .verify(&["p.json", "--provider-url", &mock.url, "--header", "uuid=team-b"])
        .exits(2)
        .says("--header uuid would put every interaction into one tenant");
}

#[test]
fn proxies_and_endpoints_of_the_environment_are_not_for_the_embedded_provider() {
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", Some("A contract exists"), "/health", &json!({}))]));
    for (name, value) in [
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("http_proxy", "http://127.0.0.1:9"),
        ("PACT_PROVIDER_STATE_CHANGE_URL", "http://127.0.0.1:9/states"),
        ("PACT_PROVIDER_STATE_CHANGE_URL", ""),
    ] {
        workspace.verify_under(&[(name, value)], &["--mock", "p.json"]).exits(0).says("1 verified");
    }
}
