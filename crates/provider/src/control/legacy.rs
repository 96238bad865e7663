//! Control routes as the Python mock server had them, for clients that still call them.

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use billtest_models::ErrorCode;
use serde::Serialize;

use crate::Provider;
use crate::billing::{Answer, answer};
use crate::connection::Peer;
use crate::limits::Verdict;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant, identify};

#[derive(Debug, Serialize)]
pub(super) struct Message {
    message: String,
}

/// Forgets the tenant, which must be named here: in the header, the query or the body.
pub(super) async fn reset(State(provider): State<Provider>, request: Request) -> Answer<Message> {
    let (mut parts, _) = identify(request, &provider).await?.into_parts();
    let Some(tenant) = Tenant::named(&mut parts, &provider).await? else {
        return Err(Refusal::new(ErrorCode::InvalidTenant, "UUID required in headers"));
    };
    provider.forget(&tenant);
    answer(Message { message: format!("Reset data for UUID: {}", tenant.as_str()) })
}

pub(super) async fn reset_named(State(provider): State<Provider>, Id(uuid): Id) -> Answer<Message> {
    let tenant = Tenant::parse(&uuid)?;
    provider.forget(&tenant);
    answer(Message { message: format!("Test data reset for UUID: {}", tenant.as_str()) })
}

/// How far the limit is from being reached. Without a limit nothing is counted.
#[derive(Debug, Serialize)]
pub(super) struct LimitStatus {
    client_id: String,
    is_enabled: bool,
    max_requests: Option<u32>,
    current_requests: u32,
    remaining: Option<u32>,
    window_seconds: u32,
}

/// Counts itself, as it always did.
pub(super) async fn limit_status(
    State(provider): State<Provider>,
    request: Request,
) -> Result<Json<LimitStatus>, Refusal> {
    let (mut parts, _) = request.into_parts();
    let tenant = Tenant::named(&mut parts, &provider).await?;
    let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| peer.address);
    let client = tenant.as_ref().map(|tenant| tenant.as_str().to_owned());
    let address = peer.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    let left = provider.limits.as_ref().map(|limits| match limits.count(peer, tenant.as_ref()) {
        Verdict::Go { remaining } => (limits.per_second.get(), remaining),
        Verdict::Wait(_) => (limits.per_second.get(), 0),
    });
    Ok(Json(LimitStatus {
        client_id: client.unwrap_or(address),
        is_enabled: left.is_some(),
        max_requests: left.map(|(most, _)| most),
        current_requests: left.map_or(0, |(most, remaining)| most - remaining),
        remaining: left.map(|(_, remaining)| remaining),
        window_seconds: 1,
    }))
}
