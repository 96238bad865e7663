//! Amounts for a part of a period.

use billtest_models::{Money, MoneyError};

use crate::checked::{Overflow, divide, multiply};

/// Why an amount cannot be pro-rated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProrationError {
    /// The period has no day.
    #[error("the period has no day; give one day or more")]
    EmptyPeriod,
    /// More days were used than the period has.
    #[error("{used} of {period} days cannot be used")]
    TooManyDays {
        /// The days used, or the least that are charged.
        used: u32,
        /// The days of the period.
        period: u32,
    },
    /// The result is out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl From<MoneyError> for ProrationError {
    fn from(error: MoneyError) -> Self {
        Self::Overflow(error.into())
    }
}

/// The days of a period that are charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysUsed {
    /// The days that were used.
    pub used: u32,
    /// The days of the whole period.
    pub period: u32,
    /// At least so many days are charged.
    pub least: u32,
}

/// The part of an amount for the days used, rounded half away from zero; never more than the whole.
///
/// ```
/// use billtest_engine::proration::{DaysUsed, prorate};
/// use billtest_models::{Currency, Money};
///
/// let month = Money::new(300.into(), Currency::Usd)?;
/// let part = prorate(month, DaysUsed { used: 10, period: 31, least: 1 })?;
/// assert_eq!(part.to_string(), "96.77 USD"); // 96.774...
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Every [`ProrationError`].
pub fn prorate(full: Money, days: DaysUsed) -> Result<Money, ProrationError> {
    let used = days.used.max(days.least);
    if days.period == 0 {
        return Err(ProrationError::EmptyPeriod);
    }
    if used > days.period {
        return Err(ProrationError::TooManyDays { used, period: days.period });
    }
    let product = multiply(full.value(), used.into(), "a pro-rated amount")?;
    let part = divide(product, days.period.into(), "a pro-rated amount")?;
    Ok(Money::rounded(part, full.currency())?)
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;

    use super::*;

    /// A user would pay for forty days of a month.
    #[test]
    fn no_more_than_the_whole_is_charged() {
        let full = Money::new(300.into(), Currency::Krw).unwrap();
        let part = |used, period| prorate(full, DaysUsed { used, period, least: 1 });
        assert_eq!(part(30, 30), Ok(full));
        assert_eq!(part(40, 30), Err(ProrationError::TooManyDays { used: 40, period: 30 }));
        assert_eq!(part(1, 0), Err(ProrationError::EmptyPeriod));
        assert_eq!(part(0, 30).unwrap().to_string(), "10 KRW", "the least is one day");
        assert_eq!(part(1, 7).unwrap().to_string(), "43 KRW", "42.857...");
    }
}
