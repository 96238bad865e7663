//! Calculating a month: `/billing/admin/calculations`, `/billing/admin/progress`.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Month;

/// A wish to calculate a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalculationRequest {
    /// Which month.
    pub month: Month,
    /// Whether usage is counted; it always is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = true)]
    pub include_usage: Option<bool>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// A job was taken on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobStarted {
    /// The job.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub batch_job_code: String,
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "COMPLETED")]
pub enum JobState {
    /// Nobody asked for it yet.
    NotStarted,
    /// It is taken on, and not begun.
    Pending,
    /// It is at work.
    Running,
    /// It is done.
    Completed,
    /// It ended without being done.
    Failed,
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotStarted => "NOT_STARTED",
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        })
    }
}

/// How far the calculation of a month has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalculationProgress {
    /// How far.
    pub status: JobState,
    /// The same, of `maxProgress`.
    #[schema(example = 100)]
    pub progress: u32,
    /// What `progress` goes up to.
    #[schema(example = 100)]
    pub max_progress: u32,
    /// The month's jobs.
    pub list: Vec<CalculationJob>,
}

/// The calculation of a month as a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalculationJob {
    /// What kind of job.
    #[schema(example = "API_CALCULATE_USAGE_AND_PRICE")]
    pub batch_job_code: String,
    /// How far.
    pub status: JobState,
    /// The same, of `maxProgress`.
    #[schema(example = 100)]
    pub progress: u32,
    /// What `progress` goes up to.
    #[schema(example = 100)]
    pub max_progress: u32,
    /// The month.
    pub month: Month,
    /// The tenant.
    #[schema(example = "tenant-1")]
    pub uuid: String,
}
