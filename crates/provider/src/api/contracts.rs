use axum::Json;
use axum::extract::State;
use billtest_models::{Contract, ContractId};

use super::refused::{Absent, Malformed};
use crate::Provider;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant};

/// Read a contract.
#[utoipa::path(
    get, path = "/api/v1/contracts/{id}", operation_id = "getContract", tag = "contracts",
    params(("id" = ContractId, Path)),
    responses((status = 200, body = Contract), Malformed, Absent)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Result<Json<Contract>, Refusal> {
    let found = provider
        .store
        .read(&tenant, |records| records.contracts.get(&ContractId::from(id.as_str())).cloned());
    found.map(Json).ok_or_else(|| Refusal::not_found("Contract", &id, None))
}
