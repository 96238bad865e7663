use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, reading};

/// A client would be generated without a route, or learn of a refusal only by getting it.
#[tokio::test]
async fn the_document_describes_every_route_with_its_refusals() {
    let api = Api::start().await;
    let document: Value = reqwest::Client::get(&api.http, format!("{}/openapi.json", api.url))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in
            methods.as_object().unwrap().iter().filter(|_| path.starts_with("/billing"))
        {
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("200") && responses.len() > 1, "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            for (status, response) in responses.iter().filter(|(status, _)| *status != "200") {
                let schema = &response["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Failure", "{method} {path} {status}");
            }
            let body = matches!(method.as_str(), "post" | "put");
            assert!(!body || responses.contains_key("409"), "{method} {path}");
            operations.push(format!("{method} {path}"));
        }
    }
    operations.sort();
    let mut unique: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let count = unique.len();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), count, "operation ids are unique");
    are_the_routes(&operations);
    let limits = &document["components"]["schemas"]["MeterBatch"]["properties"]["meterList"];
    assert_eq!((&limits["minItems"], &limits["maxItems"]), (&json!(1), &json!(1000)), "limits are published");
}

/// The routes, written out: one that disappears is noticed.
fn are_the_routes(operations: &[String]) {
    let expected: Vec<&str> = include_str!("routes.txt").lines().collect();
    assert_eq!(operations, expected);
}

/// A generated client would not be able to read an answer.
#[tokio::test]
async fn answers_are_what_the_document_says() {
    let api = Api::start().await;
    let (_, document) = crate::api::answer(api.request(Method::GET, "/openapi.json")).await;
    let call = async |method: Method, template: &str, path: &str, body: Value| {
        let sent = Some(&body).filter(|body| !body.is_null());
        let (status, answer) = api.call("t", method.clone(), path, sent).await;
        let operation = &document["paths"][template][method.as_str().to_lowercase()];
        let response = &operation["responses"][status.to_string()];
        let mut schema = response["content"]["application/json"]["schema"].clone();
        assert!(schema.is_object(), "{method} {template} does not describe {status}: {answer}");
        schema["components"] = document["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{method} {template} {status}: {errors:?} in {answer}");
        answer
    };
    let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
    let list =
        json!({"meterList": [reading("compute.c2.c8m8", "100"), reading("storage.volume.ssd", "0.29")]});
    let meters = "/billing/meters";
    call(post.clone(), meters, meters, list).await;
    let single = call(post.clone(), meters, meters, reading("network.floating_ip", "1")).await;
    let meter = format!("{meters}/{}", single["meterId"].as_str().unwrap());
    call(get.clone(), "/billing/meters/{meter_id}", &meter, Value::Null).await;
    call(get.clone(), "/billing/meters/{meter_id}", "/billing/meters/no", Value::Null).await;
    call(post.clone(), meters, meters, reading("unknown", "1")).await;
    call(post.clone(), meters, meters, json!({})).await;

    let group = "/billing/admin/billing-groups/{billing_group_id}";
    let contract = json!({"contractId": "C1", "discountRate": 0.1, "monthTo": "2025-01"});
    call(put.clone(), group, "/billing/admin/billing-groups/bg", contract).await;
    let prices = "/billing/admin/contracts/{contract_id}/products/prices";
    let path = "/billing/admin/contracts/C1/products/prices?counterName=compute.c2.c8m8";
    call(get.clone(), prices, path, Value::Null).await;
    call(get.clone(), "/billing/contracts/{contract_id}", "/billing/contracts/C1", Value::Null).await;
    call(post.clone(), "/billing/coupons/{coupon_code}", "/billing/coupons/CAMPAIGN-001", Value::Null).await;
    call(post.clone(), "/billing/coupons/{coupon_code}", "/billing/coupons/CAMPAIGN-001", Value::Null).await;
    let credits = "/billing/admin/campaign/{campaign_id}/credits";
    let credit = json!({"credit": 5, "creditType": "PROMOTIONAL"});
    call(post.clone(), credits, "/billing/admin/campaign/C/credits", credit).await;
    for (kind, target) in [("projects", "projectId"), ("billing-groups", "billingGroupId")] {
        let path = format!("/billing/admin/{kind}/adjustments");
        let order = json!({target: "p1", "adjustment": 5, "adjustmentTypeCode": "RATE_DISCOUNT", "monthFrom": "2025-01"});
        call(post.clone(), &path, &path, order).await;
        call(get.clone(), &path, &path, Value::Null).await;
    }
    let month = json!({"month": "2025-01"});
    call(post.clone(), "/billing/admin/calculations", "/billing/admin/calculations", month).await;
    let job = json!({"batchJobCode": "BATCH_CREDIT_EXPIRY", "date": "2025-01-01"});
    call(post.clone(), "/billing/admin/batches", "/billing/admin/batches", job).await;
    let views = async || {
        for path in [
            "/billing/v5.0/bills/detail?month=2025-01",
            "/billing/console/statements?month=2025-01",
            "/billing/admin/statements?month=2025-01",
            "/billing/unpaid?month=2025-12",
            "/billing/admin/payments",
            "/billing/payment/history",
            "/billing/console/payments?month=2025-01",
            "/billing/credits/balance",
            "/billing/credits/history",
            "/billing/credits/history?creditType=FREE",
            "/billing/credits/remaining",
            "/billing/v5.0/credits",
            "/billing/contracts",
            "/billing/admin/adjustments",
            "/billing/admin/progress?month=2025-01",
            "/billing/admin/batch/progress",
        ] {
            call(Method::GET, path.split('?').next().unwrap(), path, Value::Null).await;
        }
        let statements = "/billing/payments/{month}/statements";
        call(Method::GET, statements, "/billing/payments/2025-01/statements", Value::Null).await;
        call(Method::GET, statements, "/billing/payments/2025/statements", Value::Null).await;
    };
    views().await;
    let pay = "/billing/payments/{month}";
    let paid = call(post.clone(), pay, "/billing/payments/2025-01", json!({"paymentMethod": "CARD"})).await;
    call(post.clone(), pay, "/billing/payments/2025-01", json!({})).await;
    views().await;
    let refund = json!({"paymentId": paid["paymentId"], "amount": 1});
    call(post.clone(), "/billing/refund", "/billing/refund", refund.clone()).await;
    call(post, "/billing/refund", "/billing/refund", refund).await;
    let id = format!("/billing/payment/{}", paid["paymentId"].as_str().unwrap());
    call(get, "/billing/payment/{id}", &id, Value::Null).await;
    call(delete.clone(), "/billing/payment/{id}", &id, Value::Null).await;
    let cancel = "/billing/admin/credits/{campaign_id}/cancel";
    call(delete.clone(), cancel, "/billing/admin/credits/C/cancel", Value::Null).await;
    call(delete.clone(), "/billing/admin/contracts", "/billing/admin/contracts", Value::Null).await;
    call(delete, "/billing/admin/meters", "/billing/admin/meters?appKeys=app-1", Value::Null).await;
}
