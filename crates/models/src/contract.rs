//! Contracts: `GET /api/v1/contracts/{id}`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, ContractId, Currency, CustomerId, ItemId, Quantity, Timestamp};

/// Whether a contract is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "ACTIVE")]
pub enum ContractStatus {
    /// In force.
    Active,
    /// Ended or suspended.
    Inactive,
    /// Agreed, not yet in force.
    Pending,
}

/// Who is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Customer {
    /// The customer.
    pub id: CustomerId,
    /// The name on the bill.
    #[schema(min_length = 1, max_length = 200, example = "Test Customer")]
    pub name: String,
    /// Where the bill is sent.
    #[schema(format = "email", max_length = 254, example = "test@example.com")]
    pub email: String,
}

/// One position of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContractItem {
    /// The position.
    pub id: ItemId,
    /// What is sold.
    #[schema(max_length = 500, example = "Compute Instance")]
    pub description: String,
    /// How many.
    pub quantity: Quantity,
    /// The price of one, in the contract's currency.
    pub unit_price: Amount,
    /// The price of all, in the contract's currency.
    pub total: Amount,
}

/// A contract with its customer and positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contract {
    /// The contract.
    pub id: ContractId,
    /// Whether it is in force.
    pub status: ContractStatus,
    /// Who is billed.
    pub customer: Customer,
    /// What was agreed, in the order of the contract.
    pub items: Vec<ContractItem>,
    /// What the contract comes to.
    pub total_amount: Amount,
    /// The currency of every amount in this contract.
    pub currency: Currency,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
