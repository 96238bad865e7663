//! What every month costs and owes now: the one source of all views, arrears, payments and refunds.
//!
//! The statement of a month is fixed when its payment begins. Until then the month is open: what it costs is what its
//! readings, contract, adjustments and credits make it now, drawn up anew whenever somebody looks. Of several open months
//! the oldest is drawn up first: it has the first choice of the credits, and later ones show what it owes. Nothing of an
//! open month is written down, so nothing can be out of date.

use std::borrow::Cow;
use std::collections::BTreeMap;

use billtest_engine::ledger::CreditLedger;
use billtest_engine::unpaid::Unpaid;
use billtest_models::billing::MonthPayment;
use billtest_models::{Money, Month, PaymentState};

use super::account::{Account, Context};
use super::debts::{Claim, Debt, Owed, Settled, larger, less, smaller};
use super::month::{due, out_of_range};
use super::statement::Statement;
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

/// The books of a tenant at one moment.
pub(crate) struct Books<'a> {
    account: &'a Account,
    context: &'a Context<'a>,
    /// With what open months take.
    ledger: Cow<'a, CreditLedger>,
    /// The statements of open months.
    drawn: BTreeMap<Month, Statement>,
    settled: Settled,
}

impl Account {
    /// The books with every calculated month.
    pub(crate) fn books<'a>(&'a self, context: &'a Context<'a>) -> Result<Books<'a>, Refusal> {
        Books::draw_up(self, context, self.open_months().collect())
    }

    /// The books up to a month, with that month whether it is calculated or not.
    pub(crate) fn books_of<'a>(
        &'a self,
        context: &'a Context<'a>,
        month: Month,
    ) -> Result<Books<'a>, Refusal> {
        let mut months: Vec<Month> = self.open_months().take_while(|open| *open < month).collect();
        if self.fixed(month).is_none() {
            months.push(month);
        }
        Books::draw_up(self, context, months)
    }

    /// The statement of a month.
    pub(crate) fn statement(&self, context: &Context<'_>, month: Month) -> Result<Statement, Refusal> {
        match self.fixed(month) {
            Some(statement) => Ok(statement.clone()),
            None => self.books_of(context, month)?.into_statement(month),
        }
    }

    fn open_months(&self) -> impl Iterator<Item = Month> {
        self.months.iter().filter(|(_, account)| account.fixed.is_none()).map(|(month, _)| *month)
    }

    fn fixed(&self, month: Month) -> Option<&Statement> {
        self.months.get(&month)?.fixed.as_deref()
    }
}

impl<'a> Books<'a> {
    fn draw_up(account: &'a Account, context: &'a Context<'a>, open: Vec<Month>) -> Result<Self, Refusal> {
        let (ledger, settled) = (Cow::Borrowed(&account.credits), Settled::of(account)?);
        let mut books = Self { account, context, ledger, drawn: BTreeMap::new(), settled };
        for month in open {
            let owed = books.owed_before(month)?;
            let statement = account.draw_up(context, month, &books.ledger, &owed)?;
            if !statement.draws.is_empty() {
                books
                    .ledger
                    .to_mut()
                    .commit(&statement.id, statement.draws.clone())
                    .map_err(|error| Refusal::conflict(error.to_string()))?;
            }
            books.drawn.insert(month, statement);
        }
        Ok(books)
    }

    /// The credits, with what open months take, and without what has expired.
    pub(crate) fn ledger(&self) -> Result<CreditLedger, Refusal> {
        let mut ledger = self.ledger.clone().into_owned();
        ledger.expire(self.context.now).map_err(|error| Refusal::conflict(error.to_string()))?;
        Ok(ledger)
    }

    /// The credits without what open months take.
    pub(crate) fn written(&self, mut ledger: CreditLedger) -> CreditLedger {
        for statement in self.drawn.values().filter(|statement| !statement.draws.is_empty()) {
            ledger.release(&statement.id);
        }
        ledger
    }

    pub(crate) fn statement(&self, month: Month) -> Result<&Statement, Refusal> {
        self.known(month).ok_or_else(|| not_calculated(month))
    }

    pub(crate) fn into_statement(mut self, month: Month) -> Result<Statement, Refusal> {
        match self.drawn.remove(&month) {
            Some(statement) => Ok(statement),
            None => self.account.fixed(month).cloned().ok_or_else(|| not_calculated(month)),
        }
    }

    fn known(&self, month: Month) -> Option<&Statement> {
        self.drawn.get(&month).or_else(|| self.account.fixed(month))
    }

    /// What calculated months owe, oldest first. A month that was given up owes nothing.
    pub(crate) fn owed(&self) -> Result<Vec<Owed>, Refusal> {
        let fees = self.fees_charged();
        let mut owed = Vec::new();
        for (month, account) in &self.account.months {
            let Some(statement) = self.known(*month) else { continue };
            if account.state == PaymentState::Cancelled {
                continue;
            }
            let own = Unpaid::new(*month, statement.amount, account.due);
            for (debt, unpaid) in statement
                .declared
                .map(|unpaid| (Debt::Declared(*month), unpaid))
                .into_iter()
                .chain([(Debt::Amount(*month), own)])
            {
                let whole = unpaid.amount;
                let fee_charged = fees.get(&debt).map_or(unpaid.fee_charged, |fee| smaller(*fee, whole));
                let amount = less(whole, self.settled.get(Claim::Debt(debt)))?;
                let fee_paid = self.settled.get(Claim::LateFee(debt));
                owed.push(Owed { debt, whole, unpaid: Unpaid { amount, fee_charged, fee_paid, ..unpaid } });
            }
        }
        Ok(owed)
    }

    fn owed_before(&self, month: Month) -> Result<Vec<Owed>, Refusal> {
        let mut owed = self.owed()?;
        owed.retain(|owed| owed.debt.month() < month);
        Ok(owed)
    }

    /// The highest late fee of each debt that a fixed statement shows.
    fn fees_charged(&self) -> BTreeMap<Debt, Money> {
        let mut fees = BTreeMap::new();
        let valid = self.account.months.values().filter(|account| account.state != PaymentState::Cancelled);
        for arrear in valid.filter_map(|account| account.fixed.as_ref()).flat_map(|fixed| &fixed.arrears) {
            let fee = fees.entry(arrear.debt).or_insert(arrear.fee_charged);
            *fee = larger(*fee, arrear.fee_charged);
        }
        fees
    }

    /// What of a statement is to be paid, in the order in which it is paid: the month's own amount, what earlier months owe,
    /// oldest first, then the late fees. What was settled since by another payment is not in it.
    pub(crate) fn open(&self, month: Month) -> Result<Vec<(Claim, Money)>, Refusal> {
        let statement = self.statement(month)?;
        let own = Claim::Debt(Debt::Amount(month));
        let mut open = vec![(own, less(statement.amount, self.settled.get(own))?)];
        let mut fees = Vec::new();
        let owed: BTreeMap<Debt, Owed> = self.owed()?.into_iter().map(|owed| (owed.debt, owed)).collect();
        for arrear in &statement.arrears {
            let Some(Owed { whole, unpaid, .. }) = owed.get(&arrear.debt) else { continue };
            open.push((Claim::Debt(arrear.debt), smaller(arrear.amount, unpaid.amount)));
            let fee = less(smaller(arrear.fee_charged, *whole), unpaid.fee_paid)?;
            fees.push((Claim::LateFee(arrear.debt), smaller(arrear.late_fee, fee)));
        }
        open.extend(fees);
        Ok(open)
    }

    /// How far the payment of a month has come. What other payments settled of it counts as well.
    pub(crate) fn state(&self, month: Month) -> Result<PaymentState, Refusal> {
        use PaymentState::{Failed, Paid, PartiallyPaid, Registered};
        let Some(account) = self.account.months.get(&month) else { return Ok(PaymentState::Pending) };
        let moved = matches!(account.state, Paid | PartiallyPaid);
        if !moved && !matches!(account.state, Registered | Failed) {
            return Ok(account.state);
        }
        let touched = !self.settled.get(Claim::Debt(Debt::Amount(month))).is_zero();
        let is_open = self.open(month)?.iter().any(|(_, amount)| !amount.is_zero());
        let paid_through = !account.paid()?.is_zero();
        Ok(match account.state {
            _ if !is_open && (touched || moved) => Paid,
            _ if is_open && (touched || paid_through) => PartiallyPaid,
            Paid | PartiallyPaid => Registered,
            state => state,
        })
    }

    /// The payment of a month as it is shown.
    pub(crate) fn payment(&self, month: Month) -> Result<MonthPayment, Refusal> {
        let (statement, state) = (self.statement(month)?, self.state(month)?);
        let account = self.account.months.get(&month);
        let nothing = Money::zero(self.account.currency());
        let paid = account.map_or(Ok(nothing), super::month::MonthAccount::paid)?;
        let refunded = account.map_or(Ok(nothing), super::month::MonthAccount::refunded)?;
        Ok(MonthPayment {
            payment_id: account.map(|account| account.payment.clone()),
            payment_group_id: self.account.group(self.context.tenant, month),
            month,
            status: state,
            payment_status_code: state,
            amount: statement.total.amount(),
            paid_amount: paid.amount(),
            refunded_amount: refunded.amount(),
            currency: self.account.currency(),
            due_date: due(month).into(),
            payment_date: account.and_then(|account| account.paid_at),
            payment_method: account.and_then(|account| account.method.clone()),
        })
    }
}

/// The sum of what is open.
pub(crate) fn sum(open: &[(Claim, Money)], nothing: Money) -> Result<Money, Refusal> {
    open.iter().try_fold(nothing, |sum, (_, amount)| sum.plus(*amount)).map_err(out_of_range)
}

fn not_calculated(month: Month) -> Refusal {
    Refusal::not_found("Payment", &month.to_string(), None)
}
