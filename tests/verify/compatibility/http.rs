//! Requests and responses over HTTP, in every version of the specification.

use serde_json::{Value, json};

use super::provider::{Answer, Provider};
use super::{BODY, judge, pact, verify, verify_with};
use crate::workspace::Workspace;

fn invoice() -> Value {
    json!({"id": 7, "status": "OPEN"})
}

/// A response with a body in the form of a version: up to 3 as it is, in 4 with its type and how it is written.
fn response(version: u8, content_type: &str, body: &Value, encoded: bool) -> Value {
    let body = match version {
        4 => json!({
            "content": body, "contentType": content_type,
            "encoded": if encoded { json!("base64") } else { json!(false) }
        }),
        _ => body.clone(),
    };
    json!({"status": 200, "headers": {"Content-Type": content_type}, "body": body})
}

fn interaction(version: u8, description: &str, request: &Value, response: &Value) -> Value {
    let mut interaction = json!({"description": description, "request": request, "response": response});
    if version == 4 {
        interaction["type"] = json!("Synchronous/HTTP");
    }
    interaction
}

fn reads_invoice(version: u8) -> Value {
    let response = response(version, "application/json", &invoice(), false);
    interaction(version, "read an invoice", &json!({"method": "GET", "path": "/invoices/7"}), &response)
}

/// A user's green run would say nothing about the pacts that were never opened.
#[test]
fn several_pact_files_are_all_verified() {
    for version in 1..=4 {
        let workspace = Workspace::new();
        workspace.write("a.json", pact(version, &[reads_invoice(version)]));
        let search = json!({"method": "GET", "path": "/invoices"});
        let other = interaction(version, "list invoices", &search, &json!({"status": 204}));
        workspace.write("b.json", pact(version, &[other]));
        let provider = Provider::start(|request| match request.target.as_str() {
            "/invoices/7" => Answer::json(&invoice()),
            _ => Answer::empty().with_status(204),
        });
        workspace
            .verify_plain(&["a.json", "b.json", "--provider-url", &provider.url])
            .exits(0)
            .says("2 verified");
        let mut lines = provider.lines();
        lines.sort();
        assert_eq!(lines, ["GET /invoices", "GET /invoices/7"]);
    }
}

/// A provider without the route would pass as one that has it.
#[test]
fn a_request_that_the_provider_does_not_know_is_a_difference_of_status() {
    for version in 1..=4 {
        let (run, _) = verify_with(&pact(version, &[reads_invoice(version)]), &[], |request| {
            match request.target.as_str() {
                "/invoices/8" => Answer::json(&invoice()),
                _ => Answer::json(&json!({"error": "no such route"})).with_status(404),
            }
        });
        judge(&run, &format!("V{version}"), Some("expected 200 but was 404"));
    }
}

/// The provider would be judged by an answer to another question than the consumer asks.
#[test]
fn method_path_query_headers_and_body_reach_the_provider_as_recorded() {
    for version in 1..=4 {
        let query = match version {
            1 | 2 => json!("month=2026-01&tag=a%20b&tag=c"),
            _ => json!({"month": ["2026-01"], "tag": ["a b", "c"]}),
        };
        let body = match version {
            4 => json!({"content": invoice(), "contentType": "application/json", "encoded": false}),
            _ => invoice(),
        };
        let request = json!({
            "method": "PUT", "path": "/invoices/7", "query": query, "body": body,
            "headers": {"X-Tenant": "acme", "Content-Type": "application/json"}
        });
        let change = interaction(version, "change an invoice", &request, &json!({"status": 200}));
        let (run, provider) = verify_with(&pact(version, &[change]), &[], |_| Answer::empty());
        run.exits(0);
        let [seen] = &provider.seen()[..] else { panic!("{:?}", provider.lines()) };
        assert_eq!(seen.method, "PUT");
        assert_eq!(seen.target, "/invoices/7?month=2026-01&tag=a+b&tag=c", "V{version}");
        assert_eq!(seen.header("x-tenant"), Some("acme"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(seen.json(), invoice());
    }
}

/// A provider behind a login could not be verified at all.
#[test]
fn a_header_of_the_user_goes_with_every_request() {
    for version in 1..=4 {
        let pact = pact(version, &[reads_invoice(version)]);
        let (run, provider) =
            verify_with(&pact, &["--header", "Authorization=Bearer t"], |_| Answer::json(&invoice()));
        run.exits(0);
        assert_eq!(provider.seen()[0].header("authorization"), Some("Bearer t"));
    }
}

/// A user's consumer would break on the part that nobody compared.
#[test]
fn status_and_headers_of_the_response_are_compared() {
    for version in 1..=4 {
        let mut expected = reads_invoice(version);
        expected["response"]["headers"]["X-Kind"] = json!("invoice");
        let pact = pact(version, &[expected]);
        let good = || Answer::json(&invoice()).with_header("x-kind", "invoice");
        let rows = [
            ("as recorded", good(), None),
            ("another header beside", good().with_header("x-more", "1"), None),
            ("another status", good().with_status(400), Some("expected 200 but was 400")),
            ("another value", Answer::json(&invoice()).with_header("x-kind", "credit"), Some("X-Kind")),
            ("no header", Answer::json(&invoice()), Some("X-Kind")),
        ];
        for (name, answer, difference) in rows {
            judge(&verify(&pact, answer), &format!("V{version}, {name}"), difference);
        }
    }
}

/// A provider that names the charset as its framework does would fail, or one with another charset pass.
#[test]
fn content_types_are_compared_with_their_parameters() {
    for version in 1..=4 {
        for (expected, actual, same) in [
            ("application/json", "application/json", true),
            ("application/json;charset=UTF-8", "application/json; charset=utf-8", true),
            ("application/json", "application/json;charset=UTF-8", true),
            ("application/json;charset=UTF-8", "application/json", false),
            ("application/json;charset=UTF-16", "application/json;charset=UTF-8", false),
        ] {
            let response = response(version, expected, &invoice(), false);
            let request = json!({"method": "GET", "path": "/invoices/7"});
            let pact = pact(version, &[interaction(version, "read", &request, &response)]);
            let answer = Answer::new(actual, invoice().to_string());
            let name = format!("V{version}: {expected}, got {actual}");
            judge(&verify(&pact, answer), &name, (!same).then_some("Content-Type"));
        }
    }
}

const MULTIPART: &str = "multipart/form-data; boundary=part";

fn multipart(total: &str) -> String {
    format!(
        "--part\r\nContent-Disposition: form-data; name=\"total\"\r\nContent-Type: text/plain\r\n\r\n{total}\r\n--part--\r\n"
    )
}

/// A body of a kind that was never looked into would always be as agreed.
#[test]
fn every_kind_of_body_is_compared_in_every_version() {
    // The beginning of a PDF, and of another.
    let (pdf, other) = (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n1 0 obj", b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n2 0 obj");
    let recorded = json!("JVBERi0xLjcK4uPP0woxIDAgb2Jq");
    let text = |text: &str| (json!(text), text.as_bytes().to_vec());
    let (xml, xml_bytes) = text("<?xml version=\"1.0\"?><bill><id>7</id><total>10</total></bill>");
    let (form, form_bytes) = text("id=7&month=2026-01&total=10");
    let (plain, plain_bytes) = text("your bill is ready");
    let (parts, parts_bytes) = text(&multipart("10"));
    // Content type, what the pact has, whether that is base64, a body as agreed and one that is not.
    type Row = (&'static str, Value, bool, Vec<u8>, Vec<u8>);
    let rows: Vec<Row> = vec![
        ("text/plain", plain, false, plain_bytes, b"your bill is late".to_vec()),
        (
            "application/json",
            invoice(),
            false,
            invoice().to_string().into(),
            br#"{"id": "7", "status": "OPEN"}"#.to_vec(),
        ),
        (
            "application/xml",
            xml,
            false,
            xml_bytes,
            b"<?xml version=\"1.0\"?><bill><id>7</id></bill>".to_vec(),
        ),
        ("application/pdf", recorded, true, pdf.to_vec(), other.to_vec()),
        (
            "application/x-www-form-urlencoded",
            form,
            false,
            form_bytes,
            b"id=7&month=2026-01&total=11".to_vec(),
        ),
        (MULTIPART, parts, false, parts_bytes, multipart("11").into_bytes()),
    ];
    for version in 1..=4 {
        for (content_type, body, encoded, good, bad) in &rows {
            let response = response(version, content_type, body, *encoded);
            let request = json!({"method": "GET", "path": "/document"});
            let pact = pact(version, &[interaction(version, "a document", &request, &response)]);
            let name = format!("V{version} {content_type}");
            judge(&verify(&pact, Answer::new(content_type, good)), &name, None);
            judge(&verify(&pact, Answer::new(content_type, bad)), &name, Some(BODY));
        }
    }
}
