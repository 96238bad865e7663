//! Trying again: what may be, when, and how often.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use billtest::models::{CreditRequest, CreditType, Currency, PaymentState, PaymentStatus, PaymentUpdate};
use billtest::{BillingClient, ClientError, IdempotencyKey, PaymentManager, RetryPolicy, v1};

/// A provider that gives these answers in turn, and the last of them for ever; nothing is a closed connection.
struct Scripted {
    url: String,
    /// The idempotency keys of the requests that came.
    keys: Arc<Mutex<Vec<Option<String>>>>,
}

impl Scripted {
    fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
        let seen = Arc::clone(&keys);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let key = key_of(&stream);
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(key);
                    seen.len() - 1
                };
                let answer = answers.get(number).or(answers.last()).unwrap();
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { url, keys }
    }

    fn client(&self, policy: RetryPolicy) -> BillingClient {
        BillingClient::new(&self.url).unwrap().with_retries(policy)
    }

    fn calls(&self) -> usize {
        self.keys.lock().unwrap().len()
    }
}

/// Reads a whole request; gives its key.
fn key_of(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut key, mut length, mut line) = (None, 0, String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "idempotency-key" => key = Some(value.trim().to_owned()),
            "content-length" => length = value.trim().parse().unwrap(),
            _ => {}
        }
        line.clear();
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    key
}

const CLOSED: &str = "";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const WAIT: &str =
    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const NOW: &str =
    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const LONG: &str = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 18446744073709551615\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const AT_WORK: &str =
    "HTTP/1.1 409 Conflict\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const WRONG: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Pauses that no test notices.
fn quick() -> RetryPolicy {
    RetryPolicy { first_delay: Duration::from_millis(1), ..RetryPolicy::default() }
}

async fn read(client: BillingClient) -> ClientError {
    v1::Contracts::new(client).get(&"1".into()).await.unwrap_err()
}

async fn grant(client: BillingClient, key: Option<&IdempotencyKey>) -> ClientError {
    let request = CreditRequest {
        customer_id: "CUST001".into(),
        amount: 5.into(),
        currency: Currency::Usd,
        reason: None,
        description: None,
        credit_type: CreditType::default(),
    };
    let client = key.map_or(client.clone(), |key| client.once(key));
    v1::Credits::new(client).grant(&request).await.unwrap_err()
}

/// A user would see a call fail that would have succeeded a moment later.
#[tokio::test]
async fn what_may_succeed_later_is_tried_again_and_the_error_says_how_often() {
    let provider = Scripted::start(&[BUSY, CLOSED, WRONG]);
    let error = read(provider.client(quick())).await;
    assert_eq!((error.status(), error.attempts(), provider.calls()), (Some(400), 3, 3));
    assert!(error.to_string().contains("was refused with 400 at 3 tries"), "{error}");

    let provider = Scripted::start(&[BUSY]);
    let error = read(provider.client(quick())).await;
    assert_eq!((error.status(), error.attempts(), provider.calls()), (Some(503), 4, 4));
}

/// A user would wait for what cannot get better, or repeat what went wrong on the other side.
#[tokio::test]
async fn what_will_not_succeed_later_is_tried_once() {
    for answer in [&[WRONG], &[BROKEN]] {
        let provider = Scripted::start(answer);
        let error = read(provider.client(quick())).await;
        assert_eq!((error.attempts(), provider.calls()), (1, 1));
    }
    let provider = Scripted::start(&[BUSY]);
    assert_eq!(read(provider.client(RetryPolicy::never())).await.attempts(), 1);
}

/// A user would be told that a change was refused which the first try has made.
#[tokio::test]
async fn a_change_without_a_key_is_tried_again_only_if_nothing_can_have_happened() {
    for (answers, tries) in
        [(&[BUSY][..], 1), (&[CLOSED], 1), (&[AT_WORK], 1), (&[NOW, WRONG], 2), (&[NOW, BUSY, WRONG], 2)]
    {
        for method in ["PATCH", "PUT", "DELETE"] {
            let provider = Scripted::start(answers);
            let error = change(provider.client(quick()), method).await;
            assert_eq!((error.attempts(), provider.calls()), (tries, tries as usize), "{method} {error}");
            assert!(provider.keys.lock().unwrap().iter().all(Option::is_none));
        }
    }
    // Nobody listens there: nothing was sent.
    let url = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let client = BillingClient::new(url).unwrap().with_retries(quick());
    assert_eq!(change(client, "PATCH").await.attempts(), 4);
}

async fn change(client: BillingClient, method: &str) -> ClientError {
    let payments = || PaymentManager::new(client.clone(), "2025-01".parse().unwrap(), "team-a").unwrap();
    match method {
        "PUT" => payments().change_status(PaymentState::Registered).await.unwrap_err(),
        "DELETE" => payments().cancel().await.unwrap_err(),
        _ => {
            let update =
                PaymentUpdate { status: PaymentStatus::Processing, transaction_id: None, completed_at: None };
            v1::Payments::new(client).update(&"PAY_1".into(), &update).await.unwrap_err()
        }
    }
}

/// A customer would be charged once for each try.
#[tokio::test]
async fn every_try_of_a_change_has_the_same_key_and_every_change_its_own() {
    let provider = Scripted::start(&[BUSY, AT_WORK, WRONG]);
    let client = provider.client(quick());
    assert_eq!(grant(client.clone(), None).await.attempts(), 3);
    assert_eq!(grant(client.clone(), None).await.attempts(), 1);
    let named = IdempotencyKey::new("november").unwrap();
    grant(client, Some(&named)).await;
    let keys = provider.keys.lock().unwrap().clone();
    assert!(keys[0].is_some() && keys[0] == keys[1] && keys[1] == keys[2] && keys[2] != keys[3], "{keys:?}");
    assert_eq!(keys[4].as_deref(), Some("november"));
}

/// A provider that asks to be left alone would be asked again and again.
#[tokio::test]
async fn the_provider_says_how_long_to_wait_and_the_deadline_how_long_at_most() {
    let provider = Scripted::start(&[WAIT, WRONG]);
    let begun = Instant::now();
    assert_eq!(read(provider.client(quick())).await.attempts(), 2);
    assert!(begun.elapsed() >= Duration::from_secs(1));

    // It cannot come back in time, so it does not wait at all.
    for answers in [&[WAIT], &[LONG]] {
        let provider = Scripted::start(answers);
        let policy = RetryPolicy { deadline: Duration::from_millis(900), ..quick() };
        let error = read(provider.client(policy)).await;
        assert_eq!((error.attempts(), provider.calls()), (1, 1));
        assert!(error.retry_after().unwrap() >= Duration::from_secs(1));
    }
}

/// A user's program would hang for the sum of all time limits.
#[tokio::test]
async fn a_try_ends_with_the_deadline() {
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = BillingClient::new(format!("http://{}", hanging.local_addr().unwrap())).unwrap();
    let policy = RetryPolicy { deadline: Duration::from_millis(300), ..quick() };
    let error = read(client.with_retries(policy)).await;
    assert!(
        matches!(error, ClientError::NotReached { .. }) && error.to_string().contains("it took too long")
    );
}

/// What is written of a run.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A user who looks for a slow or lost call would see one call where there were three, and no reason.
#[tokio::test]
async fn each_try_is_in_the_trace() {
    let trace = Trace::default();
    let written = trace.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    let provider = Scripted::start(&[BUSY, CLOSED, WRONG]);
    let _guard = tracing::subscriber::set_default(subscriber);
    read(provider.client(quick())).await;
    let text = String::from_utf8(trace.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("billtest::client")).collect();
    let url = format!("{}/api/v1/contracts/1", provider.url);
    for (line, parts) in lines.iter().zip([
        ["DEBUG", "calling", "attempt=1", ""],
        ["WARN", "trying again after a pause", "attempt=1", "refused with 503"],
        ["DEBUG", "calling", "attempt=2", ""],
        ["WARN", "trying again after a pause", "attempt=2", "got no response"],
        ["DEBUG", "calling", "attempt=3", ""],
        ["WARN", "the call failed", "attempts=3", "refused with 400 at 3 tries"],
    ]) {
        assert!(parts.iter().all(|part| line.contains(part)), "{parts:?}: {line}");
        assert!(line.contains("method=GET") && line.contains(&url), "{line}");
    }
    assert_eq!(lines.len(), 6, "{text}");
}
