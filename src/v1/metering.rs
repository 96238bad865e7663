use crate::models::{Month, ProjectId, Usage, UsageReceipt, UsageRequest};
use crate::{BillingClient, ClientError};

/// Usage of projects.
#[derive(Debug, Clone)]
pub struct Metering {
    client: BillingClient,
}

impl Metering {
    /// Calls through this client.
    #[must_use]
    pub fn new(client: BillingClient) -> Self {
        Self { client }
    }

    /// Stores a reading: `POST /api/v1/metering`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown counter is refused with 422, a month whose payment has begun with 409.
    pub async fn send(&self, request: &UsageRequest) -> Result<UsageReceipt, ClientError> {
        self.client.post(&["api", "v1", "metering"]).json(request).send().await
    }

    /// What a project used in a month, and what it costs: `GET /api/v1/metering`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get(&self, project: &ProjectId, month: Month) -> Result<Usage, ClientError> {
        let call = self.client.get(&["api", "v1", "metering"]);
        call.query("project_id", project.to_string()).query("month", month.to_string()).send().await
    }
}
