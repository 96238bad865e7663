//! What version 4 adds around an interaction: that it is pending, and what its consumer says about it.

use serde_json::{Value, json};

use super::provider::Answer;
use super::{pact, verify};

fn contents(body: &Value) -> Value {
    json!({"content": body, "contentType": "application/json", "encoded": false})
}

/// One interaction of each kind that expects the same JSON.
fn kinds() -> [Value; 3] {
    let message = json!({"contents": contents(&json!({"id": 7}))});
    [
        json!({
            "type": "Synchronous/HTTP", "description": "over HTTP",
            "request": {"method": "GET", "path": "/invoices/7"},
            "response": {"status": 200, "body": contents(&json!({"id": 7}))}
        }),
        json!({
            "type": "Asynchronous/Messages", "description": "an event", "contents": contents(&json!({"id": 7}))
        }),
        json!({
            "type": "Synchronous/Messages", "description": "a question", "request": message,
            "response": [message]
        }),
    ]
}

/// A consumer could not write down what the provider is still to build without breaking its build.
#[test]
fn a_pending_interaction_that_differs_is_told_and_fails_nothing() {
    for mut interaction in kinds() {
        let plain = pact(4, &[interaction.clone()]);
        verify(&plain, Answer::json(&json!({"id": 8}))).exits(1).says("$.id");
        interaction["pending"] = json!(true);
        let pending = pact(4, &[interaction]);
        verify(&pending, Answer::json(&json!({"id": 8}))).exits(0).says("$.id").says("1 pending");
        verify(&pending, Answer::json(&json!({"id": 7}))).exits(0).says("1 verified");
    }
}

/// The provider's team would not learn what the consumer's team wrote for it, or which of its tests asks for this.
#[test]
fn comments_and_the_name_of_the_test_are_told_of_what_is_as_agreed_and_of_what_is_not() {
    for mut interaction in kinds() {
        interaction["comments"] = json!({
            "text": ["for the month-end job", "see the \u{1b}[2Jbilling handbook"],
            "testname": "month_end::reads_invoice"
        });
        let remarked = pact(4, &[interaction.clone()]);
        for (id, code) in [(7, 0), (8, 1)] {
            verify(&remarked, Answer::json(&json!({"id": id})))
                .exits(code)
                .says("test: month_end::reads_invoice")
                .says("for the month-end job")
                .says("billing handbook")
                .hides("\u{1b}[2J");
        }
        // Some libraries write one text and not a list.
        interaction["comments"] = json!({"text": "for the auditors"});
        verify(&pact(4, &[interaction]), Answer::json(&json!({"id": 7}))).exits(0).says("for the auditors");
    }
}
