//! Credits of a tenant.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, CreditId, CreditType, Currency, DueDate, Timestamp};

/// A wish to grant a credit in a campaign: `POST /billing/admin/campaign/{campaign_id}/credits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignCreditRequest {
    /// How much; `amount` is read as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, maximum = 1_000_000, example = 1000)]
    pub credit: Option<Amount>,
    /// How much, under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, maximum = 1_000_000)]
    pub amount: Option<Amount>,
    /// What kind; free unless said otherwise.
    #[serde(default = "free")]
    #[schema(required = false, example = "FREE")]
    pub credit_type: CreditType,
    /// What the customer reads on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "Welcome")]
    pub credit_name: Option<String>,
    /// The first day of use: it pays for no month that ended before. Unless said otherwise it pays for every month whose
    /// payment has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date")]
    pub expiration_date_from: Option<DueDate>,
    /// The last day of use; a year from now unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date")]
    pub expiration_date_to: Option<DueDate>,
    /// The tenant, as a list of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1)]
    pub uuid_list: Option<Vec<String>>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

fn free() -> CreditType {
    CreditType::Free
}

/// A wish to give a free credit: `POST /billing/admin/campaign/{campaign_id}/give`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GiveCreditRequest {
    /// How much.
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 1_000_000, example = 1000)]
    pub amount: Amount,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// Whose credits are cancelled: `POST /billing/credits/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CancelCreditsRequest {
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "tenant-1")]
    pub uuid: Option<String>,
}

/// A credit was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditGranted {
    /// The credit.
    pub credit_id: CreditId,
}

/// A coupon was redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CouponRedeemed {
    /// The credit.
    pub credit_id: CreditId,
    /// Its amount.
    pub amount: Amount,
    /// The coupon.
    #[schema(example = "CAMPAIGN-001")]
    pub coupon_code: String,
}

/// Credits were cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditsCancelled {
    /// What was left of them.
    pub cancelled_amount: Amount,
    /// Always `CANCELLED`.
    #[schema(example = "CANCELLED")]
    pub status: String,
    /// When.
    pub cancelled_at: Timestamp,
    /// Why.
    #[schema(example = "test")]
    pub reason: String,
    /// Of which campaign; missing for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
}

/// What is left of one kind of credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditTypeBalance {
    /// Which kind.
    #[serde(rename = "type")]
    pub credit_type: CreditType,
    /// What is left.
    pub amount: Amount,
    /// The last day of what expires first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date")]
    pub expiry_date: Option<DueDate>,
}

/// What `GET /billing/credits/balance` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditBalance {
    /// What is left.
    pub total_balance: Amount,
    /// What of it can be used now.
    pub available_balance: Amount,
    /// What of it cannot be used yet.
    pub pending_balance: Amount,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The same by kind.
    pub balances: Vec<CreditTypeBalance>,
}

/// One grant or use of a credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditTransaction {
    /// The credit.
    pub credit_id: CreditId,
    /// Its kind.
    pub credit_type: CreditType,
    /// Granted: above zero. Used, cancelled or expired: below. The sum is what is left.
    pub amount: Amount,
    /// What is left of the credit now.
    pub balance: Amount,
    /// When it was granted; missing for a use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_date: Option<Timestamp>,
    /// What for.
    #[schema(example = "Welcome")]
    pub description: String,
    /// The campaign that it was granted in.
    #[schema(example = "CAMPAIGN-001")]
    pub campaign_id: String,
}

/// What `GET /billing/credits/history` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditHistory {
    /// What is left of the kind asked for.
    pub total_credit_amt: Amount,
    /// Which kind; missing for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub balance_price_type_code: Option<CreditType>,
    /// This page of the grants and uses.
    pub credit_histories: Vec<CreditTransaction>,
    /// The same, under another name.
    pub history: Vec<CreditTransaction>,
    /// How many there are on all pages.
    #[schema(example = 1)]
    pub total_items: usize,
}

/// What `GET /billing/credits/remaining` answers. What is used and what remains is the total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditRemaining {
    /// What is left.
    pub remaining_credits: Amount,
    /// What was granted, and neither cancelled nor written off.
    pub total_credit: Amount,
    /// What bills have used.
    pub used_credit: Amount,
}

/// What is left of one kind, in the words of `v5.0`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestCredit {
    /// Which kind.
    pub balance_price_type_code: CreditType,
    /// What is left.
    pub rest_amount: Amount,
}

/// Sums of credits, in the words of `v5.0`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditStats {
    /// What is left.
    pub total_amount: Amount,
    /// The same by kind.
    pub rest_credits_by_balance_price_type_code: Vec<RestCredit>,
}

/// What `GET /billing/v5.0/credits` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditOverview {
    /// What is left, by kind.
    pub stats: CreditStats,
    /// What was granted, and neither cancelled nor written off.
    pub total_credit: Amount,
    /// What bills have used.
    pub used_credit: Amount,
    /// What is left.
    pub rest_credit: Amount,
}
