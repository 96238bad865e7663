//! Payments of months: the moves of the payment-state table, and what each settles.

mod batch;
mod routes;

use billtest_models::billing::{PayRequest, PaymentReceipt, RefundReceipt, RefundRequest};
use billtest_models::{Money, Month, PaymentId, PaymentState, PaymentStatus};

pub(crate) use self::batch::*;
pub(crate) use self::routes::*;
use super::account::{Account, Context};
use super::books::sum;
use super::debts::{Claim, Debt, Settlement, less, smaller};
use super::month::{check_way, out_of_range};
use crate::refusal::Refusal;

impl Account {
    /// Pays a month: its own amount first, then what earlier months owe, oldest first, then the late fees. A month whose
    /// payment has not begun is calculated before.
    pub(super) fn pay(
        &mut self,
        context: &Context<'_>,
        month: Month,
        request: PayRequest,
    ) -> Result<PaymentReceipt, Refusal> {
        if let Some(group) = request.payment_group_id {
            self.claim_name(context, month, group)?;
        }
        let from = self.state(context, month)?;
        if self.refuse_closed(month).is_ok() {
            self.refuse_unfinished(context, month)?;
        }
        self.fix(context, month)?;
        let claims = self.books_of(context, month)?.open(month)?;
        let nothing = Money::zero(self.currency());
        let open = sum(&claims, nothing)?;
        let amount = request.amount.map(|amount| {
            Money::new(amount, open.currency()).map_err(|error| Refusal::rule("amount", error.to_string()))
        });
        let amount = amount.transpose()?;
        let target = if amount.is_none_or(|amount| amount.value() >= open.value()) {
            PaymentState::Paid
        } else {
            PaymentState::PartiallyPaid
        };
        if (from, target) == (PaymentState::PartiallyPaid, PaymentState::PartiallyPaid) {
            let message = format!("{month} is {target}: what is left is paid at once, and {open} are open");
            return Err(Refusal::conflict(message));
        }
        // Whether it can be paid at all is said before how much.
        check_way(from, target, false)?;
        let amount = amount.unwrap_or(open);
        if amount.value() > open.value() {
            return Err(Refusal::rule("amount", format!("{amount} is more than the {open} that are open")));
        }
        if amount.is_zero() && !open.is_zero() {
            let message = format!("pays nothing; without an amount the {open} that are open are paid");
            return Err(Refusal::rule("amount", message));
        }
        self.settle(context, month, amount, &claims)?;
        let account = self.fix(context, month)?;
        account.state = target;
        account.paid_at = Some(context.now);
        account.method = request.payment_method.or(account.method.take());
        Ok(PaymentReceipt {
            payment_id: account.payment.clone(),
            payment_group_id: account.group.clone(),
            status: target.status(),
            amount: amount.amount(),
            currency: amount.currency(),
            payment_date: context.now,
            transaction_date: context.now,
            method: account.method.clone(),
            month,
        })
    }

    /// Gives a payment that has not begun its name; one that has begun must have it already.
    fn claim_name(&mut self, context: &Context<'_>, month: Month, group: String) -> Result<(), Refusal> {
        if self.refuse_closed(month).is_ok() {
            self.calculate(context, month)?;
            return self.name_payment(context.tenant, month, group);
        }
        let known = self.group(context.tenant, month);
        if known == group {
            return Ok(());
        }
        Err(Refusal::rule("paymentGroupId", format!("the payment of {month} is `{known}`")))
    }

    /// How far the payment of a month has come.
    pub(crate) fn state(&self, context: &Context<'_>, month: Month) -> Result<PaymentState, Refusal> {
        match self.months.contains_key(&month) {
            true => self.books_of(context, month)?.state(month),
            false => Ok(PaymentState::Pending),
        }
    }

    /// Refuses to close a month that is not over while nothing is to be paid for it: what is metered later would never be
    /// billed.
    fn refuse_unfinished(&self, context: &Context<'_>, month: Month) -> Result<(), Refusal> {
        if month < context.month()? || !self.statement(context, month)?.amount.is_zero() {
            return Ok(());
        }
        Err(Refusal::conflict(format!("nothing is to be paid for {month}, and it is not over")))
    }

    /// Settles claims through the payment of a month, one after the other as far as the amount goes.
    fn settle(
        &mut self,
        context: &Context<'_>,
        month: Month,
        amount: Money,
        claims: &[(Claim, Money)],
    ) -> Result<(), Refusal> {
        let mut rest = amount;
        for (claim, open) in claims {
            let part = smaller(rest, *open);
            if part.is_zero() {
                continue;
            }
            rest = less(rest, part)?;
            // What is paid, if only in part, does not change any more.
            self.fix(context, claim.month())?;
            let refunded = Money::zero(amount.currency());
            let settlement = Settlement { claim: *claim, amount: part, refunded };
            self.fix(context, month)?.settlements.push(settlement);
        }
        Ok(())
    }

    /// Moves the payment of a month by one move of the table.
    pub(crate) fn move_payment(
        &mut self,
        context: &Context<'_>,
        month: Month,
        to: PaymentState,
    ) -> Result<(), Refusal> {
        let from = self.state(context, month)?;
        check_way(from, to, true)?;
        match to {
            PaymentState::PartiallyPaid => {
                let message = "say how much is paid: POST /billing/payments/{month} with an amount";
                return Err(Refusal::rule("paymentStatusCode", message));
            }
            PaymentState::Ready => return self.calculate(context, month),
            // A month that has nothing would be closed for good.
            PaymentState::Cancelled
                if !self.months.contains_key(&month) && self.readings.of(month).is_empty() =>
            {
                return Err(Refusal::not_found("Payment", &month.to_string(), None));
            }
            PaymentState::Registered if self.refuse_closed(month).is_ok() => {
                self.refuse_unfinished(context, month)?;
            }
            _ => {}
        }
        self.fix(context, month)?;
        match to {
            PaymentState::Paid => {
                let claims = self.books_of(context, month)?.open(month)?;
                let open = sum(&claims, Money::zero(self.currency()))?;
                self.settle(context, month, open, &claims)?;
                self.fix(context, month)?.paid_at = Some(context.now);
            }
            PaymentState::Refunded => {
                let paid = self.fix(context, month)?.paid()?;
                self.give_back(context, month, paid)?;
            }
            PaymentState::Cancelled => {
                if let Some(statement) = self.fix(context, month)?.fixed.clone() {
                    self.credits.release(&statement.id);
                }
            }
            _ => {}
        }
        self.fix(context, month)?.state = to;
        Ok(())
    }

    /// Pays back what was paid through a payment, or a part of it.
    pub(super) fn refund(
        &mut self,
        context: &Context<'_>,
        request: &RefundRequest,
    ) -> Result<RefundReceipt, Refusal> {
        let currency = self.currency();
        let month = self.months.iter().find(|(_, account)| account.payment == request.payment_id);
        let Some(month) = month.map(|(month, _)| *month) else {
            return Err(Refusal::not_found("Payment", request.payment_id.as_str(), Some("paymentId")));
        };
        let amount = Money::new(request.amount, currency)
            .map_err(|error| Refusal::rule("amount", error.to_string()))?;
        check_way(self.state(context, month)?, PaymentState::Refunded, true)?;
        self.give_back(context, month, amount)?;
        self.fix(context, month)?.state = PaymentState::Refunded;
        Ok(RefundReceipt {
            refund_id: context.new_id("REFUND"),
            payment_id: PaymentId::clone(&request.payment_id),
            status: PaymentStatus::Refunded,
            amount: amount.amount(),
            currency,
            refunded_at: context.now,
        })
    }

    /// Pays back the month's own amount first, then what else its payment settled, the last first: that is owed again.
    fn give_back(&mut self, context: &Context<'_>, month: Month, amount: Money) -> Result<(), Refusal> {
        let account = self.fix(context, month)?;
        let paid = account.paid()?;
        if paid.is_zero() && account.state != PaymentState::Paid {
            let message = format!("{month} was paid with a later month; that payment is to be refunded");
            return Err(Refusal::conflict(message));
        }
        if amount.value() > paid.value() {
            let message = format!("{amount} is more than the {paid} that were paid");
            return Err(Refusal::rule("amount", message));
        }
        let own = Claim::Debt(Debt::Amount(month));
        let mut order: Vec<&mut Settlement> = account.settlements.iter_mut().rev().collect();
        order.sort_by_key(|settlement| settlement.claim != own);
        let mut rest = amount;
        for settlement in order {
            settlement.refunded = smaller(rest, settlement.amount);
            rest = rest.minus(settlement.refunded).map_err(out_of_range)?;
        }
        Ok(())
    }
}
