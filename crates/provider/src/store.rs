//! What the provider keeps: one set of records a tenant.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use billtest_models::{
    Adjustment, AdjustmentId, Contract, ContractId, Credit, CreditId, Customer, CustomerId, Invoice,
    InvoiceId, Meter, MeterId, Payment, PaymentId, ResourceId,
};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::tenant::Tenant;

/// Something that can be metered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Resource {
    pub(crate) id: ResourceId,
}

/// All records of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) adjustments: BTreeMap<AdjustmentId, Adjustment>,
    pub(crate) contracts: BTreeMap<ContractId, Contract>,
    pub(crate) credits: BTreeMap<CreditId, Credit>,
    pub(crate) customers: BTreeMap<CustomerId, Customer>,
    pub(crate) invoices: BTreeMap<InvoiceId, Invoice>,
    pub(crate) meters: BTreeMap<MeterId, Meter>,
    pub(crate) payments: BTreeMap<PaymentId, Payment>,
    pub(crate) resources: BTreeMap<ResourceId, Resource>,
}

/// The records of every tenant that has any.
#[derive(Debug, Default)]
pub(crate) struct Store {
    tenants: Mutex<HashMap<Tenant, Arc<Mutex<Records>>>>,
}

impl Store {
    /// Reads a tenant's records. A tenant that has none stays unknown: reading never makes one.
    pub(crate) fn read<R>(&self, tenant: &Tenant, read: impl FnOnce(&Records) -> R) -> R {
        let records = lock(&self.tenants).get(tenant).cloned();
        match records {
            Some(records) => read(&lock(&records)),
            None => read(&Records::default()),
        }
    }

    /// Changes a tenant's records, all at once for everybody else.
    pub(crate) fn write<R>(&self, tenant: &Tenant, write: impl FnOnce(&mut Records) -> R) -> R {
        let records = Arc::clone(lock(&self.tenants).entry(tenant.clone()).or_default());
        write(&mut lock(&records))
    }

    /// Forgets one tenant.
    pub(crate) fn reset(&self, tenant: &Tenant) {
        lock(&self.tenants).remove(tenant);
    }

    /// Forgets every tenant.
    pub(crate) fn reset_all(&self) {
        lock(&self.tenants).clear();
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
