use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use billtest_models::{Credit, CreditId, CreditRequest, CreditStatus, Money};
use chrono::Days;

use super::keep;
use super::refused::{Absent, ChangeRefused, Malformed};
use crate::Provider;
use crate::body::Valid;
use crate::idempotency::IdempotencyKey;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant};

/// How long a credit can be used.
const VALIDITY: Days = Days::new(365);

/// Grant a credit to a customer.
#[utoipa::path(
    post, path = "/api/v1/credits", operation_id = "grantCredit", tag = "credits",
    params(IdempotencyKey),
    request_body = CreditRequest,
    responses((status = 201, body = Credit), Absent, ChangeRefused)
)]
pub(crate) async fn grant(
    State(provider): State<Provider>,
    tenant: Tenant,
    Valid(request): Valid<CreditRequest>,
) -> Result<(StatusCode, Json<Credit>), Refusal> {
    let amount = Money::new(request.amount, request.currency)
        .map_err(|error| Refusal::rule("amount", error.to_string()))?;
    let now = provider.now();
    let id = CreditId::from(provider.new_id("CREDIT"));
    let credit = Credit {
        id: id.clone(),
        credit_id: id.clone(),
        customer_id: request.customer_id,
        amount: amount.amount(),
        currency: amount.currency(),
        description: request.description.unwrap_or_default(),
        reason: request.reason.unwrap_or_default(),
        credit_type: request.credit_type,
        status: CreditStatus::Active,
        created_at: now.into(),
        expires_at: now.checked_add_days(VALIDITY).unwrap_or(now).into(),
    };
    provider.store.write(&tenant, |records| {
        if !records.customers.contains_key(&credit.customer_id) {
            return Err(Refusal::not_found("Customer", credit.customer_id.as_str(), Some("customer_id")));
        }
        keep(&mut records.credits, "credits", id, credit.clone())?;
        Ok((StatusCode::CREATED, Json(credit)))
    })
}

/// Read a credit.
#[utoipa::path(
    get, path = "/api/v1/credits/{id}", operation_id = "getCredit", tag = "credits",
    params(("id" = CreditId, Path)),
    responses((status = 200, body = Credit), Malformed, Absent)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Result<Json<Credit>, Refusal> {
    let found =
        provider.store.read(&tenant, |records| records.credits.get(&CreditId::from(id.as_str())).cloned());
    found.map(Json).ok_or_else(|| Refusal::not_found("Credit", &id, None))
}
