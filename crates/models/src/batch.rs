//! Batch jobs: `/api/v1/batch/jobs`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{Month, Timestamp};

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "COMPLETED")]
pub enum JobStatus {
    /// It is done.
    Completed,
}

/// A wish to run a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobRequest {
    /// Which job: `BILLING_CALCULATION` (unless said otherwise), `INVOICE_GENERATION`, `PAYMENT_PROCESSING`, or the code
    /// of a batch job. `job_type` is read as well.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "BILLING_CALCULATION")]
    pub kind: Option<String>,
    /// Which job, under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub job_type: Option<String>,
    /// What it is run with, up to 4,096 bytes of JSON. `month` says for which month; the present one unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub parameters: Option<Map<String, Value>>,
}

/// What a job came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobResult {
    /// The code of the batch job that was run.
    #[schema(example = "API_CALCULATE_USAGE_AND_PRICE")]
    pub batch_job_code: String,
    /// The month that it was run for.
    pub month: Month,
}

/// A job and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// The job.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub id: String,
    /// The same, under another name.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub job_id: String,
    /// What was asked for.
    #[serde(rename = "type")]
    #[schema(example = "BILLING_CALCULATION")]
    pub kind: String,
    /// How far it has come.
    pub status: JobStatus,
    /// The same in percent.
    #[schema(example = 100)]
    pub progress: u32,
    /// The same for people.
    #[schema(example = "completed")]
    pub message: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub completed_at: Timestamp,
    /// What it was run with.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// What it came to.
    pub result: JobResult,
}

/// Several jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jobs {
    /// This page of them, oldest first.
    pub jobs: Vec<Job>,
    /// How many there are on all pages.
    #[schema(example = 1)]
    pub total: usize,
}
