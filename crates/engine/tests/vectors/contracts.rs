//! Contracts: tiers, prices, discounts, comparisons.

use std::collections::BTreeMap;

use billtest_engine::contract::{Saving, compare, fee_over};
use billtest_engine::discount::{DiscountError, check_rate};
use billtest_engine::price::{PriceError, check_price};
use billtest_engine::tiers::{TierError, Tiers};
use billtest_models::{Currency, Money, Price, Tier, TierBounds};
use serde_json::{Value, json};

use super::Adapter;
use super::bills::refusal;
use super::compare::Refusal;
use super::inputs::{Given, amount, decimal, figure, money, number, percent, quantity, reading, tiers};

pub(crate) fn adapter(function: &str) -> Option<Adapter> {
    Some(match function {
        "Contract.calculate_cost" => calculate_cost,
        "Contract.add_pricing_tier twice" => add_twice,
        "ContractValidator.validate_price" => |inputs| match check_price(decimal(&inputs["price"])) {
            Ok(()) => Ok(Value::Null),
            Err(PriceError::Negative(_)) => Err(Refusal("price cannot be negative")),
            Err(error) => panic!("{error}"),
        },
        "ContractValidator.validate_discount_rate" => {
            |inputs| match check_rate(percent(&inputs["discount_rate"])) {
                Ok(()) => Ok(Value::Null),
                Err(DiscountError::Negative(_)) => Err(Refusal("discount rate cannot be negative")),
                Err(DiscountError::AboveAll(_)) => Err(Refusal("discount rate cannot exceed 100%")),
                Err(error) => panic!("{error}"),
            }
        }
        "ContractValidator.calculate_discount" => {
            |inputs| Ok(saving(&inputs["original_price"], &inputs["discounted_price"]))
        }
        "ContractManager.get_counter_price" => |inputs| {
            let prices = &inputs["response"]["prices"];
            Ok(saving(&prices["originalPrice"], &prices["price"]))
        },
        "ContractValidator.calculate_total_discount" => |inputs| {
            // A price that was not found is no price, and cannot be added up.
            let prices = inputs["counter_prices"].as_object().unwrap().values();
            let found = prices.filter(|price| price["error"].is_null());
            let pairs = found.map(|price| (decimal(&price["original_price"]), decimal(&price["price"])));
            let total = Saving::total(pairs).unwrap();
            Ok(json!({
                "total_original": number(total.original),
                "total_discounted": number(total.price),
                "total_discount": number(total.amount),
            }))
        },
        "ContractValidator.calculate_base_fee_impact" => |inputs| {
            let months = inputs["months"].as_u64().unwrap().try_into().unwrap();
            Ok(figure(fee_over(money(&inputs["base_fee"]), months).unwrap()))
        },
        "ContractValidator.compare_contracts" => compare_contracts,
        _ => return None,
    })
}

fn calculate_cost(inputs: &Value) -> Result<Value, Refusal> {
    let mut given = Given::new();
    if !inputs["tiers"].is_null() {
        given.contract.prices.insert("x".to_owned(), Price::tiered("units", tiers(&inputs["tiers"])));
    }
    if !inputs["discount_rate"].is_null() {
        given.contract.discount = percent(&inputs["discount_rate"]);
    }
    if !inputs["minimum_charge"].is_null() {
        given.contract.minimum_charge = amount(&inputs["minimum_charge"]);
    }
    let counter = inputs["counter"].as_str().unwrap_or("x");
    let readings = [reading(counter, quantity(&inputs["volume"]))];
    let bill = given.bill(&readings).map_err(refusal)?;
    Ok(figure(bill.charge))
}

/// Two tiers; an open one is put on top of them unless one is open already.
fn add_twice(inputs: &Value) -> Result<Value, Refusal> {
    let tier = |bounds: &Value| Tier {
        from: quantity(&bounds[0]),
        to: (!bounds[1].is_null()).then(|| quantity(&bounds[1])),
        unit_price: 1.into(),
    };
    let mut tiers = vec![tier(&inputs["first"]), tier(&inputs["second"])];
    if tiers.iter().all(|tier| tier.to.is_some()) {
        let from = tiers.iter().filter_map(|tier| tier.to).max().unwrap();
        tiers.push(Tier { from, to: None, unit_price: 1.into() });
    }
    match Tiers::new(&tiers, TierBounds::HalfOpen) {
        Ok(_) => Ok("accepted".into()),
        Err(TierError::DoNotMeet { end, begin }) if begin < end => {
            Err(Refusal("Tier overlaps with existing tier for x"))
        }
        // Of two tiers without an end, the upper lies within the lower.
        Err(TierError::OpenBelow(_)) => Err(Refusal("Tier overlaps with existing tier for x")),
        Err(error) => panic!("{error}"),
    }
}

fn saving(original: &Value, price: &Value) -> Value {
    let saving = Saving::between(decimal(original), decimal(price)).unwrap();
    json!({
        "original_price": number(saving.original),
        "price": number(saving.price),
        "discount_amount": number(saving.amount),
        "discount_rate": number(saving.rate),
    })
}

fn compare_contracts(inputs: &Value) -> Result<Value, Refusal> {
    let fees = |name: &str| -> BTreeMap<String, Money> {
        let fees = inputs[name].as_object().unwrap().iter();
        fees.map(|(counter, fee)| (counter.clone(), money(fee))).collect()
    };
    let (first, second) = (fees("contract1_fees"), fees("contract2_fees"));
    let comparison = compare(&first, &second, Currency::Usd).unwrap();
    let mut answer = json!({"total_difference": figure(comparison.difference)});
    for (counter, change) in comparison.counters {
        answer[counter] = json!({
            "contract1_fee": figure(change.first),
            "contract2_fee": figure(change.second),
            "difference": figure(change.difference),
            "percentage_change": change.percentage.map(number),
        });
    }
    Ok(answer)
}
