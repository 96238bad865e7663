//! Batch jobs.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Month, Timestamp};

use super::JobState;

/// A job that runs over all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(example = "BATCH_GENERATE_STATEMENT")]
pub enum BatchJob {
    /// Adds up the readings.
    #[serde(rename = "BATCH_USAGE_AGGREGATION")]
    UsageAggregation,
    /// Calculates usage and price.
    #[serde(rename = "API_CALCULATE_USAGE_AND_PRICE")]
    Calculate,
    /// Writes the statements.
    #[serde(rename = "BATCH_GENERATE_STATEMENT")]
    GenerateStatement,
    /// Sends the invoices.
    #[serde(rename = "BATCH_SEND_INVOICE")]
    SendInvoice,
    /// Collects the payments.
    #[serde(rename = "BATCH_PROCESS_PAYMENT")]
    ProcessPayment,
    /// Reminds of open payments.
    #[serde(rename = "BATCH_PAYMENT_REMINDER")]
    PaymentReminder,
    /// Writes off expired credits.
    #[serde(rename = "BATCH_CREDIT_EXPIRY")]
    CreditExpiry,
    /// Renews contracts.
    #[serde(rename = "BATCH_CONTRACT_RENEWAL")]
    ContractRenewal,
    /// Compares with the payment provider.
    #[serde(rename = "BATCH_RECONCILIATION")]
    Reconciliation,
}

impl BatchJob {
    /// Every job, each after those that it needs.
    pub const ALL: [Self; 9] = [
        Self::UsageAggregation,
        Self::Calculate,
        Self::GenerateStatement,
        Self::SendInvoice,
        Self::ProcessPayment,
        Self::PaymentReminder,
        Self::CreditExpiry,
        Self::ContractRenewal,
        Self::Reconciliation,
    ];

    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UsageAggregation => "BATCH_USAGE_AGGREGATION",
            Self::Calculate => "API_CALCULATE_USAGE_AND_PRICE",
            Self::GenerateStatement => "BATCH_GENERATE_STATEMENT",
            Self::SendInvoice => "BATCH_SEND_INVOICE",
            Self::ProcessPayment => "BATCH_PROCESS_PAYMENT",
            Self::PaymentReminder => "BATCH_PAYMENT_REMINDER",
            Self::CreditExpiry => "BATCH_CREDIT_EXPIRY",
            Self::ContractRenewal => "BATCH_CONTRACT_RENEWAL",
            Self::Reconciliation => "BATCH_RECONCILIATION",
        }
    }
}

impl fmt::Display for BatchJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

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
    /// How many months and credits it has dealt with; 0 if there was nothing to be done.
    #[schema(example = 1)]
    pub completed_count: u32,
    /// What `completedCount` goes up to.
    #[schema(example = 1)]
    pub total_count: u32,
    /// The same in percent.
    #[schema(example = 100)]
    pub progress: u32,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended.
    pub end_time: Timestamp,
    /// The same for people: `completed`, or that nothing was to be done.
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
    /// The same for people: `completed`, or that nothing was to be done.
    #[schema(example = "completed")]
    pub message: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub completed_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would send a job's code that the server does not know.
    #[test]
    fn a_job_is_shown_by_its_wire_code() {
        for job in BatchJob::ALL {
            assert_eq!(serde_json::to_value(job).unwrap(), job.code());
        }
    }
}
