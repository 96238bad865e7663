use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Old, meter};

/// A suite of the payment client would fail where it should read a status, pay, refund or retry.
#[tokio::test]
async fn the_payment_clients_routes_answer_what_it_reads() {
    let old = Old::start().await;
    let uuid = ("uuid", "payer");
    for month in ["2024-01", "2024-02", "2024-03"] {
        let body = json!({"meterList": [meter("app-1", "storage.volume.ssd", "GB", "10", month)]});
        old.done(Method::POST, "billing/meters", &[uuid], body).await;
        let body = json!({"month": month, "jobCode": "API_CALCULATE_USAGE_AND_PRICE"});
        let job = old.done(Method::POST, "batch/jobs", &[uuid], body).await;
        assert_eq!(
            (&job["status"], &job["progress"], &job["month"]),
            (&json!("COMPLETED"), &json!(100), &json!(month))
        );
        let id = job["batchJobId"].as_str().unwrap();
        assert_eq!(old.get(&format!("batch/jobs/{id}/status"), &[uuid]).await["jobCode"], job["jobCode"]);
    }
    let admin = old.get("billing/admin/statements?uuid=payer&month=2024-01", &[]).await;
    let first = &admin["statements"][0];
    let (group, state) = (first["paymentGroupId"].as_str().unwrap(), &first["paymentStatusCode"]);
    assert_eq!(state, "READY");
    let path = format!("billing/payment/{group}/status");
    let body = json!({"month": "2024-01", "status": "REGISTERED"});
    old.done(Method::PUT, &path, &[uuid], body).await;
    let body = json!({"month": "2024-01", "paymentGroupId": group, "uuid": "payer"});
    let paid = old.done(Method::POST, "billing/payment/make", &[], body).await;
    let id = paid["paymentId"].as_str().unwrap();
    assert_eq!(paid["amount"], json!(1100));
    // A payment record of the second month, by its group: a float, and a method.
    let second = old.get("billing/console/payments?uuid=payer&month=2024-02", &[]).await;
    let second = second["payments"][0]["paymentGroupId"].clone();
    let body = json!({"paymentGroupId": second, "amount": 1100.0, "paymentMethod": "CREDIT_CARD"});
    let record = old.done(Method::POST, "billing/payment", &[uuid], body).await;
    assert_eq!((&record["status"], &record["method"]), (&json!("COMPLETED"), &json!("CREDIT_CARD")));
    let details = old.get(&format!("billing/payment/{id}"), &[uuid]).await;
    assert_eq!(details["payment"]["paymentId"], json!(id));
    let unpaid = old.get("billing/unpaid?month=2024-03&uuid=payer", &[]).await;
    assert_eq!(unpaid["statements"].as_array().unwrap().len(), 1);
    let history = "billing/payment/history?startDate=2024-01-01&endDate=2099-12-31&page=1";
    assert_eq!(old.get(history, &[uuid]).await["payments"].as_array().unwrap().len(), 2);
    // Batches, in both of the client's forms.
    let third = old.get("billing/console/payments?uuid=payer&month=2024-03", &[]).await;
    let third = third["payments"][0]["paymentGroupId"].clone();
    let body =
        json!({"requests": [{"paymentGroupId": third, "amount": 500, "paymentMethod": "BANK_TRANSFER"}]});
    let done = old.done(Method::POST, "billing/payment/batch", &[uuid], body).await;
    assert_eq!(
        (&done["processedCount"], &done["results"][0]["status"]),
        (&json!(1), &json!("PARTIALLY_PAID"))
    );
    let body = json!({"paymentIds": [third], "action": "process"});
    let done = old.done(Method::POST, "billing/payment/batch", &[uuid], body).await;
    assert_eq!(done["results"][0]["status"], "PAID");
    let refund = json!({"paymentId": id, "amount": 100.0, "reason": "qa"});
    assert_eq!(old.done(Method::POST, "billing/refund", &[uuid], refund).await["status"], "REFUNDED");
    let (status, _) = old
        .request(Method::POST, &format!("billing/payment/{id}/retry"), &[uuid], json!({"retryCount": 1}))
        .await;
    assert_eq!(status, 409, "a payment that did not fail is not tried again");
    let (status, _) = old
        .request(Method::DELETE, &format!("billing/payment/{group}?month=2024-01"), &[uuid], Value::Null)
        .await;
    assert_eq!(status, 409, "what is paid back is not cancelled");
    for path in ["billing/console/payment/statements/bg-9", "billing/console/billing-info/bg-9"] {
        assert_eq!(
            old.request(Method::GET, path, &[uuid], Value::Null).await.0,
            404,
            "nobody named that group"
        );
    }
    let agreed = json!({"contractId": "C9", "defaultYn": "Y", "monthFrom": "2024-01", "name": "n"});
    old.done(Method::PUT, "billing/admin/billing-groups/bg-9", &[uuid], agreed).await;
    let shown = old.get("billing/console/payment/statements/bg-9", &[uuid]).await;
    assert_eq!((&shown["paymentGroupId"], &shown["paymentStatus"]), (&third, &json!("PAID")));
    let info = old.get("billing/console/billing-info/bg-9", &[uuid]).await;
    assert_eq!((&info["billingGroupId"], &info["paymentStatus"]), (&json!("bg-9"), &json!("PAID")));
}
