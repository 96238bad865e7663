//! The older client.

use billtest_provider::{Provider, StateSeeds, serve};
use chrono::{Datelike as _, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::published;

/// What the client library sends with most requests.
pub(crate) const JSON: &str = "application/json";
pub(crate) const JSON_UTF8: &str = "application/json;charset=UTF-8";

/// A base address to which paths are added.
pub(crate) struct Old {
    pub(crate) base: String,
    pub(crate) http: Client,
}

impl Old {
    pub(crate) async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let provider = Provider::new(StateSeeds::default()).unwrap();
        tokio::spawn(serve(listener, provider, std::future::pending()));
        Self { base, http: Client::builder().tls_certs_only([]).build().unwrap() }
    }

    /// Sends what the library's `request` would send: a body as JSON with its content type, or none.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> (u16, Value) {
        let mut map = HeaderMap::new();
        if !body.is_null() {
            map.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        }
        for (name, value) in headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        let mut request = self.http.request(method, format!("{}/{path}", self.base)).headers(map);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        published::send(request).await
    }

    /// The library takes an answer for a success if its header says so; then the status is 200 or 201.
    pub(crate) async fn done(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Value {
        let (status, answer) = self.request(method, path, headers, body).await;
        assert!(status == 200 || status == 201, "{path}: {answer}");
        let header = &answer["header"];
        assert_eq!(
            (&header["isSuccessful"], &header["resultCode"], &header["resultMessage"]),
            (&json!(true), &json!(0), &json!("SUCCESS")),
            "{path}"
        );
        answer
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        self.done(Method::GET, path, headers, Value::Null).await
    }
}

/// One meter as `send_metering` makes it: the volume is text, the time is one o'clock on the first, Korean time.
pub(crate) fn meter(app_key: &str, counter: &str, unit: &str, volume: &str, month: &str) -> Value {
    json!({
        "appKey": app_key, "counterName": counter, "counterType": "DELTA", "counterUnit": unit,
        "counterVolume": volume, "parentResourceId": "test", "resourceId": "test", "resourceName": "test",
        "source": "qa.billing.test", "timestamp": format!("{month}-01T13:00:00.000+09:00")
    })
}

pub(crate) fn this_month() -> String {
    let now = Utc::now();
    format!("{:04}-{:02}", now.year(), now.month())
}
