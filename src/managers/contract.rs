use reqwest::Method;

use crate::models::billing::{
    BillingContract, ContractApplied, ContractFound, ContractOrder, ContractPrice, ContractsFound,
    CounterPrice, Deleted, GroupContracts, GroupContractsApplied,
};
use crate::models::{ContractId, Month};
use crate::pages::{Page, read_all};
use crate::{BillingClient, ClientError};

/// Contracts of one of a tenant's billing groups.
///
/// ```no_run
/// use billtest::models::billing::ContractOrder;
/// use billtest::{BillingClient, ContractManager};
///
/// # async fn agree() -> Result<(), Box<dyn std::error::Error>> {
/// let client = BillingClient::new("http://127.0.0.1:8080")?;
/// let contracts = ContractManager::new(client, "2025-01".parse()?, "team-a", "group-1")?;
/// let order = ContractOrder { discount_rate: Some("0.3".parse()?), ..ContractOrder::default() };
/// contracts.apply(&"volume-2025".into(), order).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ContractManager {
    client: BillingClient,
    month: Month,
    billing_group: String,
}

impl Page for ContractsFound {
    type Item = BillingContract;

    fn records(self) -> (Vec<BillingContract>, usize) {
        (self.contracts, self.total_items)
    }
}

impl ContractManager {
    /// A manager of the contracts of a tenant's billing group; the month is the first of contracts that name none.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(
        client: BillingClient,
        month: Month,
        tenant: &str,
        billing_group: &str,
    ) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?, month, billing_group))
    }

    pub(super) fn of(client: BillingClient, month: Month, billing_group: &str) -> Self {
        Self { client, month, billing_group: billing_group.to_owned() }
    }

    /// Applies a contract to the billing group, in place of one with this id:
    /// `PUT /billing/admin/billing-groups/{billing_group}`.
    ///
    /// # Errors
    /// [`ClientError`]; a discount above 100 %, or a last month before the first, is refused with 422.
    pub async fn apply(&self, id: &ContractId, order: ContractOrder) -> Result<(), ClientError> {
        let contract = ContractOrder {
            contract_id: Some(id.clone()),
            month_from: order.month_from.or(Some(self.month)),
            ..order
        };
        let request = GroupContracts { contracts: None, contract };
        let applied = self.apply_all(&request).await?;
        if applied.contains(id) {
            return Ok(());
        }
        Err(ClientError::Incomplete(format!("the provider applied {applied:?} and not {id}")))
    }

    /// Applies several contracts, all or none, and gives their ids:
    /// `PUT /billing/admin/billing-groups/{billing_group}`.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub async fn apply_all(&self, contracts: &GroupContracts) -> Result<Vec<ContractId>, ClientError> {
        let call =
            self.client.call(Method::PUT, &["billing", "admin", "billing-groups", &self.billing_group]);
        let applied: GroupContractsApplied = call.json(contracts).send_in_envelope().await?;
        Ok(applied.contract_ids)
    }

    /// Adds a contract to the billing group under a new id, unless it names one: `POST /billing/contracts`.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub async fn create(&self, order: ContractOrder) -> Result<ContractId, ClientError> {
        let order = ContractOrder {
            billing_group_id: order.billing_group_id.or_else(|| Some(self.billing_group.clone())),
            month_from: order.month_from.or(Some(self.month)),
            ..order
        };
        let call = self.client.post(&["billing", "contracts"]).json(&order);
        call.send_in_envelope().await.map(|applied: ContractApplied| applied.contract_id)
    }

    /// A contract: `GET /billing/contracts/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &ContractId) -> Result<BillingContract, ClientError> {
        let call = self.client.get(&["billing", "contracts", id.as_str()]);
        call.send_in_envelope().await.map(|found: ContractFound| found.contract)
    }

    /// The same for operators: `GET /billing/admin/contracts/{id}`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn details(&self, id: &ContractId) -> Result<BillingContract, ClientError> {
        let call = self.client.get(&["billing", "admin", "contracts", id.as_str()]);
        call.send_in_envelope().await.map(|found: ContractFound| found.contract)
    }

    /// All contracts of the billing group: `GET /billing/contracts`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list(&self) -> Result<Vec<BillingContract>, ClientError> {
        let call = || {
            let call = self.client.get(&["billing", "contracts"]);
            call.query("billingGroupId", self.billing_group.clone())
        };
        read_all::<ContractsFound>(call).await
    }

    /// What a counter costs under a contract: `GET /billing/admin/contracts/{id}/products/prices`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown contract or counter is refused with 404.
    pub async fn price(&self, id: &ContractId, counter: &str) -> Result<CounterPrice, ClientError> {
        let call = self.client.get(&["billing", "admin", "contracts", id.as_str(), "products", "prices"]);
        let call = call.query("counterNames", counter.to_owned());
        call.send_in_envelope().await.map(|price: ContractPrice| price.prices)
    }

    /// What several counters cost under a contract, in their order.
    ///
    /// # Errors
    /// As [`Self::price`], of the first counter that is refused.
    pub async fn prices(&self, id: &ContractId, counters: &[&str]) -> Result<Vec<CounterPrice>, ClientError> {
        let mut prices = Vec::new();
        for counter in counters {
            prices.push(self.price(id, counter).await?);
        }
        Ok(prices)
    }

    /// Deletes a contract, and says whether it was there: `DELETE /billing/admin/contracts/{id}`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete(&self, id: &ContractId) -> Result<bool, ClientError> {
        self.deleted(&["billing", "admin", "contracts", id.as_str()]).await.map(|count| count > 0)
    }

    /// Deletes the contracts of the billing group, and says how many:
    /// `DELETE /billing/admin/billing-groups/{billing_group}/contracts`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_all(&self) -> Result<usize, ClientError> {
        self.deleted(&["billing", "admin", "billing-groups", &self.billing_group, "contracts"]).await
    }

    /// Deletes the contracts of all of the tenant's billing groups, and says how many:
    /// `DELETE /billing/admin/contracts`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_all_of_tenant(&self) -> Result<usize, ClientError> {
        self.deleted(&["billing", "admin", "contracts"]).await
    }

    async fn deleted(&self, segments: &[&str]) -> Result<usize, ClientError> {
        let call = self.client.call(Method::DELETE, segments);
        call.send_in_envelope().await.map(|deleted: Deleted| deleted.deleted_count)
    }
}
