use std::collections::HashMap;

use pact_matching::match_response;
use pact_models::bodies::OptionalBody;
use pact_models::content_types::JSON;
use pact_models::interaction::Interaction;
use pact_models::matchingrules::MatchingRules;
use pact_models::pact::Pact;
use pact_models::path_exp::DocPath;
use pact_models::v4::http_parts::HttpResponse;
use pact_models::v4::pact::V4Pact;
use pact_models::v4::synch_http::SynchronousHttp;
use proptest::prelude::*;
use serde_json::json;

use super::*;

type Rules = Vec<(String, Vec<MatchingRule>, RuleLogic)>;

fn category(rules: &Rules) -> MatchingRuleCategory {
    let mut category = MatchingRuleCategory::empty("body");
    for (path, all, logic) in rules {
        for rule in all {
            category.add_rule(DocPath::new(path).unwrap(), rule.clone(), *logic);
        }
    }
    category
}

/// What `pact_matching` says differs.
fn judged(expected: &Value, rules: &Rules, actual: &Value) -> Vec<pact_matching::Mismatch> {
    let response = |body: &Value| HttpResponse {
        headers: Some(HashMap::from([("Content-Type".to_owned(), vec!["application/json".to_owned()])])),
        body: OptionalBody::Present(body.to_string().into(), Some(JSON.clone()), None),
        ..HttpResponse::default()
    };
    let mut expected = response(expected);
    let mut all = MatchingRules::default();
    all.rules.insert(pact_models::matchingrules::Category::BODY, category(rules));
    expected.matching_rules = all;
    let pact: Box<dyn Pact + Send + Sync + std::panic::RefUnwindSafe> = Box::new(V4Pact::default());
    let interaction: Box<dyn Interaction + Send + Sync + std::panic::RefUnwindSafe> =
        Box::new(SynchronousHttp::default());
    pact_matching::matchingrules::configure_core_catalogue();
    futures::executor::block_on(match_response(expected, response(actual), &pact, &interaction)).unwrap()
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        (0..3_i64).prop_map(|number| json!(number as f64 + 0.5)),
        Just(json!(1.0)),
        prop_oneof![
            "[ab]{0,2}",
            Just("true".to_owned()),
            Just("2025-01-31".to_owned()),
            Just("1".to_owned())
        ]
        .prop_map(Value::from),
    ]
}

fn body() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[xyz]", inner, 0..3)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn rule() -> impl Strategy<Value = MatchingRule> {
    prop_oneof![
        Just(MatchingRule::Type),
        Just(MatchingRule::Equality),
        Just(MatchingRule::Number),
        Just(MatchingRule::Integer),
        Just(MatchingRule::Decimal),
        Just(MatchingRule::Boolean),
        Just(MatchingRule::Null),
        Just(MatchingRule::Values),
        Just(MatchingRule::NotEmpty),
        (0..3_usize).prop_map(MatchingRule::MinType),
        (0..3_usize).prop_map(MatchingRule::MaxType),
        (0..2_usize, 1..3_usize).prop_map(|(min, max)| MatchingRule::MinMaxType(min, max)),
        prop_oneof![Just("[ab]+"), Just("^a"), Just("1|true"), Just(".*")]
            .prop_map(|regex| MatchingRule::Regex(regex.to_owned())),
        Just(MatchingRule::Include("a".to_owned())),
        Just(MatchingRule::Date(String::new())),
    ]
}

/// Paths as rules have them: fields, `*` for any, `[*]` for items, sometimes a certain item.
fn path() -> impl Strategy<Value = String> {
    let step = prop_oneof![
        4 => "[xyz]".prop_map(|name| format!(".{name}")),
        2 => Just("[*]".to_owned()),
        1 => Just(".*".to_owned()),
        1 => Just("[0]".to_owned()),
        1 => Just(".0".to_owned()),
    ];
    prop::collection::vec(step, 0..4).prop_map(|steps| format!("${}", steps.concat()))
}

fn rules() -> impl Strategy<Value = Rules> {
    let logic = prop_oneof![3 => Just(RuleLogic::And), 1 => Just(RuleLogic::Or)];
    prop::collection::vec((path(), prop::collection::vec(rule(), 1..3), logic), 0..5).prop_map(|mut rules| {
        rules.sort_by(|a, b| a.0.cmp(&b.0));
        rules.dedup_by(|a, b| a.0 == b.0);
        rules
    })
}

/// The same value with something changed, or another one altogether.
fn changed(value: &Value, by: &Value, at: usize) -> Value {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let mut members = members.clone();
            let name = members.keys().nth(at % members.len()).cloned().unwrap();
            match at % 4 {
                0 => drop(members.remove(&name)),
                1 => drop(members.insert("more".into(), by.clone())),
                _ => {
                    let inner = changed(&members[&name], by, at / 2);
                    members.insert(name, inner);
                }
            }
            members.into()
        }
        Value::Array(items) if !items.is_empty() => {
            let mut items = items.clone();
            let index = at % items.len();
            match at % 4 {
                0 => drop(items.remove(index)),
                1 => items.push(items[0].clone()),
                _ => items[index] = changed(&items[index], by, at / 2),
            }
            items.into()
        }
        _ => by.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A user would see green where the reference implementation sees red.
    #[test]
    fn what_is_accepted_at_a_glance_pact_matching_accepts_too(
        expected in body(), rules in rules(), other in body(), at in 0..64_usize, same in 0..3_usize,
    ) {
        let Some(glance) = Expected::new(&expected, Some(&category(&rules))) else { return Ok(()) };
        let actual = match same {
            0 => expected.clone(),
            1 => changed(&expected, &other, at),
            _ => changed(&changed(&expected, &other, at), &other, at / 3),
        };
        if glance.accepts(&actual) {
            prop_assert_eq!(judged(&expected, &rules, &actual), vec![]);
        }
    }
}

/// A verdict would depend on the order in which rules happen to be held.
#[test]
fn rules_that_are_equally_close_are_left_to_pact_matching() {
    let rule = |path: &str, rule| (path.to_owned(), vec![rule], RuleLogic::And);
    let ambiguous = vec![rule("$.*", MatchingRule::Boolean), rule("$[*]", MatchingRule::Null)];
    assert!(Expected::new(&json!([1.0]), Some(&category(&ambiguous))).is_none());
    let clear = vec![rule("$.*", MatchingRule::Type), rule("$.a", MatchingRule::Number)];
    assert!(Expected::new(&json!({"a": 1, "b": 2}), Some(&category(&clear))).is_some());
}

/// A user would wait for a comparison that was not needed.
#[test]
fn ordinary_responses_are_accepted() {
    let rule = |path: &str, rule| (path.to_owned(), vec![rule], RuleLogic::And);
    let expected = json!({
        "id": "1", "status": "ACTIVE", "on": "2025-01-31", "total": 1.5, "customer": {"name": "n"},
        "items": [{"n": 1}], "labels": {"a": "b"}, "fixed": [1, 2]
    });
    let rules = vec![
        rule("$.id", MatchingRule::Regex("^[0-9]+$".into())),
        (
            "$.status".to_owned(),
            vec![MatchingRule::Type, MatchingRule::Regex("A.*|P.*".into())],
            RuleLogic::And,
        ),
        rule("$.on", MatchingRule::Date("yyyy-MM-dd".into())),
        rule("$.total", MatchingRule::Number),
        rule("$.customer.name", MatchingRule::Type),
        rule("$.items", MatchingRule::MinType(1)),
        rule("$.items[*].n", MatchingRule::Integer),
        rule("$.labels", MatchingRule::Values),
        rule("$.labels.*", MatchingRule::Type),
    ];
    let glance = Expected::new(&expected, Some(&category(&rules))).unwrap();
    let actual = json!({
        "id": "77", "status": "PENDING", "on": "2026-02-28", "total": 3, "customer": {"name": "m", "more": 1},
        "items": [{"n": 1}, {"n": 2, "more": 1}], "labels": {"c": "d", "e": "f"}, "fixed": [1, 2], "more": 1
    });
    assert!(glance.accepts(&actual));
    assert_eq!(judged(&expected, &rules, &actual), vec![]);
}
