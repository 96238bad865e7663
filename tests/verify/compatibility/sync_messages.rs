//! Synchronous messages of version 4: a request message, and what the provider replies to it.

use serde_json::{Value, json};

use super::messages::{Message, with_metadata};
use super::provider::Answer;
use super::{BODY, judge, pact, verify, verify_with};

fn balance() -> Value {
    json!({"id": 7, "owed": 3})
}

fn exchange(request: &Message, reply: &Message) -> Value {
    json!({
        "type": "Synchronous/Messages", "description": "what is owed", "providerStates": reply.states,
        "request": request.contents(), "response": [reply.contents()]
    })
}

#[track_caller]
fn is_judged(reply: &Message, answer: Answer, difference: Option<&str>) {
    let request = Message::json(json!({"id": 7}));
    judge(&verify(&pact(4, &[exchange(&request, reply)]), answer), reply.content_type, difference);
}

/// The provider would be asked a question without being told what is asked.
#[test]
fn the_request_message_is_sent_with_its_body_and_metadata() {
    let request = Message { metadata: json!({"topic": "balances"}), ..Message::json(json!({"id": 7})) };
    let exchange = exchange(&request, &Message::json(balance()));
    let (run, provider) = verify_with(&pact(4, &[exchange]), &[], |_| Answer::json(&balance()));
    run.exits(0);
    let sent = provider.seen()[0].json();
    assert_eq!(sent["description"], "what is owed");
    assert_eq!(sent["request"]["contents"]["content"], json!({"id": 7}));
    assert_eq!(sent["request"]["metadata"]["topic"], "balances");
}

/// The consumer would wait for an answer of another shape.
#[test]
fn the_reply_is_compared_by_its_kind() {
    let json = Message::json(balance());
    is_judged(&json, Answer::json(&balance()), None);
    is_judged(&json, Answer::json(&json!({"id": 7, "owed": 4})), Some("$.owed"));
    is_judged(&json, Answer::json(&balance()).with_status(500), Some("expected 200 but was 500"));

    let plain = Message::of("text/plain", "nothing is owed");
    is_judged(&plain, Answer::new("text/plain", "nothing is owed"), None);
    is_judged(&plain, Answer::new("text/plain", "all is owed"), Some(BODY));

    let xml = Message::of("application/xml", "<owed>3</owed>");
    is_judged(&xml, Answer::new("application/xml", "<owed>3</owed>"), None);
    is_judged(&xml, Answer::new("application/xml", "<owed>4</owed>"), Some(BODY));

    let binary = Message { is_base64: true, ..Message::of("application/octet-stream", "AAEC/w==") };
    is_judged(&binary, Answer::new("application/octet-stream", [0, 1, 2, 255]), None);
    is_judged(&binary, Answer::new("application/octet-stream", [0, 1, 2, 254]), Some(BODY));
}

/// Every run would need the very numbers of the recording, or none would be looked at.
#[test]
fn metadata_and_body_of_the_reply_follow_their_matching_rules() {
    let rules = json!({
        "metadata": {"topic": {"combine": "AND", "matchers": [{"match": "regex", "regex": "^replies-\\d+$"}]}},
        "body": {"$.owed": {"combine": "AND", "matchers": [{"match": "integer"}]}}
    });
    let reply = Message { metadata: json!({"topic": "replies-1"}), rules, ..Message::json(balance()) };
    let sent = |topic: &str, owed: Value| {
        with_metadata(Answer::json(&json!({"id": 7, "owed": owed})), &json!({"topic": topic}))
    };
    is_judged(&reply, sent("replies-2", json!(12)), None);
    is_judged(&reply, sent("elsewhere", json!(12)), Some("topic"));
    is_judged(&reply, sent("replies-2", json!("12")), Some("$.owed"));
}

/// The question would be asked about a customer who is not there.
#[test]
fn the_states_of_an_exchange_are_set_up_and_torn_down() {
    let states = json!([{"name": "a customer", "params": {"id": 7}}, {"name": "a debt"}]);
    let reply = Message { states, ..Message::json(balance()) };
    let exchange = exchange(&Message::json(json!({"id": 7})), &reply);
    let callback = ["--state-change-url", "{url}/state", "--state-change-teardown"];
    let (run, provider) = verify_with(&pact(4, &[exchange]), &callback, |_| Answer::json(&balance()));
    run.exits(0);
    let lines = provider.lines();
    assert_eq!(lines[..3], ["setup a customer {\"id\":7}", "setup a debt", "POST /"]);
    assert_eq!(lines[3..].iter().filter(|line| line.starts_with("teardown ")).count(), 2, "{lines:?}");
}

/// A green run would say nothing about the questions that were never asked.
#[test]
fn several_exchanges_are_all_verified_each_by_its_description() {
    let question = |description: &str, owed: u32| {
        let mut one = exchange(&Message::json(json!({})), &Message::json(json!({"owed": owed})));
        one["description"] = json!(description);
        one
    };
    let both = pact(4, &[question("a debt", 3), question("no debt", 0)]);
    for (debt, code) in [(3, 0), (4, 1)] {
        let (run, _) = verify_with(&both, &[], move |request| {
            let owed = if request.json()["description"] == "a debt" { debt } else { 0 };
            Answer::json(&json!({"owed": owed}))
        });
        let run = run.exits(code);
        if code == 0 {
            run.says("2 verified");
        } else {
            run.says("1 verified, 1 mismatched");
        }
    }
}
