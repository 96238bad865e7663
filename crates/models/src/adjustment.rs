//! Adjustments of invoices: `POST /api/v1/adjustments`, `GET /api/v1/adjustments/{id}`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AdjustmentId, Amount, InvoiceId, Timestamp};

/// Which way an adjustment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "DISCOUNT")]
pub enum AdjustmentType {
    /// Lowers the invoice.
    Discount,
    /// Lowers the invoice: credit set against it.
    Credit,
    /// Raises the invoice.
    Surcharge,
    /// Raises the invoice: a fine.
    Penalty,
}

impl AdjustmentType {
    /// Whether it lowers the invoice.
    #[must_use]
    pub fn is_reduction(self) -> bool {
        match self {
            Self::Discount | Self::Credit => true,
            Self::Surcharge | Self::Penalty => false,
        }
    }
}

/// How an adjustment changes a bill, in the words of the `/billing` family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "RATE_DISCOUNT")]
pub enum AdjustmentCode {
    /// Lowers it by an amount.
    #[serde(alias = "STATIC_DISCOUNT")]
    FixedDiscount,
    /// Lowers it by a percentage.
    #[serde(alias = "PERCENT_DISCOUNT")]
    RateDiscount,
    /// Raises it by an amount.
    #[serde(alias = "STATIC_EXTRA")]
    FixedSurcharge,
    /// Raises it by a percentage.
    #[serde(alias = "PERCENT_EXTRA")]
    RateSurcharge,
}

impl AdjustmentCode {
    /// Whether it lowers the bill.
    #[must_use]
    pub fn is_discount(self) -> bool {
        matches!(self, Self::FixedDiscount | Self::RateDiscount)
    }

    /// Whether its value is a percentage, not an amount.
    #[must_use]
    pub fn is_rate(self) -> bool {
        matches!(self, Self::RateDiscount | Self::RateSurcharge)
    }
}

/// What has become of an adjustment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "APPLIED")]
pub enum AdjustmentStatus {
    /// The invoice was changed.
    Applied,
}

/// A wish to change an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdjustmentRequest {
    /// Which way.
    #[serde(rename = "type")]
    pub adjustment_type: AdjustmentType,
    /// By how much, in the invoice's currency; more than zero.
    #[schema(value_type = f64, exclusive_minimum = 0, example = 100.0)]
    pub amount: Amount,
    /// Why, for the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500, example = "Promotional discount")]
    pub reason: Option<String>,
    /// Which invoice.
    pub target_invoice: InvoiceId,
}

/// An applied adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adjustment {
    /// The adjustment.
    pub adjustment_id: AdjustmentId,
    /// What has become of it.
    pub status: AdjustmentStatus,
    /// What the invoice came to before.
    #[schema(value_type = f64, minimum = 0, example = 1500.0)]
    pub original_amount: Amount,
    /// What the invoice comes to now; never below zero.
    #[schema(value_type = f64, minimum = 0, example = 1400.0)]
    pub adjusted_amount: Amount,
    /// When it was applied.
    pub applied_at: Timestamp,
}
