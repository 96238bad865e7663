use std::time::{Duration, Instant};

use billtest::models::ErrorCode;
use billtest::models::billing::JobState;
use billtest::{BillingClient, CalculationManager, ClientError, StatementManager, v1};
use serde_json::{Value, json};

use super::january;
use super::scripted::{Script, success};

fn progress(status: &str) -> (u16, Value) {
    success(json!({"status": status, "progress": 50, "maxProgress": 100, "list": []}))
}

fn started() -> (u16, Value) {
    success(json!({"batchJobCode": "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11"}))
}

/// A user would read the statement of a month that is still being calculated.
#[tokio::test]
async fn a_calculation_is_waited_for() {
    let answers = [started(), progress("PENDING"), progress("RUNNING"), progress("COMPLETED")];
    let (script, client) = Script::start(answers).await;
    let calculation = CalculationManager::new(client, january(), "team-a").unwrap();
    assert_eq!(calculation.run().await.unwrap().status, JobState::Completed);
    assert_eq!(script.seen().len(), 4);
}

/// A user would wait five minutes for what has failed in the first second.
#[tokio::test]
async fn a_failed_calculation_is_an_end() {
    let (script, client) = Script::start([started(), progress("FAILED")]).await;
    let calculation = CalculationManager::new(client, january(), "team-a").unwrap();
    let error = calculation.run().await.unwrap_err();
    assert!(matches!(error, ClientError::NotCalculated { status: JobState::Failed, .. }), "{error}");
    assert_eq!(script.seen().len(), 2);
}

/// A user's pipeline would hang for ever.
#[tokio::test]
async fn a_calculation_has_a_deadline() {
    let (_, client) = Script::start([started(), progress("RUNNING")]).await;
    let calculation = CalculationManager::new(client, january(), "team-a").unwrap();
    let error = calculation.within(Duration::from_millis(100)).run().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "2025-01 is not calculated: it is not done after 100ms (its calculation is RUNNING)"
    );
}

/// A user who gave it a second would wait a minute for a provider that hangs.
#[tokio::test]
async fn the_deadline_is_that_of_every_call_on_the_way() {
    // It takes connections, and never answers.
    let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = BillingClient::new(format!("http://{}", hanging.local_addr().unwrap())).unwrap();
    let calculation = CalculationManager::new(client, january(), "team-a").unwrap();
    let begun = Instant::now();
    let error = calculation.within(Duration::from_millis(200)).run().await.unwrap_err();
    assert!(matches!(error, ClientError::NotCalculated { status: JobState::NotStarted, .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// A user who means "as long as it takes" would see a panic.
#[tokio::test]
async fn a_deadline_may_be_longer_than_any_clock_runs() {
    let (_, client) = Script::start([started(), progress("RUNNING"), progress("COMPLETED")]).await;
    let calculation = CalculationManager::new(client, january(), "team-a").unwrap();
    assert_eq!(calculation.within(Duration::MAX).run().await.unwrap().status, JobState::Completed);
}

/// A user would not be told what the provider says about its own trouble, or not try again when that helps.
#[tokio::test]
async fn the_words_of_a_refusal_are_kept_whatever_its_code() {
    for (status, code, expected, kind, is_retryable) in [
        (429, 429, 429, ErrorCode::RateLimitExceeded, true),
        (500, 500, 500, ErrorCode::Other, false),
        (503, 503, 503, ErrorCode::Other, true),
        (200, 503, 503, ErrorCode::Other, true),
        (200, -1, 200, ErrorCode::Other, false),
        (403, 90_000, 403, ErrorCode::Other, false),
        // What HTTP says decides: a payment that is refused is not sent again for a number in a body.
        (400, 503, 400, ErrorCode::Other, false),
        (503, 404, 503, ErrorCode::NotFound, true),
        (429, 400, 429, ErrorCode::MalformedRequest, true),
    ] {
        let header = json!({"isSuccessful": false, "resultCode": code, "resultMessage": "under repair"});
        let (_, client) = Script::start([(status, json!({"header": header}))]).await;
        let error = StatementManager::new(client, january(), "team-a").unwrap().get().await.unwrap_err();
        assert_eq!((error.status(), error.is_retryable()), (Some(expected), is_retryable), "{status} {code}");
        assert_eq!(error.api_error().map(|told| told.error), Some(kind), "{status} {code}");
        assert!(error.to_string().ends_with(": under repair"), "{error}");
    }
    let own = json!({"error": "MAINTENANCE", "message": "under repair", "code": 1001});
    let (_, client) = Script::start([(503, own)]).await;
    let error = v1::Credits::new(client).get(&"C".into()).await.unwrap_err();
    assert_eq!((error.status(), error.is_retryable()), (Some(503), true), "{error}");
    // A provider that knows more kinds of refusals than we do.
    let newer = json!({"error": "QUOTA_EXCEEDED", "message": "no more credits", "code": 402});
    let (_, client) = Script::start([(402, newer)]).await;
    let error = v1::Credits::new(client).get(&"C".into()).await.unwrap_err();
    assert_eq!(error.api_error().map(|told| (told.error, told.code)), Some((ErrorCode::Other, 402)));
    assert!(error.to_string().ends_with(": no more credits"), "{error}");
}

/// A user would take a refusal that HTTP calls a success for an empty statement.
#[tokio::test]
async fn a_refusal_in_an_envelope_is_one_whatever_http_says() {
    let header = json!({"isSuccessful": false, "resultCode": 404, "resultMessage": "no such month"});
    for (status, expected) in [(200, 404), (400, 400), (404, 404)] {
        let (_, client) = Script::start([(status, json!({"header": header}))]).await;
        let error = StatementManager::new(client, january(), "team-a").unwrap().get().await.unwrap_err();
        assert_eq!(error.status(), Some(expected), "{status}");
        let told = error.api_error().unwrap();
        assert_eq!((told.error, told.message.as_str()), (ErrorCode::NotFound, "no such month"));
    }
}

/// A user would see another month's statement as this one's.
#[tokio::test]
async fn an_answer_without_the_month_is_incomplete() {
    let answer = success(json!({"paymentGroupId": "PG-1", "paymentStatus": "READY", "statements": []}));
    let (_, client) = Script::start([answer]).await;
    let error = StatementManager::new(client, january(), "team-a").unwrap().get().await.unwrap_err();
    assert_eq!(error.to_string(), "the provider answered without the statement of 2025-01");
}
