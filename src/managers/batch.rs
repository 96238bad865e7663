use crate::models::Month;
use crate::models::billing::{
    BatchJob, BatchJobFound, BatchJobStatus, BatchJobsFound, BatchRequest, BatchStarted, MonthJob,
    MonthJobRequest, MonthJobStarted,
};
use crate::pages::{Page, read_all};
use crate::{BillingClient, ClientError};

/// Batch jobs of a tenant's month.
#[derive(Debug, Clone)]
pub struct BatchManager {
    client: BillingClient,
    month: Month,
}

impl Page for BatchJobsFound {
    type Item = BatchJobStatus;

    fn records(self) -> (Vec<BatchJobStatus>, usize) {
        (self.list, self.total_items)
    }
}

impl BatchManager {
    /// What is run for every month: usage and price, the statements, and what has expired of the credits.
    pub const COMMON: [BatchJob; 3] =
        [BatchJob::Calculate, BatchJob::GenerateStatement, BatchJob::CreditExpiry];

    /// A manager of the batch jobs of a tenant's month.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(client: BillingClient, month: Month, tenant: &str) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?, month))
    }

    pub(super) fn of(client: BillingClient, month: Month) -> Self {
        Self { client, month }
    }

    /// Asks for a job, which is run after those that it needs, and gives its id: `POST /billing/admin/batches`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn run(&self, job: BatchJob) -> Result<String, ClientError> {
        self.run_on(job, 1).await
    }

    /// Asks for a job on a day of the month, or on the last day of a month that has no such day.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::InvalidDay`] if no month has the day.
    pub async fn run_on(&self, job: BatchJob, day: u32) -> Result<String, ClientError> {
        let date = self.month.day_or_last(day).filter(|_| day <= 31);
        let date = date.ok_or(ClientError::InvalidDay(day))?.to_string();
        let request = BatchRequest { batch_job_code: job.code().to_owned(), date, uuid: None };
        let call = self.client.post(&["billing", "admin", "batches"]).json(&request);
        call.send_in_envelope().await.map(|started: BatchStarted| started.batch_id)
    }

    /// Asks for several jobs, each after those that it needs and none twice, and gives their ids in the order in which they
    /// were run. [`Self::COMMON`] closes a month.
    ///
    /// # Errors
    /// As [`Self::run`], of the first job that is refused; those after it are not asked for.
    pub async fn run_all(&self, jobs: &[BatchJob]) -> Result<Vec<(BatchJob, String)>, ClientError> {
        let mut done = Vec::new();
        for job in BatchJob::ALL.into_iter().filter(|job| jobs.contains(job)) {
            done.push((job, self.run(job).await?));
        }
        Ok(done)
    }

    /// How far a job has come: `GET /billing/admin/batches/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn status(&self, id: &str) -> Result<BatchJobStatus, ClientError> {
        let call = self.client.get(&["billing", "admin", "batches", id]);
        call.send_in_envelope().await.map(|found: BatchJobFound| found.batch)
    }

    /// All of the tenant's jobs, of all months: `GET /billing/admin/batch/progress`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list(&self) -> Result<Vec<BatchJobStatus>, ClientError> {
        read_all::<BatchJobsFound>(|| self.client.get(&["billing", "admin", "batch", "progress"])).await
    }

    /// Calculates the month as a batch job: `POST /billing/admin/batch`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn calculate(&self) -> Result<MonthJobStarted, ClientError> {
        let call = self.client.post(&["billing", "admin", "batch"]);
        call.query("month", self.month.to_string()).send_in_envelope().await
    }

    /// Asks for a job of the month, and reads it at once: `POST /batch/jobs`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn run_for_month(&self, job: BatchJob) -> Result<MonthJob, ClientError> {
        let request =
            MonthJobRequest { job_code: Some(job.code().to_owned()), month: Some(self.month), uuid: None };
        self.client.post(&["batch", "jobs"]).json(&request).send_in_envelope().await
    }

    /// How far a job of a month has come: `GET /batch/jobs/{id}/status`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn month_job(&self, id: &str) -> Result<MonthJob, ClientError> {
        self.client.get(&["batch", "jobs", id, "status"]).send_in_envelope().await
    }
}
