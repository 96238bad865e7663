//! A calculated month: how far its payment has come, and what that payment settled.

use std::sync::Arc;

use billtest_engine::payment_state::{ForbiddenMove, advance, path};
use billtest_models::{Money, MoneyError, Month, PaymentId, PaymentState, Timestamp};
use chrono::NaiveDate;

use super::account::{Account, Context};
use super::bounds::NoBill;
use super::debts::Settlement;
use super::statement::Statement;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// A month that was calculated.
#[derive(Debug, Clone)]
pub(crate) struct MonthAccount {
    /// Where its own payment was moved to; [`Books::state`](super::books::Books::state) is what it comes to.
    pub(crate) state: PaymentState,
    pub(crate) payment: PaymentId,
    /// By what the payment is asked for.
    pub(crate) group: String,
    /// The statement, once its payment has begun or was given up.
    pub(crate) fixed: Option<Arc<Statement>>,
    pub(crate) due: NaiveDate,
    /// What was paid through this month's payment, and for what.
    pub(crate) settlements: Vec<Settlement>,
    pub(crate) paid_at: Option<Timestamp>,
    pub(crate) method: Option<String>,
    /// In the currency of the tenant.
    nothing: Money,
}

impl MonthAccount {
    /// What was paid through this month's payment, for earlier months as well.
    pub(crate) fn paid(&self) -> Result<Money, Refusal> {
        self.sum(|settlement| settlement.amount)
    }

    /// What of it was paid back.
    pub(crate) fn refunded(&self) -> Result<Money, Refusal> {
        self.sum(|settlement| settlement.refunded)
    }

    fn sum(&self, of: impl Fn(&Settlement) -> Money) -> Result<Money, Refusal> {
        let mut amounts = self.settlements.iter().map(of);
        amounts.try_fold(self.nothing, Money::plus).map_err(out_of_range)
    }
}

/// Refuses a way that the table of states does not have: by one move, or by as many as it takes and at least one.
pub(crate) fn check_way(from: PaymentState, to: PaymentState, in_one_move: bool) -> Result<(), Refusal> {
    let is_there = if in_one_move {
        advance(from, to).is_ok()
    } else {
        path(from, to).is_some_and(|path| path.len() > 1)
    };
    if is_there { Ok(()) } else { Err(Refusal::conflict(ForbiddenMove { from, to }.to_string())) }
}

impl Account {
    /// Calculates a month: from then on it owes what it comes to, and takes its part of the credits. A month whose payment
    /// has begun stays as it is.
    pub(crate) fn calculate(&mut self, context: &Context<'_>, month: Month) -> Result<(), Refusal> {
        self.refuse_closed(month)?;
        self.statement(context, month)?;
        let nothing = Money::zero(self.currency());
        self.months.entry(month).or_insert_with(|| MonthAccount {
            state: PaymentState::Ready,
            payment: PaymentId::from(context.new_id("PAY")),
            group: group_of(context.tenant, month),
            fixed: None,
            due: due(month),
            settlements: Vec::new(),
            paid_at: None,
            method: None,
            nothing,
        });
        self.check_bills(context).map_err(|NoBill { reason, .. }| Refusal::conflict(reason))
    }

    /// Fixes the statement of a month whose payment begins, and writes down the credits that it takes.
    pub(super) fn fix(&mut self, context: &Context<'_>, month: Month) -> Result<&mut MonthAccount, Refusal> {
        if !self.is_closed(month) {
            self.calculate(context, month)?;
            let statement = self.statement(context, month)?;
            self.credits
                .commit(&statement.id, statement.draws.clone())
                .map_err(|error| Refusal::conflict(error.to_string()))?;
            if let Some(account) = self.months.get_mut(&month) {
                account.state = PaymentState::Registered;
                account.fixed = Some(Arc::new(statement));
            }
        }
        self.months.get_mut(&month).ok_or_else(|| Refusal::not_found("Payment", &month.to_string(), None))
    }

    /// Undoes the calculation of a month: its payment is gone, and the credits that paid for it are back.
    pub(super) fn forget_month(&mut self, month: Month) {
        if let Some(statement) = self.months.remove(&month).and_then(|account| account.fixed) {
            self.credits.release(&statement.id);
        }
    }

    /// Whether the statement of a month is fixed: its payment has begun, or was given up.
    fn is_closed(&self, month: Month) -> bool {
        self.months.get(&month).is_some_and(|account| account.fixed.is_some())
    }

    /// Refuses a change to a month whose statement is fixed: it would never be billed.
    pub(crate) fn refuse_closed(&self, month: Month) -> Result<(), Refusal> {
        match self.months.get(&month).filter(|account| account.fixed.is_some()) {
            Some(closed) => {
                Err(Refusal::conflict(format!("{month} is closed: its payment is {}", closed.state)))
            }
            None => Ok(()),
        }
    }

    /// The month whose payment has this id, or is asked for by this name.
    pub(crate) fn month_of_payment(&self, tenant: &Tenant, name: &str) -> Option<Month> {
        let calculated = self
            .months
            .iter()
            .find(|(_, account)| account.payment.as_str() == name || account.group == name)
            .map(|(month, _)| *month);
        calculated.or_else(|| month_of_group(tenant, name).filter(|month| !self.months.contains_key(month)))
    }

    /// Gives the payment of a calculated month a name. One that stands for another month would pay the wrong one.
    pub(super) fn name_payment(
        &mut self,
        tenant: &Tenant,
        month: Month,
        group: String,
    ) -> Result<(), Refusal> {
        let taken = self.month_of_payment(tenant, &group).or_else(|| month_of_group(tenant, &group));
        if let Some(other) = taken.filter(|other| *other != month) {
            return Err(Refusal::conflict(format!("`{group}` is the payment of {other}")));
        }
        if let Some(account) = self.months.get_mut(&month) {
            account.group = group;
        }
        Ok(())
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

/// The month that a payment of this name is for, as long as nobody gave it another one.
fn month_of_group(tenant: &Tenant, name: &str) -> Option<Month> {
    let (_, digits) = name.rsplit_once('-')?;
    let (year, month) = digits.split_at_checked(4)?;
    let month: Month = format!("{year}-{month}").parse().ok()?;
    (group_of(tenant, month) == name).then_some(month)
}

/// A month is to be paid by the end of the next.
pub(super) fn due(month: Month) -> NaiveDate {
    month.next().unwrap_or(month).last_day()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
pub(crate) fn out_of_range(error: MoneyError) -> Refusal {
    Refusal::conflict(error.to_string())
}
