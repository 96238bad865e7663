use crate::models::{Contract, ContractId};
use crate::{BillingClient, ClientError};

/// Contracts of customers.
#[derive(Debug, Clone)]
pub struct Contracts {
    client: BillingClient,
}

impl Contracts {
    /// Calls through this client.
    #[must_use]
    pub fn new(client: BillingClient) -> Self {
        Self { client }
    }

    /// The contract with this id: `GET /api/v1/contracts/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &ContractId) -> Result<Contract, ClientError> {
        self.client.get(&["api", "v1", "contracts", id.as_str()]).send().await
    }
}
