//! What stands around every answer: request ids, headers for browsers, and CORS.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::request_id::{MakeRequestId, RequestId};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::TENANT_HEADER;
use crate::ids::Ids;
use crate::{idempotency, limits};

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
        .allow_headers([CONTENT_TYPE, HeaderName::from_static(TENANT_HEADER), idempotency::KEY, REQUEST_ID])
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

/// Takes away an id that could not be written down as it is.
pub(crate) fn without_wild_id<B>(mut request: Request<B>) -> Request<B> {
    let is_sane = |id: &HeaderValue| {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
        (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.as_bytes().iter().all(allowed)
    };
    let headers = request.headers_mut();
    let mut ids = headers.get_all(REQUEST_ID).iter();
    let keep = match (ids.next(), ids.next()) {
        (None, _) => true,
        (Some(only), None) => is_sane(only),
        _ => false,
    };
    if !keep {
        headers.remove(REQUEST_ID);
    }
    request
}

/// Ids for requests that have none.
#[derive(Debug, Clone)]
pub(crate) struct MadeId(pub(crate) Arc<Ids>);

impl MakeRequestId for MadeId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(self.0.uuid().to_string()).ok().map(RequestId::new)
    }
}

/// A header of every answer that does not say otherwise.
pub(crate) type Always = SetResponseHeaderLayer<HeaderValue>;

/// What browsers are told about answers: they are what they say, not to be kept, and no pages.
pub(crate) fn for_browsers() -> [Always; 4] {
    [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
    ]
    .map(|(name, value)| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
}
