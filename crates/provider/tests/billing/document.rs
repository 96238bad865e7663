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
