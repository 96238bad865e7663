//! What a tenant owes and has paid: one account of debts behind every statement, payment and refund.
//!
//! A debt comes from one month, and may be shown by the statements of many. Whoever pays it, through whichever month's
//! payment, settles it once: the payment keeps what it settled, and a refund undoes that.

use std::collections::BTreeMap;

use billtest_engine::unpaid::Unpaid;
use billtest_models::{Money, Month};

use super::account::Account;
use super::month::out_of_range;
use crate::refusal::Refusal;

/// Something that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Debt {
    /// What a month comes to.
    Amount(Month),
    /// What was owed from before, as was said when this month was calculated.
    Declared(Month),
}

impl Debt {
    /// The month whose payment it is first of all.
    pub(crate) fn month(self) -> Month {
        let (Self::Amount(month) | Self::Declared(month)) = self;
        month
    }
}

/// A debt, or what its being late costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    Debt(Debt),
    LateFee(Debt),
}

impl Claim {
    pub(crate) fn month(self) -> Month {
        let (Self::Debt(debt) | Self::LateFee(debt)) = self;
        debt.month()
    }
}

/// A part of a payment: what it settled.
#[derive(Debug, Clone)]
pub(crate) struct Settlement {
    pub(crate) claim: Claim,
    pub(crate) amount: Money,
    /// What of it was paid back.
    pub(crate) refunded: Money,
}

/// A debt and what of it is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owed {
    pub(crate) debt: Debt,
    /// What it was to begin with.
    pub(crate) whole: Money,
    pub(crate) unpaid: Unpaid,
}

/// A debt of an earlier month, as a statement shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrear {
    pub(crate) debt: Debt,
    pub(crate) amount: Money,
    /// What of the late fee was not paid yet.
    pub(crate) late_fee: Money,
    /// The late fee altogether.
    pub(crate) fee_charged: Money,
}

/// What is settled of each claim, by all payments together.
pub(crate) struct Settled {
    nothing: Money,
    sums: BTreeMap<Claim, Money>,
}

impl Settled {
    pub(crate) fn of(account: &Account) -> Result<Self, Refusal> {
        let nothing = Money::zero(account.currency());
        let mut sums = BTreeMap::new();
        for (month, paid) in &account.months {
            for settlement in &paid.settlements {
                // A month whose own amount is paid back does not owe it again; what it paid for others is open again.
                let counts = if settlement.claim == Claim::Debt(Debt::Amount(*month)) {
                    settlement.amount
                } else {
                    less(settlement.amount, settlement.refunded)?
                };
                let sum = sums.entry(settlement.claim).or_insert(nothing);
                *sum = sum.plus(counts).map_err(out_of_range)?;
            }
        }
        Ok(Self { nothing, sums })
    }

    pub(crate) fn get(&self, claim: Claim) -> Money {
        self.sums.get(&claim).copied().unwrap_or(self.nothing)
    }
}

/// What is left of an amount, and never less than nothing.
pub(crate) fn less(amount: Money, taken: Money) -> Result<Money, Refusal> {
    amount.minus(smaller(amount, taken)).map_err(out_of_range)
}

pub(crate) fn smaller(a: Money, b: Money) -> Money {
    if b.value() < a.value() { b } else { a }
}

pub(crate) fn larger(a: Money, b: Money) -> Money {
    if b.value() > a.value() { b } else { a }
}
