use crate::models::{Payment, PaymentId};
use crate::{BillingClient, ClientError};

/// Payments of invoices.
#[derive(Debug, Clone)]
pub struct Payments {
    client: BillingClient,
}

impl Payments {
    /// Calls through this client.
    #[must_use]
    pub fn new(client: BillingClient) -> Self {
        Self { client }
    }

    /// The payment with this id: `GET /api/v1/payments/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &PaymentId) -> Result<Payment, ClientError> {
        self.client.get(&["api", "v1", "payments", id.as_str()]).send().await
    }
}
