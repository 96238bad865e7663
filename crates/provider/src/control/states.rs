//! `/_billtest/state`: provider states.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use billtest_models::ErrorCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Provider;
use crate::body::Json as JsonBody;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

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
pub(super) async fn change(
    State(provider): State<Provider>,
    tenant: Tenant,
    json: JsonBody,
) -> Result<Response, Refusal> {
    let body = json.exact()?;
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
