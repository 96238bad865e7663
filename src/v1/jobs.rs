use crate::models::{Job, JobRequest, Jobs as Found};
use crate::pages::{Page, read_all};
use crate::{BillingClient, ClientError};

/// Batch jobs.
#[derive(Debug, Clone)]
pub struct Jobs {
    client: BillingClient,
}

impl Page for Found {
    const IN_ENVELOPE: bool = false;

    type Item = Job;

    fn records(self) -> (Vec<Job>, usize) {
        (self.jobs, self.total)
    }
}

impl Jobs {
    /// Calls through this client.
    #[must_use]
    pub fn new(client: BillingClient) -> Self {
        Self { client }
    }

    /// Runs a job: `POST /api/v1/batch/jobs`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown job is refused with 422.
    pub async fn create(&self, request: &JobRequest) -> Result<Job, ClientError> {
        self.client.post(&["api", "v1", "batch", "jobs"]).json(request).send().await
    }

    /// The job with this id: `GET /api/v1/batch/jobs/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &str) -> Result<Job, ClientError> {
        self.client.get(&["api", "v1", "batch", "jobs", id]).send().await
    }

    /// How far a job has come: `GET /api/v1/batch/jobs/{id}/status`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn status(&self, id: &str) -> Result<Job, ClientError> {
        self.client.get(&["api", "v1", "batch", "jobs", id, "status"]).send().await
    }

    /// All jobs: `GET /api/v1/batch/jobs`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list(&self) -> Result<Vec<Job>, ClientError> {
        read_all::<Found>(|| self.client.get(&["api", "v1", "batch", "jobs"])).await
    }
}
