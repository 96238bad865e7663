//! Batch jobs: what they are for, and which must be done before.

use std::collections::BTreeSet;
use std::fmt;

use billtest_models::Month;
pub use billtest_models::billing::BatchJob;
use chrono::NaiveDate;
use serde::Serialize;

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

/// What a job is for.
#[must_use]
pub fn category(job: BatchJob) -> JobCategory {
    match job {
        BatchJob::Calculate | BatchJob::GenerateStatement | BatchJob::SendInvoice => JobCategory::Billing,
        BatchJob::ProcessPayment | BatchJob::PaymentReminder => JobCategory::Payment,
        BatchJob::CreditExpiry => JobCategory::Credit,
        BatchJob::ContractRenewal => JobCategory::Contract,
        BatchJob::Reconciliation => JobCategory::Reconciliation,
        BatchJob::UsageAggregation => JobCategory::Usage,
    }
}

/// The jobs of the same month that must be done before a job.
#[must_use]
pub fn needs(job: BatchJob) -> &'static [BatchJob] {
    match job {
        BatchJob::GenerateStatement => &[BatchJob::Calculate],
        BatchJob::SendInvoice => &[BatchJob::Calculate, BatchJob::GenerateStatement],
        BatchJob::PaymentReminder => {
            &[BatchJob::Calculate, BatchJob::GenerateStatement, BatchJob::SendInvoice]
        }
        BatchJob::UsageAggregation
        | BatchJob::Calculate
        | BatchJob::ProcessPayment
        | BatchJob::CreditExpiry
        | BatchJob::ContractRenewal
        | BatchJob::Reconciliation => &[],
    }
}

/// Whether a job can run after the jobs that are done.
///
/// # Errors
/// [`BatchError::NotYet`] with all that is missing.
pub fn check(job: BatchJob, done: &BTreeSet<BatchJob>) -> Result<(), BatchError> {
    let missing: Vec<_> = needs(job).iter().copied().filter(|needed| !done.contains(needed)).collect();
    if missing.is_empty() { Ok(()) } else { Err(BatchError::NotYet { job, missing }) }
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
        let error = check(BatchJob::SendInvoice, &BTreeSet::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "job BATCH_SEND_INVOICE needs API_CALCULATE_USAGE_AND_PRICE, BATCH_GENERATE_STATEMENT to be completed first"
        );
        let mut done = BTreeSet::new();
        for job in in_order(BatchJob::ALL.into_iter().rev()) {
            check(job, &done).unwrap();
            done.insert(job);
        }
        assert_eq!(done.len(), BatchJob::ALL.len());
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
