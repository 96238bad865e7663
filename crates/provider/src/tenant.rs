//! Which tenant a request is about.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query, Request};
use axum::http::Method;
use axum::http::request::Parts;
use billtest_models::ErrorCode;
use serde::Deserialize;
use serde_json::Value;

use crate::body::received;
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

    /// The tenant that the request names: in the header, the query, and the body if that was read, which all agree.
    pub(crate) async fn named(parts: &mut Parts, provider: &Provider) -> Result<Option<Self>, Refusal> {
        if let Some(Identified(tenant)) = parts.extensions.get() {
            return Ok(tenant.clone());
        }
        let in_header = Self::in_header(parts)?;
        match (in_header, Self::in_query(parts, provider).await?) {
            (Some(header), Some(query)) if header != query => {
                let message = format!(
                    "the header names the tenant `{}`, and the query `{}`",
                    header.as_str(),
                    query.as_str()
                );
                Err(Refusal::new(ErrorCode::InvalidTenant, message))
            }
            (header, query) => Ok(header.or(query)),
        }
    }

    fn in_header(parts: &Parts) -> Result<Option<Self>, Refusal> {
        let mut headers = parts.headers.get_all(TENANT_HEADER).iter();
        match (headers.next(), headers.next()) {
            (Some(header), None) => Self::parse(header.to_str().unwrap_or_default()).map(Some),
            (Some(_), Some(_)) => Err(Refusal::new(ErrorCode::InvalidTenant, "two headers name a tenant")),
            (None, _) => Ok(None),
        }
    }

    async fn in_query(parts: &mut Parts, provider: &Provider) -> Result<Option<Self>, Refusal> {
        if parts.uri.query().is_none() {
            return Ok(None);
        }
        // A query that cannot be read may have named a tenant; taking another one would be worse than a refusal.
        let query: Result<Query<InQuery>, _> = Query::from_request_parts(parts, provider).await;
        match query {
            Ok(Query(InQuery { uuid })) => uuid.map(|uuid| Self::parse(&uuid)).transpose(),
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

/// Notes at a request which tenant it names.
#[derive(Clone)]
struct Identified(Option<Tenant>);

/// Finds out which tenant a request names in its header, its query and its body, and refuses it if two of them differ:
/// one of the two would be changed by mistake. Whoever asks later is told the same; the body can be read again.
///
/// A body counts where there can be one: that of a GET or DELETE says nothing.
pub(crate) async fn identify(request: Request, provider: &Provider) -> Result<Request, Refusal> {
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    if !has_body || request.extensions().get::<Identified>().is_some() {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let mut named = Tenant::named(&mut parts, provider).await?;
    let mut received = received(&mut parts, body).await?;
    // What is no JSON names nobody.
    received.json = serde_json::from_slice(&received.bytes).ok();
    if let Some(json) = &received.json {
        named = named_in(named, json)?;
    }
    parts.extensions.insert(Identified(named));
    Ok(received.noted(parts))
}

fn named_in(mut named: Option<Tenant>, json: &Value) -> Result<Option<Tenant>, Refusal> {
    for (field, name) in names(json) {
        let tenant = Tenant::parse(name)
            .map_err(|_| Refusal::rule(&field, format!("`{}` is no tenant's name", shown(name))))?;
        match &named {
            Some(first) if *first != tenant => {
                let message = format!("names another tenant than `{}`", first.as_str());
                return Err(Refusal::rule(&field, message));
            }
            Some(_) => {}
            None => named = Some(tenant),
        }
    }
    Ok(named)
}

/// Where bodies name tenants: in a field `uuid`, of their own or of what they list, and in a list of nothing else. What is
/// no text is the schema's to refuse.
fn names(json: &Value) -> impl Iterator<Item = (String, &str)> {
    let own = json.get("uuid").and_then(Value::as_str).map(|name| ("uuid".to_owned(), name));
    let lists = json.as_object().into_iter().flatten();
    let lists = lists.filter_map(|(list, items)| Some((list.as_str(), items.as_array()?)));
    let listed = lists.flat_map(|(list, items)| {
        items.iter().enumerate().filter_map(move |(at, item)| match item {
            Value::String(name) if list == "uuidList" => Some((format!("{list}[{at}]"), name.as_str())),
            item => Some((format!("{list}[{at}].uuid"), item.get("uuid")?.as_str()?)),
        })
    });
    own.into_iter().chain(listed)
}

fn shown(name: &str) -> String {
    name.chars().take(40).collect()
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
