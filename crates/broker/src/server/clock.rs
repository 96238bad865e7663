//! Moments, as they are kept and as they are told.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// Microseconds since 1970, UTC.
pub(super) fn now() -> i64 {
    Utc::now().timestamp_micros()
}

/// `2026-11-22T15:59:21+00:00`.
pub(super) fn shown(moment: i64) -> String {
    at(moment).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// The same as JSON, null if there was no such moment.
pub(super) fn shown_or_null(moment: Option<i64>) -> Value {
    moment.map_or(Value::Null, |moment| json!(shown(moment)))
}

/// `22/11/2026`.
pub(super) fn day(moment: i64) -> String {
    at(moment).format("%d/%m/%Y").to_string()
}

/// The moment that a client named: a date, or a date with a time.
pub(super) fn parsed(text: &str) -> Option<i64> {
    let moment = DateTime::parse_from_rfc3339(text).map(|moment| moment.timestamp_micros()).ok();
    moment.or_else(|| {
        let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros())
    })
}

fn at(moment: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(moment).unwrap_or_default()
}
