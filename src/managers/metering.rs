use crate::models::{Meter, MeterId, MeterReceipt, MeterRequest};
use crate::{BillingClient, ClientError, IdempotencyKey};

/// Readings of metered resources.
#[derive(Debug, Clone)]
pub struct MeteringManager {
    client: BillingClient,
}

impl MeteringManager {
    /// A manager that calls through this client.
    #[must_use]
    pub fn new(client: BillingClient) -> Self {
        Self { client }
    }

    /// Stores a reading: `POST /api/v1/meters`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown resource is refused with 404, a value below zero with 422.
    pub async fn send(&self, request: &MeterRequest) -> Result<MeterReceipt, ClientError> {
        self.send_once(&IdempotencyKey::random(), request).await
    }

    /// The same under a name of its own: however often it is called with that name, it happens once.
    ///
    /// # Errors
    /// As [`Self::send`]; a name that stands for another request already is refused with 422.
    pub async fn send_once(
        &self,
        key: &IdempotencyKey,
        request: &MeterRequest,
    ) -> Result<MeterReceipt, ClientError> {
        self.client.post(&["api", "v1", "meters"], request, key).await
    }

    /// The reading with this id: `GET /api/v1/meters/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &MeterId) -> Result<Meter, ClientError> {
        self.client.get(&["api", "v1", "meters", id.as_str()]).await
    }
}
