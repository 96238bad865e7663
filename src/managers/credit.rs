use chrono::Months;
use reqwest::Method;

use crate::models::billing::{
    CampaignCreditRequest, CancelCreditsRequest, CouponRedeemed, CreditBalance, CreditGranted, CreditHistory,
    CreditOverview, CreditRemaining, CreditTransaction, CreditsCancelled, GiveCreditRequest,
};
use crate::models::{Amount, CreditId, CreditType, DueDate};
use crate::pages::{Page, read_all};
use crate::{BillingClient, ClientError};

/// Credits of a tenant: what pays its bills before money does.
#[derive(Debug, Clone)]
pub struct CreditManager {
    client: BillingClient,
}

/// A credit to be granted in a campaign.
///
/// ```
/// use billtest::CampaignCredit;
/// use billtest::models::{Amount, CreditType};
///
/// let credit = CampaignCredit::new("spring", Amount::from(1000))
///     .of_type(CreditType::Promotional)
///     .until("2025-12-31".parse()?);
/// # Ok::<(), billtest::models::TimestampError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignCredit {
    campaign: String,
    amount: Amount,
    credit_type: CreditType,
    name: Option<String>,
    from: Option<DueDate>,
    to: Option<DueDate>,
}

impl CampaignCredit {
    /// A free credit of this amount, in a campaign that is named by 1 to 100 characters of `A-Za-z0-9_-`.
    #[must_use]
    pub fn new(campaign: &str, amount: Amount) -> Self {
        let credit_type = CreditType::Free;
        Self { campaign: campaign.to_owned(), amount, credit_type, name: None, from: None, to: None }
    }

    /// Of another kind.
    #[must_use]
    pub fn of_type(self, credit_type: CreditType) -> Self {
        Self { credit_type, ..self }
    }

    /// With a name for people.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// That pays from this day on; otherwise it pays for every month whose payment has not begun.
    #[must_use]
    pub fn from(self, day: DueDate) -> Self {
        Self { from: Some(day), ..self }
    }

    /// That pays from this day on, for so many months.
    #[must_use]
    pub fn for_months(self, first: DueDate, months: u32) -> Self {
        let end = first.value().checked_add_months(Months::new(months)).and_then(|end| end.pred_opt());
        Self { from: Some(first), to: end.map(DueDate::from), ..self }
    }

    /// That pays until this day, included.
    #[must_use]
    pub fn until(self, day: DueDate) -> Self {
        Self { to: Some(day), ..self }
    }
}

impl Page for CreditHistory {
    type Item = CreditTransaction;

    fn records(self) -> (Vec<CreditTransaction>, usize) {
        (self.credit_histories, self.total_items)
    }
}

impl CreditManager {
    /// A manager of a tenant's credits.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(client: BillingClient, tenant: &str) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?))
    }

    pub(super) fn of(client: BillingClient) -> Self {
        Self { client }
    }

    /// Grants a credit in a campaign: `POST /billing/admin/campaign/{campaign}/credits`.
    ///
    /// # Errors
    /// [`ClientError`]; an amount that is not above zero, above 1,000,000 or finer than the currency is refused with 422.
    pub async fn grant(&self, credit: &CampaignCredit) -> Result<CreditId, ClientError> {
        let request = CampaignCreditRequest {
            credit: Some(credit.amount),
            amount: None,
            credit_type: credit.credit_type,
            credit_name: credit.name.clone(),
            expiration_date_from: credit.from,
            expiration_date_to: credit.to,
            uuid_list: None,
            uuid: None,
        };
        let call = self.client.post(&["billing", "admin", "campaign", &credit.campaign, "credits"]);
        call.json(&request).send_in_envelope().await.map(|granted: CreditGranted| granted.credit_id)
    }

    /// Grants several credits, and says of each what became of it, in their order.
    pub async fn grant_all(&self, credits: &[CampaignCredit]) -> Vec<Result<CreditId, ClientError>> {
        let mut granted = Vec::new();
        for credit in credits {
            granted.push(self.grant(credit).await);
        }
        granted
    }

    /// Grants the same credit to several tenants, and says of each what became of it, in their order.
    pub async fn grant_to(
        &self,
        tenants: &[&str],
        credit: &CampaignCredit,
    ) -> Vec<Result<CreditId, ClientError>> {
        let mut granted = Vec::new();
        for tenant in tenants {
            granted.push(match Self::new(self.client.clone(), tenant) {
                Ok(manager) => manager.grant(credit).await,
                Err(error) => Err(error),
            });
        }
        granted
    }

    /// Gives a free credit: `POST /billing/admin/campaign/{campaign}/give`.
    ///
    /// # Errors
    /// As [`Self::grant`].
    pub async fn give(&self, campaign: &str, amount: Amount) -> Result<CreditId, ClientError> {
        let call = self.client.post(&["billing", "admin", "campaign", campaign, "give"]);
        let call = call.json(&GiveCreditRequest { amount, uuid: None });
        call.send_in_envelope().await.map(|granted: CreditGranted| granted.credit_id)
    }

    /// Redeems a coupon: `POST /billing/coupons/{code}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown code is refused with 404, one that was redeemed with 409.
    pub async fn redeem(&self, coupon: &str) -> Result<CouponRedeemed, ClientError> {
        self.client.post(&["billing", "coupons", coupon]).send_in_envelope().await
    }

    /// What is left, by kind: `GET /billing/credits/balance`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn balance(&self) -> Result<CreditBalance, ClientError> {
        self.client.get(&["billing", "credits", "balance"]).send_in_envelope().await
    }

    /// What is left, and what was used: `GET /billing/credits/remaining`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remaining(&self) -> Result<CreditRemaining, ClientError> {
        self.client.get(&["billing", "credits", "remaining"]).send_in_envelope().await
    }

    /// What is left and what was used, with the rest by kind: `GET /billing/v5.0/credits`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn overview(&self) -> Result<CreditOverview, ClientError> {
        self.client.get(&["billing", "v5.0", "credits"]).send_in_envelope().await
    }

    /// All grants and uses, of one kind or of all: `GET /billing/credits/history`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn history(&self, kind: Option<CreditType>) -> Result<Vec<CreditTransaction>, ClientError> {
        let call = || {
            let kind = kind.map(|kind| kind.to_string());
            self.client.get(&["billing", "credits", "history"]).query("creditType", kind)
        };
        read_all::<CreditHistory>(call).await
    }

    /// Cancels what is left of a campaign's credits: `DELETE /billing/admin/campaign/{campaign}/credits`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn cancel(&self, campaign: &str, reason: &str) -> Result<CreditsCancelled, ClientError> {
        let call = self.client.call(Method::DELETE, &["billing", "admin", "campaign", campaign, "credits"]);
        call.query("reason", reason.to_owned()).send_in_envelope().await
    }

    /// Cancels what is left of the credits of several campaigns, and says of each what became of it, in their order.
    pub async fn cancel_each(
        &self,
        campaigns: &[&str],
        reason: &str,
    ) -> Vec<Result<CreditsCancelled, ClientError>> {
        let mut cancelled = Vec::new();
        for campaign in campaigns {
            cancelled.push(self.cancel(campaign, reason).await);
        }
        cancelled
    }

    /// The same under its older name: `DELETE /billing/admin/credits/{campaign}/cancel`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn cancel_campaign(
        &self,
        campaign: &str,
        reason: &str,
    ) -> Result<CreditsCancelled, ClientError> {
        let call = self.client.call(Method::DELETE, &["billing", "admin", "credits", campaign, "cancel"]);
        call.query("reason", reason.to_owned()).send_in_envelope().await
    }

    /// Cancels what is left of all credits: `POST /billing/credits/cancel`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn cancel_all(&self) -> Result<CreditsCancelled, ClientError> {
        let call = self.client.post(&["billing", "credits", "cancel"]);
        call.json(&CancelCreditsRequest { uuid: None }).send_in_envelope().await
    }

    /// The same: `DELETE /billing/credits/cancel`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_all(&self) -> Result<CreditsCancelled, ClientError> {
        self.client.call(Method::DELETE, &["billing", "credits", "cancel"]).send_in_envelope().await
    }
}
