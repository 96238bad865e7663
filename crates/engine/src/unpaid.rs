//! What earlier months still owe, and what being late costs.

use billtest_models::{Currency, Money, MoneyError, Month, Percent};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::checked::{Overflow, percent_of, smaller, total};

/// Why a late fee is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LateFeeError {
    /// The daily rate is below 0 or above 100 %.
    #[error("late fee of {0} % a day must be between 0 and 100 %")]
    RateOutOfRange(Percent),
    /// A result is out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl From<MoneyError> for LateFeeError {
    fn from(error: MoneyError) -> Self {
        Self::Overflow(error.into())
    }
}

/// The rule for what being late costs: a rate a day, never more than the amount itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateFee {
    daily: Percent,
}

impl LateFee {
    /// A rate in percent a day.
    ///
    /// # Errors
    /// [`LateFeeError::RateOutOfRange`].
    pub fn new(daily: Percent) -> Result<Self, LateFeeError> {
        if daily < Percent::ZERO || daily.value() > Decimal::ONE_HUNDRED {
            return Err(LateFeeError::RateOutOfRange(daily));
        }
        Ok(Self { daily })
    }

    /// The rate in percent a day.
    #[must_use]
    pub fn daily(self) -> Percent {
        self.daily
    }

    /// What an amount costs when it is late by so many days: amount x rate x days, rounded half away from zero, and at
    /// most the amount.
    ///
    /// ```
    /// use billtest_engine::unpaid::LateFee;
    /// use billtest_models::{Currency, Money};
    ///
    /// let owed = Money::new(100_000.into(), Currency::Krw)?;
    /// assert_eq!(LateFee::default().of(owed, 30)?.to_string(), "3000 KRW");
    /// assert_eq!(LateFee::default().of(owed, 2_000)?, owed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn of(self, amount: Money, days: u32) -> Result<Money, Overflow> {
        let daily = percent_of(self.daily, amount.value())?;
        match daily.checked_mul(days.into()) {
            Some(fee) if fee < amount.value() => Ok(smaller(Money::rounded(fee, amount.currency())?, amount)),
            // A fee beyond all numbers is beyond the amount as well.
            Some(_) | None => Ok(amount),
        }
    }
}

impl Default for LateFee {
    /// 0.1 % a day.
    fn default() -> Self {
        // A tenth is a percentage: one digit.
        Self { daily: Percent::new(Decimal::new(1, 1)).unwrap_or_default() }
    }
}

/// What one month still owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unpaid {
    /// The month.
    pub month: Month,
    /// What is still to be paid; zero or more.
    pub amount: Money,
    /// Until when it was to be paid, in the region.
    pub due: NaiveDate,
    /// What earlier bills charged for its being late: the least that it costs, even when the amount itself is paid by now.
    pub fee_charged: Money,
    /// What of the late fee is paid; it is not asked for again.
    pub fee_paid: Money,
}

impl Unpaid {
    /// What a month owes, of which no late fee was charged or paid yet.
    #[must_use]
    pub fn new(month: Month, amount: Money, due: NaiveDate) -> Self {
        let nothing = Money::zero(amount.currency());
        Self { month, amount, due, fee_charged: nothing, fee_paid: nothing }
    }

    /// How many days it is late on a day; 0 up to and on the day it is due.
    #[must_use]
    pub fn days_late(&self, today: NaiveDate) -> u32 {
        u32::try_from(today.signed_duration_since(self.due).num_days()).unwrap_or(0)
    }
}

/// What an unpaid month adds to a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Arrears {
    /// The month.
    pub month: Month,
    /// What it still owes.
    pub amount: Money,
    /// By how many days it is late.
    pub days_late: u32,
    /// What that costs, and is not paid yet.
    pub late_fee: Money,
    /// What that costs altogether.
    #[serde(skip)]
    pub fee_charged: Money,
    /// Which of the unpaid amounts of the input it is.
    #[serde(skip)]
    pub entry: usize,
}

/// What the months before this one owe on a day, oldest first. A late fee is what the days cost, or what was charged before
/// if that was more, less what of it is paid: it is asked for once, however many bills show it.
///
/// # Errors
/// [`Overflow`].
pub fn arrears(
    unpaid: &[Unpaid],
    before: Month,
    today: NaiveDate,
    late_fee: LateFee,
) -> Result<Vec<Arrears>, Overflow> {
    let mut earlier: Vec<_> = unpaid.iter().enumerate().filter(|(_, owed)| owed.month < before).collect();
    earlier.sort_by_key(|(_, owed)| owed.month);
    let mut found = Vec::new();
    for (entry, owed) in earlier {
        let days_late = owed.days_late(today);
        let fee_charged = larger(late_fee.of(owed.amount, days_late)?, owed.fee_charged);
        let late_fee = fee_charged.minus(smaller(owed.fee_paid, fee_charged))?;
        if !(owed.amount.is_zero() && late_fee.is_zero()) {
            let (month, amount) = (owed.month, owed.amount);
            found.push(Arrears { month, amount, days_late, late_fee, fee_charged, entry });
        }
    }
    Ok(found)
}

fn larger(a: Money, b: Money) -> Money {
    if b.value() > a.value() { b } else { a }
}

/// What is unpaid altogether.
///
/// # Errors
/// [`MoneyError`].
pub fn total_unpaid(unpaid: &[Unpaid], currency: Currency) -> Result<Money, MoneyError> {
    total(unpaid.iter().map(|owed| owed.amount), currency)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owed(month: &str, amount: u32, due: &str) -> Unpaid {
        let amount = Money::new(amount.into(), Currency::Krw).unwrap();
        Unpaid::new(month.parse().unwrap(), amount, due.parse().unwrap())
    }

    /// A user would pay a late fee on the very day that a month is due, or for a month that is not over.
    #[test]
    fn only_earlier_months_count_and_only_days_after_the_due_day() {
        let unpaid = [
            owed("2025-02", 500, "2025-03-31"),
            owed("2025-01", 1000, "2025-02-28"),
            owed("2024-12", 333, "2025-02-18"),
            owed("2024-11", 0, "2024-12-31"),
        ];
        let today = "2025-02-28".parse().unwrap();
        let arrears = arrears(&unpaid, "2025-02".parse().unwrap(), today, LateFee::default()).unwrap();
        let found: Vec<_> = arrears
            .iter()
            .map(|owed| (owed.month.to_string(), owed.days_late, owed.late_fee.to_string()))
            .collect();
        // 333 x 0.1 % x 10 = 3.33
        assert_eq!(found, [("2024-12".into(), 10, "3 KRW".into()), ("2025-01".into(), 0, "0 KRW".into())]);
    }

    /// A user would pay a late fee on every bill that shows it, or never if the amount itself is paid in between.
    #[test]
    fn a_late_fee_is_asked_for_until_it_is_paid_and_no_longer() {
        let won = |amount: u32| Money::new(amount.into(), Currency::Krw).unwrap();
        let fee = |amount, charged, paid| {
            let owed = Unpaid {
                fee_charged: won(charged),
                fee_paid: won(paid),
                ..owed("2025-01", amount, "2025-02-28")
            };
            // 31 days: 31 of 1000
            let today = "2025-03-31".parse().unwrap();
            let arrears = arrears(&[owed], "2025-03".parse().unwrap(), today, LateFee::default()).unwrap();
            arrears.first().map(|owed| (owed.late_fee, owed.fee_charged))
        };
        assert_eq!(fee(1000, 0, 0), Some((won(31), won(31))));
        assert_eq!(fee(1000, 20, 20), Some((won(11), won(31))), "the rest of it");
        assert_eq!(fee(1000, 40, 40), Some((won(0), won(40))), "nothing is given back");
        assert_eq!(fee(0, 20, 5), Some((won(15), won(20))), "the amount is paid, the fee is not");
        assert_eq!(fee(0, 20, 20), None);
    }

    proptest! {
        /// A user would pay more for being late than was owed, or less for being later.
        #[test]
        fn the_fee_grows_and_is_capped(amount in 0..10_i64.pow(13), rate in 0..=10_000_i64, days in any::<u32>()) {
            let fee = LateFee::new(Percent::new(Decimal::new(rate, 2)).unwrap()).unwrap();
            let amount = Money::rounded(Decimal::new(amount, 2), Currency::Usd).unwrap();
            let late = fee.of(amount, days).unwrap();
            let later = fee.of(amount, days.saturating_add(1)).unwrap();
            prop_assert!(!late.is_negative());
            prop_assert!(late.value() <= later.value() && later.value() <= amount.value());
        }
    }
}
