//! What the console shows of a billing group. A tenant has one bill a month; its groups are the names under which it was
//! agreed, adjusted, calculated or paid.

use axum::extract::State;
use billtest_models::Month;
use billtest_models::billing::{BillingInfo, Envelope, PaymentStatements};

use super::account::{Account, Context};
use super::envelope::{Absent, Answer, Refused, answer};
use super::request::{MaybeMonth, Params};
use super::statements::of_month;
use crate::Provider;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant};

impl Account {
    fn knows_group(&self, group: &str) -> bool {
        self.contracts.iter().any(|agreement| agreement.billing_group == group)
            || self.adjustments.iter().any(|ordered| ordered.billing_group.as_deref() == Some(group))
            || self.declared.values().any(|declared| declared.billing_group.as_deref() == Some(group))
            || self.months.values().any(|account| account.group == group)
    }

    /// The month that is shown of a group: the one asked for, or the last that was calculated, or the present one.
    fn month_of_group(
        &self,
        context: &Context<'_>,
        group: &str,
        asked: Option<Month>,
    ) -> Result<Month, Refusal> {
        if !self.knows_group(group) {
            return Err(Refusal::not_found("Billing group", group, None));
        }
        match asked.or_else(|| self.months.keys().next_back().copied()) {
            Some(month) => Ok(month),
            None => context.month(),
        }
    }
}

/// Read the statement of a billing group, with the state of its payment.
#[utoipa::path(
    get, path = "/billing/console/payment/statements/{billing_group_id}", operation_id = "getGroupStatements",
    tag = "statements",
    params(
        ("billing_group_id" = String, Path),
        ("month" = Option<MaybeMonth>, Query, description = "The last calculated one unless said otherwise"),
    ),
    responses((status = 200, body = Envelope<PaymentStatements>), Absent, Refused)
)]
pub(crate) async fn statements(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(group): Id,
    params: Params,
) -> Answer<PaymentStatements> {
    let asked = params.optional_month("month")?;
    let context = provider.context(&tenant);
    let shown = provider.store.read(&tenant, |records| {
        let month = records.account.month_of_group(&context, &group, asked)?;
        of_month(&records.account, &context, month)
    });
    answer(shown?)
}

/// Read how a billing group is billed: the last calculated month, and the state of its payment.
#[utoipa::path(
    get, path = "/billing/console/billing-info/{billing_group_id}", operation_id = "getBillingInfo",
    tag = "statements",
    params(
        ("billing_group_id" = String, Path),
        ("month" = Option<MaybeMonth>, Query, description = "The last calculated one unless said otherwise"),
    ),
    responses((status = 200, body = Envelope<BillingInfo>), Absent, Refused)
)]
pub(crate) async fn info(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(group): Id,
    params: Params,
) -> Answer<BillingInfo> {
    let asked = params.optional_month("month")?;
    let context = provider.context(&tenant);
    let payment = provider.store.read(&tenant, |records| {
        let month = records.account.month_of_group(&context, &group, asked)?;
        records.account.books_of(&context, month)?.payment(month)
    })?;
    answer(BillingInfo {
        billing_group_id: group,
        payment_group_id: payment.payment_group_id,
        payment_status: payment.status,
        month: payment.month,
        amount: payment.amount,
        currency: payment.currency,
        due_date: payment.due_date,
    })
}
