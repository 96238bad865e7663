//! Matching rules of the response, in the form of each version that has them.

use serde_json::{Value, json};

use super::provider::Answer;
use super::{judge, pact, verify};

/// A response with a JSON body under rules of the body.
fn body_rules(version: u8, example: &Value, rules: &Value) -> Value {
    let mut interaction = json!({
        "description": "read", "request": {"method": "GET", "path": "/invoices"},
        "response": {"status": 200, "headers": {"Content-Type": "application/json"}}
    });
    if version == 4 {
        interaction["type"] = json!("Synchronous/HTTP");
        interaction["response"]["body"] =
            json!({"content": example, "contentType": "application/json", "encoded": false});
    } else {
        interaction["response"]["body"] = example.clone();
    }
    interaction["response"]["matchingRules"] = if version == 2 {
        // One map of whole paths, one rule each.
        let rules = rules.as_object().unwrap();
        rules.iter().map(|(path, rule)| (path.replacen('$', "$.body", 1), rule.clone())).collect()
    } else {
        let rules = rules.as_object().unwrap();
        let rules: serde_json::Map<String, Value> = rules
            .iter()
            .map(|(path, rule)| (path.clone(), json!({"combine": "AND", "matchers": [rule]})))
            .collect();
        json!({"body": rules})
    };
    interaction
}

/// Where an answer differs, if it does.
type Case = (Value, Option<&'static str>);

/// From which version on, the example, its rules, and answers.
type Row = (u8, Value, Value, Vec<Case>);

fn rows() -> Vec<Row> {
    vec![
        // By type: the value may be another, what it is may not.
        (
            2,
            json!({"id": 7, "status": "OPEN"}),
            json!({"$": {"match": "type"}}),
            vec![
                (json!({"id": 8, "status": "PAID"}), None),
                (json!({"id": "8", "status": "PAID"}), Some("$.id")),
                (json!({"id": 8}), Some("$.status")),
            ],
        ),
        (
            2,
            json!({"status": "OPEN"}),
            json!({"$.status": {"match": "regex", "regex": "^(OPEN|PAID)$"}}),
            vec![(json!({"status": "PAID"}), None), (json!({"status": "VOID"}), Some("$.status"))],
        ),
        (
            2,
            json!({"lines": [{"id": 1}]}),
            json!({"$.lines": {"match": "type", "min": 2}}),
            vec![
                (json!({"lines": [{"id": 2}, {"id": 3}]}), None),
                (json!({"lines": [{"id": 2}]}), Some("$.lines")),
                (json!({"lines": [{"id": 2}, {"id": "3"}]}), Some("$.lines")),
            ],
        ),
        (
            2,
            json!({"lines": [1]}),
            json!({"$.lines": {"match": "type", "max": 2}}),
            vec![(json!({"lines": [1, 2]}), None), (json!({"lines": [1, 2, 3]}), Some("$.lines"))],
        ),
        (
            3,
            json!({"lines": [1]}),
            json!({"$.lines": {"match": "type", "min": 1, "max": 2}}),
            vec![
                (json!({"lines": [2, 3]}), None),
                (json!({"lines": []}), Some("$.lines")),
                (json!({"lines": [1, 2, 3]}), Some("$.lines")),
            ],
        ),
        // A rule of a field stands above that of what is around it.
        (
            3,
            json!({"id": 7, "currency": "EUR"}),
            json!({"$": {"match": "type"}, "$.currency": {"match": "equality"}}),
            vec![
                (json!({"id": 8, "currency": "EUR"}), None),
                (json!({"id": 8, "currency": "USD"}), Some("$.currency")),
            ],
        ),
        (
            3,
            json!({"note": "due"}),
            json!({"$.note": {"match": "include", "value": "due"}}),
            vec![(json!({"note": "overdue"}), None), (json!({"note": "paid"}), Some("$.note"))],
        ),
        (
            3,
            json!({"n": 7}),
            json!({"$.n": {"match": "integer"}}),
            vec![(json!({"n": 8}), None), (json!({"n": 8.5}), Some("$.n")), (json!({"n": "8"}), Some("$.n"))],
        ),
        (
            3,
            json!({"n": 7.5}),
            json!({"$.n": {"match": "decimal"}}),
            vec![(json!({"n": 8.25}), None), (json!({"n": 8}), Some("$.n"))],
        ),
        (
            3,
            json!({"n": 7}),
            json!({"$.n": {"match": "number"}}),
            vec![(json!({"n": 8.25}), None), (json!({"n": "8"}), Some("$.n"))],
        ),
        (
            3,
            json!({"paid": null}),
            json!({"$.paid": {"match": "null"}}),
            vec![(json!({"paid": null}), None), (json!({"paid": 1}), Some("$.paid"))],
        ),
        (
            3,
            json!({"at": "2026-01-31"}),
            json!({"$.at": {"match": "date", "date": "yyyy-MM-dd"}}),
            vec![(json!({"at": "2026-02-28"}), None), (json!({"at": "28.2.2026"}), Some("$.at"))],
        ),
        (
            3,
            json!({"at": "12:30"}),
            json!({"$.at": {"match": "time", "time": "HH:mm"}}),
            vec![(json!({"at": "00:01"}), None), (json!({"at": "noon"}), Some("$.at"))],
        ),
        (
            3,
            json!({"at": "2026-01-31T12:30:00"}),
            json!({"$.at": {"match": "timestamp", "timestamp": "yyyy-MM-dd'T'HH:mm:ss"}}),
            vec![(json!({"at": "2026-02-28T00:00:01"}), None), (json!({"at": "2026-02-28"}), Some("$.at"))],
        ),
        (
            3,
            json!({"paid": true}),
            json!({"$.paid": {"match": "boolean"}}),
            vec![(json!({"paid": false}), None), (json!({"paid": 3}), Some("$.paid"))],
        ),
        (
            3,
            json!({"by_id": {"a": 1}}),
            json!({"$.by_id": {"match": "values"}, "$.by_id.*": {"match": "integer"}}),
            vec![
                (json!({"by_id": {"b": 2, "c": 3}}), None),
                (json!({"by_id": {"b": "2"}}), Some("$.by_id.b")),
            ],
        ),
        (
            4,
            json!({"id": "x", "lines": ["l"]}),
            json!({"$.id": {"match": "notEmpty"}, "$.lines": {"match": "notEmpty"}}),
            vec![
                (json!({"id": "y", "lines": ["m"]}), None),
                (json!({"id": "", "lines": ["l"]}), Some("$.id")),
                (json!({"id": "x", "lines": []}), Some("$.lines")),
                (json!({"id": "x", "lines": "l"}), Some("$.lines")),
            ],
        ),
        (
            4,
            json!({"api": "1.0.0"}),
            json!({"$.api": {"match": "semver"}}),
            vec![(json!({"api": "2.1.0-rc.1"}), None), (json!({"api": "2.1"}), Some("$.api"))],
        ),
        (
            4,
            json!({"aa": 1}),
            json!({"$": {"match": "eachKey", "rules": [{"match": "regex", "regex": "^[a-z]+$"}]}}),
            vec![(json!({"aa": 1, "bb": 2}), None), (json!({"aa": 1, "100": 2}), Some("100"))],
        ),
        (
            4,
            json!({"aa": "x"}),
            json!({"$": {"match": "eachValue", "rules": [{"match": "regex", "regex": "^[a-z]*$"}]}}),
            vec![(json!({"aa": "x", "bb": "y"}), None), (json!({"aa": "x", "bb": "100"}), Some("$.bb"))],
        ),
        (
            4,
            json!([{"kind": "fee"}, {"kind": "tax", "rate": 10}]),
            json!({"$": {"match": "arrayContains", "variants": [
                {"index": 0, "rules": {"$.kind": {"combine": "AND", "matchers": [{"match": "equality"}]}}},
                {"index": 1, "rules": {
                    "$.kind": {"combine": "AND", "matchers": [{"match": "equality"}]},
                    "$.rate": {"combine": "AND", "matchers": [{"match": "integer"}]}
                }}
            ]}}),
            vec![
                (json!([{"kind": "tax", "rate": 20}, {"kind": "usage"}, {"kind": "fee"}]), None),
                (json!([{"kind": "fee"}, {"kind": "usage"}]), Some("$")),
            ],
        ),
    ]
}

/// A consumer's rules would be read as something else than what its own library took them for.
#[test]
fn every_rule_of_a_body_accepts_and_refuses_in_every_version_that_has_it() {
    for (since, example, rules, cases) in rows() {
        for version in since..=4 {
            let pact = pact(version, &[body_rules(version, &example, &rules)]);
            for (body, difference) in &cases {
                let name = format!("V{version} {rules} {body}");
                judge(&verify(&pact, Answer::json(body)), &name, *difference);
            }
        }
    }
}

/// Rules that belong together would be taken one by one, and each would be kept by something that breaks both.
#[test]
fn rules_of_one_field_hold_all_together_or_one_of_them() {
    for version in 3..=4 {
        for (combine, good, bad) in [("AND", "INV-7", "INV-"), ("OR", "7", "invoice")] {
            let mut interaction = body_rules(version, &json!({"no": "INV-1"}), &json!({}));
            interaction["response"]["matchingRules"] = json!({"body": {"$.no": {"combine": combine, "matchers": [
                {"match": "include", "value": "INV"}, {"match": "regex", "regex": ".*\\d$"}
            ]}}});
            let pact = pact(version, &[interaction]);
            let name = format!("V{version} {combine}");
            judge(&verify(&pact, Answer::json(&json!({"no": good}))), &name, None);
            judge(&verify(&pact, Answer::json(&json!({"no": bad}))), &name, Some("$.no"));
        }
    }
}

/// Each answer has another request id, and a header that must be a number may become a word.
#[test]
fn headers_follow_their_rules() {
    for version in 2..=4 {
        let mut interaction = body_rules(version, &json!({}), &json!({}));
        interaction["response"]["headers"]["X-Page"] = json!("1");
        interaction["response"]["matchingRules"] = match version {
            2 => json!({"$.header.X-Page": {"match": "regex", "regex": "^\\d+$"}}),
            _ => json!({"header": {"X-Page": {
                "combine": "AND", "matchers": [{"match": "regex", "regex": "^\\d+$"}]
            }}}),
        };
        let pact = pact(version, &[interaction]);
        let paged = |page: &str| Answer::json(&json!({})).with_header("x-page", page);
        judge(&verify(&pact, paged("1000")), "a number", None);
        judge(&verify(&pact, paged("12a")), "no number", Some("X-Page"));
    }
}

/// A provider that answers 201 where 200 was recorded, to a consumer that only asks whether it went well, would fail.
#[test]
fn a_status_may_be_any_of_its_class() {
    for (class, good, bad) in [
        (json!("success"), 299, 400),
        (json!("clientError"), 422, 500),
        (json!("serverError"), 503, 404),
        (json!("error"), 404, 204),
        (json!("nonError"), 304, 404),
        (json!("redirect"), 307, 200),
        (json!([200, 202]), 202, 201),
    ] {
        let mut interaction = body_rules(4, &json!({}), &json!({}));
        interaction["response"]["status"] = json!(200);
        interaction["response"]["matchingRules"] = json!({"status": {
            "$": {"combine": "AND", "matchers": [{"match": "statusCode", "status": class}]}
        }});
        // What has no body can be any status.
        interaction["response"].as_object_mut().unwrap().remove("body");
        interaction["response"]["headers"] = json!({});
        let pact = pact(4, &[interaction]);
        judge(&verify(&pact, Answer::empty().with_status(good)), &format!("{class} {good}"), None);
        let run = verify(&pact, Answer::empty().with_status(bad));
        judge(&run, &format!("{class} {bad}"), Some(&format!("Expected status code {bad} to be a ")));
    }
}
