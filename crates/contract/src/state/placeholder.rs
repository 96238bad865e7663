//! Placeholders: `{name}` inside the texts of a state file.

use serde_json::{Map, Value};

/// The names in braces: `INV-{month}-{id}` has `month` and `id`.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .filter(|name| is_name(name))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Puts values in the place of placeholders. A text that is one placeholder and nothing else becomes the value
/// with its type; inside other text the value's own text stands.
#[must_use]
pub fn fill(template: &Value, values: &Map<String, Value>) -> Value {
    match template {
        Value::String(text) => {
            if let Some(value) = text
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'))
                .filter(|name| is_name(name))
                .and_then(|name| values.get(name))
            {
                return value.clone();
            }
            let mut filled = text.clone();
            for name in placeholders(text) {
                if let Some(value) = values.get(name) {
                    let plain = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                    filled = filled.replace(&format!("{{{name}}}"), &plain);
                }
            }
            Value::String(filled)
        }
        Value::Array(list) => Value::Array(list.iter().map(|item| fill(item, values)).collect()),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, item)| (key.clone(), fill(item, values))).collect())
        }
        other => other.clone(),
    }
}

/// The first placeholder that has no value.
#[must_use]
pub fn first_without_value<'a>(template: &'a Value, values: &Map<String, Value>) -> Option<&'a str> {
    match template {
        Value::String(text) => placeholders(text).find(|name| !values.contains_key(*name)),
        Value::Array(list) => list.iter().find_map(|item| first_without_value(item, values)),
        Value::Object(object) => object.values().find_map(|item| first_without_value(item, values)),
        _ => None,
    }
}
