//! The mock provider over a real socket: what it keeps, computes and refuses.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use billtest_contract::state::StateCatalogue;
use billtest_provider::{Provider, StateSeeds, serve};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::net::TcpListener;

mod published;

/// A provider with the project's states, and a client for it.
struct Api {
    url: String,
    http: Client,
}

impl Api {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../provider-states");
        let states = StateSeeds::new(StateCatalogue::load(&directory).unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, Provider::new(states).unwrap(), std::future::pending()));
        Self { url, http: Client::builder().tls_certs_only([]).build().unwrap() }
    }

    /// Sends a request; every answer, whatever it says, must be JSON and no 5xx.
    async fn call(&self, tenant: &str, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).header("uuid", tenant);
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(request).await
    }

    async fn get(&self, tenant: &str, path: &str) -> (u16, Value) {
        self.call(tenant, Method::GET, path, None).await
    }

    async fn post(&self, tenant: &str, path: &str, body: Value) -> (u16, Value) {
        self.call(tenant, Method::POST, path, Some(&body)).await
    }

    async fn state(&self, tenant: &str, state: &str, params: Value) -> (u16, Value) {
        self.post(tenant, "/_billtest/state", json!({"state": state, "params": params})).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    published::send(request).await
}

fn credit(amount: f64) -> Value {
    json!({"customer_id": "CUST001", "amount": amount, "currency": "USD", "reason": "r", "type": "REFUND"})
}

#[tokio::test]
async fn what_is_created_can_be_read() {
    let api = Api::start().await;
    api.state("t", "Customer exists", json!({})).await;
    api.state("t", "Resource exists", json!({})).await;

    let (status, granted) = api.post("t", "/api/v1/credits", credit(12.5)).await;
    assert_eq!((status, &granted["amount"], &granted["type"]), (201, &json!(12.5), &json!("REFUND")));
    let id = granted["id"].as_str().unwrap();
    assert_eq!(api.get("t", &format!("/api/v1/credits/{id}")).await, (200, granted.clone()));

    let reading = json!({
        "resource_id": "RES001", "meter_name": "cpu", "value": 3, "unit": "hours",
        "timestamp": "2025-01-31T18:00:00+09:00", "metadata": {"a": "b"}
    });
    let (status, receipt) = api.post("t", "/api/v1/meters", reading).await;
    assert_eq!((status, &receipt["status"]), (201, &json!("ACCEPTED")));
    let id = receipt["id"].as_str().unwrap();
    let (_, meter) = api.get("t", &format!("/api/v1/meters/{id}")).await;
    assert_eq!((&meter["value"], &meter["metadata"]), (&json!(3), &json!({"a": "b"})));
    assert_eq!(meter["timestamp"], "2025-01-31T09:00:00+00:00", "its own time, not that of its arrival");
}

/// A user would test against amounts that nobody calculated.
#[tokio::test]
async fn adjustments_are_computed_one_on_the_other_and_the_payment_follows() {
    let api = Api::start().await;
    api.state("t", "Payment exists", json!({})).await;
    let adjust = async |kind: &str, amount: f64| {
        api.post(
            "t",
            "/api/v1/adjustments",
            json!({"type": kind, "amount": amount, "target_invoice": "INV001"}),
        )
        .await
    };
    for (kind, amount, before, after) in [
        ("DISCOUNT", 100.1, 1500.0, 1399.9),
        ("PENALTY", 0.2, 1399.9, 1400.1),
        ("CREDIT", 400.1, 1400.1, 1000.0),
        ("SURCHARGE", 0.01, 1000.0, 1000.01),
    ] {
        let (status, adjustment) = adjust(kind, amount).await;
        assert_eq!(status, 201);
        assert_eq!(
            (&adjustment["original_amount"], &adjustment["adjusted_amount"]),
            (&json!(before), &json!(after))
        );
        let id = adjustment["adjustment_id"].as_str().unwrap();
        assert_eq!(api.get("t", &format!("/api/v1/adjustments/{id}")).await, (200, adjustment.clone()));
        let (_, payment) = api.get("t", "/api/v1/payments/PAY_ABC123").await;
        assert_eq!(payment["amount"], json!(after));
    }
    let (status, error) = adjust("DISCOUNT", 1000.02).await;
    assert_eq!((status, &error["field"]), (422, &json!("amount")));
    assert_eq!(error["message"], "amount: 1000.02 USD is more than the invoice's 1000.01 USD");
    assert_eq!(adjust("DISCOUNT", 1000.01).await.1["adjusted_amount"], json!(0.0));
}

/// A client would see a payment completed that nobody processed, or moved without being told.
#[tokio::test]
async fn a_payment_is_moved_by_the_table_of_states() {
    let api = Api::start().await;
    api.state("t", "Payment exists", json!({})).await;
    let path = "/api/v1/payments/PAY_ABC123";
    let patch = async |tenant: &str, status: &str| {
        let body = json!({"status": status, "transaction_id": "TXN1"});
        api.call(tenant, Method::PATCH, path, Some(&body)).await
    };
    let (_, before) = api.get("t", path).await;
    for (status, expected) in [("COMPLETED", 409), ("FAILED", 409), ("PARTIALLY_PAID", 409), ("SOLD", 422)] {
        assert_eq!(patch("t", status).await.0, expected, "{status}");
    }
    assert_eq!(patch("u", "PROCESSING").await.0, 404, "the payment of another tenant");
    assert_eq!(api.get("t", path).await, (200, before.clone()));
    for status in ["PROCESSING", "FAILED", "PROCESSING", "COMPLETED", "REFUNDED"] {
        let (code, moved) = patch("t", status).await;
        assert_eq!((code, &moved["status"], &moved["amount"]), (200, &json!(status), &before["amount"]));
        assert_eq!(moved["transaction_id"], "TXN1");
        assert_eq!(api.get("t", path).await.1["status"], json!(status));
        if status == "PROCESSING" {
            assert_eq!(patch("t", "PARTIALLY_PAID").await.0, 422, "nobody can say which part");
        }
    }
    let (status, refusal) = patch("t", "COMPLETED").await;
    assert_eq!((status, &refusal["error"]), (409, &json!("CONFLICT")));
}

/// A user would see another amount on a completed payment than was paid.
#[tokio::test]
async fn an_invoice_is_not_adjusted_once_its_payment_has_begun() {
    let api = Api::start().await;
    api.state("t", "Payment exists", json!({})).await;
    let path = "/api/v1/payments/PAY_ABC123";
    let adjustment = json!({"type": "DISCOUNT", "amount": 1400, "target_invoice": "INV001"});
    for status in ["PROCESSING", "COMPLETED"] {
        let moved = api.call("t", Method::PATCH, path, Some(&json!({"status": status}))).await;
        assert_eq!(moved.0, 200);
        assert_eq!(api.post("t", "/api/v1/adjustments", adjustment.clone()).await.0, 409, "{status}");
        assert_eq!(api.get("t", path).await.1["amount"], json!(1500.0));
    }
}

#[tokio::test]
async fn adjustments_at_the_same_time_are_all_counted() {
    let api = Api::start().await;
    api.state("t", "Invoice exists", json!({})).await;
    let body = json!({"type": "DISCOUNT", "amount": 1.01, "target_invoice": "INV001"});
    let calls = (0..100).map(|_| api.post("t", "/api/v1/adjustments", body.clone()));
    for (status, _) in futures_join(calls).await {
        assert_eq!(status, 201);
    }
    let last = json!({"type": "DISCOUNT", "amount": 1399, "target_invoice": "INV001"});
    assert_eq!(api.post("t", "/api/v1/adjustments", last).await.1["adjusted_amount"], json!(0.0));
}

/// Polls all at once on this task's connection pool.
async fn futures_join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = futures.map(Box::pin).map(Some).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            if let Some(running) = future
                && let std::task::Poll::Ready(output) = running.as_mut().poll(context)
            {
                (*done, *future) = (Some(output), None);
            }
        }
        if all.iter().all(Option::is_none) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// A user would see another tenant's bill.
#[tokio::test]
async fn tenants_never_see_each_other() {
    let api = Api::start().await;
    api.state("a", "A contract exists", json!({"total_amount": 1.5})).await;
    api.state("b", "A contract exists", json!({"total_amount": 2.5})).await;
    assert_eq!(api.get("a", "/api/v1/contracts/12345").await.1["total_amount"], json!(1.5));
    assert_eq!(api.get("b", "/api/v1/contracts/12345").await.1["total_amount"], json!(2.5));
    assert_eq!(api.get("c", "/api/v1/contracts/12345").await.0, 404, "a fresh tenant is empty");

    // Without a header: the query parameter, and without that the tenant `default`.
    let plain = |path: &str| api.http.get(format!("{}{path}", api.url));
    assert_eq!(answer(plain("/api/v1/contracts/12345?uuid=b")).await.1["total_amount"], json!(2.5));
    assert_eq!(answer(plain("/api/v1/contracts/12345")).await.0, 404);
    api.state("default", "A contract exists", json!({})).await;
    assert_eq!(answer(plain("/api/v1/contracts/12345")).await.0, 200);

    api.post("a", "/_billtest/reset", json!({})).await;
    assert_eq!(api.get("a", "/api/v1/contracts/12345").await.0, 404);
    assert_eq!(api.get("b", "/api/v1/contracts/12345").await.0, 200);
    api.post("a", "/_billtest/reset-all", json!({})).await;
    assert_eq!(api.get("b", "/api/v1/contracts/12345").await.0, 404);

    for tenant in ["a.b", "a b", "<kr>", &"x".repeat(101)] {
        let (status, error) = api.get(tenant, "/api/v1/contracts/12345").await;
        assert_eq!((status, &error["error"]), (400, &json!("INVALID_TENANT")), "{tenant}");
    }
    assert_eq!(api.get("vendor-1", "/api/v1/contracts/1").await.0, 404, "no word is forbidden");
    // Two names are no name: the tenant `default` must not be touched instead.
    let (status, error) = answer(plain("/api/v1/contracts/12345?uuid=a&uuid=b")).await;
    assert_eq!((status, &error["error"]), (400, &json!("INVALID_TENANT")));
    let (status, _) = answer(plain("/api/v1/contracts/12345").header("uuid", "a").header("uuid", "b")).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_is_not_there_is_404_and_names_the_field_that_asked_for_it() {
    let api = Api::start().await;
    for path in [
        "contracts/1",
        "payments/1",
        "credits/1",
        "meters/1",
        "adjustments/1",
        "contracts/a%2Fb",
        "contracts/%FF",
    ] {
        let (status, error) = api.get("t", &format!("/api/v1/{path}")).await;
        assert_eq!(
            (status, &error["error"], &error["code"]),
            (404, &json!("NOT_FOUND"), &json!(404)),
            "{path}"
        );
    }
    let reading = json!({"resource_id": "R", "meter_name": "m", "value": 1, "unit": "u", "timestamp": "2025-01-31T09:00:00Z"});
    let adjustment = json!({"type": "DISCOUNT", "amount": 1, "target_invoice": "I"});
    for (path, body, field) in [
        ("credits", credit(1.0), "customer_id"),
        ("meters", reading, "resource_id"),
        ("adjustments", adjustment, "target_invoice"),
    ] {
        let (status, error) = api.post("t", &format!("/api/v1/{path}"), body).await;
        assert_eq!((status, &error["field"]), (404, &json!(field)));
    }
    assert_eq!(api.get("t", "/nowhere").await.1["message"], "there is no GET /nowhere");
    let (status, error) = api.call("t", Method::DELETE, "/api/v1/credits", None).await;
    assert_eq!((status, &error["error"]), (405, &json!("METHOD_NOT_ALLOWED")));
}

#[tokio::test]
async fn every_field_that_is_wrong_is_listed_and_nothing_is_kept() {
    let api = Api::start().await;
    api.state("t", "Customer exists", json!({})).await;
    let wrong = json!({
        "customer_id": "no/slash", "amount": -1, "currency": "XYZ", "reason": "x".repeat(501), "type": "GIFT"
    });
    let (status, error) = api.post("t", "/api/v1/credits", wrong).await;
    let fields: Vec<&str> =
        error["details"].as_array().unwrap().iter().map(|detail| detail["field"].as_str().unwrap()).collect();
    assert_eq!((status, &error["error"]), (422, &json!("VALIDATION_ERROR")));
    assert_eq!(fields, ["amount", "currency", "customer_id", "reason", "type"]);
    assert!(error.to_string().len() < 2000, "a long value is not sent back");

    let shapeless = json!({"customer_id": 1, "currency": "USD"});
    let (status, error) = api.post("t", "/api/v1/credits", shapeless).await;
    assert_eq!((status, &error["error"]), (400, &json!("MALFORMED_REQUEST")));
    assert_eq!(error["details"][0], json!({"field": "amount", "message": "is required"}));
    assert_eq!(error["details"][1]["field"], "customer_id");
}

#[tokio::test]
async fn an_amount_that_json_or_the_currency_cannot_carry_is_refused_not_rounded() {
    let api = Api::start().await;
    api.state("t", "Customer exists", json!({})).await;
    for (text, reason) in [
        ("12345678901234567.89", "amount"),
        ("1e300", "amount"),
        ("10.005", "10.005 has more than the 2 decimals of USD"),
        ("99999999999999", "99999999999999 USD is too large"),
        ("0.1234567890123456", "amount"),
        ("99.9999999999999999", "more than 15 significant digits"),
        ("100.000000000000000001", "more than 15 significant digits"),
        ("1e-400", "too large or small"),
        ("-0.01", "-0.01 is less than the minimum of 0"),
    ] {
        let body = format!(r#"{{"customer_id": "CUST001", "currency": "USD", "amount": {text}}}"#);
        let request = api.http.post(format!("{}/api/v1/credits", api.url)).header("uuid", "t");
        let (status, error) = answer(request.header("content-type", "application/json").body(body)).await;
        assert_eq!((status, &error["field"]), (422, &json!("amount")), "{text}: {error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let won = json!({"customer_id": "CUST001", "currency": "KRW", "amount": 100.5});
    assert_eq!(api.post("t", "/api/v1/credits", won).await.0, 422);
}

#[tokio::test]
async fn a_body_that_is_no_json_of_the_right_kind_and_size_is_refused() {
    let api = Api::start().await;
    api.state("t", "Customer exists", json!({})).await;
    let huge = format!(r#"{{"customer_id": "{}"}}"#, "x".repeat(2 * 1024 * 1024));
    for path in ["/api/v1/credits", "/api/v1/meters", "/api/v1/adjustments", "/_billtest/state"] {
        for (content_type, body, status) in [
            ("application/json", "", 400),
            ("application/json", "{\"a\":", 400),
            ("application/json", "null", 400),
            ("application/json", "[]", 400),
            ("application/json", "17", 400),
            ("application/json", "\"text\"", 400),
            ("application/json", "{\"a\": NaN}", 400),
            ("application/json", huge.as_str(), 413),
            ("text/plain", "{}", 415),
            ("", "{}", 415),
        ] {
            let request =
                api.http.post(format!("{}{path}", api.url)).header("uuid", "t").body(body.to_owned());
            let request =
                if content_type.is_empty() { request } else { request.header("content-type", content_type) };
            let (answered, error) = answer(request).await;
            assert_eq!(answered, status, "{path} {content_type} {}", &body[..body.len().min(40)]);
            assert!(error["error"].is_string() && error["message"].is_string(), "{error}");
        }
    }
}

#[tokio::test]
async fn states_take_parameters_by_name_or_alias_and_answer_their_values() {
    let api = Api::start().await;
    let (status, values) =
        api.state("t", "Payment exists", json!({"payment_id": "PAY_FF", "amount": 20})).await;
    assert_eq!((status, &values["id"], &values["invoice_id"]), (200, &json!("PAY_FF"), &json!("INV001")));
    let (_, payment) = api.get("t", "/api/v1/payments/PAY_FF").await;
    assert_eq!((&payment["amount"], &payment["invoice"]["id"]), (&json!(20), &json!("INV001")));

    let teardown =
        json!({"state": "Payment exists", "params": {"payment_id": "PAY_FF"}, "action": "teardown"});
    assert_eq!(api.post("t", "/pact-states", teardown).await.0, 200);
    assert_eq!(api.get("t", "/api/v1/payments/PAY_FF").await.0, 404);

    api.state("t", "A contract exists", json!({"id": "99999"})).await;
    api.state("t", "Contract does not exist", json!({})).await;
    assert_eq!(api.get("t", "/api/v1/contracts/99999").await.0, 404);
}

#[tokio::test]
async fn a_state_change_that_cannot_be_done_says_why() {
    let api = Api::start().await;
    let (status, error) = api.state("t", "Customer exist", json!({})).await;
    assert_eq!(status, 404);
    assert_eq!(
        error["message"],
        "no file describes the state `Customer exist`; did you mean `Customer exists`?"
    );
    let (status, error) = api.state("t", "Invoice exists", json!({"currency": "XYZ"})).await;
    assert_eq!(status, 422);
    assert!(
        error["message"].as_str().unwrap().contains("no valid invoice: currency: unknown variant `XYZ`"),
        "{error}"
    );
    let (status, _) =
        api.post("t", "/_billtest/state", json!({"state": "Invoice exists", "action": "begin"})).await;
    assert_eq!(status, 422);
    for wrong in [json!({"state": 5}), json!({}), json!({"states": ["Invoice exists"]})] {
        assert_eq!(api.post("t", "/_billtest/state", wrong).await.0, 400);
    }
    assert_eq!(
        api.post("t", "/_billtest/state", json!({"state": "", "action": "setup"})).await,
        (200, json!({}))
    );
}

#[tokio::test]
async fn the_openapi_document_describes_every_operation_with_its_refusals() {
    let api = Api::start().await;
    let (_, document) = api.get("t", "/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut operations = Vec::new();
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths.iter().filter(|(path, _)| path.starts_with("/api/v1/")) {
        for (method, operation) in methods.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            // Every route can be limited.
            let statuses: Vec<&str> =
                responses.keys().map(String::as_str).filter(|status| *status != "429").collect();
            operations.push(format!("{method} {path} {}", statuses.join(" ")));
        }
    }
    assert_eq!(
        operations,
        [
            "post /api/v1/adjustments 201 400 404 409 413 415 422",
            "get /api/v1/adjustments/{id} 200 400 404",
            "get /api/v1/batch/jobs 200 400 422",
            "post /api/v1/batch/jobs 201 400 409 413 415 422",
            "get /api/v1/batch/jobs/{id} 200 400 404",
            "get /api/v1/batch/jobs/{id}/status 200 400 404",
            "get /api/v1/contracts/{id} 200 400 404",
            "post /api/v1/credits 201 400 404 409 413 415 422",
            "get /api/v1/credits/{id} 200 400 404",
            "get /api/v1/metering 200 400 422",
            "post /api/v1/metering 201 400 409 413 415 422",
            "post /api/v1/meters 201 400 404 409 413 415 422",
            "get /api/v1/meters/{id} 200 400 404",
            "get /api/v1/payments/statements 200 400 422",
            "get /api/v1/payments/{id} 200 400 404",
            "patch /api/v1/payments/{id} 200 400 404 409 413 415 422",
        ]
    );
    let amount = &document["components"]["schemas"]["CreditRequest"]["properties"]["amount"];
    assert_eq!(amount["minimum"], 0, "limits are published");
}

/// A customer would be given a credit twice because an answer was lost on its way.
#[tokio::test]
async fn a_change_that_is_sent_twice_under_one_key_happens_once() {
    let api = Api::start().await;
    api.state("t", "Customer exists", json!({})).await;
    let grant = async |tenant: &str, key: &str, body: &Value| {
        let request = api.http.post(format!("{}/api/v1/credits", api.url)).header("uuid", tenant);
        let response = request.header("Idempotency-Key", key).json(body).send().await.unwrap();
        let replayed = response.headers().contains_key("idempotent-replayed");
        (response.status().as_u16(), replayed, response.json::<Value>().await.unwrap())
    };
    let (status, replayed, first) = grant("t", "k1", &credit(5.0)).await;
    assert_eq!((status, replayed), (201, false));
    assert_eq!(grant("t", "k1", &credit(5.0)).await, (201, true, first.clone()));
    let (status, _, other) = grant("t", "k2", &credit(5.0)).await;
    assert_eq!(status, 201);
    assert_ne!(other["id"], first["id"]);

    // The key stands for that request, and for that tenant.
    let (status, _, refusal) = grant("t", "k1", &credit(6.0)).await;
    assert_eq!(
        (status, &refusal["message"]),
        (422, &json!("the Idempotency-Key `k1` stands for another request; take a new one"))
    );
    api.state("u", "Customer exists", json!({})).await;
    let (status, replayed, theirs) = grant("u", "k1", &credit(5.0)).await;
    assert_eq!((status, replayed), (201, false));
    assert_ne!(theirs["id"], first["id"]);

    // What was refused changed nothing, and is corrected under the same key.
    assert_eq!(grant("t", "k3", &credit(-1.0)).await.0, 422);
    assert_eq!(grant("t", "k3", &credit(1.0)).await.0, 201);
    for key in ["", "two words", &"x".repeat(256)] {
        assert_eq!(grant("t", key, &credit(1.0)).await.0, 400, "{key}");
    }
    // A tenant that is forgotten has no keys.
    api.post("t", "/_billtest/reset", Value::Null).await;
    api.state("t", "Customer exists", json!({})).await;
    assert!(!grant("t", "k1", &credit(5.0)).await.1);
}

/// The memory of a provider that runs for weeks would fill up with keys.
#[tokio::test]
async fn the_oldest_keys_are_forgotten_and_the_youngest_kept() {
    let api = Api::start().await;
    api.state("t", "Customer exists", json!({})).await;
    let replayed = async |key: usize| {
        let request = api.http.post(format!("{}/api/v1/credits", api.url)).header("uuid", "t");
        let request = request.header("Idempotency-Key", format!("k{key}")).json(&credit(5.0));
        request.send().await.unwrap().headers().contains_key("idempotent-replayed")
    };
    for key in 0..=1000 {
        assert!(!replayed(key).await);
    }
    assert!(replayed(1000).await && replayed(1).await);
    assert!(!replayed(0).await);
}

/// The memory of a provider would fill up with the answers to a few large changes.
#[tokio::test]
async fn large_answers_are_forgotten_sooner() {
    let api = Api::start().await;
    let volume = |number: usize| json!({"counterName": "storage.volume.ssd", "counterVolume": 1, "resourceId": format!("{number:0>100}")});
    let usage: Vec<Value> = (0..1000).map(volume).collect();
    let body = json!({"month": "2025-01", "usage": usage});
    let calculate = async |key: usize| {
        let request = api.http.post(format!("{}/billing/admin/calculate", api.url)).header("uuid", "t");
        let request = request.header("Idempotency-Key", format!("k{key}")).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let replayed = response.headers().contains_key("idempotent-replayed");
        (replayed, response.bytes().await.unwrap().len())
    };
    let (_, size) = calculate(0).await;
    let kept = 4 * 1024 * 1024 / size;
    assert!((2..100).contains(&kept), "{size}");
    for key in 1..=kept {
        assert!(!calculate(key).await.0);
    }
    assert!(calculate(kept).await.0 && calculate(1).await.0);
    assert!(!calculate(0).await.0, "{size} bytes each");
}

/// What a client wants kept with its readings would fill the memory of a provider that others use.
#[tokio::test]
async fn what_is_kept_with_a_reading_is_limited() {
    let api = Api::start().await;
    api.state("t", "Resource exists", json!({})).await;
    let meter = |metadata: Value| {
        json!({"resource_id": "RES001", "meter_name": "cpu", "value": 1, "unit": "percent",
            "timestamp": "2025-01-01T00:00:00Z", "metadata": metadata})
    };
    let (status, refusal) = api.post("t", "/api/v1/meters", meter(json!({"a": "x".repeat(5000)}))).await;
    assert_eq!((status, &refusal["field"]), (422, &json!("metadata")), "{refusal}");
    let (status, _) = api.post("t", "/api/v1/meters", meter(json!({"a": "x".repeat(4000)}))).await;
    assert_eq!(status, 201);
}

/// Two tries of one call that overlap would both happen.
#[tokio::test]
async fn of_many_at_once_under_one_key_one_happens() {
    let api = Api::start().await;
    api.state("t", "Customer exists", json!({})).await;
    let calls = (0..32).map(|_| {
        let request = api.http.post(format!("{}/api/v1/credits", api.url)).header("uuid", "t");
        let request = request.header("Idempotency-Key", "k").json(&credit(5.0));
        tokio::spawn(async move {
            let response = request.send().await.unwrap();
            let (status, waits) =
                (response.status().as_u16(), response.headers().contains_key("retry-after"));
            (status, waits, response.json::<Value>().await.unwrap()["id"].clone())
        })
    });
    let mut ids = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            (201, _, id) => drop(ids.insert(id.to_string())),
            other => assert_eq!((other.0, other.1), (409, true)),
        }
    }
    assert_eq!(ids.len(), 1);
}
