use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use billtest_provider::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, answer, call, router};

fn limited(per_second: u32) -> Options {
    Options { rate_limit: NonZeroU32::new(per_second), ..Options::default() }
}

/// A client that takes a new tenant for each request would never be limited, and its own tests would not see it.
#[tokio::test]
async fn naming_other_tenants_does_not_get_around_the_limit() {
    let api = Api::start(limited(5)).await;
    let begun = Instant::now();
    let mut answers = Vec::new();
    for number in 0..100 {
        let request = api.request(Method::GET, "/billing/credits/balance");
        answers.push(answer(request.header("uuid", format!("t-{number}"))).await);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let allowed = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(allowed >= 5 && allowed as f64 <= 5.0 + 5.0 * seconds + 1.0, "{allowed} in {seconds} s");
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(
        (refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")),
        (Some("5"), Some("0"))
    );
    let header = &refused.json()["header"];
    assert_eq!((&header["isSuccessful"], &header["resultCode"]), (&json!(false), &json!(429)));
    assert!(refused.header("x-request-id").is_some());
    let first = &answers[0];
    assert_eq!(
        (first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")),
        (Some("5"), Some("4"))
    );
    assert!(first.header("x-ratelimit-reset").unwrap().parse::<i64>().unwrap() > 1_700_000_000);
    assert_eq!(first.header("retry-after"), None);
}

/// A user of the other family could not read the refusal.
#[tokio::test]
async fn each_family_says_it_in_its_shape() {
    let router = router(limited(1));
    assert_eq!(call(&router, "GET", "/api/v1/credits/x", "t", &Value::Null).await.status, 404);
    let refused = call(&router, "GET", "/api/v1/credits/x", "t", &Value::Null).await;
    assert_eq!((refused.status, &refused.json()["error"]), (429, &json!("RATE_LIMIT_EXCEEDED")));
    assert_eq!(refused.json()["code"], 429);
    let document = call(&router, "GET", "/openapi.json", "t", &Value::Null).await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["responses"]["429"]["headers"]["Retry-After"].is_object(), "{method} {path}");
        }
    }
}

/// A client that runs batch jobs in a loop would never be slowed down.
#[tokio::test(start_paused = true)]
async fn every_route_of_the_api_counts_once_for_its_tenant() {
    for path in
        ["/billing/credits/balance", "/batch/jobs/x/status", "/api/v1/batch/jobs", "/api/billing/unpaid"]
    {
        let router = router(limited(1));
        let first = call(&router, "GET", path, "t", &Value::Null).await;
        assert_eq!(first.header("x-ratelimit-remaining"), Some("0"), "{path}");
        assert_eq!(call(&router, "GET", path, "t", &Value::Null).await.status, 429, "{path}");
    }
}

/// A user would be locked out for longer than the limit says, or not at all.
#[tokio::test(start_paused = true)]
async fn room_comes_back_with_time() {
    let router = router(limited(2));
    let ask = async || call(&router, "GET", "/billing/credits/balance", "t", &Value::Null).await.status;
    assert_eq!([ask().await, ask().await, ask().await], [200, 200, 429]);
    tokio::time::advance(Duration::from_millis(499)).await;
    assert_eq!(ask().await, 429);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!([ask().await, ask().await], [200, 429]);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(
        [ask().await, ask().await, ask().await],
        [200, 200, 429],
        "no more than a second's worth is saved up"
    );
}

/// A test suite could not set its states up, or see whether the provider lives, just when it is most needed.
#[tokio::test]
async fn control_routes_and_documents_are_never_limited() {
    let api = Api::start(limited(1)).await;
    for _ in 0..5 {
        for path in [
            "/health",
            "/_billtest/health",
            "/_billtest/clock",
            "/openapi.json",
            "/openapi.yaml",
            "/",
            "/docs/",
        ] {
            let found = api.get(path).await;
            assert_eq!((found.status, found.header("x-ratelimit-limit")), (200, None), "{path}");
        }
        assert_eq!(answer(api.request(Method::POST, "/test/reset").header("uuid", "t")).await.status, 200);
        assert_eq!(api.post("/_billtest/reset-all", &json!({})).await.status, 204);
    }
}

/// A client of the Python mock server would not see how much room it has.
#[tokio::test]
async fn the_old_status_route_counts_itself() {
    let api = Api::start(limited(500)).await;
    let status = answer(api.request(Method::GET, "/test/rate-limit/status").header("uuid", "rl")).await;
    let expected = json!({
        "client_id": "rl", "current_requests": 1, "is_enabled": true, "max_requests": 500, "remaining": 499,
        "window_seconds": 1
    });
    assert_eq!(status.json(), expected);
    let unlimited = Api::start(Options::default()).await.get("/test/rate-limit/status").await.json();
    assert_eq!((&unlimited["is_enabled"], &unlimited["client_id"]), (&json!(false), &json!("127.0.0.1")));
}
