//! Addresses of resources.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Broker;

/// What stands for itself in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where this broker is for the client that asks: the public URL, or the host that it named. No slash at its end.
#[derive(Debug, Clone)]
pub(super) struct Base(Arc<str>);

impl Base {
    pub(super) fn new(url: &str) -> Self {
        Self(url.trim_end_matches('/').into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The address below this broker whose path has these segments, encoded.
    pub(super) fn at<const N: usize>(&self, segments: [&str; N]) -> String {
        let mut url = self.0.to_string();
        for segment in segments {
            url.push('/');
            url.push_str(&encoded(segment));
        }
        url
    }

    pub(super) fn pacticipant(&self, name: &str) -> String {
        self.at(["pacticipants", name])
    }

    pub(super) fn version(&self, name: &str, number: &str) -> String {
        self.at(["pacticipants", name, "versions", number])
    }

    pub(super) fn branch(&self, name: &str, branch: &str) -> String {
        self.at(["pacticipants", name, "branches", branch])
    }

    pub(super) fn branch_version(&self, name: &str, branch: &str, number: &str) -> String {
        self.at(["pacticipants", name, "branches", branch, "versions", number])
    }

    pub(super) fn tag(&self, name: &str, number: &str, tag: &str) -> String {
        self.at(["pacticipants", name, "versions", number, "tags", tag])
    }

    /// Everything about the pacts of two pacticipants.
    pub(super) fn pair(&self, consumer: &str, provider: &str) -> String {
        self.at(["pacts", "provider", provider, "consumer", consumer])
    }

    pub(super) fn pact(&self, consumer: &str, provider: &str, number: &str) -> String {
        self.at(["pacts", "provider", provider, "consumer", consumer, "version", number])
    }

    pub(super) fn content(&self, consumer: &str, provider: &str, sha: &str) -> String {
        self.at(["pacts", "provider", provider, "consumer", consumer, "pact-version", sha])
    }

    pub(super) fn environment(&self, uuid: &str) -> String {
        self.at(["environments", uuid])
    }

    /// How short names of link relations are written in full.
    pub(super) fn curies(&self) -> Value {
        json!([{"name": "pb", "href": format!("{}/doc/{{rel}}", self.0), "templated": true}])
    }
}

impl FromRequestParts<Broker> for Base {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, broker: &Broker) -> Result<Self, Self::Rejection> {
        Ok(broker.base(parts.headers.get(HOST).and_then(|host| host.to_str().ok())))
    }
}

/// A text as one segment of a path, or one value of a query.
pub(super) fn encoded(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    // Writing to a string cannot fail.
    let _ = write!(all, "{}", utf8_percent_encode(text, SEGMENT));
    all
}

/// A link with a title.
pub(super) fn link(title: &str, href: impl Into<String>) -> Value {
    json!({"title": title, "href": href.into()})
}

/// A link with a title and a name.
pub(super) fn named(title: &str, name: &str, href: impl Into<String>) -> Value {
    json!({"title": title, "name": name, "href": href.into()})
}

/// A link with places to fill in.
pub(super) fn template(title: &str, href: impl Into<String>) -> Value {
    json!({"title": title, "href": href.into(), "templated": true})
}
