//! A provider that behaves, and remembers everything that was asked of it.

use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

/// One request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) tenant: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

type Answer = dyn Fn(&Seen, usize) -> (u16, String) + Send + Sync;

struct Shared {
    seen: Mutex<Vec<Seen>>,
    running: Mutex<(usize, usize)>,
    gate: Option<Barrier>,
    answer: Box<Answer>,
}

/// A provider that answers by a function of the request and of how many requests to that target came before.
pub(crate) struct ObservedProvider {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

impl ObservedProvider {
    /// Answers every request at once.
    pub(crate) fn start(answer: impl Fn(&Seen, usize) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self::with_gate(None, answer)
    }

    /// Answers a GET only when so many of them are waiting: fewer at once, and nobody is ever answered.
    pub(crate) fn gated(
        at_once: usize,
        answer: impl Fn(&Seen, usize) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        Self::with_gate(Some(Barrier::new(at_once)), answer)
    }

    fn with_gate(
        gate: Option<Barrier>,
        answer: impl Fn(&Seen, usize) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            running: Mutex::default(),
            gate,
            answer: Box::new(answer),
        });
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await }));
        Self { url, shared }
    }

    /// What came, in order; the introduction of the verifier aside.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared
            .seen
            .lock()
            .unwrap()
            .iter()
            .filter(|seen| !seen.target.starts_with("/_billtest/"))
            .cloned()
            .collect()
    }

    /// The targets of what came, with the state of state changes.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.seen()
            .iter()
            .map(|seen| {
                let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
                match (body["action"].as_str(), body["state"].as_str()) {
                    (Some(action), Some(state)) => format!("{action} {state}"),
                    _ => format!("{} {}", seen.method, seen.target),
                }
            })
            .collect()
    }

    /// The most requests that were under way at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.running.lock().unwrap().1
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let seen = Seen {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        tenant: parts.headers.get("uuid").map(|value| value.to_str().unwrap().to_owned()),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let before = {
        let mut all = shared.seen.lock().unwrap();
        let before = all.iter().filter(|other| other.target == seen.target).count();
        all.push(seen.clone());
        before
    };
    {
        let mut running = shared.running.lock().unwrap();
        running.0 += 1;
        running.1 = running.1.max(running.0);
    }
    if let Some(gate) = &shared.gate
        && seen.method == "GET"
    {
        gate.wait().await;
    }
    let (status, body) = (shared.answer)(&seen, before);
    shared.running.lock().unwrap().0 -= 1;
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap()
}
