use chrono::{NaiveTime, TimeDelta};
use reqwest::Method;

use crate::models::billing::{
    CounterReading, Deleted, MeterBatch, Metered, StoredReading, StoredReadingFound,
};
use crate::models::{MeterId, Month};
use crate::{BillingClient, ClientError};

/// Readings of a tenant's counters, from which a month's bill is calculated.
///
/// ```no_run
/// use billtest::models::billing::CounterReading;
/// use billtest::{BillingClient, MeteringManager};
///
/// # async fn meter() -> Result<(), Box<dyn std::error::Error>> {
/// let client = BillingClient::new("http://127.0.0.1:8080")?;
/// let metering = MeteringManager::new(client, "2025-01".parse()?, "team-a")?;
/// let reading = CounterReading::delta("compute.c2.c8m8", "100".parse()?)
///     .of_project("shop")
///     .at("2025-01-15T12:00:00+09:00".parse()?);
/// metering.send(&reading).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MeteringManager {
    client: BillingClient,
    month: Month,
}

impl MeteringManager {
    /// A manager of a tenant's month: of the readings that say no time, and of deletions. A reading with a timestamp belongs
    /// to the month of that.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(client: BillingClient, month: Month, tenant: &str) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?, month))
    }

    pub(super) fn of(client: BillingClient, month: Month) -> Self {
        Self { client, month }
    }

    /// Stores a reading, and gives it an id: `POST /billing/meters`. One without a timestamp is of the month's first day, at
    /// noon in UTC, when that day is there in every region.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown counter, or one that runs backwards, is refused with 422, a month whose payment has
    /// begun with 409.
    pub async fn send(&self, reading: &CounterReading) -> Result<MeterId, ClientError> {
        let call = self.client.post(&["billing", "meters"]).json(&self.timed(reading));
        let [id] = ids(call.send_in_envelope().await?).try_into().map_err(|ids: Vec<_>| {
            ClientError::Incomplete(format!("the provider gave {} ids to one reading", ids.len()))
        })?;
        Ok(id)
    }

    /// Stores readings, all or none, and gives them ids in the same order: `POST /billing/meters`.
    ///
    /// # Errors
    /// As [`Self::send`], with every reading that is wrong.
    pub async fn send_all(&self, readings: &[CounterReading]) -> Result<Vec<MeterId>, ClientError> {
        let batch = MeterBatch { meter_list: readings.iter().map(|reading| self.timed(reading)).collect() };
        let ids = ids(self.client.post(&["billing", "meters"]).json(&batch).send_in_envelope().await?);
        if ids.len() == readings.len() {
            return Ok(ids);
        }
        let (ids, readings) = (ids.len(), readings.len());
        Err(ClientError::Incomplete(format!("the provider gave {ids} ids to {readings} readings")))
    }

    fn timed(&self, reading: &CounterReading) -> CounterReading {
        let noon = self.month.first_day().and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(12);
        CounterReading { timestamp: reading.timestamp.or(Some(noon.into())), ..reading.clone() }
    }

    /// The reading with this id: `GET /billing/meters/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &MeterId) -> Result<StoredReading, ClientError> {
        let call = self.client.get(&["billing", "meters", id.as_str()]);
        call.send_in_envelope().await.map(|found: StoredReadingFound| found.meter)
    }

    /// Deletes the month's readings of these applications, and says how many: `DELETE /billing/admin/meters`.
    ///
    /// # Errors
    /// [`ClientError`]; no application at all is refused with 400.
    pub async fn delete(&self, app_keys: &[&str]) -> Result<usize, ClientError> {
        let mut call = self.client.call(Method::DELETE, &["billing", "admin", "meters"]);
        for key in app_keys {
            call = call.query("appKey", (*key).to_owned());
        }
        let call = call
            .query("from", self.month.first_day().to_string())
            .query("to", self.month.last_day().to_string());
        call.send_in_envelope().await.map(|deleted: Deleted| deleted.deleted_count)
    }

    /// Deletes all readings of the month, and says how many: `DELETE /billing/admin/resources`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_all(&self) -> Result<usize, ClientError> {
        let call = self.client.call(Method::DELETE, &["billing", "admin", "resources"]);
        let call = call.query("month", self.month.to_string());
        call.send_in_envelope().await.map(|deleted: Deleted| deleted.deleted_count)
    }
}

fn ids(metered: Metered) -> Vec<MeterId> {
    match metered {
        Metered::Batch(batch) => batch.meter_ids,
        Metered::Single { meter_id } => vec![meter_id],
    }
}
