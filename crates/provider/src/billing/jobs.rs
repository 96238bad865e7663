//! Batch jobs: done when they are asked for, with those that they need.

use axum::extract::State;
use billtest_engine::batch::{BatchJob, in_order};
use billtest_models::Month;
use billtest_models::billing::{
    BatchJobFound, BatchJobStatus, BatchJobsFound, BatchRequest, BatchStarted, Envelope, JobState,
};

use super::account::{Account, Context, MOST_RECORDS};
use super::change;
use super::envelope::{Absent, Answer, ChangeRefused, Refused, answer};
use super::request::{Body, Params, month};
use crate::Provider;
use crate::idempotency::IdempotencyKey;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant};

impl Account {
    /// Runs a job for a month, after those that it needs.
    fn run(&mut self, context: &Context<'_>, job: BatchJob, month: Month) -> Result<String, Refusal> {
        if self.jobs.len() >= MOST_RECORDS {
            return Err(Refusal::conflict(format!("a tenant has at most {MOST_RECORDS} batch jobs")));
        }
        for step in in_order(job.needs().iter().copied().chain([job])) {
            match step {
                // A month whose payment has begun is calculated for good.
                BatchJob::Calculate if self.refuse_closed(month).is_ok() => self.calculate(context, month)?,
                BatchJob::CreditExpiry => {
                    self.credits.expire(context.now).map_err(|error| Refusal::conflict(error.to_string()))?;
                }
                // The others send or compare; none of them changes what a tenant can read.
                _ => {}
            }
        }
        let id = context.ids.uuid().to_string();
        self.jobs.push(BatchJobStatus {
            batch_id: id.clone(),
            batch_job_code: job.code().to_owned(),
            month,
            status: JobState::Completed,
            completed_count: 100,
            total_count: 100,
            progress: 100,
            start_time: context.now,
            end_time: context.now,
            message: "completed".to_owned(),
        });
        Ok(id)
    }
}

/// Run a batch job for a month, with the jobs that it needs.
#[utoipa::path(
    post, path = "/billing/admin/batches", operation_id = "runBatchJob", tag = "batch jobs",
    params(IdempotencyKey),
    request_body = BatchRequest,
    responses((status = 200, body = Envelope<BatchStarted>), ChangeRefused)
)]
pub(crate) async fn run(
    State(provider): State<Provider>,
    Body(tenant, request): Body<BatchRequest>,
) -> Answer<BatchStarted> {
    let code = &request.batch_job_code;
    let Some(job) = BatchJob::ALL.into_iter().find(|job| job.code() == code) else {
        let known: Vec<&str> = BatchJob::ALL.iter().map(|job| job.code()).collect();
        let message = format!("`{code}` is no batch job; known are {}", known.join(", "));
        return Err(Refusal::rule("batchJobCode", message));
    };
    // Clients send the 31st of any month: the day says nothing here.
    let month = month("date", request.date.get(..7).unwrap_or_default())?;
    let batch_id = change(&provider, &tenant, |account, context| account.run(context, job, month))?;
    answer(BatchStarted { batch_id })
}

/// Read a batch job.
#[utoipa::path(
    get, path = "/billing/admin/batches/{batch_id}", operation_id = "getBatchJob", tag = "batch jobs",
    params(("batch_id" = String, Path)),
    responses((status = 200, body = Envelope<BatchJobFound>), Absent)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<BatchJobFound> {
    let found = provider
        .store
        .read(&tenant, |records| records.account.jobs.iter().find(|job| job.batch_id == id).cloned());
    match found {
        Some(batch) => answer(BatchJobFound { batch }),
        None => Err(Refusal::not_found("Batch job", &id, None)),
    }
}

/// Read the batch jobs of the tenant.
#[utoipa::path(
    get, path = "/billing/admin/batch/progress", operation_id = "listBatchJobs", tag = "batch jobs",
    params(("page" = Option<usize>, Query), ("itemsPerPage" = Option<usize>, Query)),
    responses((status = 200, body = Envelope<BatchJobsFound>), Refused)
)]
pub(crate) async fn list(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<BatchJobsFound> {
    let jobs = provider.store.read(&tenant, |records| records.account.jobs.clone());
    let total_items = jobs.len();
    answer(BatchJobsFound { list: params.page(jobs)?, total_items })
}
