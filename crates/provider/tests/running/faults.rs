use std::time::{Duration, Instant};

use axum::body::to_bytes;
use axum::http::Request;
use billtest_provider::Options;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use crate::api::{Answer, Api, answer, call, router};

const BALANCE: &str = "/billing/credits/balance";

async fn order(api: &Api, fault: Value) -> Value {
    let ordered = api.post("/_billtest/faults", &fault).await;
    assert_eq!(ordered.status, 201, "{}", ordered.text);
    ordered.json()
}

async fn as_tenant(api: &Api, tenant: &str, path: &str) -> Answer {
    answer(api.request(Method::GET, path).header("uuid", tenant)).await
}

/// A user could not see what a client does when the provider fails, or would see it in another test as well.
#[tokio::test]
async fn an_error_comes_first_so_often_at_its_path_for_its_tenant_and_nowhere_else() {
    let api = Api::start(Options::default()).await;
    let fault = json!({
        "method": "GET", "path": "/billing/credits/{view}", "tenant": "a", "kind": "error", "status": 503, "times": 2
    });
    let ordered = order(&api, fault).await;
    for (tenant, path, status) in [
        ("b", BALANCE, 200),
        ("a", "/billing/contracts", 200),
        ("a", BALANCE, 503),
        ("a", "/billing/credits/history", 503),
        ("a", BALANCE, 200),
    ] {
        assert_eq!(as_tenant(&api, tenant, path).await.status, status, "{tenant} {path}");
    }
    let listed = api.get("/_billtest/faults").await.json();
    assert_eq!((&listed["faults"][0]["id"], &listed["faults"][0]["hits"]), (&ordered["id"], &json!(2)));

    order(&api, json!({"kind": "error", "status": 404, "path": "/api/v1/{*rest}"})).await;
    let failed = as_tenant(&api, "a", "/api/v1/credits/1").await;
    assert_eq!((failed.status, &failed.json()["error"]), (404, &json!("INJECTED_FAULT")));
    order(&api, json!({"kind": "error", "status": 500, "path": BALANCE})).await;
    let failed = as_tenant(&api, "a", BALANCE).await;
    assert_eq!((failed.status, &failed.json()["header"]["resultCode"]), (500, &json!(500)));
    assert!(failed.header("x-request-id").is_some());
}

/// A change that failed would have happened all the same, and a client that tries again would pay twice.
#[tokio::test]
async fn what_fails_by_order_does_nothing() {
    let api = Api::start(Options::default()).await;
    for fault in [json!({"kind": "error", "status": 500, "times": 1}), json!({"kind": "reset", "times": 1})] {
        api.put("/_billtest/faults", &json!({"faults": [fault]})).await;
        let request = api.request(Method::POST, "/billing/meters").header("uuid", "t");
        let failed = request.json(&crate::api::reading()).send().await;
        assert!(failed.is_err() || failed.is_ok_and(|answer| answer.status() == 500));
        assert_eq!(api.get("/health").await.json()["tenants"], 0);
    }
    assert_eq!(api.meter("t").await.status, 200);
}

/// A user could not see what a client does whose batch jobs fail.
#[tokio::test]
async fn batch_jobs_have_faults_like_every_other_route() {
    let api = Api::start(Options::default()).await;
    order(&api, json!({"kind": "error", "status": 503, "path": "/batch/{*rest}"})).await;
    for path in ["/batch/jobs", "/billing/admin/batch"] {
        let expected = if path == "/batch/jobs" { 503 } else { 200 };
        assert_eq!(api.post(path, &json!({})).await.status, expected, "{path}");
    }
}

/// A tenant that is named in the body would be hit by the fault of another one, or not by its own.
#[tokio::test]
async fn a_tenant_in_the_body_has_its_own_faults() {
    let api = Api::start(Options::default()).await;
    order(&api, json!({"kind": "error", "status": 503, "tenant": "default"})).await;
    order(&api, json!({"kind": "error", "status": 502, "tenant": "a"})).await;
    let grant = async |tenant: Option<&str>| {
        let body = json!({"uuid": tenant, "amount": 1, "creditType": "FREE"});
        let body: Value = body
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        api.post("/billing/admin/campaign/C/give", &body).await.status
    };
    assert_eq!(grant(Some("a")).await, 502);
    assert_eq!(grant(Some("b")).await, 200);
    assert_eq!(grant(None).await, 503);
    let body = json!({"uuid": "a", "customer_id": "x", "amount": 1, "currency": "USD", "type": "REFUND"});
    assert_eq!(api.post("/api/v1/credits", &body).await.status, 502, "the other family names it so as well");
}

/// A user could not see what a client does when the line breaks.
#[tokio::test]
async fn a_reset_connection_is_reset_without_a_byte() {
    let api = Api::start(Options::default()).await;
    order(&api, json!({"kind": "reset", "path": BALANCE})).await;
    let mut line = TcpStream::connect(api.url.trim_start_matches("http://")).await.unwrap();
    // The connection is good until the fault hits.
    let mut bytes = [0; 4096];
    line.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(line.read(&mut bytes).await.unwrap() > 0);
    line.write_all(format!("GET {BALANCE} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let error = line.read(&mut bytes).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(api.get("/health").await.status, 200, "others go on");

    // Without a socket the answer's body breaks off.
    let router = router(Options::default());
    let fault = json!({"kind": "reset"});
    assert_eq!(call(&router, "POST", "/_billtest/faults", "t", &fault).await.status, 201);
    let request = Request::get(BALANCE).body(axum::body::Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert!(to_bytes(response.into_body(), usize::MAX).await.is_err());
}

/// A user could not see what a client does when the provider is slow.
#[tokio::test(start_paused = true)]
async fn latencies_add_up_and_hold_up_nobody_else() {
    let router = router(Options::default());
    let faults = json!({"faults": [
        {"kind": "latency", "ms": 60_000, "tenant": "slow"},
        {"kind": "latency", "ms": 500, "tenant": "slow", "path": BALANCE},
    ]});
    assert_eq!(call(&router, "PUT", "/_billtest/faults", "t", &faults).await.status, 200);
    let time = async |tenant: &str, path: &str| {
        let begun = tokio::time::Instant::now();
        assert_eq!(call(&router, "GET", path, tenant, &Value::Null).await.status, 200);
        begun.elapsed()
    };
    assert_eq!(time("slow", BALANCE).await.as_millis() / 100, 605);
    assert_eq!(time("slow", "/billing/contracts").await.as_secs(), 60);
    assert_eq!(time("other", BALANCE).await, Duration::ZERO);
}

/// A user would be slowed in name only.
#[tokio::test]
async fn a_latency_is_real_time() {
    let api = Api::start(Options::default()).await;
    order(&api, json!({"kind": "latency", "ms": 120})).await;
    let begun = Instant::now();
    assert_eq!(as_tenant(&api, "t", BALANCE).await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(120));
}

/// A user would see a test fail once, and never again.
#[tokio::test]
async fn lots_with_a_seed_are_drawn_again() {
    let drawn = async |options: Options, fault: Value| {
        let router = router(options);
        assert_eq!(call(&router, "POST", "/_billtest/faults", "t", &fault).await.status, 201);
        let mut drawn = Vec::new();
        for _ in 0..200 {
            drawn.push(call(&router, "GET", BALANCE, "t", &Value::Null).await.status);
        }
        drawn
    };
    let fault = json!({"kind": "error", "status": 503, "probability": 0.3});
    let seeded = json!({"kind": "error", "status": 503, "probability": 0.3, "seed": 9});
    let first = drawn(Options::default(), seeded.clone()).await;
    assert_eq!(first, drawn(Options::default(), seeded).await);
    let hits = first.iter().filter(|status| **status == 503).count();
    assert!((30..=90).contains(&hits), "{hits} of 200");
    let options = || Options { seed: Some(5), ..Options::default() };
    assert_eq!(drawn(options(), fault.clone()).await, drawn(options(), fault.clone()).await);
    let never = json!({"kind": "error", "status": 503, "probability": 0});
    assert!(drawn(options(), never).await.iter().all(|status| *status == 200));
}

/// A user would wait for a fault that never comes, or could not get at the provider any more.
#[tokio::test]
async fn faults_are_validated_listed_and_taken_away_and_control_routes_have_none() {
    let api = Api::start(Options::default()).await;
    let kept = order(&api, json!({"kind": "error", "status": 503})).await;
    let wrong = api
        .put(
            "/_billtest/faults",
            &json!({"faults": [
                {"kind": "latency", "path": "billing", "tenant": "a b"},
                {"kind": "error", "status": 200, "times": 0},
                {"kind": "reset", "ms": 5, "colour": "red"},
            ]}),
        )
        .await;
    assert_eq!(wrong.status, 422);
    let fields = wrong.wrong_fields();
    for field in ["faults[0].tenant", "faults[1].status", "faults[1].times", "faults[2]"] {
        assert!(fields.contains(&field.to_owned()), "{field} in {fields:?}");
    }
    // What no schema can say comes when the shape is right.
    let wrong = api
        .put(
            "/_billtest/faults",
            &json!({"faults": [
                {"kind": "latency", "path": "billing"},
                {"kind": "error", "ms": 5, "method": "GET"},
                {"kind": "reset", "status": 500, "times": 1, "probability": 0.5},
                {"kind": "reset", "seed": 1, "path": "/a/{b"},
            ]}),
        )
        .await;
    let expected = [
        "faults[0].path",
        "faults[0].ms",
        "faults[1].ms",
        "faults[1].status",
        "faults[2].status",
        "faults[2].probability",
        "faults[3].path",
        "faults[3].seed",
    ];
    assert_eq!(wrong.wrong_fields(), expected, "{}", wrong.text);
    assert_eq!(
        api.post("/_billtest/faults", &json!({"status": 503})).await.status,
        400,
        "its kind is missing"
    );
    assert_eq!(api.get("/_billtest/faults").await.json()["faults"], json!([kept]), "nothing was changed");

    let all: Vec<Value> = (0..1001).map(|_| json!({"kind": "reset"})).collect();
    assert_eq!(api.put("/_billtest/faults", &json!({"faults": all})).await.status, 422);
    let one = order(&api, json!({"kind": "reset", "path": "/{*all}"})).await;
    assert_eq!(api.get("/health").await.status, 200);
    let path = format!("/_billtest/faults/{}", one["id"].as_str().unwrap());
    assert_eq!(answer(api.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(answer(api.request(Method::DELETE, &path)).await.status, 404);
    assert_eq!(as_tenant(&api, "t", BALANCE).await.status, 503);
    assert_eq!(answer(api.request(Method::DELETE, "/_billtest/faults")).await.status, 204);
    assert_eq!(as_tenant(&api, "t", BALANCE).await.status, 200);
}
