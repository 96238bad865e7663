//! Messages that a provider sends: those of version 3, and the asynchronous ones of version 4. Each test asks for the
//! same in both forms.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::provider::{Answer, Provider};
use super::{BODY, document, judge, verify, verify_with};
use crate::workspace::Workspace;

/// What a message is expected to be; a version 3 pact and a version 4 pact of it.
pub(super) struct Message {
    pub(super) description: &'static str,
    pub(super) states: Value,
    pub(super) content_type: &'static str,
    /// JSON, or text, or the base64 of bytes.
    pub(super) body: Value,
    pub(super) is_base64: bool,
    pub(super) metadata: Value,
    pub(super) rules: Value,
}

impl Message {
    pub(super) fn json(body: Value) -> Self {
        Self {
            description: "an invoice was made",
            states: json!([]),
            content_type: "application/json",
            body,
            is_base64: false,
            metadata: json!({}),
            rules: json!({}),
        }
    }

    pub(super) fn of(content_type: &'static str, body: &str) -> Self {
        Self { content_type, body: json!(body), ..Self::json(json!(null)) }
    }

    fn metadata(&self) -> Value {
        let mut metadata = self.metadata.clone();
        metadata["contentType"] = json!(self.content_type);
        metadata
    }

    /// The contents in the form of version 4.
    pub(super) fn contents(&self) -> Value {
        let encoded = if self.is_base64 { json!("base64") } else { json!(false) };
        json!({
            "contents": {"content": self.body, "contentType": self.content_type, "encoded": encoded},
            "metadata": self.metadata(), "matchingRules": self.rules
        })
    }

    fn pacts(&self) -> [(&'static str, String); 2] {
        let old = json!({
            "description": self.description, "providerStates": self.states, "contents": self.body,
            "metaData": self.metadata(), "matchingRules": self.rules
        });
        let mut new = self.contents();
        new["type"] = json!("Asynchronous/Messages");
        new["description"] = json!(self.description);
        new["providerStates"] = self.states.clone();
        [("V3", document(3, "messages", &[old])), ("V4", document(4, "interactions", &[new]))]
    }

    #[track_caller]
    fn is_judged(&self, answer: &Answer, difference: Option<&str>) {
        for (version, pact) in self.pacts() {
            judge(&verify(&pact, answer.clone()), version, difference);
        }
    }
}

/// Metadata as a provider sends it beside a message.
pub(super) fn with_metadata(answer: Answer, metadata: &Value) -> Answer {
    answer.with_header("Pact-Message-Metadata", STANDARD.encode(metadata.to_string()))
}

fn invoice() -> Value {
    json!({"id": 7, "status": "OPEN"})
}

/// The provider would be asked for something it cannot tell from its other messages.
#[test]
fn a_message_is_asked_for_by_its_description() {
    for (version, pact) in Message::json(invoice()).pacts() {
        let (run, provider) =
            verify_with(&pact, &[], |request| match request.json()["description"].as_str() {
                Some("an invoice was made") => Answer::json(&invoice()),
                _ => Answer::empty().with_status(404),
            });
        judge(&run, version, None);
        assert_eq!(provider.lines(), ["POST /"]);
    }
}

/// A user's green run would say nothing about the pacts that were never opened.
#[test]
fn several_message_pacts_are_all_verified() {
    let xml = "<bill><total>10</total></bill>";
    let other = Message { description: "a bill as XML", ..Message::of("application/xml", xml) };
    for ((_, first), (_, second)) in Message::json(invoice()).pacts().into_iter().zip(other.pacts()) {
        let workspace = Workspace::new();
        workspace.write("a.json", first);
        workspace.write("b.json", second);
        let provider = Provider::start(move |request| match request.json()["description"].as_str() {
            Some("an invoice was made") => Answer::json(&invoice()),
            _ => Answer::new("application/xml", xml),
        });
        workspace
            .verify_plain(&["a.json", "b.json", "--provider-url", &provider.url])
            .exits(0)
            .says("2 verified");
    }
}

/// The consumer would be sent what it cannot read.
#[test]
fn the_body_of_a_message_is_compared_by_its_kind() {
    let json = Message::json(invoice());
    json.is_judged(&Answer::json(&invoice()), None);
    json.is_judged(&Answer::json(&json!({"id": 7, "status": "PAID"})), Some("$.status"));

    let plain = Message::of("text/plain", "your bill is ready");
    plain.is_judged(&Answer::new("text/plain", "your bill is ready"), None);
    plain.is_judged(&Answer::new("text/plain", "your bill is late"), Some(BODY));

    let xml = Message::of("application/xml", "<bill><total>10</total></bill>");
    xml.is_judged(&Answer::new("application/xml", "<bill><total>10</total></bill>"), None);
    xml.is_judged(&Answer::new("application/xml", "<bill><total>11</total></bill>"), Some(BODY));
}

/// Two scans of one page are never the same bytes, and a picture in place of a PDF is no bill.
#[test]
fn bytes_may_be_anything_of_their_content_type() {
    let pdf: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj";
    let png: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR";
    let message = Message {
        is_base64: true,
        rules: json!({"body": {"$": {
            "combine": "AND", "matchers": [{"match": "contentType", "value": "application/pdf"}]
        }}}),
        ..Message::of("application/pdf", &STANDARD.encode(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\nanother"))
    };
    message.is_judged(&Answer::new("application/pdf", pdf), None);
    message.is_judged(&Answer::new("application/pdf", png), Some(BODY));
    message.is_judged(&Answer::new("image/png", png), Some(BODY));
}

/// A consumer that routes by topic or tag would never get the message.
#[test]
fn metadata_is_compared_value_by_value() {
    let agreed = json!({"topic": "invoices", "tag": {"id": "7", "weight": 100.5}});
    let message = Message { metadata: agreed.clone(), ..Message::json(invoice()) };
    let sent = |metadata: Value| with_metadata(Answer::json(&invoice()), &metadata);
    message.is_judged(&sent(agreed), None);
    message.is_judged(&sent(json!({"topic": "credits", "tag": {"id": "7", "weight": 100.5}})), Some("topic"));
    message.is_judged(&sent(json!({"topic": "invoices", "tag": {"id": "8", "weight": 100.5}})), Some("tag"));
    message.is_judged(&sent(json!({"topic": "invoices"})), Some("tag"));
    message.is_judged(&Answer::json(&invoice()), Some("topic"));
}

/// A user would hunt for metadata that was sent and only badly written.
#[test]
fn metadata_that_cannot_be_read_is_told_as_such() {
    let message = Message { metadata: json!({"topic": "invoices"}), ..Message::json(invoice()) };
    for header in ["{\"topic\": \"invoices\"}", "bm8gSlNPTg=="] {
        let answer = Answer::json(&invoice()).with_header("Pact-Message-Metadata", header);
        message.is_judged(&answer, Some("the header Pact-Message-Metadata is not"));
    }
}

/// Every new topic name or invoice number would break the build.
#[test]
fn metadata_and_body_follow_their_matching_rules() {
    let rules = json!({
        "metadata": {"topic": {"combine": "AND", "matchers": [{"match": "regex", "regex": "^inv-\\d+$"}]}},
        "body": {"$.status": {"combine": "AND", "matchers": [{"match": "include", "value": "OPEN"}]}}
    });
    let message = Message { metadata: json!({"topic": "inv-1"}), rules, ..Message::json(invoice()) };
    let sent = |topic: &str, status: &str| {
        with_metadata(Answer::json(&json!({"id": 7, "status": status})), &json!({"topic": topic}))
    };
    message.is_judged(&sent("inv-22", "REOPENED"), None);
    message.is_judged(&sent("inv-x", "OPEN"), Some("topic"));
    message.is_judged(&sent("inv-2", "PAID"), Some("$.status"));
}

/// The provider would be asked for a message about an invoice that is not there.
#[test]
fn the_states_of_a_message_are_set_up_torn_down_and_told_to_the_provider() {
    let states = json!([{"name": "an open invoice", "params": {"id": 7}}, {"name": "a tenant"}]);
    let message = Message { states, ..Message::json(invoice()) };
    let callback = ["--state-change-url", "{url}/state", "--state-change-teardown"];
    for (version, pact) in message.pacts() {
        let (run, provider) = verify_with(&pact, &callback, |_| Answer::json(&invoice()));
        judge(&run, version, None);
        let lines = provider.lines();
        let set_up = ["setup an open invoice {\"id\":7}", "setup a tenant", "POST /"];
        assert_eq!(lines[..3], set_up, "{version}");
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert!(lines[3..].iter().all(|line| line.starts_with("teardown ")), "{lines:?}");
        assert_eq!(provider.seen()[2].json()["providerStates"][0]["params"]["id"], 7);
    }
}
