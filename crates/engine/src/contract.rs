//! What a contract changes: prices, a discount, a minimum charge.

use std::collections::BTreeMap;

use billtest_models::{Amount, ContractId, Currency, Money, Month, Percent, PriceTable};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::checked::{Overflow, add, divide, multiply, subtract};

/// The terms of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractTerms {
    /// The contract.
    pub id: ContractId,
    /// The first month that it is for.
    pub from: Month,
    /// The last month that it is for; without one it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Month>,
    /// What is taken off the subtotal: 0 to 100 %.
    #[serde(default)]
    pub discount: Percent,
    /// The least that a month comes to, in the region's currency, before adjustments and tax.
    #[serde(default)]
    pub minimum_charge: Amount,
    /// Prices in place of the region's.
    #[serde(default)]
    pub prices: PriceTable,
}

impl ContractTerms {
    /// A contract from a month on, that changes nothing yet.
    #[must_use]
    pub fn new(id: ContractId, from: Month) -> Self {
        Self {
            id,
            from,
            until: None,
            discount: Percent::ZERO,
            minimum_charge: Amount::ZERO,
            prices: PriceTable::new(),
        }
    }

    /// Whether it is in force in a month.
    #[must_use]
    pub fn covers(&self, month: Month) -> bool {
        self.from <= month && self.until.is_none_or(|last| month <= last)
    }
}

/// What a contract's price saves against another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saving {
    /// The original price.
    pub original: Decimal,
    /// The contract's price.
    pub price: Decimal,
    /// The difference; negative where the contract is dearer.
    pub amount: Decimal,
    /// The difference in percent of the original price; 0 where that is 0.
    pub rate: Decimal,
}

impl Saving {
    /// Compares two prices of one counter, to two decimals.
    ///
    /// ```
    /// use billtest_engine::contract::Saving;
    ///
    /// let saving = Saving::between(10_000.into(), 8_000.into())?;
    /// assert_eq!((saving.amount, saving.rate), (2_000.into(), 20.into()));
    /// # Ok::<(), billtest_engine::Overflow>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow::Decimal`].
    pub fn between(original: Decimal, price: Decimal) -> Result<Self, Overflow> {
        let amount = subtract(original, price, "a saving")?;
        let rate = if original > Decimal::ZERO { part(amount, original)? } else { Decimal::ZERO };
        let round =
            |number: Decimal| number.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        Ok(Self { original, price, amount: round(amount), rate: round(rate) })
    }

    /// Adds up pairs of original and contract price.
    ///
    /// # Errors
    /// [`Overflow::Decimal`].
    pub fn total(prices: impl IntoIterator<Item = (Decimal, Decimal)>) -> Result<Self, Overflow> {
        let mut sums = (Decimal::ZERO, Decimal::ZERO);
        for (original, price) in prices {
            sums.0 = add(sums.0, original, "a saving")?;
            sums.1 = add(sums.1, price, "a saving")?;
        }
        Self::between(sums.0, sums.1)
    }
}

fn part(amount: Decimal, whole: Decimal) -> Result<Decimal, Overflow> {
    divide(multiply(amount, Decimal::ONE_HUNDRED, "a rate")?, whole, "a rate")
}

/// What a monthly fee comes to over months.
///
/// # Errors
/// [`Overflow`].
pub fn fee_over(fee: Money, months: u32) -> Result<Money, Overflow> {
    Ok(Money::rounded(multiply(fee.value(), months.into(), "a fee over months")?, fee.currency())?)
}

/// How the fee of one counter differs between two contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeChange {
    /// In the first contract; 0 where it is not part of it.
    pub first: Money,
    /// In the second contract; 0 where it is not part of it.
    pub second: Money,
    /// The second less the first.
    pub difference: Money,
    /// The difference in percent of the first; none where that is 0.
    pub percentage: Option<Decimal>,
}

/// Two contracts side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison<'a> {
    /// Every counter of either.
    pub counters: BTreeMap<&'a str, FeeChange>,
    /// How much more the second comes to.
    pub difference: Money,
}

/// Compares the fees of two contracts, counter by counter.
///
/// # Errors
/// [`Overflow`], also for fees of other currencies.
pub fn compare<'a>(
    first: &'a BTreeMap<String, Money>,
    second: &'a BTreeMap<String, Money>,
    currency: Currency,
) -> Result<Comparison<'a>, Overflow> {
    let fee = |fees: &BTreeMap<String, Money>, counter: &str| {
        fees.get(counter).copied().unwrap_or(Money::zero(currency))
    };
    let mut counters = BTreeMap::new();
    let mut difference = Money::zero(currency);
    for counter in first.keys().chain(second.keys()).map(String::as_str) {
        if counters.contains_key(counter) {
            continue;
        }
        let (one, two) = (fee(first, counter), fee(second, counter));
        let change = two.minus(one)?;
        difference = difference.plus(change)?;
        let percentage = if one.is_zero() { None } else { Some(part(change.value(), one.value())?) };
        counters.insert(counter, FeeChange { first: one, second: two, difference: change, percentage });
    }
    Ok(Comparison { counters, difference })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would keep a contract's discount after its end, or get it before its beginning.
    #[test]
    fn a_contract_is_in_force_from_its_first_to_its_last_month() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let mut terms = ContractTerms::new("C1".into(), month("2024-11"));
        assert!(!terms.covers(month("2024-10")));
        assert!(terms.covers(month("2024-11")) && terms.covers(month("2099-01")));
        terms.until = Some(month("2025-01"));
        assert!(terms.covers(month("2025-01")));
        assert!(!terms.covers(month("2025-02")));
    }

    /// A user would read a price rise as a saving.
    #[test]
    fn a_dearer_price_saves_less_than_nothing() {
        let saving = Saving::between(100.into(), 150.into()).unwrap();
        assert_eq!((saving.amount, saving.rate), ((-50).into(), (-50).into()));
        assert_eq!(Saving::between(0.into(), 50.into()).unwrap().rate, Decimal::ZERO);
    }
}
