//! What was used in a month: the readings of each project, resource and counter, added up.

use std::hash::BuildHasher as _;

use billtest_models::{CounterType, PriceTable, Quantity, Timestamp};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use rust_decimal::Decimal;

use crate::checked::Overflow;
use crate::order::{Names, sorted};
use crate::price::{PriceError, Prices};
use crate::unit::{UnitError, ratio};
use crate::volume::Volume;

/// One reading of a meter. It borrows its names: a bill of 100,000 readings copies none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The project that pays.
    pub project: &'a str,
    /// What was measured.
    pub resource: &'a str,
    /// Which of its counters: the name in the price table.
    pub counter: &'a str,
    /// How the readings of this counter add up.
    pub counter_type: CounterType,
    /// The unit of the reading.
    pub unit: &'a str,
    /// The reading; zero or more.
    pub volume: Quantity,
    /// When it was read.
    pub timestamp: Timestamp,
}

/// What one counter of a resource came to.
#[derive(Debug, Clone, Copy)]
pub struct Usage<'a> {
    /// The project that pays.
    pub project: &'a str,
    /// What was measured.
    pub resource: &'a str,
    /// Which of its counters.
    pub counter: &'a str,
    /// How its readings were added up.
    pub counter_type: CounterType,
    /// The unit of the volume: that of the first reading.
    pub unit: &'a str,
    /// What was used.
    pub volume: Volume,
    /// Which of the readings was its first.
    pub first: usize,
}

/// Why readings are refused or do not add up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// Less than nothing was metered.
    #[error("counter `{counter}` of `{resource}` reads {volume}, which is less than nothing")]
    Negative {
        /// Which counter.
        counter: String,
        /// Of what.
        resource: String,
        /// What it reads.
        volume: Quantity,
    },
    /// The same counter of a resource came with two types.
    #[error(
        "counter `{counter}` of `{resource}` is read as {first:?} and as {other:?}; send one counter type"
    )]
    TypesDiffer {
        /// Which counter.
        counter: String,
        /// Of what.
        resource: String,
        /// Its type at first.
        first: CounterType,
        /// Its other type.
        other: CounterType,
    },
    /// A cumulative counter shows less at the end than at the beginning.
    #[error(
        "cumulative counter `{counter}` of `{resource}` ran backwards; meter a new resource after a reset"
    )]
    RanBackwards {
        /// Which counter.
        counter: String,
        /// Of what.
        resource: String,
    },
    /// The unit is not one of that counter.
    #[error("counter `{counter}`: {source}")]
    Unit {
        /// Which counter.
        counter: String,
        /// What is wrong with its unit.
        source: UnitError,
    },
    /// The counter has no usable price.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// The sum is too large.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// Whether a reading may be stored: its counter has a price, its unit fits, and it is zero or more. Gives what it adds to
/// a bill at most, before contract, adjustments and tax: a limit, and not an amount.
///
/// # Errors
/// [`UsageError::Negative`], [`UsageError::Unit`], [`UsageError::Price`].
pub fn admit(reading: &Reading<'_>, prices: &Prices<'_>) -> Result<Decimal, UsageError> {
    not_negative(reading)?;
    let price = prices.of(reading.counter)?;
    let ratio = ratio(reading.unit, price.unit()).map_err(|source| unit_error(reading.counter, source))?;
    let volume = Volume::new(reading.volume.value(), ratio).and_then(Volume::value);
    Ok(volume.map_or(Decimal::MAX, |volume| price.cost_at_most(volume)))
}

/// Whether a price table alone would admit a reading; see [`admit`].
///
/// # Errors
/// As [`admit`].
pub fn admit_by_table(reading: &Reading<'_>, prices: &PriceTable) -> Result<(), UsageError> {
    admit(reading, &Prices::of_table(prices)).map(drop)
}

fn not_negative(reading: &Reading<'_>) -> Result<(), UsageError> {
    if reading.volume < Quantity::ZERO {
        return Err(UsageError::Negative {
            counter: reading.counter.to_owned(),
            resource: reading.resource.to_owned(),
            volume: reading.volume,
        });
    }
    Ok(())
}

pub(crate) fn unit_error(counter: &str, source: UnitError) -> UsageError {
    UsageError::Unit { counter: counter.to_owned(), source }
}

/// A usage while its readings come in.
struct Tally<'a> {
    project: &'a str,
    resource: &'a str,
    counter: &'a str,
    unit: &'a str,
    sum: Sum,
    first: usize,
}

/// What a counter type remembers of its readings.
enum Sum {
    Delta(Volume),
    Gauge(Level),
    /// The first and the last.
    Cumulative(Box<(Level, Level)>),
}

#[derive(Clone, Copy)]
struct Level {
    at: Timestamp,
    volume: Volume,
}

impl Sum {
    fn counter_type(&self) -> CounterType {
        match self {
            Self::Delta(_) => CounterType::Delta,
            Self::Gauge(_) => CounterType::Gauge,
            Self::Cumulative(_) => CounterType::Cumulative,
        }
    }
}

impl<'a> Tally<'a> {
    fn new(reading: &Reading<'a>, first: usize) -> Self {
        let level = Level { at: reading.timestamp, volume: Volume::whole(reading.volume) };
        let sum = match reading.counter_type {
            CounterType::Delta => Sum::Delta(level.volume),
            CounterType::Gauge => Sum::Gauge(level),
            CounterType::Cumulative => Sum::Cumulative(Box::new((level, level))),
        };
        let Reading { project, resource, counter, unit, .. } = *reading;
        Self { project, resource, counter, unit, sum, first }
    }

    fn names(&self) -> Names<'a> {
        (self.project, self.resource, self.counter)
    }

    fn add(&mut self, reading: &Reading<'_>) -> Result<(), UsageError> {
        let first = self.sum.counter_type();
        if reading.counter_type != first {
            return Err(UsageError::TypesDiffer {
                counter: reading.counter.to_owned(),
                resource: reading.resource.to_owned(),
                first,
                other: reading.counter_type,
            });
        }
        let ratio = ratio(reading.unit, self.unit).map_err(|source| unit_error(reading.counter, source))?;
        let level = Level { at: reading.timestamp, volume: Volume::whole(reading.volume).times(ratio)? };
        match &mut self.sum {
            Sum::Delta(sum) => *sum = sum.plus(level.volume)?,
            Sum::Gauge(last) => last.correct(level),
            Sum::Cumulative(ends) => {
                let (first, last) = &mut **ends;
                if level.at <= first.at {
                    *first = level;
                }
                last.correct(level);
            }
        }
        Ok(())
    }

    fn usage(&self) -> Result<Usage<'a>, UsageError> {
        let volume = match &self.sum {
            Sum::Delta(sum) => *sum,
            Sum::Gauge(last) => last.volume,
            Sum::Cumulative(ends) => ends.1.volume.minus(ends.0.volume)?,
        };
        if volume.is_negative() {
            return Err(UsageError::RanBackwards {
                counter: self.counter.to_owned(),
                resource: self.resource.to_owned(),
            });
        }
        let Self { project, resource, counter, unit, first, .. } = *self;
        Ok(Usage { project, resource, counter, counter_type: self.sum.counter_type(), unit, volume, first })
    }
}

impl Level {
    /// Of two readings of one moment, the one that came in later corrects the other.
    fn correct(&mut self, other: Self) {
        if other.at >= self.at {
            *self = other;
        }
    }
}

/// Adds up readings, project by project, resource by resource, counter by counter; sorted by these three.
///
/// DELTA readings are summed. Of GAUGE readings the last by its timestamp counts. Of CUMULATIVE readings it is the last
/// less the first. Among readings of one moment the later in the list is the later.
///
/// ```
/// use billtest_engine::usage::{Reading, aggregate};
/// use billtest_models::CounterType;
///
/// let reading = Reading {
///     project: "web", resource: "disk-1", counter: "storage.block", counter_type: CounterType::Gauge, unit: "GB",
///     volume: 100.into(), timestamp: "2025-01-31T09:00:00Z".parse()?,
/// };
/// let earlier = Reading { volume: 250.into(), timestamp: "2025-01-02T09:00:00Z".parse()?, ..reading };
/// let usage = aggregate([&reading, &earlier])?;
/// assert_eq!(usage[0].volume.shown()?, 100.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Every [`UsageError`] but that of prices.
pub fn aggregate<'a, 'r>(
    readings: impl IntoIterator<Item = &'r Reading<'a>>,
) -> Result<Vec<Usage<'a>>, UsageError>
where
    'a: 'r,
{
    Tallies::of(readings.into_iter().enumerate())?.in_order().collect()
}

/// What the readings came to, by the order in which the counters first came.
pub(crate) struct Tallies<'a>(Vec<Tally<'a>>);

impl<'a> Tallies<'a> {
    /// Of readings with their places.
    pub(crate) fn of<'r>(
        readings: impl IntoIterator<Item = (usize, &'r Reading<'a>)>,
    ) -> Result<Self, UsageError>
    where
        'a: 'r,
    {
        let readings = readings.into_iter();
        let hasher = DefaultHashBuilder::default();
        // Places only, not names: with 100,000 counters it is memory that takes the time.
        let most = readings.size_hint().1.unwrap_or(0);
        let mut places: HashTable<usize> = HashTable::with_capacity(most);
        let mut tallies: Vec<Tally<'a>> = Vec::with_capacity(most);
        for (first, reading) in readings {
            not_negative(reading)?;
            let names: Names<'_> = (reading.project, reading.resource, reading.counter);
            let known = |place: &usize| tallies.get(*place).map(Tally::names);
            let entry = places.entry(
                hasher.hash_one(names),
                |place| known(place) == Some(names),
                |place| known(place).map_or(0, |names| hasher.hash_one(names)),
            );
            match entry {
                Entry::Vacant(place) => {
                    place.insert(tallies.len());
                    tallies.push(Tally::new(reading, first));
                }
                Entry::Occupied(place) => {
                    if let Some(tally) = tallies.get_mut(*place.get()) {
                        tally.add(reading)?;
                    }
                }
            }
        }
        Ok(Self(tallies))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Sorted by project, resource and counter.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = Result<Usage<'a>, UsageError>> {
        let names = |place| self.0.get(place).map_or(("", "", ""), Tally::names);
        sorted(self.0.len(), names).into_iter().filter_map(|place| self.0.get(place)).map(Tally::usage)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;

    fn reading(counter_type: CounterType, volume: &str, day: u32) -> Reading<'static> {
        Reading {
            project: "web",
            resource: "vm-1",
            counter: "cpu",
            counter_type,
            unit: "HOURS",
            volume: volume.parse().unwrap(),
            timestamp: format!("2025-01-{day:02}T00:00:00Z").parse().unwrap(),
        }
    }

    fn of(readings: &[Reading<'_>]) -> Result<String, UsageError> {
        let usage = aggregate(readings)?;
        assert_eq!(usage.len(), 1);
        Ok(usage[0].volume.shown()?.to_string())
    }

    /// A user would pay the sum of levels, or the level that happened to come in last.
    #[test]
    fn each_type_adds_up_its_own_way() {
        let each = |counter_type| {
            [("7", 20), ("5", 2), ("9", 30), ("6", 10)]
                .map(|(volume, day)| reading(counter_type, volume, day))
        };
        assert_eq!(of(&each(CounterType::Delta)).unwrap(), "27");
        assert_eq!(of(&each(CounterType::Gauge)).unwrap(), "9");
        assert_eq!(of(&each(CounterType::Cumulative)).unwrap(), "4");
        assert_eq!(of(&[reading(CounterType::Cumulative, "9", 1)]).unwrap(), "0");
        let twice = [reading(CounterType::Gauge, "3", 5), reading(CounterType::Gauge, "0", 5)];
        assert_eq!(of(&twice).unwrap(), "0", "the correction counts, also when it is zero");
        // A counter that was corrected where it began used nothing by that, upwards or downwards.
        for (volumes, used) in [(["10", "20"], "0"), (["20", "10"], "0")] {
            assert_eq!(of(&volumes.map(|volume| reading(CounterType::Cumulative, volume, 5))).unwrap(), used);
        }
        let corrected = [("10", 1), ("20", 1), ("50", 9), ("40", 9)];
        let corrected = corrected.map(|(volume, day)| reading(CounterType::Cumulative, volume, day));
        assert_eq!(of(&corrected).unwrap(), "20");
    }

    /// A user would pay for seconds as for hours.
    #[test]
    fn units_are_converted_while_adding_up() {
        let hour = reading(CounterType::Delta, "1", 1);
        let minutes = Reading { unit: "minutes", volume: 20.into(), ..hour };
        let seconds = Reading { unit: "SECONDS", volume: 2400.into(), ..hour };
        assert_eq!(of(&[hour, minutes, seconds]).unwrap(), "2");
        let storage = Reading { unit: "GB", ..hour };
        assert!(matches!(of(&[hour, storage]), Err(UsageError::Unit { .. })));
    }

    /// A user would get a wrong bill where the readings make no sense, and never learn of it.
    #[test]
    fn readings_that_make_no_sense_are_refused() {
        let delta = reading(CounterType::Delta, "1", 1);
        assert!(matches!(of(&[reading(CounterType::Delta, "-1", 1)]), Err(UsageError::Negative { .. })));
        assert!(matches!(
            of(&[delta, reading(CounterType::Gauge, "1", 1)]),
            Err(UsageError::TypesDiffer { .. })
        ));
        let back = [reading(CounterType::Cumulative, "9", 1), reading(CounterType::Cumulative, "5", 2)];
        assert!(matches!(of(&back), Err(UsageError::RanBackwards { .. })));
    }

    proptest! {
        /// A user's bill would depend on the order in which readings happen to arrive.
        #[test]
        fn the_order_of_readings_does_not_matter(
            volumes in proptest::collection::vec((0..1_000_000_i64, 0..3_usize, 0..4_usize), 1..28).prop_shuffle(),
            rotation in 0..28_usize,
        ) {
            let names = ["a", "b", "c", "d"];
            let units = ["SECONDS", "MINUTES", "HOURS"];
            let mut readings: Vec<_> = volumes
                .iter()
                .zip(1..)
                .map(|((volume, unit, name), day)| Reading {
                    resource: names[*name],
                    unit: units[*unit],
                    volume: Quantity::new(Decimal::new(*volume, 2)).unwrap(),
                    ..reading(if *name == 3 { CounterType::Gauge } else { CounterType::Delta }, "0", day)
                })
                .collect();
            let seconds = |readings: &[Reading<'_>]| -> Vec<(String, Decimal)> {
                let usage = aggregate(readings).unwrap();
                usage.iter().map(|usage| {
                    let ratio = ratio(usage.unit, "SECONDS").unwrap();
                    (usage.resource.to_owned(), usage.volume.times(ratio).unwrap().value().unwrap().normalize())
                }).collect()
            };
            let before = seconds(&readings);
            let rotation = rotation % readings.len();
            readings.rotate_left(rotation);
            prop_assert_eq!(seconds(&readings), before);
        }
    }
}
