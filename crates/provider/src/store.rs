//! What the provider keeps: one set of records a tenant.
//!
//! A tenant lives as long as it is used: whose last request is longer ago than the limit is forgotten, at the next request
//! of anybody. Beyond the largest number of tenants the one that was used longest ago makes room. One that a request is at
//! work with stays.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use billtest_models::{
    Adjustment, AdjustmentId, Contract, ContractId, Credit, CreditId, Currency, Customer, CustomerId,
    Invoice, InvoiceId, Meter, MeterId, Payment, PaymentId, ResourceId,
};
use lru::LruCache;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::billing::Account;
use crate::idempotency::Keys;
use crate::tenant::Tenant;
use crate::views::Views;

/// How many tenants one request forgets at most: none waits for the ends of all others.
const FORGOTTEN_AT_ONCE: usize = 64;

/// Something that can be metered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Resource {
    pub(crate) id: ResourceId,
}

/// All records of one tenant.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) account: Account,
    pub(crate) adjustments: BTreeMap<AdjustmentId, Adjustment>,
    pub(crate) contracts: BTreeMap<ContractId, Contract>,
    pub(crate) credits: BTreeMap<CreditId, Credit>,
    pub(crate) customers: BTreeMap<CustomerId, Customer>,
    pub(crate) invoices: BTreeMap<InvoiceId, Invoice>,
    pub(crate) keys: Keys,
    pub(crate) meters: BTreeMap<MeterId, Meter>,
    pub(crate) payments: BTreeMap<PaymentId, Payment>,
    pub(crate) resources: BTreeMap<ResourceId, Resource>,
    /// Another number after every change, of all that the store gives.
    pub(crate) version: u64,
}

/// How long tenants are kept, and how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    pub(crate) idle: Duration,
    pub(crate) most: NonZeroUsize,
}

/// The records of every tenant that has any.
#[derive(Debug)]
pub(crate) struct Store {
    /// By their last use.
    tenants: Mutex<LruCache<Tenant, Kept>>,
    currency: Currency,
    keeping: Keeping,
    versions: AtomicU64,
    pub(crate) views: Views,
}

type Shared = Arc<RwLock<Records>>;

#[derive(Debug)]
struct Kept {
    records: Shared,
    used: Instant,
}

impl Kept {
    fn is_at_work(&self) -> bool {
        Arc::strong_count(&self.records) > 1
    }
}

impl Store {
    /// A store of tenants that are billed in a currency.
    pub(crate) fn new(currency: Currency, keeping: Keeping) -> Self {
        Self {
            tenants: Mutex::new(LruCache::unbounded()),
            currency,
            keeping,
            versions: AtomicU64::new(0),
            views: Views::default(),
        }
    }

    /// A store that keeps tenants as this one does, and has none.
    pub(crate) fn empty(&self, currency: Currency) -> Self {
        Self::new(currency, self.keeping)
    }

    /// Reads a tenant's records. A tenant that has none stays unknown: reading never makes one.
    pub(crate) fn read<R>(&self, tenant: &Tenant, read: impl FnOnce(&Records) -> R) -> R {
        match self.find(tenant) {
            Some(records) => read(&records.read().unwrap_or_else(PoisonError::into_inner)),
            None => read(&Records::new(self.currency)),
        }
    }

    /// Changes a tenant's records, all at once for everybody else. A tenant that ends without any is forgotten.
    pub(crate) fn write<R>(&self, tenant: &Tenant, write: impl FnOnce(&mut Records) -> R) -> R {
        let shared = self.find_or_make(tenant);
        let mut records = shared.write().unwrap_or_else(PoisonError::into_inner);
        let result = write(&mut records);
        records.version = self.versions.fetch_add(1, Ordering::Relaxed) + 1;
        let is_empty = records.is_empty();
        drop(records);
        drop(shared);
        if is_empty {
            self.forget_empty(tenant);
        }
        result
    }

    /// Forgets what one tenant has.
    pub(crate) fn reset(&self, tenant: &Tenant) {
        if self.find(tenant).is_some() {
            self.write(tenant, |records| *records = Records::new(self.currency));
        }
    }

    /// Forgets what every tenant has.
    pub(crate) fn reset_all(&self) {
        let tenants: Vec<Tenant> = self.lock().iter().map(|(tenant, _)| tenant.clone()).collect();
        tenants.iter().for_each(|tenant| self.reset(tenant));
    }

    /// How many tenants there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn find(&self, tenant: &Tenant) -> Option<Shared> {
        let now = Instant::now();
        let mut tenants = self.lock();
        let mut gone = self.forget_idle(&mut tenants, now);
        let found = match tenants.get_mut(tenant) {
            Some(kept) if self.is_over(kept, now) => {
                gone.extend(tenants.pop(tenant));
                None
            }
            Some(kept) => {
                kept.used = now;
                Some(Arc::clone(&kept.records))
            }
            None => None,
        };
        drop(tenants);
        // What a tenant had may be much; nobody waits for its end.
        drop(gone);
        found
    }

    fn find_or_make(&self, tenant: &Tenant) -> Shared {
        if let Some(found) = self.find(tenant) {
            return found;
        }
        let new =
            || Kept { records: Arc::new(RwLock::new(Records::new(self.currency))), used: Instant::now() };
        let mut tenants = self.lock();
        let records = Arc::clone(&tenants.get_or_insert_mut(tenant.clone(), new).records);
        let gone = self.make_room(&mut tenants);
        drop(tenants);
        drop(gone);
        records
    }

    fn is_over(&self, kept: &Kept, now: Instant) -> bool {
        !kept.is_at_work() && now.saturating_duration_since(kept.used) >= self.keeping.idle
    }

    /// Takes out those whose time is over.
    fn forget_idle(&self, tenants: &mut LruCache<Tenant, Kept>, now: Instant) -> Vec<Kept> {
        let mut gone = Vec::new();
        while gone.len() < FORGOTTEN_AT_ONCE
            && tenants.peek_lru().is_some_and(|(_, kept)| self.is_over(kept, now))
        {
            gone.extend(tenants.pop_lru().map(|(_, kept)| kept));
        }
        gone
    }

    /// Takes out the one that was used longest ago if there are too many, and no request is at work with it.
    fn make_room(&self, tenants: &mut LruCache<Tenant, Kept>) -> Vec<Kept> {
        let mut gone = Vec::new();
        // As many as there are requests at work may have to be passed over; they are in use, and move up.
        for _ in 0..FORGOTTEN_AT_ONCE {
            if tenants.len() <= self.keeping.most.get() {
                break;
            }
            match tenants.peek_lru() {
                Some((tenant, kept)) if kept.is_at_work() => {
                    let tenant = tenant.clone();
                    tenants.promote(&tenant);
                }
                _ => gone.extend(tenants.pop_lru().map(|(_, kept)| kept)),
            }
        }
        gone
    }

    fn forget_empty(&self, tenant: &Tenant) {
        let mut tenants = self.lock();
        // Whoever else holds the records may be about to write into them.
        let unused = |kept: &Kept| {
            !kept.is_at_work() && kept.records.read().unwrap_or_else(PoisonError::into_inner).is_empty()
        };
        if tenants.peek(tenant).is_some_and(unused) {
            tenants.pop(tenant);
        }
    }

    /// A handler that panicked left the records as they were before or after each single step; they can be used.
    fn lock(&self) -> MutexGuard<'_, LruCache<Tenant, Kept>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    fn new(currency: Currency) -> Self {
        Self {
            account: Account::new(currency),
            adjustments: BTreeMap::new(),
            contracts: BTreeMap::new(),
            credits: BTreeMap::new(),
            customers: BTreeMap::new(),
            invoices: BTreeMap::new(),
            keys: Keys::default(),
            meters: BTreeMap::new(),
            payments: BTreeMap::new(),
            resources: BTreeMap::new(),
            version: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.account.is_empty()
            && self.adjustments.is_empty()
            && self.contracts.is_empty()
            && self.credits.is_empty()
            && self.customers.is_empty()
            && self.invoices.is_empty()
            && self.keys.is_empty()
            && self.meters.is_empty()
            && self.payments.is_empty()
            && self.resources.is_empty()
    }
}
