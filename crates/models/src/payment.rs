//! Payments and the invoices they settle: `GET /api/v1/payments/{id}`.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, Currency, DueDate, InvoiceId, PaymentId, Timestamp};

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

/// How far a payment has come, in the words of the `/billing` family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "READY")]
pub enum PaymentState {
    /// Nothing is known of it.
    Unknown,
    /// To be paid, and not yet calculated.
    Pending,
    /// Calculated: it can be registered.
    Ready,
    /// Handed to the payment provider.
    Registered,
    /// Paid in part.
    PartiallyPaid,
    /// Paid in full.
    Paid,
    /// The payment provider refused it; it may be tried again.
    Failed,
    /// Given up.
    Cancelled,
    /// Paid, and paid back.
    Refunded,
}

impl PaymentState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Unknown,
        Self::Pending,
        Self::Ready,
        Self::Registered,
        Self::PartiallyPaid,
        Self::Paid,
        Self::Failed,
        Self::Cancelled,
        Self::Refunded,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Pending => "PENDING",
            Self::Ready => "READY",
            Self::Registered => "REGISTERED",
            Self::PartiallyPaid => "PARTIALLY_PAID",
            Self::Paid => "PAID",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Refunded => "REFUNDED",
        }
    }

    /// The word of `/api/v1` for it. A payment of which nothing is known was not paid: it is shown as pending.
    #[must_use]
    pub fn status(self) -> PaymentStatus {
        match self {
            Self::Unknown | Self::Pending | Self::Ready => PaymentStatus::Pending,
            Self::Registered => PaymentStatus::Processing,
            Self::PartiallyPaid => PaymentStatus::PartiallyPaid,
            Self::Paid => PaymentStatus::Completed,
            Self::Failed => PaymentStatus::Failed,
            Self::Cancelled => PaymentStatus::Cancelled,
            Self::Refunded => PaymentStatus::Refunded,
        }
    }
}

impl PaymentStatus {
    /// The state that it names. `PENDING` names the one whose amount is known.
    #[must_use]
    pub fn state(self) -> PaymentState {
        match self {
            Self::Pending => PaymentState::Ready,
            Self::Processing => PaymentState::Registered,
            Self::PartiallyPaid => PaymentState::PartiallyPaid,
            Self::Completed => PaymentState::Paid,
            Self::Failed => PaymentState::Failed,
            Self::Cancelled => PaymentState::Cancelled,
            Self::Refunded => PaymentState::Refunded,
        }
    }
}

impl fmt::Display for PaymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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

/// A wish to move a payment to another status: `PATCH /api/v1/payments/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentUpdate {
    /// Where to.
    #[schema(example = "PROCESSING")]
    pub status: PaymentStatus,
    /// What the payment provider calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "TXN123456")]
    pub transaction_id: Option<String>,
    /// When that was; the present unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub completed_at: Option<Timestamp>,
}

/// A payment after a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UpdatedPayment {
    /// The payment.
    #[serde(flatten)]
    pub payment: Payment,
    /// What the payment provider calls it, as the request says.
    pub transaction_id: Option<String>,
    /// When it was moved.
    pub updated_at: Timestamp,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would see another word in a message than on the wire.
    #[test]
    fn a_state_is_shown_by_its_wire_word() {
        for state in PaymentState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.to_string());
        }
    }

    /// A user who asks for a status would be shown another one.
    #[test]
    fn a_status_names_a_state_that_is_shown_by_it() {
        for state in PaymentState::ALL {
            assert_eq!(state.status().state().status(), state.status());
        }
    }
}
