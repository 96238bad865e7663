//! Decimal arithmetic that says when it cannot go on.

use billtest_models::{Currency, Money, MoneyError, Percent};
use rust_decimal::Decimal;

/// A calculation left the range of decimals (28 digits) or of money (15 digits).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Overflow {
    /// A number in between has more than 28 digits before the point, or a division is by zero.
    #[error("{0} is too large to be calculated; lower the quantity or the price")]
    Decimal(&'static str),
    /// A result is no amount of money.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

pub(crate) fn add(a: Decimal, b: Decimal, what: &'static str) -> Result<Decimal, Overflow> {
    a.checked_add(b).ok_or(Overflow::Decimal(what))
}

pub(crate) fn subtract(a: Decimal, b: Decimal, what: &'static str) -> Result<Decimal, Overflow> {
    a.checked_sub(b).ok_or(Overflow::Decimal(what))
}

pub(crate) fn multiply(a: Decimal, b: Decimal, what: &'static str) -> Result<Decimal, Overflow> {
    a.checked_mul(b).ok_or(Overflow::Decimal(what))
}

pub(crate) fn divide(a: Decimal, b: Decimal, what: &'static str) -> Result<Decimal, Overflow> {
    a.checked_div(b).ok_or(Overflow::Decimal(what))
}

/// A percentage of a number, not rounded.
pub(crate) fn percent_of(rate: Percent, number: Decimal) -> Result<Decimal, Overflow> {
    // Multiplied before it is divided: the product is exact, and so is a division by 100.
    divide(multiply(number, rate.value(), "a percentage")?, Decimal::ONE_HUNDRED, "a percentage")
}

/// A percentage of money, rounded half away from zero to its currency's decimals.
pub(crate) fn percent_of_money(rate: Percent, amount: Money) -> Result<Money, Overflow> {
    Ok(Money::rounded(percent_of(rate, amount.value())?, amount.currency())?)
}

/// The sum, of nothing as well.
pub(crate) fn total(
    amounts: impl IntoIterator<Item = Money>,
    currency: Currency,
) -> Result<Money, MoneyError> {
    amounts.into_iter().try_fold(Money::zero(currency), Money::plus)
}

/// The smaller of two amounts of one currency.
pub(crate) fn smaller(a: Money, b: Money) -> Money {
    if b.value() < a.value() { b } else { a }
}
