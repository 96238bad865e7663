//! 320 worked examples of the older BillingTest, each reproduced by a function of the engine or an exception with its
//! reason.
//!
//! A user who moves over would find other figures, and nobody could say why. The test fails for a vector that nobody
//! handles, for one that comes out differently, and for an exception that is none.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod adjustments;
mod bills;
mod compare;
mod contracts;
mod credits;
mod exceptions;
mod inputs;
mod metering;
mod payments;

use std::collections::{BTreeMap, BTreeSet};

use compare::{Refusal, agrees};
use exceptions::EXCEPTIONS;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    id: String,
    function: String,
    inputs: Value,
    expected: Value,
    compare: String,
}

/// Calls the engine with the inputs of a vector, and puts its answer into the words of the vector.
type Adapter = fn(&Value) -> Result<Value, Refusal>;

fn adapter(function: &str) -> Option<Adapter> {
    [
        adjustments::adapter,
        bills::adapter,
        contracts::adapter,
        credits::adapter,
        metering::adapter,
        payments::adapter,
    ]
    .into_iter()
    .find_map(|area| area(function))
}

#[test]
fn every_worked_example_is_reproduced_or_explained() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../data/billing-vectors.json")).unwrap();
    let exceptions: BTreeMap<&str, &str> = EXCEPTIONS.iter().copied().collect();
    assert_eq!(exceptions.len(), EXCEPTIONS.len(), "an exception is listed twice");
    let ids: BTreeSet<&str> = vectors.iter().map(|vector| vector.id.as_str()).collect();
    assert_eq!((vectors.len(), ids.len()), (320, 320));

    let mut wrong = Vec::new();
    for id in exceptions.keys().filter(|id| !ids.contains(*id)) {
        wrong.push(format!("{id}: an exception for a vector that does not exist"));
    }
    let mut reproduced = 0;
    for Vector { id, function, inputs, expected, compare } in &vectors {
        let answer = adapter(function).map(|call| call(inputs));
        let agrees = answer.as_ref().map(|answer| agrees(compare, expected, answer));
        match (agrees, exceptions.contains_key(id.as_str())) {
            (Some(true), false) => reproduced += 1,
            (Some(true), true) => wrong.push(format!("{id}: an exception that is reproduced")),
            (Some(false), false) => {
                wrong
                    .push(format!("{id}: {function}({inputs}) gives {answer:?}, not {expected} ({compare})"));
            }
            (None, false) => wrong.push(format!("{id}: nobody handles {function}")),
            (Some(false) | None, true) => {}
        }
    }
    println!("{reproduced} reproduced, {} exceptions", EXCEPTIONS.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
    assert_eq!(reproduced + EXCEPTIONS.len(), vectors.len());
}

/// A comparison that accepts everything would prove nothing.
#[test]
fn the_comparison_can_fail() {
    let (one, two) = (serde_json::json!({"a": "1.0"}), serde_json::json!({"a": "1.01"}));
    for mode in ["decimal", "exact", "approx"] {
        assert!(agrees(mode, &one, &Ok(one.clone())), "{mode}");
        assert!(!agrees(mode, &one, &Ok(two.clone())), "{mode}");
        assert!(!agrees(mode, &one, &Ok(Value::Null)), "{mode}");
        assert!(!agrees(mode, &one, &Err(Refusal("refused"))), "{mode}");
    }
    let raises = serde_json::json!({"error": "ValueError", "message_contains": "too high"});
    assert!(agrees("raises", &raises, &Err(Refusal("the price is too high"))));
    assert!(!agrees("raises", &raises, &Err(Refusal("the price is too low"))));
    assert!(!agrees("raises", &raises, &Ok(Value::Null)));
    let range = serde_json::json!({"min_exclusive": "1", "max_exclusive": "2"});
    assert!(agrees("range", &range, &Ok("1.5".into())));
    assert!(!agrees("range", &range, &Ok("2".into())));
}
