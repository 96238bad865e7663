//! Credits: what was granted, and in which order it is used.

use std::cmp::Reverse;

use billtest_models::{CreditId, CreditType, Money, MoneyError, Timestamp};
use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;

use crate::checked::Overflow;

/// A credit with no more than so many whole days left is used before all others.
pub const EXPIRING_SOON_DAYS: i64 = 7;
/// The highest single grant.
pub const HIGHEST_GRANT: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// Why a credit is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    /// Nothing or less is granted or taken.
    #[error("credit amount {0} must be positive")]
    NotPositive(Decimal),
    /// More than [`HIGHEST_GRANT`] is granted at once.
    #[error("credit amount {0} exceeds the limit of {HIGHEST_GRANT}")]
    TooHigh(Decimal),
    /// It expires before it can be used.
    #[error("credit {0} expires at or before the moment it is granted")]
    NeverUsable(CreditId),
    /// The id is taken.
    #[error("credit {0} is already granted")]
    Duplicate(CreditId),
    /// No grant has this id.
    #[error("credit {0} was never granted")]
    UnknownGrant(CreditId),
    /// More is taken than is left.
    #[error("credit {grant} has {balance} left, {wanted} cannot be taken")]
    Overdrawn {
        /// Which grant.
        grant: CreditId,
        /// What it has left.
        balance: Money,
        /// What was to be taken.
        wanted: Money,
    },
    /// A result is out of range, or of another currency.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl From<MoneyError> for CreditError {
    fn from(error: MoneyError) -> Self {
        Self::Overflow(error.into())
    }
}

/// A credit as it was granted; what was used of it is in the [ledger](crate::ledger::CreditLedger).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The credit.
    pub id: CreditId,
    /// Its kind, which decides when it is used.
    pub credit_type: CreditType,
    /// How much was granted.
    pub amount: Money,
    /// When; it cannot be used before.
    pub granted_at: Timestamp,
    /// From when on it cannot be used any more; without it, it never expires.
    pub expires_at: Option<Timestamp>,
}

/// In which order credits are used: the first of these first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CreditPriority {
    /// Has at most [`EXPIRING_SOON_DAYS`] whole days left, of whatever kind.
    ExpiringSoon,
    /// Of a promotion.
    Promotional,
    /// Free.
    Free,
    /// Any other kind that was not paid for: refund, compensation, campaign, bonus, adjustment.
    Unpaid,
    /// Bought in advance.
    Paid,
}

impl CreditPriority {
    /// The place of a kind that does not expire soon.
    fn of(credit_type: CreditType) -> Self {
        match credit_type {
            CreditType::Promotion | CreditType::Promotional => Self::Promotional,
            CreditType::Free => Self::Free,
            CreditType::Refund
            | CreditType::Compensation
            | CreditType::Campaign
            | CreditType::Bonus
            | CreditType::Adjustment => Self::Unpaid,
            CreditType::Paid => Self::Paid,
        }
    }
}

/// By what grants are sorted: priority, then expiry (never is last), then age.
pub(crate) type Order = (CreditPriority, Reverse<Option<Reverse<Timestamp>>>, Timestamp);

impl Grant {
    /// When it is used among others at a moment; none if it cannot be used: not yet granted, or expired.
    ///
    /// Days left are counted whole: what expires in seven and a half days has seven left.
    #[must_use]
    pub fn priority(&self, at: Timestamp) -> Option<CreditPriority> {
        self.is_usable(at).then(|| self.priority_now(at))
    }

    fn is_usable(&self, at: Timestamp) -> bool {
        self.granted_at <= at && self.expires_at.is_none_or(|expiry| at < expiry)
    }

    fn priority_now(&self, now: Timestamp) -> CreditPriority {
        let left = self.expires_at.map(|expiry| (expiry.value() - now.value()).num_days());
        if left.is_some_and(|days| days <= EXPIRING_SOON_DAYS) {
            CreditPriority::ExpiringSoon
        } else {
            CreditPriority::of(self.credit_type)
        }
    }

    /// When it is used among others that can be used at a moment. How soon it expires is seen from now: what is gone in two
    /// days pays first, also for a month that is long over.
    pub(crate) fn order(&self, at: Timestamp, now: Timestamp) -> Option<Order> {
        let usable = self.is_usable(at);
        // `Reverse` twice: earlier expiries first, and none after all of them.
        usable.then(|| (self.priority_now(now), Reverse(self.expires_at.map(Reverse)), self.granted_at))
    }

    pub(crate) fn check(&self) -> Result<(), CreditError> {
        if self.amount.is_negative() || self.amount.is_zero() {
            return Err(CreditError::NotPositive(self.amount.value()));
        }
        if self.expires_at.is_some_and(|expiry| expiry <= self.granted_at) {
            return Err(CreditError::NeverUsable(self.id.clone()));
        }
        Ok(())
    }
}

/// Whether an amount may be granted on request: more than 0, up to [`HIGHEST_GRANT`].
///
/// # Errors
/// [`CreditError::NotPositive`], [`CreditError::TooHigh`].
pub fn check_grant(amount: Decimal) -> Result<(), CreditError> {
    if amount <= Decimal::ZERO {
        Err(CreditError::NotPositive(amount))
    } else if amount > HIGHEST_GRANT {
        Err(CreditError::TooHigh(amount))
    } else {
        Ok(())
    }
}

/// The same day so many months later, or the last of that month; none beyond the calendar.
///
/// ```
/// use billtest_engine::credit::months_later;
///
/// let day = "2024-08-31".parse()?;
/// assert_eq!(months_later(day, 6), Some("2025-02-28".parse()?));
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[must_use]
pub fn months_later(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    day.checked_add_months(Months::new(months))
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;

    use super::*;

    fn grant(credit_type: CreditType, granted: &str, expires: Option<&str>) -> Grant {
        Grant {
            id: "CREDIT_1".into(),
            credit_type,
            amount: Money::new(1.into(), Currency::Krw).unwrap(),
            granted_at: granted.parse().unwrap(),
            expires_at: expires.map(|text| text.parse().unwrap()),
        }
    }

    /// A user would lose a credit that expires while another one lasts, or pay with bought credit first.
    #[test]
    fn what_expires_soon_comes_first_and_what_was_paid_for_last() {
        let at: Timestamp = "2025-01-10T00:00:00Z".parse().unwrap();
        let old = "2024-01-01T00:00:00Z";
        let mut grants = [
            grant(CreditType::Paid, old, None),
            grant(CreditType::Bonus, old, None),
            grant(CreditType::Refund, "2023-01-01T00:00:00Z", None),
            grant(CreditType::Free, old, None),
            grant(CreditType::Free, old, Some("2026-01-01T00:00:00Z")),
            grant(CreditType::Free, old, Some("2025-06-01T00:00:00Z")),
            grant(CreditType::Promotion, old, None),
            grant(CreditType::Paid, old, Some("2025-01-17T23:59:59Z")),
            grant(CreditType::Promotional, old, Some("2025-01-18T00:00:00Z")),
            grant(CreditType::Paid, old, Some("2025-01-12T00:00:00Z")),
        ];
        grants.sort_by_key(|grant| grant.order(at, at));
        let order: Vec<_> =
            grants.iter().map(|grant| (grant.credit_type, grant.expires_at.is_some())).collect();
        use CreditType::{Bonus, Free, Paid, Promotion, Promotional, Refund};
        assert_eq!(
            order,
            [
                (Paid, true),
                (Paid, true),
                (Promotional, true),
                (Promotion, false),
                (Free, true),
                (Free, true),
                (Free, false),
                (Refund, false),
                (Bonus, false),
                (Paid, false),
            ]
        );
        assert!(grants[0].expires_at < grants[1].expires_at);
        assert!(grants[4].expires_at < grants[5].expires_at);
    }

    /// A user would pay with a credit that is not there any more, or not yet.
    #[test]
    fn a_credit_is_usable_from_its_grant_until_just_before_its_expiry() {
        let credit = grant(CreditType::Free, "2025-01-01T00:00:00Z", Some("2025-03-01T00:00:00Z"));
        let at = |text: &str| credit.priority(text.parse().unwrap());
        assert_eq!(at("2024-12-31T23:59:59Z"), None);
        assert_eq!(at("2025-01-01T00:00:00Z"), Some(CreditPriority::Free));
        assert_eq!(at("2025-02-28T23:59:59Z"), Some(CreditPriority::ExpiringSoon));
        assert_eq!(at("2025-03-01T00:00:00Z"), None);
    }
}
