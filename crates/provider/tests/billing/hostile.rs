use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, answer, reading, wrong_fields};

/// Every route that takes a body.
const WITH_BODY: [(&str, &str); 26] = [
    ("POST", "/billing/meters"),
    ("POST", "/billing/admin/calculations"),
    ("POST", "/billing/payments/2025-01"),
    ("POST", "/billing/payment/make"),
    ("PUT", "/billing/admin/payments/2025-01/status"),
    ("PUT", "/billing/payment/PG-t-202501/status"),
    ("POST", "/billing/refund"),
    ("POST", "/billing/admin/campaign/C/give"),
    ("POST", "/billing/admin/campaign/C/credits"),
    ("POST", "/billing/credits/cancel"),
    ("POST", "/billing/contracts"),
    ("PUT", "/billing/admin/billing-groups/bg"),
    ("POST", "/billing/admin/projects/adjustments"),
    ("POST", "/billing/admin/billing-groups/adjustments"),
    ("POST", "/billing/meters?uuid=t"),
    ("POST", "/billing/payments/2025-12"),
    ("POST", "/billing/admin/batches"),
    ("POST", "/billing/admin/calculate"),
    ("POST", "/api/billing/admin/calculate"),
    ("POST", "/billing/payment"),
    ("POST", "/billing/payment/batch"),
    ("POST", "/batch/jobs"),
    ("POST", "/api/v1/metering"),
    ("POST", "/api/v1/batch/jobs"),
    ("PATCH", "/api/v1/payments/PAY_1"),
    ("POST", "/api/v1/credits"),
];

/// A tenant with something of everything, so that a change would be seen.
pub(crate) async fn tenant(api: &Api) -> Vec<Value> {
    api.meter("t", "compute.c2.c8m8", "100").await;
    api.grant("t", "FREE", 10).await;
    api.done("t", Method::POST, "/billing/contracts", json!({"contractId": "C1", "discountRate": 0.1})).await;
    api.calculate("t", "2025-01").await;
    api.everything("t").await
}

/// A client with a defect would get a 500 that says nothing, or change a bill by accident.
#[tokio::test]
async fn a_body_that_is_no_json_object_of_the_right_size_is_refused_everywhere() {
    let api = Api::start().await;
    let before = tenant(&api).await;
    let huge = format!(r#"{{"uuid": "{}"}}"#, "x".repeat(10 * 1024 * 1024));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (method, path) in WITH_BODY {
        for (content_type, body, expected) in [
            ("application/json", "", 400),
            ("application/json", "{\"a\":", 400),
            ("application/json", "null", 400),
            ("application/json", "[]", 400),
            ("application/json", "[1]", 400),
            ("application/json", "17", 400),
            ("application/json", "\"text\"", 400),
            ("application/json", "{\"amount\": NaN}", 400),
            ("application/json", deep.as_str(), 400),
            ("application/json", huge.as_str(), 413),
            ("text/plain", "{}", 415),
            ("application/x-www-form-urlencoded", "a=b", 415),
            ("", "{}", 415),
        ] {
            let request =
                api.request(method.parse().unwrap(), path).header("uuid", "t").body(body.to_owned());
            let request =
                if content_type.is_empty() { request } else { request.header("content-type", content_type) };
            let (status, refusal) = answer(request).await;
            assert_eq!(
                status,
                expected,
                "{method} {path} {content_type} {}: {refusal}",
                &body[..body.len().min(30)]
            );
        }
    }
    // Where a body says nothing but whose it is, it is still one that somebody has to read.
    for path in ["/billing/coupons/C", "/billing/admin/batch", "/billing/payment/PG-t-202501/retry"] {
        let request = api.request(Method::POST, path).header("uuid", "t").body(huge.clone());
        assert_eq!(answer(request).await.0, 413, "{path}");
    }
    assert_eq!(api.everything("t").await, before);
}

/// One wrong reading would make every bill of the month unreadable.
#[tokio::test]
async fn readings_that_are_no_usage_are_refused_with_their_field() {
    let api = Api::start().await;
    let before = tenant(&api).await;
    let with = |name: &str, value: Value| {
        let mut body = reading("compute.c2.c8m8", "1");
        body[name] = value;
        body
    };
    for (field, value, expected) in [
        ("counterVolume", json!(-1), 422),
        ("counterVolume", json!("-1"), 422),
        ("counterVolume", json!("abc"), 422),
        ("counterVolume", json!("NaN"), 422),
        ("counterVolume", json!("Infinity"), 422),
        ("counterVolume", json!("1e400"), 422),
        ("counterVolume", json!(""), 422),
        ("counterVolume", json!(1e308), 422),
        ("counterVolume", json!(1_000_000_001_u64), 422),
        ("counterVolume", json!("9999999999"), 422),
        ("counterVolume", json!(true), 400),
        ("counterVolume", Value::Null, 400),
        ("counterVolume", json!([1]), 400),
        ("counterName", json!("toString"), 422),
        ("counterName", json!("test.x"), 422),
        ("counterName", json!(""), 422),
        ("counterName", json!(5), 400),
        ("counterType", json!("SUM"), 422),
        ("counterType", json!("delta"), 422),
        ("counterUnit", json!("FURLONGS"), 422),
        ("timestamp", json!("yesterday"), 422),
        ("timestamp", json!("2025-02-30T00:00:00Z"), 422),
        ("timestamp", json!(1_735_689_600), 400),
        ("projectId", json!("x".repeat(101)), 422),
        ("uuid", json!("another"), 422),
        ("uuid", json!("a/b"), 422),
    ] {
        for listed in [false, true] {
            let body = with(field, value.clone());
            let (body, field) = if listed {
                (
                    json!({"meterList": [reading("compute.c2.c8m8", "1"), body]}),
                    format!("meterList[1].{field}"),
                )
            } else {
                (body, field.to_owned())
            };
            let (status, refusal) = api.post("t", "/billing/meters", body).await;
            assert_eq!(
                (status, wrong_fields(&refusal)),
                (expected, vec![field.as_str()]),
                "{value}: {refusal}"
            );
        }
    }
    for body in [json!({"meterList": []}), json!({"meterList": vec![reading("compute.c2.c8m8", "1"); 1001]})]
    {
        let (status, refusal) = api.post("t", "/billing/meters", body).await;
        assert_eq!((status, wrong_fields(&refusal)), (422, vec!["meterList"]));
    }
    for body in [json!({"meterList": [1]}), json!({"meterList": null}), json!({"meterList": {}}), json!({})] {
        assert_eq!(api.post("t", "/billing/meters", body).await.0, 400);
    }
    assert_eq!(api.everything("t").await, before);
}

/// Several mistakes in one request would cost several round trips.
#[tokio::test]
async fn every_wrong_field_is_listed_and_nothing_is_changed() {
    let api = Api::start().await;
    let before = tenant(&api).await;
    for (path, body, expected, fields) in [
        (
            "/billing/admin/campaign/C/credits",
            json!({"credit": -1, "creditType": "GIFT", "creditName": "x".repeat(201)}),
            422,
            vec!["credit", "creditName", "creditType"],
        ),
        ("/billing/admin/campaign/C/credits", json!({"credit": 1_000_001}), 422, vec!["credit"]),
        ("/billing/admin/campaign/C/credits", json!({"credit": 0.5}), 422, vec!["credit"]),
        ("/billing/admin/campaign/C/credits", json!({}), 400, vec!["credit"]),
        (
            "/billing/admin/campaign/C/credits",
            json!({"credit": 1, "uuidList": ["t", "t"]}),
            422,
            vec!["uuidList"],
        ),
        ("/billing/admin/campaign/C/give", json!({"amount": "100"}), 400, vec!["amount"]),
        ("/billing/admin/campaign/a.b/give", json!({"amount": 1}), 422, vec!["campaign_id"]),
        (
            "/billing/contracts",
            json!({"discountRate": 2.0, "monthFrom": "2025-13", "contractId": "a/b", "baseFee": -1}),
            422,
            vec!["baseFee", "contractId", "discountRate", "monthFrom"],
        ),
        ("/billing/contracts", json!({"monthFrom": "2025-02", "monthTo": "2025-01"}), 422, vec!["monthTo"]),
        (
            "/billing/admin/projects/adjustments",
            json!({"adjustment": -1, "adjustmentTypeCode": "FOO", "monthFrom": "nonsense", "descriptions": ["x"]}),
            400,
            vec!["adjustment", "adjustmentTypeCode", "descriptions[0]", "monthFrom"],
        ),
        (
            "/billing/admin/projects/adjustments",
            json!({"projectId": "p", "adjustment": 101, "adjustmentTypeCode": "RATE_DISCOUNT", "monthFrom": "2025-01"}),
            422,
            vec!["adjustment"],
        ),
        (
            "/billing/admin/projects/adjustments",
            json!({"projectId": "p", "adjustment": 0.5, "adjustmentTypeCode": "FIXED_DISCOUNT", "monthFrom": "2025-01"}),
            422,
            vec!["adjustment"],
        ),
        ("/billing/admin/calculations", json!({"month": "2025-1"}), 422, vec!["month"]),
        ("/billing/admin/calculations", json!({}), 400, vec!["month"]),
        (
            "/billing/payments/2025-01",
            json!({"amount": -1, "paymentGroupId": "a/b"}),
            422,
            vec!["amount", "paymentGroupId"],
        ),
        ("/billing/refund", json!({"amount": 0}), 400, vec!["amount", "paymentId"]),
    ] {
        let (status, refusal) = api.post("t", path, body.clone()).await;
        assert_eq!((status, wrong_fields(&refusal)), (expected, fields), "{path} {body}: {refusal}");
    }
    assert_eq!(api.everything("t").await, before);
}

/// A wrong month, page or id would be taken for another one, or end in an HTML page.
#[tokio::test]
async fn wrong_months_ids_and_queries_are_refused_in_the_familys_shape() {
    let api = Api::start().await;
    let before = tenant(&api).await;
    for month in [
        "2025-13",
        "2025-00",
        "2025-1",
        "25-01",
        "2025",
        "now",
        "2025-01-01",
        "..",
        "%2E%2E",
        "2025%2F01",
        "%FF",
        "10000-01",
    ] {
        let month = if month == ".." { "2025..01" } else { month };
        for (method, path) in [
            ("GET", format!("/billing/payments/{month}/statements")),
            ("GET", format!("/billing/payments/{month}/statements/unpaid")),
            ("DELETE", format!("/billing/admin/payments/{month}")),
        ] {
            let (status, refusal) =
                answer(api.request(method.parse().unwrap(), &path).header("uuid", "t")).await;
            // `%2E%2E` is resolved by the client, and leads to no route.
            assert!(
                status == 422 || (month == "%2E%2E" && (status == 404 || status == 405)),
                "{path}: {refusal}"
            );
        }
    }
    for (path, expected) in [
        ("/billing/v5.0/bills/detail", 400),
        ("/billing/v5.0/bills/detail?month=", 400),
        ("/billing/v5.0/bills/detail?month=2025-13", 422),
        ("/billing/v5.0/bills/detail?month=2025-01&month=2025-02", 422),
        ("/billing/console/statements?month=%FF", 422),
        ("/billing/console/statements?month=2025-01&uuid=t", 200), // the header names it as well
        ("/billing/console/statements?month=2025-01&uuid=t&uuid=t", 400),
        ("/billing/credits/history?creditType=GIFT", 422),
        ("/billing/credits/history?page=0", 422),
        ("/billing/credits/history?itemsPerPage=1001", 422),
        ("/billing/credits/history?page=18446744073709551616", 422),
        ("/billing/meters/..%2F..%2Fetc", 404),
        ("/billing/meters/a%2Fb.c", 404),
        ("/billing/meters/%FF", 404),
        ("/billing/contracts/a%2Fb", 404),
        ("/billing/contracts/%3Cscript%3E", 404),
        ("/billing/payment/PG-t-999999", 404),
        ("/billing/payment/PG-é-2025é1", 404),
        ("/billing/nowhere", 404),
        ("/api/billing/nowhere", 404),
        ("/batch/nowhere", 404),
        ("/billing", 404),
        ("/billing/", 404),
    ] {
        let (status, refusal) = api.get("t", path).await;
        assert_eq!(status, expected, "{path}: {refusal}");
    }
    for (method, path) in
        [("DELETE", "/billing/meters"), ("PATCH", "/billing/contracts"), ("GET", "/billing/refund")]
    {
        let (status, _) = answer(api.request(method.parse().unwrap(), path).header("uuid", "t")).await;
        assert_eq!(status, 405, "{method} {path}");
    }
    assert_eq!(api.everything("t").await, before);
}

/// Surcharges on surcharges would end in a number that no bill can show, and every view of the month would fail.
#[tokio::test]
async fn amounts_out_of_range_are_refused_when_they_arise() {
    let api = Api::start().await;
    api.meter("t", "compute.instance.large", "1000000000").await; // 650,000,000,000
    let order = json!({"billingGroupId": "bg", "adjustment": 200, "adjustmentTypeCode": "RATE_SURCHARGE", "monthFrom": "2025-01"});
    let mut refused = 0;
    for _ in 0..10 {
        let (status, refusal) =
            api.post("t", "/billing/admin/billing-groups/adjustments", order.clone()).await;
        assert!(status == 200 || (status, wrong_fields(&refusal)) == (422, vec!["adjustment"]), "{refusal}");
        refused += u32::from(status == 422);
    }
    assert!((1..10).contains(&refused), "{refused}");
    api.everything("t").await;
}
