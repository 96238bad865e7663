//! Batch jobs: done when they are asked for, with those that they need.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use billtest_engine::batch::{BatchJob, in_order, needs};
use billtest_engine::ledger::Purpose;
use billtest_models::billing::{
    BatchJobFound, BatchJobStatus, BatchJobsFound, BatchRequest, BatchStarted, Envelope, JobState, MonthJob,
    MonthJobRequest, MonthJobStarted,
};
use billtest_models::{CreditId, Month, Timestamp};
use serde_json::{Map, Value};

use super::account::{Account, Context};
use super::change;
use super::envelope::{Absent, Answer, BodyRefused, ChangeRefused, Malformed, Refused, answer};
use super::request::{Draft, MaybeMonth, Page, Params, month};
use crate::Provider;
use crate::idempotency::IdempotencyKey;
use crate::refusal::{Refusal, both};
use crate::tenant::{Id, Tenant};

/// How many jobs of a tenant are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 1000;

/// A job that was run.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) job: BatchJob,
    pub(crate) month: Month,
    pub(crate) at: Timestamp,
    /// By what it was asked for.
    pub(crate) name: String,
    pub(crate) parameters: Map<String, Value>,
    /// How many months and credits it has dealt with.
    pub(crate) count: u32,
}

impl Job {
    /// What came of it, for people.
    pub(crate) fn message(&self) -> String {
        if self.count == 0 { "completed: nothing was to be done" } else { "completed" }.to_owned()
    }
}

impl Account {
    /// Runs a job for a month, after those that it needs.
    pub(crate) fn run(
        &mut self,
        context: &Context<'_>,
        (job, name): (BatchJob, &str),
        month: Month,
        parameters: Map<String, Value>,
    ) -> Result<Job, Refusal> {
        let mut count = 0;
        for step in in_order(needs(job).iter().copied().chain([job])) {
            count = match step {
                // A month whose payment has begun is calculated for good.
                BatchJob::Calculate if self.refuse_closed(month).is_ok() => {
                    self.calculate(context, month)?;
                    1
                }
                BatchJob::CreditExpiry => self.write_off(context)?,
                // The statement is the calculated month.
                BatchJob::GenerateStatement => count,
                // The others send, collect or compare outside: here there is nothing to be done.
                _ => 0,
            };
        }
        let id = context.ids.uuid().to_string();
        let done = Job { id, job, month, at: context.now, name: name.to_owned(), parameters, count };
        self.jobs.push_back(done.clone());
        if self.jobs.len() > REMEMBERED {
            self.jobs.pop_front();
        }
        Ok(done)
    }

    /// Writes down what the books leave out: credits that have expired. Says how many they are.
    fn write_off(&mut self, context: &Context<'_>) -> Result<u32, Refusal> {
        let written = |account: &Self| {
            let expired = account.credits.entries().iter().filter(|entry| entry.purpose == Purpose::Expiry);
            expired.map(|entry| entry.grant.clone()).collect::<BTreeSet<CreditId>>()
        };
        let before = written(self);
        self.change_credits(context, |_| Ok(()))?;
        let new = written(self).difference(&before).count();
        Ok(u32::try_from(new).unwrap_or(u32::MAX))
    }

    pub(crate) fn job(&self, id: &str) -> Result<&Job, Refusal> {
        self.jobs.iter().find(|job| job.id == id).ok_or_else(|| Refusal::not_found("Batch job", id, None))
    }
}

/// The job that a code names.
pub(crate) fn job_of(field: &str, code: &str) -> Result<BatchJob, Refusal> {
    BatchJob::ALL.into_iter().find(|job| job.code() == code).ok_or_else(|| {
        let known: Vec<&str> = BatchJob::ALL.iter().map(|job| job.code()).collect();
        let shown: String = code.chars().take(40).collect();
        Refusal::rule(field, format!("`{shown}` is no batch job; known are {}", known.join(", ")))
    })
}

fn status(job: &Job) -> BatchJobStatus {
    BatchJobStatus {
        batch_id: job.id.clone(),
        batch_job_code: job.job.code().to_owned(),
        month: job.month,
        status: JobState::Completed,
        completed_count: job.count,
        total_count: job.count,
        progress: 100,
        start_time: job.at,
        end_time: job.at,
        message: job.message(),
    }
}

fn for_month(job: Job) -> MonthJob {
    MonthJob {
        message: job.message(),
        batch_job_id: job.id,
        job_code: job.job.code().to_owned(),
        month: job.month,
        status: JobState::Completed,
        progress: 100,
        max_progress: 100,
        created_at: job.at,
        completed_at: job.at,
    }
}

/// Run a batch job for a month, with the jobs that it needs.
#[utoipa::path(
    post, path = "/billing/admin/batches", operation_id = "runBatchJob", tag = "batch jobs",
    params(IdempotencyKey),
    request_body = BatchRequest,
    responses((status = 200, body = Envelope<BatchStarted>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn run(
    State(provider): State<Provider>,
    draft: Draft<BatchRequest>,
) -> Answer<BatchStarted> {
    let done = draft.change(&provider, |account, context, request| {
        let code = &request.batch_job_code;
        // Clients send the 31st of any month: the day says nothing here.
        let month = month("date", request.date.get(..7).unwrap_or_default());
        let (job, month) = both(job_of("batchJobCode", code), month)?;
        account.run(context, (job, code), month, Map::new())
    })?;
    answer(BatchStarted { batch_id: done.id })
}

/// Calculate a month as a batch job, the present one unless the query says otherwise. A body is not read.
#[utoipa::path(
    post, path = "/billing/admin/batch", operation_id = "runCalculationJob", tag = "batch jobs",
    params(("month" = Option<MaybeMonth>, Query), IdempotencyKey),
    responses((status = 200, body = Envelope<MonthJobStarted>), ChangeRefused)
)]
pub(crate) async fn run_calculation(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<MonthJobStarted> {
    let job = BatchJob::Calculate;
    let asked = params.optional_month("month")?;
    let done = change(&provider, &tenant, |account, context| {
        let month = asked.map_or_else(|| context.month(), Ok)?;
        account.run(context, (job, job.code()), month, Map::new())
    })?;
    answer(MonthJobStarted { batch_job_code: done.id.clone(), batch_id: done.id })
}

/// Run a batch job for a month, the present one unless said otherwise, with the jobs that it needs.
#[utoipa::path(
    post, path = "/batch/jobs", operation_id = "runMonthJob", tag = "batch jobs",
    params(IdempotencyKey),
    request_body = MonthJobRequest,
    responses((status = 201, body = Envelope<MonthJob>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn run_for_month(
    State(provider): State<Provider>,
    draft: Draft<MonthJobRequest>,
) -> Result<(StatusCode, Json<Envelope<MonthJob>>), Refusal> {
    let done = draft.change(&provider, |account, context, request| {
        let code = request.job_code.unwrap_or_else(|| BatchJob::Calculate.code().to_owned());
        let job = job_of("jobCode", &code)?;
        let month = request.month.map_or_else(|| context.month(), Ok)?;
        account.run(context, (job, &code), month, Map::new())
    })?;
    Ok((StatusCode::CREATED, Json(Envelope::new(for_month(done)))))
}

/// Read how far a job for a month has come.
#[utoipa::path(
    get, path = "/batch/jobs/{id}/status", operation_id = "getMonthJob", tag = "batch jobs",
    params(("id" = String, Path)),
    responses((status = 200, body = Envelope<MonthJob>), Absent, Malformed)
)]
pub(crate) async fn get_for_month(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<MonthJob> {
    let job = provider.store.read(&tenant, |records| records.account.job(&id).cloned())?;
    answer(for_month(job))
}

/// Read a batch job.
#[utoipa::path(
    get, path = "/billing/admin/batches/{batch_id}", operation_id = "getBatchJob", tag = "batch jobs",
    params(("batch_id" = String, Path)),
    responses((status = 200, body = Envelope<BatchJobFound>), Absent, Malformed)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<BatchJobFound> {
    let batch = provider.store.read(&tenant, |records| records.account.job(&id).map(status))?;
    answer(BatchJobFound { batch })
}

/// Read the batch jobs of the tenant.
#[utoipa::path(
    get, path = "/billing/admin/batch/progress", operation_id = "listBatchJobs", tag = "batch jobs",
    params(Page),
    responses((status = 200, body = Envelope<BatchJobsFound>), Refused)
)]
pub(crate) async fn list(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<BatchJobsFound> {
    let jobs: Vec<_> =
        provider.store.read(&tenant, |records| records.account.jobs.iter().map(status).collect());
    let total_items = jobs.len();
    answer(BatchJobsFound { list: params.page(jobs)?, total_items })
}
