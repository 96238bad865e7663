//! A month calculated from what the request says of it: `POST /billing/admin/calculate`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CounterReading, MonthlyStatement, StatementAdjustmentLevel, StatementAdjustmentType};
use crate::{Amount, CreditType, DueDate, Month};

/// How the value of a declared adjustment is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "RATE")]
pub enum AdjustmentMethod {
    /// An amount.
    #[default]
    Fixed,
    /// A rate in percent.
    Rate,
}

/// An adjustment of the month that is calculated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredAdjustment {
    /// Which way it goes. `adjustmentType` is read as well.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^(DISCOUNT|SURCHARGE)$", example = "DISCOUNT")]
    pub adjustment_type: Option<StatementAdjustmentType>,
    /// Which way it goes, under an older name.
    #[serde(rename = "adjustmentType", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^(DISCOUNT|SURCHARGE)$")]
    pub older_type: Option<StatementAdjustmentType>,
    /// How its value is meant; an amount unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^(FIXED|RATE)$", example = "RATE")]
    pub method: Option<AdjustmentMethod>,
    /// By how much. `adjustmentValue` is read as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000_000, example = 10)]
    pub value: Option<Amount>,
    /// By how much, under an older name.
    #[serde(rename = "adjustmentValue", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000_000)]
    pub older_value: Option<Amount>,
    /// What it changes; the whole unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^(PROJECT|BILLING_GROUP)$", example = "BILLING_GROUP")]
    pub level: Option<StatementAdjustmentLevel>,
    /// The project, for one of a project; one that names none changes the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub target_project_id: Option<String>,
    /// What the customer reads on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub description: Option<String>,
}

/// A credit for the month that is calculated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredCredit {
    /// Its kind; free unless said otherwise.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = Option<String>,
        pattern = "^(PROMOTIONAL|PROMOTION|FREE|REFUND|COMPENSATION|CAMPAIGN|BONUS|ADJUSTMENT|PAID)$",
        example = "FREE"
    )]
    pub credit_type: Option<CreditType>,
    /// How much; 0 is no credit.
    #[schema(value_type = f64, minimum = 0, maximum = 1_000_000_000, example = 1000)]
    pub amount: Amount,
    /// What the customer reads on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "Welcome")]
    pub name: Option<String>,
    /// The campaign that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub campaign_id: Option<String>,
    /// The last day of use, with or without a time; a year from the calculation unless said otherwise. `expireDate` is
    /// read as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = "2025-12-31")]
    pub expiration_date: Option<String>,
    /// The last day of use, under another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub expire_date: Option<String>,
}

/// What a month is calculated from, beside what the tenant has. It takes the place of what an earlier request said of
/// that month.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillDeclaration {
    /// Which month; that of `targetDate` unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$", example = "2025-01")]
    pub month: Option<Month>,
    /// The day of the calculation, with or without a time; today unless said otherwise, and at most the end of the month
    /// if only that is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = "2025-01-31")]
    pub target_date: Option<String>,
    /// Whose contract applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "bg-1")]
    pub billing_group_id: Option<String>,
    /// What was used, on top of what was metered. The counter of a `CUMULATIVE` one begins at 0 in each month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    pub usage: Option<Vec<CounterReading>>,
    /// Adjustments of this month, after those that were ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    pub adjustments: Option<Vec<DeclaredAdjustment>>,
    /// Credits that pay from this month on, beside those that were granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    pub credits: Option<Vec<DeclaredCredit>>,
    /// What the month before owes, beside what is known to be owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000_000_000_f64)]
    pub unpaid_amount: Option<Amount>,
    /// Whether `unpaidAmount` was due at the end of that month. It costs a late fee from then to the day of the
    /// calculation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_overdue: Option<bool>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// The statement of a month that was calculated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalculatedBill {
    /// The calculation, as a job.
    #[schema(format = "uuid", example = "5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11")]
    pub batch_job_code: String,
    /// The tenant.
    #[schema(example = "tenant-1")]
    pub uuid: String,
    /// Whose contract applies; missing if it was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_group_id: Option<String>,
    /// The same as `discount`.
    pub billing_group_discount: Amount,
    /// By what the month's payment is asked for.
    #[schema(example = "PG-tenant-1-202501")]
    pub payment_group_id: String,
    /// Until when it is to be paid.
    pub due_date: DueDate,
    /// The statement.
    #[serde(flatten)]
    pub statement: MonthlyStatement,
}
