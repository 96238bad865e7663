//! The control routes under `/_billtest/`, and the names they had in the Python mock server.
//!
//! They are for whoever runs a test, not part of the billing API: the OpenAPI document does not have them, and neither
//! rate limits nor ordered faults touch them.

mod clock;
mod faults;
mod legacy;
mod states;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use billtest_models::Timestamp;
use billtest_models::billing::EnvelopeHeader;
use serde::Serialize;

pub(crate) use self::clock::ClockChange;
use crate::tenant::Tenant;
use crate::{Provider, SERVICE, STATE_CHANGE_PATH};

pub(crate) fn routes() -> Router<Provider> {
    Router::new()
        .route("/_billtest/health", get(health))
        .route("/health", get(health))
        .route("/_billtest/clock", get(clock::get).put(clock::put))
        .route(
            "/_billtest/faults",
            get(faults::list).put(faults::replace).post(faults::add).delete(faults::clear),
        )
        .route("/_billtest/faults/{id}", delete(faults::remove))
        .route("/_billtest/reset", post(reset))
        .route("/_billtest/reset-all", post(reset_all))
        .route(STATE_CHANGE_PATH, post(states::change))
        .route("/pact-states", post(states::change))
        .route("/test/reset", post(legacy::reset))
        .route("/test/reset/{uuid}", delete(legacy::reset_named))
        .route("/test/rate-limit/status", get(legacy::limit_status))
}

#[derive(Serialize)]
struct Health {
    header: EnvelopeHeader,
    status: &'static str,
    service: &'static str,
    version: &'static str,
    timestamp: Timestamp,
    /// How many tenants have data.
    tenants: usize,
}

async fn health(State(provider): State<Provider>) -> Json<Health> {
    Json(Health {
        header: EnvelopeHeader::success(),
        status: "healthy",
        service: SERVICE,
        version: env!("CARGO_PKG_VERSION"),
        timestamp: provider.clock.now(),
        tenants: provider.store.len(),
    })
}

/// Forgets the tenant of the request.
async fn reset(State(provider): State<Provider>, tenant: Tenant) -> StatusCode {
    provider.forget(&tenant);
    StatusCode::NO_CONTENT
}

async fn reset_all(State(provider): State<Provider>) -> StatusCode {
    provider.store.reset_all();
    provider.faults.clear();
    StatusCode::NO_CONTENT
}

impl Provider {
    /// Forgets all that belongs to a tenant.
    fn forget(&self, tenant: &Tenant) {
        self.store.reset(tenant);
        self.faults.remove_of(tenant);
    }
}
