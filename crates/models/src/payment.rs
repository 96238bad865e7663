//! Payments and the invoices they settle: `GET /api/v1/payments/{id}`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, Currency, DueDate, InvoiceId, PaymentId};

/// How far a payment has come, in the words of `/api/v1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "PENDING")]
pub enum PaymentStatus {
    /// Nothing was paid yet.
    Pending,
    /// Handed to the payment provider.
    Processing,
    /// Paid in part.
    PartiallyPaid,
    /// Paid in full.
    Completed,
    /// The payment provider refused it; it may be tried again.
    Failed,
    /// Given up.
    Cancelled,
    /// Paid, and paid back.
    Refunded,
}

/// The invoice a payment settles, as a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceLink {
    /// The invoice.
    pub id: InvoiceId,
    /// Where a person can read it.
    #[schema(
        format = "uri",
        pattern = "^https://.+/invoices/.+$",
        example = "https://api.example.com/invoices/INV001"
    )]
    pub url: String,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// The payment.
    pub payment_id: PaymentId,
    /// How far it has come.
    pub status: PaymentStatus,
    /// What is to be paid.
    #[schema(value_type = f64, minimum = 0, example = 1500.0)]
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: Currency,
    /// Until when.
    pub due_date: DueDate,
    /// What for.
    pub invoice: InvoiceLink,
}

/// An invoice: what adjustments are applied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invoice {
    /// The invoice.
    pub id: InvoiceId,
    /// What it comes to, all adjustments included.
    #[schema(value_type = f64, minimum = 0, example = 1500.0)]
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: Currency,
}
