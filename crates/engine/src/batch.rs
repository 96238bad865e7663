//! Batch jobs: what they are for, and which must be done before.

use std::collections::BTreeSet;
use std::fmt;

use billtest_models::Month;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A job that runs over all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobCategory {
    /// Bills and invoices.
    Billing,
    /// Payments and reminders.
    Payment,
    /// Credits.
    Credit,
    /// Contracts.
    Contract,
    /// Comparison with the payment provider.
    Reconciliation,
    /// Readings.
    Usage,
}

/// Why a job is not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Other jobs of that month must be done first.
    #[error("job {job} needs {} to be completed first", List(.missing))]
    NotYet {
        /// Which job.
        job: BatchJob,
        /// What is missing, in the order in which to do it.
        missing: Vec<BatchJob>,
    },
    /// No month has such a day.
    #[error("execution day must be between 1 and 31, not {0}")]
    NoSuchDay(i64),
}

struct List<'a>(&'a [BatchJob]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, job) in self.0.iter().enumerate() {
            write!(f, "{}{job}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
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

    /// What it is for.
    #[must_use]
    pub fn category(self) -> JobCategory {
        match self {
            Self::Calculate | Self::GenerateStatement | Self::SendInvoice => JobCategory::Billing,
            Self::ProcessPayment | Self::PaymentReminder => JobCategory::Payment,
            Self::CreditExpiry => JobCategory::Credit,
            Self::ContractRenewal => JobCategory::Contract,
            Self::Reconciliation => JobCategory::Reconciliation,
            Self::UsageAggregation => JobCategory::Usage,
        }
    }

    /// The jobs of the same month that must be done before it.
    #[must_use]
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::GenerateStatement => &[Self::Calculate],
            Self::SendInvoice => &[Self::Calculate, Self::GenerateStatement],
            Self::PaymentReminder => &[Self::Calculate, Self::GenerateStatement, Self::SendInvoice],
            Self::UsageAggregation
            | Self::Calculate
            | Self::ProcessPayment
            | Self::CreditExpiry
            | Self::ContractRenewal
            | Self::Reconciliation => &[],
        }
    }

    /// Whether it can run after the jobs that are done.
    ///
    /// # Errors
    /// [`BatchError::NotYet`] with all that is missing.
    pub fn check(self, done: &BTreeSet<Self>) -> Result<(), BatchError> {
        let missing: Vec<_> = self.needs().iter().copied().filter(|job| !done.contains(job)).collect();
        if missing.is_empty() { Ok(()) } else { Err(BatchError::NotYet { job: self, missing }) }
    }
}

impl fmt::Display for BatchJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Sorts jobs so that each comes after those that it needs; none twice.
///
/// ```
/// use billtest_engine::batch::{BatchJob, in_order};
///
/// let jobs = in_order([BatchJob::GenerateStatement, BatchJob::CreditExpiry, BatchJob::Calculate]);
/// assert_eq!(jobs, [BatchJob::Calculate, BatchJob::GenerateStatement, BatchJob::CreditExpiry]);
/// ```
#[must_use]
pub fn in_order(jobs: impl IntoIterator<Item = BatchJob>) -> Vec<BatchJob> {
    // The order of the enum is one in which everything has what it needs.
    jobs.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

/// The day of a month on which a job runs: that day, or the last one of a shorter month.
///
/// # Errors
/// [`BatchError::NoSuchDay`] unless the day is 1 to 31.
pub fn execution_day(month: Month, day: i64) -> Result<NaiveDate, BatchError> {
    u32::try_from(day)
        .ok()
        .filter(|day| (1..=31).contains(day))
        .and_then(|day| month.day_or_last(day))
        .ok_or(BatchError::NoSuchDay(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would get statements of a month that was not calculated.
    #[test]
    fn a_job_waits_for_those_it_needs() {
        let error = BatchJob::SendInvoice.check(&BTreeSet::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "job BATCH_SEND_INVOICE needs API_CALCULATE_USAGE_AND_PRICE, BATCH_GENERATE_STATEMENT to be completed first"
        );
        let mut done = BTreeSet::new();
        for job in in_order(BatchJob::ALL.into_iter().rev()) {
            job.check(&done).unwrap();
            done.insert(job);
        }
        assert_eq!(done.len(), BatchJob::ALL.len());
    }

    /// A user would send a job's code that the server does not know.
    #[test]
    fn a_job_is_shown_by_its_wire_code() {
        for job in BatchJob::ALL {
            assert_eq!(serde_json::to_value(job).unwrap(), job.code());
        }
    }

    /// A user would ask for the 31st of February and get none, or for day 0 and get one.
    #[test]
    fn days_beyond_the_month_are_its_last() {
        let february = "2025-02".parse().unwrap();
        assert_eq!(execution_day(february, 31).unwrap().to_string(), "2025-02-28");
        for day in [0, -1, 32, i64::MAX] {
            assert_eq!(execution_day(february, day), Err(BatchError::NoSuchDay(day)));
        }
    }
}
