//! Payments: states, fees, retries, reconciliation, text; and batch jobs.

use std::collections::BTreeMap;
use std::time::Duration;

use billtest_engine::batch::{BatchError, BatchJob, category, execution_day};
use billtest_engine::fee::{
    FeeSchedule, PaymentError, PaymentLimits, PaymentMethod, check_payment, processing_fee,
};
use billtest_engine::reconciliation::{Discrepancy, PaymentRecord, gateway_state, reconcile, reconcile_all};
use billtest_engine::retry::{Failure, RetryPolicy};
use billtest_engine::{money_text, payment_state};
use billtest_models::{Currency, Money, PaymentId, PaymentState, Percent};
use serde_json::{Value, json};

use super::Adapter;
use super::compare::Refusal;
use super::inputs::{decimal, figure, list, money, text};

pub(crate) fn adapter(function: &str) -> Option<Adapter> {
    Some(match function {
        "PaymentStateMachine.can_transition" => {
            |inputs| Ok(payment_state::can_move(state(&inputs["from"]), state(&inputs["to"])).into())
        }
        "PaymentStateMachine.get_transition_path" => |inputs| {
            Ok(json!(payment_state::path(state(&inputs["from"]), state(&inputs["to"])).unwrap_or_default()))
        },
        "Payment.can_transition_to (allowed targets)" => {
            |inputs| Ok(json!(payment_state::next(state(&inputs["from"]))))
        }
        "PaymentProcessor.calculate_processing_fee" => |inputs| {
            let method: PaymentMethod = serde_json::from_value(inputs["payment_method"].clone()).unwrap();
            let tax = if inputs["include_tax"] == true { 10.into() } else { Percent::ZERO };
            let schedule = FeeSchedule::usual(method).unwrap();
            let fee = processing_fee(money(&inputs["amount"]), schedule, tax).unwrap();
            Ok(json!({
                "percentage_fee": figure(fee.percentage_fee),
                "fixed_fee": figure(fee.fixed_fee),
                "subtotal_fee": figure(fee.subtotal_fee),
                "tax_amount": figure(fee.tax),
                "total_fee": figure(fee.total_fee),
                "net_amount": figure(fee.net_amount),
            }))
        },
        "PaymentProcessor.calculate_retry_delay" => |inputs| {
            let seconds = |name: &str| Duration::from_secs(inputs[name].as_u64().unwrap());
            assert_eq!(inputs["backoff_multiplier"], 2.0);
            let policy = RetryPolicy {
                initial_delay: seconds("initial_delay_seconds"),
                max_delay: seconds("max_delay_seconds"),
                ..RetryPolicy::default()
            };
            let attempts = inputs["attempt_number"].as_i64().unwrap().max(0);
            Ok(policy.delay(attempts.try_into().unwrap()).as_secs().into())
        },
        "PaymentProcessor.should_retry" => |inputs| {
            let count = |name: &str| inputs[name].as_u64().unwrap().try_into().unwrap();
            let policy = RetryPolicy { max_attempts: count("max_attempts"), ..RetryPolicy::default() };
            // Only a payment that failed has a failure.
            let failure =
                (inputs["status"] == "FAILED").then(|| Failure::of_code(text(&inputs["error_code"])));
            Ok(failure.is_some_and(|failure| policy.tries_again(count("attempt_number"), failure)).into())
        },
        "RetryPolicy defaults" => |_| {
            let policy = RetryPolicy::default();
            Ok(json!({
                "max_attempts": policy.max_attempts,
                "initial_delay_seconds": policy.initial_delay.as_secs(),
                "backoff_multiplier": f64::from(policy.multiplier),
                "max_delay_seconds": policy.max_delay.as_secs(),
            }))
        },
        "PaymentProcessor.reconcile_payment" => |inputs| {
            let ours = record(&inputs["internal_amount"], state(&inputs["internal_status"]));
            let theirs =
                record(&inputs["gateway_amount"], gateway_state(text(&inputs["gateway_status"])).unwrap());
            // The older function told the first difference only.
            let (kind, difference) = match reconcile(ours, theirs).first() {
                None => (Value::Null, Value::Null),
                Some(Discrepancy::AmountMismatch { difference }) => {
                    ("AMOUNT_MISMATCH".into(), figure(*difference))
                }
                Some(Discrepancy::StatusMismatch { .. }) => ("STATUS_MISMATCH".into(), Value::Null),
                Some(other) => panic!("{other:?}"),
            };
            Ok(json!({"discrepancy_type": kind, "discrepancy_amount": difference}))
        },
        "PaymentProcessor.batch_reconcile (ids per bucket)" => batch_reconcile,
        "PaymentProcessor.format_payment_amount" => |inputs| {
            let with = if inputs["include_symbol"] == true {
                money_text::with_symbol
            } else {
                money_text::with_code
            };
            Ok(with(money_of(inputs)?).into())
        },
        "PaymentValidator.format_currency" => |inputs| Ok(money_text::with_symbol(money_of(inputs)?).into()),
        "PaymentProcessor.validate_payment_request" => payment_request,
        "PaymentValidator.validate_amount" => {
            |inputs| match PaymentLimits::BILL.check(decimal(&inputs["amount"])) {
                Ok(()) => Ok(Value::Null),
                Err(PaymentError::NotPositive(_)) => Err(Refusal("Amount must be positive")),
                Err(PaymentError::TooHigh { .. }) => Err(Refusal("Amount exceeds maximum limit")),
                Err(error) => panic!("{error}"),
            }
        }
        "PaymentManager.validate_payment_amount" => |inputs| {
            let amount = &inputs["amount"];
            // No amount is no payment.
            let payable = !amount.is_null() && PaymentLimits::SINGLE.check(decimal(amount)).is_ok();
            Ok(payable.into())
        },
        "BatchValidator.calculate_next_execution_date" => |inputs| {
            let month = text(&inputs["month"]).parse().unwrap();
            let day = execution_day(month, inputs["execution_day"].as_i64().unwrap()).unwrap();
            Ok(format!("{day}T00:00:00").into())
        },
        "BatchValidator.validate_execution_day" => |inputs| {
            let month = "2024-01".parse().unwrap();
            match execution_day(month, inputs["execution_day"].as_i64().unwrap()) {
                Ok(_) => Ok(Value::Null),
                Err(BatchError::NoSuchDay(_)) => Err(Refusal("Execution day must be between 1 and 31")),
                Err(error) => panic!("{error}"),
            }
        },
        "BatchValidator.get_job_category" => |inputs| {
            let job: BatchJob = serde_json::from_value(inputs["job_code"].clone()).unwrap();
            Ok(json!(category(job)))
        },
        _ => return None,
    })
}

fn state(value: &Value) -> PaymentState {
    serde_json::from_value(value.clone()).unwrap()
}

fn record(amount: &Value, state: PaymentState) -> PaymentRecord {
    PaymentRecord { amount: money(amount), state }
}

fn money_of(inputs: &Value) -> Result<Money, Refusal> {
    let currency: Currency =
        serde_json::from_value(inputs["currency"].clone()).map_err(|_| Refusal("Invalid currency: XXX"))?;
    Ok(Money::rounded(decimal(&inputs["amount"]), currency).unwrap())
}

fn payment_request(inputs: &Value) -> Result<Value, Refusal> {
    let method = serde_json::from_value(inputs["payment_method"].clone()).unwrap();
    let bank = inputs["metadata"]["bank_code"].as_str();
    Ok(match money_of(inputs).map(|amount| check_payment(amount, method, bank)) {
        Ok(Ok(())) => json!([true, null]),
        Ok(Err(PaymentError::NoBank)) => json!([false, "Bank code required for virtual account"]),
        Ok(Err(error)) => panic!("{error}"),
        Err(Refusal(words)) => json!([false, words]),
    })
}

fn batch_reconcile(inputs: &Value) -> Result<Value, Refusal> {
    let side = |name: &str, read: fn(&Value) -> PaymentState| -> BTreeMap<PaymentId, PaymentRecord> {
        let rows = list(&inputs[name]).iter();
        rows.map(|row| (text(&row[0]).into(), record(&row[1], read(&row[2])))).collect()
    };
    let ours = side("internal", state);
    let theirs = side("gateway", |word| gateway_state(text(word)).unwrap());
    let found = reconcile_all(&ours, &theirs);
    let discrepancies: Vec<_> = found.discrepancies.iter().map(|(id, _)| id).collect();
    Ok(json!({
        "matched": found.matched,
        "discrepancies": discrepancies,
        "internal_only": found.internal_only,
        "gateway_only": found.gateway_only,
    }))
}
