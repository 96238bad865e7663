use billtest_provider::{Options, Provider, SetupError, StateSeeds};
use serde_json::{Value, json};

use crate::api::{Api, reading};

fn standing() -> Options {
    Options { now: Some("2025-01-31T23:59:58+09:00".parse().unwrap()), seed: Some(42), ..Options::default() }
}

/// A user would get another statement, and another id, each time a test is run.
#[tokio::test]
async fn with_a_clock_that_stands_and_a_seed_the_same_requests_get_the_same_answers() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let api = Api::start(standing()).await;
        let mut answers = Vec::new();
        answers.push(api.meter("t").await);
        answers.push(
            api.post(
                "/billing/admin/batches",
                &json!({"batchJobCode": "API_CALCULATE_USAGE_AND_PRICE", "date": "2025-01-31"}),
            )
            .await,
        );
        answers.push(api.post("/billing/payments/2025-01", &json!({"uuid": "t"})).await);
        answers.push(api.get("/billing/payment/history?uuid=t").await);
        answers.push(api.get("/health").await);
        runs.push(
            answers
                .into_iter()
                .map(|answer| (answer.status, answer.header("x-request-id").unwrap().to_owned(), answer.text))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].iter().all(|(status, ..)| *status == 200), "{runs:?}");
    let other = Api::start(Options { seed: Some(43), ..standing() }).await;
    assert_ne!(other.meter("t").await.text, runs[0][0].2, "the seed decides");
}

/// A user could not test what happens at the end of a month, or after it.
#[tokio::test]
async fn the_clock_is_read_moved_and_given_back() {
    let api = Api::start(standing()).await;
    let clock = async || api.get("/_billtest/clock").await.json();
    assert_eq!(clock().await, json!({"now": "2025-01-31T14:59:58+00:00", "system": false}));
    // It decides the month of a reading without a time.
    let months = async |month: &str| {
        let answer = api.get(&format!("/billing/payments/{month}/statements?uuid=t")).await.json();
        answer["statements"][0]["subtotal"].clone()
    };
    api.meter("t").await;
    assert_eq!((months("2025-01").await, months("2025-02").await), (json!(200), json!(0)));
    let moved = api.put("/_billtest/clock", &json!({"advance": 2})).await;
    assert_eq!(moved.json(), json!({"now": "2025-01-31T15:00:00+00:00", "system": false}));
    api.meter("t").await;
    assert_eq!((months("2025-01").await, months("2025-02").await), (json!(200), json!(200)));
    api.put("/_billtest/clock", &json!({"now": "2024-02-29T00:00:00Z"})).await;
    assert_eq!(clock().await["now"], "2024-02-29T00:00:00+00:00");
    let back = api.put("/_billtest/clock", &json!({"system": true})).await.json();
    assert_eq!(back["system"], true);
    assert!(back["now"].as_str().unwrap() > "2026", "{back}");
}

/// A user would believe that the clock was moved.
#[tokio::test]
async fn what_is_no_change_of_the_clock_is_refused() {
    let api = Api::start(standing()).await;
    for (body, status) in [
        (json!({}), 422),
        (json!({"system": false}), 422),
        (json!({"now": "2025-01-01T00:00:00Z", "advance": 1}), 422),
        (json!({"now": "yesterday"}), 422),
        (json!({"now": "1969-12-31T23:59:59Z"}), 422),
        (json!({"now": "9999-01-01T00:00:00Z"}), 422),
        (json!({"advance": i64::MAX}), 422),
        (json!({"advance": "1"}), 400),
        (json!({"advanced": 1}), 422),
        (Value::Null, 400),
    ] {
        assert_eq!(api.put("/_billtest/clock", &body).await.status, status, "{body}");
    }
    assert_eq!(api.get("/_billtest/clock").await.json()["now"], "2025-01-31T14:59:58+00:00");
    let far = Options { now: Some("9999-06-01T00:00:00Z".parse().unwrap()), ..Options::default() };
    assert!(matches!(Provider::with_options(StateSeeds::default(), far), Err(SetupError::Clock(_))));
}

/// A user would find ids twice, and one thing would take the place of another.
#[tokio::test]
async fn ids_are_never_the_same_without_a_seed() {
    let mut ids = std::collections::HashSet::new();
    for _ in 0..3 {
        let api = Api::start(Options::default()).await;
        let list: Vec<Value> = std::iter::repeat_n(reading(), 1000).collect();
        let metered = api.post("/billing/meters", &json!({"meterList": list})).await.json();
        ids.extend(metered["meterIds"].as_array().unwrap().iter().map(ToString::to_string));
    }
    assert_eq!(ids.len(), 3000);
}

/// A user would be shown the bill of a moment ago: without what was just metered, or without the late fee of a new day.
#[tokio::test]
async fn a_bill_that_was_shown_is_shown_anew_when_something_changes() {
    let api = Api::start(standing()).await;
    let views = async || {
        let mut views = Vec::new();
        for path in [
            "/billing/payments/2025-02/statements?uuid=t",
            "/billing/console/statements?uuid=t&month=2025-02",
            "/billing/v5.0/bills/detail?uuid=t&month=2025-02",
        ] {
            let first = api.get(path).await.text;
            assert_eq!(api.get(path).await.text, first);
            views.push(first);
        }
        views
    };
    let mut seen = vec![views().await];
    api.meter("t").await;
    let calculation = json!({"month": "2025-01", "uuid": "t", "includeUsage": true});
    assert_eq!(api.post("/billing/admin/calculations", &calculation).await.status, 200);
    seen.push(views().await);
    api.put("/_billtest/clock", &json!({"now": "2025-06-01T00:00:00Z"})).await;
    seen.push(views().await);
    assert_eq!(api.post("/test/reset?uuid=t", &json!({})).await.status, 200);
    assert_eq!(views().await, seen[0]);
    for ((before, owed), late) in seen[0].iter().zip(&seen[1]).zip(&seen[2]) {
        assert_ne!(before, owed, "what is owed");
        assert_ne!(owed, late, "what being late costs");
    }
}
