//! Batch jobs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Month, Timestamp};

use super::JobState;

/// A wish to run a batch job: `POST /billing/admin/batches`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchRequest {
    /// Which job.
    #[schema(min_length = 1, max_length = 100, example = "BATCH_GENERATE_STATEMENT")]
    pub batch_job_code: String,
    /// A day of the month that it is for; its time is not read.
    #[schema(
        pattern = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T.*)?$",
        max_length = 40,
        example = "2025-01-15T00:00:00+09:00"
    )]
    pub date: String,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// A batch job was taken on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchStarted {
    /// The job.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub batch_id: String,
}

/// A batch job and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchJobStatus {
    /// The job.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub batch_id: String,
    /// What kind of job.
    #[schema(example = "BATCH_GENERATE_STATEMENT")]
    pub batch_job_code: String,
    /// The month that it is for.
    pub month: Month,
    /// How far it has come.
    pub status: JobState,
    /// The same, of `totalCount`.
    #[schema(example = 100)]
    pub completed_count: u32,
    /// What `completedCount` goes up to.
    #[schema(example = 100)]
    pub total_count: u32,
    /// The same in percent.
    #[schema(example = 100)]
    pub progress: u32,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended.
    pub end_time: Timestamp,
    /// The same for people.
    #[schema(example = "completed")]
    pub message: String,
}

/// One batch job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchJobFound {
    /// The job.
    pub batch: BatchJobStatus,
}

/// Several batch jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchJobsFound {
    /// This page of them, oldest first.
    pub list: Vec<BatchJobStatus>,
    /// How many there are on all pages.
    #[schema(example = 1)]
    pub total_items: usize,
}

/// A job without conditions was run: `POST /billing/admin/batch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthJobStarted {
    /// The job.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub batch_job_code: String,
    /// The same, under the name of the other batch routes.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub batch_id: String,
}

/// A wish to run a job for a month: `POST /batch/jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthJobRequest {
    /// Which job; the calculation of usage and price unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "API_CALCULATE_USAGE_AND_PRICE")]
    pub job_code: Option<String>,
    /// Which month; the present one unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$", example = "2025-01")]
    pub month: Option<Month>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// A job for a month and how far it has come: `/batch/jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthJob {
    /// The job.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub batch_job_id: String,
    /// What kind of job.
    #[schema(example = "API_CALCULATE_USAGE_AND_PRICE")]
    pub job_code: String,
    /// The month that it is for.
    pub month: Month,
    /// How far it has come.
    pub status: JobState,
    /// The same, of `maxProgress`.
    #[schema(example = 100)]
    pub progress: u32,
    /// What `progress` goes up to.
    #[schema(example = 100)]
    pub max_progress: u32,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub completed_at: Timestamp,
}
