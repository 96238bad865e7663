//! Which tenant a request is about.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use billtest_models::ErrorCode;
use serde::Deserialize;
use serde_json::Value;

use crate::billing::named_in;
use crate::body::unreadable;
use crate::refusal::Refusal;
use crate::{Provider, TENANT_HEADER};

/// The name of a tenant: 1 to 100 characters of `A-Za-z0-9_-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Tenant(String);

impl Tenant {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let valid = (1..=100).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::new(
                ErrorCode::InvalidTenant,
                format!("the {TENANT_HEADER} of a tenant is 1 to 100 characters of A-Z a-z 0-9 _ -"),
            ))
        }
    }
}

impl Tenant {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The tenant of a request that names none.
    pub(crate) fn unnamed() -> Self {
        Self("default".to_owned())
    }

    /// The tenant that the header names, or else the query.
    pub(crate) async fn named(parts: &mut Parts, provider: &Provider) -> Result<Option<Self>, Refusal> {
        let mut headers = parts.headers.get_all(TENANT_HEADER).iter();
        match (headers.next(), headers.next()) {
            (Some(header), None) => return Self::parse(header.to_str().unwrap_or_default()).map(Some),
            (Some(_), Some(_)) => {
                return Err(Refusal::new(ErrorCode::InvalidTenant, "two headers name a tenant"));
            }
            (None, _) => {}
        }
        // A query that cannot be read may have named a tenant; taking another one would be worse than a refusal.
        let query: Result<Query<InQuery>, _> = Query::from_request_parts(parts, provider).await;
        match query {
            Ok(Query(InQuery { uuid: Some(uuid) })) => Self::parse(&uuid).map(Some),
            Ok(Query(InQuery { uuid: None })) => Ok(None),
            Err(rejection) => Err(Refusal::new(ErrorCode::InvalidTenant, rejection.body_text())),
        }
    }
}

#[derive(Deserialize)]
struct InQuery {
    uuid: Option<String>,
}

impl FromRequestParts<Provider> for Tenant {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, provider: &Provider) -> Result<Self, Refusal> {
        Ok(Self::named(parts, provider).await?.unwrap_or_else(Self::unnamed))
    }
}

/// The tenant that a request names: in its header or query, or else in its body, where that counts. The request can be
/// read again.
pub(crate) async fn identify(
    request: Request,
    provider: &Provider,
) -> Result<(Option<Tenant>, Request), Refusal> {
    let (mut parts, body) = request.into_parts();
    let named = Tenant::named(&mut parts, provider).await?;
    if named.is_some() || parts.uri.path().starts_with("/api/v1/") {
        return Ok((named, Request::from_parts(parts, body)));
    }
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), provider).await;
    let bytes = bytes.map_err(unreadable)?;
    // What is no JSON names nobody.
    let json: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok((named_in(None, &json)?, Request::from_parts(parts, Body::from(bytes))))
}

/// An id in the path. One that is not UTF-8 belongs to nothing, and that is the handler's answer.
pub(crate) struct Id(pub(crate) String);

impl FromRequestParts<Provider> for Id {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, provider: &Provider) -> Result<Self, Infallible> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, provider).await;
        Ok(Self(path.map(|axum::extract::Path(id)| id).unwrap_or_default()))
    }
}
