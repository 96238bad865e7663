//! Adjustments and discounts.

use std::collections::BTreeMap;

use billtest_engine::adjustment::{
    Adjusted, Adjustment, AdjustmentError, Change, Level, adjust, effective_rate, impact,
};
use billtest_engine::discount::{Discount, Value as DiscountValue, one_after_another, side_by_side};
use billtest_models::{AdjustmentCode, Amount, Money};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Adapter;
use super::compare::Refusal;
use super::inputs::{amount, decimal, dollars, figure, list, money, month, number, percent, text, time};

pub(crate) fn adapter(function: &str) -> Option<Adapter> {
    Some(match function {
        "AdjustmentCalculator.round_amount" | "BillingCalculator.round_amount" => {
            |inputs| Ok(figure(money(&inputs["amount"])))
        }
        "AdjustmentCalculator.validate_adjustment_amount" => {
            |inputs| change(&inputs["adjustment_type"], &inputs["amount"]).map(|_| Value::Null)
        }
        "AdjustmentManager._validate_adjustment_params" => {
            |inputs| change(&inputs["adjustment_type"], &inputs["adjustment_amount"]).map(|_| Value::Null)
        }
        "Adjustment.__post_init__" => {
            |inputs| change(&inputs["type"], &inputs["amount"]).map(|_| Value::Null)
        }
        "AdjustmentCalculator.calculate_adjustment" => |inputs| Ok(figure(-changed(inputs)?.1)),
        "AdjustmentCalculator.apply_adjustment" => |inputs| {
            let (base, by) = changed(inputs)?;
            Ok(json!({"final_amount": figure(base.plus(by).unwrap()), "adjustment_value": figure(-by)}))
        },
        "AdjustmentCalculator.calculate_cumulative_adjustments" => |inputs| {
            let given = list(&inputs["adjustments"]).iter().map(|pair| (text(&pair[0]), &pair[1], &pair[0]));
            let (base, adjusted) = in_order(&inputs["base_amount"], given)?;
            let change = base.minus(adjusted.amount).unwrap();
            Ok(json!({"final_amount": figure(adjusted.amount), "total_adjustment": figure(change)}))
        },
        "AdjustmentCalculator.calculate_effective_rate" => |inputs| {
            let rate =
                effective_rate(decimal(&inputs["original_amount"]), decimal(&inputs["adjusted_amount"]));
            Ok(number(rate.unwrap()))
        },
        "AdjustmentCalculator.estimate_impact" => |inputs| {
            let change = change(&inputs["adjustment_type"], &inputs["adjustment_amount"])?;
            let months = inputs["months"].as_u64().unwrap().try_into().unwrap();
            Ok(figure(-impact(&change, money(&inputs["monthly_amount"]), months)?))
        },
        "Adjustment.apply_to" => |inputs| {
            let base = money(&inputs["amount"]);
            let by = change(&inputs["type"], &inputs["adjustment"])?.of(base)?;
            Ok(figure(base.plus(by).unwrap()))
        },
        "AdjustmentApplication.apply_adjustments" => applied,
        "BillingValidationService.validate_adjustment_limits" => |inputs| {
            for rate in list(&inputs["rate_discounts"]) {
                change(&"RATE_DISCOUNT".into(), rate)?;
            }
            Ok(Value::Null)
        },
        "BillingCalculator.calculate_discount" => |inputs| {
            let condition =
                |name: &str| -> Option<Amount> { (!inputs[name].is_null()).then(|| amount(&inputs[name])) };
            let discount = Discount {
                from_base: condition("min_amount"),
                at_most: condition("max_discount"),
                ..discount(&inputs["discount_type"], &inputs["value"])
            };
            Ok(figure(discount.of(money(&inputs["base_amount"])).unwrap()))
        },
        "BillingCalculator.apply_multiple_discounts" => |inputs| {
            let base = money(&inputs["base_amount"]);
            let discounts: Vec<_> =
                list(&inputs["discounts"]).iter().map(|pair| discount(&pair[0], &pair[1])).collect();
            let all = if inputs["compound"] == true { one_after_another } else { side_by_side };
            let off = all(&discounts, base).unwrap();
            Ok(json!({"total_discount": figure(off), "final_amount": figure(base.minus(off).unwrap())}))
        },
        _ => return None,
    })
}

impl From<AdjustmentError> for Refusal {
    fn from(error: AdjustmentError) -> Self {
        Self(match error {
            AdjustmentError::Negative(_) => "Adjustment amount cannot be negative",
            AdjustmentError::RateTooHigh { code: AdjustmentCode::RateDiscount, limit, .. } => {
                assert_eq!(limit, Decimal::ONE_HUNDRED);
                "Rate discount cannot exceed 100%"
            }
            AdjustmentError::RateTooHigh { limit, .. } => {
                assert_eq!(limit, Decimal::from(200));
                "Rate surcharge cannot exceed 200%"
            }
            AdjustmentError::FixedTooHigh(_) => "Fixed adjustment cannot exceed 1000000000",
            AdjustmentError::NegativeBase(_) => "Cannot apply adjustment to negative amount",
            AdjustmentError::Value(_) | AdjustmentError::Overflow(_) => "out of range",
        })
    }
}

pub(crate) fn change(code: &Value, value: &Value) -> Result<Change, Refusal> {
    let code: AdjustmentCode =
        serde_json::from_value(code.clone()).map_err(|_| Refusal("unknown adjustment type"))?;
    Ok(Change::new(code, amount(value))?)
}

pub(crate) fn adjustment(id: &str, level: Level, change: Change) -> Adjustment {
    let created_at = time("2024-01-01T00:00:00Z");
    Adjustment { id: id.into(), level, change, from: month(), until: month(), created_at }
}

fn changed(inputs: &Value) -> Result<(Money, Money), Refusal> {
    let base = money(&inputs["base_amount"]);
    let change = change(&inputs["adjustment_type"], &inputs["adjustment_amount"])?;
    Ok((base, change.of(base)?))
}

/// Of `(id, code, value)`, one after the other.
fn in_order<'a>(
    base: &Value,
    given: impl Iterator<Item = (&'a str, &'a Value, &'a Value)>,
) -> Result<(Money, Adjusted), Refusal> {
    let adjustments = given
        .map(|(id, code, value)| Ok(adjustment(id, Level::BillingGroup, change(code, value)?)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    let base = money(base);
    Ok((base, adjust(BTreeMap::new(), base, &adjustments, month())?))
}

fn applied(inputs: &Value) -> Result<Value, Refusal> {
    let given = list(&inputs["adjustments"]).iter().map(|row| (text(&row[0]), &row[1], &row[2]));
    let (base, adjusted) = in_order(&inputs["amount"], given)?;
    let net = base.minus(adjusted.amount).unwrap();
    let (discount, surcharge) = if net.is_negative() { (dollars(0), -net) } else { (net, dollars(0)) };
    let rate = |part: Money| {
        let rest = base.value() - part.value();
        number(effective_rate(base.value(), rest).unwrap())
    };
    let order: Vec<_> = adjusted.applied.iter().map(|done| done.id.as_str()).collect();
    Ok(json!({
        "final_amount": figure(adjusted.amount),
        "total_discount": figure(discount),
        "total_surcharge": figure(surcharge),
        "discount_rate": rate(discount),
        "surcharge_rate": rate(surcharge),
        "order": order,
    }))
}

fn discount(kind: &Value, value: &Value) -> Discount {
    Discount::new(match text(kind) {
        "FIXED" => DiscountValue::Fixed(amount(value)),
        "PERCENTAGE" => DiscountValue::Rate(percent(value)),
        other => panic!("unknown discount {other}"),
    })
}
