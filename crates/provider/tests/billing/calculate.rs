use reqwest::Method;
use serde_json::{Value, json};

use crate::api::Api;

async fn calculate(api: &Api, body: Value) -> Value {
    api.done("t", Method::POST, "/billing/admin/calculate", body).await
}

/// A user who corrects a form and sends it again would pay for both.
#[tokio::test]
async fn what_is_said_of_a_month_replaces_what_was_said_before() {
    let api = Api::start().await;
    api.meter("t", "storage.volume.ssd", "10").await; // 1,000 in p1, which stays
    let body = |volume: u32, credit: u32| {
        json!({
            "month": "2025-01", "usage": [{"counterName": "storage.volume.ssd", "counterVolume": volume, "projectId": "p2"}],
            "credits": [{"type": "FREE", "amount": credit, "name": "c"}],
            "adjustments": [{"type": "SURCHARGE", "method": "RATE", "value": 50}], "unpaidAmount": 100,
        })
    };
    let first = calculate(&api, body(10, 500)).await; // (1,000 + 1,000) x 1.5 - 500 = 2,500
    assert_eq!((&first["charge"], &first["totalAmount"]), (&json!(2_500), &json!(2_850)));
    for _ in 0..3 {
        let again = calculate(&api, body(20, 100)).await; // (1,000 + 2,000) x 1.5 - 100 = 4,400
        assert_eq!((&again["charge"], &again["totalAmount"]), (&json!(4_400), &json!(4_940)));
        assert_eq!(again["paymentGroupId"], first["paymentGroupId"]);
    }
    let get = async |path: &str| api.done("t", Method::GET, path, Value::Null).await;
    assert_eq!(get("/billing/admin/adjustments").await["totalItems"], json!(1));
    let credits = get("/billing/credits/remaining").await;
    assert_eq!((&credits["totalCredit"], &credits["remainingCredits"]), (&json!(100), &json!(0)));
    assert_eq!(api.statement("t", "2025-01").await["charge"], json!(4_400));
    // Nothing said is nothing left of it: what was metered is.
    let bare = calculate(&api, json!({"month": "2025-01"})).await;
    assert_eq!((&bare["charge"], &bare["unpaidAmount"]), (&json!(1_000), &json!(0)));
    assert_eq!(get("/billing/credits/remaining").await["totalCredit"], json!(0));
}

/// A user would be charged for a late payment by the calendar of whoever asks, not by that of the calculation.
#[tokio::test]
async fn a_declared_debt_is_late_from_the_month_before_to_the_day_of_the_calculation() {
    let api = Api::start().await;
    for (day, overdue, fee) in [
        ("2025-02-10", true, 500), // ten days at 0.1 % of 50,000
        ("2025-02-10T03:00:00Z", true, 500),
        ("2025-02-28", false, 0),
        ("2025-02-28", true, 1_400),
    ] {
        let body = json!({"targetDate": day, "unpaidAmount": 50_000, "isOverdue": overdue});
        let bill = calculate(&api, body).await;
        assert_eq!((&bill["month"], &bill["lateFee"]), (&json!("2025-02"), &json!(fee)), "{day}");
        assert_eq!(bill["totalAmount"], json!(50_000 + fee));
        assert_eq!(api.statement("t", "2025-02").await["lateFee"], json!(fee), "every view says the same");
    }
    let paid = api.done("t", Method::POST, "/billing/payments/2025-02", json!({"amount": 51_400})).await;
    assert_eq!(paid["status"], "COMPLETED");
}

/// A user would get the discount of another group's contract.
#[tokio::test]
async fn the_contract_of_the_named_group_applies() {
    let api = Api::start().await;
    api.meter("t", "storage.volume.ssd", "100").await;
    for (id, group, rate, default) in [("C1", "bg-1", 0.1, "Y"), ("C2", "bg-2", 0.5, "N")] {
        let body = json!({"contractId": id, "discountRate": rate, "defaultYn": default});
        api.done("t", Method::PUT, &format!("/billing/admin/billing-groups/{group}"), body).await;
    }
    for (group, discount) in [("bg-1", 1_000), ("bg-2", 5_000), ("bg-3", 0)] {
        let bill = calculate(&api, json!({"month": "2025-01", "billingGroupId": group})).await;
        assert_eq!(
            (&bill["discount"], &bill["billingGroupDiscount"]),
            (&json!(discount), &json!(discount)),
            "{group}"
        );
        assert_eq!(bill["billingGroupId"], json!(group));
        let path = format!("/billing/console/payment/statements/{group}");
        let shown = api.done("t", Method::GET, &path, Value::Null).await;
        assert_eq!(shown["statements"][0]["discount"], json!(discount));
    }
}

/// A credit that another month used would come back when a month is calculated anew.
#[tokio::test]
async fn what_another_month_used_of_a_declared_credit_stays_used() {
    let api = Api::start().await;
    let usage = |volume: u32| json!([{"counterName": "storage.volume.ssd", "counterVolume": volume}]);
    let credit = json!([{"type": "PAID", "amount": 1_000, "name": "c", "expirationDate": "2099-12-31"}]);
    calculate(&api, json!({"month": "2025-01", "usage": usage(4), "credits": credit})).await; // uses 400
    calculate(&api, json!({"month": "2025-02", "usage": usage(5)})).await; // uses 500
    let registered = json!({"paymentStatusCode": "REGISTERED"});
    api.done("t", Method::PUT, "/billing/admin/payments/2025-02/status", registered).await;
    let before = calculate(&api, json!({"month": "2025-01", "usage": usage(4)})).await;
    assert_eq!(before["creditApplied"], json!(0), "taken back");
    assert_eq!(api.statement("t", "2025-02").await["creditApplied"], json!(500), "and used");
    let left = api.done("t", Method::GET, "/billing/credits/remaining", Value::Null).await;
    assert_eq!((&left["remainingCredits"], &left["usedCredit"]), (&json!(0), &json!(500)));
}
