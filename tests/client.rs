//! The managers against a real provider, and against what is none.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::Duration;

use billtest::models::{
    Adjustment, AdjustmentRequest, AdjustmentType, Amount, CreditRequest, CreditType, ErrorCode,
};
use billtest::{BillingClient, ClientError, RetryPolicy, v1};
use billtest_contract::state::StateCatalogue;
use billtest_provider::{Provider, StateSeeds, serve};
use serde_json::json;

/// A mock provider in this process, with one state set up for a tenant.
async fn provider(tenant: &str, state: &str) -> BillingClient {
    let states = Path::new(env!("CARGO_MANIFEST_DIR")).join("provider-states");
    let seeds = StateSeeds::new(StateCatalogue::load(&states).unwrap()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, Provider::new(seeds).unwrap(), std::future::pending()));
    let client = BillingClient::new(&url).unwrap().for_tenant(tenant).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap()
        .post(format!("{url}/_billtest/state"))
        .header("uuid", tenant)
        .json(&json!({"state": state}))
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    client
}

/// Something that reads a request and answers these bytes, whatever they are.
fn answering(bytes: impl Into<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bytes = bytes.into();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                head.push(byte[0]);
            }
            if bytes.is_empty() {
                // Never answers; until the other side gives up.
                let _ = stream.read(&mut byte);
            }
            let _ = stream.write_all(&bytes);
        }
    });
    url
}

fn response(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

async fn read_contract(url: &str) -> ClientError {
    let client = BillingClient::with_timeout(url, Duration::from_millis(500))
        .unwrap()
        .with_retries(RetryPolicy::never());
    v1::Contracts::new(client).get(&"12345".into()).await.unwrap_err()
}

#[tokio::test]
async fn managers_do_their_work_for_their_tenant() {
    let client = provider("team-a", "Payment exists").await;
    let request = AdjustmentRequest {
        adjustment_type: AdjustmentType::Discount,
        amount: Amount::from(100),
        reason: None,
        target_invoice: "INV001".into(),
    };
    let adjustments = v1::Adjustments::new(client.clone());
    let applied: Adjustment = adjustments.apply(&request).await.unwrap();
    assert_eq!(applied.adjusted_amount, Amount::from(1400));
    assert_eq!(adjustments.get(&applied.adjustment_id).await.unwrap(), applied);
    let payments = v1::Payments::new(client.clone());
    assert_eq!(payments.get(&"PAY_ABC123".into()).await.unwrap().amount, Amount::from(1400));

    let other = v1::Payments::new(client.for_tenant("team-b").unwrap());
    assert_eq!(other.get(&"PAY_ABC123".into()).await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn a_refusal_carries_status_code_and_every_field() {
    let client = provider("t", "Customer exists").await;
    let request = CreditRequest {
        customer_id: "no/slash".into(),
        amount: "-1".parse().unwrap(),
        currency: billtest::models::Currency::Usd,
        reason: None,
        description: None,
        credit_type: CreditType::default(),
    };
    let error = v1::Credits::new(client).grant(&request).await.unwrap_err();
    let told = error.api_error().unwrap();
    assert_eq!((error.status(), told.error), (Some(422), ErrorCode::ValidationError));
    let fields: Vec<&str> = told.details.iter().map(|detail| detail.field.as_str()).collect();
    assert_eq!(fields, ["amount", "customer_id"]);
    assert!(
        error.to_string().contains("was refused with 422: 2 fields are wrong; amount: -1 is less"),
        "{error}"
    );
    assert!(!error.is_retryable());
}

/// A user would take an error page for a contract.
#[tokio::test]
async fn status_is_judged_before_the_body_and_the_body_is_kept() {
    let page = "<html>Sign in</html>";
    let error = read_contract(&answering(response("200 OK", "text/html", page))).await;
    assert!(
        matches!(&error, ClientError::NotUnderstood { status: 200, body, reason, .. }
            if body == page && reason == "it is text/html, not application/json"),
        "{error}"
    );
    let error = read_contract(&answering(response("502 Bad Gateway", "text/html", page))).await;
    assert!(
        matches!(&error, ClientError::Refused { status: 502, error: None, body, .. } if body == page),
        "{error}"
    );
    assert!(error.is_retryable());

    let wrong = r#"{"id": "12345", "status": "SLEEPING"}"#;
    let error = read_contract(&answering(response("200 OK", "application/json", wrong))).await;
    assert!(
        matches!(&error, ClientError::NotUnderstood { body, reason, .. }
            if body == wrong && reason.contains("unknown variant `SLEEPING`")),
        "{error}"
    );
    // What a redirect leads to is not what was asked for.
    let elsewhere = answering(response("200 OK", "application/json", "{}"));
    let moved = format!("HTTP/1.1 302 Found\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
    let error = read_contract(&answering(moved)).await;
    assert!(matches!(error, ClientError::Refused { status: 302, .. }), "{error}");
    // A refusal in JSON stays a refusal even if the JSON would make a contract.
    let error =
        read_contract(&answering(response("500 Internal Server Error", "application/json", "{}"))).await;
    assert!(matches!(error, ClientError::Refused { status: 500, error: None, .. }), "{error}");
}

#[tokio::test]
async fn a_provider_that_gives_no_answer_was_not_reached() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let half = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    for (url, reason) in [
        (refusing, "Connection refused"),
        (answering(Vec::new()), "it took too long"),
        (answering(half), ""),
        (answering("\0\0 no HTTP"), ""),
    ] {
        let error = read_contract(&url).await;
        assert!(matches!(error, ClientError::NotReached { .. }), "{error:?}");
        assert!(error.to_string().contains(reason) && error.is_retryable(), "{error}");
    }
}

#[tokio::test]
async fn an_endless_body_ends_at_the_limit() {
    let endless = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\"{}",
        "x".repeat(17 * 1024 * 1024)
    );
    let client = BillingClient::new(answering(endless)).unwrap();
    let error = v1::Contracts::new(client).get(&"12345".into()).await.unwrap_err();
    let ClientError::NotUnderstood { body, reason, .. } = error else { panic!("{error:?}") };
    assert_eq!((body.len(), reason.as_str()), (16 * 1024 * 1024, "it is larger than 16777216 bytes"));
}
