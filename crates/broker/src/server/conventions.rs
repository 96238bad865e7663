//! What all requests and answers have in common.

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, HOST, SERVER, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use super::Broker;
use super::media::{Accepted, PROBLEM};
use super::refusal::Refusal;

/// The version of the broker whose protocol this is. Clients ask for it.
const PROTOCOL: &str = "2.120.0";

/// There is no such route.
pub(super) async fn unknown() -> Refusal {
    Refusal::NotFound
}

/// Refuses paths that are no text, so that no resource has to.
pub(super) async fn readable(request: Request, next: Next) -> Response {
    match percent_decode_str(request.uri().path()).decode_utf8() {
        Ok(path) if !path.contains('\0') => next.run(request).await,
        _ => Refusal::Malformed("The path is not a text in UTF-8.").into_response(),
    }
}

/// Puts refusals into words, answers OPTIONS for every resource, and adds the headers that every answer has.
pub(super) async fn answer(State(broker): State<Broker>, request: Request, next: Next) -> Response {
    let accepted = Accepted::of(request.headers());
    let problems = accepted.names(PROBLEM);
    let host = request.headers().get(HOST).cloned();
    let asks_options = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        let base = broker.base(host.as_ref().and_then(|host| host.to_str().ok()));
        response = refusal.told(base.as_str(), problems);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED && asks_options {
        response = options(&response);
    }
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-pact-broker-version"), HeaderValue::from_static(PROTOCOL));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(SERVER, HeaderValue::from_static(concat!("billtest/", env!("CARGO_PKG_VERSION"))));
    response
}

fn options(response: &Response) -> Response {
    let methods = response.headers().get(ALLOW).cloned();
    let methods = methods.unwrap_or(HeaderValue::from_static("GET,HEAD"));
    (StatusCode::OK, [(header::ACCESS_CONTROL_ALLOW_METHODS, methods)]).into_response()
}
