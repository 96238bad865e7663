use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, wrong_fields};

async fn run(api: &Api, code: &str, date: &str) -> (u16, Value) {
    let body = json!({"batchJobCode": code, "date": date, "is_async": "true"});
    api.post("t", "/billing/admin/batches", body).await
}

/// A job would say that it is done, and the month would not be calculated.
#[tokio::test]
async fn a_job_is_done_with_those_that_it_needs_and_can_be_asked_for() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "100").await;
    let (status, started) = run(&api, "BATCH_GENERATE_STATEMENT", "2025-01-31T00:00:00+09:00").await;
    assert_eq!(status, 200, "{started}");
    let unpaid = "/billing/payments/2025-01/statements/unpaid";
    assert_eq!(api.done("t", Method::GET, unpaid, Value::Null).await["totalUnpaid"], json!(43_670));

    let path = format!("/billing/admin/batches/{}", started["batchId"].as_str().unwrap());
    let batch = &api.done("t", Method::GET, &path, Value::Null).await["batch"];
    assert_eq!((&batch["status"], &batch["month"]), (&json!("COMPLETED"), &json!("2025-01")));
    assert_eq!(api.get("u", &path).await.0, 404, "the job of another tenant");

    // The 31st of February is sent by existing clients, and means February.
    assert_eq!(run(&api, "BATCH_CREDIT_EXPIRY", "2025-02-31T00:00:00+09:00").await.0, 200);
    let list = api.done("t", Method::GET, "/billing/admin/batch/progress", Value::Null).await;
    assert_eq!((&list["totalItems"], &list["list"][1]["month"]), (&json!(2), &json!("2025-02")));
    // A paid month is not calculated again.
    api.done("t", Method::POST, "/billing/payments/2025-01", json!({})).await;
    assert_eq!(run(&api, "API_CALCULATE_USAGE_AND_PRICE", "2025-01-01").await.0, 200);
    assert_eq!(api.done("t", Method::GET, unpaid, Value::Null).await["totalUnpaid"], json!(0));
}

/// A user would believe that a payment was collected because the job for it is completed.
#[tokio::test]
async fn a_job_that_had_nothing_to_do_says_so() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "100").await;
    let expired =
        json!({"credit": 50_000, "expirationDateFrom": "2025-01-01", "expirationDateTo": "2025-01-31"});
    api.done("t", Method::POST, "/billing/admin/campaign/C/credits", expired).await;
    for (code, count) in [
        ("API_CALCULATE_USAGE_AND_PRICE", 1),
        ("BATCH_GENERATE_STATEMENT", 1),
        ("BATCH_PROCESS_PAYMENT", 0),
        ("BATCH_RECONCILIATION", 0),
        ("BATCH_CREDIT_EXPIRY", 1),
        ("BATCH_CREDIT_EXPIRY", 0),
    ] {
        let (_, started) = run(&api, code, "2025-01-31").await;
        let path = format!("/billing/admin/batches/{}", started["batchId"].as_str().unwrap());
        let batch = &api.done("t", Method::GET, &path, Value::Null).await["batch"];
        let says_nothing = batch["message"].as_str().unwrap().contains("nothing was to be done");
        assert_eq!(
            (&batch["completedCount"], &batch["totalCount"], says_nothing),
            (&json!(count), &json!(count), count == 0),
            "{code}"
        );
    }
    let payments = api.done("t", Method::GET, "/billing/admin/payments", Value::Null).await;
    assert_eq!(payments["payments"][0]["status"], "READY", "nobody collects it");
}

/// A misspelt job would be done by nobody, and said to be done.
#[tokio::test]
async fn an_unknown_job_and_a_wrong_day_are_refused() {
    let api = Api::start().await;
    for (code, date, field) in [
        ("BATCH_EVERYTHING", "2025-01-01", "batchJobCode"),
        ("BATCH_CREDIT_EXPIRY", "2025-13-01", "date"),
        ("BATCH_CREDIT_EXPIRY", "2025-01-32", "date"),
        ("BATCH_CREDIT_EXPIRY", "today", "date"),
    ] {
        let (status, refusal) = run(&api, code, date).await;
        assert_eq!((status, wrong_fields(&refusal)), (422, vec![field]), "{code} {date}");
    }
    let list = api.done("t", Method::GET, "/billing/admin/batch/progress", Value::Null).await;
    assert_eq!(list["totalItems"], 0);
}
