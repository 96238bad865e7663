//! When an answer is the expected one.

use std::str::FromStr as _;

use rust_decimal::Decimal;
use serde_json::Value;

/// The engine said no; the words are those that the older messages had for the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) &'static str);

/// Whether an answer is what the vector expects, compared its way. Of an object only the expected fields count.
pub(crate) fn agrees(compare: &str, expected: &Value, answer: &Result<Value, Refusal>) -> bool {
    match (compare, answer) {
        ("raises", Err(Refusal(words))) => {
            expected["message_contains"].as_str().is_some_and(|wanted| words.contains(wanted))
        }
        ("raises", Ok(_)) | (_, Err(_)) => false,
        ("exact", Ok(answer)) => same(expected, answer, &|expected, answer| expected == answer),
        ("decimal", Ok(answer)) => {
            same(expected, answer, &|expected, answer| match (decimal(expected), decimal(answer)) {
                (Some(expected), Some(answer)) => expected == answer,
                (None, None) => expected == answer,
                _ => false,
            })
        }
        ("approx", Ok(answer)) => same(expected, answer, &close),
        ("range", Ok(answer)) => {
            let bound = |name: &str| decimal(&expected[name]);
            match (bound("min_exclusive"), decimal(answer), bound("max_exclusive")) {
                (Some(least), Some(answer), Some(most)) => least < answer && answer < most,
                _ => false,
            }
        }
        (other, Ok(_)) => panic!("unknown comparison {other}"),
    }
}

fn same(expected: &Value, answer: &Value, leaf: &dyn Fn(&Value, &Value) -> bool) -> bool {
    match (expected, answer) {
        (Value::Object(expected), Value::Object(answer)) => expected
            .iter()
            .all(|(name, value)| answer.get(name).is_some_and(|answer| same(value, answer, leaf))),
        (Value::Array(expected), Value::Array(answer)) => {
            expected.len() == answer.len()
                && expected.iter().zip(answer).all(|(expected, answer)| same(expected, answer, leaf))
        }
        (expected, answer) => leaf(expected, answer),
    }
}

/// To a millionth: the expected value was calculated in binary floating point.
fn close(expected: &Value, answer: &Value) -> bool {
    match (decimal(expected), decimal(answer)) {
        (Some(expected), Some(answer)) => {
            (expected - answer).abs() <= (expected.abs() * Decimal::new(1, 6)).max(Decimal::new(1, 12))
        }
        _ => expected == answer,
    }
}

pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}
