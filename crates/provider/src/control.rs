//! The control routes under `/_billtest/`, and the names they had in the Python mock server.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use billtest_models::ErrorCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::body::read_json;
use crate::refusal::Refusal;
use crate::tenant::Tenant;
use crate::{Provider, SERVICE, STATE_CHANGE_PATH};

pub(crate) fn routes() -> Router<Provider> {
    Router::new()
        .route("/_billtest/health", get(health))
        .route("/health", get(health))
        .route("/_billtest/reset", post(reset))
        .route("/test/reset", post(reset))
        .route("/_billtest/reset-all", post(reset_all))
        .route(STATE_CHANGE_PATH, post(change_state))
        .route("/pact-states", post(change_state))
}

async fn health() -> Json<Value> {
    Json(json!({"status": "healthy", "service": SERVICE, "version": env!("CARGO_PKG_VERSION")}))
}

/// Forgets the tenant of the request.
async fn reset(State(provider): State<Provider>, tenant: Tenant) -> StatusCode {
    provider.store.reset(&tenant);
    StatusCode::NO_CONTENT
}

async fn reset_all(State(provider): State<Provider>) -> StatusCode {
    provider.store.reset_all();
    StatusCode::NO_CONTENT
}

/// A state change as every Pact verifier sends it.
#[derive(Debug, Default, Deserialize)]
struct StateChange {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    params: Option<Map<String, Value>>,
    #[serde(default)]
    action: Option<String>,
}

/// Sets a state up or tears it down, in the tenant of the request; answers the values of its parameters.
async fn change_state(
    State(provider): State<Provider>,
    tenant: Tenant,
    request: Request,
) -> Result<Response, Refusal> {
    let body = read_json(request, &provider).await?;
    let expected = r#"expected {"state": "...", "params": {...}, "action": "setup" or "teardown"}"#;
    let not_one = |reason: &str| {
        Refusal::new(ErrorCode::MalformedRequest, format!("not a state change: {reason}; {expected}"))
    };
    if body.get("state").is_none() {
        return Err(not_one("the body has no `state`"));
    }
    let change: StateChange = serde_json::from_value(body).map_err(|error| not_one(&error.to_string()))?;
    // Verifiers send an empty state for interactions that need none.
    let Some(name) = change.state.filter(|name| !name.is_empty()) else {
        return Ok(Json(json!({})).into_response());
    };
    let params = change.params.unwrap_or_default();
    let seeds = &provider.seeds;
    let prepared = seeds.prepare(&name, &params).map_err(|error| error.into_refusal())?;
    match change.action.as_deref() {
        None | Some("setup") => {
            let context = provider.context(&tenant);
            provider.store.write(&tenant, |records| prepared.set_up(records, &context))?;
        }
        Some("teardown") => provider.store.write(&tenant, |records| prepared.tear_down(records)),
        Some(other) => {
            return Err(Refusal::rule("action", format!("`{other}` is neither `setup` nor `teardown`")));
        }
    }
    Ok(Json(prepared.into_values()).into_response())
}
