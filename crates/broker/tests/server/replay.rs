//! A conversation that was recorded with the original broker, held again with this one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use billtest_broker::server::WebhookRules;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;

use super::running::Running;

/// What was said, in its order; texts of answers are left out but for UUIDs.
const CONVERSATION: &str = include_str!("recorded/conversation.jsonl");
/// Where this broker answers otherwise, and why.
const EXCEPTIONS: &str = include_str!("recorded/exceptions.json");
/// Where the recorded webhooks go.
const HOOKS: &str = "http://127.0.0.1:9400";

#[derive(Deserialize)]
struct Exchange {
    n: usize,
    label: String,
    method: String,
    path: String,
    accept: Option<String>,
    content_type: Option<String>,
    body: Option<Value>,
    status: u16,
    media: String,
    answer: Option<Value>,
}

#[derive(Deserialize)]
struct Exception {
    n: usize,
    /// What differs, exactly as the test tells it.
    differs: Vec<String>,
    #[expect(dead_code, reason = "for people")]
    why: String,
}

/// What differs between the shapes of two values: members, types, truth values, and whether lists have items.
fn differences(theirs: &Value, ours: &Value, at: &str, all: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (name, value) in theirs {
                match ours.get(name) {
                    Some(own) => differences(value, own, &format!("{at}/{name}"), all),
                    None => all.push(format!("{at}/{name} is missing")),
                }
            }
            let more = ours.keys().filter(|name| !theirs.contains_key(*name));
            all.extend(more.map(|name| format!("{at}/{name} is more")));
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            let told = at.ends_with("/notices") || at.ends_with("/logs");
            if theirs.len() != ours.len() && !told {
                all.push(format!("{at} has {} items, not {}", ours.len(), theirs.len()));
            }
            for (place, own) in ours.iter().enumerate() {
                let Some(value) = theirs.get(place).or_else(|| theirs.last()) else { continue };
                differences(value, own, &format!("{at}/{place}"), all);
            }
        }
        (Value::Bool(theirs), Value::Bool(ours)) if theirs != ours => all.push(format!("{at} is {ours}")),
        (theirs, ours) if kind(theirs) != kind(ours) => {
            all.push(format!("{at} is {}, not {}", kind(ours), kind(theirs)));
        }
        _ => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Learns which UUID of ours is which of theirs.
fn learn(theirs: &Value, ours: &Value, known: &mut BTreeMap<String, String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (name, value) in theirs {
                match (value, ours.get(name)) {
                    (Value::String(uuid), Some(Value::String(own))) if name == "uuid" => {
                        known.insert(uuid.clone(), own.clone());
                    }
                    (value, Some(own)) => learn(value, own, known),
                    _ => {}
                }
            }
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            theirs.iter().zip(ours).for_each(|(theirs, ours)| learn(theirs, ours, known));
        }
        _ => {}
    }
}

/// Takes the one webhook that is sent on request, and leaves the others waiting, as the recording found them.
async fn hooks() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let taken = Arc::new(AtomicBool::new(false));
    let take = async move || {
        if taken.swap(true, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        [("server", "hooks")]
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(take)).await });
    url
}

async fn say(broker: &Running, said: &Exchange, with: impl Fn(&str) -> String) -> super::running::Answer {
    let method: Method = said.method.parse().unwrap();
    let mut request = broker.request(method, &with(&said.path));
    if let Some(accept) = &said.accept {
        request = request.header(ACCEPT, accept);
    }
    if let Some(media) = &said.content_type {
        request = request.header(CONTENT_TYPE, media);
    }
    if let Some(body) = &said.body {
        let text = body.as_str().map_or_else(|| body.to_string(), ToOwned::to_owned);
        request = request.body(with(&text));
    }
    broker.send(request).await
}

/// A client of the original broker would meet another answer, and fail on it or mean something else.
#[tokio::test]
async fn the_recorded_conversation_goes_as_it_went() {
    let hooks = hooks().await;
    let rules = WebhookRules { hosts: vec!["127.0.0.1".into()], ..WebhookRules::default() };
    let broker =
        Running::with(|settings| billtest_broker::server::Settings { webhooks: rules, ..settings }).await;
    let mut exceptions: Vec<Exception> = serde_json::from_str(EXCEPTIONS).unwrap();
    let mut known = BTreeMap::from([(HOOKS.to_owned(), hooks), ("{B}".to_owned(), broker.url.clone())]);
    let mut wrong = Vec::new();
    for line in CONVERSATION.lines() {
        let said: Exchange = serde_json::from_str(line).unwrap();
        let with = |text: &str| known.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new));
        let answer = say(&broker, &said, with).await;
        let mut differs = Vec::new();
        if answer.status != said.status {
            differs.push(format!("status {}, not {}", answer.status, said.status));
        }
        let ours = serde_json::from_str::<Value>(&answer.text).ok();
        match (&said.answer, &ours) {
            (Some(Value::String(_)), _) | (None, None) => {}
            (Some(theirs), Some(ours)) => {
                differences(theirs, ours, "", &mut differs);
                learn(theirs, ours, &mut known);
                let media = answer.header("content-type").split(';').next().unwrap_or_default();
                if media != said.media {
                    differs.push(format!("{media}, not {}", said.media));
                }
            }
            (Some(_), None) => differs.push("no JSON".to_owned()),
            (None, Some(_)) => differs.push("a body".to_owned()),
        }
        let expected =
            exceptions.iter().position(|one| one.n == said.n).map(|place| exceptions.remove(place));
        if differs != expected.map(|one| one.differs).unwrap_or_default() {
            wrong.push(format!("#{} {}: {differs:?}", said.n, said.label));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(
        exceptions.is_empty(),
        "these did not happen: {:?}",
        exceptions.iter().map(|one| one.n).collect::<Vec<_>>()
    );
}
