//! What stands around every answer: request ids, headers for browsers, and CORS.

use std::str::FromStr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::{Provider, billing, faults, idempotency, limits};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_REQUEST_ID: usize = 128;
/// How long browsers remember what is allowed.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

/// An origin as browsers name it: scheme, host, and port unless it is that of the scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// Why a text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no origin: {reason}; write it as browsers do, such as http://localhost:3000")]
pub struct OriginError {
    text: String,
    reason: &'static str,
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let wrong = |reason| OriginError { text: text.to_owned(), reason };
        let uri: Uri = text.parse().map_err(|_| wrong("it is no URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("it has no scheme or no host"));
        };
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(wrong("it is neither http nor https")),
        };
        if authority.as_str().contains('@') {
            return Err(wrong("it names a user"));
        }
        if authority.port_u16() == Some(default) {
            return Err(wrong("browsers leave out the port of the scheme"));
        }
        // Whatever else there is, such as a path, makes it longer.
        if format!("{scheme}://{authority}") != text {
            return Err(wrong("it has more than scheme, host and port"));
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(wrong("browsers write it in lower case"));
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| wrong("it is no URL"))
    }
}

/// Lets pages of these origins call the API, and no others.
pub(crate) fn cors(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origins = origins.iter().map(|origin| origin.0.clone());
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        // Existing clients send others too, such as `lang`; an origin that is trusted may.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            REQUEST_ID,
            RETRY_AFTER,
            idempotency::REPLAYED,
            limits::LIMIT,
            limits::REMAINING,
            limits::RESET,
        ])
        .max_age(PREFLIGHT_AGE);
    Some(layer)
}

/// Headers of every answer that does not say otherwise: browsers are told that it is what it says, not to be kept, and no
/// page.
const FOR_BROWSERS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// What every request passes. The billing API has limits and faults; what belongs to the provider has neither.
///
/// It is one step and not a layer for each concern: a layer costs more than what it does.
pub(crate) async fn pass(State(provider): State<Provider>, request: Request, next: Next) -> Response {
    let id = sane_id(request.headers())
        .or_else(|| HeaderValue::try_from(provider.request_ids.uuid().to_string()).ok());
    let path = request.uri().path();
    let has_envelope = billing::has_envelope(path);
    let is_billing = ["/billing/", "/batch/", "/api/"].iter().any(|family| path.starts_with(family));
    let mut response = if !is_billing {
        next.run(request).await
    } else if provider.limits.is_some() {
        limits::limit(&provider, request, next).await
    } else {
        faults::inject(&provider, request, next).await
    };
    if has_envelope {
        response = billing::in_envelope(response);
    }
    let headers = response.headers_mut();
    headers.reserve(FOR_BROWSERS.len() + 1);
    for (name, value) in FOR_BROWSERS {
        headers.entry(name).or_insert(value);
    }
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// The id that a request names, if it can be written down as it is.
fn sane_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut ids = headers.get_all(REQUEST_ID).iter();
    let (Some(id), None) = (ids.next(), ids.next()) else { return None };
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
    let is_sane = (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.as_bytes().iter().all(allowed);
    is_sane.then(|| id.clone())
}
