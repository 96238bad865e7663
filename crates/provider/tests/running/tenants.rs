use std::num::NonZeroUsize;
use std::time::Duration;

use axum::Router;
use billtest_provider::Options;
use serde_json::Value;

use crate::api::{call, reading, router};

async fn meter(router: &Router, tenant: &str) {
    assert_eq!(call(router, "POST", "/billing/meters", tenant, &reading()).await.status, 200);
}

async fn has_data(router: &Router, tenant: &str) -> bool {
    let path = "/billing/admin/meters?appKeys=none";
    assert_eq!(call(router, "DELETE", path, tenant, &Value::Null).await.status, 200);
    let now = call(router, "GET", "/_billtest/clock", tenant, &Value::Null).await.json();
    let month = &now["now"].as_str().unwrap()[..7];
    let path = format!("/billing/payments/{month}/statements");
    let found = call(router, "GET", &path, tenant, &Value::Null).await.json();
    found["statements"][0]["lineItems"].as_array().is_some_and(|items| !items.is_empty())
}

async fn count(router: &Router) -> u64 {
    call(router, "GET", "/health", "x", &Value::Null).await.json()["tenants"].as_u64().unwrap()
}

fn kept(idle: u64, tenants: usize) -> Options {
    Options {
        now: Some("2025-01-15T00:00:00Z".parse().unwrap()),
        tenant_idle: Duration::from_secs(idle),
        tenants: NonZeroUsize::new(tenants).unwrap(),
        ..Options::default()
    }
}

/// A provider that runs for weeks would keep every tenant of every test run, until there is no memory left.
#[tokio::test(start_paused = true)]
async fn a_tenant_that_nobody_uses_is_forgotten_and_one_in_use_is_not() {
    let router = router(kept(60, 100));
    meter(&router, "idle").await;
    meter(&router, "used").await;
    tokio::time::advance(Duration::from_secs(59)).await;
    assert!(has_data(&router, "used").await);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(!has_data(&router, "idle").await);
    assert!(has_data(&router, "used").await);
    assert_eq!(count(&router).await, 1);
    // Whoever asks, what is idle goes.
    meter(&router, "other").await;
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(!has_data(&router, "stranger").await);
    assert_eq!(count(&router).await, 0);
}

/// A user who moves the clock a year on would lose the data that the year was to show.
#[tokio::test(start_paused = true)]
async fn moving_the_clock_forgets_nobody() {
    let router = router(kept(60, 100));
    meter(&router, "t").await;
    let year = serde_json::json!({"advance": 365 * 86_400});
    assert_eq!(call(&router, "PUT", "/_billtest/clock", "t", &year).await.status, 200);
    let path = "/billing/payments/2025-01/statements";
    let found = call(&router, "GET", path, "t", &Value::Null).await.json();
    assert_eq!(found["statements"][0]["lineItems"].as_array().unwrap().len(), 1);
}

/// A client that takes a new tenant for each request would end the provider.
#[tokio::test(start_paused = true)]
async fn of_too_many_tenants_the_one_used_longest_ago_makes_room() {
    let router = router(kept(3600, 3));
    for tenant in ["a", "b", "c"] {
        meter(&router, tenant).await;
    }
    assert!(has_data(&router, "a").await);
    for number in 0..2 {
        meter(&router, &format!("new-{number}")).await;
    }
    assert_eq!(count(&router).await, 3);
    assert!(
        has_data(&router, "a").await && has_data(&router, "new-0").await && has_data(&router, "new-1").await
    );
    for number in 0..1000 {
        meter(&router, &format!("many-{number}")).await;
    }
    assert_eq!(count(&router).await, 3);
}
