//! Bodies that are no JSON: judged by their content type, with the rules of Pact.

use serde_json::{Value, json};

use crate::workspace::{Workspace, pact};

/// A server that answers everything with this body.
fn provider(content_type: &'static str, body: &'static [u8]) -> String {
    use axum::Router;
    use axum::routing::get;
    let answer = async move || ([("content-type", content_type)], body);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(get(answer));
    std::thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await }));
    url
}

fn interaction(body: &Value, rules: &Value) -> Value {
    json!({
        "type": "Synchronous/HTTP", "description": "a body", "request": {"method": "GET", "path": "/"},
        "response": {
            "status": 200, "headers": {"Content-Type": [body["contentType"]]}, "body": body, "matchingRules": rules
        }
    })
}

const MULTIPART: &str = "multipart/form-data; boundary=b";

/// A user would trust a verifier that only ever looked at JSON.
#[test]
fn every_kind_of_body_is_compared_by_its_own_rules() {
    let rule = |path: &str, rule: Value| json!({"body": {path: {"combine": "AND", "matchers": [rule]}}});
    let text = |kind: &str, content: &str| json!({"content": content, "contentType": kind, "encoded": false});
    let none = json!({});
    type Answer = (&'static str, &'static [u8], bool);
    let cases: Vec<(Value, Value, Vec<Answer>)> = vec![
        (
            text("text/plain", "hello"),
            none.clone(),
            vec![("text/plain", b"hello", true), ("text/plain", b"goodbye", false), ("text/html", b"hello", false)],
        ),
        (
            text("text/plain", "17"),
            rule("$", json!({"match": "regex", "regex": "[0-9]+"})),
            vec![("text/plain", b"4711", true), ("text/plain", b"many", false)],
        ),
        (
            text("application/xml", "<bill><total>1</total></bill>"),
            rule("$.bill.total['#text']", json!({"match": "regex", "regex": "[0-9]+"})),
            vec![
                ("application/xml", b"<bill><total>2</total></bill>", true),
                ("application/xml", b"<bill><total>free</total></bill>", false),
                ("application/xml", b"<bill/>", false),
            ],
        ),
        (
            text("application/x-www-form-urlencoded", "id=1&name=a"),
            rule("$.id", json!({"match": "regex", "regex": "[0-9]+"})),
            vec![
                ("application/x-www-form-urlencoded", b"name=a&id=22", true),
                ("application/x-www-form-urlencoded", b"id=x&name=a", false),
            ],
        ),
        (
            json!({"content": "AAEC/w==", "contentType": "application/octet-stream", "encoded": "base64"}),
            none.clone(),
            vec![
                ("application/octet-stream", &[0, 1, 2, 255], true),
                ("application/octet-stream", &[0, 1, 2, 254], false),
            ],
        ),
        (
            text(
                MULTIPART,
                "--b\r\nContent-Disposition: form-data; name=\"id\"\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--\r\n",
            ),
            none,
            vec![
                (
                    MULTIPART,
                    b"--b\r\nContent-Disposition: form-data; name=\"id\"\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--\r\n",
                    true,
                ),
                (
                    MULTIPART,
                    b"--b\r\nContent-Disposition: form-data; name=\"id\"\r\nContent-Type: text/plain\r\n\r\n2\r\n--b--\r\n",
                    false,
                ),
            ],
        ),
    ];
    for (body, rules, answers) in cases {
        let workspace = Workspace::new();
        workspace.write("p.json", pact(&[interaction(&body, &rules)]));
        for (content_type, answer, good) in answers {
            let url = provider(content_type, answer);
            let run = workspace.verify_plain(&["p.json", "--provider-url", &url]);
            assert_eq!(
                run.code,
                Some(i32::from(!good)),
                "{body} {rules}\nanswered {answer:?}\n{}",
                run.stdout
            );
        }
    }
}
