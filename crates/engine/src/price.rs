//! Which price a counter has, and what a quantity of it costs.

use billtest_models::{Amount, Price, PriceTable, Pricing};
use rust_decimal::Decimal;

use crate::checked::{Overflow, divide, multiply};
use crate::tiers::{TierError, Tiers};
use crate::volume::Volume;

/// The highest price of one unit.
pub const HIGHEST_PRICE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
/// The longest name of a unit, in characters.
pub const LONGEST_UNIT: usize = 50;

/// Why a counter has no usable price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// No price of this name.
    #[error("counter `{0}` has no price; add it to the contract or to the region's price table")]
    UnknownCounter(String),
    /// A price is below zero.
    #[error("price {0} cannot be negative")]
    Negative(Decimal),
    /// A price is above the limit.
    #[error("price {0} cannot exceed {HIGHEST_PRICE}")]
    TooHigh(Decimal),
    /// The unit has no name, or one that is too long.
    #[error("a unit is 1 to {LONGEST_UNIT} characters, such as HOURS")]
    Unit,
    /// The tiers do not fit together.
    #[error("the tiers of counter `{counter}` are no price: {source}")]
    Tiers {
        /// Whose tiers.
        counter: String,
        /// What is wrong with them.
        source: TierError,
    },
}

/// Whether a unit may have this price: 0 to [`HIGHEST_PRICE`].
///
/// # Errors
/// [`PriceError::Negative`], [`PriceError::TooHigh`].
pub fn check_price(price: Decimal) -> Result<(), PriceError> {
    if price < Decimal::ZERO {
        Err(PriceError::Negative(price))
    } else if price > HIGHEST_PRICE {
        Err(PriceError::TooHigh(price))
    } else {
        Ok(())
    }
}

/// Whether a unit may have this name: 1 to [`LONGEST_UNIT`] characters.
///
/// # Errors
/// [`PriceError::Unit`].
pub fn check_unit(unit: &str) -> Result<(), PriceError> {
    let is_short = unit.len() <= LONGEST_UNIT || unit.chars().count() <= LONGEST_UNIT;
    if is_short && !unit.is_empty() { Ok(()) } else { Err(PriceError::Unit) }
}

/// Where prices are looked up: first in the contract, then in the region's table.
#[derive(Debug, Clone, Copy)]
pub struct Prices<'a> {
    contract: Option<&'a PriceTable>,
    table: &'a PriceTable,
}

impl<'a> Prices<'a> {
    /// The prices of a table alone.
    #[must_use]
    pub fn of_table(table: &'a PriceTable) -> Self {
        Self { contract: None, table }
    }

    /// The prices of a contract, and those of a table for what it does not name.
    #[must_use]
    pub fn of_contract(contract: &'a PriceTable, table: &'a PriceTable) -> Self {
        Self { contract: Some(contract), table }
    }

    /// The price of a counter, checked.
    ///
    /// # Errors
    /// Every [`PriceError`]; an unknown counter never costs nothing.
    pub fn of(&self, counter: &str) -> Result<UnitCost<'a>, PriceError> {
        let price = self
            .contract
            .and_then(|prices| prices.get(counter))
            .or_else(|| self.table.get(counter))
            .ok_or_else(|| PriceError::UnknownCounter(counter.to_owned()))?;
        UnitCost::new(counter, price)
    }
}

/// A checked price, ready to be applied.
#[derive(Debug, Clone)]
pub struct UnitCost<'a> {
    unit: &'a str,
    schedule: Schedule,
}

#[derive(Debug, Clone)]
enum Schedule {
    Flat(Amount),
    Tiered(Tiers),
}

impl<'a> UnitCost<'a> {
    fn new(counter: &str, price: &'a Price) -> Result<Self, PriceError> {
        check_unit(&price.unit)?;
        let schedule = match &price.pricing {
            Pricing::Flat { unit_price } => {
                check_price(unit_price.value())?;
                Schedule::Flat(*unit_price)
            }
            Pricing::Tiered { tiers, bounds } => {
                let tiers = Tiers::new(tiers, *bounds)
                    .map_err(|source| PriceError::Tiers { counter: counter.to_owned(), source })?;
                tiers.prices().try_for_each(check_price)?;
                Schedule::Tiered(tiers)
            }
        };
        Ok(Self { unit: &price.unit, schedule })
    }

    /// The unit that is priced.
    #[must_use]
    pub fn unit(&self) -> &'a str {
        self.unit
    }

    /// The price of every unit, if there is one price.
    #[must_use]
    pub fn flat(&self) -> Option<Amount> {
        match &self.schedule {
            Schedule::Flat(price) => Some(*price),
            Schedule::Tiered(_) => None,
        }
    }

    /// What a volume in [`Self::unit`] costs, not rounded.
    ///
    /// # Errors
    /// [`Overflow::Decimal`].
    pub fn cost(&self, volume: Volume) -> Result<Decimal, Overflow> {
        const WHAT: &str = "a line item";
        match &self.schedule {
            Schedule::Flat(price) => {
                let cost = multiply(volume.parts(), price.value(), WHAT)?;
                // Nothing is changed by a division by one, but it takes its time.
                if volume.per_unit() == Decimal::ONE {
                    Ok(cost)
                } else {
                    divide(cost, volume.per_unit(), WHAT)
                }
            }
            Schedule::Tiered(tiers) => tiers.cost_of(volume),
        }
    }

    /// What is used between two volumes costs, not rounded.
    pub(crate) fn cost_between(&self, before: Volume, after: Volume) -> Result<Decimal, Overflow> {
        match &self.schedule {
            Schedule::Flat(_) => self.cost(after.minus(before)?),
            Schedule::Tiered(tiers) => tiers.cost_between(before, after),
        }
    }

    /// What no such volume costs more than, wherever in the tiers it falls.
    pub(crate) fn cost_at_most(&self, volume: Decimal) -> Decimal {
        match &self.schedule {
            Schedule::Flat(price) => volume.saturating_mul(price.value()),
            Schedule::Tiered(tiers) => {
                // Inclusive bounds count one unit twice at each of them.
                let volume = volume.saturating_add(tiers.prices().count().into());
                volume.saturating_mul(tiers.prices().max().unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would be charged the list price in spite of a contract, or nothing for a counter nobody knows.
    #[test]
    fn the_contract_comes_first_and_nothing_is_free_by_accident() {
        let table = PriceTable::from([
            ("cpu".to_owned(), Price::flat("HOURS", 10.into())),
            ("disk".to_owned(), Price::flat("GB", 5.into())),
        ]);
        let contract = PriceTable::from([("cpu".to_owned(), Price::flat("HOURS", 7.into()))]);
        let prices = Prices::of_contract(&contract, &table);
        assert_eq!(prices.of("cpu").unwrap().flat(), Some(7.into()));
        assert_eq!(prices.of("disk").unwrap().flat(), Some(5.into()));
        assert_eq!(prices.of("gpu").unwrap_err(), PriceError::UnknownCounter("gpu".into()));
        let wrong = PriceTable::from([("cpu".to_owned(), Price::flat("HOURS", "-1".parse().unwrap()))]);
        assert_eq!(
            Prices::of_table(&wrong).of("cpu").unwrap_err(),
            PriceError::Negative("-1".parse().unwrap())
        );
        let wrong = PriceTable::from([("cpu".to_owned(), Price::tiered("HOURS", Vec::new()))]);
        assert!(matches!(Prices::of_table(&wrong).of("cpu"), Err(PriceError::Tiers { .. })));
        for unit in ["", &"h".repeat(LONGEST_UNIT + 1)] {
            let wrong = PriceTable::from([("cpu".to_owned(), Price::flat(unit, 1.into()))]);
            assert_eq!(Prices::of_table(&wrong).of("cpu").unwrap_err(), PriceError::Unit);
        }
        assert_eq!(check_unit(&"\u{65e5}".repeat(LONGEST_UNIT)), Ok(()), "characters are counted, not bytes");
    }
}
