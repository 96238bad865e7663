//! Quantities as exact fractions.

use billtest_models::Quantity;
use rust_decimal::Decimal;

use crate::checked::{Overflow, add, divide, multiply, subtract};

const WHAT: &str = "a quantity";

/// A quantity of one unit, kept as a fraction: a third of an hour is 20 / 60, and three of them are one hour, which
/// they are not as decimals.
#[derive(Debug, Clone, Copy)]
pub struct Volume {
    parts: Decimal,
    /// How many parts are one; never zero.
    per_unit: u64,
}

impl Volume {
    /// None of it.
    pub const ZERO: Self = Self { parts: Decimal::ZERO, per_unit: 1 };

    /// A quantity of whole units.
    pub(crate) fn whole(quantity: Quantity) -> Self {
        Self { parts: quantity.value(), per_unit: 1 }
    }

    /// The number times `multiplier / divisor`; a divisor of zero is one.
    pub(crate) fn new(number: Decimal, (multiplier, divisor): (u64, u64)) -> Result<Self, Overflow> {
        Self { parts: number, per_unit: 1 }.times((multiplier, divisor))
    }

    pub(crate) fn times(self, (multiplier, divisor): (u64, u64)) -> Result<Self, Overflow> {
        let parts = if multiplier == 1 { self.parts } else { multiply(self.parts, multiplier.into(), WHAT)? };
        let per_unit = self.per_unit.checked_mul(divisor.max(1)).ok_or(Overflow::Decimal(WHAT))?;
        Ok(Self { parts, per_unit })
    }

    pub(crate) fn plus(self, other: Self) -> Result<Self, Overflow> {
        let (a, b) = self.align(other)?;
        Ok(Self { parts: add(a.parts, b.parts, WHAT)?, ..a })
    }

    pub(crate) fn minus(self, other: Self) -> Result<Self, Overflow> {
        let (a, b) = self.align(other)?;
        Ok(Self { parts: subtract(a.parts, b.parts, WHAT)?, ..a })
    }

    pub(crate) fn is_negative(self) -> bool {
        self.parts < Decimal::ZERO
    }

    pub(crate) fn parts(self) -> Decimal {
        self.parts
    }

    pub(crate) fn per_unit(self) -> Decimal {
        self.per_unit.into()
    }

    /// The decimal, of which the 28th digit may be rounded.
    ///
    /// # Errors
    /// [`Overflow::Decimal`].
    pub fn value(self) -> Result<Decimal, Overflow> {
        if self.per_unit == 1 { Ok(self.parts) } else { divide(self.parts, self.per_unit.into(), WHAT) }
    }

    /// The quantity as it is shown: to 15 significant digits. Costs are calculated from the exact fraction.
    ///
    /// # Errors
    /// [`Overflow::Decimal`].
    pub fn shown(self) -> Result<Quantity, Overflow> {
        let value = self.value()?;
        Quantity::new(value)
            .or_else(|_| Quantity::new(value.round_sf(f64::DIGITS).unwrap_or(value).normalize()))
            .map_err(|_| Overflow::Decimal(WHAT))
    }

    /// Both with the same parts.
    pub(crate) fn align(self, other: Self) -> Result<(Self, Self), Overflow> {
        if self.per_unit == other.per_unit {
            return Ok((self, other));
        }
        let shared = gcd(self.per_unit, other.per_unit);
        Ok((self.refine(other.per_unit / shared)?, other.refine(self.per_unit / shared)?))
    }

    /// The same quantity in parts that are `by` times as small.
    fn refine(self, by: u64) -> Result<Self, Overflow> {
        self.times((by, by))
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would be billed 0.9999999999999999999999999999 hours for three times twenty minutes.
    #[test]
    fn thirds_add_up() {
        let third = Volume::new(20.into(), (1, 60)).unwrap();
        let hour = third.plus(third).unwrap().plus(third).unwrap();
        assert_eq!(hour.value().unwrap(), Decimal::ONE);
        let second = Volume::new(1.into(), (1, 3600)).unwrap();
        let sum = third.plus(second).unwrap();
        assert_eq!(sum.times((3600, 1)).unwrap().value().unwrap(), Decimal::from(1201));
        assert_eq!(sum.minus(second).unwrap().value().unwrap(), third.value().unwrap());
        assert_eq!(third.shown().unwrap(), "0.333333333333333".parse().unwrap());
    }
}
