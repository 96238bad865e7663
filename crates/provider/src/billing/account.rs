//! What a tenant has in this family.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use billtest_engine::ContractTerms;
use billtest_engine::ledger::CreditLedger;
use billtest_models::billing::{BatchJobStatus, StoredReading};
use billtest_models::{CounterType, CreditId, Currency, MeterId, Month, PaymentState, Region, Timestamp};

use super::month::MonthAccount;
use crate::ids::Ids;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// How many readings of a tenant are kept.
pub(crate) const MOST_READINGS: usize = 1_000_000;
/// How many contracts, adjustments or credits of a tenant are kept, each.
pub(crate) const MOST_RECORDS: usize = 10_000;

/// Who asks, where and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) region: &'a Region,
    pub(crate) ids: &'a Ids,
    pub(crate) now: Timestamp,
}

impl Context<'_> {
    /// A new id; see [`Ids::prefixed`].
    pub(crate) fn new_id(&self, prefix: &str) -> String {
        self.ids.prefixed(prefix)
    }
}

/// All that a tenant's bills are calculated from, and what became of them.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Shared with the copy that a change is tried on.
    readings: BTreeMap<Month, Arc<Readings>>,
    /// In the order in which they were agreed.
    pub(crate) contracts: Vec<Agreement>,
    /// In the order in which they were made.
    pub(crate) adjustments: Vec<Ordered>,
    pub(crate) credits: CreditLedger,
    pub(crate) campaigns: BTreeMap<CreditId, Campaign>,
    /// The months that were calculated.
    pub(crate) months: BTreeMap<Month, MonthAccount>,
    /// In the order in which they were run.
    pub(crate) jobs: Vec<BatchJobStatus>,
}

/// A contract.
#[derive(Debug, Clone)]
pub(crate) struct Agreement {
    pub(crate) terms: ContractTerms,
    pub(crate) name: String,
    pub(crate) billing_group: String,
    /// Comes before others of the same month.
    pub(crate) is_default: bool,
}

/// An adjustment that was ordered.
#[derive(Debug, Clone)]
pub(crate) struct Ordered {
    pub(crate) adjustment: billtest_engine::adjustment::Adjustment,
    /// Of an adjustment of the whole: the group it was ordered for.
    pub(crate) billing_group: Option<String>,
    pub(crate) description: String,
}

/// What a credit was granted in.
#[derive(Debug, Clone)]
pub(crate) struct Campaign {
    pub(crate) id: String,
    pub(crate) name: String,
    /// When.
    pub(crate) at: Timestamp,
}

/// Project, resource and counter.
type Key = (String, String, String);

/// The readings of one month.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readings {
    /// In the order of their arrival: of two readings of one moment the later corrects the other.
    list: Vec<StoredReading>,
    types: HashMap<Key, CounterType>,
}

impl Account {
    pub(crate) fn new(currency: Currency) -> Self {
        Self {
            readings: BTreeMap::new(),
            contracts: Vec::new(),
            adjustments: Vec::new(),
            credits: CreditLedger::new(currency),
            campaigns: BTreeMap::new(),
            months: BTreeMap::new(),
            jobs: Vec::new(),
        }
    }

    pub(crate) fn currency(&self) -> Currency {
        self.credits.currency()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.readings.is_empty()
            && self.contracts.is_empty()
            && self.adjustments.is_empty()
            && self.credits.grants().is_empty()
            && self.months.is_empty()
            && self.jobs.is_empty()
    }

    /// Makes a change of several steps: all of them, or none if one is refused.
    pub(crate) fn change<R>(
        &mut self,
        steps: impl FnOnce(&mut Self) -> Result<R, Refusal>,
    ) -> Result<R, Refusal> {
        let mut changed = self.clone();
        let result = steps(&mut changed)?;
        *self = changed;
        Ok(result)
    }

    /// How far the payment of a month has come.
    pub(crate) fn state(&self, month: Month) -> PaymentState {
        self.months.get(&month).map_or(PaymentState::Pending, |account| account.state)
    }

    pub(crate) fn reading(&self, id: &MeterId) -> Option<&StoredReading> {
        self.readings.values().flat_map(|readings| &readings.list).find(|reading| reading.id == *id)
    }

    pub(crate) fn count_readings(&self) -> usize {
        self.readings.values().map(|readings| readings.list.len()).sum()
    }

    pub(crate) fn readings_of(&self, month: Month) -> &[StoredReading] {
        self.readings.get(&month).map(|readings| readings.list.as_slice()).unwrap_or_default()
    }

    /// How the readings of this one's counter have added up so far in a month.
    pub(crate) fn counter_type(&self, month: Month, reading: &StoredReading) -> Option<CounterType> {
        self.readings.get(&month)?.types.get(&key(reading)).copied()
    }

    pub(crate) fn add_reading(&mut self, month: Month, reading: StoredReading) {
        let readings = Arc::make_mut(self.readings.entry(month).or_default());
        readings.types.entry(key(&reading)).or_insert(reading.counter_type);
        readings.list.push(reading);
    }

    /// Deletes readings, and says how many.
    pub(crate) fn delete_readings(&mut self, which: impl Fn(&StoredReading) -> bool) -> usize {
        let before = self.count_readings();
        for readings in self.readings.values_mut() {
            if readings.list.iter().any(&which) {
                let readings = Arc::make_mut(readings);
                readings.list.retain(|reading| !which(reading));
                readings.types =
                    readings.list.iter().map(|reading| (key(reading), reading.counter_type)).collect();
            }
        }
        self.readings.retain(|_, readings| !readings.list.is_empty());
        before - self.count_readings()
    }
}

pub(crate) fn key(reading: &StoredReading) -> Key {
    (reading.project_id.clone(), reading.resource_id.clone(), reading.counter_name.clone())
}
