use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::models::Month;
use crate::models::billing::{
    BillDeclaration, CalculatedBill, CalculationProgress, CalculationRequest, JobStarted, JobState,
};
use crate::{BillingClient, ClientError};

/// How long a calculation may take, unless said otherwise.
const DEADLINE: Duration = Duration::from_secs(300);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// The calculation of a tenant's month: what makes it payable, and takes the credits that pay for it.
///
/// ```no_run
/// use billtest::{BillingClient, CalculationManager};
///
/// # async fn calculate() -> Result<(), Box<dyn std::error::Error>> {
/// let client = BillingClient::new("http://127.0.0.1:8080")?;
/// CalculationManager::new(client, "2025-01".parse()?, "team-a")?.run().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CalculationManager {
    client: BillingClient,
    month: Month,
    deadline: Duration,
}

impl CalculationManager {
    /// A manager of the calculation of a tenant's month, which may take 300 seconds.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(client: BillingClient, month: Month, tenant: &str) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?, month))
    }

    pub(super) fn of(client: BillingClient, month: Month) -> Self {
        Self { client, month, deadline: DEADLINE }
    }

    /// The same with another deadline for [`Self::run`].
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Calculates the month, and comes back when that is done. Calculated again, it counts once.
    ///
    /// # Errors
    /// [`ClientError`]; a month whose payment has begun is refused with 409. [`ClientError::NotCalculated`] if the
    /// provider gives it up, or the deadline is over.
    pub async fn run(&self) -> Result<CalculationProgress, ClientError> {
        let mut status = JobState::NotStarted;
        // Nothing that is asked for on the way may take longer than all of it.
        let in_time = timeout(self.deadline, self.calculated(&mut status)).await;
        in_time.unwrap_or_else(|_| {
            let reason = format!("it is not done after {:?}", self.deadline);
            Err(ClientError::NotCalculated { month: self.month, status, reason })
        })
    }

    /// Calculates the month, and notes how far that has come.
    async fn calculated(&self, status: &mut JobState) -> Result<CalculationProgress, ClientError> {
        self.start().await?;
        let mut pause = FIRST_PAUSE;
        loop {
            let progress = self.progress().await?;
            *status = progress.status;
            match progress.status {
                JobState::Completed => return Ok(progress),
                JobState::Failed => {
                    let reason = "the provider gave it up".to_owned();
                    return Err(ClientError::NotCalculated { month: self.month, status: *status, reason });
                }
                JobState::NotStarted | JobState::Pending | JobState::Running => {}
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks for the calculation, and does not wait for it: `POST /billing/admin/calculations`.
    ///
    /// # Errors
    /// As [`Self::run`], but for what happens later.
    pub async fn start(&self) -> Result<JobStarted, ClientError> {
        let request = CalculationRequest { month: self.month, include_usage: Some(true), uuid: None };
        self.client.post(&["billing", "admin", "calculations"]).json(&request).send_in_envelope().await
    }

    /// How far the calculation has come: `GET /billing/admin/progress`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn progress(&self) -> Result<CalculationProgress, ClientError> {
        let call = self.client.get(&["billing", "admin", "progress"]);
        call.query("month", self.month.to_string()).send_in_envelope().await
    }

    /// Calculates the month from what is said here of its usage, adjustments and credits, in place of what was said so
    /// before, and gives its statement: `POST /billing/admin/calculate`.
    ///
    /// # Errors
    /// [`ClientError`]; what is wrong with a declaration is refused with 422, a month whose payment has begun with 409.
    pub async fn declare(&self, declaration: BillDeclaration) -> Result<CalculatedBill, ClientError> {
        let declaration = BillDeclaration { month: Some(self.month), ..declaration };
        self.client.post(&["billing", "admin", "calculate"]).json(&declaration).send_in_envelope().await
    }
}
