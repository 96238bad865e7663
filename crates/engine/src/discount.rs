//! Discounts on an amount: fixed or a rate, with a threshold and a cap.

use billtest_models::{Amount, Money, MoneyError, Percent};
use rust_decimal::Decimal;

use crate::checked::{Overflow, percent_of_money, smaller, total};

/// How much an amount is changed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// By an amount, in the currency of what is changed.
    Fixed(Amount),
    /// By a percentage of what is changed.
    Rate(Percent),
}

impl Value {
    /// What it comes to on a base: fixed as it is, a rate rounded half away from zero.
    ///
    /// # Errors
    /// [`Overflow::Money`] for a fixed amount with more decimals than the currency, [`Overflow::Decimal`].
    pub fn of(self, base: Money) -> Result<Money, Overflow> {
        match self {
            Self::Fixed(amount) => Ok(Money::new(amount, base.currency())?),
            Self::Rate(rate) => percent_of_money(rate, base),
        }
    }
}

/// Why a rate is not one of a discount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscountError {
    /// Below zero.
    #[error("discount {0} cannot be negative")]
    Negative(Decimal),
    /// Above 100 %.
    #[error("discount rate {0} cannot exceed 100%")]
    AboveAll(Percent),
    /// The result is out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl From<MoneyError> for DiscountError {
    fn from(error: MoneyError) -> Self {
        Self::Overflow(error.into())
    }
}

/// Whether a rate is one of a discount: 0 to 100 %.
///
/// # Errors
/// [`DiscountError::Negative`], [`DiscountError::AboveAll`].
pub fn check_rate(rate: Percent) -> Result<(), DiscountError> {
    if rate < Percent::ZERO {
        Err(DiscountError::Negative(rate.value()))
    } else if rate.value() > Decimal::ONE_HUNDRED {
        Err(DiscountError::AboveAll(rate))
    } else {
        Ok(())
    }
}

/// A discount with its conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discount {
    /// How much.
    pub value: Value,
    /// Below this base there is none.
    pub from_base: Option<Amount>,
    /// It is never more than this; zero is a cap as well.
    pub at_most: Option<Amount>,
}

impl Discount {
    /// A discount without conditions.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self { value, from_base: None, at_most: None }
    }

    /// What is taken off a base: never more than its cap, never more than the base.
    ///
    /// ```
    /// use billtest_engine::discount::{Discount, Value};
    /// use billtest_models::{Currency, Money};
    ///
    /// let base = Money::new(999.into(), Currency::Krw)?;
    /// let discount = Discount::new(Value::Rate("7.5".parse()?));
    /// assert_eq!(discount.of(base)?.to_string(), "75 KRW"); // 74.925
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Every [`DiscountError`].
    pub fn of(&self, base: Money) -> Result<Money, DiscountError> {
        match self.value {
            Value::Rate(rate) => check_rate(rate)?,
            Value::Fixed(amount) if amount < Amount::ZERO => {
                return Err(DiscountError::Negative(amount.value()));
            }
            Value::Fixed(_) => {}
        }
        if self.from_base.is_some_and(|least| base.value() < least.value()) {
            return Ok(Money::zero(base.currency()));
        }
        let discount = smaller(self.value.of(base)?, base);
        match self.at_most {
            Some(cap) => Ok(smaller(discount, Money::new(cap, base.currency())?)),
            None => Ok(discount),
        }
    }
}

/// What several discounts take off together, each reckoned on the whole base; never more than the base.
///
/// # Errors
/// Every [`DiscountError`].
pub fn side_by_side(discounts: &[Discount], base: Money) -> Result<Money, DiscountError> {
    let each = discounts.iter().map(|discount| discount.of(base)).collect::<Result<Vec<_>, _>>()?;
    Ok(smaller(total(each, base.currency())?, base))
}

/// What several discounts take off one after the other, each reckoned on what the ones before left.
///
/// # Errors
/// Every [`DiscountError`].
pub fn one_after_another(discounts: &[Discount], base: Money) -> Result<Money, DiscountError> {
    let mut rest = base;
    for discount in discounts {
        rest = rest.minus(discount.of(rest)?)?;
    }
    Ok(base.minus(rest)?)
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;
    use proptest::prelude::*;

    use super::*;

    /// A user would get a discount that was capped at nothing, or one below the threshold.
    #[test]
    fn zero_is_a_cap_and_a_threshold_is_one() {
        let base = Money::new(100.into(), Currency::Usd).unwrap();
        let tenth = Discount::new(Value::Rate(10.into()));
        let of = |discount: Discount| discount.of(base).unwrap().to_string();
        assert_eq!(of(tenth), "10.00 USD");
        assert_eq!(of(Discount { at_most: Some(0.into()), ..tenth }), "0.00 USD");
        assert_eq!(of(Discount { from_base: Some(100.into()), ..tenth }), "10.00 USD");
        assert_eq!(of(Discount { from_base: Some(101.into()), ..tenth }), "0.00 USD");
        let above = Discount::new(Value::Rate(101.into()));
        assert_eq!(above.of(base), Err(DiscountError::AboveAll(101.into())));
        let negative = Discount::new(Value::Fixed("-1".parse().unwrap()));
        assert!(matches!(negative.of(base), Err(DiscountError::Negative(_))));
    }

    proptest! {
        /// A user would be paid for buying.
        #[test]
        fn no_combination_takes_more_than_the_base(
            base in 0..10_i64.pow(9),
            values in proptest::collection::vec((any::<bool>(), 0..=100_u32), 0..6),
        ) {
            let base = Money::rounded(Decimal::new(base, 2), Currency::Eur).unwrap();
            let discounts: Vec<_> = values
                .into_iter()
                .map(|(rate, value)| if rate { Value::Rate(value.into()) } else { Value::Fixed(value.into()) })
                .map(Discount::new)
                .collect();
            let together = side_by_side(&discounts, base).unwrap();
            let in_turn = one_after_another(&discounts, base).unwrap();
            prop_assert!(!together.is_negative() && together.value() <= base.value());
            prop_assert!(!in_turn.is_negative() && in_turn.value() <= base.value());
        }
    }
}
