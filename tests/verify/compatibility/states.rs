//! Provider states: who is called, when, with what.

use serde_json::{Value, json};

use super::provider::Answer;
use super::{pact, verify_with};

const CALLBACK: [&str; 3] = ["--state-change-url", "{url}/state", "--state-change-teardown"];

/// An interaction under states, in the form of a version: one by name up to 2, a list from 3.
fn under(version: u8, states: &Value) -> Value {
    let mut interaction = json!({
        "description": "read", "request": {"method": "GET", "path": "/invoices/7"}, "response": {"status": 200}
    });
    if version == 4 {
        interaction["type"] = json!("Synchronous/HTTP");
    }
    match (version, states.get(0)) {
        (_, None) => {}
        (1 | 2, Some(first)) => interaction["providerState"] = first["name"].clone(),
        _ => interaction["providerStates"] = states.clone(),
    }
    interaction
}

/// The request would find another tenant's data, and the next test what this one left.
#[test]
fn a_state_is_set_up_before_and_torn_down_after_its_interaction() {
    for version in 1..=4 {
        let pact = pact(version, &[under(version, &json!([{"name": "an open invoice"}]))]);
        let (run, provider) = verify_with(&pact, &CALLBACK, |_| Answer::empty());
        run.exits(0);
        let expected = ["setup an open invoice", "GET /invoices/7", "teardown an open invoice"];
        assert_eq!(provider.lines(), expected, "V{version}");
    }
}

/// A state handler would be asked for a state without a name, which it can only refuse. Other verifiers do ask it.
#[test]
fn without_a_state_nobody_is_called() {
    for version in 1..=4 {
        let pact = pact(version, &[under(version, &json!([]))]);
        let (run, provider) = verify_with(&pact, &CALLBACK, |_| Answer::empty());
        run.exits(0);
        assert_eq!(provider.lines(), ["GET /invoices/7"], "V{version}");
    }
}

/// A user would look for a difference in the API where the state was never there. What a half-done set-up left is
/// cleaned up all the same; other verifiers leave it.
#[test]
fn a_state_that_cannot_be_set_up_fails_the_run_and_nothing_is_replayed() {
    for version in 1..=4 {
        let pact = pact(version, &[under(version, &json!([{"name": "an open invoice"}]))]);
        let (run, provider) = verify_with(&pact, &CALLBACK, |request| {
            let failed = request.json()["action"] == "setup";
            Answer::json(&json!({"message": "no database"})).with_status(if failed { 500 } else { 200 })
        });
        run.exits(5).says("setup of state \"an open invoice\" failed").says("no database");
        assert_eq!(provider.lines(), ["setup an open invoice", "teardown an open invoice"], "V{version}");
    }
}

/// A run without its states would prove whatever the provider happened to hold. Other verifiers warn and go on; here
/// it is an error before anything is sent.
#[test]
fn a_state_that_nobody_sets_up_is_refused_before_anything_is_sent() {
    for version in 1..=4 {
        let pact = pact(version, &[under(version, &json!([{"name": "an open invoice"}]))]);
        let (run, provider) = verify_with(&pact, &[], |_| Answer::empty());
        run.exits(5).says("an open invoice").says("--state-change-url");
        assert!(provider.lines().is_empty(), "V{version}: {:?}", provider.lines());
    }
}

/// One of two states would be missing, and nobody would know which.
#[test]
fn several_states_are_each_set_up_and_torn_down() {
    for version in 3..=4 {
        let states = json!([{"name": "a tenant"}, {"name": "an open invoice"}]);
        let (run, provider) =
            verify_with(&pact(version, &[under(version, &states)]), &CALLBACK, |_| Answer::empty());
        run.exits(0);
        let lines = provider.lines();
        assert_eq!(lines[..3], ["setup a tenant", "setup an open invoice", "GET /invoices/7"], "V{version}");
        let mut after = lines[3..].to_vec();
        after.sort();
        assert_eq!(after, ["teardown a tenant", "teardown an open invoice"]);
    }
}

/// The right state would be set up for the wrong customer.
#[test]
fn the_parameters_of_a_state_are_passed_both_ways_with_their_types() {
    for version in 3..=4 {
        let states = json!([{"name": "a customer", "params": {"name": "Ada", "invoices": 3, "vip": true}}]);
        let (run, provider) =
            verify_with(&pact(version, &[under(version, &states)]), &CALLBACK, |_| Answer::empty());
        run.exits(0);
        let params = r#"{"invoices":3,"name":"Ada","vip":true}"#;
        assert_eq!(
            provider.lines(),
            [
                format!("setup a customer {params}"),
                "GET /invoices/7".into(),
                format!("teardown a customer {params}")
            ],
            "V{version}"
        );
    }
}

/// The request would ask for the id that was recorded on another machine.
#[test]
fn values_of_a_state_go_into_every_part_of_the_request() {
    for version in 3..=4 {
        let from = |expression: &str| json!({"type": "ProviderState", "expression": expression});
        let mut interaction = under(version, &json!([{"name": "a new invoice"}]));
        let body = json!({"invoice": 1, "note": "n"});
        interaction["request"] = json!({
            "method": "POST", "path": "/invoices/1", "query": {"month": ["2020-01"]},
            "headers": {"X-Tenant": "recorded", "Content-Type": "application/json"},
            "body": if version == 4 {
                json!({"content": body, "contentType": "application/json", "encoded": false})
            } else {
                body
            },
            "generators": {
                "path": from("/invoices/${id}"), "query": {"month": from("${month}")},
                "header": {"X-Tenant": from("${tenant}")}, "body": {"$.invoice": from("${id}")}
            }
        });
        let (run, provider) = verify_with(&pact(version, &[interaction]), &CALLBACK, |request| {
            if request.target == "/state" {
                Answer::json(&json!({"id": 4711, "month": "2026-02", "tenant": "acme"}))
            } else {
                Answer::empty()
            }
        });
        run.exits(0);
        let seen = &provider.seen()[1];
        assert_eq!(seen.target, "/invoices/4711?month=2026-02", "V{version}");
        assert_eq!(seen.header("x-tenant"), Some("acme"));
        assert_eq!(seen.json()["note"], "n");
        assert_eq!(seen.json()["invoice"].as_u64(), Some(4711), "{}", seen.body);
    }
}

/// An answer about another invoice than the one that was set up would pass.
#[test]
fn a_field_of_the_response_that_a_state_gives_must_be_that_value() {
    for version in 3..=4 {
        let mut interaction = under(version, &json!([{"name": "a new invoice"}]));
        let body = json!({"id": 1});
        interaction["response"] = json!({
            "status": 200, "headers": {"Content-Type": "application/json"},
            "body": if version == 4 {
                json!({"content": body, "contentType": "application/json", "encoded": false})
            } else {
                body
            },
            "matchingRules": {"body": {"$.id": {"combine": "AND", "matchers": [{"match": "type"}]}}},
            "generators": {"body": {"$.id": {"type": "ProviderState", "expression": "${id}"}}}
        });
        let pact = pact(version, &[interaction]);
        for (id, code) in [(4711, 0), (4712, 1)] {
            let (run, _) = verify_with(&pact, &CALLBACK, move |request| {
                let id = if request.target == "/state" { 4711 } else { id };
                Answer::json(&json!({"id": id}))
            });
            let run = run.exits(code);
            if code == 1 {
                run.says("$.id");
            }
        }
    }
}
