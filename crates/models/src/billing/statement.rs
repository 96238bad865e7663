//! Bills in the three views that existing BillingTest clients read. One calculation is behind all of them: a name means
//! the same in each: `amount` is what the month comes to, `totalAmount` everything that is to be paid.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AdjustmentId, Amount, CounterType, CreditId, CreditType, Currency, DueDate, Month, PaymentState,
    Quantity, StatementId,
};

/// One position of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementLine {
    /// The position.
    #[schema(example = "line-1")]
    pub id: String,
    /// Which counter.
    #[schema(example = "compute.c2.c8m8")]
    pub counter_name: String,
    /// How its readings were added up.
    pub counter_type: CounterType,
    /// The unit of the quantity: the one that has a price.
    #[schema(example = "HOURS")]
    pub unit: String,
    /// How much was used.
    pub quantity: Quantity,
    /// The price of one unit; missing where tiers have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
    /// What it costs.
    pub amount: Amount,
    /// What was used; empty for nothing in particular.
    #[schema(example = "vm-1")]
    pub resource_id: String,
    /// How people call it; may be empty.
    #[schema(example = "web server")]
    pub resource_name: String,
    /// The project that pays; empty for none.
    #[schema(example = "app-1")]
    pub project_id: String,
    /// The key of the application; empty for none.
    #[schema(example = "app-1")]
    pub app_key: String,
}

/// Which way an adjustment of a statement goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "DISCOUNT")]
pub enum StatementAdjustmentType {
    /// Lowers the bill.
    Discount,
    /// Raises the bill.
    Surcharge,
}

/// What an adjustment of a statement changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "BILLING_GROUP")]
pub enum StatementAdjustmentLevel {
    /// One project's part.
    Project,
    /// The whole.
    BillingGroup,
}

/// An adjustment that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementAdjustment {
    /// The adjustment.
    pub adjustment_id: AdjustmentId,
    /// Which way it goes.
    #[serde(rename = "type")]
    pub adjustment_type: StatementAdjustmentType,
    /// Why; may be empty.
    #[schema(example = "Goodwill")]
    pub description: String,
    /// By how much it lowers or raises the bill; never negative.
    #[schema(value_type = f64, minimum = 0, example = 4970)]
    pub amount: Amount,
    /// What it changes.
    pub level: StatementAdjustmentLevel,
    /// The project, if it changes one.
    #[schema(example = "app-1")]
    pub target_id: Option<String>,
}

/// A credit that pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementCredit {
    /// The credit.
    pub credit_id: CreditId,
    /// Its kind.
    #[serde(rename = "type")]
    pub credit_type: CreditType,
    /// How much of it pays.
    #[schema(value_type = f64, minimum = 0, example = 1000)]
    pub amount_applied: Amount,
    /// What it has left afterwards.
    #[schema(value_type = f64, minimum = 0, example = 0)]
    pub remaining_balance: Amount,
    /// The campaign that it was granted in.
    #[schema(example = "CAMPAIGN-001")]
    pub campaign_id: String,
    /// Its name; may be empty.
    #[schema(example = "Welcome")]
    pub campaign_name: String,
}

/// The sums of a bill. Two equations always hold:
/// `subtotal - discount + minimumCharge + adjustmentTotal - creditApplied = charge`, and
/// `charge + vat = amount`, `amount + unpaidAmount + lateFee = totalPayments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthlyStatement {
    /// The statement.
    pub statement_id: StatementId,
    /// The month.
    pub month: Month,
    /// The currency of every amount.
    pub currency: Currency,
    /// How far its payment has come.
    pub status: PaymentState,
    /// The sum of the line items.
    pub subtotal: Amount,
    /// What the contract takes off.
    pub discount: Amount,
    /// What is added to reach the contract's minimum.
    pub minimum_charge: Amount,
    /// What adjustments change; below zero where discounts prevail.
    pub adjustment_total: Amount,
    /// What credits pay.
    pub credit_applied: Amount,
    /// What is charged, before tax.
    pub charge: Amount,
    /// The tax.
    pub vat: Amount,
    /// Charge and tax.
    pub amount: Amount,
    /// Everything that is to be paid.
    pub total_amount: Amount,
    /// What earlier months owe.
    pub unpaid_amount: Amount,
    /// What being late costs.
    pub late_fee: Amount,
    /// The same as `totalAmount`.
    pub total_payments: Amount,
    /// What was used.
    pub line_items: Vec<StatementLine>,
    /// The adjustments that were made, in this order.
    pub applied_adjustments: Vec<StatementAdjustment>,
    /// The credits that pay, in this order.
    pub applied_credits: Vec<StatementCredit>,
}

/// What `GET /billing/payments/{month}/statements` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentStatements {
    /// By what the month's payment is asked for.
    #[schema(example = "PG-tenant-1-202501")]
    pub payment_group_id: String,
    /// How far the payment has come.
    pub payment_status: PaymentState,
    /// The month's statement, as a list of one.
    pub statements: Vec<MonthlyStatement>,
}

/// What `GET /billing/console/billing-info/{billing_group_id}` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingInfo {
    /// The billing group.
    #[schema(example = "bg-1")]
    pub billing_group_id: String,
    /// By what the payment of the month is asked for.
    #[schema(example = "PG-tenant-1-202501")]
    pub payment_group_id: String,
    /// How far that payment has come.
    pub payment_status: PaymentState,
    /// The month: the last one that was calculated, or the present one.
    pub month: Month,
    /// Everything that is, or was, to be paid for it.
    #[schema(value_type = f64, minimum = 0, example = 45934)]
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: Currency,
    /// Until when it is to be paid.
    pub due_date: DueDate,
}

/// What one product costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductAmount {
    /// The product: the first word of its counters' names.
    #[schema(example = "COMPUTE")]
    pub product_code: String,
    /// The same, for people.
    #[schema(example = "Compute")]
    pub product_name: String,
    /// The sum of its line items.
    pub amount: Amount,
    /// Its share of the contract's discount.
    pub discount: Amount,
    /// Its line items.
    pub details: Vec<ProductUsage>,
}

/// One line item of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductUsage {
    /// Which counter.
    #[schema(example = "compute.c2.c8m8")]
    pub metering_type: String,
    /// The unit of the quantity.
    #[schema(example = "HOURS")]
    pub unit: String,
    /// How much was used.
    pub quantity: Quantity,
    /// The price of one unit; missing where tiers have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
    /// What it costs.
    pub amount: Amount,
}

/// What `GET /billing/v5.0/bills/detail` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillDetail {
    /// The tenant.
    #[schema(example = "tenant-1")]
    pub uuid: String,
    /// The month.
    pub month: Month,
    /// The currency of every amount.
    pub currency: Currency,
    /// The sum of the line items.
    pub subtotal: Amount,
    /// What is charged, before tax.
    pub charge: Amount,
    /// What the contract takes off.
    pub discount: Amount,
    /// The same as `discount`.
    pub discount_amount: Amount,
    /// What is added to reach the contract's minimum.
    pub minimum_charge: Amount,
    /// What adjustments change; below zero where discounts prevail.
    pub adjustment_total: Amount,
    /// The tax.
    pub vat: Amount,
    /// Charge and tax.
    pub amount: Amount,
    /// Everything that is to be paid.
    pub total_amount: Amount,
    /// What credits pay.
    pub total_credit: Amount,
    /// What earlier months owe.
    pub unpaid_amount: Amount,
    /// What being late costs.
    pub late_fee: Amount,
    /// The same as `totalAmount`.
    pub total_payments: Amount,
    /// What was used, product by product.
    pub statements: Vec<ProductAmount>,
}

/// A statement as the console shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleStatement {
    /// The statement.
    pub statement_id: StatementId,
    /// The month.
    pub month: Month,
    /// The currency of every amount.
    pub currency: Currency,
    /// By what the month's payment is asked for.
    #[schema(example = "PG-tenant-1-202501")]
    pub payment_group_id: String,
    /// How far the payment has come.
    pub payment_status_code: PaymentState,
    /// The sum of the line items.
    pub subtotal: Amount,
    /// What is charged, before tax.
    pub charge: Amount,
    /// What the contract takes off.
    pub discount: Amount,
    /// What is added to reach the contract's minimum.
    pub minimum_charge: Amount,
    /// What adjustments change; below zero where discounts prevail.
    pub adjustment_total: Amount,
    /// The tax.
    pub vat: Amount,
    /// Charge and tax.
    pub amount: Amount,
    /// Everything that is to be paid.
    pub total_amount: Amount,
    /// What credits pay.
    pub total_credit: Amount,
    /// What earlier months owe.
    pub unpaid_amount: Amount,
    /// What being late costs.
    pub late_fee: Amount,
    /// What was used, product by product.
    pub items: Vec<ProductAmount>,
}

/// What `GET /billing/console/statements` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleStatements {
    /// The month's statement, as a list of one.
    pub statements: Vec<ConsoleStatement>,
    /// The same as `totalAmount`.
    pub total_payments: Amount,
}

/// What one month still owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnpaidStatement {
    /// The statement.
    pub statement_id: StatementId,
    /// The month.
    pub month: Month,
    /// What the month came to: charge and tax.
    pub amount: Amount,
    /// What of it is still to be paid.
    pub unpaid_amount: Amount,
    /// The same, once more.
    pub total_amount: Amount,
    /// Until when it is, or was, to be paid.
    pub due_date: DueDate,
    /// Always `UNPAID`.
    #[schema(example = "UNPAID")]
    pub status: String,
}

/// What is still to be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnpaidStatements {
    /// Month by month, oldest first.
    pub statements: Vec<UnpaidStatement>,
    /// Altogether, without late fees.
    pub total_unpaid: Amount,
}
