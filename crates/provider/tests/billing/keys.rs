use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, answer, wrong_fields};

/// A tenant that is named in the body would get the answer to another one's request, and its own change would not happen.
#[tokio::test]
async fn a_key_belongs_to_the_tenant_whose_records_are_changed() {
    let api = Api::start().await;
    for (key, path) in [("1", "/billing/admin/batch?month=2025-01"), ("2", "/api/v1/batch/jobs")] {
        let send = async |header: Option<&str>, tenant: &str| {
            let request = api.request(Method::POST, path).header("Idempotency-Key", key);
            let request = header.into_iter().fold(request, |request, name| request.header("uuid", name));
            let response = request.json(&json!({"uuid": tenant})).send().await.unwrap();
            (response.headers().contains_key("idempotent-replayed"), response.json::<Value>().await.unwrap())
        };
        let (replayed, named_in_body) = send(None, "a").await;
        assert!(!replayed, "{path}");
        // Whoever names the same tenant elsewhere is that tenant, and nobody else is.
        assert_eq!(send(Some("a"), "a").await, (true, named_in_body.clone()), "{path}");
        let (replayed, other) = send(None, "b").await;
        assert!(!replayed && other != named_in_body, "{path}: {other}");
    }
    for tenant in ["a", "b"] {
        assert_eq!(
            api.get(tenant, "/billing/admin/batch/progress").await.1["totalItems"],
            json!(2),
            "{tenant}"
        );
    }
    assert_eq!(api.get("default", "/billing/admin/batch/progress").await.1["totalItems"], json!(0));
}

/// A user would be told that February was calculated, and it was January, a week ago.
#[tokio::test]
async fn a_key_stands_for_one_query_whoever_names_the_tenant() {
    let api = Api::start().await;
    let send = async |query: &str| {
        let request = api.request(Method::POST, &format!("/billing/admin/batch?{query}"));
        let request = if query.contains("uuid") { request } else { request.header("uuid", "t") };
        answer(request.header("Idempotency-Key", "k")).await
    };
    let first = send("month=2025-01").await;
    assert_eq!(first.0, 200);
    let (status, refusal) = send("month=2025-02").await;
    assert_eq!((status, wrong_fields(&refusal)), (422, Vec::<&str>::new()));
    assert_eq!(send("uuid=t&month=2025-01").await, first, "where the tenant is named is no matter");
    assert_eq!(send("month=2025-01&uuid=t").await, first);
}
