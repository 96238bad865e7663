//! Payments of months: the moves of the payment-state table, and what each settles.

mod batch;
mod routes;

use billtest_models::billing::{PayRequest, PaymentReceipt, RefundReceipt, RefundRequest};
use billtest_models::{Amount, Money, Month, PaymentId, PaymentState, PaymentStatus};

pub(crate) use self::batch::*;
pub(crate) use self::routes::*;
use super::account::{Account, Context};
use super::month::out_of_range;
use crate::refusal::Refusal;

impl Account {
    /// Pays a month: its own amount first, then what earlier months owe, oldest first, then the late fee. A month whose
    /// payment has not begun is calculated before.
    pub(super) fn pay(
        &mut self,
        context: &Context<'_>,
        month: Month,
        request: PayRequest,
    ) -> Result<PaymentReceipt, Refusal> {
        let account = self.calculated(context, month)?;
        if let Some(group) = request.payment_group_id {
            if account.state == PaymentState::Ready {
                account.group = group;
            } else if account.group != group {
                let message = format!("the payment of {month} is `{}`", account.group);
                return Err(Refusal::rule("paymentGroupId", message));
            }
        }
        let account = account.clone();
        let own = account.open()?;
        let owed = self.open_arrears(month)?;
        let late_fee = account.statement.late_fee.minus(account.late_fee_paid).map_err(out_of_range)?;
        let unpaid = account.statement.declared_unpaid;
        let unpaid = unpaid.minus(account.declared_unpaid_paid).map_err(out_of_range)?;
        let mut open = own.plus(unpaid).and_then(|open| open.plus(late_fee)).map_err(out_of_range)?;
        for (_, amount) in &owed {
            open = open.plus(*amount).map_err(out_of_range)?;
        }
        let amount = match request.amount.filter(|amount| *amount != Amount::ZERO) {
            Some(amount) => Money::new(amount, self.currency())
                .map_err(|error| Refusal::rule("amount", error.to_string()))?,
            None => open,
        };

        let settled = smaller(amount, own);
        let target = if settled == own { PaymentState::Paid } else { PaymentState::PartiallyPaid };
        let Some(account) = self.months.get_mut(&month) else {
            return Err(Refusal::not_found("Payment", &month.to_string(), None));
        };
        if target == PaymentState::PartiallyPaid && account.state == target {
            let message = format!("{month} is {target}: what is left is paid at once, and {open} are open");
            return Err(Refusal::conflict(message));
        }
        // Whether it can be paid at all is said before how much.
        account.advance_along(target)?;
        if amount.value() > open.value() {
            return Err(Refusal::rule("amount", format!("{amount} is more than the {open} that are open")));
        }
        account.settled = account.settled.plus(settled).map_err(out_of_range)?;
        account.paid = account.paid.plus(amount).map_err(out_of_range)?;
        account.paid_at = Some(context.now);
        account.method = request.payment_method.or(account.method.take());
        let receipt = PaymentReceipt {
            payment_id: account.payment.clone(),
            payment_group_id: account.group.clone(),
            status: account.state.status(),
            amount: amount.amount(),
            currency: amount.currency(),
            payment_date: context.now,
            transaction_date: context.now,
            method: account.method.clone(),
            month,
        };
        let mut rest = amount.minus(settled).map_err(out_of_range)?;
        for (earlier, owed) in owed {
            let part = smaller(rest, owed);
            rest = rest.minus(part).map_err(out_of_range)?;
            if !part.is_zero() {
                self.settle_earlier(earlier, part)?;
            }
        }
        if let Some(account) = self.months.get_mut(&month) {
            let part = smaller(rest, unpaid);
            rest = rest.minus(part).map_err(out_of_range)?;
            account.declared_unpaid_paid = account.declared_unpaid_paid.plus(part).map_err(out_of_range)?;
            account.late_fee_paid = account.late_fee_paid.plus(rest).map_err(out_of_range)?;
        }
        Ok(receipt)
    }

    /// What the earlier months of a statement still owe, oldest first; some may have been paid by themselves since.
    fn open_arrears(&self, month: Month) -> Result<Vec<(Month, Money)>, Refusal> {
        let Some(account) = self.months.get(&month) else { return Ok(Vec::new()) };
        let mut open = Vec::new();
        for arrears in &account.statement.arrears {
            if let Some(earlier) = self.months.get(&arrears.month).filter(|earlier| earlier.owes()) {
                open.push((arrears.month, smaller(arrears.amount, earlier.open()?)));
            }
        }
        Ok(open)
    }

    fn settle_earlier(&mut self, month: Month, part: Money) -> Result<(), Refusal> {
        let Some(account) = self.months.get_mut(&month) else { return Ok(()) };
        let whole = account.open()? == part;
        account.advance_along(if whole { PaymentState::Paid } else { PaymentState::PartiallyPaid })?;
        account.settled = account.settled.plus(part).map_err(out_of_range)?;
        Ok(())
    }

    /// Moves the payment of a month by one move of the table.
    pub(crate) fn move_payment(
        &mut self,
        context: &Context<'_>,
        month: Month,
        to: PaymentState,
    ) -> Result<(), Refusal> {
        match to {
            PaymentState::PartiallyPaid => {
                let message = "say how much is paid: POST /billing/payments/{month} with an amount";
                return Err(Refusal::rule("paymentStatusCode", message));
            }
            PaymentState::Ready if self.state(month) == PaymentState::Pending => {
                return self.calculate(context, month);
            }
            _ => {}
        }
        let account = self.calculated(context, month)?;
        account.advance(to)?;
        if to == PaymentState::Paid {
            let open = account.open()?;
            account.settled = account.statement.amount;
            account.paid = account.paid.plus(open).map_err(out_of_range)?;
            account.paid_at = Some(context.now);
        }
        if to == PaymentState::Refunded {
            account.refunded = account.paid;
        }
        Ok(())
    }

    /// Pays back what was paid through a payment, or a part of it.
    pub(super) fn refund(
        &mut self,
        context: &Context<'_>,
        request: &RefundRequest,
    ) -> Result<RefundReceipt, Refusal> {
        let currency = self.currency();
        let absent = || Refusal::not_found("Payment", request.payment_id.as_str(), Some("paymentId"));
        let account = self
            .months
            .values_mut()
            .find(|account| account.payment == request.payment_id)
            .ok_or_else(absent)?;
        let amount = Money::new(request.amount, currency)
            .map_err(|error| Refusal::rule("amount", error.to_string()))?;
        account.advance(PaymentState::Refunded)?;
        if amount.value() > account.paid.value() {
            let message = format!("{amount} is more than the {} that were paid", account.paid);
            return Err(Refusal::rule("amount", message));
        }
        account.refunded = amount;
        Ok(RefundReceipt {
            refund_id: context.new_id("REFUND"),
            payment_id: PaymentId::clone(&account.payment),
            status: PaymentStatus::Refunded,
            amount: amount.amount(),
            currency,
            refunded_at: context.now,
        })
    }
}

fn smaller(a: Money, b: Money) -> Money {
    if b.value() < a.value() { b } else { a }
}
