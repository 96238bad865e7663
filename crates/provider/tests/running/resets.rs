use billtest_provider::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Answer, Api, answer};

const MONTH: &str = "2025-01";

async fn api() -> Api {
    Api::start(Options { now: Some("2025-01-15T00:00:00Z".parse().unwrap()), ..Options::default() }).await
}

async fn fill(api: &Api, tenant: &str) {
    assert_eq!(api.meter(tenant).await.status, 200);
    for (path, body) in [
        ("/billing/contracts", json!({"contractId": "C1", "uuid": tenant})),
        ("/billing/admin/campaign/C/credits", json!({"uuid": tenant, "amount": 5, "creditType": "FREE"})),
    ] {
        assert_eq!(api.post(path, &body).await.status, 200, "{path}");
    }
    let fault = json!({"kind": "error", "status": 503, "tenant": tenant, "path": "/billing/contracts/{id}"});
    assert_eq!(api.post("/_billtest/faults", &fault).await.status, 201);
}

/// What a tenant sees of itself, and what is ordered for it.
async fn seen(api: &Api, tenant: &str) -> Vec<(u16, Value)> {
    let mut seen = Vec::new();
    for path in [
        &format!("/billing/payments/{MONTH}/statements"),
        "/billing/contracts",
        "/billing/contracts/C1",
        "/billing/credits/history",
    ] {
        let found = answer(api.request(Method::GET, path).header("uuid", tenant)).await;
        seen.push((found.status, found.json()));
    }
    seen
}

/// A test suite would find the rubbish of the run before, whichever of its names it calls the reset by.
#[tokio::test]
async fn every_reset_leaves_nothing_of_the_tenant_and_all_of_the_others() {
    let api = api().await;
    let (fresh, fresh_other) = (seen(&api, "t").await, seen(&api, "other").await);
    fill(&api, "other").await;
    let others = seen(&api, "other").await;
    let post = |path: &str| api.request(Method::POST, path);
    let resets: [(&str, reqwest::RequestBuilder, u16); 5] = [
        ("control route", post("/_billtest/reset").header("uuid", "t"), 204),
        ("header", post("/test/reset").header("uuid", "t"), 200),
        ("query", post("/test/reset?uuid=t"), 200),
        ("body", post("/test/reset").json(&json!({"uuid": "t"})), 200),
        ("path", api.request(Method::DELETE, "/test/reset/t"), 200),
    ];
    for (name, request, status) in resets {
        fill(&api, "t").await;
        assert_ne!(seen(&api, "t").await, fresh);
        assert_eq!(answer(request).await.status, status, "{name}");
        assert_eq!(seen(&api, "t").await, fresh, "{name}");
        assert_eq!(seen(&api, "other").await, others, "{name}");
    }
    fill(&api, "t").await;
    assert_eq!(api.post("/_billtest/reset-all", &json!({})).await.status, 204);
    assert_eq!(seen(&api, "t").await, fresh);
    assert_eq!(seen(&api, "other").await, fresh_other);
    assert_eq!(api.get("/_billtest/faults").await.json(), json!({"faults": []}));
}

/// A client that forgets its tenant would reset somebody else's.
#[tokio::test]
async fn the_old_resets_want_a_tenant_and_answer_as_they_did() {
    let api = api().await;
    let header = |answer: &Answer| answer.json()["header"].clone();
    let done = answer(api.request(Method::POST, "/test/reset").header("uuid", "u1")).await;
    assert_eq!(done.json()["message"], "Reset data for UUID: u1");
    assert_eq!(header(&done)["resultMessage"], "SUCCESS");
    let done = answer(api.request(Method::DELETE, "/test/reset/u1")).await;
    assert_eq!(done.json()["message"], "Test data reset for UUID: u1");
    for request in [
        api.request(Method::POST, "/test/reset"),
        api.request(Method::POST, "/test/reset").json(&json!({"month": MONTH})),
        api.request(Method::POST, "/test/reset").header("uuid", "a b"),
        api.request(Method::DELETE, "/test/reset/a.b"),
    ] {
        let refused = answer(request).await;
        assert_eq!((refused.status, &header(&refused)["resultCode"]), (400, &json!(400)), "{}", refused.text);
    }
    let health = api.get("/health").await.json();
    assert_eq!((&health["header"]["resultCode"], &health["status"]), (&json!(0), &json!("healthy")));
    assert_eq!(health["timestamp"], "2025-01-15T00:00:00+00:00");
}
