use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, reading, wrong_fields};

/// A user would mend one field after another, with a new refusal for each.
#[tokio::test]
async fn everything_that_is_wrong_is_listed_at_once() {
    let api = Api::start().await;
    let timed = |at: &str| {
        let mut reading = reading("storage.volume.ssd", "1");
        reading["timestamp"] = json!(at);
        reading
    };
    let with = |field: &str, value: &str| {
        let mut reading = reading("compute.c2.c8m8", "1");
        reading[field] = json!(value);
        reading
    };
    let adjustment = |value: Value| {
        json!({"billingGroupId": "bg", "adjustmentTypeCode": "FIXED_SURCHARGE", "adjustment": value,
            "monthFrom": "2025-02", "monthTo": "2025-01"})
    };
    for (method, path, body, fields) in [
        (
            Method::GET,
            "/billing/admin/payments?monthFrom=x&monthTo=y&page=0&itemsPerPage=0",
            Value::Null,
            &["monthFrom", "monthTo", "page", "itemsPerPage"][..],
        ),
        (
            Method::POST,
            "/billing/meters",
            json!({"meterList": [timed("yesterday"), timed("2025-01-05T13:00:00"), timed("2025-02-30T00:00:00Z")]}),
            &["meterList[0].timestamp", "meterList[2].timestamp"],
        ),
        (
            Method::POST,
            "/billing/meters",
            json!({"meterList": [
                with("counterName", "compute.none"), with("counterUnit", "GB"), with("counterVolume", "-1")
            ]}),
            &["meterList[2].counterVolume", "meterList[0].counterName", "meterList[1].counterUnit"],
        ),
        (
            Method::POST,
            "/billing/meters",
            json!({"counterName": "compute.none", "counterType": "SUM", "counterVolume": "-1", "timestamp": "now"}),
            &["counterType", "counterVolume", "timestamp", "counterName"],
        ),
        (
            Method::POST,
            "/billing/meters",
            json!({"meterList": [
                {"counterName": "compute.c2.c8m8", "counterVolume": 0.300_000_000_000_000_04},
                with("counterVolume", "-1")
            ]}),
            &["meterList[1].counterVolume", "meterList[0].counterVolume"],
        ),
        (
            Method::POST,
            "/api/v1/metering",
            json!({"resource_id": "vm", "counter_name": "compute.none", "usage": -1}),
            &["usage", "counter_name"],
        ),
        (
            Method::PUT,
            "/billing/admin/payments/2025-13/status",
            json!({"paymentStatusCode": "GONE"}),
            &["month", "paymentStatusCode"],
        ),
        (Method::POST, "/billing/payments/2025-13", json!({"amount": -1}), &["month", "amount"]),
        (
            Method::POST,
            "/billing/admin/campaign/a.b/credits",
            json!({"credit": 0.5, "expirationDateFrom": "2025-02-01", "expirationDateTo": "2025-01-31"}),
            &["campaign_id", "credit", "expirationDateTo"],
        ),
        (
            Method::POST,
            "/billing/admin/campaign/a.b/give",
            json!({"amount": 0.5}),
            &["campaign_id", "amount"],
        ),
        (
            Method::POST,
            "/billing/contracts",
            json!({"baseFee": 0.5, "monthFrom": "2025-02", "monthTo": "2025-01"}),
            &["baseFee", "monthTo"],
        ),
        (
            Method::POST,
            "/billing/contracts",
            json!({"discountRate": 2, "monthFrom": "2025-02", "monthTo": "2025-01",
                "prices": [{"counterName": "none", "unitPrice": 1}]}),
            &["discountRate", "prices[0].counterName", "monthTo"],
        ),
        (
            Method::POST,
            "/billing/admin/projects/adjustments",
            json!({"adjustment": 101, "adjustmentTypeCode": "RATE_DISCOUNT", "monthFrom": "2024-02",
                "monthTo": "2024-01", "description": "x".repeat(10_000), "projectId": "p"}),
            &["description", "adjustment", "monthTo"],
        ),
        (
            Method::POST,
            "/billing/admin/campaign/a.b/credits",
            json!({"credit": 0.5, "creditType": "FOO", "expirationDateFrom": "x"}),
            &["creditType", "expirationDateFrom", "campaign_id", "credit"],
        ),
        (
            Method::POST,
            "/billing/admin/calculate",
            json!({"month": "2025-01", "unpaidAmount": -1, "targetDate": "zz",
                "usage": [{"counterName": "none", "counterVolume": 1}],
                "credits": [{"amount": 0.5}]}),
            &["unpaidAmount", "targetDate", "usage[0].counterName", "credits[0].amount"],
        ),
        (Method::POST, "/batch/jobs", json!({"jobCode": "FOO", "month": "x"}), &["month", "jobCode"]),
        (
            Method::PUT,
            "/billing/admin/billing-groups/bg",
            json!({"contracts": [{"contractId": "A", "baseFee": 0.5}, {"contractId": "B", "baseFee": 0.5}]}),
            &["contracts[0].baseFee", "contracts[1].baseFee"],
        ),
        (
            Method::POST,
            "/billing/admin/billing-groups/adjustments",
            adjustment(json!(0.5)),
            &["adjustment", "monthTo"],
        ),
    ] {
        let body = Some(&body).filter(|body| !body.is_null());
        let (status, refusal) = api.call("t", method.clone(), path, body).await;
        let (mut wrong, mut fields) = (wrong_fields(&refusal), fields.to_vec());
        wrong.sort_unstable();
        fields.sort_unstable();
        assert_eq!((status, wrong), (422, fields), "{method} {path}: {refusal}");
    }
    assert_eq!(api.get("t", "/billing/contracts").await.1["totalItems"], 0);
}

/// A user's second contract would take the place of the first, and nobody would know.
#[tokio::test]
async fn contracts_of_one_list_do_not_replace_each_other() {
    let api = Api::start().await;
    let path = "/billing/admin/billing-groups/bg";
    for (body, fields) in [
        (json!({"contracts": [{"name": "one"}, {"name": "two"}]}), &["contracts[1].contractId"][..]),
        (
            json!({"contracts": [{"contractId": "A"}, {"contractId": "B"}, {"contractId": "A"}]}),
            &["contracts[2].contractId"],
        ),
        (json!({"contracts": [], "contractId": "zz"}), &["contractId"]),
        (json!({"contracts": [{"contractId": "A"}], "contractId": "zz"}), &["contractId"]),
    ] {
        let (status, refusal) = api.put("t", path, body.clone()).await;
        assert_eq!((status, wrong_fields(&refusal)), (422, fields.to_vec()), "{body}: {refusal}");
    }
    assert_eq!(api.get("t", "/billing/contracts").await.1["totalItems"], 0, "all or none");
    let applied = api.put("t", path, json!({"contracts": [{"name": "one"}, {"contractId": "B"}]})).await;
    assert_eq!((applied.0, &applied.1["contractIds"]), (200, &json!(["contract_bg", "B"])));
}
