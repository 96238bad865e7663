//! Pacts of one version that come in parts.

use serde_json::Value;
use serde_json::value::RawValue;

use super::content::Members;

/// The pact that has the interactions of both. An interaction that is in both, by its description and provider
/// states, is taken from the second; if its requests differ, the two say different things about one version.
pub(super) fn merge(old: &str, new: &str) -> Result<String, String> {
    let read = |text| serde_json::from_str::<Members<'_>>(text).map_err(|error| error.to_string());
    let (old, new) = (read(old)?, read(new)?);
    let mut text = String::from("{");
    for (name, raw) in &old.0 {
        let value = match (name.as_str(), new.get(name)) {
            ("interactions" | "messages", Some(more)) => merged(raw, more)?,
            (_, newer) => newer.unwrap_or(raw).get().to_owned(),
        };
        push(&mut text, name, &value);
    }
    for (name, raw) in new.0.iter().filter(|(name, _)| old.get(name).is_none()) {
        push(&mut text, name, raw.get());
    }
    text.push('}');
    Ok(text)
}

fn push(text: &mut String, name: &str, value: &str) {
    if text.len() > 1 {
        text.push(',');
    }
    text.push_str(&Value::String(name.to_owned()).to_string());
    text.push(':');
    text.push_str(value);
}

fn merged(old: &RawValue, new: &RawValue) -> Result<String, String> {
    let list = |raw: &RawValue| {
        serde_json::from_str::<Vec<Box<RawValue>>>(raw.get()).map_err(|error| error.to_string())
    };
    let read = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).map_err(|error| error.to_string());
    let mut all = list(old)?;
    let mut known = all.iter().map(|raw| read(raw)).collect::<Result<Vec<Value>, _>>()?;
    for raw in list(new)? {
        let one = read(&raw)?;
        match known.iter().position(|other| identity(other) == identity(&one)) {
            Some(place) if known[place].get("request") != one.get("request") => {
                let description = one.get("description").and_then(Value::as_str).unwrap_or_default();
                return Err(format!(
                    "two requests are described as \"{description}\" with the same provider states"
                ));
            }
            Some(place) => {
                all[place] = raw;
                known[place] = one;
            }
            None => {
                all.push(raw);
                known.push(one);
            }
        }
    }
    let all: Vec<&str> = all.iter().map(|raw| raw.get()).collect();
    Ok(format!("[{}]", all.join(",")))
}

fn identity(interaction: &Value) -> [Option<&Value>; 3] {
    ["description", "providerState", "providerStates"].map(|member| interaction.get(member))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"{"consumer":{"name":"A"},"interactions":[{"description":"a","request":{"path":"/a"},"response":{"status":200}}],"metadata":{"v":1}}"#;

    /// Two jobs of one build that publish a part each would lose one.
    #[test]
    fn interactions_of_both_are_there() {
        let new = r#"{"interactions":[{"description":"b","request":{}}],"metadata":{"v":2}}"#;
        let all: Value = serde_json::from_str(&merge(OLD, new).unwrap()).unwrap();
        assert_eq!(all["interactions"][0]["description"], "a");
        assert_eq!(all["interactions"][1]["description"], "b");
        assert_eq!((&all["metadata"]["v"], &all["consumer"]["name"]), (&2.into(), &"A".into()));
    }

    /// A provider would be verified against a response that nobody expects any more.
    #[test]
    fn one_interaction_is_replaced_if_it_asks_the_same() {
        let newer =
            r#"{"interactions":[{"description":"a","request":{"path":"/a"},"response":{"status":500}}]}"#;
        let all: Value = serde_json::from_str(&merge(OLD, newer).unwrap()).unwrap();
        assert_eq!(all["interactions"].as_array().unwrap().len(), 1);
        assert_eq!(all["interactions"][0]["response"]["status"], 500);
        let other = r#"{"interactions":[{"description":"a","request":{"path":"/b"}}]}"#;
        assert!(merge(OLD, other).unwrap_err().contains("\"a\""));
    }
}
