//! The readings of a tenant.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use billtest_models::billing::StoredReading;
use billtest_models::{CounterType, MeterId, Month};
use rust_decimal::Decimal;

/// Project, resource and counter.
pub(crate) type Key = (String, String, String);

/// All readings, by month. A copy shares the months that are not changed in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readings {
    months: BTreeMap<Month, Arc<OfMonth>>,
    /// In which month each lies.
    places: Arc<HashMap<MeterId, Month>>,
}

/// The readings of one month.
#[derive(Debug, Clone, Default)]
struct OfMonth {
    /// In the order of their arrival: of two readings of one moment the later corrects the other.
    list: Vec<StoredReading>,
    places: HashMap<MeterId, usize>,
    counters: HashMap<Key, Counter>,
    /// What all that came in cost at most; deleting some makes it no less true.
    cost_at_most: Decimal,
}

/// A counter of a resource in one month.
#[derive(Debug, Clone)]
struct Counter {
    counter_type: CounterType,
    /// Where its readings are.
    places: Vec<usize>,
}

impl Counter {
    fn new(counter_type: CounterType) -> Self {
        Self { counter_type, places: Vec::new() }
    }
}

impl OfMonth {
    fn add(&mut self, reading: StoredReading) {
        let counter = self.counters.entry(key(&reading));
        counter.or_insert_with(|| Counter::new(reading.counter_type)).places.push(self.list.len());
        self.places.insert(reading.id.clone(), self.list.len());
        self.list.push(reading);
    }
}

impl Readings {
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn get(&self, id: &MeterId) -> Option<&StoredReading> {
        let month = self.months.get(self.places.get(id)?)?;
        month.list.get(*month.places.get(id)?)
    }

    /// The months that have readings.
    pub(crate) fn months(&self) -> impl Iterator<Item = Month> {
        self.months.keys().copied()
    }

    /// What no bill of them all exceeds, before contract, adjustments and tax.
    pub(crate) fn cost_at_most(&self) -> Decimal {
        let costs = self.months.values().map(|readings| readings.cost_at_most);
        costs.fold(Decimal::ZERO, Decimal::saturating_add)
    }

    pub(crate) fn of(&self, month: Month) -> &[StoredReading] {
        self.months.get(&month).map(|readings| readings.list.as_slice()).unwrap_or_default()
    }

    /// How the readings of a counter have added up so far in a month.
    pub(crate) fn counter_type(&self, month: Month, key: &Key) -> Option<CounterType> {
        Some(self.months.get(&month)?.counters.get(key)?.counter_type)
    }

    /// The readings of a counter in a month.
    pub(crate) fn of_key(&self, month: Month, key: &Key) -> impl Iterator<Item = &StoredReading> {
        let month = self.months.get(&month);
        let counter = month.and_then(|month| month.counters.get(key));
        let places = counter.map(|counter| counter.places.as_slice()).unwrap_or_default();
        places.iter().filter_map(move |place| month?.list.get(*place))
    }

    /// Adds a reading that costs so much at most.
    pub(crate) fn add(&mut self, month: Month, reading: StoredReading, cost_at_most: Decimal) {
        Arc::make_mut(&mut self.places).insert(reading.id.clone(), month);
        let readings = Arc::make_mut(self.months.entry(month).or_default());
        readings.cost_at_most = readings.cost_at_most.saturating_add(cost_at_most);
        readings.add(reading);
    }

    /// Deletes readings, and says of which months.
    pub(crate) fn delete(&mut self, which: impl Fn(&StoredReading) -> bool) -> Vec<Month> {
        let mut changed = Vec::new();
        for (month, readings) in &mut self.months {
            if readings.list.iter().any(&which) {
                changed.push(*month);
                let mut kept = OfMonth { cost_at_most: readings.cost_at_most, ..OfMonth::default() };
                for reading in &readings.list {
                    if which(reading) {
                        Arc::make_mut(&mut self.places).remove(&reading.id);
                    } else {
                        kept.add(reading.clone());
                    }
                }
                *readings = Arc::new(kept);
            }
        }
        self.months.retain(|_, readings| !readings.list.is_empty());
        changed
    }
}

pub(crate) fn key(reading: &StoredReading) -> Key {
    (reading.project_id.clone(), reading.resource_id.clone(), reading.counter_name.clone())
}
