//! Adjustments of a bill: discounts and surcharges, fixed or a rate, of a project or of the whole.

use std::collections::BTreeMap;

use billtest_models::{
    AdjustmentCode, AdjustmentId, Amount, AmountError, Money, MoneyError, Month, Percent, ProjectId,
    Timestamp,
};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use crate::checked::{Overflow, divide, multiply, smaller, subtract};
use crate::discount::Value;

/// The highest rate of a discount, in percent.
pub const HIGHEST_DISCOUNT: Decimal = Decimal::ONE_HUNDRED;
/// The highest rate of a surcharge, in percent.
pub const HIGHEST_SURCHARGE: Decimal = Decimal::from_parts(200, 0, 0, false, 0);
/// The highest fixed adjustment.
pub const HIGHEST_FIXED: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Why an adjustment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdjustmentError {
    /// Its value is below zero.
    #[error("adjustment {0} cannot be negative; use a discount to lower and a surcharge to raise")]
    Negative(Amount),
    /// A rate above the limit of its kind.
    #[error("{code:?} of {rate} % cannot exceed {limit} %")]
    RateTooHigh {
        /// Discount or surcharge.
        code: AdjustmentCode,
        /// The rate.
        rate: Amount,
        /// The highest one.
        limit: Decimal,
    },
    /// An amount above [`HIGHEST_FIXED`].
    #[error("fixed adjustment {0} cannot exceed {HIGHEST_FIXED}")]
    FixedTooHigh(Amount),
    /// What is to be adjusted is below zero.
    #[error("{0} is below zero and cannot be adjusted")]
    NegativeBase(Money),
    /// The value is no number of its kind.
    #[error(transparent)]
    Value(#[from] AmountError),
    /// A result is out of range, or has more decimals than the currency.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl From<MoneyError> for AdjustmentError {
    fn from(error: MoneyError) -> Self {
        Self::Overflow(error.into())
    }
}

/// What an adjustment does, within its limits.
///
/// ```
/// use billtest_engine::adjustment::Change;
/// use billtest_models::{AdjustmentCode, Currency, Money};
///
/// let base = Money::new(850.into(), Currency::Usd)?;
/// assert_eq!(Change::new(AdjustmentCode::RateSurcharge, 5.into())?.of(base)?.to_string(), "42.50 USD");
/// assert_eq!(Change::new(AdjustmentCode::FixedDiscount, 900.into())?.of(base)?.to_string(), "-850.00 USD");
/// assert!(Change::new(AdjustmentCode::RateDiscount, 101.into()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    code: AdjustmentCode,
    value: Value,
}

impl Change {
    /// Checks the value of an adjustment: an amount, or a rate in percent.
    ///
    /// # Errors
    /// [`AdjustmentError::Negative`], [`AdjustmentError::RateTooHigh`], [`AdjustmentError::FixedTooHigh`].
    pub fn new(code: AdjustmentCode, value: Amount) -> Result<Self, AdjustmentError> {
        if value < Amount::ZERO {
            return Err(AdjustmentError::Negative(value));
        }
        if !code.is_rate() {
            if value.value() > HIGHEST_FIXED {
                return Err(AdjustmentError::FixedTooHigh(value));
            }
            return Ok(Self { code, value: Value::Fixed(value) });
        }
        let limit = if code.is_discount() { HIGHEST_DISCOUNT } else { HIGHEST_SURCHARGE };
        if value.value() > limit {
            return Err(AdjustmentError::RateTooHigh { code, rate: value, limit });
        }
        Ok(Self { code, value: Value::Rate(Percent::new(value.value())?) })
    }

    /// Discount or surcharge, fixed or a rate.
    #[must_use]
    pub fn code(&self) -> AdjustmentCode {
        self.code
    }

    /// By how much.
    #[must_use]
    pub fn value(&self) -> Value {
        self.value
    }

    /// By how much it changes a base: a discount is negative and takes at most the base, a surcharge is positive.
    ///
    /// # Errors
    /// [`AdjustmentError::NegativeBase`], [`AdjustmentError::Overflow`].
    pub fn of(&self, base: Money) -> Result<Money, AdjustmentError> {
        if base.is_negative() {
            return Err(AdjustmentError::NegativeBase(base));
        }
        let value = self.value.of(base)?;
        Ok(if self.code.is_discount() { -smaller(value, base) } else { value })
    }
}

/// What an adjustment changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "level", content = "project", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    /// One project's part of the bill.
    Project(ProjectId),
    /// The bill as a whole, after its projects.
    BillingGroup,
}

/// An adjustment that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The adjustment.
    pub id: AdjustmentId,
    /// What it changes.
    pub level: Level,
    /// How.
    pub change: Change,
    /// The first month that it is for.
    pub from: Month,
    /// The last month that it is for.
    pub until: Month,
    /// When it was made: within a level the older comes first.
    pub created_at: Timestamp,
}

impl Adjustment {
    /// Whether it is for a month.
    #[must_use]
    pub fn is_for(&self, month: Month) -> bool {
        (self.from..=self.until).contains(&month)
    }
}

/// An adjustment that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppliedAdjustment {
    /// The adjustment.
    pub id: AdjustmentId,
    /// What it changed.
    #[serde(flatten)]
    pub level: Level,
    /// How.
    pub code: AdjustmentCode,
    /// What there was before.
    pub base: Money,
    /// By how much it changed it: a discount is negative.
    pub amount: Money,
}

/// Amounts before and after adjustments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    /// What each project comes to, after its adjustments.
    pub projects: BTreeMap<String, Money>,
    /// Everything, after all adjustments; never below zero.
    pub amount: Money,
    /// What was done, in this order.
    pub applied: Vec<AppliedAdjustment>,
}

/// Makes the adjustments of a month: those of projects first, then those of the whole; of one level the older first,
/// and of one moment in the order given. Each is reckoned on what the ones before it left; no discount takes more.
///
/// `beside` is the part of the bill that belongs to no project.
///
/// # Errors
/// Every [`AdjustmentError`] of a result out of range.
pub fn adjust(
    projects: BTreeMap<String, Money>,
    beside: Money,
    adjustments: &[Adjustment],
    month: Month,
) -> Result<Adjusted, AdjustmentError> {
    let mut due: Vec<&Adjustment> =
        adjustments.iter().filter(|adjustment| adjustment.is_for(month)).collect();
    due.sort_by_key(|adjustment| (adjustment.level == Level::BillingGroup, adjustment.created_at));
    let mut adjusted = Adjusted { projects, amount: beside, applied: Vec::with_capacity(due.len()) };
    let mut whole = None;
    for adjustment in due {
        let base = match &adjustment.level {
            Level::Project(project) => adjusted
                .projects
                .entry(project.as_str().to_owned())
                .or_insert_with(|| Money::zero(beside.currency())),
            Level::BillingGroup => match &mut whole {
                Some(whole) => whole,
                none => none.insert(sum(&adjusted.projects, beside)?),
            },
        };
        let before = *base;
        let amount = adjustment.change.of(before)?;
        *base = before.plus(amount)?;
        adjusted.applied.push(AppliedAdjustment {
            id: adjustment.id.clone(),
            level: adjustment.level.clone(),
            code: adjustment.change.code(),
            base: before,
            amount,
        });
    }
    adjusted.amount = match whole {
        Some(whole) => whole,
        None => sum(&adjusted.projects, beside)?,
    };
    Ok(adjusted)
}

fn sum(projects: &BTreeMap<String, Money>, beside: Money) -> Result<Money, MoneyError> {
    projects.values().copied().try_fold(beside, Money::plus)
}

/// By how many percent an amount differs from what it was, to two decimals and without a sign; 0 where it was 0.
///
/// # Errors
/// [`Overflow::Decimal`].
pub fn effective_rate(original: Decimal, adjusted: Decimal) -> Result<Decimal, Overflow> {
    if original.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let difference = multiply(subtract(original, adjusted, "a rate")?, Decimal::ONE_HUNDRED, "a rate")?;
    let rate = divide(difference, original, "a rate")?.abs();
    Ok(rate.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

/// By how much a change made every month would change an amount in so many months.
///
/// # Errors
/// As [`Change::of`].
pub fn impact(change: &Change, monthly: Money, months: u32) -> Result<Money, AdjustmentError> {
    let once = change.of(monthly)?;
    Ok(Money::rounded(multiply(once.value(), months.into(), "an impact")?, once.currency())?)
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;

    use super::*;

    fn won(amount: u32) -> Money {
        Money::new(amount.into(), Currency::Krw).unwrap()
    }

    fn adjustment(id: &str, level: Level, (code, value): (AdjustmentCode, u32), second: u32) -> Adjustment {
        let month = "2025-01".parse().unwrap();
        Adjustment {
            id: id.into(),
            level,
            change: Change::new(code, value.into()).unwrap(),
            from: month,
            until: month,
            created_at: format!("2025-01-01T00:00:{second:02}Z").parse().unwrap(),
        }
    }

    /// A user would get a discount twice, too early, or more than the project costs.
    #[test]
    fn projects_come_first_then_the_whole_each_by_age() {
        use AdjustmentCode::{FixedDiscount, FixedSurcharge, RateDiscount, RateSurcharge};
        let web = || Level::Project("web".into());
        let adjustments = [
            adjustment("whole-2", Level::BillingGroup, (RateSurcharge, 10), 9),
            adjustment("whole-1", Level::BillingGroup, (FixedDiscount, 500), 1),
            adjustment("web-2", web(), (FixedDiscount, 5000), 3),
            adjustment("web-1", web(), (RateDiscount, 10), 2),
            adjustment("idle", Level::Project("idle".into()), (FixedSurcharge, 70), 5),
        ];
        let projects = BTreeMap::from([("web".to_owned(), won(4000)), ("db".to_owned(), won(1000))]);
        let adjusted = adjust(projects, won(30), &adjustments, "2025-01".parse().unwrap()).unwrap();
        let applied: Vec<_> =
            adjusted.applied.iter().map(|done| (done.id.as_str(), done.base, done.amount)).collect();
        assert_eq!(
            applied,
            [
                ("web-1", won(4000), -won(400)),
                ("web-2", won(3600), -won(3600)),
                ("idle", won(0), won(70)),
                ("whole-1", won(1100), -won(500)),
                ("whole-2", won(600), won(60)),
            ]
        );
        assert_eq!(adjusted.amount, won(660));
        assert_eq!(adjusted.projects["web"], won(0));
    }

    /// A user would be billed in February for what was agreed for January.
    #[test]
    fn an_adjustment_is_made_only_in_its_months() {
        let one = adjustment("a", Level::BillingGroup, (AdjustmentCode::FixedSurcharge, 1), 0);
        for (month, amount) in [("2024-12", 0), ("2025-01", 1), ("2025-02", 0)] {
            let adjusted =
                adjust(BTreeMap::new(), won(0), std::slice::from_ref(&one), month.parse().unwrap());
            assert_eq!(adjusted.unwrap().amount, won(amount), "{month}");
        }
    }

    /// A user would get a fraction of a won off, which no bill can show.
    #[test]
    fn a_fixed_adjustment_must_fit_the_currency() {
        let change = Change::new(AdjustmentCode::FixedDiscount, "999.9".parse().unwrap()).unwrap();
        assert!(matches!(change.of(won(5000)), Err(AdjustmentError::Overflow(Overflow::Money(_)))));
    }
}
