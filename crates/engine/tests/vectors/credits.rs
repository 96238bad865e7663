//! Credits: limits, priority, ledger.

use billtest_engine::credit::{CreditError, CreditPriority, Grant, check_grant, months_later};
use billtest_engine::ledger::CreditLedger;
use billtest_models::{CreditType, Currency, Money, Timestamp};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Value, json};

use super::Adapter;
use super::compare::Refusal;
use super::inputs::{decimal, figure, list, money, time};

pub(crate) fn adapter(function: &str) -> Option<Adapter> {
    Some(match function {
        "Credit.priority" => |inputs| {
            let credit = grant("c", &inputs["type"], money(&1.into()), &inputs["days_until_expiry"]);
            Ok(match credit.priority(now()) {
                Some(CreditPriority::ExpiringSoon) => "EXPIRING_SOON",
                Some(CreditPriority::Promotional) => "PROMOTIONAL",
                Some(CreditPriority::Free) => "FREE",
                Some(CreditPriority::Unpaid) => "REFUND",
                Some(CreditPriority::Paid) => "PAID",
                None => "cannot be used",
            }
            .into())
        },
        "Credit.use -> new balance" => use_credit,
        "CreditCalculator.validate_credit_amount"
        | "CreditRequest.__post_init__"
        | "CreditManager.grant_credit" => |inputs| match check_grant(decimal(&inputs["amount"])) {
            Ok(()) => Ok(Value::Null),
            Err(CreditError::NotPositive(_)) => Err(Refusal("Credit amount must be positive")),
            Err(CreditError::TooHigh(_)) => Err(Refusal("Credit amount exceeds maximum limit")),
            Err(error) => panic!("{error}"),
        },
        "CreditCalculator.calculate_expiration_dates (days between)" => |inputs| {
            let today = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap();
            let months = inputs["months"].as_u64().unwrap().try_into().unwrap();
            let end = months_later(today, months).unwrap();
            Ok(end.signed_duration_since(today).num_days().into())
        },
        "CreditCalculator.calculate_total_from_history" => |inputs| {
            let mut ledger = CreditLedger::new(Currency::Usd);
            for (place, amount) in list(&inputs["amounts"]).iter().map(money).enumerate() {
                if amount.is_negative() {
                    spend(&mut ledger, -amount, &format!("STMT-{place}"));
                } else {
                    ledger.grant(grant(&format!("c{place}"), &"FREE".into(), amount, &Value::Null)).unwrap();
                }
            }
            Ok(figure(ledger.balance().unwrap()))
        },
        "CreditManager.get_credit_balance" => |inputs| {
            Ok(balances(list(&inputs["free_history_amounts"]), list(&inputs["paid_history_amounts"])))
        },
        "CreditManager.get_total_credit_balance" => {
            |inputs| Ok(balances(&[inputs["free"].clone()], &[inputs["paid"].clone()])["total"].clone())
        }
        _ => return None,
    })
}

fn now() -> Timestamp {
    time("2024-01-31T00:00:00Z")
}

/// Granted a year ago; with `days` left, if it expires at all.
pub(crate) fn grant(id: &str, credit_type: &Value, amount: Money, days: &Value) -> Grant {
    let credit_type: CreditType = serde_json::from_value(credit_type.clone()).unwrap();
    let expires_at = (!days.is_null()).then(|| {
        let seconds = (decimal(days) * decimal(&86_400.into())).to_i64().unwrap();
        Timestamp::from(now().value() + TimeDelta::seconds(seconds))
    });
    Grant { id: id.into(), credit_type, amount, granted_at: time("2023-01-31T00:00:00Z"), expires_at }
}

fn spend(ledger: &mut CreditLedger, amount: Money, statement: &str) {
    let statement = statement.into();
    let draws = ledger.draw(amount, &statement, now(), now()).unwrap();
    ledger.commit(&statement, draws).unwrap();
}

fn use_credit(inputs: &Value) -> Result<Value, Refusal> {
    let (amount, balance) = (money(&inputs["amount"]), money(&inputs["balance"]));
    let mut ledger = CreditLedger::new(Currency::Usd);
    ledger.grant(grant("c", &"FREE".into(), amount, &Value::Null)).unwrap();
    spend(&mut ledger, amount.minus(balance).unwrap(), "STMT-1");
    let statement = "STMT-2".into();
    match ledger.draw(money(&inputs["use"]), &statement, now(), now()) {
        Ok(draws) => ledger.commit(&statement, draws).unwrap(),
        Err(CreditError::NotPositive(_)) => return Err(Refusal("less than nothing cannot be used")),
        Err(error) => panic!("{error}"),
    }
    Ok(figure(ledger.balance_of(&"c".into()).unwrap()))
}

fn balances(free: &[Value], paid: &[Value]) -> Value {
    let mut ledger = CreditLedger::new(Currency::Usd);
    for (kind, amounts) in [("FREE", free), ("PAID", paid)] {
        for (place, amount) in amounts.iter().enumerate() {
            ledger
                .grant(grant(&format!("{kind}{place}"), &kind.into(), money(amount), &Value::Null))
                .unwrap();
        }
    }
    let of = |kind| figure(ledger.balance_where(|grant| grant.credit_type == kind).unwrap());
    json!({
        "free": of(CreditType::Free), "paid": of(CreditType::Paid), "total": figure(ledger.balance().unwrap()),
    })
}
