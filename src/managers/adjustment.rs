use crate::models::{Adjustment, AdjustmentId, AdjustmentRequest};
use crate::{BillingClient, ClientError, IdempotencyKey};

/// Adjustments of invoices.
#[derive(Debug, Clone)]
pub struct AdjustmentManager {
    client: BillingClient,
}

impl AdjustmentManager {
    /// A manager that calls through this client.
    #[must_use]
    pub fn new(client: BillingClient) -> Self {
        Self { client }
    }

    /// Applies an adjustment to an invoice: `POST /api/v1/adjustments`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown invoice is refused with 404; an amount that is not above zero, is finer than the
    /// currency, or would bring the invoice below zero, with 422.
    pub async fn apply(&self, request: &AdjustmentRequest) -> Result<Adjustment, ClientError> {
        self.apply_once(&IdempotencyKey::random(), request).await
    }

    /// The same under a name of its own: however often it is called with that name, it happens once.
    ///
    /// # Errors
    /// As [`Self::apply`]; a name that stands for another request already is refused with 422.
    pub async fn apply_once(
        &self,
        key: &IdempotencyKey,
        request: &AdjustmentRequest,
    ) -> Result<Adjustment, ClientError> {
        self.client.post(&["api", "v1", "adjustments"], request, key).await
    }

    /// The adjustment with this id: `GET /api/v1/adjustments/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &AdjustmentId) -> Result<Adjustment, ClientError> {
        self.client.get(&["api", "v1", "adjustments", id.as_str()]).await
    }
}
