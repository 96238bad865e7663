use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{JSON, JSON_UTF8, Old, meter, this_month};
use crate::published;

/// The web client could not complete a calculation, or would pay another amount than it shows.
#[tokio::test]
async fn the_web_client_calculates_and_pays() {
    let old = Old::start().await;
    let month = this_month();
    let web = [("content-type", JSON), ("uuid", "test-uuid-e2e-001"), ("origin", "http://localhost:3000")];
    // What its form sends: ids that mean nothing here, nulls and empty texts, a time as the day.
    let usage = |id: &str, counter: &str, kind: &str, unit: &str, volume: f64| {
        json!({"id": id, "counterName": counter, "counterType": kind, "counterUnit": unit, "counterVolume": volume,
            "resourceId": format!("resource-{id}"), "resourceName": "", "appKey": "app-kr", "projectId": ""})
    };
    let form = json!({
        "targetDate": format!("{month}-15T03:00:00.000Z"), "uuid": "test-uuid-e2e-001", "billingGroupId": "bg-kr-e2e",
        "usage": [
            usage("1", "compute.c2.c8m8", "DELTA", "HOURS", 100.0),
            usage("2", "storage.volume.ssd", "GAUGE", "GB", 50.5),
            usage("3", "network.floating_ip", "CUMULATIVE", "HOURS", 4.0),
        ],
        "credits": [
            {"type": "PAID", "amount": 10_000, "name": "bought"},
            {"type": "FREE", "amount": 5000, "name": "Welcome", "campaignId": "CMP", "expirationDate": "2099-12-31T00:00:00.000Z"},
            {"type": "PROMOTIONAL", "amount": 1000, "name": "promo"},
            {"type": "FREE", "amount": 0, "name": ""},
        ],
        "adjustments": [
            {"type": "DISCOUNT", "level": "BILLING_GROUP", "method": "RATE", "value": 10, "description": "ten off"},
            {"type": "SURCHARGE", "level": "PROJECT", "method": "FIXED", "value": 200, "description": "", "targetProjectId": ""},
            {"adjustmentType": "DISCOUNT", "method": "FIXED", "adjustmentValue": 55, "level": "PROJECT", "targetProjectId": "app-kr"},
        ],
        "unpaidAmount": 50_001, "isOverdue": false,
    });
    // 39,700 + 5,050 + 100 = 44,850. Of the project 55 off: 44,795; of the whole 4,480 off (4,479.5), and 200 on top: 40,515.
    let bill = old.done(Method::POST, "billing/admin/calculate", &web, form.clone()).await;
    for (name, amount) in [
        ("subtotal", 44_850),
        ("adjustmentTotal", -55 - 4_480 + 200),
        ("creditApplied", 16_000),
        ("charge", 24_515),
        ("vat", 2_452),
        ("amount", 26_967),
        ("unpaidAmount", 50_001),
        ("lateFee", 0),
        ("totalAmount", 76_968),
    ] {
        assert_eq!(bill[name], json!(amount), "{name}: {bill}");
    }
    assert_eq!((&bill["month"], &bill["currency"]), (&json!(month), &json!("KRW")));
    assert!(bill["statementId"].is_string() && bill["batchJobCode"].is_string());
    assert_eq!(
        (bill["lineItems"].as_array().unwrap().len(), &bill["uuid"]),
        (3, &json!("test-uuid-e2e-001"))
    );
    let kinds: Vec<&Value> =
        bill["appliedCredits"].as_array().unwrap().iter().map(|credit| &credit["type"]).collect();
    assert_eq!(kinds, ["PROMOTIONAL", "FREE", "PAID"], "not in the order of the request");
    assert_eq!(bill["appliedAdjustments"].as_array().unwrap().len(), 3);

    // Again: the same, and nothing twice. It is also there under the path of its other back end.
    let again = old.done(Method::POST, "api/billing/admin/calculate", &web, form.clone()).await;
    for name in ["subtotal", "adjustmentTotal", "creditApplied", "totalAmount", "paymentGroupId"] {
        assert_eq!(again[name], bill[name], "{name}");
    }
    let path = format!("billing/payments/{month}/statements");
    let shown = old.get(&path, &[("uuid", "test-uuid-e2e-001")]).await;
    assert_eq!(shown["statements"][0]["totalAmount"], json!(76_968), "every view shows it");
    let balance = old.get("billing/credits/balance", &[("uuid", "test-uuid-e2e-001")]).await;
    assert_eq!(balance["totalBalance"], json!(0), "16,000 granted, 16,000 used");

    // It pays what it shows, under the name of its billing group.
    let pay = json!({"amount": bill["totalAmount"], "paymentGroupId": "bg-kr-e2e"});
    let paid = old.done(Method::POST, &format!("api/billing/payments/{month}"), &web, pay).await;
    assert!(paid["paymentId"].is_string() && paid["transactionDate"].is_string());
    assert_eq!((&paid["status"], &paid["amount"]), (&json!("COMPLETED"), &json!(76_968)));
    let (status, _) = old.request(Method::POST, "billing/admin/calculate", &web, form).await;
    assert_eq!(status, 409, "a paid month stays as it is");
}

/// The load scripts, which meter for the present month without a time, would count errors.
#[tokio::test]
async fn the_load_scripts_find_what_they_check() {
    let old = Old::start().await;
    let headers = [("accept", JSON_UTF8), ("content-type", JSON), ("uuid", "TEST_K6_TEST_1732290000000_1_1")];
    let meters: Vec<Value> = (0..50)
        .map(|index| {
            json!({"counterName": "compute.c2.c8m8", "counterType": "DELTA", "counterUnit": "HOURS",
                "counterVolume": 10 * index, "resourceId": format!("resource-{index}"),
                "projectId": "test-project", "serviceName": "compute"})
        })
        .collect();
    let sent = old.done(Method::POST, "billing/meters", &headers, json!({"meterList": meters})).await;
    assert_eq!(
        (sent["meterIds"].as_array().unwrap().len(), &sent["message"]),
        (50, &json!("Created 50 meters"))
    );
    let path = format!("billing/payments/{}/statements", this_month());
    assert!(old.get(&path, &headers).await["statements"].is_array());
    let body = json!({"month": this_month(), "jobCode": "API_CALCULATE_USAGE_AND_PRICE"});
    let (status, job) = old.request(Method::POST, "batch/jobs", &[("content-type", JSON)], body).await;
    assert_eq!((status, &job["maxProgress"]), (201, &json!(100)), "without a tenant");
    // The batch manager: flags as text, and a day that no February has.
    let headers = [("accept", JSON), ("lang", "ko")];
    let body = json!({"is_async": "true", "batchJobCode": "BATCH_GENERATE_STATEMENT", "date": "2024-02-31T00:00:00+09:00"});
    assert!(old.done(Method::POST, "billing/admin/batches", &headers, body).await["batchId"].is_string());
    // An address with a slash at its end makes a path with two; it is no route, and that is said in JSON.
    let (status, _) = old.request(Method::GET, "/billing/contracts", &[], Value::Null).await;
    assert_eq!(status, 404);
}

/// The clients' ways to write the same thing would be refused.
#[tokio::test]
async fn what_clients_send_in_good_faith_is_accepted() {
    let old = Old::start().await;
    let uuid = ("uuid", "t");
    // Times with and without an offset, fractions of a second, nulls, empty texts, fields that nobody knows.
    for time in [
        "2024-01-01T13:00:00",
        "2024-01-01T13:00:00.123456",
        "2024-01-01T13:00:00+0900",
        "2024-01-01T04:00:00Z",
        "2024-01-01T13:00:00.000+09:00",
    ] {
        let mut body = meter("app-1", "compute.c2.c8m8", "HOURS", "1", "2024-01");
        body["timestamp"] = json!(time);
        body["serviceName"] = json!("compute");
        body["parentResourceId"] = Value::Null;
        body["projectId"] = Value::Null;
        body["counterUnit"] = json!("");
        old.done(Method::POST, "billing/meters", &[uuid], json!({"meterList": [body], "trailing": true}))
            .await;
    }
    for volume in [json!(1), json!(1.5), json!("1"), json!("1.50"), json!("0"), json!("1e2"), json!(1e2)] {
        let body = json!({"counterName": "compute.c2.c8m8", "counterVolume": volume, "timestamp": "2024-01-01T13:00:00", "uuid": null, "meterList": null});
        let (status, answer) = old.request(Method::POST, "billing/meters", &[uuid], body).await;
        assert_eq!(status, 200, "{volume}: {answer}");
    }
    // Bodies that nobody reads may be missing, or be anything.
    for (method, path) in [
        (Method::POST, "billing/admin/batch"),
        (Method::PUT, "billing/console/payment/PG-t-202401"),
        (Method::DELETE, "billing/admin/contracts"),
        (Method::DELETE, "billing/credits/cancel"),
    ] {
        let url = format!("{}/{path}", old.base);
        let request = old.http.request(method, url).header("uuid", "t").header("content-type", "text/plain");
        let (status, answer) = published::send(request.body("not JSON")).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    // JSON by any of its names.
    for content_type in [
        "application/json",
        JSON_UTF8,
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/problem+json",
    ] {
        let body = json!({"month": "2024-02"});
        old.done(Method::POST, "billing/admin/calculations", &[("content-type", content_type), uuid], body)
            .await;
    }
    // Without a tenant everywhere but here: the tenant is `default`.
    let (status, _) = old.request(Method::GET, "billing/payments/2024-01/statements", &[], Value::Null).await;
    assert_eq!(status, 401);
    old.get("billing/credits/balance", &[]).await;
    old.get("billing/contracts?billingGroupId=", &[]).await;
    old.get("billing/admin/projects/adjustments?projectId=&month=", &[]).await;
}
