//! The readings of a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hash};
use std::sync::Arc;

use billtest_engine::usage::Reading;
use billtest_models::billing::StoredReading;
use billtest_models::{CounterType, MeterId, Month, Quantity, Timestamp};
use hashbrown::{DefaultHashBuilder, HashTable};
use rust_decimal::Decimal;

use crate::tenant::Tenant;

/// Project, resource and counter.
pub(crate) type Key<'a> = (&'a str, &'a str, &'a str);

/// A reading as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) id: MeterId,
    pub(crate) volume: Quantity,
    pub(crate) timestamp: Timestamp,
    /// Readings of one counter share it, as long as they say the same: there are very many.
    pub(crate) origin: Arc<Origin>,
}

/// What a reading was taken from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) project: String,
    pub(crate) resource: String,
    pub(crate) counter: String,
    pub(crate) counter_type: CounterType,
    pub(crate) unit: String,
    pub(crate) app_key: String,
    pub(crate) resource_name: String,
    pub(crate) parent_resource: Option<String>,
    pub(crate) source: Option<String>,
}

impl Kept {
    pub(crate) fn key(&self) -> Key<'_> {
        (&self.origin.project, &self.origin.resource, &self.origin.counter)
    }

    /// As the engine reads it.
    pub(crate) fn reading(&self) -> Reading<'_> {
        let origin = &self.origin;
        Reading {
            project: &origin.project,
            resource: &origin.resource,
            counter: &origin.counter,
            counter_type: origin.counter_type,
            unit: &origin.unit,
            volume: self.volume,
            timestamp: self.timestamp,
        }
    }

    /// As its tenant is shown it.
    pub(crate) fn shown(&self, tenant: &Tenant) -> StoredReading {
        let origin = &self.origin;
        StoredReading {
            id: self.id.clone(),
            uuid: tenant.as_str().to_owned(),
            counter_name: origin.counter.clone(),
            counter_type: origin.counter_type,
            counter_unit: origin.unit.clone(),
            counter_volume: self.volume,
            project_id: origin.project.clone(),
            app_key: origin.app_key.clone(),
            resource_id: origin.resource.clone(),
            resource_name: origin.resource_name.clone(),
            parent_resource_id: origin.parent_resource.clone(),
            source: origin.source.clone(),
            timestamp: self.timestamp,
        }
    }
}

/// All readings, by month. A copy shares the months that are not changed in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readings {
    months: BTreeMap<Month, Arc<OfMonth>>,
}

/// The readings of one month.
#[derive(Debug, Clone, Default)]
struct OfMonth {
    /// In the order of their arrival: of two readings of one moment the later corrects the other.
    list: Vec<Kept>,
    hasher: DefaultHashBuilder,
    /// By their ids, which stand in the list and nowhere else: a tenant may have very many.
    places: HashTable<Place>,
    /// By their keys, which the first reading of each has.
    counters: HashTable<Counter>,
    /// What all that came in cost at most; deleting some makes it no less true.
    cost_at_most: Decimal,
}

/// Where in the list a reading is.
#[derive(Debug, Clone)]
struct Place {
    hash: u64,
    index: usize,
}

/// A counter of a resource in one month.
#[derive(Debug, Clone)]
struct Counter {
    hash: u64,
    counter_type: CounterType,
    /// Where its reading is that came first, and the one that came last.
    first: usize,
    last: usize,
    /// Where the one is that was read first, and the one that was read last. Of one moment the later in the list counts.
    earliest: usize,
    latest: usize,
}

impl OfMonth {
    fn add(&mut self, mut reading: Kept) {
        let index = self.list.len();
        let (list, key) = (&self.list, reading.key());
        let hash = self.hash(key);
        let of_key = |counter: &Counter| list.get(counter.first).is_some_and(|first| first.key() == key);
        match self.counters.find_mut(hash, of_key) {
            Some(counter) => {
                let read_at = |place: usize| list.get(place).map(|reading| reading.timestamp);
                if read_at(counter.earliest) >= Some(reading.timestamp) {
                    counter.earliest = index;
                }
                if read_at(counter.latest) <= Some(reading.timestamp) {
                    counter.latest = index;
                }
                if let Some(last) = list.get(counter.last).filter(|last| last.origin == reading.origin) {
                    reading.origin = Arc::clone(&last.origin);
                }
                counter.last = index;
            }
            None => {
                let counter_type = reading.origin.counter_type;
                let counter =
                    Counter { hash, counter_type, first: index, last: index, earliest: index, latest: index };
                self.counters.insert_unique(hash, counter, |counter| counter.hash);
            }
        }
        let hash = self.hash(&reading.id);
        self.places.insert_unique(hash, Place { hash, index }, |place| place.hash);
        self.list.push(reading);
    }

    fn hash(&self, what: impl Hash) -> u64 {
        self.hasher.hash_one(what)
    }

    fn get(&self, id: &MeterId) -> Option<&Kept> {
        let read = |place: &Place| self.list.get(place.index);
        read(self.places.find(self.hash(id), |place| read(place).is_some_and(|reading| reading.id == *id))?)
    }

    fn counter(&self, wanted: Key<'_>) -> Option<&Counter> {
        let first = |counter: &Counter| self.list.get(counter.first);
        self.counters
            .find(self.hash(wanted), |counter| first(counter).is_some_and(|first| first.key() == wanted))
    }
}

impl Readings {
    pub(crate) fn is_empty(&self) -> bool {
        self.months.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.months.values().map(|readings| readings.list.len()).sum()
    }

    pub(crate) fn get(&self, id: &MeterId) -> Option<&Kept> {
        self.months.values().find_map(|readings| readings.get(id))
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

    pub(crate) fn of(&self, month: Month) -> &[Kept] {
        self.months.get(&month).map(|readings| readings.list.as_slice()).unwrap_or_default()
    }

    /// How the readings of a counter have added up so far in a month.
    pub(crate) fn counter_type(&self, month: Month, key: Key<'_>) -> Option<CounterType> {
        Some(self.months.get(&month)?.counter(key)?.counter_type)
    }

    /// The readings at the beginning and at the end of a counter in a month, in the order of their arrival: what a
    /// cumulative one came to is between them.
    pub(crate) fn ends(&self, month: Month, key: Key<'_>) -> impl Iterator<Item = &Kept> {
        let found = self.months.get(&month).and_then(|month| Some((month, month.counter(key)?)));
        found.into_iter().flat_map(|(month, counter)| {
            let places = BTreeSet::from([counter.earliest, counter.latest]);
            places.into_iter().filter_map(|place| month.list.get(place))
        })
    }

    /// Adds a reading that costs so much at most.
    pub(crate) fn add(&mut self, month: Month, reading: Kept, cost_at_most: Decimal) {
        let readings = Arc::make_mut(self.months.entry(month).or_default());
        readings.cost_at_most = readings.cost_at_most.saturating_add(cost_at_most);
        readings.add(reading);
    }

    /// Deletes readings, and says of which months.
    pub(crate) fn delete(&mut self, which: impl Fn(&Kept) -> bool) -> Vec<Month> {
        let mut changed = Vec::new();
        for (month, readings) in &mut self.months {
            if readings.list.iter().any(&which) {
                changed.push(*month);
                let mut kept = OfMonth { cost_at_most: readings.cost_at_most, ..OfMonth::default() };
                readings
                    .list
                    .iter()
                    .filter(|reading| !which(reading))
                    .for_each(|reading| kept.add(reading.clone()));
                *readings = Arc::new(kept);
            }
        }
        self.months.retain(|_, readings| !readings.list.is_empty());
        changed
    }
}
