use crate::models::{Credit, CreditId, CreditRequest};
use crate::{BillingClient, ClientError, IdempotencyKey};

/// Credits granted to customers.
#[derive(Debug, Clone)]
pub struct CreditManager {
    client: BillingClient,
}

impl CreditManager {
    /// A manager that calls through this client.
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
        self.grant_once(&IdempotencyKey::random(), request).await
    }

    /// The same under a name of its own: however often it is called with that name, it happens once.
    ///
    /// # Errors
    /// As [`Self::grant`]; a name that stands for another request already is refused with 422.
    pub async fn grant_once(
        &self,
        key: &IdempotencyKey,
        request: &CreditRequest,
    ) -> Result<Credit, ClientError> {
        self.client.post(&["api", "v1", "credits"], request, key).await
    }

    /// The credit with this id: `GET /api/v1/credits/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &CreditId) -> Result<Credit, ClientError> {
        self.client.get(&["api", "v1", "credits", id.as_str()]).await
    }
}
