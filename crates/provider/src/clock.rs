//! What time it is for the provider: the system's, or a time that stands still.

use std::sync::{Mutex, PoisonError};

use billtest_models::Timestamp;
use chrono::{Datelike as _, TimeDelta, Utc};

/// The years that the clock may stand in: what is reckoned from it stays within the calendar of months.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

/// A time at which the clock cannot stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the clock stands in the years {} to {}", YEARS.start(), YEARS.end())]
pub struct OutOfYears;

/// The clock of a provider. It decides what bills, credits and payments take for the present; idle tenants and rate
/// limits go by real time.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Where it stands; nothing if it goes with the system.
    stands: Mutex<Option<Timestamp>>,
}

impl Clock {
    /// The present, to the second.
    pub(crate) fn now(&self) -> Timestamp {
        self.stands_at().unwrap_or_else(system)
    }

    /// Where it was made to stand.
    pub(crate) fn stands_at(&self) -> Option<Timestamp> {
        *self.stands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it stand still at this time.
    pub(crate) fn stop_at(&self, time: Timestamp) -> Result<Timestamp, OutOfYears> {
        let time = checked(time)?;
        *self.stands.lock().unwrap_or_else(PoisonError::into_inner) = Some(time);
        Ok(time)
    }

    /// Moves it on from where it is; there it stands still.
    pub(crate) fn advance(&self, seconds: i64) -> Result<Timestamp, OutOfYears> {
        let mut stands = self.stands.lock().unwrap_or_else(PoisonError::into_inner);
        let by = TimeDelta::try_seconds(seconds).ok_or(OutOfYears)?;
        let later = stands.unwrap_or_else(system).value().checked_add_signed(by).ok_or(OutOfYears)?;
        let later = checked(later.into())?;
        *stands = Some(later);
        Ok(later)
    }

    /// Lets it go with the system's again.
    pub(crate) fn follow_system(&self) {
        *self.stands.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn system() -> Timestamp {
    Timestamp::from(Utc::now()).whole_seconds()
}

fn checked(time: Timestamp) -> Result<Timestamp, OutOfYears> {
    let time = time.whole_seconds();
    if YEARS.contains(&time.value().year()) { Ok(time) } else { Err(OutOfYears) }
}
