//! Shares that add up to the whole.

use std::cmp::Reverse;

use billtest_models::{Money, MoneyError};
use rust_decimal::Decimal;

use crate::checked::Overflow;

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
    if let Some(negative) = weights.iter().find(|weight| **weight < Decimal::ZERO) {
        return Err(DistributionError::Negative(*negative));
    }
    let too_large = || Overflow::Decimal(WHAT);
    let scale = weights.iter().map(|weight| weight.normalize().scale()).max().unwrap_or_default();
    let weights: Option<Vec<i128>> = weights.iter().map(|weight| in_units(*weight, scale)).collect();
    let weights = weights.ok_or_else(too_large)?;
    let whole = weights.iter().try_fold(0, |sum: i128, weight| sum.checked_add(*weight));
    let whole = whole.ok_or_else(too_large)?;
    let units = in_units(amount.value().abs(), currency.decimals()).ok_or_else(too_large)?;
    let mut left = units;
    let mut shares = Vec::with_capacity(weights.len());
    for (place, weight) in weights.into_iter().enumerate() {
        let product = units.checked_mul(weight).ok_or_else(too_large)?;
        let (Some(share), Some(rest)) = (product.checked_div(whole), product.checked_rem(whole)) else {
            return Err(DistributionError::NoWeight(amount));
        };
        left -= share;
        shares.push((place, share, rest));
    }
    if shares.is_empty() {
        return Err(DistributionError::NoWeight(amount));
    }
    shares.sort_by_key(|(place, _, rest)| Reverse((*rest, *place)));
    for (_, share, _) in &mut shares {
        if left < 1 {
            break;
        }
        *share += 1;
        left -= 1;
    }
    shares.sort_by_key(|(place, ..)| *place);
    shares
        .into_iter()
        .map(|(_, share, _)| {
            let share = Decimal::try_from_i128_with_scale(share, currency.decimals());
            let share = Money::rounded(share.map_err(|_| too_large())?, currency)?;
            Ok(if amount.is_negative() { -share } else { share })
        })
        .collect()
}

/// A number of no more decimals than `scale`, as a whole number of its smallest unit. Two amounts of money multiplied have
/// more digits than a decimal.
fn in_units(number: Decimal, scale: u32) -> Option<i128> {
    let number = number.normalize();
    let power = 10_i128.checked_pow(scale.checked_sub(number.scale())?)?;
    number.mantissa().checked_mul(power)
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

    /// A user with a large bill and a contract would have no bill.
    #[test]
    fn the_largest_amounts_are_distributed() {
        let largest = money("999999999999999", Currency::Krw);
        let shares = distribute(largest, &[largest.value(), Decimal::ONE, largest.value()]).unwrap();
        assert_eq!(total(shares.iter().copied(), Currency::Krw).unwrap(), largest);
        // Half a unit each is left over; the smallest has lost most of its own.
        assert_eq!(shares[1].value(), Decimal::ONE);
        let finest = Decimal::from_i128_with_scale(1, 28);
        assert!(matches!(
            distribute(largest, &[finest, Decimal::MAX]),
            Err(DistributionError::Overflow(Overflow::Decimal(_)))
        ));
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
