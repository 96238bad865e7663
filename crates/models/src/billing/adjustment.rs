//! Adjustments of bills: of a project's part, or of the whole.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AdjustmentCode, AdjustmentId, Amount, Month, Timestamp};

/// A text in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LocalisedText {
    /// Which language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20, example = "ko_KR")]
    pub locale: Option<String>,
    /// The text.
    #[schema(max_length = 500, example = "Goodwill")]
    pub message: String,
}

/// An adjustment to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentOrder {
    /// By how much: an amount, or a rate in percent. `adjustmentValue` is read as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000_000, example = 10)]
    pub adjustment: Option<Amount>,
    /// By how much, under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000_000)]
    pub adjustment_value: Option<Amount>,
    /// How. `adjustmentType` is read as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = Option<String>,
        pattern = "^(FIXED_DISCOUNT|FIXED_SURCHARGE|RATE_DISCOUNT|RATE_SURCHARGE|STATIC_DISCOUNT|STATIC_EXTRA|PERCENT_DISCOUNT|PERCENT_EXTRA)$",
        example = "RATE_DISCOUNT"
    )]
    pub adjustment_type_code: Option<AdjustmentCode>,
    /// How, under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = Option<String>,
        pattern = "^(FIXED_DISCOUNT|FIXED_SURCHARGE|RATE_DISCOUNT|RATE_SURCHARGE|STATIC_DISCOUNT|STATIC_EXTRA|PERCENT_DISCOUNT|PERCENT_EXTRA)$"
    )]
    pub adjustment_type: Option<AdjustmentCode>,
    /// The first month. `month` is read as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$", example = "2025-01")]
    pub month_from: Option<Month>,
    /// The first month, under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    pub month: Option<Month>,
    /// The last month; the first unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    pub month_to: Option<Month>,
    /// The project, for one of a project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "app-1")]
    pub project_id: Option<String>,
    /// The billing group, for one of the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub billing_group_id: Option<String>,
    /// What the customer reads on the bill; the first is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub descriptions: Option<Vec<LocalisedText>>,
    /// The same as a single text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub description: Option<String>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// An adjustment was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentOrdered {
    /// The adjustment.
    pub adjustment_id: AdjustmentId,
}

/// What an ordered adjustment changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = "Project")]
pub enum AdjustmentTarget {
    /// A project's part.
    Project,
    /// The whole.
    BillingGroup,
}

/// An adjustment that was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderedAdjustment {
    /// The adjustment.
    pub adjustment_id: AdjustmentId,
    /// What it changes.
    pub target: AdjustmentTarget,
    /// The project, for one of a project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// The billing group, for one of the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_group_id: Option<String>,
    /// The first month.
    pub month: Month,
    /// The last month.
    pub month_to: Month,
    /// How.
    pub adjustment_type: AdjustmentCode,
    /// By how much: an amount, or a rate in percent.
    #[schema(value_type = f64, minimum = 0, example = 10)]
    pub adjustment_value: Amount,
    /// What the customer reads on the bill; may be empty.
    #[schema(example = "Goodwill")]
    pub description: String,
    /// When it was ordered.
    pub created_at: Timestamp,
}

/// Several adjustments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentsFound {
    /// This page of them, oldest first.
    pub adjustments: Vec<OrderedAdjustment>,
    /// How many there are on all pages.
    #[schema(example = 1)]
    pub total_items: usize,
}
