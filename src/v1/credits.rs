use crate::models::{Credit, CreditId, CreditRequest};
use crate::{BillingClient, ClientError};

/// Credits granted to customers.
#[derive(Debug, Clone)]
pub struct Credits {
    client: BillingClient,
}

impl Credits {
    /// Calls through this client.
    #[must_use]
    pub fn new(client: BillingClient) -> Self {
        Self { client }
    }

    /// Grants a credit: `POST /api/v1/credits`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown customer is refused with 404, an amount below zero or finer than the
    /// currency with 422.
    pub async fn grant(&self, request: &CreditRequest) -> Result<Credit, ClientError> {
        self.client.post(&["api", "v1", "credits"]).json(request).send().await
    }

    /// The credit with this id: `GET /api/v1/credits/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &CreditId) -> Result<Credit, ClientError> {
        self.client.get(&["api", "v1", "credits", id.as_str()]).send().await
    }
}
