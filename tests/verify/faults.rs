//! Providers that fail: a clear result for the interaction, and the others go on.

use serde_json::json;

use crate::fault_provider::{Fault, FaultProvider};
use crate::observed_provider::ObservedProvider;
use crate::workspace::{Workspace, get, pact};

/// Two interactions, so that the second shows that the first did not end the run.
fn two() -> String {
    pact(&[get("first", None, "/a", &json!({"id": 1})), get("second", None, "/b", &json!({"id": 1}))])
}

#[test]
fn a_provider_without_an_answer_fails_each_interaction_with_the_reason() {
    for (fault, reason) in [
        (Fault::Hang, "no complete answer within the time limit; raise it with --request-timeout"),
        (Fault::Close, "it closed the connection before answering"),
        (Fault::Half, "the provider gave no answer: "),
        (Fault::Garbage, "the provider gave no answer: "),
    ] {
        let provider = FaultProvider::start(fault);
        let workspace = Workspace::new();
        workspace.write("p.json", two());
        workspace
            .verify(&["p.json", "--provider-url", &provider.url, "--request-timeout", "300"])
            .exits(3)
            .says(reason)
            .says("0 verified, 2 without an answer");
        assert!(provider.requests() >= 2, "{fault:?}");
    }
}

/// A user's machine would run out of memory.
#[test]
fn an_answer_without_an_end_is_cut_off() {
    let provider = FaultProvider::start(Fault::Endless);
    let workspace = Workspace::new();
    workspace.write("p.json", two());
    workspace
        .verify(&["p.json", "--provider-url", &provider.url, "--request-timeout", "60000"])
        .exits(3)
        .says("its answer is larger than 67108864 bytes")
        .says("0 verified, 2 without an answer");
}

#[test]
fn a_run_that_takes_too_long_ends_and_tears_down() {
    let provider = FaultProvider::start(Fault::Hang);
    let workspace = Workspace::new();
    workspace.write(
        "p.json",
        pact(&[get("first", Some("one"), "/a", &json!({})), get("second", None, "/b", &json!({}))]),
    );
    let states = format!("{}/state", provider.url);
    workspace
        .verify(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--state-change-url",
            &states,
            "--state-change-teardown", //
            "--request-timeout",
            "60000",
            "--run-timeout",
            "1",
        ])
        .exits(3)
        .says("the run took longer than --run-timeout 1 s")
        .says("0 verified, 2 not verified, interrupted");
    assert!(provider.state_changes()[1].contains("teardown"));
}

#[test]
fn a_page_for_people_and_broken_json_are_differences_not_results() {
    for (fault, place) in [
        (Fault::Html, "expected a body of application/json, got one of text/html"),
        (Fault::BrokenJson, "Failed to parse the actual body"),
        (Fault::Empty, "$.id  `id` is missing"),
    ] {
        let provider = FaultProvider::start(fault);
        let workspace = Workspace::new();
        workspace.write("p.json", two());
        workspace
            .verify(&["p.json", "--provider-url", &provider.url])
            .exits(1)
            .says(place)
            .says("0 verified, 2 mismatched");
    }
}

/// A user would leave test data in a shared environment.
#[test]
fn states_are_torn_down_in_reverse_whatever_happened() {
    for (fault, code) in [(Fault::Close, 3), (Fault::Html, 1), (Fault::Empty, 1)] {
        let provider = FaultProvider::start(fault);
        let workspace = Workspace::new();
        let mut interaction = get("first", Some("one"), "/a", &json!({"id": 1}));
        interaction["providerStates"] = json!([{"name": "one", "params": {"n": 1}}, {"name": "two"}]);
        workspace.write("p.json", pact(&[interaction]));
        let states = format!("{}/state", provider.url);
        workspace
            .verify(&[
                "p.json",
                "--provider-url",
                &provider.url,
                "--state-change-url",
                &states,
                "--state-change-teardown",
            ])
            .exits(code);
        assert_eq!(
            provider.state_changes(),
            [
                r#"{"action":"setup","consumer":"Shop","params":{"n":1},"state":"one"}"#,
                r#"{"action":"setup","consumer":"Shop","params":{},"state":"two"}"#,
                r#"{"action":"teardown","consumer":"Shop","params":{},"state":"two"}"#,
                r#"{"action":"teardown","consumer":"Shop","params":{"n":1},"state":"one"}"#,
            ],
            "{fault:?}"
        );
    }
}

#[test]
fn a_state_endpoint_that_fails_fails_that_interaction_with_its_own_words() {
    let provider = FaultProvider::start(Fault::Html);
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("first", Some("one"), "/a", &json!({}))]));
    workspace
        .verify(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--state-change-url",
            &format!("{}/_billtest/x", provider.url),
        ])
        .exits(1);
    let closed = FaultProvider::start(Fault::Close);
    workspace
        .verify(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--state-change-url",
            &format!("{}/s", closed.url),
        ])
        .exits(5)
        .says("setup of state \"one\" failed")
        .says("it closed the connection before answering")
        .says("0 verified, 1 without their state");
}

/// One answer of a hostile or broken provider would hold up the whole run, or end it without a word.
#[test]
fn a_comparison_without_an_end_is_given_up_with_the_run() {
    let provider = FaultProvider::start(Fault::Deep);
    let workspace = Workspace::new();
    let xml = |levels: usize| {
        let mut interaction = get("deep", None, "/a", &json!({}));
        interaction["response"]["body"] = json!({
            "content": format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels)),
            "contentType": "application/xml", "encoded": false
        });
        interaction
    };
    workspace.write("p.json", pact(&[xml(1), get("second", None, "/b", &json!({}))]));
    workspace
        .verify(&["p.json", "--provider-url", &provider.url, "--run-timeout", "1"])
        .exits(3)
        .says("0 verified, 2 not verified, interrupted");
    workspace.write("p.json", pact(&[xml(2000)]));
    workspace
        .verify(&["p.json", "--provider-url", &provider.url])
        .exits(7)
        .says("its body is XML of more than 128 levels, which cannot be compared");
}

/// A run that waits for a hook would never come to its limit.
#[test]
fn the_time_of_a_run_begins_with_its_start() {
    let provider = FaultProvider::start(Fault::Empty);
    let workspace = Workspace::new();
    workspace.write("p.json", two());
    let arguments =
        ["p.json", "--provider-url", &provider.url, "--run-timeout", "1", "--before-all", "sleep 600"];
    workspace.verify(&arguments).exits(3).says("the run took longer than --run-timeout 1 s");
    assert_eq!(provider.requests(), 0);
}

/// A hostile answer would keep the run from ending, and its states from being torn down.
#[test]
fn expressions_that_take_long_are_left_to_a_comparison_that_can_be_given_up() {
    let text = format!("{}z", "x".repeat(18));
    let body = json!({"items": vec![text; 20_000]}).to_string();
    let provider = ObservedProvider::start(move |_, _| (200, body.clone()));
    let workspace = Workspace::new();
    let mut interaction = get("slow", None, "/a", &json!({"items": ["xz"]}));
    interaction["response"]["matchingRules"] = json!({"body": {
        "$.items": {"matchers": [{"match": "type", "min": 1}]},
        "$.items[*]": {"matchers": [{"match": "regex", "regex": "(x+x+)+y|.*z"}]}
    }});
    workspace.write("p.json", pact(&[interaction]));
    workspace
        .verify(&["p.json", "--provider-url", &provider.url, "--run-timeout", "2"])
        .exits(3)
        .says("0 verified, 1 not verified, interrupted");
}
