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
async fn tenant(api: &Api) -> Vec<Value> {
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
        ("/billing/console/statements?month=2025-01&uuid=a&uuid=b", 200), // the header names the tenant
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
        assert!(status == 200 || status == 409, "{refusal}");
        refused += u32::from(status == 409);
    }
    assert!((1..10).contains(&refused), "{refused}");
    api.everything("t").await;
}

/// Somebody would calculate with what is no usage, credit or adjustment, and pay a bill that nobody can explain.
#[tokio::test]
async fn a_calculation_with_wrong_parts_is_refused_whole() {
    let api = Api::start().await;
    let before = tenant(&api).await;
    let path = "/billing/admin/calculate";
    let usage = |volume: Value| json!([{"counterName": "compute.c2.c8m8", "counterVolume": volume}]);
    for (body, expected, fields) in [
        (json!({"usage": usage(json!(-1))}), 422, vec!["usage[0].counterVolume"]),
        (json!({"usage": usage(json!("NaN"))}), 422, vec!["usage[0].counterVolume"]),
        (json!({"usage": usage(json!(1e300))}), 422, vec!["usage[0].counterVolume"]),
        (json!({"usage": usage(Value::Null)}), 400, vec!["usage[0].counterVolume"]),
        (
            json!({"usage": [{"counterName": "toString", "counterVolume": 1}]}),
            422,
            vec!["usage[0].counterName"],
        ),
        (
            json!({"usage": [{"counterName": "compute.c2.c8m8", "counterVolume": 1, "uuid": "u"}]}),
            422,
            vec!["usage[0].uuid"],
        ),
        (json!({"usage": {}}), 400, vec!["usage"]),
        (json!({"credits": [{"amount": -50}]}), 422, vec!["credits[0].amount"]),
        (json!({"credits": [{"amount": 0.5}]}), 422, vec!["credits[0].amount"]),
        (
            json!({"credits": [{"amount": "5"}, {"amount": 1, "type": "GIFT"}]}),
            400,
            vec!["credits[0].amount", "credits[1].type"],
        ),
        (
            json!({"credits": [{"amount": 1, "expirationDate": "soon"}]}),
            422,
            vec!["credits[0].expirationDate"],
        ),
        (
            json!({"adjustments": [{"type": "DISCOUNT", "method": "RATE", "value": 101}]}),
            422,
            vec!["adjustments[0].value"],
        ),
        (
            json!({"adjustments": [{"type": "SURCHARGE", "method": "RATE", "value": 201}]}),
            422,
            vec!["adjustments[0].value"],
        ),
        (json!({"adjustments": [{"type": "DISCOUNT", "value": 99.5}]}), 422, vec!["adjustments[0].value"]),
        (json!({"adjustments": [{}]}), 400, vec!["adjustments[0].type", "adjustments[0].value"]),
        (
            json!({"adjustments": [{"type": "BOTH", "method": "SOME", "level": "ALL", "value": 1}]}),
            422,
            vec!["adjustments[0].level", "adjustments[0].method", "adjustments[0].type"],
        ),
        (
            json!({"unpaidAmount": -1, "month": "2025-13", "billingGroupId": 5}),
            400,
            vec!["billingGroupId", "month", "unpaidAmount"],
        ),
        (json!({"unpaidAmount": 0.5}), 422, vec!["unpaidAmount"]),
        (json!({"targetDate": "2025-02-30"}), 422, vec!["targetDate"]),
        (json!({"targetDate": 1_735_689_600}), 400, vec!["targetDate"]),
        (json!({"uuid": "u"}), 422, vec!["uuid"]),
        // What is wrong in different parts is told at once.
        (
            json!({
                "month": "2025-01", "usage": [{"counterName": "no", "counterVolume": 1}], "unpaidAmount": 0.5,
                "adjustments": [{"type": "DISCOUNT", "value": 0.5}], "credits": [{"amount": 0.5}]
            }),
            422,
            vec!["usage[0].counterName", "adjustments[0].value", "credits[0].amount", "unpaidAmount"],
        ),
    ] {
        let (status, refusal) = api.post("t", path, body.clone()).await;
        assert_eq!((status, wrong_fields(&refusal)), (expected, fields), "{body}: {refusal}");
    }
    assert_eq!(api.everything("t").await, before);
}

/// One of several payments would be made although another one is refused, or one be made twice.
#[tokio::test]
async fn payments_by_name_are_made_all_or_none() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "100").await;
    api.calculate("t", "2025-01").await;
    api.calculate("t", "2025-02").await;
    let before = api.everything("t").await;
    let group = "PG-t-202501";
    for (path, body, expected, fields) in [
        (
            "/billing/payment",
            json!({"paymentGroupId": "PG-u-202501", "amount": 1}),
            404,
            vec!["paymentGroupId"],
        ),
        (
            "/billing/payment",
            json!({"paymentGroupId": "../../etc", "amount": 1}),
            404,
            vec!["paymentGroupId"],
        ),
        ("/billing/payment", json!({"paymentGroupId": group, "amount": 0}), 422, vec!["amount"]),
        (
            "/billing/payment",
            json!({"paymentGroupId": group, "amount": -5, "paymentMethod": 5}),
            400,
            vec!["amount", "paymentMethod"],
        ),
        ("/billing/payment", json!({"paymentGroupId": group, "amount": 43_671}), 422, vec!["amount"]),
        ("/billing/payment", json!({}), 400, vec!["amount", "paymentGroupId"]),
        ("/billing/payment/batch", json!({}), 400, vec!["requests"]),
        ("/billing/payment/batch", json!({"requests": []}), 422, vec!["requests"]),
        ("/billing/payment/batch", json!({"requests": [{}]}), 400, vec!["requests[0].paymentGroupId"]),
        (
            "/billing/payment/batch",
            json!({"requests": [{"paymentGroupId": group}], "paymentIds": [group]}),
            422,
            vec!["paymentIds", "requests"],
        ),
        (
            "/billing/payment/batch",
            json!({"requests": [{"paymentGroupId": group}], "action": "cancel"}),
            422,
            vec!["action"],
        ),
        ("/billing/payment/batch", json!({"paymentIds": [group], "action": "destroy"}), 422, vec!["action"]),
        ("/billing/payment/batch", json!({"paymentIds": [5]}), 400, vec!["paymentIds[0]"]),
        ("/billing/payment/batch", json!({"paymentIds": vec![group; 101]}), 422, vec!["paymentIds"]),
        // The first could be paid; the others could not.
        (
            "/billing/payment/batch",
            json!({"requests": [{"month": "2025-01"}, {"paymentGroupId": "PG-u-202501"}, {"month": "2025-01"}]}),
            409,
            vec!["requests[1]", "requests[2]"],
        ),
        (
            "/billing/payment/batch",
            json!({"paymentIds": [group, "a/b"], "action": "retry"}),
            409,
            vec!["paymentIds[0]", "paymentIds[1]"],
        ),
        ("/batch/jobs", json!({"jobCode": "DROP TABLE", "month": "2025-01"}), 422, vec!["jobCode"]),
        ("/batch/jobs", json!({"month": "2025-13", "jobCode": 1}), 400, vec!["jobCode", "month"]),
    ] {
        let (status, refusal) = api.post("t", path, body.clone()).await;
        assert_eq!((status, wrong_fields(&refusal)), (expected, fields), "{path} {body}: {refusal}");
    }
    for path in [
        "/billing/console/payment/statements/a%2Fb",
        "/billing/console/billing-info/%FF",
        "/batch/jobs/..%2F/status",
    ] {
        assert_eq!(api.get("t", path).await.0, 404, "{path}");
    }
    assert_eq!(api.get("t", "/billing/console/billing-info/bg?month=2025").await.0, 422);
    assert_eq!(api.everything("t").await, before);
}

/// A defect of a client would be stored as usage, or move a payment where it cannot go.
#[tokio::test]
async fn the_resources_of_v1_refuse_what_is_none() {
    let api = Api::start().await;
    let before = tenant(&api).await;
    for (method, path, body, expected, fields) in [
        ("POST", "/api/v1/metering", json!({}), 400, vec!["resource_id", "usage"]),
        (
            "POST",
            "/api/v1/metering",
            json!({"resource_id": "", "usage": -1}),
            422,
            vec!["resource_id", "usage"],
        ),
        ("POST", "/api/v1/metering", json!({"resource_id": "r", "usage": 1e300}), 422, vec!["usage"]),
        ("POST", "/api/v1/metering", json!({"resource_id": "r", "usage": "abc"}), 422, vec!["usage"]),
        (
            "POST",
            "/api/v1/metering",
            json!({"resource_id": "r", "usage": 1, "resource_type": "magic"}),
            422,
            vec!["resource_type"],
        ),
        (
            "POST",
            "/api/v1/metering",
            json!({"resource_id": "r", "usage": 1, "counter_name": "magic"}),
            422,
            vec!["counter_name"],
        ),
        (
            "POST",
            "/api/v1/metering",
            json!({"resource_id": "r", "usage": 1, "unit": "furlongs"}),
            422,
            vec!["unit"],
        ),
        (
            "POST",
            "/api/v1/metering",
            json!({"resource_id": "r", "usage": 1, "timestamp": "now"}),
            422,
            vec!["timestamp"],
        ),
        ("POST", "/api/v1/batch/jobs", json!({"type": "EVERYTHING"}), 422, vec!["type"]),
        ("POST", "/api/v1/batch/jobs", json!({"job_type": "EVERYTHING"}), 422, vec!["job_type"]),
        (
            "POST",
            "/api/v1/batch/jobs",
            json!({"parameters": {"month": "2025-13"}}),
            422,
            vec!["parameters.month"],
        ),
        ("POST", "/api/v1/batch/jobs", json!({"parameters": {"month": 1}}), 422, vec!["parameters.month"]),
        ("POST", "/api/v1/batch/jobs", json!({"parameters": [1]}), 400, vec!["parameters"]),
        (
            "POST",
            "/api/v1/batch/jobs",
            json!({"parameters": {"x": "y".repeat(5000)}}),
            422,
            vec!["parameters"],
        ),
        ("PATCH", "/api/v1/payments/PAY_0", json!({"status": "PROCESSING"}), 404, vec![]),
        ("PATCH", "/api/v1/payments/a%2Fb", json!({"status": "PROCESSING"}), 404, vec![]),
        ("PATCH", "/api/v1/payments/PAY_0", json!({}), 400, vec!["status"]),
        (
            "PATCH",
            "/api/v1/payments/PAY_0",
            json!({"status": "DONE", "completed_at": "x"}),
            422,
            vec!["status"],
        ),
    ] {
        let (status, refusal) = api.call("t", method.parse().unwrap(), path, Some(&body)).await;
        assert_eq!((status, wrong_fields(&refusal)), (expected, fields), "{path} {body}: {refusal}");
    }
    for path in [
        "/api/v1/metering?month=2025-13",
        "/api/v1/metering?project_id=a&project_id=b",
        "/api/v1/payments/statements?month=x",
        "/api/v1/batch/jobs?page=0",
    ] {
        assert_eq!(api.get("t", path).await.0, 422, "{path}");
    }
    let months = api.get("t", "/billing/admin/payments").await.1;
    let id = months["payments"][0]["paymentId"].as_str().unwrap();
    let path = format!("/api/v1/payments/{id}");
    for (tenant, status, expected) in
        [("u", "PROCESSING", 404), ("t", "COMPLETED", 409), ("t", "PARTIALLY_PAID", 422)]
    {
        let body = json!({"status": status});
        assert_eq!(
            api.call(tenant, Method::PATCH, &path, Some(&body)).await.0,
            expected,
            "{tenant} {status}"
        );
    }
    assert_eq!(api.everything("t").await, before);
}
