//! Compound interest.

use billtest_models::{Money, MoneyError, Percent};
use rust_decimal::{Decimal, MathematicalOps as _};

use crate::checked::{Overflow, add, divide, multiply};

const WHAT: &str = "interest";

/// Why no interest can be calculated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterestError {
    /// Interest is never added.
    #[error("interest must be compounded once a year or more often")]
    NeverCompounded,
    /// The rate is below zero.
    #[error("interest rate of {0} % cannot be negative")]
    NegativeRate(Percent),
    /// The result is out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl From<MoneyError> for InterestError {
    fn from(error: MoneyError) -> Self {
        Self::Overflow(error.into())
    }
}

/// On what terms interest grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterestTerms {
    /// In percent a year of 365 days.
    pub annual_rate: Percent,
    /// For how many days.
    pub days: u32,
    /// How many times a year it is added to what it grows on.
    pub times_a_year: u32,
}

/// The interest on an amount: amount x (1 + rate / times) ^ (times x days / 365) - amount, rounded half away from zero.
///
/// The exponent may have a fraction, which a decimal power gives to more digits than any currency has.
///
/// # Errors
/// Every [`InterestError`].
pub fn compound_interest(principal: Money, terms: InterestTerms) -> Result<Money, InterestError> {
    if terms.times_a_year == 0 {
        return Err(InterestError::NeverCompounded);
    }
    if terms.annual_rate < Percent::ZERO {
        return Err(InterestError::NegativeRate(terms.annual_rate));
    }
    let times = Decimal::from(terms.times_a_year);
    let periodic = divide(divide(terms.annual_rate.value(), Decimal::ONE_HUNDRED, WHAT)?, times, WHAT)?;
    let periods = divide(multiply(times, terms.days.into(), WHAT)?, Decimal::from(365), WHAT)?;
    let growth = add(Decimal::ONE, periodic, WHAT)?.checked_powd(periods).ok_or(Overflow::Decimal(WHAT))?;
    let interest = multiply(principal.value(), growth - Decimal::ONE, WHAT)?;
    Ok(Money::rounded(interest, principal.currency())?)
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;

    use super::*;

    /// A user would pay interest on nothing, or a programme would end on an odd rate.
    #[test]
    fn interest_of_the_edges() {
        let principal = Money::new(1000.into(), Currency::Usd).unwrap();
        let of = |rate: u32, days, times_a_year| {
            let terms = InterestTerms { annual_rate: rate.into(), days, times_a_year };
            compound_interest(principal, terms).map(|interest| interest.to_string())
        };
        assert_eq!(of(10, 730, 1).unwrap(), "210.00 USD");
        assert_eq!(of(0, 730, 12).unwrap(), "0.00 USD");
        assert_eq!(of(10, 0, 12).unwrap(), "0.00 USD");
        assert_eq!(of(10, 365, 0), Err(InterestError::NeverCompounded));
        assert!(matches!(of(1_000_000, u32::MAX, 1), Err(InterestError::Overflow(_))));
    }
}
