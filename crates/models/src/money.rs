//! Money: an amount with its currency.

use std::fmt;
use std::ops::Neg;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use crate::Amount;

/// ISO 4217 code of a currency the billing system accounts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(example = "USD")]
#[expect(missing_docs, reason = "the codes are the standard's own")]
pub enum Currency {
    Krw,
    Jpy,
    Usd,
    Eur,
}

impl Currency {
    /// Decimal places of the currency's smallest unit (ISO 4217, exponent).
    #[must_use]
    pub fn decimals(self) -> u32 {
        match self {
            Self::Krw | Self::Jpy => 0,
            Self::Usd | Self::Eur => 2,
        }
    }

    /// The ISO 4217 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Krw => "KRW",
            Self::Jpy => "JPY",
            Self::Usd => "USD",
            Self::Eur => "EUR",
        }
    }

    /// The sign that people write before an amount.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Krw => "₩",
            Self::Jpy => "¥",
            Self::Usd => "$",
            Self::Eur => "€",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why an amount is not money of its currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amount has a fraction that the currency's smallest unit cannot express.
    #[error("{amount} has more than the {decimals} decimals of {currency}")]
    TooManyDecimals {
        /// The amount as given.
        amount: Decimal,
        /// Its currency.
        currency: Currency,
        /// The decimals which that currency has.
        decimals: u32,
    },
    /// To the currency's decimals, the amount has more digits than a JSON number carries exactly.
    #[error("{amount} {currency} is too large: to the last decimal it has more than 15 significant digits")]
    TooLarge {
        /// The amount as given.
        amount: Decimal,
        /// Its currency.
        currency: Currency,
    },
    /// Two amounts of different currencies were added or compared.
    #[error("{left} and {right} cannot be calculated together")]
    CurrenciesDiffer {
        /// Currency of the first.
        left: Currency,
        /// Currency of the second.
        right: Currency,
    },
}

/// An exact amount of one currency, a whole number of its smallest unit.
///
/// ```
/// use billtest_models::{Currency, Money};
///
/// let invoice = Money::new("1500".parse().unwrap(), Currency::Usd)?;
/// let discount = Money::new("100.25".parse().unwrap(), Currency::Usd)?;
/// assert_eq!(invoice.minus(discount)?.to_string(), "1399.75 USD");
/// # Ok::<(), billtest_models::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        let mut amount = Decimal::ZERO;
        amount.rescale(currency.decimals());
        Self { amount, currency }
    }

    /// Joins an amount to its currency.
    ///
    /// # Errors
    /// [`MoneyError::TooManyDecimals`] and [`MoneyError::TooLarge`]; nothing is rounded.
    pub fn new(amount: Amount, currency: Currency) -> Result<Self, MoneyError> {
        Self::exact(amount.value(), currency)
    }

    /// Rounds half away from zero to the currency's decimals: for results of a multiplication.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn rounded(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let rounded =
            amount.round_dp_with_strategy(currency.decimals(), RoundingStrategy::MidpointAwayFromZero);
        Self::exact(rounded, currency)
    }

    fn exact(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let decimals = currency.decimals();
        // Most amounts have no decimals to lose: taking off zeros is the slow part.
        if amount.scale() > decimals && amount.normalize().scale() > decimals {
            return Err(MoneyError::TooManyDecimals { amount, currency, decimals });
        }
        let mut scaled = amount;
        scaled.rescale(decimals);
        // `rescale` keeps the old scale when the new one does not fit in 96 bits.
        if scaled.scale() != decimals || scaled.mantissa().unsigned_abs() >= 10_u128.pow(f64::DIGITS) {
            return Err(MoneyError::TooLarge { amount, currency });
        }
        Ok(Self { amount: scaled, currency })
    }

    /// The exact decimal, with as many decimals as the currency has.
    #[must_use]
    pub fn value(self) -> Decimal {
        self.amount
    }

    /// The amount as it goes on the wire.
    #[must_use]
    pub fn amount(self) -> Amount {
        // Money never has more digits than an amount may have.
        Amount::new(self.amount).unwrap_or_default()
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.amount < Decimal::ZERO
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrenciesDiffer`], [`MoneyError::TooLarge`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::exact(self.amount + other.amount, self.currency)
    }

    /// The difference, which may be negative.
    ///
    /// # Errors
    /// [`MoneyError::CurrenciesDiffer`], [`MoneyError::TooLarge`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::exact(self.amount - other.amount, self.currency)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrenciesDiffer { left: self.currency, right: other.currency })
        }
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        // No zero with a minus: it would be written as `-0.0`.
        if self.is_zero() { self } else { Self { amount: -self.amount, ..self } }
    }
}

/// The JSON number of the amount; the currency stands beside it, once for all amounts of a document.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.amount().serialize(serializer)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        Money::new(text.parse().unwrap(), currency)
    }

    #[test]
    fn a_fraction_of_the_smallest_unit_is_refused_not_rounded() {
        assert!(money("10.005", Currency::Usd).is_err());
        assert!(money("10.50", Currency::Krw).is_err());
        assert_eq!(money("10.50", Currency::Usd).unwrap().to_string(), "10.50 USD");
        assert_eq!(money("10.00", Currency::Jpy).unwrap().to_string(), "10 JPY");
    }

    #[test]
    fn fifteen_digits_count_to_the_last_decimal() {
        assert!(money("9999999999999.99", Currency::Usd).is_ok());
        assert!(matches!(money("99999999999999", Currency::Usd), Err(MoneyError::TooLarge { .. })));
        assert!(money("99999999999999", Currency::Krw).is_ok());
    }

    #[test]
    fn currencies_do_not_mix() {
        let (won, dollar) = (money("1", Currency::Krw).unwrap(), money("1", Currency::Usd).unwrap());
        assert!(matches!(won.plus(dollar), Err(MoneyError::CurrenciesDiffer { .. })));
    }

    proptest! {
        #[test]
        fn what_is_added_can_be_taken_away(a in -10_i64.pow(12)..10_i64.pow(12), b in -10_i64.pow(12)..10_i64.pow(12)) {
            let a = Money::exact(Decimal::new(a, 2), Currency::Eur).unwrap();
            let b = Money::exact(Decimal::new(b, 2), Currency::Eur).unwrap();
            prop_assert_eq!(a.plus(b).unwrap().minus(b).unwrap(), a);
        }

        /// Half away from zero, and never further than half of the smallest unit.
        #[test]
        fn rounding_moves_by_at_most_half_a_unit(mantissa in -10_i64.pow(14)..10_i64.pow(14), scale in 0_u32..8) {
            let exact = Decimal::new(mantissa, scale);
            let rounded = Money::rounded(exact, Currency::Krw).unwrap().value();
            let distance = (rounded - exact).abs();
            prop_assert!(distance <= Decimal::new(5, 1));
            prop_assert!(distance < Decimal::new(5, 1) || rounded.abs() > exact.abs());
        }
    }
}
