use crate::models::billing::{RefundReceipt, RefundRequest};
use crate::models::{Amount, PaymentId};
use crate::{BillingClient, ClientError};

/// Paying back what a tenant paid.
#[derive(Debug, Clone)]
pub struct RefundManager {
    client: BillingClient,
}

impl RefundManager {
    /// A manager of a tenant's refunds.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(client: BillingClient, tenant: &str) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?))
    }

    pub(super) fn of(client: BillingClient) -> Self {
        Self { client }
    }

    /// Pays back a payment, or a part of it: `POST /billing/refund`. What it settled of other months is owed again.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown payment is refused with 404, one of which nothing was paid or that was paid back
    /// already with 409, more than was paid with 422.
    pub async fn refund(
        &self,
        payment: &PaymentId,
        amount: Amount,
        reason: Option<&str>,
    ) -> Result<RefundReceipt, ClientError> {
        let request = RefundRequest {
            payment_id: payment.clone(),
            amount,
            reason: reason.map(ToOwned::to_owned),
            uuid: None,
        };
        self.client.post(&["billing", "refund"]).json(&request).send_in_envelope().await
    }
}
