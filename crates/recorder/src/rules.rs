//! From a schema and an example to Pact matching rules.
//!
//! | schema | rule |
//! | --- | --- |
//! | `const`, an enum of one value | `equality` |
//! | enum | `type` and `regex` of its values |
//! | `pattern` | `type` and `regex` |
//! | `format: date` | `date` |
//! | `format: date-time`, `uuid`, `email`, `uri` | `type` and `regex` |
//! | integer, number | `integer`, `number` |
//! | boolean | `type` and `boolean` |
//! | other text, anything | `type` |
//! | array | `type` with `min: 1`, and the rules of its item for each item |
//! | map | `values`, and the rules of its value for each value |
//!
//! `regex` and `boolean` alone compare the text of a value, so that 17 would do for "17" and "true" for true; `type`
//! beside them keeps text text. Money is matched by `number`: an integral amount such as `100` would fail Pact's `decimal`.
//! A rule that its own example fails is an error here, because no provider could ever satisfy both.

use std::collections::BTreeMap;

use pact_models::matchingrules::MatchingRule;
use pact_models::path_exp::DocPath;
use regex::Regex;
use serde_json::Value;

use crate::RecordError;

const DATE_TIME: &str = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$";
const UUID: &str = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
const EMAIL: &str = r"^[^@\s]+@[^@\s]+\.[^@\s]+$";
const URI: &str = r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$";

/// The matching rules of one place; all of them must hold.
#[derive(Debug)]
pub struct Rule {
    pub(crate) path: DocPath,
    pub(crate) all_of: Vec<MatchingRule>,
}

impl Rule {
    pub(crate) fn new(path: &str, rule: MatchingRule) -> Result<Self, RecordError> {
        let path = DocPath::new(path)
            .map_err(|error| breaks(path, format!("its name makes no Pact path: {error}")))?;
        let all_of = match rule {
            MatchingRule::Regex(_) | MatchingRule::Boolean => vec![MatchingRule::Type, rule],
            rule => vec![rule],
        };
        Ok(Self { path, all_of })
    }
}

fn breaks(path: &str, reason: impl Into<String>) -> RecordError {
    RecordError::ExampleBreaksSchema { path: path.to_owned(), reason: reason.into() }
}

/// The rules for an example, by path.
///
/// # Errors
/// [`RecordError::ExampleBreaksSchema`].
pub fn derive(schema: &Value, example: &Value) -> Result<BTreeMap<String, Rule>, RecordError> {
    let mut rules = BTreeMap::new();
    walk(schema, example, "$", &mut rules)?;
    Ok(rules)
}

fn walk(
    schema: &Value,
    example: &Value,
    path: &str,
    rules: &mut BTreeMap<String, Rule>,
) -> Result<(), RecordError> {
    if let Some(Value::Array(variants)) = schema.get("oneOf").or_else(|| schema.get("anyOf")) {
        let variant = variants
            .iter()
            .find(|variant| fits(variant, example))
            .ok_or_else(|| breaks(path, format!("{example} is none of the {} variants", variants.len())))?;
        return walk(variant, example, path, rules);
    }
    let mut add = |rule| Rule::new(path, rule).map(|rule| rules.insert(path.to_owned(), rule)).map(drop);
    match example {
        Value::Null if allows(schema, "null") => Ok(()),
        Value::Null => Err(breaks(path, "null is not allowed")),
        Value::Object(members) => {
            expect_type(schema, "object", example, path)?;
            let properties = schema.get("properties").and_then(Value::as_object);
            let values = schema.get("additionalProperties").filter(|values| values.is_object());
            if members.is_empty() && properties.is_none() {
                // Without a rule it would have to be empty.
                return add(MatchingRule::Type);
            }
            for (name, member) in members {
                let inner = join(path, name);
                match (properties.and_then(|properties| properties.get(name)), values) {
                    (Some(property), _) => walk(property, member, &inner, rules)?,
                    (None, Some(values)) => {
                        let every = Rule::new(path, MatchingRule::Values)?;
                        rules.insert(path.to_owned(), every);
                        walk(values, member, &format!("{path}.*"), rules)?;
                    }
                    (None, None) if properties.is_some() => {
                        return Err(breaks(&inner, "the schema has no such field"));
                    }
                    (None, None) => {}
                }
            }
            Ok(())
        }
        Value::Array(items) => {
            expect_type(schema, "array", example, path)?;
            add(if items.is_empty() { MatchingRule::Type } else { MatchingRule::MinType(1) })?;
            match (schema.get("items"), items.first()) {
                (Some(item_schema), Some(_)) => {
                    items.iter().try_for_each(|item| walk(item_schema, item, &format!("{path}[*]"), rules))
                }
                _ => Ok(()),
            }
        }
        Value::Bool(_) => {
            expect_type(schema, "boolean", example, path)?;
            add(constant(schema, example).unwrap_or(MatchingRule::Boolean))
        }
        Value::Number(number) => {
            if let Some(rule) = constant(schema, example) {
                return add(rule);
            }
            if allows(schema, "number") {
                add(MatchingRule::Number)
            } else if allows(schema, "integer") && (number.is_i64() || number.is_u64()) {
                add(MatchingRule::Integer)
            } else {
                Err(breaks(path, format!("{example} is not of type {}", type_of(schema))))
            }
        }
        Value::String(text) => {
            expect_type(schema, "string", example, path)?;
            let rule = constant(schema, example).map_or_else(|| text_rule(schema, text, path), Ok)?;
            add(rule)
        }
    }
}

fn text_rule(schema: &Value, text: &str, path: &str) -> Result<MatchingRule, RecordError> {
    let pattern = if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<String> = values.iter().filter_map(Value::as_str).map(regex::escape).collect();
        format!("^({})$", values.join("|"))
    } else if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        pattern.to_owned()
    } else {
        match schema.get("format").and_then(Value::as_str) {
            Some("date") => return Ok(MatchingRule::Date("yyyy-MM-dd".into())),
            Some("date-time") => DATE_TIME.to_owned(),
            Some("uuid") => UUID.to_owned(),
            Some("email") => EMAIL.to_owned(),
            Some("uri") => URI.to_owned(),
            _ => return Ok(MatchingRule::Type),
        }
    };
    let regex =
        Regex::new(&pattern).map_err(|error| breaks(path, format!("its pattern is no regex: {error}")))?;
    if regex.is_match(text) {
        Ok(MatchingRule::Regex(pattern))
    } else {
        Err(breaks(path, format!("\"{text}\" does not match {pattern}")))
    }
}

/// Equality, where the schema leaves one value.
fn constant(schema: &Value, example: &Value) -> Option<MatchingRule> {
    let only = schema.get("const").or_else(|| {
        schema
            .get("enum")
            .and_then(Value::as_array)
            .filter(|values| values.len() == 1)
            .and_then(|v| v.first())
    })?;
    (only == example).then_some(MatchingRule::Equality)
}

fn allows(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        None => true,
        Some(Value::Array(types)) => types.iter().any(|allowed| allowed == name),
        Some(allowed) => allowed == name,
    }
}

fn type_of(schema: &Value) -> String {
    schema.get("type").map_or_else(|| "anything".to_owned(), ToString::to_string)
}

fn expect_type(schema: &Value, name: &str, example: &Value, path: &str) -> Result<(), RecordError> {
    if allows(schema, name) {
        Ok(())
    } else {
        Err(breaks(path, format!("{example} is not of type {}", type_of(schema))))
    }
}

/// Whether an example has the outer shape of a variant: type, required fields, constants.
fn fits(schema: &Value, example: &Value) -> bool {
    let type_fits = match example {
        Value::Null => schema.get("type").is_some() && allows(schema, "null"),
        Value::Bool(_) => allows(schema, "boolean"),
        Value::Number(_) => allows(schema, "number") || allows(schema, "integer"),
        Value::String(_) => allows(schema, "string"),
        Value::Array(_) => allows(schema, "array"),
        Value::Object(_) => allows(schema, "object"),
    };
    let required_fit = schema
        .get("required")
        .and_then(Value::as_array)
        .is_none_or(|names| names.iter().filter_map(Value::as_str).all(|name| example.get(name).is_some()));
    let values_fit =
        schema.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(example));
    let members_fit = schema.get("properties").and_then(Value::as_object).is_none_or(|properties| {
        properties
            .iter()
            .all(|(name, property)| example.get(name).is_none_or(|member| fits(property, member)))
    });
    type_fits && required_fit && values_fit && members_fit
}

fn join(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { format!("{path}.{name}") } else { format!("{path}['{name}']") }
}

/// Every path of an example.
pub(crate) fn paths(example: &Value) -> Vec<String> {
    fn collect(value: &Value, path: String, all: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, member)| collect(member, join(&path, name), all));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, item)| collect(item, format!("{path}[{index}]"), all));
            }
            _ => {}
        }
        all.push(path);
    }
    let mut all = Vec::new();
    collect(example, "$".into(), &mut all);
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(schema: &Value, example: &Value) -> Value {
        let json = |rule: &Rule| match rule.all_of.as_slice() {
            [only] => only.to_json(),
            [MatchingRule::Type, second] => second.to_json(),
            more => panic!("{more:?}"),
        };
        let rules = derive(schema, example).unwrap();
        rules.iter().map(|(path, rule)| (path.clone(), json(rule))).collect::<serde_json::Map<_, _>>().into()
    }

    fn one(schema: &Value, example: &Value) -> Value {
        rules(schema, example)["$"].clone()
    }

    #[test]
    fn every_kind_of_schema_has_its_rule() {
        for (schema, example, rule) in [
            (json!({"type": "string"}), json!("x"), json!({"match": "type"})),
            (
                json!({"type": "string", "enum": ["A", "B.C"]}),
                json!("A"),
                json!({"match": "regex", "regex": r"^(A|B\.C)$"}),
            ),
            (json!({"type": "string", "enum": ["A"]}), json!("A"), json!({"match": "equality"})),
            (json!({"const": 3}), json!(3), json!({"match": "equality"})),
            (
                json!({"type": "string", "pattern": "^P"}),
                json!("P1"),
                json!({"match": "regex", "regex": "^P"}),
            ),
            (
                json!({"type": "string", "format": "date"}),
                json!("2025-01-31"),
                json!({"match": "date", "format": "yyyy-MM-dd"}),
            ),
            (
                json!({"type": "string", "format": "uuid"}),
                json!("550e8400-e29b-41d4-a716-446655440000"),
                json!({"match": "regex", "regex": UUID}),
            ),
            (
                json!({"type": "string", "format": "email"}),
                json!("a@b.c"),
                json!({"match": "regex", "regex": EMAIL}),
            ),
            (
                json!({"type": "string", "format": "uri"}),
                json!("https://x/y"),
                json!({"match": "regex", "regex": URI}),
            ),
            (json!({"type": "integer"}), json!(1), json!({"match": "integer"})),
            (json!({"type": "number"}), json!(100), json!({"match": "number"})),
            (json!({"type": "boolean"}), json!(true), json!({"match": "boolean"})),
            (json!({"type": ["string", "null"]}), json!("x"), json!({"match": "type"})),
            (
                json!({"oneOf": [{"type": "null"}, {"type": "integer"}]}),
                json!(1),
                json!({"match": "integer"}),
            ),
        ] {
            assert_eq!(one(&schema, &example), rule, "{schema}");
        }
    }

    #[test]
    fn a_date_time_may_have_a_fraction_and_any_offset() {
        let rule =
            one(&json!({"type": "string", "format": "date-time"}), &json!("2025-01-31T09:00:00.5+09:00"));
        assert_eq!(rule["match"], "regex");
    }

    #[test]
    fn lists_and_maps_give_the_rule_for_every_member() {
        let schema = json!({"type": "object", "properties": {
            "list": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
            "none": {"type": "array", "items": {"type": "integer"}},
        }});
        let example = json!({"list": [{"n": 1}], "map": {"a": "b"}, "none": []});
        assert_eq!(
            rules(&schema, &example),
            json!({
                "$.list": {"match": "type", "min": 1},
                "$.list[*].n": {"match": "integer"},
                "$.map": {"match": "values"},
                "$.map.*": {"match": "type"},
                "$.none": {"match": "type"},
            })
        );
    }

    /// A user would publish a pact that no provider can satisfy.
    #[test]
    fn an_example_that_breaks_its_own_schema_is_refused_with_its_path() {
        let schema =
            json!({"type": "object", "properties": {"id": {"type": "string", "pattern": "^ADJ_[0-9A-F]+$"}}});
        let error = derive(&schema, &json!({"id": "ADJ_XYZ789"})).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the example at $.id breaks its own schema: \"ADJ_XYZ789\" does not match ^ADJ_[0-9A-F]+$"
        );
        for (schema, example) in [
            (json!({"type": "integer"}), json!(1.5)),
            (json!({"type": "string"}), json!(null)),
            (json!({"type": "string", "enum": ["A"]}), json!("B")),
            (json!({"type": "array"}), json!({})),
            (json!({"type": "object", "properties": {}}), json!({"extra": 1})),
            (json!({"oneOf": [{"type": "string"}]}), json!(1)),
        ] {
            assert!(derive(&schema, &example).is_err(), "{schema} {example}");
        }
    }
}
