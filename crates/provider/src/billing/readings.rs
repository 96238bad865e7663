//! The readings of a tenant.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use billtest_models::billing::StoredReading;
use billtest_models::{CounterType, MeterId, Month};

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
    types: HashMap<Key, CounterType>,
}

impl OfMonth {
    fn add(&mut self, reading: StoredReading) {
        self.types.entry(key(&reading)).or_insert(reading.counter_type);
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

    /// The months that have any.
    pub(crate) fn months(&self) -> impl Iterator<Item = Month> {
        self.months.keys().copied()
    }

    pub(crate) fn of(&self, month: Month) -> &[StoredReading] {
        self.months.get(&month).map(|readings| readings.list.as_slice()).unwrap_or_default()
    }

    /// How the readings of a counter have added up so far in a month.
    pub(crate) fn counter_type(&self, month: Month, key: &Key) -> Option<CounterType> {
        self.months.get(&month)?.types.get(key).copied()
    }

    pub(crate) fn add(&mut self, month: Month, reading: StoredReading) {
        Arc::make_mut(&mut self.places).insert(reading.id.clone(), month);
        Arc::make_mut(self.months.entry(month).or_default()).add(reading);
    }

    /// Deletes readings, and says how many.
    pub(crate) fn delete(&mut self, which: impl Fn(&StoredReading) -> bool) -> usize {
        let before = self.len();
        for readings in self.months.values_mut() {
            if readings.list.iter().any(&which) {
                let mut kept = OfMonth::default();
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
        before - self.len()
    }
}

pub(crate) fn key(reading: &StoredReading) -> Key {
    (reading.project_id.clone(), reading.resource_id.clone(), reading.counter_name.clone())
}
