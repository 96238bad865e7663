use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, wrong_fields};
use crate::hostile::tenant;

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
        (
            json!({"usage": [{"counterName": "no", "counterType": "CUMULATIVE", "counterVolume": 1}]}),
            422,
            vec!["usage[0].counterName"],
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
        (
            json!({"targetDate": "soon", "credits": [{"amount": 0.5}]}),
            422,
            vec!["targetDate", "credits[0].amount"],
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
            vec!["completed_at", "status"],
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
        [("u", "PROCESSING", 404), ("t", "COMPLETED", 409), ("t", "PARTIALLY_PAID", 409)]
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
