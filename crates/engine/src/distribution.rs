//! Shares that add up to the whole.

use std::cmp::Reverse;

use billtest_models::{Money, MoneyError};
use rust_decimal::Decimal;

use crate::checked::{Overflow, add, divide, multiply, subtract};

const WHAT: &str = "a share";

/// Why an amount cannot be distributed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DistributionError {
    /// Nobody has a part in it, so that the amount would be lost.
    #[error("{0} cannot be distributed: the weights are none or all zero")]
    NoWeight(Money),
    /// A weight is below zero.
    #[error("weight {0} cannot be negative")]
    Negative(Decimal),
    /// A number in between is out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl From<MoneyError> for DistributionError {
    fn from(error: MoneyError) -> Self {
        Self::Overflow(error.into())
    }
}

/// Distributes an amount by weights, to the last unit of its currency: the method of the largest remainder.
///
/// Each share is cut to whole units; the units left over go one each to the shares that lost most by the cut, of
/// equals to the later. Shares have the sign of the amount, or are zero.
///
/// ```
/// use billtest_engine::distribution::distribute;
/// use billtest_models::{Currency, Money};
///
/// let shares = distribute(Money::new(100.into(), Currency::Usd)?, &[1.into(), 1.into(), 1.into()])?;
/// let texts: Vec<_> = shares.iter().map(ToString::to_string).collect();
/// assert_eq!(texts, ["33.33 USD", "33.33 USD", "33.34 USD"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Every [`DistributionError`].
pub fn distribute(amount: Money, weights: &[Decimal]) -> Result<Vec<Money>, DistributionError> {
    let currency = amount.currency();
    let whole = weights.iter().try_fold(Decimal::ZERO, |sum, weight| {
        if *weight < Decimal::ZERO {
            return Err(DistributionError::Negative(*weight));
        }
        Ok(add(sum, *weight, WHAT)?)
    })?;
    if whole.is_zero() {
        return Err(DistributionError::NoWeight(amount));
    }
    let unit = Decimal::new(1, currency.decimals());
    let mut left = divide(amount.value().abs(), unit, WHAT)?;
    let units = left;
    let mut shares = Vec::with_capacity(weights.len());
    for (place, weight) in weights.iter().enumerate() {
        let product = multiply(units, *weight, WHAT)?;
        let share = divide(product, whole, WHAT)?.trunc();
        let rest = subtract(product, multiply(share, whole, WHAT)?, WHAT)?;
        left = subtract(left, share, WHAT)?;
        shares.push((place, share, rest));
    }
    shares.sort_by_key(|(place, _, rest)| Reverse((*rest, *place)));
    for (_, share, _) in &mut shares {
        if left < Decimal::ONE {
            break;
        }
        *share = add(*share, Decimal::ONE, WHAT)?;
        left = subtract(left, Decimal::ONE, WHAT)?;
    }
    shares.sort_by_key(|(place, ..)| *place);
    shares
        .into_iter()
        .map(|(_, share, _)| {
            let share = Money::rounded(multiply(share, unit, WHAT)?, currency)?;
            Ok(if amount.is_negative() { -share } else { share })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;
    use proptest::prelude::*;

    use super::*;
    use crate::checked::total;

    fn money(text: &str, currency: Currency) -> Money {
        Money::new(text.parse().unwrap(), currency).unwrap()
    }

    /// A user would find a share below zero, or a cent that belongs to nobody.
    #[test]
    fn less_than_a_unit_each_is_given_to_some() {
        let shares = distribute(money("0.05", Currency::Usd), &[Decimal::ONE; 10]).unwrap();
        let (none, some): (Vec<Money>, _) = shares.iter().partition(|share| share.is_zero());
        assert_eq!((none.len(), some.len()), (5, 5));
        assert!(some.iter().all(|share| share.value() == Decimal::new(1, 2)));
        let shares = distribute(money("-100", Currency::Krw), &[1.into(), 2.into()]).unwrap();
        assert_eq!(shares, [money("-33", Currency::Krw), money("-67", Currency::Krw)]);
    }

    /// A user would lose the whole amount among nobody.
    #[test]
    fn an_amount_without_a_taker_is_an_error() {
        let amount = money("1", Currency::Krw);
        assert_eq!(distribute(amount, &[]), Err(DistributionError::NoWeight(amount)));
        assert_eq!(distribute(amount, &[Decimal::ZERO]), Err(DistributionError::NoWeight(amount)));
        let negative = Decimal::NEGATIVE_ONE;
        assert_eq!(distribute(amount, &[negative]), Err(DistributionError::Negative(negative)));
    }

    proptest! {
        /// A user would lose or gain a unit, or get more than a unit beside the fair share.
        #[test]
        fn shares_add_up_and_are_fair(
            amount in -10_i64.pow(11)..10_i64.pow(11),
            weights in proptest::collection::vec(0..10_i64.pow(6), 1..30),
            krw in any::<bool>(),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let currency = if krw { Currency::Krw } else { Currency::Eur };
            let unit = Decimal::new(1, currency.decimals());
            let amount = Money::rounded(Decimal::new(amount, currency.decimals()), currency).unwrap();
            let weights: Vec<_> = weights.into_iter().map(|weight| Decimal::new(weight, 3)).collect();
            let whole: Decimal = weights.iter().sum();
            let shares = distribute(amount, &weights).unwrap();
            prop_assert_eq!(total(shares.iter().copied(), currency).unwrap(), amount);
            for (share, weight) in shares.iter().zip(&weights) {
                let fair = amount.value() * weight / whole;
                prop_assert!((share.value() - fair).abs() < unit, "{share} for {fair}");
                prop_assert!(share.is_zero() || share.is_negative() == amount.is_negative());
            }
        }
    }
}
