use billtest::models::ErrorCode;
use billtest::models::billing::{
    BatchJob, BatchJobFound, BatchJobStatus, BatchJobsFound, BatchRequest, BatchStarted, MonthJob,
    MonthJobRequest, MonthJobStarted,
};
use billtest::recorder::{Body, Request, Response, example};
use billtest::{BatchManager, BillingClient, ClientError, enveloped};

use super::{TENANT, check, interaction, january, refusal};

const JOB: &str = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11";

fn manager(client: BillingClient) -> Result<BatchManager, ClientError> {
    BatchManager::new(client, january(), TENANT)
}

interaction!(
    a_batch_job_is_run, "a request to run a batch job", given "A month is metered",
    Request::post("/billing/admin/batches").json(Body::typed(&BatchRequest {
        batch_job_code: BatchJob::GenerateStatement.code().to_owned(),
        date: "2025-01-01".into(),
        uuid: None,
    })),
    Response::ok().json(enveloped(&example::<BatchStarted>()?)),
    async |client| {
        assert_eq!(manager(client)?.run(BatchJob::GenerateStatement).await?, JOB);
        Ok::<_, ClientError>(())
    }
);

fn job() -> BatchJobStatus {
    example().unwrap()
}

interaction!(
    a_batch_job_is_read, "a request for a batch job", given "A batch job was run",
    Request::get("/billing/admin/batches/5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11"),
    Response::ok().json(enveloped(&BatchJobFound { batch: job() }).exact("$.batch.batchId")),
    async |client| {
        assert_eq!(manager(client)?.status(JOB).await?, job());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    batch_jobs_are_listed, "a request for all batch jobs", given "A batch job was run",
    Request::get("/billing/admin/batch/progress").query("page", "1").query("itemsPerPage", "100"),
    Response::ok().json(enveloped(&BatchJobsFound { list: vec![job()], total_items: 1 })),
    async |client| {
        assert_eq!(manager(client)?.list().await?, [job()]);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    an_unknown_batch_job_is_not_found, "a request for a batch job that does not exist",
    given "An account without records",
    Request::get("/billing/admin/batches/no-such-job"),
    refusal(404, "Batch job not found", None),
    async |client| check(manager(client)?.status("no-such-job").await, ErrorCode::NotFound, None)
);

interaction!(
    a_month_is_calculated_as_a_job, "a request to calculate a month as a batch job", given "A month is metered",
    Request::post("/billing/admin/batch").query("month", "2025-01"),
    Response::ok().json(enveloped(&example::<MonthJobStarted>()?)),
    async |client| {
        let started: MonthJobStarted = example().unwrap();
        assert_eq!(manager(client)?.calculate().await?, started);
        Ok::<_, ClientError>(())
    }
);

fn month_job() -> MonthJob {
    example().unwrap()
}

interaction!(
    a_job_of_a_month_is_run, "a request to run a job of a month", given "A month is metered",
    Request::post("/batch/jobs").json(Body::typed(&MonthJobRequest {
        job_code: Some(BatchJob::Calculate.code().to_owned()),
        month: Some(january()),
        uuid: None,
    })),
    Response::created().json(enveloped(&month_job())),
    async |client| {
        assert_eq!(manager(client)?.run_for_month(BatchJob::Calculate).await?, month_job());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_job_of_a_month_is_read, "a request for a job of a month", given "A batch job was run",
    Request::get("/batch/jobs/5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11/status"),
    Response::ok().json(enveloped(&month_job()).exact("$.batchJobId")),
    async |client| {
        assert_eq!(manager(client)?.month_job(JOB).await?, month_job());
        Ok::<_, ClientError>(())
    }
);
