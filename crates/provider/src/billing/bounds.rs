//! Every month has a bill that can be shown: what would make one too large is refused, and nothing of it is stored.
//!
//! What months may come to is judged at their worst: without any discount and without credits, at the highest price that
//! the region or a contract has, and all months together, for each may be owed in the last. Then nothing that is taken
//! away, calculated or left unpaid makes a bill too large afterwards.

use std::collections::BTreeSet;

use billtest_engine::ContractTerms;
use billtest_engine::discount::Value;
use billtest_engine::ledger::CreditLedger;
use billtest_models::{Amount, ContractId, Currency, Money, Month, Price, PriceTable, Pricing};
use rust_decimal::Decimal;

use super::account::{Account, Agreement, Context};
use super::month::out_of_range;
use crate::refusal::Refusal;

/// How many of the largest bills are an amount of money: late fees may double what is owed.
const ROOM: Decimal = Decimal::from_parts(100, 0, 0, false, 0);
/// So many times as much as all readings and surcharges come to may be owed with tax and rounding.
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
        if self.is_surely_small(context, Decimal::ZERO) {
            return Ok(());
        }
        let mut months: BTreeSet<Month> = self.readings.months().chain(self.months.keys().copied()).collect();
        for ordered in &self.adjustments {
            months.extend([ordered.adjustment.from, ordered.adjustment.until]);
        }
        months.extend(self.contracts.iter().map(|agreement| agreement.terms.from));
        months.extend(context.month());
        let (mut sum, largest) = (Money::zero(self.currency()), largest(self.currency()));
        for month in months {
            let no_bill = |refusal: Refusal| NoBill { month, reason: refusal.message().to_owned() };
            let amount = self.at_worst(context, month).map_err(no_bill)?;
            sum = sum.plus(amount).map_err(|error| no_bill(out_of_range(error)))?;
            if amount.value() > largest {
                let reason = format!("the bill of {month} comes to {amount}, and cannot exceed {largest}");
                return Err(NoBill { month, reason });
            }
            if sum.value() > largest {
                let reason = format!("the bills up to {month} come to {sum}, and cannot exceed {largest}");
                return Err(NoBill { month, reason });
            }
        }
        Ok(())
    }

    /// Makes sure that these months have bills, after something was taken away from what they are calculated from.
    pub(super) fn check_bills_of(&self, context: &Context<'_>, months: Vec<Month>) -> Result<(), NoBill> {
        for month in months {
            let no_bill = |refusal: Refusal| NoBill { month, reason: refusal.message().to_owned() };
            self.at_worst(context, month).map_err(no_bill)?;
        }
        self.check_bills(context)
    }

    /// What a month comes to at its worst, without what earlier months owe.
    fn at_worst(&self, context: &Context<'_>, month: Month) -> Result<Money, Refusal> {
        let nothing = CreditLedger::new(self.currency());
        let mut account = Self::new(self.currency());
        account.readings = self.readings.clone();
        account.declared =
            self.declared.get(&month).map(|declared| (month, declared.clone())).into_iter().collect();
        let surcharges = self.adjustments.iter().filter(|ordered| {
            let adjustment = &ordered.adjustment;
            !adjustment.change.code().is_discount() && adjustment.from <= month && month <= adjustment.until
        });
        account.adjustments = surcharges.cloned().collect();
        let mut terms = ContractTerms::new(ContractId::from("worst"), month);
        for own in self.contracts.iter().map(|agreement| &agreement.terms).filter(|terms| terms.covers(month))
        {
            if own.minimum_charge.value() > terms.minimum_charge.value() {
                terms.minimum_charge = own.minimum_charge;
            }
            for (counter, price) in &own.prices {
                raise(&mut terms.prices, counter, price);
                if let Some(price) = context.region.prices.get(counter) {
                    raise(&mut terms.prices, counter, price);
                }
            }
        }
        account.contracts.push(Agreement {
            terms,
            name: String::new(),
            billing_group: String::new(),
            is_default: true,
        });
        Ok(account.draw_up(context, month, &nothing, &[])?.total)
    }

    /// Whether no bill can be too large, even with readings more that cost so much. It calculates none: there may be many,
    /// and this is asked with each reading.
    pub(super) fn is_surely_small(&self, context: &Context<'_>, more: Decimal) -> bool {
        let mut most = self.readings.cost_at_most().saturating_add(more);
        // A contract's prices may be higher than those that readings were valued by.
        match self.dearest(context) {
            Some(times) => most = most.saturating_mul(times),
            None => return false,
        }
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
        for unpaid in self.declared.values().filter_map(|declared| declared.unpaid) {
            most = most.saturating_add(unpaid.amount.value());
        }
        // What is added once may be asked for in every month.
        let months = Decimal::from(self.readings.months().count().max(self.months.len()).max(1));
        most.saturating_mul(months).saturating_mul(MARGIN) <= largest(self.currency())
    }

    /// How many times the region's price the highest price of a contract is, and 1 at least; nothing if the region asks for
    /// nothing where a contract does.
    fn dearest(&self, context: &Context<'_>) -> Option<Decimal> {
        let mut times = Decimal::ONE;
        for (counter, price) in self.contracts.iter().flat_map(|agreement| &agreement.terms.prices) {
            let agreed = highest(price).value();
            let usual =
                context.region.prices.get(counter).map_or(Decimal::ZERO, |price| highest(price).value());
            if agreed > usual {
                times = times.max(agreed.checked_div(usual)?);
            }
        }
        Some(times)
    }
}

/// The highest price of a unit.
fn highest(price: &Price) -> Amount {
    match &price.pricing {
        Pricing::Flat { unit_price } => *unit_price,
        Pricing::Tiered { tiers, .. } => {
            tiers.iter().map(|tier| tier.unit_price).max_by_key(|price| price.value()).unwrap_or_default()
        }
    }
}

/// Makes every unit of a counter cost at least as much as the dearest of a price does.
fn raise(prices: &mut PriceTable, counter: &str, price: &Price) {
    let amount = highest(price);
    match prices.get(counter) {
        Some(known) if highest(known).value() >= amount.value() => {}
        _ => drop(prices.insert(counter.to_owned(), Price::flat(price.unit.clone(), amount))),
    }
}

/// The largest bill. An amount of money has 15 digits, decimals included.
fn largest(currency: Currency) -> Decimal {
    Decimal::new(10_i64.pow(f64::DIGITS), currency.decimals()) / ROOM
}
