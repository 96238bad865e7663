use reqwest::Method;

use crate::models::{Month, Payment, PaymentId, PaymentUpdate, Statements, UpdatedPayment};
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

    /// Moves a payment to another status: `PATCH /api/v1/payments/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404, a move that a payment cannot make with 409.
    pub async fn update(
        &self,
        id: &PaymentId,
        update: &PaymentUpdate,
    ) -> Result<UpdatedPayment, ClientError> {
        let call = self.client.call(Method::PATCH, &["api", "v1", "payments", id.as_str()]);
        call.json(update).send().await
    }

    /// The tenant's statements, of one month or of all: `GET /api/v1/payments/statements`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn statements(&self, month: Option<Month>) -> Result<Statements, ClientError> {
        let call = self.client.get(&["api", "v1", "payments", "statements"]);
        call.query("month", month.map(|month| month.to_string())).send().await
    }
}
