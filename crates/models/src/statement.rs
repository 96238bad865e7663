//! Statements of calculated months: `GET /api/v1/payments/statements`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, Currency, DueDate, Month, PaymentStatus, Period, Quantity, StatementId};

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementItem {
    /// What it is for: a counter, a discount, an adjustment, credit, or tax.
    #[schema(example = "compute.c2.c8m8")]
    pub description: String,
    /// How many units.
    pub quantity: Quantity,
    /// The price of one; missing where tiers have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
    /// What it adds; below zero for what it takes off.
    pub amount: Amount,
}

/// The statement of a month. Its lines add up to its total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonthStatement {
    /// The statement.
    pub id: StatementId,
    /// The month.
    pub billing_period: Period,
    /// Charge and tax of the month.
    pub total_amount: Amount,
    /// The currency of the amounts.
    pub currency: Currency,
    /// How far its payment has come.
    pub status: PaymentStatus,
    /// Until when it is to be paid.
    pub due_date: DueDate,
    /// What makes it up.
    pub line_items: Vec<StatementItem>,
}

/// The statements of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Statements {
    /// Who was asked for; the tenant unless the request said it.
    #[schema(example = "tenant-1")]
    pub user_id: String,
    /// The month that was asked for; missing for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub month: Option<Month>,
    /// The sum of the statements.
    pub total: Amount,
    /// Those of calculated months, oldest first.
    pub statements: Vec<MonthStatement>,
}
