//! Points in time and calendar days.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// Why a text is not a point in time or a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct TimestampError {
    text: String,
    expected: &'static str,
}

/// A point in time: RFC 3339, written in UTC as `2025-01-31T09:00:00+00:00`.
///
/// Two forms that existing BillingTest clients send are read as well: an offset without a colon, and no offset at
/// all, which means UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The point in time.
    #[must_use]
    pub fn value(self) -> DateTime<Utc> {
        self.0
    }

    /// The same point, cut to whole seconds.
    #[must_use]
    pub fn whole_seconds(self) -> Self {
        Self(self.0.trunc_subsecs(0))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(value: DateTime<Utc>) -> Self {
        Self(value)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .map(|time| time.to_utc())
            .or_else(|_| {
                NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc())
            })
            .map(Self)
            .map_err(|_| TimestampError {
                text: text.to_owned(),
                expected: "an RFC 3339 time such as 2025-01-31T09:00:00+00:00",
            })
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, false))
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339; without an offset it is UTC."))
            .examples([serde_json::json!("2025-01-31T09:00:00+00:00")])
            .into()
    }
}

impl ToSchema for Timestamp {}

/// The day by which something is to be paid: `2025-02-28`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DueDate(NaiveDate);

impl DueDate {
    /// The calendar day.
    #[must_use]
    pub fn value(self) -> NaiveDate {
        self.0
    }
}

impl From<NaiveDate> for DueDate {
    fn from(value: NaiveDate) -> Self {
        Self(value)
    }
}

impl FromStr for DueDate {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for DueDate {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        match NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
            Ok(day) if text.len() == 10 => Ok(Self(day)),
            _ => Err(TimestampError { text, expected: "a day such as 2025-02-28" }),
        }
    }
}

impl From<DueDate> for String {
    fn from(day: DueDate) -> Self {
        day.0.to_string()
    }
}

impl PartialSchema for DueDate {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .examples([serde_json::json!("2025-02-28")])
            .into()
    }
}

impl ToSchema for DueDate {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_an_offset() {
        for (read, written) in [
            ("2025-01-31T18:00:00+09:00", "2025-01-31T09:00:00+00:00"),
            ("2025-01-31T09:00:00Z", "2025-01-31T09:00:00+00:00"),
            ("2025-01-31T18:00:00+0900", "2025-01-31T09:00:00+00:00"),
            ("2025-01-31T09:00:00", "2025-01-31T09:00:00+00:00"),
            ("2025-01-31T09:00:00.250", "2025-01-31T09:00:00.250+00:00"),
        ] {
            assert_eq!(read.parse::<Timestamp>().unwrap().to_string(), written);
        }
        let late = "2025-01-31T09:00:00.999Z".parse::<Timestamp>().unwrap();
        assert_eq!(late.whole_seconds().to_string(), "2025-01-31T09:00:00+00:00");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "2025-01-31", "2025-02-30T00:00:00Z", "now", "2025-01-31T25:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        for text in ["2025-02-30", "2025-2-3", "28.02.2025", "2025-02-28T00:00:00Z"] {
            assert!(DueDate::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
