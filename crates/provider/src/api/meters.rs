use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use billtest_models::{Meter, MeterId, MeterReceipt, MeterRequest, MeterStatus};

use super::refused::{Absent, ChangeRefused, Malformed};
use super::{check_kept, keep};
use crate::Provider;
use crate::body::Valid;
use crate::idempotency::IdempotencyKey;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant};

/// Store a meter reading.
#[utoipa::path(
    post, path = "/api/v1/meters", operation_id = "sendMeter", tag = "meters",
    params(IdempotencyKey),
    request_body = MeterRequest,
    responses((status = 201, body = MeterReceipt), Absent, ChangeRefused)
)]
pub(crate) async fn send(
    State(provider): State<Provider>,
    tenant: Tenant,
    Valid(request): Valid<MeterRequest>,
) -> Result<(StatusCode, Json<MeterReceipt>), Refusal> {
    check_kept("metadata", &request.metadata)?;
    let id = MeterId::from(provider.new_id("METER"));
    let MeterRequest { resource_id, meter_name, value, unit, timestamp, metadata } = request;
    let status = MeterStatus::Accepted;
    let receipt = MeterReceipt {
        id: id.clone(),
        status,
        resource_id: resource_id.clone(),
        timestamp: provider.now().into(),
    };
    provider.store.write(&tenant, |records| {
        if !records.resources.contains_key(&resource_id) {
            return Err(Refusal::not_found("Resource", resource_id.as_str(), Some("resource_id")));
        }
        let meter =
            Meter { id: id.clone(), status, resource_id, meter_name, value, unit, timestamp, metadata };
        keep(&mut records.meters, "meters", id, meter)?;
        Ok((StatusCode::CREATED, Json(receipt)))
    })
}

/// Read a meter reading.
#[utoipa::path(
    get, path = "/api/v1/meters/{id}", operation_id = "getMeter", tag = "meters",
    params(("id" = MeterId, Path)),
    responses((status = 200, body = Meter), Malformed, Absent)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Result<Json<Meter>, Refusal> {
    let found =
        provider.store.read(&tenant, |records| records.meters.get(&MeterId::from(id.as_str())).cloned());
    found.map(Json).ok_or_else(|| Refusal::not_found("Meter", &id, None))
}
