//! Units of what is metered.

use std::fmt;
use std::str::FromStr;

use billtest_models::{AmountError, Quantity};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::checked::{Overflow, divide, multiply};

/// A unit that can be converted. Storage counts in steps of 1024, time in seconds, minutes, hours and days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// `KB`.
    Kilobytes,
    /// `MB`: 1024 KB.
    Megabytes,
    /// `GB`: 1024 MB.
    Gigabytes,
    /// `TB`: 1024 GB.
    Terabytes,
    /// `SECONDS`.
    Seconds,
    /// `MINUTES`.
    Minutes,
    /// `HOURS`.
    Hours,
    /// `DAYS`.
    Days,
}

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// How much is kept or sent.
    Storage,
    /// How long.
    Time,
}

/// Why a quantity cannot be read or converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// No unit of this name can be converted.
    #[error("`{0}` is not a unit that can be converted; use KB, MB, GB, TB, SECONDS, MINUTES, HOURS or DAYS")]
    Unknown(String),
    /// The one measures time, the other storage.
    #[error("{from} cannot be converted to {to}: they measure different things")]
    Incompatible {
        /// The unit of the quantity.
        from: Unit,
        /// The unit asked for.
        to: Unit,
    },
    /// The text is not a quantity.
    #[error(transparent)]
    NotAQuantity(#[from] AmountError),
    /// The result is too large.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl Unit {
    /// Every unit, each dimension from the smallest to the largest.
    pub const ALL: [Self; 8] = [
        Self::Kilobytes,
        Self::Megabytes,
        Self::Gigabytes,
        Self::Terabytes,
        Self::Seconds,
        Self::Minutes,
        Self::Hours,
        Self::Days,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kilobytes => "KB",
            Self::Megabytes => "MB",
            Self::Gigabytes => "GB",
            Self::Terabytes => "TB",
            Self::Seconds => "SECONDS",
            Self::Minutes => "MINUTES",
            Self::Hours => "HOURS",
            Self::Days => "DAYS",
        }
    }

    /// What it measures.
    #[must_use]
    pub fn dimension(self) -> Dimension {
        match self {
            Self::Kilobytes | Self::Megabytes | Self::Gigabytes | Self::Terabytes => Dimension::Storage,
            Self::Seconds | Self::Minutes | Self::Hours | Self::Days => Dimension::Time,
        }
    }

    /// How many of the smallest unit of its dimension it is.
    pub(crate) fn factor(self) -> u64 {
        match self {
            Self::Kilobytes | Self::Seconds => 1,
            Self::Megabytes => 1 << 10,
            Self::Gigabytes => 1 << 20,
            Self::Terabytes => 1 << 30,
            Self::Minutes => 60,
            Self::Hours => 60 * 60,
            Self::Days => 24 * 60 * 60,
        }
    }

    /// The next larger unit of the same dimension.
    fn larger(self) -> Option<Self> {
        let next = Self::ALL.into_iter().find(|unit| *unit > self)?;
        (next.dimension() == self.dimension()).then_some(next)
    }
}

impl FromStr for Unit {
    type Err = UnitError;

    /// Reads the name in capitals or not.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::ALL
            .into_iter()
            .find(|unit| unit.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnitError::Unknown(text.to_owned()))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By what a number in one unit is multiplied, and then divided, to be in another: of the two, one is 1.
///
/// Units of any name are the same as themselves, capitals or not; only the eight of [`Unit`] become another.
pub(crate) fn ratio(from: &str, to: &str) -> Result<(u64, u64), UnitError> {
    if from.eq_ignore_ascii_case(to) {
        return Ok((1, 1));
    }
    let (from, to): (Unit, Unit) = (from.parse()?, to.parse()?);
    if from.dimension() != to.dimension() {
        return Err(UnitError::Incompatible { from, to });
    }
    let (from, to) = (from.factor(), to.factor());
    Ok(if from >= to { (from / to, 1) } else { (1, to / from) })
}

/// Converts a number from one unit to another.
///
/// ```
/// use billtest_engine::unit;
///
/// assert_eq!(unit::convert(90.into(), "MINUTES", "hours")?, "1.5".parse().unwrap());
/// assert!(unit::convert(90.into(), "MINUTES", "GB").is_err());
/// # Ok::<(), unit::UnitError>(())
/// ```
///
/// # Errors
/// [`UnitError::Unknown`], [`UnitError::Incompatible`], [`UnitError::Overflow`].
pub fn convert(value: Decimal, from: &str, to: &str) -> Result<Decimal, UnitError> {
    let (multiplier, divisor) = ratio(from, to)?;
    let product = multiply(value, multiplier.into(), "a converted quantity")?;
    Ok(divide(product, divisor.into(), "a converted quantity")?)
}

/// Reads a quantity: a decimal number, with an exponent or not.
///
/// # Errors
/// [`UnitError::NotAQuantity`], also for `inf`, `nan` and more than 15 significant digits.
pub fn parse_quantity(text: &str) -> Result<Quantity, UnitError> {
    Ok(text.parse()?)
}

/// Writes a quantity for people: with two decimals, in the largest unit of which it is at least one.
///
/// ```
/// use billtest_engine::unit;
///
/// assert_eq!(unit::human_readable(2048.into(), "MB")?, "2.00 GB");
/// assert_eq!(unit::human_readable(7200.into(), "SECONDS")?, "2.00 hours");
/// assert_eq!(unit::human_readable(12.into(), "requests")?, "12.00 requests");
/// # Ok::<(), unit::UnitError>(())
/// ```
///
/// # Errors
/// [`UnitError::Overflow`].
pub fn human_readable(value: Decimal, unit: &str) -> Result<String, UnitError> {
    let Ok(mut scaled) = unit.parse::<Unit>() else {
        return Ok(format!("{} {unit}", two_decimals(value)));
    };
    let mut number = value;
    while let Some(larger) = scaled.larger() {
        let step = Decimal::from(larger.factor() / scaled.factor());
        if number.abs() < step {
            break;
        }
        number = divide(number, step, "a quantity for people")?;
        scaled = larger;
    }
    let number = two_decimals(number);
    Ok(match scaled.dimension() {
        Dimension::Storage => format!("{number} {scaled}"),
        Dimension::Time => format!("{number} {}", scaled.as_str().to_lowercase()),
    })
}

fn two_decimals(value: Decimal) -> String {
    format!("{:.2}", value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A user would read a gigabyte as a kilobyte, or a second as an hour.
    #[test]
    fn quantities_are_written_in_their_own_unit() {
        for (value, unit, text) in [
            (1, "GB", "1.00 GB"),
            (1536, "GB", "1.50 TB"),
            (4096, "TB", "4096.00 TB"),
            (1023, "KB", "1023.00 KB"),
            (90, "MINUTES", "1.50 hours"),
            (48, "DAYS", "48.00 days"),
            (-2048, "KB", "-2.00 MB"),
        ] {
            assert_eq!(human_readable(value.into(), unit).unwrap(), text);
        }
    }

    /// A user would be charged for a unit that nobody knows.
    #[test]
    fn unknown_units_are_refused() {
        let refused = |from, to| convert(Decimal::ONE, from, to).unwrap_err();
        assert_eq!(refused("KB", "PB"), UnitError::Unknown("PB".into()));
        assert_eq!(refused("furlongs", "KB"), UnitError::Unknown("furlongs".into()));
        assert!(matches!(refused("KB", "HOURS"), UnitError::Incompatible { .. }));
        assert_eq!(convert(Decimal::TWO, "Requests", "requests").unwrap(), Decimal::TWO);
        assert!(matches!(convert(Decimal::MAX, "TB", "KB"), Err(UnitError::Overflow(_))));
        for text in ["inf", "nan", "NaN", "1,5", "0x10", ""] {
            assert!(parse_quantity(text).is_err(), "{text}");
        }
    }

    proptest! {
        /// A user would pay for more or less than was metered.
        #[test]
        fn there_and_back_is_the_same(value in 0..10_i64.pow(12), from in 0..8_usize, to in 0..8_usize) {
            let (from, to) = (Unit::ALL[from].as_str(), Unit::ALL[to].as_str());
            if let Ok(there) = convert(value.into(), from, to) {
                let back = convert(there, to, from).unwrap();
                prop_assert_eq!(back.round_dp(6), Decimal::from(value));
            }
        }
    }
}
