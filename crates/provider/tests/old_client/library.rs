use chrono::Utc;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{JSON, JSON_UTF8, Old, meter};

/// A suite of the library's managers could not be pointed at this provider: meters, a contract, adjustments, calculation,
/// payment, and everything deleted again.
#[tokio::test]
async fn a_run_of_the_managers_goes_through() {
    let old = Old::start().await;
    let uuid = ("uuid", "kr-uuid-1");
    let month = "2024-01";
    // Metering: one post a meter, the tenant in the header of the session.
    for (counter, unit, volume) in [
        ("compute.c2.c8m8", "HOURS", "100"),
        ("compute.g2.t4.c8m64", "HOURS", "10.5"),
        ("storage.volume.ssd", "GB", "0.29"),
        ("network.floating_ip", "hours", "1.5"),
    ] {
        let body = json!({"meterList": [meter("app-1", counter, unit, volume, month)]});
        let sent = old.done(Method::POST, "billing/meters", &[uuid], body).await;
        assert_eq!(sent["meterIds"].as_array().unwrap().len(), 1);
        let id = sent["meterIds"][0].as_str().unwrap();
        let found = &old.get(&format!("billing/meters/{id}"), &[uuid]).await["meter"];
        assert_eq!((&found["id"], &found["uuid"]), (&json!(id), &json!("kr-uuid-1")));
    }
    // Contract.
    let json_headers = [("accept", JSON), ("content-type", JSON), uuid];
    let contract = json!({"contractId": "C-kr-1", "defaultYn": "Y", "monthFrom": month, "name": "billing group default"});
    old.done(Method::PUT, "billing/admin/billing-groups/bg-kr-1", &json_headers, contract).await;
    let details = old.get("billing/admin/contracts/C-kr-1", &json_headers).await;
    assert_eq!(details["contract"]["baseFee"], json!(0));
    let price = "billing/admin/contracts/C-kr-1/products/prices?counterNames=compute.c2.c8m8";
    let prices = &old.get(price, &json_headers).await["prices"];
    assert_eq!((&prices["price"], &prices["originalPrice"]), (&json!(397), &json!(397)));
    // Adjustments: floats, nulls for what does not apply, and both ends of the month.
    let mut ids = Vec::new();
    for (path, group, project, code) in [
        ("billing/admin/projects/adjustments", Value::Null, json!("app-1"), "RATE_DISCOUNT"),
        ("billing/admin/billing-groups/adjustments", json!("bg-kr-1"), Value::Null, "FIXED_SURCHARGE"),
    ] {
        let body = json!({
            "adjustment": 10.0, "adjustmentTypeCode": code, "monthFrom": month, "monthTo": month,
            "descriptions": [{"locale": "ko_KR", "message": "QA billing automation test"}],
            "adjustmentId": null, "billingGroupId": group, "projectId": project
        });
        let made = old.done(Method::POST, path, &[uuid], body).await;
        let target = if project.is_null() { "billingGroupId=bg-kr-1" } else { "projectId=app-1" };
        let list = old.get(&format!("{path}?page=1&itemsPerPage=50&{target}"), &[uuid]).await;
        assert_eq!(list["adjustments"][0]["adjustmentId"], made["adjustmentId"]);
        ids.push((path, made["adjustmentId"].as_str().unwrap().to_owned()));
    }
    // Calculation, with the tenant in body and query.
    let body = json!({"includeUsage": true, "month": month, "uuid": "kr-uuid-1"});
    let job = old.done(Method::POST, "billing/admin/calculations", &[], body).await;
    assert!(job["batchJobCode"].is_string());
    let progress = old.get(&format!("billing/admin/progress?month={month}&uuid=kr-uuid-1"), &[]).await;
    assert_eq!(
        (&progress["status"], &progress["progress"], &progress["maxProgress"]),
        (&json!("COMPLETED"), &json!(100), &json!(100))
    );

    // 100 x 397 = 39,700; 10.5 x 166.67 = 1,750; 0.29 x 100 = 29; 1.5 x 25 = 38 (37.5). 10 % off 41,517 is 4,152; and 10 on top.
    let statement = old.get(&format!("billing/console/statements?uuid=kr-uuid-1&month={month}"), &[]).await;
    let line = &statement["statements"][0];
    assert_eq!(
        (&line["charge"], &line["vat"], &line["totalAmount"]),
        (&json!(37_375), &json!(3_738), &json!(41_113))
    );
    assert_eq!((&statement["totalPayments"], &line["paymentStatusCode"]), (&json!(41_113), &json!("READY")));
    let group = line["paymentGroupId"].as_str().unwrap();
    // Payment: by the plain client's routes, then seen by those of the payment client.
    let unpaid = format!("billing/payments/{month}/statements/unpaid");
    let owed = old.get(&unpaid, &[("lang", "kr"), uuid]).await;
    assert_eq!(owed["statements"][0]["totalAmount"], json!(41_113));
    let pay = format!("billing/payments/{month}");
    let paid = old.done(Method::POST, &pay, &[uuid], json!({"paymentGroupId": group})).await;
    assert_eq!(
        (&paid["status"], &paid["amount"], &paid["month"]),
        (&json!("COMPLETED"), &json!(41_113), &json!(month))
    );
    assert!(paid["paymentDate"].is_string() && paid["paymentId"].as_str().unwrap().starts_with("PAY"));
    assert_eq!(old.get(&unpaid, &[("lang", "kr"), uuid]).await["statements"], json!([]));
    let (status, again) = old.request(Method::POST, &pay, &[uuid], json!({"paymentGroupId": group})).await;
    assert_eq!((status, &again["header"]["isSuccessful"]), (409, &json!(false)), "paid once");
    let list = format!(
        "billing/admin/payments?page=1&itemsPerPage=10&monthFrom={month}&monthTo={month}&uuid=kr-uuid-1"
    );
    assert_eq!(old.get(&list, &[]).await["statements"][0]["paymentStatusCode"], "PAID");
    // Clean-up, as the library's fixtures do it.
    for (path, id) in ids {
        let deleted =
            old.done(Method::DELETE, &format!("{path}?adjustmentIds={id}"), &[uuid], Value::Null).await;
        assert_eq!(deleted["deletedCount"], 1);
    }
    let path = "billing/admin/billing-groups/bg-kr-1/contracts";
    assert_eq!(old.done(Method::DELETE, path, &json_headers, Value::Null).await["deletedCount"], 1);
    let path = format!("billing/admin/meters?appKey=app-1&from={month}-01&to={month}-31");
    assert_eq!(old.done(Method::DELETE, &path, &[uuid], Value::Null).await["deletedCount"], 4);
    let path = format!("billing/admin/resources?month={month}");
    old.done(Method::DELETE, &path, &[uuid], Value::Null).await;
}

/// A suite of the credit manager would see balances that are always zero.
#[tokio::test]
async fn credits_are_granted_read_and_cancelled_as_the_library_does() {
    let old = Old::start().await;
    let uuid = ("uuid", "credit-tenant");
    let utf8 = [("accept", JSON_UTF8), uuid];
    // A coupon is posted without a body, and without a content type.
    let coupon = old.done(Method::POST, "billing/coupons/CAMPAIGN-001", &utf8, Value::Null).await;
    assert_eq!((&coupon["amount"], &coupon["couponCode"]), (&json!(100_000), &json!("CAMPAIGN-001")));
    let today = Utc::now().date_naive();
    let body = json!({
        "credit": 1000, "creditName": "QA Billing Test Credit", "expirationDateFrom": today.to_string(),
        "expirationDateTo": (today + chrono::Days::new(360)).to_string(), "expirationPeriod": 12,
        "uuidList": ["credit-tenant"], "emailList": [], "creditType": "PAID"
    });
    let headers = [("accept", JSON_UTF8), ("content-type", JSON), uuid];
    old.done(Method::POST, "billing/admin/campaign/PAID-1732290000/credits", &headers, body).await;
    let simple = json!({"uuid": "credit-tenant", "amount": 500, "creditType": "PROMOTIONAL"});
    old.done(Method::POST, "billing/admin/campaign/CMP/credits", &[], simple).await;
    let give = json!({"uuid": "credit-tenant", "amount": 7});
    old.done(Method::POST, "billing/admin/campaign/CMP/give", &[], give).await;
    for (kind, sum) in [("FREE", 100_007), ("PAID", 1000), ("PROMOTIONAL", 500), ("REFUND", 0)] {
        let path =
            format!("billing/credits/history?uuid=credit-tenant&creditType={kind}&page=1&itemsPerPage=100");
        let history = old.get(&path, &[("accept", JSON_UTF8)]).await;
        let entries = history["creditHistories"].as_array().unwrap();
        assert_eq!(entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum::<i64>(), sum, "{kind}");
        assert!(entries.iter().all(|entry| entry["creditType"] == kind && entry["campaignId"].is_string()));
    }
    let balance = old.get("billing/credits/balance", &utf8).await;
    assert_eq!((&balance["totalBalance"], &balance["availableBalance"]), (&json!(101_507), &json!(101_507)));
    let remaining = old.get("billing/credits/remaining?uuid=credit-tenant", &[]).await;
    assert_eq!((&remaining["remainingCredits"], &remaining["usedCredit"]), (&json!(101_507), &json!(0)));
    let overview = old.get("billing/v5.0/credits", &utf8).await;
    assert_eq!(
        (&overview["restCredit"], &overview["stats"]["totalAmount"]),
        (&json!(101_507), &json!(101_507))
    );
    // Granted without a first day it pays for the present month, and for one that is long over.
    let metered = json!({"counterName": "compute.c2.c8m8", "counterVolume": 1});
    old.done(Method::POST, "billing/meters", &[uuid], metered).await;
    let before = json!({"meterList": [meter("app-1", "compute.c2.c8m8", "HOURS", "1", "2024-01")]});
    old.done(Method::POST, "billing/meters", &[uuid], before).await;
    let applied = async |month: &str| {
        let path = format!("billing/payments/{month}/statements");
        old.get(&path, &[uuid]).await["statements"][0]["creditApplied"].clone()
    };
    // In Korea the month may be a day ahead of this machine's.
    let present = old.get("billing/admin/batch/progress", &[uuid]).await;
    assert_eq!(present["list"], json!([]));
    let job = old.done(Method::POST, "billing/admin/batch", &[uuid], Value::Null).await;
    let job =
        old.get(&format!("billing/admin/batches/{}", job["batchJobCode"].as_str().unwrap()), &[uuid]).await;
    assert_eq!(applied(job["batch"]["month"].as_str().unwrap()).await, json!(397));
    assert_eq!(applied("2024-01").await, json!(397));

    let path = "billing/admin/credits/PAID-1732290000/cancel?reason=test";
    let cancelled = old.done(Method::DELETE, path, &[uuid], Value::Null).await;
    assert_eq!(
        (&cancelled["status"], &cancelled["campaignId"], &cancelled["reason"]),
        (&json!("CANCELLED"), &json!("PAID-1732290000"), &json!("test"))
    );
    old.done(Method::DELETE, "billing/admin/campaign/CMP/credits?reason=test", &headers, Value::Null).await;
    old.done(Method::POST, "billing/credits/cancel", &[], json!({"uuid": "credit-tenant"})).await;
    old.done(Method::DELETE, "billing/credits/cancel?uuid=credit-tenant", &[], Value::Null).await;
}
