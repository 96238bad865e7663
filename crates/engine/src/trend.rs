//! Figures about usage over time: growth, projection, anomalies, outliers. No bill depends on them.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::checked::{Overflow, add, divide, multiply, subtract};

const WHAT: &str = "a figure of usage";

/// How much one sum is above another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// The difference; negative where it fell.
    pub absolute: Decimal,
    /// The difference in percent of what it was, to two decimals; none where that was 0.
    pub percentage: Option<Decimal>,
}

/// How much usage has grown.
///
/// # Errors
/// [`Overflow::Decimal`].
pub fn growth(previous: Decimal, current: Decimal) -> Result<Growth, Overflow> {
    let absolute = subtract(current, previous, WHAT)?;
    let percentage = if previous.is_zero() { None } else { Some(round(percent(absolute, previous)?)) };
    Ok(Growth { absolute, percentage })
}

/// Why usage cannot be projected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// No day is over.
    #[error("no day of the month is over, so that nothing can be projected")]
    NothingElapsed,
    /// The result is out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// What a month comes to if it goes on as it began: usage so far / days elapsed x days of the month.
///
/// # Errors
/// Every [`ProjectionError`].
pub fn projection(
    so_far: Decimal,
    days_elapsed: u32,
    days_of_month: u32,
) -> Result<Decimal, ProjectionError> {
    if days_elapsed == 0 {
        return Err(ProjectionError::NothingElapsed);
    }
    let product = multiply(so_far, days_of_month.into(), WHAT)?;
    Ok(divide(product, days_elapsed.into(), WHAT)?)
}

/// How far usage is from what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deviation {
    /// In percent of the average; none if that is 0 and the usage is not.
    pub percentage: Option<Decimal>,
    /// Whether it is more than the threshold.
    pub is_anomaly: bool,
}

/// Compares usage with its average; a deviation of more than `threshold` percent is an anomaly.
///
/// ```
/// use billtest_engine::trend::deviation;
///
/// assert!(deviation(25.into(), 100.into(), 50.into())?.is_anomaly);
/// assert!(!deviation(150.into(), 100.into(), 50.into())?.is_anomaly, "it is not more than the threshold");
/// # Ok::<(), billtest_engine::Overflow>(())
/// ```
///
/// # Errors
/// [`Overflow::Decimal`].
pub fn deviation(current: Decimal, average: Decimal, threshold: Decimal) -> Result<Deviation, Overflow> {
    if average.is_zero() {
        let percentage = current.is_zero().then_some(Decimal::ZERO);
        return Ok(Deviation { percentage, is_anomaly: percentage.is_none() });
    }
    let percentage = percent(subtract(current, average, WHAT)?, average)?.abs();
    Ok(Deviation { percentage: Some(percentage), is_anomaly: percentage > threshold })
}

/// The values that are more than `deviations` standard deviations from the mean of all, in their order. Of fewer than
/// three values none is.
///
/// The standard deviation is that of the whole population. Squares are compared, so that no root is needed.
///
/// # Errors
/// [`Overflow::Decimal`].
pub fn outliers(values: &[Decimal], deviations: Decimal) -> Result<Vec<Decimal>, Overflow> {
    if values.len() < 3 {
        return Ok(Vec::new());
    }
    let count = Decimal::from(values.len());
    let mut sum = Decimal::ZERO;
    for value in values {
        sum = add(sum, *value, WHAT)?;
    }
    let mean = divide(sum, count, WHAT)?;
    let square = |value: Decimal| {
        let distance = subtract(value, mean, WHAT)?;
        multiply(distance, distance, WHAT)
    };
    let mut squares = Decimal::ZERO;
    for value in values {
        squares = add(squares, square(*value)?, WHAT)?;
    }
    let variance = divide(squares, count, WHAT)?;
    let limit = multiply(multiply(deviations, deviations, WHAT)?, variance, WHAT)?;
    let mut found = Vec::new();
    for value in values {
        if !variance.is_zero() && square(*value)? > limit {
            found.push(*value);
        }
    }
    Ok(found)
}

fn percent(part: Decimal, whole: Decimal) -> Result<Decimal, Overflow> {
    divide(multiply(part, Decimal::ONE_HUNDRED, WHAT)?, whole, WHAT)
}

fn round(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimals(values: &[i64]) -> Vec<Decimal> {
        values.iter().copied().map(Decimal::from).collect()
    }

    /// A user would be alarmed by ordinary usage, or not by a hundred times as much.
    #[test]
    fn only_what_stands_out_is_an_outlier() {
        let usual = decimals(&[10, 11, 9, 10, 11, 10, 9]);
        assert_eq!(outliers(&usual, Decimal::TWO).unwrap(), []);
        let with_one = decimals(&[10, 11, 9, 1000, 10, 11, 10, 9]);
        assert_eq!(outliers(&with_one, Decimal::TWO).unwrap(), decimals(&[1000]));
        assert_eq!(outliers(&decimals(&[5, 5, 5]), Decimal::ZERO).unwrap(), []);
        // Five values: the mean is 2, the standard deviation 4, so that 10 is two of them away, which is not more.
        assert_eq!(outliers(&decimals(&[0, 0, 0, 0, 10]), Decimal::TWO).unwrap(), []);
        assert_eq!(outliers(&decimals(&[0, 0, 0, 0, 10]), Decimal::new(199, 2)).unwrap(), decimals(&[10]));
    }

    /// A user would read a growth of nothing from nothing.
    #[test]
    fn growth_from_nothing_has_no_percentage() {
        assert_eq!(growth(0.into(), 5.into()).unwrap(), Growth { absolute: 5.into(), percentage: None });
        let fall = growth(3.into(), 1.into()).unwrap();
        assert_eq!(fall, Growth { absolute: (-2).into(), percentage: Some(Decimal::new(-6667, 2)) });
        assert_eq!(deviation(0.into(), 0.into(), 50.into()).unwrap().percentage, Some(Decimal::ZERO));
        assert_eq!(projection(1.into(), 0, 31), Err(ProjectionError::NothingElapsed));
    }
}
