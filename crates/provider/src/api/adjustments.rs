use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use billtest_models::{
    Adjustment, AdjustmentId, AdjustmentRequest, AdjustmentStatus, Money, MoneyError, Payment, PaymentStatus,
};

use super::keep;
use super::refused::{Absent, ChangeRefused, Malformed};
use crate::Provider;
use crate::body::Valid;
use crate::idempotency::IdempotencyKey;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant};

/// Apply an adjustment to an invoice, on top of those that were applied before.
#[utoipa::path(
    post, path = "/api/v1/adjustments", operation_id = "applyAdjustment", tag = "adjustments",
    params(IdempotencyKey),
    request_body = AdjustmentRequest,
    responses((status = 201, body = Adjustment), Absent, ChangeRefused)
)]
pub(crate) async fn apply(
    State(provider): State<Provider>,
    tenant: Tenant,
    Valid(request): Valid<AdjustmentRequest>,
) -> Result<(StatusCode, Json<Adjustment>), Refusal> {
    let against_rule = |error: MoneyError| Refusal::rule("amount", error.to_string());
    provider.store.write(&tenant, |records| {
        let target = &request.target_invoice;
        let begun =
            |payment: &&Payment| payment.invoice.id == *target && payment.status != PaymentStatus::Pending;
        if let Some(Payment { payment_id, status, .. }) = records.payments.values().find(begun) {
            let message = format!(
                "payment {payment_id} of invoice {target} is {}: its amount is fixed",
                status.state()
            );
            return Err(Refusal::conflict(message));
        }
        let invoice = records
            .invoices
            .get_mut(target)
            .ok_or_else(|| Refusal::not_found("Invoice", target.as_str(), Some("target_invoice")))?;
        let original = Money::new(invoice.amount, invoice.currency).map_err(against_rule)?;
        let change = Money::new(request.amount, invoice.currency).map_err(against_rule)?;
        let adjusted = if request.adjustment_type.is_reduction() {
            original.minus(change).map_err(against_rule)?
        } else {
            original.plus(change).map_err(against_rule)?
        };
        if adjusted.is_negative() {
            return Err(Refusal::rule("amount", format!("{change} is more than the invoice's {original}")));
        }
        let adjustment = Adjustment {
            adjustment_id: AdjustmentId::from(provider.new_id("ADJ")),
            status: AdjustmentStatus::Applied,
            original_amount: original.amount(),
            adjusted_amount: adjusted.amount(),
            applied_at: provider.now().into(),
        };
        let id = adjustment.adjustment_id.clone();
        keep(&mut records.adjustments, "adjustments", id, adjustment.clone())?;
        invoice.amount = adjusted.amount();
        Ok((StatusCode::CREATED, Json(adjustment)))
    })
}

/// Read an adjustment.
#[utoipa::path(
    get, path = "/api/v1/adjustments/{id}", operation_id = "getAdjustment", tag = "adjustments",
    params(("id" = AdjustmentId, Path)),
    responses((status = 200, body = Adjustment), Malformed, Absent)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Result<Json<Adjustment>, Refusal> {
    let found = provider
        .store
        .read(&tenant, |records| records.adjustments.get(&AdjustmentId::from(id.as_str())).cloned());
    found.map(Json).ok_or_else(|| Refusal::not_found("Adjustment", &id, None))
}
