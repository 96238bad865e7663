//! Prices of metered units.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, Quantity};

/// How the bounds of tiers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(example = "half-open")]
pub enum TierBounds {
    /// A tier holds what lies above its `from`, up to and with its `to`; the next one begins where it ends.
    #[default]
    HalfOpen,
    /// A tier holds `to - from + 1` units, as older BillingTest versions counted: 0-10 holds eleven.
    InclusiveBounds,
}

/// The price of the units between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Where the tier begins.
    pub from: Quantity,
    /// Where it ends; without an end it holds whatever is above its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Quantity>,
    /// The price of one unit, in the currency of the price table.
    pub unit_price: Amount,
}

/// What one counter costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Pricing {
    /// Every unit costs the same.
    Flat {
        /// The price of one unit; it may have more decimals than the currency.
        unit_price: Amount,
    },
    /// The first units cost one price, those after them another.
    Tiered {
        /// From the lowest to the highest.
        tiers: Vec<Tier>,
        /// How the bounds are read.
        bounds: TierBounds,
    },
}

/// The price of a counter, and the unit that it is for.
///
/// ```
/// use billtest_models::{Price, Pricing};
///
/// let price: Price = serde_json::from_str(r#"{"unit": "HOURS", "unit_price": 166.67}"#)?;
/// assert_eq!(price.pricing, Pricing::Flat { unit_price: "166.67".parse().unwrap() });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Written")]
pub struct Price {
    /// The unit that is priced: `HOURS`, `GB`, or any word that meters use as well.
    #[schema(min_length = 1, max_length = 50, example = "HOURS")]
    pub unit: String,
    /// What it costs.
    #[serde(flatten)]
    pub pricing: Pricing,
}

impl Price {
    /// One price for every unit.
    pub fn flat(unit: impl Into<String>, unit_price: Amount) -> Self {
        Self { unit: unit.into(), pricing: Pricing::Flat { unit_price } }
    }

    /// Prices by tiers, half-open.
    pub fn tiered(unit: impl Into<String>, tiers: Vec<Tier>) -> Self {
        Self { unit: unit.into(), pricing: Pricing::Tiered { tiers, bounds: TierBounds::HalfOpen } }
    }
}

/// A price as it is written down, before it is known to be one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    unit: String,
    unit_price: Option<Amount>,
    tiers: Option<Vec<Tier>>,
    bounds: Option<TierBounds>,
}

impl TryFrom<Written> for Price {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let pricing = match (written.unit_price, written.tiers, written.bounds) {
            (Some(unit_price), None, None) => Pricing::Flat { unit_price },
            (None, Some(tiers), bounds) => Pricing::Tiered { tiers, bounds: bounds.unwrap_or_default() },
            (Some(_), ..) => {
                return Err("a price has either `unit_price` or `tiers`, and `bounds` only with `tiers`");
            }
            (None, None, _) => return Err("a price needs `unit_price` or `tiers`"),
        };
        Ok(Self { unit: written.unit, pricing })
    }
}

/// Prices by the name of the counter.
pub type PriceTable = BTreeMap<String, Price>;

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would be charged by one of two prices, and not know by which.
    #[test]
    fn a_price_is_flat_or_tiered_and_never_both() {
        let read = |text| serde_json::from_str::<Price>(text).map_err(|error| error.to_string());
        let tiers = r#"{"unit": "GB", "tiers": [{"from": 0, "to": 10, "unit_price": 2}, {"from": 10, "unit_price": 1}]}"#;
        let price = read(tiers).unwrap();
        assert_eq!(serde_json::from_str::<Price>(&serde_json::to_string(&price).unwrap()).unwrap(), price);
        assert!(matches!(price.pricing, Pricing::Tiered { bounds: TierBounds::HalfOpen, .. }));
        assert!(read(r#"{"unit": "GB", "unit_price": 1, "tiers": []}"#).unwrap_err().contains("either"));
        assert!(
            read(r#"{"unit": "GB", "unit_price": 1, "bounds": "half-open"}"#).unwrap_err().contains("bounds")
        );
        assert!(read(r#"{"unit": "GB"}"#).unwrap_err().contains("needs"));
        assert!(
            read(r#"{"unit": "GB", "unit_price": 1, "unitPrice": 1}"#).unwrap_err().contains("unknown field")
        );
    }
}
