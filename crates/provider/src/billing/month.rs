//! A calculated month: its statement, and how far its payment has come.

use std::sync::Arc;

use billtest_engine::payment_state::{ForbiddenMove, advance, path};
use billtest_models::billing::MonthPayment;
use billtest_models::{Money, MoneyError, Month, PaymentId, PaymentState, Timestamp};
use chrono::NaiveDate;

use super::account::{Account, Context};
use super::statement::Statement;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// A month that was calculated.
#[derive(Debug, Clone)]
pub(crate) struct MonthAccount {
    pub(crate) state: PaymentState,
    pub(crate) payment: PaymentId,
    /// By what the payment is asked for.
    pub(crate) group: String,
    pub(crate) statement: Arc<Statement>,
    pub(crate) due: NaiveDate,
    /// What of the month's own amount is settled, by whatever payment.
    pub(crate) settled: Money,
    /// What of the declared unpaid amount is paid.
    pub(crate) declared_unpaid_paid: Money,
    /// What of the late fee is paid.
    pub(crate) late_fee_paid: Money,
    /// What was paid through this month's payment, for earlier months as well.
    pub(crate) paid: Money,
    pub(crate) refunded: Money,
    pub(crate) paid_at: Option<Timestamp>,
    pub(crate) method: Option<String>,
}

impl MonthAccount {
    /// Whether its statement is fixed: its payment has begun, or was given up.
    pub(crate) fn is_closed(&self) -> bool {
        !matches!(self.state, PaymentState::Unknown | PaymentState::Pending | PaymentState::Ready)
    }

    /// Whether something of it is still to be paid.
    pub(crate) fn owes(&self) -> bool {
        matches!(
            self.state,
            PaymentState::Ready
                | PaymentState::Registered
                | PaymentState::PartiallyPaid
                | PaymentState::Failed
        )
    }

    /// What of its own amount is still to be paid.
    pub(crate) fn open(&self) -> Result<Money, Refusal> {
        self.statement.amount.minus(self.settled).map_err(out_of_range)
    }

    /// Moves its payment by one move of the table.
    pub(crate) fn advance(&mut self, to: PaymentState) -> Result<(), Refusal> {
        self.state = advance(self.state, to).map_err(forbidden)?;
        Ok(())
    }

    /// Moves its payment by as many moves as it takes, and at least one.
    pub(crate) fn advance_along(&mut self, to: PaymentState) -> Result<(), Refusal> {
        let steps = path(self.state, to).filter(|path| path.len() > 1);
        let Some(steps) = steps else {
            return Err(forbidden(ForbiddenMove { from: self.state, to }));
        };
        steps.into_iter().skip(1).try_for_each(|step| self.advance(step))
    }
}

impl Account {
    /// Calculates a month and writes it down: from then on it owes, and the credits that pay for it are taken. Done
    /// again it replaces what was written; a month whose payment has begun stays as it is.
    pub(crate) fn calculate(&mut self, context: &Context<'_>, month: Month) -> Result<(), Refusal> {
        let known = self.months.get(&month);
        if let Some(closed) = known.filter(|account| account.is_closed()) {
            return Err(Refusal::conflict(format!("{month} is closed: its payment is {}", closed.state)));
        }
        let named = known.map(|account| (account.payment.clone(), account.group.clone()));
        let statement = self.draw_up(context, month)?;
        self.credits
            .commit(&statement.id, statement.draws.clone())
            .map_err(|error| Refusal::conflict(error.to_string()))?;
        let nothing = Money::zero(self.currency());
        let (payment, group) = named
            .unwrap_or_else(|| (PaymentId::from(context.new_id("PAY")), group_of(context.tenant, month)));
        let account = MonthAccount {
            state: PaymentState::Ready,
            payment,
            group,
            statement: Arc::new(statement),
            due: due(month),
            settled: nothing,
            declared_unpaid_paid: nothing,
            late_fee_paid: nothing,
            paid: nothing,
            refunded: nothing,
            paid_at: None,
            method: None,
        };
        self.months.insert(month, account);
        Ok(())
    }

    /// Undoes the calculation of a month: its payment is gone, and the credits that paid for it are back.
    pub(super) fn forget_month(&mut self, month: Month) {
        if let Some(account) = self.months.remove(&month) {
            self.credits.release(&account.statement.id);
        }
    }

    /// The account of a month, calculated if its payment has not begun.
    pub(crate) fn calculated(
        &mut self,
        context: &Context<'_>,
        month: Month,
    ) -> Result<&mut MonthAccount, Refusal> {
        if !self.months.get(&month).is_some_and(MonthAccount::is_closed) {
            self.calculate(context, month)?;
        }
        self.months.get_mut(&month).ok_or_else(|| Refusal::not_found("Payment", &month.to_string(), None))
    }

    /// The month whose payment has this id, or is asked for by this name.
    pub(crate) fn month_of_payment(&self, tenant: &Tenant, name: &str) -> Option<Month> {
        let calculated = self
            .months
            .iter()
            .find(|(_, account)| account.payment.as_str() == name || account.group == name)
            .map(|(month, _)| *month);
        calculated.or_else(|| {
            let (_, digits) = name.rsplit_once('-')?;
            let (year, month) = digits.split_at_checked(4)?;
            let month: Month = format!("{year}-{month}").parse().ok()?;
            let free = !self.months.contains_key(&month);
            (free && group_of(tenant, month) == name).then_some(month)
        })
    }

    /// The payment of a month as it is shown.
    pub(crate) fn payment(&self, context: &Context<'_>, month: Month) -> Result<MonthPayment, Refusal> {
        let statement = self.statement(context, month)?;
        let account = self.months.get(&month);
        let nothing = Money::zero(self.currency());
        let state = self.state(month);
        Ok(MonthPayment {
            payment_id: account.map(|account| account.payment.clone()),
            payment_group_id: self.group(context.tenant, month),
            month,
            status: state,
            payment_status_code: state,
            amount: statement.total.amount(),
            paid_amount: account.map_or(nothing, |account| account.paid).amount(),
            refunded_amount: account.map_or(nothing, |account| account.refunded).amount(),
            currency: self.currency(),
            due_date: due(month).into(),
            payment_date: account.and_then(|account| account.paid_at),
            payment_method: account.and_then(|account| account.method.clone()),
        })
    }

    /// By what the payment of a month is asked for.
    pub(crate) fn group(&self, tenant: &Tenant, month: Month) -> String {
        self.months.get(&month).map_or_else(|| group_of(tenant, month), |account| account.group.clone())
    }
}

/// The name of a payment to which nobody gave another one.
fn group_of(tenant: &Tenant, month: Month) -> String {
    let short: String = tenant.as_str().chars().take(8).collect();
    format!("PG-{short}-{}", month.to_string().replace('-', ""))
}

/// A month is to be paid by the end of the next.
fn due(month: Month) -> NaiveDate {
    month.next().unwrap_or(month).last_day()
}

fn forbidden(error: ForbiddenMove) -> Refusal {
    Refusal::conflict(error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
pub(crate) fn out_of_range(error: MoneyError) -> Refusal {
    Refusal::conflict(error.to_string())
}
