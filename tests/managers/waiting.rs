use std::time::Duration;

use billtest::models::ErrorCode;
use billtest::models::billing::JobState;
use billtest::{CalculationManager, ClientError, StatementManager};
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

/// A user would take a refusal that HTTP calls a success for an empty statement.
#[tokio::test]
async fn a_refusal_in_an_envelope_is_one_whatever_http_says() {
    let header = json!({"isSuccessful": false, "resultCode": 404, "resultMessage": "no such month"});
    for status in [200, 400, 404] {
        let (_, client) = Script::start([(status, json!({"header": header}))]).await;
        let error = StatementManager::new(client, january(), "team-a").unwrap().get().await.unwrap_err();
        assert_eq!(error.status(), Some(404), "{status}");
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
