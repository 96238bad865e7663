//! What the provider keeps: one set of records a tenant.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use billtest_models::{
    Adjustment, AdjustmentId, Contract, ContractId, Credit, CreditId, Currency, Customer, CustomerId,
    Invoice, InvoiceId, Meter, MeterId, Payment, PaymentId, ResourceId,
};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::billing::Account;
use crate::idempotency::Keys;
use crate::tenant::Tenant;

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
}

/// The records of every tenant that has any.
#[derive(Debug)]
pub(crate) struct Store {
    tenants: Mutex<HashMap<Tenant, Arc<Mutex<Records>>>>,
    currency: Currency,
}

impl Store {
    /// A store of tenants that are billed in a currency.
    pub(crate) fn new(currency: Currency) -> Self {
        Self { tenants: Mutex::default(), currency }
    }

    /// Reads a tenant's records. A tenant that has none stays unknown: reading never makes one.
    pub(crate) fn read<R>(&self, tenant: &Tenant, read: impl FnOnce(&Records) -> R) -> R {
        let records = lock(&self.tenants).get(tenant).cloned();
        match records {
            Some(records) => read(&lock(&records)),
            None => read(&Records::new(self.currency)),
        }
    }

    /// Changes a tenant's records, all at once for everybody else. A tenant that ends without any is forgotten.
    pub(crate) fn write<R>(&self, tenant: &Tenant, write: impl FnOnce(&mut Records) -> R) -> R {
        let new = || Arc::new(Mutex::new(Records::new(self.currency)));
        let records = Arc::clone(lock(&self.tenants).entry(tenant.clone()).or_insert_with(new));
        let result = write(&mut lock(&records));
        drop(records);
        let mut tenants = lock(&self.tenants);
        // Whoever else holds the records may be about to write into them.
        let unused =
            |records: &Arc<Mutex<Records>>| Arc::strong_count(records) == 1 && lock(records).is_empty();
        if tenants.get(tenant).is_some_and(unused) {
            tenants.remove(tenant);
        }
        result
    }

    /// Forgets what one tenant has.
    pub(crate) fn reset(&self, tenant: &Tenant) {
        self.write(tenant, |records| *records = Records::new(self.currency));
    }

    /// Forgets what every tenant has.
    pub(crate) fn reset_all(&self) {
        let tenants: Vec<Tenant> = lock(&self.tenants).keys().cloned().collect();
        tenants.iter().for_each(|tenant| self.reset(tenant));
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

/// A handler that panicked left the records as they were before or after each single step; they can be used.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new id: a prefix and 16 hexadecimal digits, random.
pub(crate) fn new_id(prefix: &str) -> String {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    format!("{prefix}_{high:016X}")
}

/// The present, to the second.
pub(crate) fn now() -> chrono::DateTime<Utc> {
    billtest_models::Timestamp::from(Utc::now()).whole_seconds().value()
}
