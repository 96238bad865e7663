use billtest::models::ErrorCode;
use billtest::models::billing::{
    BillDeclaration, CalculatedBill, CalculationProgress, CalculationRequest, DeclaredAdjustment,
    DeclaredCredit, JobStarted, JobState, StatementAdjustmentLevel,
};
use billtest::recorder::{Body, Request, Response, example};
use billtest::{BillingClient, CalculationManager, ClientError, enveloped};

use super::{TENANT, check, interaction, january, refusal};

fn manager(client: BillingClient) -> Result<CalculationManager, ClientError> {
    CalculationManager::new(client, january(), TENANT)
}

fn request() -> CalculationRequest {
    CalculationRequest { month: january(), include_usage: Some(true), uuid: None }
}

interaction!(
    a_calculation_is_started, "a request to calculate a month", given "A month is metered",
    Request::post("/billing/admin/calculations").json(Body::typed(&request())),
    Response::ok().json(enveloped(&example::<JobStarted>()?)),
    async |client| {
        let job: JobStarted = example().unwrap();
        assert_eq!(manager(client)?.start().await?, job);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_closed_month_is_not_calculated_again, "a request to calculate a month that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::post("/billing/admin/calculations").json(Body::typed(&request())),
    refusal(409, "2025-01 is closed: its payment is PAID", None),
    async |client| check(manager(client)?.start().await, ErrorCode::Conflict, None)
);

fn progress(status: JobState, done: u32) -> CalculationProgress {
    let mut progress: CalculationProgress = example().unwrap();
    (progress.status, progress.progress) = (status, done);
    for job in &mut progress.list {
        (job.status, job.progress) = (status, done);
    }
    progress
}

interaction!(
    the_progress_of_a_calculation_is_read, "a request for the progress of a calculation",
    given "A month is billed",
    Request::get("/billing/admin/progress").query("month", "2025-01"),
    Response::ok().json(enveloped(&progress(JobState::Completed, 100)).exact("$.status").exact("$.progress")),
    async |client| {
        assert_eq!(manager(client)?.progress().await?, progress(JobState::Completed, 100));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_month_that_nobody_calculated_has_no_progress,
    "a request for the progress of a calculation that nobody asked for", given "An account without records",
    Request::get("/billing/admin/progress").query("month", "2025-01"),
    Response::ok().json(enveloped(&progress(JobState::NotStarted, 0)).exact("$.status").exact("$.progress")),
    async |client| {
        assert_eq!(manager(client)?.progress().await?, progress(JobState::NotStarted, 0));
        Ok::<_, ClientError>(())
    }
);

fn declaration() -> BillDeclaration {
    BillDeclaration {
        month: Some(january()),
        usage: Some(vec![example().unwrap()]),
        adjustments: Some(vec![DeclaredAdjustment {
            level: Some(StatementAdjustmentLevel::Project),
            target_project_id: Some("app-1".into()),
            ..example().unwrap()
        }]),
        credits: Some(vec![DeclaredCredit { amount: 1000.into(), ..example().unwrap() }]),
        ..example().unwrap()
    }
}

fn declared() -> CalculatedBill {
    let mut bill: CalculatedBill = example().unwrap();
    for line in &mut bill.statement.line_items {
        line.unit_price = Some("397".parse().unwrap());
    }
    bill
}

interaction!(
    a_declared_month_is_calculated, "a request to calculate what is declared of a month",
    given "An account without records",
    Request::post("/billing/admin/calculate").json(Body::typed(&declaration())),
    Response::ok().json(enveloped(&declared())),
    async |client| {
        assert_eq!(manager(client)?.declare(declaration()).await?, declared());
        Ok::<_, ClientError>(())
    }
);
