//! Contracts of a tenant's billing groups.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, ContractId, ContractStatus, Month, Quantity};

/// Whether something is so, in one letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = "Y")]
pub enum YesNo {
    /// It is.
    Y,
    /// It is not.
    #[default]
    N,
}

/// The price of the units between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgreedTier {
    /// Where the tier begins: what lies above belongs to it.
    #[schema(example = 0)]
    pub from: Quantity,
    /// Where it ends, and the next one begins; without an end it holds whatever is above its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, example = 100)]
    pub to: Option<Quantity>,
    /// The price of one unit.
    #[schema(value_type = f64, minimum = 0, maximum = 1_000_000_000, example = 300)]
    pub unit_price: Amount,
}

/// What a counter costs under a contract, in place of the region's price and in its unit: either one price, or tiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgreedPrice {
    /// Which counter: a name in the region's price table.
    #[schema(min_length = 1, max_length = 200, example = "compute.c2.c8m8")]
    pub counter_name: String,
    /// The price of every unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000_000, example = 300)]
    pub unit_price: Option<Amount>,
    /// The prices of the first units and of those after them, from the lowest to the highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 100)]
    pub tiers: Option<Vec<AgreedTier>>,
}

/// A contract to be applied.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractOrder {
    /// The contract; a new one unless said otherwise. One that is there is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]+$", min_length = 1, max_length = 100)]
    pub contract_id: Option<ContractId>,
    /// The billing group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9_-]+$", max_length = 100)]
    pub billing_group_id: Option<String>,
    /// How people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "billing group default")]
    pub name: Option<String>,
    /// Whether it comes before other contracts of the same month.
    #[serde(default)]
    #[schema(required = false)]
    pub default_yn: YesNo,
    /// The first month; any month unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    pub month_from: Option<Month>,
    /// The last month; none unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    pub month_to: Option<Month>,
    /// What is taken off the subtotal: 0.3 is 30 %. Nothing unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1)]
    pub discount_rate: Option<Amount>,
    /// The least that a month comes to, before adjustments and tax. Nothing unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000_000)]
    pub base_fee: Option<Amount>,
    /// Prices in place of the region's, one for a counter. None unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    pub prices: Option<Vec<AgreedPrice>>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// What `PUT /billing/admin/billing-groups/{billing_group_id}` takes: one contract, or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupContracts {
    /// The contracts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub contracts: Option<Vec<ContractOrder>>,
    /// The contract, if it is one.
    #[serde(flatten)]
    pub contract: ContractOrder,
}

/// Contracts were applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupContractsApplied {
    /// To which billing group.
    #[schema(example = "bg-1")]
    pub billing_group_id: String,
    /// Which contracts.
    pub contract_ids: Vec<ContractId>,
}

/// A contract was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractApplied {
    /// Which contract.
    pub contract_id: ContractId,
}

/// A contract of a billing group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingContract {
    /// The contract.
    pub contract_id: ContractId,
    /// The billing group; empty for none.
    #[schema(example = "bg-1")]
    pub billing_group_id: String,
    /// How people call it.
    #[schema(example = "billing group default")]
    pub name: String,
    /// Always `ACTIVE`: an ended one is deleted.
    pub status: ContractStatus,
    /// Whether it comes before other contracts of the same month.
    pub default_yn: YesNo,
    /// The first month.
    pub month_from: Month,
    /// The last month, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub month_to: Option<Month>,
    /// What is taken off the subtotal: 0.3 is 30 %.
    #[schema(value_type = f64, minimum = 0, maximum = 1, example = 0.3)]
    pub discount_rate: Amount,
    /// The least that a month comes to.
    #[schema(value_type = f64, minimum = 0, example = 0)]
    pub base_fee: Amount,
    /// Prices in place of the region's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub prices: Vec<AgreedPrice>,
}

/// One contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContractFound {
    /// The contract.
    pub contract: BillingContract,
}

/// Several contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractsFound {
    /// This page of them, oldest first.
    pub contracts: Vec<BillingContract>,
    /// How many there are on all pages.
    #[schema(example = 1)]
    pub total_items: usize,
}

/// The price of a counter under a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CounterPrice {
    /// Which counter.
    #[schema(example = "compute.c2.c8m8")]
    pub counter_name: String,
    /// The unit that is priced.
    #[schema(example = "HOURS")]
    pub unit: String,
    /// That of the contract, or else of the region, with the contract's discount.
    pub price: Amount,
    /// In the region's table.
    pub original_price: Amount,
}

impl CounterPrice {
    /// What the contract takes off the original price of a unit; below zero where it is dearer.
    #[must_use]
    pub fn discount(&self) -> Decimal {
        self.original_price.value() - self.price.value()
    }

    /// The same in percent of the original price; nothing if that is zero.
    ///
    /// ```
    /// use billtest_models::billing::CounterPrice;
    ///
    /// let price = CounterPrice {
    ///     counter_name: "compute.c2.c8m8".into(),
    ///     unit: "HOURS".into(),
    ///     price: 300.into(),
    ///     original_price: 400.into(),
    /// };
    /// assert_eq!((price.discount(), price.discount_rate()), (100.into(), Some(25.into())));
    /// ```
    #[must_use]
    pub fn discount_rate(&self) -> Option<Decimal> {
        let rate =
            self.discount().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(self.original_price.value())?;
        Some(rate.normalize())
    }
}

/// What `GET /billing/admin/contracts/{id}/products/prices` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractPrice {
    /// Which contract.
    pub contract_id: ContractId,
    /// The price.
    pub prices: CounterPrice,
    /// Which counter, once more.
    #[schema(example = "compute.c2.c8m8")]
    pub counter_name: String,
    /// The price with the contract's discount, once more.
    pub price: Amount,
}
