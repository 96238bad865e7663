//! Sending a request and reading its response.

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pact_models::bodies::OptionalBody;
use pact_models::headers::parse_header;
use pact_models::v4::http_parts::{HttpRequest, HttpResponse};
use pact_verifier::provider_client::join_paths;
use reqwest::Client;
use url::Url;

use crate::{Received, Sent};

/// A response body above this size is not read to its end.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// The same for what a state change is answered.
const STATE_LIMIT: usize = 1024 * 1024;

/// A request of a pact, ready to be sent to any provider.
///
/// What would be changed or dropped on the way to the wire is refused when it is made: an unknown method is not a
/// GET, a bad header is not left out.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl Template {
    pub(crate) fn new(request: &HttpRequest) -> Result<Self, String> {
        let method = Method::from_bytes(request.method.to_uppercase().as_bytes())
            .map_err(|_| format!("`{}` is not an HTTP method", request.method))?;
        check_path(&request.path)?;
        let mut query: Vec<(String, String)> = Vec::new();
        for (name, values) in request.query.iter().flatten() {
            query.extend(values.iter().map(|value| (name.clone(), value.clone().unwrap_or_default())));
        }
        // By name; the values of one name stay in their order.
        query.sort_by(|a, b| a.0.cmp(&b.0));
        let mut headers = HeaderMap::new();
        for (name, values) in request.headers.iter().flatten() {
            for value in values {
                let (name, value) = header(name, value)?;
                headers.append(name, value);
            }
        }
        let body = bytes_of(&request.body);
        if body.is_some()
            && !headers.contains_key(CONTENT_TYPE)
            && let Some(content_type) = request.content_type()
            && let Ok(value) = HeaderValue::try_from(content_type.to_string())
        {
            // V4 pacts may say the type of a body beside it and not in a header.
            headers.insert(CONTENT_TYPE, value);
        }
        Ok(Self { method, path: request.path.clone(), query, headers, body })
    }

    /// A POST of JSON.
    pub(crate) fn post_json(path: &str, body: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self {
            method: Method::POST,
            path: path.to_owned(),
            query: Vec::new(),
            headers,
            body: Some(body.into()),
        }
    }

    /// What the pact has under a header.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Sets a header in place of whatever the pact has under that name.
    pub(crate) fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    fn url(&self, base: &str) -> Result<Url, String> {
        let text = join_paths(base, &self.path);
        let mut url = Url::parse(&text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }

    /// The request as it is shown to people.
    pub(crate) fn sent(&self, base: &str) -> Sent {
        Sent {
            method: self.method.to_string(),
            url: self.url(base).map_or_else(|_| join_paths(base, &self.path), |url| url.to_string()),
            headers: shown_headers(&self.headers),
            body: self.body.clone(),
        }
    }

    /// Sends it and reads the whole response.
    pub(crate) async fn send(&self, client: &Client, base: &str) -> Result<Answer, NoResponse> {
        let url = self.url(base).map_err(NoResponse::Invalid)?;
        let mut request = reqwest::Request::new(self.method.clone(), url);
        *request.headers_mut() = self.headers.clone();
        if let Some(body) = &self.body {
            *request.body_mut() = Some(body.clone().into());
        }
        let mut response =
            client.execute(request).await.map_err(|error| NoResponse::Failed(reason_of(&error)))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = read_body(response, BODY_LIMIT).await.map_err(NoResponse::Failed)?;
        Ok(Answer { status, headers, body })
    }
}

/// Reads a body to its end, if it has one.
async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Bytes, String> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason_of(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(format!("its answer is larger than {limit} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What a state change is answered, as text, whatever it is. It holds a few values.
pub(crate) async fn read_text(response: reqwest::Response) -> Result<String, String> {
    Ok(String::from_utf8_lossy(&read_body(response, STATE_LIMIT).await?).into_owned())
}

/// Refuses a path that would become another one on its way: a URL knows fragments, directions and backslashes, and
/// drops what it cannot carry.
fn check_path(path: &str) -> Result<(), String> {
    let problem = if !path.is_empty() && !path.starts_with('/') {
        "does not begin with a slash"
    } else if path.starts_with("//") {
        "begins with two slashes"
    } else if path.contains(['#', '\\']) {
        "has a `#` or a backslash; as a part of a path it is written %23 or %5C"
    } else if path.contains(char::is_control) {
        "has a control character"
    } else if path.split(['/', '?']).any(is_direction) {
        "has a part `.` or `..`, which would be another path"
    } else {
        return Ok(());
    };
    Err(format!("the path `{}` {problem}", path.escape_debug()))
}

/// Whether a part of a path is one that URLs follow, in any of its spellings (URL standard, "double-dot path segment").
fn is_direction(part: &str) -> bool {
    let plain = part.to_ascii_lowercase().replace("%2e", ".");
    matches!(plain.as_str(), "." | "..")
}

/// A response as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The response as it is shown to people.
    pub(crate) fn received(&self) -> Received {
        Received { status: self.status, headers: shown_headers(&self.headers), body: self.body.clone() }
    }
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) enum NoResponse {
    /// The request could not be made.
    Invalid(String),
    /// It was sent, and nothing whole came back.
    Failed(String),
}

/// Whether a request can carry this header. What is said of one that it cannot does not repeat its value.
///
/// # Errors
/// Why it cannot.
pub fn check_header(name: &str, value: &str) -> Result<(), String> {
    header(name, value).map(drop)
}

pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::try_from(name).map_err(|_| format!("`{name}` is not the name of a header"))?;
    let value = HeaderValue::try_from(value)
        .map_err(|_| format!("header `{name}` has a value that no request can carry"))?;
    Ok((name, value))
}

pub(crate) fn bytes_of(body: &OptionalBody) -> Option<Bytes> {
    match body {
        OptionalBody::Present(bytes, ..) => Some(bytes.clone()),
        OptionalBody::Null => Some(Bytes::from_static(b"null")),
        OptionalBody::Empty | OptionalBody::Missing => None,
    }
}

/// Headers in order of name, as text. What is marked as a secret is not shown.
pub(crate) fn shown_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = headers
        .keys()
        .map(|name| {
            let values: Vec<_> = headers.get_all(name).iter().map(shown).collect();
            (name.to_string(), values.join(", "))
        })
        .collect();
    all.sort();
    all
}

fn shown(value: &HeaderValue) -> Cow<'_, str> {
    if value.is_sensitive() { "***".into() } else { String::from_utf8_lossy(value.as_bytes()) }
}

/// A response in the form that `pact_matching` compares.
pub(crate) fn as_pact(answer: &Answer) -> HttpResponse {
    let headers: HashMap<String, Vec<String>> = answer
        .headers
        .keys()
        .map(|name| {
            let values = answer.headers.get_all(name).iter();
            let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
            let parsed = values.flat_map(|value| parse_header(name.as_str(), &value));
            (name.to_string(), parsed.map(|value| value.trim().to_owned()).collect())
        })
        .collect();
    let mut response =
        HttpResponse { status: answer.status, headers: Some(headers), ..HttpResponse::default() };
    response.body = if answer.body.is_empty() {
        OptionalBody::Empty
    } else {
        OptionalBody::Present(answer.body.clone(), response.content_type(), None)
    };
    response
}

/// The reason in a chain of errors that a person can use: a time-out, or the innermost cause.
pub(crate) fn reason_of(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no complete answer within the time limit; raise it with --request-timeout".into();
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.to_string().as_str() {
        "connection closed before message completed" => "it closed the connection before answering".into(),
        other => other.to_owned(),
    }
}
