//! Messages, asked for over HTTP as every Pact verifier asks.

use serde_json::{Value, json};

use crate::observed_provider::ObservedProvider;
use crate::workspace::{Workspace, pact};

fn contents(body: &Value) -> Value {
    json!({
        "contents": {"content": body, "contentType": "application/json", "encoded": false},
        "matchingRules": {"body": {"$.id": {"combine": "AND", "matchers": [{"match": "integer"}]}}}
    })
}

#[test]
fn messages_are_asked_for_by_description_and_compared() {
    let mut invoice = contents(&json!({"id": 1, "total": "1.50"}));
    invoice["type"] = json!("Asynchronous/Messages");
    invoice["description"] = json!("an invoice was made");
    invoice["providerStates"] = json!([{"name": "S", "params": {"n": 1}}]);
    let mut question = json!({"type": "Synchronous/Messages", "description": "what is owed"});
    question["request"] = contents(&json!({"id": 7}));
    question["response"] = json!([contents(&json!({"id": 7, "owed": 3}))]);
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[invoice, question]));

    let run = |total: &'static str| {
        let provider = ObservedProvider::start(move |seen, _| {
            let body: Value = serde_json::from_str(&seen.body).unwrap();
            match body["description"].as_str() {
                Some("an invoice was made") => (200, json!({"id": 9, "total": total}).to_string()),
                Some("what is owed") => (200, json!({"id": 8, "owed": 3}).to_string()),
                _ => (200, "{}".into()),
            }
        });
        let states = format!("{}/state", provider.url);
        let arguments = [
            "p.json",
            "--provider-url",
            &provider.url,
            "--state-change-url",
            &states,
            "--message-path",
            "/messages",
        ];
        (workspace.verify_plain(&arguments), provider)
    };
    let (result, provider) = run("1.50");
    result.exits(0).says("2 verified");
    assert_eq!(provider.targets(), ["setup S", "POST /messages", "POST /messages"]);
    assert_eq!(
        provider.seen()[1].body,
        r#"{"description":"an invoice was made","providerStates":[{"name":"S","params":{"n":1}}]}"#
    );
    let (result, _) = run("2.50");
    result.exits(1).says("$.total").says("1 verified, 1 mismatched");
}

/// A user would take the text of an error page for a message.
#[test]
fn a_message_that_the_provider_could_not_give_is_a_difference() {
    let mut message = contents(&json!({"id": 1}));
    message["type"] = json!("Asynchronous/Messages");
    message["description"] = json!("m");
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[message]));
    let provider = ObservedProvider::start(|_, _| (500, r#"{"id": 1}"#.into()));
    workspace
        .verify_plain(&["p.json", "--provider-url", &provider.url])
        .exits(1)
        .says("expected 200 but was 500");
}

#[test]
fn a_message_pact_of_version_3_is_read() {
    let workspace = Workspace::new();
    let old = json!({
        "consumer": {"name": "c"}, "provider": {"name": "p"},
        "messages": [{"description": "m", "contents": {"id": 1}, "metaData": {"contentType": "application/json"}}],
        "metadata": {"pactSpecification": {"version": "3.0.0"}}
    });
    workspace.write("p.json", old.to_string());
    let provider = ObservedProvider::start(|_, _| (200, r#"{"id": 1}"#.into()));
    workspace.verify_plain(&["p.json", "--provider-url", &provider.url]).exits(0).says("1 verified");
}

/// A provider would be asked for what the state never created.
#[test]
fn a_message_that_is_answered_takes_values_from_states() {
    let mut question = json!({"type": "Synchronous/Messages", "description": "what is owed"});
    question["providerStates"] = json!([{"name": "S"}]);
    question["request"] = contents(&json!({"id": 7}));
    question["request"]["generators"] =
        json!({"body": {"$.id": {"type": "ProviderState", "expression": "${id}", "dataType": "INTEGER"}}});
    question["response"] = json!([contents(&json!({"id": 7, "owed": 3}))]);
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[question]));
    for (returned, code, said) in [
        (r#"{"id": 42}"#, 0, "1 verified"),
        ("{}", 7, "it takes `id` from its provider states, and they give no values"),
    ] {
        let provider = ObservedProvider::start(move |seen, _| match seen.target.as_str() {
            "/state" => (200, returned.into()),
            _ => (200, json!({"id": 8, "owed": 3}).to_string()),
        });
        let states = format!("{}/state", provider.url);
        workspace
            .verify_plain(&["p.json", "--provider-url", &provider.url, "--state-change-url", &states])
            .exits(code)
            .says(said);
        if code == 0 {
            let asked: Value = serde_json::from_str(&provider.seen()[1].body).unwrap();
            assert_eq!(asked["request"]["contents"]["content"], json!({"id": 42}));
        }
    }
}

/// A message about another invoice than the state's would be taken for the right one.
#[test]
fn a_field_that_a_state_gives_is_that_value_in_a_message() {
    let mut message = contents(&json!({"id": 1}));
    message["type"] = json!("Asynchronous/Messages");
    message["description"] = json!("an invoice was made");
    message["providerStates"] = json!([{"name": "S"}]);
    message["generators"] =
        json!({"body": {"$.id": {"type": "ProviderState", "expression": "${id}", "dataType": "INTEGER"}}});
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[message]));
    for (sent, code) in [(42, 0), (43, 1)] {
        let provider = ObservedProvider::start(move |seen, _| match seen.target.as_str() {
            "/state" => (200, r#"{"id": 42}"#.into()),
            _ => (200, json!({"id": sent}).to_string()),
        });
        let states = format!("{}/state", provider.url);
        workspace
            .verify_plain(&["p.json", "--provider-url", &provider.url, "--state-change-url", &states])
            .exits(code);
    }
}
