//! A running provider, and what tests ask of it.

use billtest_models::Region;
use billtest_provider::{Provider, StateSeeds, serve};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::published;

/// A provider without states, and a client for it.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) url: String,
    pub(crate) http: Client,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::serve(Provider::new(StateSeeds::default()).unwrap()).await
    }

    pub(crate) async fn in_region(code: &str) -> Self {
        let region = Region::named(code).unwrap();
        Self::serve(Provider::new(StateSeeds::default()).unwrap().in_region(region)).await
    }

    async fn serve(provider: Provider) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, provider, std::future::pending()));
        Self { url, http: Client::builder().tls_certs_only([]).build().unwrap() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn call(
        &self,
        tenant: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let mut request = self.request(method, path).header("uuid", tenant);
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(request).await
    }

    pub(crate) async fn get(&self, tenant: &str, path: &str) -> (u16, Value) {
        self.call(tenant, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, tenant: &str, path: &str, body: Value) -> (u16, Value) {
        self.call(tenant, Method::POST, path, Some(&body)).await
    }

    pub(crate) async fn put(&self, tenant: &str, path: &str, body: Value) -> (u16, Value) {
        self.call(tenant, Method::PUT, path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, tenant: &str, path: &str) -> (u16, Value) {
        self.call(tenant, Method::DELETE, path, None).await
    }

    /// Sends a request that must succeed.
    pub(crate) async fn done(&self, tenant: &str, method: Method, path: &str, body: Value) -> Value {
        let body = Some(&body).filter(|body| !body.is_null());
        let (status, answer) = self.call(tenant, method, path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Meters a volume in project `p1` on the fifth of January 2025.
    pub(crate) async fn meter(&self, tenant: &str, counter: &str, volume: &str) {
        let body = json!({"meterList": [reading(counter, volume)]});
        self.done(tenant, Method::POST, "/billing/meters", body).await;
    }

    /// Grants a credit that pays from January 2025 on.
    pub(crate) async fn grant(&self, tenant: &str, kind: &str, credit: u32) -> Value {
        let body = json!({
            "uuidList": [tenant], "credit": credit, "creditType": kind, "creditName": "Welcome",
            "expirationPeriod": 12, "expirationDateFrom": "2025-01-01", "expirationDateTo": "2099-12-31",
            "emailList": []
        });
        self.done(tenant, Method::POST, "/billing/admin/campaign/CMP-1/credits", body).await
    }

    pub(crate) async fn calculate(&self, tenant: &str, month: &str) -> (u16, Value) {
        self.post(tenant, "/billing/admin/calculations", json!({"month": month, "includeUsage": true})).await
    }

    /// The statement with line items.
    pub(crate) async fn statement(&self, tenant: &str, month: &str) -> Value {
        let path = format!("/billing/payments/{month}/statements");
        self.done(tenant, Method::GET, &path, Value::Null).await["statements"][0].clone()
    }

    /// Everything that a tenant can see of itself.
    pub(crate) async fn everything(&self, tenant: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in [
            "/billing/v5.0/bills/detail?month=2025-01",
            "/billing/console/statements?month=2025-01",
            "/billing/payments/2025-01/statements",
            "/billing/payments/2025-02/statements",
            "/billing/payments/2025-12/statements/unpaid",
            "/billing/admin/payments",
            "/billing/payment/history",
            "/billing/credits/balance",
            "/billing/credits/history",
            "/billing/credits/remaining",
            "/billing/v5.0/credits",
            "/billing/contracts",
            "/billing/admin/adjustments",
            "/billing/admin/progress?month=2025-01",
            "/billing/admin/batch/progress",
        ] {
            seen.push(self.done(tenant, Method::GET, path, Value::Null).await);
        }
        seen
    }
}

/// Sends a request; every answer, whatever it says, must be JSON in the family's shape and as the document describes it.
pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let path = request.try_clone().unwrap().build().unwrap().url().path().to_owned();
    let (status, body) = published::send(request).await;
    if ["/billing", "/batch", "/api/billing", "/api/batch"].iter().any(|family| path.starts_with(family)) {
        let header = &body["header"];
        let done = status == 200 || status == 201;
        let code = if done { 0 } else { status };
        assert_eq!(header["isSuccessful"], json!(done), "{body}");
        assert_eq!(header["resultCode"], json!(code), "{body}");
        assert_eq!(header["resultMessage"] == "SUCCESS", done, "{body}");
    }
    (status, body)
}

pub(crate) fn reading(counter: &str, volume: &str) -> Value {
    json!({
        "counterName": counter, "counterType": "DELTA", "counterVolume": volume,
        "appKey": "app-1", "projectId": "p1", "resourceId": "r1", "resourceName": "web", "parentResourceId": "r0",
        "source": "qa", "timestamp": "2025-01-05T13:00:00.000+09:00"
    })
}

/// The fields that an answer says are wrong.
pub(crate) fn wrong_fields(answer: &Value) -> Vec<&str> {
    let details = answer["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    details.iter().map(|detail| detail["field"].as_str().unwrap()).collect()
}
