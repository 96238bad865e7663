//! Usage of projects: `/api/v1/metering`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::billing::CounterVolume;
use crate::{Amount, CounterType, Currency, MeterId, Quantity, Timestamp};

/// Usage to be stored and billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageRequest {
    /// What was used.
    #[schema(min_length = 1, max_length = 200, example = "vm-001")]
    pub resource_id: String,
    /// How much.
    pub usage: CounterVolume,
    /// The project that pays; none unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "PROJ001")]
    pub project_id: Option<String>,
    /// Which counter: a name in the price table. `resource_type` decides unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "compute.c2.c8m8")]
    pub counter_name: Option<String>,
    /// A counter, or the first word of some: then the first of these in the price table is meant. `compute` unless said
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "compute")]
    pub resource_type: Option<String>,
    /// How usage of this counter adds up; `DELTA` unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^(DELTA|GAUGE|CUMULATIVE)$")]
    pub counter_type: Option<CounterType>,
    /// The unit of the usage; that of the price unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "hours")]
    pub unit: Option<String>,
    /// When it was used; the present unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub timestamp: Option<Timestamp>,
}

/// Usage was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageReceipt {
    /// The stored reading.
    pub id: MeterId,
    /// Always `accepted`.
    #[schema(example = "accepted")]
    pub status: String,
    /// The same, for people.
    #[schema(example = "Usage data recorded successfully")]
    pub message: String,
}

/// A month by the clock of the region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Period {
    /// Its first second.
    #[schema(format = "date-time", example = "2025-01-01T00:00:00+09:00")]
    pub start: String,
    /// Its last second.
    #[schema(format = "date-time", example = "2025-01-31T23:59:59+09:00")]
    pub end: String,
}

/// What one resource used of one counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageItem {
    /// The first word of the counter's name.
    #[schema(example = "compute")]
    pub resource_type: String,
    /// What was used; empty for nothing in particular.
    #[schema(example = "vm-001")]
    pub resource_id: String,
    /// Which counter.
    #[schema(example = "compute.c2.c8m8")]
    pub counter_name: String,
    /// How much.
    pub quantity: Quantity,
    /// The unit of the quantity: the one that has a price.
    #[schema(example = "HOURS")]
    pub unit: String,
    /// What it costs, before discounts and tax.
    pub cost: Amount,
}

/// What was used in a month, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// The project; missing for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// The month.
    pub period: Period,
    /// Resource by resource.
    pub usage: Vec<UsageItem>,
    /// The sum of the costs.
    pub total_cost: Amount,
    /// The currency of the costs.
    pub currency: Currency,
}
