//! Readings in groups: by project, counter, resource, and by time. No bill depends on them.

use std::collections::BTreeMap;
use std::str::FromStr;

use billtest_models::CounterType;
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::checked::{Overflow, add, divide};
use crate::usage::Reading;

const WHAT: &str = "a sum of readings";

/// By what readings can be grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// The project.
    Project,
    /// The resource.
    Resource,
    /// The counter.
    Counter,
    /// How the counter adds up.
    CounterType,
}

/// What the readings of a group have in common; none where they were not grouped by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GroupKey<'a> {
    /// The project.
    pub project: Option<&'a str>,
    /// The resource.
    pub resource: Option<&'a str>,
    /// The counter.
    pub counter: Option<&'a str>,
    /// How the counter adds up.
    pub counter_type: Option<CounterType>,
}

impl<'a> GroupKey<'a> {
    fn of(reading: &Reading<'a>, dimensions: &[Dimension]) -> Self {
        let mut key = Self::default();
        for dimension in dimensions {
            match dimension {
                Dimension::Project => key.project = Some(reading.project),
                Dimension::Resource => key.resource = Some(reading.resource),
                Dimension::Counter => key.counter = Some(reading.counter),
                Dimension::CounterType => key.counter_type = Some(reading.counter_type),
            }
        }
        key
    }
}

/// Readings of a group, each as it was read: of one unit if they are to mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// How many.
    pub count: u32,
    /// Their sum.
    pub total: Decimal,
    /// The smallest.
    pub minimum: Decimal,
    /// The largest.
    pub maximum: Decimal,
}

impl Totals {
    fn of(value: Decimal) -> Self {
        Self { count: 1, total: value, minimum: value, maximum: value }
    }

    fn add(&mut self, value: Decimal) -> Result<(), Overflow> {
        self.count = self.count.checked_add(1).ok_or(Overflow::Decimal(WHAT))?;
        self.total = add(self.total, value, WHAT)?;
        self.minimum = self.minimum.min(value);
        self.maximum = self.maximum.max(value);
        Ok(())
    }

    /// The mean.
    ///
    /// # Errors
    /// [`Overflow::Decimal`].
    pub fn average(&self) -> Result<Decimal, Overflow> {
        divide(self.total, self.count.into(), WHAT)
    }
}

/// Adds up readings by what they have in common.
///
/// # Errors
/// [`Overflow::Decimal`].
pub fn group<'a>(
    readings: &[Reading<'a>],
    dimensions: &[Dimension],
) -> Result<BTreeMap<GroupKey<'a>, Totals>, Overflow> {
    let mut groups: BTreeMap<GroupKey<'a>, Totals> = BTreeMap::new();
    for reading in readings {
        let value = reading.volume.value();
        match groups.get_mut(&GroupKey::of(reading, dimensions)) {
            Some(totals) => totals.add(value)?,
            None => drop(groups.insert(GroupKey::of(reading, dimensions), Totals::of(value))),
        }
    }
    Ok(groups)
}

/// The sum of the DELTA readings, of one counter or of all.
///
/// # Errors
/// [`Overflow::Decimal`].
pub fn delta_sum(readings: &[Reading<'_>], counter: Option<&str>) -> Result<Decimal, Overflow> {
    readings
        .iter()
        .filter(|reading| reading.counter_type == CounterType::Delta)
        .filter(|reading| counter.is_none_or(|counter| counter == reading.counter))
        .try_fold(Decimal::ZERO, |sum, reading| add(sum, reading.volume.value(), WHAT))
}

/// Of each counter the last GAUGE reading by its timestamp, zero included; of one moment the later in the list.
#[must_use]
pub fn latest_gauges<'a>(readings: &[Reading<'a>]) -> BTreeMap<&'a str, Decimal> {
    let mut latest: BTreeMap<&str, &Reading<'a>> = BTreeMap::new();
    for reading in readings.iter().filter(|reading| reading.counter_type == CounterType::Gauge) {
        let last = latest.entry(reading.counter).or_insert(reading);
        if reading.timestamp >= last.timestamp {
            *last = reading;
        }
    }
    latest.into_iter().map(|(counter, reading)| (counter, reading.volume.value())).collect()
}

/// How long a bucket of time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// `2025-01-31 09:00`.
    Hour,
    /// `2025-01-31`.
    Day,
    /// `2025-01`.
    Month,
    /// `2025`.
    Year,
}

/// A word that is no length of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the length of a bucket; use hour, day, month or year")]
pub struct BucketError(String);

impl FromStr for Bucket {
    type Err = BucketError;

    fn from_str(text: &str) -> Result<Self, BucketError> {
        match text {
            "hour" => Ok(Self::Hour),
            "day" => Ok(Self::Day),
            "month" => Ok(Self::Month),
            "year" => Ok(Self::Year),
            _ => Err(BucketError(text.to_owned())),
        }
    }
}

/// Adds up readings by the time at which they were read, by the clock of one zone.
///
/// ```
/// use billtest_engine::report::{Bucket, by_time};
/// use billtest_engine::Reading;
/// use billtest_models::{CounterType, Region};
///
/// let reading = Reading {
///     project: "web", resource: "vm-1", counter: "cpu", counter_type: CounterType::Delta, unit: "HOURS",
///     volume: 2.into(), timestamp: "2024-12-31T15:00:00Z".parse()?,
/// };
/// let seoul = Region::named("kr").unwrap().time_zone;
/// assert_eq!(by_time(&[reading], Bucket::Day, seoul)?["2025-01-01"].total, 2.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Overflow::Decimal`].
pub fn by_time(
    readings: &[Reading<'_>],
    bucket: Bucket,
    zone: Tz,
) -> Result<BTreeMap<String, Totals>, Overflow> {
    let form = match bucket {
        Bucket::Hour => "%Y-%m-%d %H:00",
        Bucket::Day => "%Y-%m-%d",
        Bucket::Month => "%Y-%m",
        Bucket::Year => "%Y",
    };
    let mut buckets: BTreeMap<String, Totals> = BTreeMap::new();
    for reading in readings {
        let key = reading.timestamp.value().with_timezone(&zone).format(form).to_string();
        let value = reading.volume.value();
        match buckets.get_mut(&key) {
            Some(totals) => totals.add(value)?,
            None => drop(buckets.insert(key, Totals::of(value))),
        }
    }
    Ok(buckets)
}
