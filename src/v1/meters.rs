use crate::models::{Meter, MeterId, MeterReceipt, MeterRequest};
use crate::{BillingClient, ClientError};

/// Readings of metered resources.
#[derive(Debug, Clone)]
pub struct Meters {
    client: BillingClient,
}

impl Meters {
    /// Calls through this client.
    #[must_use]
    pub fn new(client: BillingClient) -> Self {
        Self { client }
    }

    /// Stores a reading: `POST /api/v1/meters`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown resource is refused with 404, a value below zero with 422.
    pub async fn send(&self, request: &MeterRequest) -> Result<MeterReceipt, ClientError> {
        self.client.post(&["api", "v1", "meters"]).json(request).send().await
    }

    /// The reading with this id: `GET /api/v1/meters/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &MeterId) -> Result<Meter, ClientError> {
        self.client.get(&["api", "v1", "meters", id.as_str()]).send().await
    }
}
