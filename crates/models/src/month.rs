//! Billing months.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Why a text is not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month such as 2025-01")]
pub struct MonthError(String);

/// A calendar month: `2025-01`.
///
/// Four ASCII digits, a hyphen, and `01` to `12`; nothing else is read. Where the month begins and ends as points in
/// time depends on the time zone: see [`Region::limits`](crate::Region::limits).
///
/// ```
/// use billtest_models::Month;
///
/// let month: Month = "2024-02".parse()?;
/// assert_eq!(month.days(), 29);
/// assert_eq!(month.next().unwrap().to_string(), "2024-03");
/// assert!("2024-2".parse::<Month>().is_err());
/// # Ok::<(), billtest_models::MonthError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    /// Always the first of the month, in a year from 0 to 9999.
    first: NaiveDate,
}

impl Month {
    /// The month that a day lies in; none for a year that four digits cannot write.
    #[must_use]
    pub fn of(day: NaiveDate) -> Option<Self> {
        let first = day.with_day(1)?;
        (0..=9999).contains(&first.year()).then_some(Self { first })
    }

    /// The first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        self.first
    }

    /// The last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        self.first_day_after().checked_sub_days(Days::new(1)).unwrap_or(self.first)
    }

    /// The first day of the month after, which may be one that has no [`Month`] any more.
    #[must_use]
    pub fn first_day_after(self) -> NaiveDate {
        // The calendar reaches far beyond the year 10000.
        self.first.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
    }

    /// How many days it has.
    #[must_use]
    pub fn days(self) -> u32 {
        self.last_day().day()
    }

    /// A day of this month, or its last one if it is shorter; none for day 0.
    #[must_use]
    pub fn day_or_last(self, day: u32) -> Option<NaiveDate> {
        self.first.with_day(day.min(self.days()))
    }

    /// The month after; none after 9999-12.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::of(self.first_day_after())
    }

    /// The month before; none before 0000-01.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        Self::of(self.first.checked_sub_days(Days::new(1))?)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        read(text).ok_or_else(|| MonthError(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) {
        return None;
    }
    let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
    Some(Month { first })
}

impl TryFrom<String> for Month {
    type Error = MonthError;

    fn try_from(text: String) -> Result<Self, MonthError> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl PartialSchema for Month {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9]{4}-(0[1-9]|1[0-2])$"))
            .examples([serde_json::json!("2025-01")])
            .into()
    }
}

impl ToSchema for Month {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A user would be billed for another month than the one asked for.
    #[test]
    fn only_the_one_form_is_read() {
        for text in [
            "2024",
            "01-2024",
            "2024-1",
            "2024-13",
            "2024-00",
            "24-01",
            "2024/01",
            "2024.01",
            "202401",
            "",
            "abc",
            "+024-01",
            "2024-+1",
            "２０２４-01",
            "2024-01-01",
            " 2024-01",
            "2024-01 ",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
        assert_eq!(
            "2024-13".parse::<Month>().unwrap_err().to_string(),
            "`2024-13` is not a month such as 2025-01"
        );
    }

    /// A user would lose the last day of a leap year's February.
    #[test]
    fn the_calendar_is_kept() {
        let february: Month = "2024-02".parse().unwrap();
        assert_eq!(february.last_day().to_string(), "2024-02-29");
        assert_eq!(february.day_or_last(31).unwrap(), february.last_day());
        assert_eq!(february.day_or_last(0), None);
        let december: Month = "2024-12".parse().unwrap();
        assert_eq!(december.next().unwrap().to_string(), "2025-01");
        assert_eq!("9999-12".parse::<Month>().unwrap().next(), None);
        assert_eq!("0000-01".parse::<Month>().unwrap().previous(), None);
    }

    proptest! {
        /// A user would see another month in the answer than in the request.
        #[test]
        fn a_month_is_written_as_it_is_read(year in 0..=9999_i32, month in 1..=12_u32) {
            let text = format!("{year:04}-{month:02}");
            let month: Month = text.parse().unwrap();
            prop_assert_eq!(month.to_string(), text);
            if let Some(next) = month.next() {
                prop_assert_eq!(next.previous(), Some(month));
                prop_assert!(next > month);
            }
        }
    }
}
