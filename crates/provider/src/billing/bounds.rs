//! Every month has a bill that can be shown: what would make one too large is refused, and nothing of it is stored.

use std::collections::BTreeSet;

use billtest_engine::discount::Value;
use billtest_models::{Currency, Month};
use rust_decimal::Decimal;

use super::account::{Account, Context};

/// How many of the largest bills are an amount of money: an unpaid one is owed in later months, with a late fee.
const ROOM: Decimal = Decimal::from_parts(100, 0, 0, false, 0);
/// So many times as much as all readings and surcharges come to may be owed with tax, late fees and earlier months.
const MARGIN: Decimal = Decimal::from_parts(10, 0, 0, false, 0);

/// Why a month has no bill.
#[derive(Debug)]
pub(super) struct NoBill {
    pub(super) month: Month,
    pub(super) reason: String,
}

impl Account {
    /// Makes sure that every month has a bill, after something was added to what they are calculated from.
    pub(super) fn check_bills(&self, context: &Context<'_>) -> Result<(), NoBill> {
        if self.is_surely_small(Decimal::ZERO) { Ok(()) } else { self.check_bills_from(context, None) }
    }

    /// The same of a month and those after it, which it may be owed in; of all if none is named.
    pub(super) fn check_bills_from(&self, context: &Context<'_>, first: Option<Month>) -> Result<(), NoBill> {
        let mut months: BTreeSet<Month> = self.readings.months().chain(self.months.keys().copied()).collect();
        for ordered in &self.adjustments {
            months.extend([ordered.adjustment.from, ordered.adjustment.until]);
        }
        months.extend(self.contracts.iter().map(|agreement| agreement.terms.from));
        months.extend(context.month());
        months.retain(|month| first.is_none_or(|first| first <= *month));
        self.check_bills_of(context, months)
    }

    /// Makes sure that these months have bills.
    pub(super) fn check_bills_of(
        &self,
        context: &Context<'_>,
        months: impl IntoIterator<Item = Month>,
    ) -> Result<(), NoBill> {
        let largest = largest(self.currency());
        months.into_iter().try_for_each(|month| match self.statement(context, month) {
            Ok(statement) if statement.total.value() <= largest => Ok(()),
            Ok(statement) => {
                let total = statement.total;
                let reason = format!("the bill of {month} comes to {total}, and cannot exceed {largest}");
                Err(NoBill { month, reason })
            }
            Err(refusal) => Err(NoBill { month, reason: refusal.message().to_owned() }),
        })
    }

    /// Whether no bill can be too large, even with readings more that cost so much. It calculates none: there may be many,
    /// and this is asked with each reading.
    pub(super) fn is_surely_small(&self, more: Decimal) -> bool {
        // A contract's prices may be higher than those that readings were valued by.
        if self.contracts.iter().any(|agreement| !agreement.terms.prices.is_empty()) {
            return false;
        }
        let mut most = self.readings.cost_at_most().saturating_add(more);
        for change in self.adjustments.iter().map(|ordered| &ordered.adjustment.change) {
            match change.value() {
                _ if change.code().is_discount() => {}
                Value::Fixed(amount) => most = most.saturating_add(amount.value()),
                Value::Rate(rate) => {
                    let times = Decimal::ONE.saturating_add(rate.value() / Decimal::ONE_HUNDRED);
                    most = most.saturating_mul(times);
                }
            }
        }
        for agreement in &self.contracts {
            most = most.saturating_add(agreement.terms.minimum_charge.value());
        }
        most.saturating_mul(MARGIN) <= largest(self.currency())
    }
}

/// The largest bill. An amount of money has 15 digits, decimals included.
fn largest(currency: Currency) -> Decimal {
    Decimal::new(10_i64.pow(f64::DIGITS), currency.decimals()) / ROOM
}
