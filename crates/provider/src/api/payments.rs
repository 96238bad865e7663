use axum::Json;
use axum::extract::State;
use billtest_models::{ApiError, Payment, PaymentId};

use crate::Provider;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant};

/// Read a payment. Its amount is what its invoice comes to now, adjustments included.
#[utoipa::path(
    get, path = "/api/v1/payments/{id}", operation_id = "getPayment", tag = "payments",
    params(("id" = PaymentId, Path)),
    responses(
        (status = 200, body = Payment),
        (status = 404, body = ApiError, description = "No payment of this tenant has this id"),
    )
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Result<Json<Payment>, Refusal> {
    let found = provider.store.read(&tenant, |records| {
        let mut payment = records.payments.get(&PaymentId::from(id.as_str())).cloned()?;
        if let Some(invoice) = records.invoices.get(&payment.invoice.id) {
            payment.amount = invoice.amount;
            payment.currency = invoice.currency;
        }
        Some(payment)
    });
    found.map(Json).ok_or_else(|| Refusal::not_found("Payment", &id, None))
}
