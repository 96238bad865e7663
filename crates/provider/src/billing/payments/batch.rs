//! Payments by name, one or many at once.

use axum::extract::State;
use billtest_models::billing::{
    BatchAction, BatchPayment, CreatePaymentRequest, Envelope, MonthPayment, PayRequest, PaymentBatch,
    PaymentBatchDone, PaymentReceipt,
};
use billtest_models::{ErrorCode, FieldError, Month, PaymentState};

use super::named;
use crate::Provider;
use crate::billing::account::{Account, Context};
use crate::billing::change;
use crate::billing::envelope::{Absent, Answer, BodyRefused, ChangeRefused, answer};
use crate::billing::request::Body;
use crate::idempotency::IdempotencyKey;
use crate::refusal::Refusal;

impl Account {
    /// Tries a failed payment again: it is registered, and what is open is paid.
    pub(super) fn retry(&mut self, context: &Context<'_>, month: Month) -> Result<PaymentReceipt, Refusal> {
        let state = self.state(context, month)?;
        if state != PaymentState::Failed {
            return Err(Refusal::conflict(format!("only a FAILED payment is tried again, this is {state}")));
        }
        self.pay(context, month, PayRequest::default())
    }

    fn act(&mut self, context: &Context<'_>, action: BatchAction, name: &str) -> Result<Month, Refusal> {
        let month = named(self, context.tenant, name)?;
        match action {
            BatchAction::Process => self.pay(context, month, PayRequest::default()).map(drop)?,
            BatchAction::Cancel => self.move_payment(context, month, PaymentState::Cancelled)?,
            BatchAction::Retry => self.retry(context, month).map(drop)?,
            BatchAction::Refund => self.move_payment(context, month, PaymentState::Refunded)?,
        }
        Ok(month)
    }

    fn pay_one(&mut self, context: &Context<'_>, request: BatchPayment) -> Result<Month, Refusal> {
        let BatchPayment { payment_group_id, month, amount, payment_method } = request;
        let (month, group) = match (month, payment_group_id) {
            (Some(month), group) => (month, group),
            (None, Some(name)) => (named(self, context.tenant, &name)?, None),
            (None, None) => return Err(Refusal::missing("paymentGroupId")),
        };
        let pay = PayRequest { payment_group_id: group, amount, payment_method, uuid: None };
        self.pay(context, month, pay)?;
        Ok(month)
    }
}

/// Pay a payment that is named by its group or id.
#[utoipa::path(
    post, path = "/billing/payment", operation_id = "createPayment", tag = "payments",
    params(IdempotencyKey),
    request_body = CreatePaymentRequest,
    responses((status = 200, body = Envelope<PaymentReceipt>), Absent, ChangeRefused, BodyRefused)
)]
pub(crate) async fn create(
    State(provider): State<Provider>,
    Body(tenant, request): Body<CreatePaymentRequest>,
) -> Answer<PaymentReceipt> {
    let CreatePaymentRequest { payment_group_id, amount, payment_method, .. } = request;
    let receipt = change(&provider, &tenant, |account, context| {
        let month = named(account, &tenant, &payment_group_id)
            .map_err(|_| Refusal::not_found("Payment", &payment_group_id, Some("paymentGroupId")))?;
        let pay = PayRequest { payment_group_id: None, amount: Some(amount), payment_method, uuid: None };
        account.pay(context, month, pay)
    })?;
    answer(receipt)
}

/// Make, cancel, retry or pay back several payments: all of them, or none.
#[utoipa::path(
    post, path = "/billing/payment/batch", operation_id = "processPayments", tag = "payments",
    params(IdempotencyKey),
    request_body = PaymentBatch,
    responses((status = 200, body = Envelope<PaymentBatchDone>), Absent, ChangeRefused, BodyRefused)
)]
pub(crate) async fn batch(
    State(provider): State<Provider>,
    Body(tenant, batch): Body<PaymentBatch>,
) -> Answer<PaymentBatchDone> {
    let action = batch.action.unwrap_or_default();
    let steps: Vec<(String, Step)> = match (batch.requests, batch.payment_ids) {
        (Some(requests), None) if action == BatchAction::Process => requests
            .into_iter()
            .enumerate()
            .map(|(index, request)| (format!("requests[{index}]."), Step::Pay(request)))
            .collect(),
        (None, Some(ids)) => ids
            .into_iter()
            .enumerate()
            .map(|(index, id)| (format!("paymentIds[{index}]"), Step::Act(id)))
            .collect(),
        (None, None) => return Err(Refusal::missing("requests")),
        (Some(_), None) => return Err(Refusal::rule("action", "is only for `paymentIds`")),
        (Some(_), Some(_)) => {
            let detail = |field: &str| FieldError {
                field: field.to_owned(),
                message: "only one of `requests` and `paymentIds` can be there".to_owned(),
            };
            let details = vec![detail("paymentIds"), detail("requests")];
            return Err(Refusal::fields(ErrorCode::ValidationError, details));
        }
    };
    let results = change(&provider, &tenant, |account, context| done(account, context, action, steps))?;
    answer(PaymentBatchDone { processed_count: results.len(), results })
}

/// One payment of a batch.
enum Step {
    Pay(BatchPayment),
    Act(String),
}

fn done(
    account: &mut Account,
    context: &Context<'_>,
    action: BatchAction,
    steps: Vec<(String, Step)>,
) -> Result<Vec<MonthPayment>, Refusal> {
    let (mut results, mut refused) = (Vec::new(), Vec::new());
    for (place, step) in steps {
        // One that is refused may have gone half of its way.
        let done = account.change(|account| {
            let month = match step {
                Step::Pay(request) => account.pay_one(context, request)?,
                Step::Act(name) => account.act(context, action, &name)?,
            };
            account.books_of(context, month)?.payment(month)
        });
        match done {
            Ok(payment) => results.push(payment),
            Err(refusal) => refused.push((place, refusal)),
        }
    }
    match Refusal::all(refused) {
        None => Ok(results),
        Some(refusal) => Err(refusal),
    }
}
