//! A provider that answers with any status, headers and bytes, and remembers what was asked.

use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(content_type: &str, body: impl AsRef<[u8]>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status: 200, headers, body: body.as_ref().to_owned() }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::new("application/json", body.to_string())
    }

    /// Neither body nor headers.
    pub(crate) fn empty() -> Self {
        Self { status: 200, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

type Script = dyn Fn(&Request) -> Answer + Send + Sync;

struct Shared {
    seen: Mutex<Vec<Request>>,
    script: Box<Script>,
}

pub(crate) struct Provider {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

impl Provider {
    pub(crate) fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { seen: Mutex::default(), script: Box::new(script) });
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await }));
        Self { url, shared }
    }

    /// What came, in order; the question who the provider is aside.
    pub(crate) fn seen(&self) -> Vec<Request> {
        let seen = self.shared.seen.lock().unwrap();
        seen.iter().filter(|request| !request.target.starts_with("/_billtest/")).cloned().collect()
    }

    /// What came, each in a line: a state change by its action and state, with the parameters that it has.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |request: &Request| {
            let body = request.json();
            match (body["action"].as_str(), body["state"].as_str(), &body["params"]) {
                (Some(action), Some(state), Value::Object(params)) if params.is_empty() => {
                    format!("{action} {state}")
                }
                (Some(action), Some(state), params) => format!("{action} {state} {params}"),
                _ => format!("{} {}", request.method, request.target),
            }
        };
        self.seen().iter().map(line).collect()
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let headers = parts.headers.iter();
    let request = Request {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    shared.seen.lock().unwrap().push(request.clone());
    let answer = (shared.script)(&request);
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}
