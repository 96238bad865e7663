//! A provider that gives prepared answers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use billtest::{BillingClient, RetryPolicy};
use serde_json::{Value, json};

#[derive(Clone, Default)]
pub(crate) struct Script {
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    /// Path and query of every request.
    seen: Arc<Mutex<Vec<String>>>,
    /// Its headers.
    headers: Arc<Mutex<Vec<HeaderMap>>>,
    pub(crate) url: String,
}

impl Script {
    /// A provider that gives these answers in turn, and the last of them for ever.
    pub(crate) async fn start(answers: impl IntoIterator<Item = (u16, Value)>) -> (Self, BillingClient) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        let script = Self { answers, url: url.clone(), ..Self::default() };
        let app = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (script, BillingClient::new(url).unwrap().with_retries(RetryPolicy::never()))
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The values of a header, of every request.
    pub(crate) fn header(&self, name: &str) -> Vec<Option<String>> {
        let headers = self.headers.lock().unwrap();
        headers.iter().map(|all| all.get(name).map(|value| value.to_str().unwrap().to_owned())).collect()
    }
}

async fn answer(State(script): State<Script>, request: Request) -> axum::response::Response {
    script.seen.lock().unwrap().push(request.uri().to_string());
    script.headers.lock().unwrap().push(request.headers().clone());
    let mut answers = script.answers.lock().unwrap();
    let (status, body) = match answers.len() {
        1 => answers.front().cloned().unwrap(),
        _ => answers.pop_front().unwrap(),
    };
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// A payload in the envelope of a success.
pub(crate) fn success(mut payload: Value) -> (u16, Value) {
    payload["header"] = json!({"isSuccessful": true, "resultCode": 0, "resultMessage": "SUCCESS"});
    (200, payload)
}
