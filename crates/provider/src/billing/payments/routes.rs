//! The routes of payments.

use axum::extract::State;
use billtest_models::billing::{
    Envelope, MakePaymentRequest, MonthPayment, PayRequest, PaymentFound, PaymentMoveRequest, PaymentReceipt,
    PaymentStatusRequest, PaymentsFound, RefundReceipt, RefundRequest,
};
use billtest_models::{DueDate, Month, PaymentState};

use crate::Provider;
use crate::billing::account::Account;
use crate::billing::change;
use crate::billing::envelope::{Absent, Answer, BodyRefused, ChangeRefused, Malformed, Refused, answer};
use crate::billing::request::{Body, InMonth, MaybeMonth, MonthBody, Page, Params};
use crate::idempotency::IdempotencyKey;
use crate::refusal::{Refusal, both};
use crate::tenant::{Id, Tenant};

/// Pay a month. It is calculated before, if it is not; a payment that the table of states forbids changes nothing.
#[utoipa::path(
    post, path = "/billing/payments/{month}", operation_id = "payMonth", tag = "payments",
    params(("month" = Month, Path), IdempotencyKey),
    request_body = PayRequest,
    responses((status = 200, body = Envelope<PaymentReceipt>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn pay(
    State(provider): State<Provider>,
    MonthBody(month, tenant, request): MonthBody<PayRequest>,
) -> Answer<PaymentReceipt> {
    answer(change(&provider, &tenant, |account, context| account.pay(context, month, request))?)
}

/// Pay a month that the body names.
#[utoipa::path(
    post, path = "/billing/payment/make", operation_id = "makePayment", tag = "payments",
    params(IdempotencyKey),
    request_body = MakePaymentRequest,
    responses((status = 200, body = Envelope<PaymentReceipt>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn make(
    State(provider): State<Provider>,
    Body(tenant, request): Body<MakePaymentRequest>,
) -> Answer<PaymentReceipt> {
    let MakePaymentRequest { month, pay } = request;
    answer(change(&provider, &tenant, |account, context| account.pay(context, month, pay))?)
}

/// Read the payments of calculated months.
#[utoipa::path(
    get, path = "/billing/admin/payments", operation_id = "listPayments", tag = "payments",
    params(
        ("monthFrom" = Option<MaybeMonth>, Query), ("monthTo" = Option<MaybeMonth>, Query),
        Page,
    ),
    responses((status = 200, body = Envelope<PaymentsFound>), Refused)
)]
pub(crate) async fn list(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<PaymentsFound> {
    let (from, to) = params.months("monthFrom", "monthTo")?;
    found(&provider, &tenant, &params, |month, _| {
        from.is_none_or(|from| from <= month) && to.is_none_or(|to| month <= to)
    })
}

/// Read the payments that were made.
#[utoipa::path(
    get, path = "/billing/payment/history", operation_id = "getPaymentHistory", tag = "payments",
    params(
        ("paymentGroupId" = Option<String>, Query),
        ("startDate" = Option<DueDate>, Query, description = "The first day of payment"),
        ("endDate" = Option<DueDate>, Query, description = "The last day of payment"),
        Page,
    ),
    responses((status = 200, body = Envelope<PaymentsFound>), Refused)
)]
pub(crate) async fn history(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<PaymentsFound> {
    let (group, (from, to)) = both(params.optional("paymentGroupId"), params.days("startDate", "endDate"))?;
    found(&provider, &tenant, &params, |_, payment| {
        let Some(day) = payment.payment_date.map(|time| provider.region.day(time)) else { return false };
        group.is_none_or(|group| payment.payment_group_id == group)
            && from.is_none_or(|from| from <= day)
            && to.is_none_or(|to| day <= to)
    })
}

/// Read the payment of a month, calculated or not.
#[utoipa::path(
    get, path = "/billing/console/payments", operation_id = "getConsolePayments", tag = "payments",
    params(("month" = Month, Query)),
    responses((status = 200, body = Envelope<PaymentsFound>), Refused)
)]
pub(crate) async fn console_list(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<PaymentsFound> {
    let month = params.month("month")?;
    let context = provider.context(&tenant);
    let payment =
        provider.store.read(&tenant, |records| records.account.books_of(&context, month)?.payment(month))?;
    answer(PaymentsFound { payments: vec![payment.clone()], statements: vec![payment], total_items: 1 })
}

fn found(
    provider: &Provider,
    tenant: &Tenant,
    params: &Params,
    wanted: impl Fn(Month, &MonthPayment) -> bool,
) -> Answer<PaymentsFound> {
    let context = provider.context(tenant);
    let payments = provider.store.read(tenant, |records| {
        let books = records.account.books(&context)?;
        let mut payments = Vec::new();
        for month in records.account.months.keys() {
            let payment = books.payment(*month)?;
            if wanted(*month, &payment) {
                payments.push(payment);
            }
        }
        Ok::<_, Refusal>(payments)
    })?;
    let total_items = payments.len();
    let payments = params.page(payments)?;
    answer(PaymentsFound { statements: payments.clone(), payments, total_items })
}

/// The month of a payment that is named by id or group; one of another tenant is as if it were not there.
pub(super) fn named(account: &Account, tenant: &Tenant, name: &str) -> Result<Month, Refusal> {
    account.month_of_payment(tenant, name).ok_or_else(|| Refusal::not_found("Payment", name, None))
}

/// The month that a group must belong to.
fn check_group(account: &Account, tenant: &Tenant, month: Month, group: Option<&str>) -> Result<(), Refusal> {
    match group {
        Some(group) if account.group(tenant, month) != group => {
            Err(Refusal::not_found("Payment", group, Some("paymentGroupId")))
        }
        _ => Ok(()),
    }
}

/// Read a payment, by its id or by the name of its group.
#[utoipa::path(
    get, path = "/billing/payment/{id}", operation_id = "getMonthPayment", tag = "payments",
    params(("id" = String, Path)),
    responses((status = 200, body = Envelope<PaymentFound>), Absent, Malformed)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<PaymentFound> {
    one(&provider, &tenant, &id)
}

/// Read a payment as the console shows it.
#[utoipa::path(
    get, path = "/billing/console/payment/{id}", operation_id = "getConsolePayment", tag = "payments",
    params(("id" = String, Path)),
    responses((status = 200, body = Envelope<PaymentFound>), Absent, Malformed)
)]
pub(crate) async fn console_get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<PaymentFound> {
    one(&provider, &tenant, &id)
}

fn one(provider: &Provider, tenant: &Tenant, id: &str) -> Answer<PaymentFound> {
    let context = provider.context(tenant);
    let payment = provider.store.read(tenant, |records| {
        let month = named(&records.account, tenant, id)?;
        records.account.books_of(&context, month)?.payment(month)
    })?;
    answer(PaymentFound { payment })
}

/// Register a payment: hand it to the payment provider.
#[utoipa::path(
    put, path = "/billing/console/payment/{id}", operation_id = "registerPayment", tag = "payments",
    params(("id" = String, Path)),
    responses((status = 200, body = Envelope<PaymentFound>), Absent, ChangeRefused)
)]
pub(crate) async fn register(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<PaymentFound> {
    moved(&provider, &tenant, PaymentState::Registered, |account| named(account, &tenant, &id))
}

/// Move the payment of a month to another state.
#[utoipa::path(
    put, path = "/billing/admin/payments/{month}/status", operation_id = "changePaymentStatus",
    tag = "payments",
    params(("month" = Month, Path)),
    request_body = PaymentStatusRequest,
    responses((status = 200, body = Envelope<PaymentFound>), Absent, ChangeRefused, BodyRefused)
)]
pub(crate) async fn change_status(
    State(provider): State<Provider>,
    MonthBody(month, tenant, request): MonthBody<PaymentStatusRequest>,
) -> Answer<PaymentFound> {
    moved(&provider, &tenant, request.payment_status_code, |account| {
        check_group(account, &tenant, month, request.payment_group_id.as_deref())?;
        Ok(month)
    })
}

/// Move a payment to another state.
#[utoipa::path(
    put, path = "/billing/payment/{id}/status", operation_id = "movePayment", tag = "payments",
    params(("id" = String, Path)),
    request_body = PaymentMoveRequest,
    responses((status = 200, body = Envelope<PaymentFound>), Absent, ChangeRefused, BodyRefused)
)]
pub(crate) async fn move_by_id(
    State(provider): State<Provider>,
    Id(id): Id,
    Body(tenant, request): Body<PaymentMoveRequest>,
) -> Answer<PaymentFound> {
    moved(&provider, &tenant, request.status, |account| match request.month {
        Some(month) => check_group(account, &tenant, month, Some(&id)).map(|()| month),
        None => named(account, &tenant, &id),
    })
}

/// Cancel the payment of a month.
#[utoipa::path(
    delete, path = "/billing/admin/payments/{month}", operation_id = "cancelMonthPayment", tag = "payments",
    params(("month" = Month, Path), ("paymentGroupId" = Option<String>, Query)),
    responses((status = 200, body = Envelope<PaymentFound>), Absent, ChangeRefused)
)]
pub(crate) async fn cancel(
    State(provider): State<Provider>,
    tenant: Tenant,
    InMonth(month): InMonth,
    params: Params,
) -> Answer<PaymentFound> {
    let group = params.optional("paymentGroupId")?;
    moved(&provider, &tenant, PaymentState::Cancelled, |account| {
        check_group(account, &tenant, month, group)?;
        Ok(month)
    })
}

/// Cancel a payment.
#[utoipa::path(
    delete, path = "/billing/payment/{id}", operation_id = "cancelPayment", tag = "payments",
    params(("id" = String, Path), ("month" = Option<MaybeMonth>, Query)),
    responses((status = 200, body = Envelope<PaymentFound>), Absent, ChangeRefused)
)]
pub(crate) async fn cancel_by_id(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
    params: Params,
) -> Answer<PaymentFound> {
    let month = params.optional_month("month")?;
    moved(&provider, &tenant, PaymentState::Cancelled, |account| match month {
        Some(month) => check_group(account, &tenant, month, Some(&id)).map(|()| month),
        None => named(account, &tenant, &id),
    })
}

fn moved(
    provider: &Provider,
    tenant: &Tenant,
    to: PaymentState,
    which: impl FnOnce(&Account) -> Result<Month, Refusal>,
) -> Answer<PaymentFound> {
    let payment = change(provider, tenant, |account, context| {
        let month = which(account)?;
        account.move_payment(context, month, to)?;
        account.books_of(context, month)?.payment(month)
    })?;
    answer(PaymentFound { payment })
}

/// Try a failed payment again: it is registered, and what is open is paid.
#[utoipa::path(
    post, path = "/billing/payment/{id}/retry", operation_id = "retryPayment", tag = "payments",
    params(("id" = String, Path), IdempotencyKey),
    responses((status = 200, body = Envelope<PaymentReceipt>), Absent, ChangeRefused)
)]
pub(crate) async fn retry(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<PaymentReceipt> {
    let receipt = change(&provider, &tenant, |account, context| {
        let month = named(account, &tenant, &id)?;
        account.retry(context, month)
    })?;
    answer(receipt)
}

/// Pay back a payment, or a part of it.
#[utoipa::path(
    post, path = "/billing/refund", operation_id = "refundPayment", tag = "payments",
    params(IdempotencyKey),
    request_body = RefundRequest,
    responses((status = 200, body = Envelope<RefundReceipt>), Absent, ChangeRefused, BodyRefused)
)]
pub(crate) async fn refund(
    State(provider): State<Provider>,
    Body(tenant, request): Body<RefundRequest>,
) -> Answer<RefundReceipt> {
    answer(change(&provider, &tenant, |account, context| account.refund(context, &request))?)
}
