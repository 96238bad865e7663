use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use billtest_engine::batch::BatchJob;
use billtest_models::{Job, JobRequest, JobResult, JobStatus, Jobs, Month};
use serde_json::{Map, Value};

use super::check_kept;
use super::refused::{Absent, ChangeRefused, Malformed, Rule};
use crate::Provider;
use crate::billing::{self, Page, Params, change, job_of};
use crate::body::Valid;
use crate::idempotency::IdempotencyKey;
use crate::refusal::Refusal;
use crate::tenant::{Id, Tenant};

/// The names of this family for jobs.
const KINDS: [(&str, BatchJob); 3] = [
    ("BILLING_CALCULATION", BatchJob::Calculate),
    ("INVOICE_GENERATION", BatchJob::GenerateStatement),
    ("PAYMENT_PROCESSING", BatchJob::ProcessPayment),
];

fn shown(job: &billing::Job) -> Job {
    Job {
        id: job.id.clone(),
        job_id: job.id.clone(),
        kind: job.name.clone(),
        status: JobStatus::Completed,
        progress: 100,
        message: job.message(),
        created_at: job.at,
        completed_at: job.at,
        parameters: job.parameters.clone(),
        result: JobResult { batch_job_code: job.job.code().to_owned(), month: job.month },
    }
}

/// Run a batch job, with the jobs that it needs.
#[utoipa::path(
    post, path = "/api/v1/batch/jobs", operation_id = "createJob", tag = "batch jobs",
    params(IdempotencyKey),
    request_body = JobRequest,
    responses((status = 201, body = Job), ChangeRefused)
)]
pub(crate) async fn create(
    State(provider): State<Provider>,
    tenant: Tenant,
    Valid(request): Valid<JobRequest>,
) -> Result<(StatusCode, Json<Job>), Refusal> {
    let (field, name) = match (request.kind, request.job_type) {
        (Some(kind), _) => ("type", kind),
        (None, Some(kind)) => ("job_type", kind),
        (None, None) => ("type", "BILLING_CALCULATION".to_owned()),
    };
    let known = KINDS.iter().find(|(known, _)| *known == name);
    let job = known.map_or_else(|| job_of(field, &name), |(_, job)| Ok(*job))?;
    let parameters = request.parameters.unwrap_or_default();
    check_kept("parameters", &parameters)?;
    let asked = month(&parameters)?;
    let done = change(&provider, &tenant, |account, context| {
        let month = asked.map_or_else(|| context.month(), Ok)?;
        account.run(context, (job, &name), month, parameters)
    })?;
    Ok((StatusCode::CREATED, Json(shown(&done))))
}

fn month(parameters: &Map<String, Value>) -> Result<Option<Month>, Refusal> {
    let wrong = || Refusal::rule("parameters.month", "is not a month such as 2025-01");
    match parameters.get("month") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| wrong()),
        Some(_) => Err(wrong()),
    }
}

/// Read the batch jobs of the tenant.
#[utoipa::path(
    get, path = "/api/v1/batch/jobs", operation_id = "listJobs", tag = "batch jobs",
    params(Page),
    responses((status = 200, body = Jobs), Malformed, Rule)
)]
pub(crate) async fn list(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Result<Json<Jobs>, Refusal> {
    let jobs: Vec<Job> =
        provider.store.read(&tenant, |records| records.account.jobs.iter().map(shown).collect());
    let total = jobs.len();
    Ok(Json(Jobs { jobs: params.page(jobs)?, total }))
}

/// Read a batch job.
#[utoipa::path(
    get, path = "/api/v1/batch/jobs/{id}", operation_id = "getJob", tag = "batch jobs",
    params(("id" = String, Path)),
    responses((status = 200, body = Job), Malformed, Absent)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Result<Json<Job>, Refusal> {
    provider.store.read(&tenant, |records| records.account.job(&id).map(shown)).map(Json)
}

/// Read how far a batch job has come.
#[utoipa::path(
    get, path = "/api/v1/batch/jobs/{id}/status", operation_id = "getJobStatus", tag = "batch jobs",
    params(("id" = String, Path)),
    responses((status = 200, body = Job), Malformed, Absent)
)]
pub(crate) async fn status(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Result<Json<Job>, Refusal> {
    provider.store.read(&tenant, |records| records.account.job(&id).map(shown)).map(Json)
}
