//! What is offered and what is accepted.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::refusal::Refusal;

pub(super) const HAL: &str = "application/hal+json;charset=utf-8";
pub(super) const JSON: &str = "application/json;charset=utf-8";
pub(super) const PROBLEM: &str = "application/problem+json;charset=utf-8";
pub(super) const TEXT: &str = "text/plain;charset=utf-8";
pub(super) const HTML: &str = "text/html;charset=utf-8";
pub(super) const SVG: &str = "image/svg+xml;charset=utf-8";

/// What a client reads: the ranges of all its `Accept` headers together. Some clients send several of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Accepted(Vec<String>);

impl Accepted {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges = values.flat_map(|value| value.split(',')).filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
            (!media.is_empty() && !refused).then_some(media)
        });
        let ranges: Vec<String> = ranges.collect();
        // Who says nothing reads everything; who refuses everything reads nothing.
        if headers.contains_key(header::ACCEPT) { Self(ranges) } else { Self(vec!["*/*".to_owned()]) }
    }

    /// Whether it is named, not only covered by a wildcard.
    pub(super) fn names(&self, media: &str) -> bool {
        self.0.iter().any(|range| range == essence(media))
    }

    /// Whether the client would read it; without a header a client reads everything.
    pub(super) fn takes(&self, media: &str) -> bool {
        let media = essence(media);
        let kind = media.split('/').next().unwrap_or_default();
        self.0.iter().any(|range| range == media || range == "*/*" || range == &format!("{kind}/*"))
    }

    /// A browser: it names HTML, and nothing of ours.
    pub(super) fn is_browser(&self) -> bool {
        self.names(HTML) && !self.names(HAL)
    }
}

fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or(media)
}

/// Lets a request through if the client reads one of what is offered.
pub(super) async fn offer(offered: &'static [&'static str], request: Request, next: Next) -> Response {
    let accepted = Accepted::of(request.headers());
    if offered.iter().any(|media| accepted.takes(media)) {
        next.run(request).await
    } else {
        Refusal::NotAcceptable.into_response()
    }
}

/// A document of the protocol.
pub(super) fn hal(status: StatusCode, document: &Value) -> Response {
    text(status, HAL, document.to_string())
}

/// A new resource, and where it is.
pub(super) fn created(location: &str, document: &Value) -> Response {
    located(StatusCode::CREATED, location, document)
}

/// A resource, and where it is.
pub(super) fn located(status: StatusCode, location: &str, document: &Value) -> Response {
    let mut response = hal(status, document);
    // Everything in an address is encoded but the host, which came in a header.
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Any text.
pub(super) fn text(status: StatusCode, media: &'static str, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(media))], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(values: &[&'static str]) -> Accepted {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT, HeaderValue::from_static(value));
        }
        Accepted::of(&headers)
    }

    /// The Rust verifier sends two headers; who keeps one of them refuses every request of it.
    #[test]
    fn all_accept_headers_count() {
        let both = accepted(&["application/hal+json", "application/json"]);
        assert!(both.takes(HAL) && both.takes(JSON) && !both.takes(HTML));
        assert!(!accepted(&["application/json"]).takes(HAL));
        assert!(accepted(&[]).takes(HAL) && accepted(&["*/*"]).takes(HAL));
        assert!(accepted(&["application/*;q=0.3"]).takes(HAL));
        assert!(!accepted(&["application/hal+json;q=0"]).takes(HAL));
    }

    /// A person who follows a link from the command line would see JSON.
    #[test]
    fn a_browser_is_told_from_a_client() {
        assert!(accepted(&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"]).is_browser());
        assert!(!accepted(&["application/hal+json, text/html"]).is_browser());
        assert!(!accepted(&["*/*"]).is_browser());
    }
}
