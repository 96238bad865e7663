//! The contract is whole: every operation of the API is in it, with every answer that the document gives it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use billtest_provider::{Provider, StateSeeds, serve};
use serde_json::Value;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Answers that no interaction can ask for.
const EXCEPTIONS: [(&str, &str); 3] = [
    (" 413", "a body of more than a megabyte would have to stand in the pact"),
    (" 429", "the mock provider limits nobody unless it is told to"),
    (
        "PUT /billing/admin/billing-groups/{billing_group_id} 409",
        "a state would have to make 10,000 contracts",
    ),
];

/// An operation and one of its statuses, as `GET /billing/unpaid 200`.
type Answers = BTreeSet<String>;

async fn document() -> Value {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/openapi.json", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, Provider::new(StateSeeds::default()).unwrap(), std::future::pending()));
    // The client of the library prepares TLS for the whole process; this one has no use for it.
    let _ = billtest::BillingClient::new(&url);
    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    client.get(url).send().await.unwrap().json().await.unwrap()
}

fn documented(document: &Value) -> Answers {
    let mut answers = Answers::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if METHODS.contains(&method.as_str()) {
                for status in operation["responses"].as_object().unwrap().keys() {
                    answers.insert(format!("{} {path} {status}", method.to_uppercase()));
                }
            }
        }
    }
    answers
}

/// The path of the document that a request's path is of: the one with the fewest parameters.
fn template<'d>(document: &'d Value, path: &str) -> &'d str {
    let fits = |template: &&String| {
        let (wanted, given) = (template.split('/'), path.split('/'));
        wanted.clone().count() == given.clone().count()
            && wanted.zip(given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
    };
    let templates = document["paths"].as_object().unwrap().keys().filter(fits);
    let nearest = templates.min_by_key(|template| template.matches('{').count());
    assert!(nearest.is_some(), "the document has no path for {path}");
    nearest.unwrap()
}

fn recorded(document: &Value) -> Answers {
    let pact = Path::new(env!("CARGO_MANIFEST_DIR")).join("pacts/billtest-BillingAPI.json");
    let pact: Value = serde_json::from_slice(&fs::read(pact).unwrap()).unwrap();
    let interactions = pact["interactions"].as_array().unwrap();
    let answer = |interaction: &Value| {
        let request = &interaction["request"];
        let path = template(document, request["path"].as_str().unwrap());
        format!("{} {path} {}", request["method"].as_str().unwrap(), interaction["response"]["status"])
    };
    interactions.iter().map(answer).collect()
}

/// A user would call an operation, or meet a refusal, that nobody has promised.
#[tokio::test]
async fn every_answer_of_every_operation_is_under_contract() {
    let document = document().await;
    let (documented, recorded) = (documented(&document), recorded(&document));
    let is_asked = |answer: &&String| !EXCEPTIONS.iter().any(|(end, _)| answer.ends_with(end));
    let missing: Vec<_> = documented.difference(&recorded).filter(is_asked).collect();
    assert!(missing.is_empty(), "documented, and in no interaction:\n{missing:#?}");
    let unknown: Vec<_> = recorded.difference(&documented).collect();
    assert!(unknown.is_empty(), "in an interaction, and not documented:\n{unknown:#?}");
}

/// A user would be told that something cannot be recorded, and it is long since.
#[tokio::test]
async fn exceptions_are_documented_and_not_recorded() {
    let document = document().await;
    let (documented, recorded) = (documented(&document), recorded(&document));
    for (end, reason) in EXCEPTIONS {
        assert!(documented.iter().any(|answer| answer.ends_with(end)), "{end}: {reason}");
        assert!(!recorded.iter().any(|answer| answer.ends_with(end)), "{end}: {reason}");
    }
}
