use serde_json::{Value, json};

use crate::api::Api;

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
        let refusal = if path.starts_with("/api/v1") { "ApiError" } else { "Failure" };
        for (method, operation) in methods.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let done = |status: &str| status.starts_with('2');
            assert_eq!(responses.keys().filter(|status| done(status)).count(), 1, "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            for (status, response) in responses.iter().filter(|(status, _)| !done(status)) {
                let schema = &response["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(schema, &format!("#/components/schemas/{refusal}"), "{method} {path} {status}");
            }
            let described = |status: &str| responses.contains_key(status);
            assert!(described("400"), "{method} {path}: any request can name a tenant wrongly");
            let changes = matches!(method.as_str(), "post" | "put" | "patch");
            assert_eq!(described("413"), changes, "{method} {path}: a body can name a tenant");
            assert!(!changes || described("409"), "{method} {path}");
            let has_body = operation.get("requestBody").is_some();
            assert_eq!(described("415"), has_body, "{method} {path}");
            let named = operation["parameters"].as_array().unwrap().iter();
            assert_eq!(named.filter(|parameter| parameter["name"] == "uuid").count(), 1, "{method} {path}");
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

/// A client could not be generated from a document that points to nothing.
#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere() {
    let api = Api::start().await;
    let document = reqwest::Client::get(&api.http, format!("{}/openapi.json", api.url)).send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    let mut open = vec![&document];
    let mut followed = 0;
    while let Some(value) = open.pop() {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
            followed += 1;
        }
        open.extend(value.as_array().into_iter().flatten());
        open.extend(value.as_object().into_iter().flat_map(|members| members.values()));
    }
    assert!(followed > 100, "{followed}");
}

/// The routes, written out: one that disappears is noticed.
fn are_the_routes(operations: &[String]) {
    let expected: Vec<&str> = include_str!("routes.txt").lines().collect();
    assert_eq!(operations, expected);
}
