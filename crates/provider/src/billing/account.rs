//! What a tenant has in this family.

use std::collections::{BTreeMap, VecDeque};

use billtest_engine::ContractTerms;
use billtest_engine::ledger::CreditLedger;
use billtest_models::{CreditId, Currency, Month, Region, Timestamp};

use chrono::NaiveDate;

use super::declaration::Declared;
use super::jobs::Job;
use super::month::MonthAccount;
use super::readings::Readings;
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
    /// The present day, where the tenant is billed.
    pub(crate) fn today(&self) -> NaiveDate {
        self.region.day(self.now)
    }

    /// The present month.
    pub(crate) fn month(&self) -> Result<Month, Refusal> {
        Month::of(self.today()).ok_or_else(|| Refusal::conflict(format!("{} lies in no month", self.now)))
    }

    /// A new id; see [`Ids::prefixed`].
    pub(crate) fn new_id(&self, prefix: &str) -> String {
        self.ids.prefixed(prefix)
    }
}

/// All that a tenant's bills are calculated from, and what became of them.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) readings: Readings,
    /// In the order in which they were agreed.
    pub(crate) contracts: Vec<Agreement>,
    /// In the order in which they were made.
    pub(crate) adjustments: Vec<Ordered>,
    pub(crate) credits: CreditLedger,
    pub(crate) campaigns: BTreeMap<CreditId, Campaign>,
    /// What was said of months when they were calculated.
    pub(crate) declared: BTreeMap<Month, Declared>,
    /// The months that were calculated.
    pub(crate) months: BTreeMap<Month, MonthAccount>,
    /// In the order in which they were run.
    pub(crate) jobs: VecDeque<Job>,
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

impl Account {
    pub(crate) fn new(currency: Currency) -> Self {
        Self {
            readings: Readings::default(),
            contracts: Vec::new(),
            adjustments: Vec::new(),
            credits: CreditLedger::new(currency),
            campaigns: BTreeMap::new(),
            declared: BTreeMap::new(),
            months: BTreeMap::new(),
            jobs: VecDeque::new(),
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
            && self.declared.is_empty()
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
}
