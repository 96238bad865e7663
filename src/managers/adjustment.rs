use reqwest::Method;

use crate::client::Call;
use crate::models::billing::{
    AdjustmentOrder, AdjustmentOrdered, AdjustmentsFound, Deleted, OrderedAdjustment,
};
use crate::models::{AdjustmentCode, AdjustmentId, Amount, Month};
use crate::pages::{Page, read_all};
use crate::{BillingClient, ClientError};

/// Adjustments of a tenant's month: of a project's part, or of a billing group's whole.
///
/// ```no_run
/// use billtest::models::AdjustmentCode;
/// use billtest::{AdjustmentManager, BillingClient, Target};
///
/// # async fn adjust() -> Result<(), Box<dyn std::error::Error>> {
/// let client = BillingClient::new("http://127.0.0.1:8080")?;
/// let adjustments = AdjustmentManager::new(client, "2025-01".parse()?, "team-a")?;
/// let shop = Target::Project("shop");
/// adjustments.apply(shop, AdjustmentCode::RateDiscount, 10.into(), "goodwill").await?;
/// assert_eq!(adjustments.list(shop).await?.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AdjustmentManager {
    client: BillingClient,
    month: Month,
}

/// How many ids are sent at once.
const DELETED_AT_ONCE: usize = 100;

/// What an adjustment changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'t> {
    /// A project's part of the bill.
    Project(&'t str),
    /// The whole bill of a billing group.
    BillingGroup(&'t str),
}

impl Target<'_> {
    fn path(self) -> [&'static str; 4] {
        match self {
            Self::Project(_) => ["billing", "admin", "projects", "adjustments"],
            Self::BillingGroup(_) => ["billing", "admin", "billing-groups", "adjustments"],
        }
    }

    fn project(self) -> Option<String> {
        if let Self::Project(id) = self { Some(id.to_owned()) } else { None }
    }

    fn billing_group(self) -> Option<String> {
        if let Self::BillingGroup(id) = self { Some(id.to_owned()) } else { None }
    }
}

impl Page for AdjustmentsFound {
    type Item = OrderedAdjustment;

    fn records(self) -> (Vec<OrderedAdjustment>, usize) {
        (self.adjustments, self.total_items)
    }
}

impl AdjustmentManager {
    /// A manager of the adjustments of a tenant's month.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(client: BillingClient, month: Month, tenant: &str) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?, month))
    }

    pub(super) fn of(client: BillingClient, month: Month) -> Self {
        Self { client, month }
    }

    /// Orders an adjustment of the month, by an amount or a rate in percent: `POST /billing/admin/projects/adjustments`
    /// or `/billing/admin/billing-groups/adjustments`.
    ///
    /// # Errors
    /// [`ClientError`]; a rate above 100 % of a discount or 200 % of a surcharge, or an amount that is negative or finer
    /// than the currency, is refused with 422.
    pub async fn apply(
        &self,
        target: Target<'_>,
        code: AdjustmentCode,
        by: Amount,
        description: &str,
    ) -> Result<AdjustmentId, ClientError> {
        let order = AdjustmentOrder {
            adjustment: Some(by),
            adjustment_type_code: Some(code),
            month_from: Some(self.month),
            month_to: Some(self.month),
            project_id: target.project(),
            billing_group_id: target.billing_group(),
            description: Some(description.to_owned()),
            ..AdjustmentOrder::default()
        };
        let call = self.client.post(&target.path()).json(&order);
        call.send_in_envelope().await.map(|ordered: AdjustmentOrdered| ordered.adjustment_id)
    }

    /// All adjustments of a project or a billing group in the month: `GET` on the same paths.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list(&self, target: Target<'_>) -> Result<Vec<OrderedAdjustment>, ClientError> {
        let call = || {
            self.client
                .get(&target.path())
                .query("projectId", target.project())
                .query("billingGroupId", target.billing_group())
                .query("month", self.month.to_string())
        };
        read_all::<AdjustmentsFound>(call).await
    }

    /// All of the tenant's adjustments, of all months: `GET /billing/admin/adjustments`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list_all(&self) -> Result<Vec<OrderedAdjustment>, ClientError> {
        read_all::<AdjustmentsFound>(|| self.client.get(&["billing", "admin", "adjustments"])).await
    }

    /// Deletes adjustments of a project or a billing group, and says how many were there: `DELETE` on the same paths. No id
    /// at all deletes nothing.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete(&self, target: Target<'_>, ids: &[AdjustmentId]) -> Result<usize, ClientError> {
        deleted(self.client.call(Method::DELETE, &target.path()), ids).await
    }

    /// Deletes all adjustments of a project or a billing group in the month, and says how many.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn delete_all(&self, target: Target<'_>) -> Result<usize, ClientError> {
        let found = self.list(target).await?;
        let ids: Vec<AdjustmentId> = found.into_iter().map(|adjustment| adjustment.adjustment_id).collect();
        let mut count = 0;
        // As many as an address has room for.
        for ids in ids.chunks(DELETED_AT_ONCE) {
            count += self.delete(target, ids).await?;
        }
        Ok(count)
    }

    /// Deletes adjustments of any kind, and says how many were there: `DELETE /billing/admin/adjustments`.
    ///
    /// # Errors
    /// As [`Self::delete`].
    pub async fn delete_any(&self, ids: &[AdjustmentId]) -> Result<usize, ClientError> {
        deleted(self.client.call(Method::DELETE, &["billing", "admin", "adjustments"]), ids).await
    }
}

async fn deleted(call: Call<'_>, ids: &[AdjustmentId]) -> Result<usize, ClientError> {
    let ids: Vec<&str> = ids.iter().map(AdjustmentId::as_str).collect();
    let call = call.query("adjustmentIds", ids.join(","));
    call.send_in_envelope().await.map(|deleted: Deleted| deleted.deleted_count)
}
