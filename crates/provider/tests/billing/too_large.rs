use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, reading, wrong_fields};

/// A reading of so much that ten of them are more than a bill may be.
fn enormous(month: u32) -> Value {
    let mut reading = reading("storage.volume.ssd", "9000000");
    reading["counterUnit"] = json!("TB");
    reading["timestamp"] = json!(format!("2025-{month:02}-05T13:00:00+09:00"));
    reading
}

/// One volume with a typing error would make every view of the month unreadable, and the lists of all months with it.
#[tokio::test]
async fn readings_that_no_bill_can_hold_are_refused_and_none_is_stored() {
    let api = Api::start().await;
    api.meter("t", "storage.volume.ssd", "1").await;
    let before = api.everything("t").await;
    let list = json!({"meterList": vec![enormous(1); 12]});
    let (status, refusal) = api.post("t", "/billing/meters", list).await;
    assert_eq!((status, wrong_fields(&refusal).len()), (422, 12), "{refusal}");
    assert_eq!(wrong_fields(&refusal)[11], "meterList[11].counterVolume");
    assert!(
        refusal["details"][0]["message"].as_str().unwrap().starts_with("the bill of 2025-01 comes to "),
        "{refusal}"
    );
    assert_eq!(api.everything("t").await, before);

    // What a bill can hold is stored, and more of it later is not.
    api.done("t", Method::POST, "/billing/meters", json!({"meterList": vec![enormous(1); 8]})).await;
    assert_eq!(api.calculate("t", "2025-01").await.0, 200);
    let before = api.everything("t").await;
    let list = json!({"meterList": vec![enormous(1); 4]});
    assert_eq!(api.post("t", "/billing/meters", list).await.0, 422);
    let list = json!({"meterList": vec![enormous(2); 2]});
    let (status, refusal) = api.post("t", "/billing/meters", list).await;
    let wrong = vec!["meterList[0].counterVolume", "meterList[1].counterVolume"];
    assert_eq!((status, wrong_fields(&refusal)), (422, wrong), "January is owed as well");
    let usage = json!({"resource_id": "r", "counter_name": "storage.volume.ssd", "usage": 18_000_000, "unit": "TB",
        "timestamp": "2025-02-06T00:00:00Z"});
    let (status, refusal) = api.post("t", "/api/v1/metering", usage).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["usage"]));
    let contract = json!({"contractId": "C", "baseFee": 9_999_999_999_999_u64});
    let (status, refusal) = api.post("t", "/billing/contracts", contract).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["baseFee"]), "there is tax on it");
    let order = json!({"billingGroupId": "bg", "adjustment": 200, "adjustmentTypeCode": "RATE_SURCHARGE",
        "monthFrom": "2024-12", "monthTo": "2025-03"});
    let (status, refusal) = api.post("t", "/billing/admin/billing-groups/adjustments", order).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["adjustment"]));
    assert_eq!(api.everything("t").await, before);
}

/// A discount that is taken away, or months that are calculated in any order and left unpaid for years, would make every
/// view of the tenant unreadable.
#[tokio::test]
async fn nothing_makes_a_bill_too_large_afterwards() {
    let api = Api::start().await;
    let contract = json!({"contractId": "free", "discountRate": 1.0});
    api.done("t", Method::POST, "/billing/contracts", contract).await;
    let order = json!({"billingGroupId": "bg", "adjustment": 100, "adjustmentTypeCode": "RATE_DISCOUNT",
        "monthFrom": "2025-01", "monthTo": "2025-12"});
    let ordered = api.done("t", Method::POST, "/billing/admin/billing-groups/adjustments", order).await;
    let list = json!({"meterList": vec![enormous(1); 12]});
    assert_eq!(api.post("t", "/billing/meters", list).await.0, 422, "only a discount makes it small");
    let price =
        json!({"contractId": "cheap", "prices": [{"counterName": "storage.volume.ssd", "unitPrice": 0}]});
    api.done("t", Method::POST, "/billing/contracts", price).await;
    let list = json!({"meterList": vec![enormous(1); 12]});
    assert_eq!(api.post("t", "/billing/meters", list).await.0, 422, "only a contract makes it cheap");
    for month in (1..=9).rev() {
        api.done("t", Method::POST, "/billing/meters", enormous(month)).await;
    }
    for month in (1..=9).rev() {
        assert_eq!(api.calculate("t", &format!("2025-{month:02}")).await.0, 200);
    }
    let adjustment = ordered["adjustmentId"].as_str().unwrap();
    let adjustments = format!("/billing/admin/adjustments?adjustmentIds={adjustment}");
    for path in ["/billing/admin/contracts", &adjustments] {
        api.done("t", Method::DELETE, path, Value::Null).await;
    }
    let statement = api.statement("t", "2026-01").await;
    assert_eq!(statement["unpaidAmount"], json!(9_123_840_000_000_u64), "{statement}");
}

/// A user who takes back one reading would have no bill for the month any more.
#[tokio::test]
async fn readings_without_which_a_month_has_no_bill_stay() {
    let api = Api::start().await;
    // In the middle it may run backwards, as a counter that was reset does.
    let readings = json!({"meterList": [cumulative(5, "100"), cumulative(8, "130"), cumulative(9, "5"), cumulative(10, "140")]});
    api.done("t", Method::POST, "/billing/meters", readings).await;
    let before = api.everything("t").await;
    let last = "/billing/admin/meters?appKeys=app-1&from=2025-01-10&to=2025-01-10";
    let (status, refusal) = api.delete("t", last).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, Vec::<&str>::new()), "{refusal}");
    assert_eq!(api.everything("t").await, before);
    let both = "/billing/admin/meters?appKeys=app-1&from=2025-01-09&to=2025-01-10";
    assert_eq!(api.done("t", Method::DELETE, both, Value::Null).await["deletedCount"], 2);
    assert_eq!(api.statement("t", "2025-01").await["subtotal"], json!(3000), "130 less 100");
}

fn cumulative(day: u32, volume: &str) -> Value {
    let mut reading = reading("storage.volume.ssd", volume);
    reading["counterType"] = json!("CUMULATIVE");
    reading["timestamp"] = json!(format!("2025-01-{day:02}T13:00:00+09:00"));
    reading
}
