//! Meter readings: `POST /api/v1/meters`, `GET /api/v1/meters/{id}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{MeterId, Quantity, ResourceId, Timestamp};

/// What has become of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "ACCEPTED")]
pub enum MeterStatus {
    /// Stored; it will be billed.
    Accepted,
}

/// How the readings of a counter add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(example = "DELTA")]
pub enum CounterType {
    /// Each reading is what was used since the one before: they are summed.
    Delta,
    /// Each reading is the level at its time: the last one counts.
    Gauge,
    /// Each reading is the total since the counter began: the last less the first counts.
    Cumulative,
}

/// A reading to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeterRequest {
    /// What was measured.
    pub resource_id: ResourceId,
    /// Which of its meters.
    #[schema(min_length = 1, max_length = 200, example = "cpu.usage")]
    pub meter_name: String,
    /// The reading, in `unit`.
    pub value: Quantity,
    /// The unit of the reading.
    #[schema(min_length = 1, max_length = 50, example = "percent")]
    pub unit: String,
    /// When it was read.
    pub timestamp: Timestamp,
    /// Whatever the caller wants kept with it, up to 4,096 bytes of JSON.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"instance_type": "t2.micro", "region": "us-east-1"}))]
    pub metadata: BTreeMap<String, String>,
}

/// The answer to a stored reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeterReceipt {
    /// The stored reading.
    pub id: MeterId,
    /// What has become of it.
    pub status: MeterStatus,
    /// What was measured.
    pub resource_id: ResourceId,
    /// When it was accepted.
    pub timestamp: Timestamp,
}

/// A stored reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meter {
    /// The stored reading.
    pub id: MeterId,
    /// What has become of it.
    pub status: MeterStatus,
    /// What was measured.
    pub resource_id: ResourceId,
    /// Which of its meters.
    #[schema(min_length = 1, max_length = 200, example = "cpu.usage")]
    pub meter_name: String,
    /// The reading, in `unit`.
    pub value: Quantity,
    /// The unit of the reading.
    #[schema(min_length = 1, max_length = 50, example = "percent")]
    pub unit: String,
    /// When it was read.
    pub timestamp: Timestamp,
    /// What the caller wanted kept with it.
    #[schema(example = json!({"instance_type": "t2.micro", "region": "us-east-1"}))]
    pub metadata: BTreeMap<String, String>,
}
