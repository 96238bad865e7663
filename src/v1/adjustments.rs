use crate::models::{Adjustment, AdjustmentId, AdjustmentRequest};
use crate::{BillingClient, ClientError};

/// Adjustments of invoices.
#[derive(Debug, Clone)]
pub struct Adjustments {
    client: BillingClient,
}

impl Adjustments {
    /// Calls through this client.
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
        self.client.post(&["api", "v1", "adjustments"]).json(request).send().await
    }

    /// The adjustment with this id: `GET /api/v1/adjustments/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &AdjustmentId) -> Result<Adjustment, ClientError> {
        self.client.get(&["api", "v1", "adjustments", id.as_str()]).send().await
    }
}
