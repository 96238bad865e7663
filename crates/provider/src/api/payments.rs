use axum::Json;
use axum::extract::State;
use billtest_engine::payment_state::advance;
use billtest_models::{
    Invoice, InvoiceLink, Month, Payment, PaymentId, PaymentState, PaymentStatus, PaymentUpdate, Statements,
    Timestamp, UpdatedPayment,
};

use super::refused::{Absent, ChangeRefused, Malformed, Rule};
use super::statements::of;
use crate::Provider;
use crate::billing::{Account, Context, MaybeMonth, Params};
use crate::body::Valid;
use crate::refusal::Refusal;
use crate::store::Records;
use crate::tenant::{Id, Tenant};

/// Read a payment. Its amount is what its invoice comes to now, adjustments included.
#[utoipa::path(
    get, path = "/api/v1/payments/{id}", operation_id = "getPayment", tag = "payments",
    params(("id" = PaymentId, Path)),
    responses((status = 200, body = Payment), Malformed, Absent)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Result<Json<Payment>, Refusal> {
    let context = provider.context(&tenant);
    provider.store.read(&tenant, |records| find(records, &context, &id)).map(Json)
}

/// Move a payment by one move of the table of payment states.
#[utoipa::path(
    patch, path = "/api/v1/payments/{id}", operation_id = "updatePayment", tag = "payments",
    params(("id" = PaymentId, Path)),
    request_body = PaymentUpdate,
    responses((status = 200, body = UpdatedPayment), Absent, ChangeRefused)
)]
pub(crate) async fn update(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
    Valid(request): Valid<PaymentUpdate>,
) -> Result<Json<UpdatedPayment>, Refusal> {
    let context = provider.context(&tenant);
    let payment =
        provider.store.write(&tenant, |records| move_to(records, &context, &id, request.status.state()))?;
    Ok(Json(UpdatedPayment {
        payment,
        transaction_id: request.transaction_id,
        updated_at: request.completed_at.unwrap_or_else(|| Timestamp::from(provider.now())),
    }))
}

/// Read the statements of the months that were calculated.
#[utoipa::path(
    get, path = "/api/v1/payments/statements", operation_id = "getStatements", tag = "payments",
    params(
        ("month" = Option<MaybeMonth>, Query, description = "The month; all unless said otherwise"),
        ("user_id" = Option<String>, Query, description = "Who is asked for, to be repeated in the answer; whose \
                                                           statements these are is said by the tenant"),
    ),
    responses((status = 200, body = Statements), Malformed, Rule)
)]
pub(crate) async fn statements(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Result<Json<Statements>, Refusal> {
    let month = params.optional_month("month")?;
    let user_id = params.optional("user_id")?.unwrap_or_else(|| tenant.as_str()).to_owned();
    let context = provider.context(&tenant);
    provider.store.read(&tenant, |records| of(&records.account, &context, month, user_id)).map(Json)
}

/// A payment of its own, or that of a calculated month.
fn find(records: &Records, context: &Context<'_>, id: &str) -> Result<Payment, Refusal> {
    if let Some(payment) = records.payments.get(&PaymentId::from(id)) {
        let invoice = records.invoices.get(&payment.invoice.id);
        let (amount, currency) = match invoice {
            Some(Invoice { amount, currency, .. }) => (*amount, *currency),
            None => (payment.amount, payment.currency),
        };
        return Ok(Payment { amount, currency, ..payment.clone() });
    }
    of_month(&records.account, context, month(&records.account, id)?)
}

fn month(account: &Account, id: &str) -> Result<Month, Refusal> {
    let mut months = account.months.iter();
    let found = months.find(|(_, account)| account.payment.as_str() == id);
    found.map(|(month, _)| *month).ok_or_else(|| Refusal::not_found("Payment", id, None))
}

fn of_month(account: &Account, context: &Context<'_>, month: Month) -> Result<Payment, Refusal> {
    let shown = account.books_of(context, month)?.payment(month)?;
    let not_calculated = || Refusal::not_found("Payment", &month.to_string(), None);
    let invoice = format!("STMT-{month}");
    Ok(Payment {
        payment_id: shown.payment_id.ok_or_else(not_calculated)?,
        status: shown.status.status(),
        amount: shown.amount,
        currency: shown.currency,
        due_date: shown.due_date,
        invoice: InvoiceLink {
            url: format!("https://api.example.com/invoices/{invoice}"),
            id: invoice.into(),
        },
    })
}

fn move_to(
    records: &mut Records,
    context: &Context<'_>,
    id: &str,
    to: PaymentState,
) -> Result<Payment, Refusal> {
    if let Some(payment) = records.payments.get_mut(&PaymentId::from(id)) {
        let status = moved(payment.status, to)?;
        if to == PaymentState::PartiallyPaid {
            let message = format!("`{to}` does not say how much is paid; a month is paid with an amount");
            return Err(Refusal::rule("status", message));
        }
        payment.status = status;
    } else {
        let month = month(&records.account, id)?;
        records
            .account
            .change(|account| account.move_payment(context, month, to))
            .map_err(|refusal| refusal.renamed(&[("paymentStatusCode", "status")]))?;
    }
    find(records, context, id)
}

fn moved(from: PaymentStatus, to: PaymentState) -> Result<PaymentStatus, Refusal> {
    advance(from.state(), to).map(PaymentState::status).map_err(|error| Refusal::conflict(error.to_string()))
}
