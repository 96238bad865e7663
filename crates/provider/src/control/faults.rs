//! `/_billtest/faults`: orders faults; see [`crate::faults`].

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::Provider;
use crate::body::Valid;
use crate::faults::{FaultRule, FaultRules, ShownFault};
use crate::refusal::Refusal;
use crate::tenant::Id;

#[derive(Debug, Serialize)]
pub(super) struct ShownFaults {
    faults: Vec<ShownFault>,
}

pub(super) async fn list(State(provider): State<Provider>) -> Json<ShownFaults> {
    Json(ShownFaults { faults: provider.faults.shown() })
}

pub(super) async fn replace(
    State(provider): State<Provider>,
    Valid(rules): Valid<FaultRules>,
) -> Result<Json<ShownFaults>, Refusal> {
    Ok(Json(ShownFaults { faults: provider.faults.replace(rules.faults)? }))
}

pub(super) async fn add(
    State(provider): State<Provider>,
    Valid(rule): Valid<FaultRule>,
) -> Result<(StatusCode, Json<ShownFault>), Refusal> {
    Ok((StatusCode::CREATED, Json(provider.faults.add(rule)?)))
}

pub(super) async fn remove(State(provider): State<Provider>, Id(id): Id) -> Result<StatusCode, Refusal> {
    if provider.faults.remove(&id) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::not_found("Fault", &id, None))
    }
}

pub(super) async fn clear(State(provider): State<Provider>) -> StatusCode {
    provider.faults.clear();
    StatusCode::NO_CONTENT
}
