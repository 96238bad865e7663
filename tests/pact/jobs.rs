use billtest::models::{Job, JobRequest, Jobs};
use billtest::recorder::{Body, RecordError, Request, Response, example};
use billtest::{BillingClient, ClientError, pact, v1};

use crate::{CONSUMER, PROVIDER};

const JOB: &str = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11";

#[tokio::test]
async fn a_job_is_created() -> Result<(), RecordError> {
    let (request, job): (JobRequest, Job) = (example()?, example()?);
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to create a job")
        .given("A month is metered")
        .request(Request::post("/api/v1/batch/jobs").json(Body::typed(&request)))
        .response(Response::created().json(Body::typed(&job)))
        .run(async |url| {
            assert_eq!(v1::Jobs::new(BillingClient::new(url)?).create(&request).await?, job);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_job_is_read() -> Result<(), RecordError> {
    let job: Job = example()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a job")
        .given("A batch job was run")
        .request(Request::get("/api/v1/batch/jobs/5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11"))
        .response(Response::ok().json(Body::typed(&job).exact("$.id")))
        .run(async |url| {
            assert_eq!(v1::Jobs::new(BillingClient::new(url)?).get(JOB).await?, job);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn the_status_of_a_job_is_read() -> Result<(), RecordError> {
    let job: Job = example()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for the status of a job")
        .given("A batch job was run")
        .request(Request::get("/api/v1/batch/jobs/5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11/status"))
        .response(Response::ok().json(Body::typed(&job).exact("$.id")))
        .run(async |url| {
            assert_eq!(v1::Jobs::new(BillingClient::new(url)?).status(JOB).await?, job);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn jobs_are_listed() -> Result<(), RecordError> {
    let jobs: Jobs = Jobs { total: 1, ..example()? };
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for all jobs")
        .given("A batch job was run")
        .request(Request::get("/api/v1/batch/jobs").query("page", "1").query("itemsPerPage", "100"))
        .response(Response::ok().json(Body::typed(&jobs)))
        .run(async |url| {
            assert_eq!(v1::Jobs::new(BillingClient::new(url)?).list().await?, jobs.jobs);
            Ok::<_, ClientError>(())
        })
        .await
}
