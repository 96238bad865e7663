//! Credits: `POST /api/v1/credits`, `GET /api/v1/credits/{id}`.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, CreditId, Currency, CustomerId, Timestamp};

/// Why a credit is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "ADJUSTMENT")]
pub enum CreditType {
    /// A correction of an earlier bill.
    #[default]
    Adjustment,
    /// Given without a payment.
    Free,
    /// Bought in advance.
    Paid,
    /// Part of a promotion.
    Promotion,
    /// Part of a promotion, in the word of the `/billing` family.
    Promotional,
    /// Amends for a fault.
    Compensation,
    /// Part of a campaign.
    Campaign,
    /// Money given back as credit.
    Refund,
    /// A reward.
    Bonus,
}

impl fmt::Display for CreditType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Adjustment => "ADJUSTMENT",
            Self::Free => "FREE",
            Self::Paid => "PAID",
            Self::Promotion => "PROMOTION",
            Self::Promotional => "PROMOTIONAL",
            Self::Compensation => "COMPENSATION",
            Self::Campaign => "CAMPAIGN",
            Self::Refund => "REFUND",
            Self::Bonus => "BONUS",
        })
    }
}

/// What has become of a credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "ACTIVE")]
pub enum CreditStatus {
    /// Can be used.
    Active,
    /// Granted, not yet usable.
    Pending,
    /// Used up.
    Applied,
}

/// A wish to grant a credit to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreditRequest {
    /// Who receives it.
    pub customer_id: CustomerId,
    /// How much; zero or more.
    #[schema(value_type = f64, minimum = 0, example = 500.0)]
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: Currency,
    /// Why, for the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500, example = "Monthly adjustment")]
    pub reason: Option<String>,
    /// What the customer reads on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub description: Option<String>,
    /// What kind of credit; an adjustment unless said otherwise.
    #[serde(rename = "type", default)]
    #[schema(required = false)]
    pub credit_type: CreditType,
}

/// A granted credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Credit {
    /// The credit.
    pub id: CreditId,
    /// The same id, under the name that older clients read.
    #[serde(rename = "creditId")]
    pub credit_id: CreditId,
    /// Who received it.
    pub customer_id: CustomerId,
    /// How much was granted.
    #[schema(value_type = f64, minimum = 0, example = 500.0)]
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: Currency,
    /// What the customer reads on the bill; may be empty.
    #[schema(max_length = 500, example = "")]
    pub description: String,
    /// Why, for the books; may be empty.
    #[schema(max_length = 500, example = "Monthly adjustment")]
    pub reason: String,
    /// What kind of credit.
    #[serde(rename = "type")]
    pub credit_type: CreditType,
    /// What has become of it.
    pub status: CreditStatus,
    /// When it was granted.
    pub created_at: Timestamp,
    /// From when on it cannot be used any more.
    pub expires_at: Timestamp,
}
