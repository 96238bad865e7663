//! The content of a pact: what it is known by, and what is served.
//!
//! Two pacts have the same content if their interactions are the same, whatever the order of keys and interactions.
//! Names and the rest of the metadata do not count. The SHA is computed exactly as the original broker does, so that
//! addresses and results can move from one to the other.

use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sha1::{Digest as _, Sha1};

/// A pact, read for keeping.
#[derive(Debug)]
pub(super) struct Content {
    /// What the content is known by.
    pub(super) sha: String,
    /// What is served: as the consumer wrote it, with an `_id` in each interaction.
    pub(super) text: String,
    /// How many requests to a provider it has.
    pub(super) interactions: usize,
    /// How many messages it has.
    pub(super) messages: usize,
    /// The name of its consumer, if it has one.
    pub(super) consumer: Option<String>,
    /// The name of its provider, if it has one.
    pub(super) provider: Option<String>,
}

/// The members of an object in the order in which they were written, their values unread.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<Option<(String, &RawValue)>> = Vec::new();
                let mut places = HashMap::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    // The last of a name is the one that counts, as in every other reader of JSON.
                    if let Some(before) = places.insert(name.clone(), members.len()) {
                        members[before] = None;
                    }
                    members.push(Some((name, value)));
                }
                Ok(Members(members.into_iter().flatten().collect()))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl Members<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    fn name_of(&self, role: &str) -> Option<String> {
        let party: Value = serde_json::from_str(self.get(role)?.get()).ok()?;
        party.get("name")?.as_str().map(ToOwned::to_owned)
    }
}

impl Members<'_> {
    /// The object as JSON.
    fn text(&self) -> String {
        let member =
            |(name, raw): &(String, &RawValue)| format!("{}:{}", Value::from(name.as_str()), raw.get());
        format!("{{{}}}", self.0.iter().map(member).collect::<Vec<_>>().join(","))
    }
}

/// One interaction, canonical and as it is served.
struct Interaction {
    canonical: String,
    served: String,
    is_message: bool,
}

impl Content {
    /// Reads the pact in a JSON text.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let pact: Members<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let listed = |name| pact.get(name).map(interactions).transpose().map(Option::flatten);
        let interactions = listed("interactions").map_err(|error| error.to_string())?;
        let messages = listed("messages").map_err(|error| error.to_string())?;
        let metadata = pact.get("metadata").and_then(|raw| serde_json::from_str(raw.get()).ok());
        let sha = match interactions.as_ref().or(messages.as_ref()) {
            Some(all) => sha_of(all, metadata.as_ref().and_then(specification)),
            None => digest(canonical_text(bytes).map_err(|error| error.to_string())?),
        };
        let all = || interactions.iter().flatten().chain(messages.iter().flatten());
        Ok(Self {
            sha,
            interactions: all().filter(|one| !one.is_message).count(),
            messages: all().filter(|one| one.is_message).count(),
            consumer: pact.name_of("consumer"),
            provider: pact.name_of("provider"),
            text: served(&pact, interactions.as_deref(), messages.as_deref()),
        })
    }
}

/// The interactions of a list; none if it is no list of objects.
fn interactions(raw: &RawValue) -> Result<Option<Vec<Interaction>>, serde_json::Error> {
    let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else { return Ok(None) };
    let mut all = Vec::with_capacity(list.len());
    for raw in list {
        let Ok(mut members) = serde_json::from_str::<Members<'_>>(raw.get()) else { return Ok(None) };
        // A pact that came from a broker has ids already.
        let had_id = members.get("_id").is_some();
        members.0.retain(|(name, _)| name != "_id");
        let kind = members.get("type").and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let is_message = match kind.as_ref().and_then(Value::as_str) {
            Some(kind) => kind.contains("Message"),
            None => members.get("request").is_none(),
        };
        let own = if had_id { members.text() } else { raw.get().to_owned() };
        let canonical = canonical_text(own.as_bytes())?;
        let id = digest(&canonical);
        let rest = own.trim_start().strip_prefix('{').unwrap_or_default().trim_start();
        let comma = if rest.starts_with('}') { "" } else { "," };
        let served = format!("{{\"_id\":\"{id}\"{comma}{rest}");
        all.push(Interaction { canonical, served, is_message });
    }
    Ok(Some(all))
}

fn sha_of(interactions: &[Interaction], specification: Option<Value>) -> String {
    let mut all: Vec<&str> = interactions.iter().map(|one| one.canonical.as_str()).collect();
    all.sort_unstable();
    let version =
        specification.map(|version| format!(",\"pact_specification_version\":{}", canonical(&version)));
    digest(format!("{{\"interactions\":[{}]{}}}", all.join(","), version.unwrap_or_default()))
}

fn specification(metadata: &Value) -> Option<Value> {
    let version = metadata.get("pactSpecification").and_then(|it| it.get("version"));
    let version = version.or_else(|| metadata.get("pact-specification")?.get("version"));
    version.or_else(|| metadata.get("pactSpecificationVersion")).filter(|it| !it.is_null()).cloned()
}

fn served(
    pact: &Members<'_>,
    interactions: Option<&[Interaction]>,
    messages: Option<&[Interaction]>,
) -> String {
    let mut text = String::from("{");
    for (name, raw) in &pact.0 {
        let list = match name.as_str() {
            // What a broker adds when it serves a pact is not part of it.
            "createdAt" | "_links" => continue,
            "interactions" => interactions,
            "messages" => messages,
            _ => None,
        };
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&Value::String(name.clone()).to_string());
        text.push(':');
        match list {
            Some(list) => {
                let list: Vec<&str> = list.iter().map(|one| one.served.as_str()).collect();
                text.push('[');
                text.push_str(&list.join(","));
                text.push(']');
            }
            None => text.push_str(raw.get()),
        }
    }
    text.push('}');
    text
}

fn digest(text: impl AsRef<[u8]>) -> String {
    Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digits from which on a whole number may be one that no number type holds.
const LONG: usize = 19;

/// A JSON text, compact and with sorted keys. Whole numbers keep all their digits.
fn canonical_text(json: &[u8]) -> Result<String, serde_json::Error> {
    let long = json.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() >= LONG);
    // What is nested too deeply is refused here.
    let value = serde_json::from_slice(json)?;
    if !long {
        return Ok(canonical(&value));
    }
    let mut text = String::new();
    write_exact(serde_json::from_slice(json)?, &mut text)?;
    Ok(text)
}

/// Like [`write_canonical`], for values that are not read before it is known what they are: slower.
fn write_exact(raw: &RawValue, text: &mut String) -> Result<(), serde_json::Error> {
    let own = raw.get();
    match own.as_bytes() {
        [b'{', ..] => {
            let mut members = serde_json::from_str::<Members<'_>>(own)?.0;
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            text.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name).to_string());
                text.push(':');
                write_exact(value, text)?;
            }
            text.push('}');
        }
        [b'[', ..] => {
            text.push('[');
            for (place, item) in serde_json::from_str::<Vec<&RawValue>>(own)?.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_exact(item, text)?;
            }
            text.push(']');
        }
        [b'-', digits @ ..] | digits if digits.len() >= LONG && digits.iter().all(u8::is_ascii_digit) => {
            text.push_str(own);
        }
        _ => write_canonical(&serde_json::from_str(own)?, text),
    }
    Ok(())
}

/// Compact JSON with sorted keys.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(name.clone()).to_string());
                text.push(':');
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => text.push_str(&ruby_float(float)),
            None => text.push_str(&number.to_string()),
        },
        other => text.push_str(&other.to_string()),
    }
}

/// A float as Ruby writes it, which the original's SHA is made of: with an exponent below 0.0001 and from 1e16 on.
fn ruby_float(float: f64) -> String {
    let size = float.abs();
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{float:?}");
    }
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = if digits.contains('.') { digits.to_owned() } else { format!("{digits}.0") };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// What of a pact counts as its content, for people to compare: interactions in one order, keys sorted.
pub(super) fn comparable(pact: &str) -> Value {
    let Ok(Value::Object(mut pact)) = serde_json::from_str(pact) else { return Value::Null };
    let version = pact.get("metadata").and_then(specification);
    let mut list = match pact.remove("interactions").or_else(|| pact.remove("messages")) {
        Some(Value::Array(list)) => list,
        other => return sorted(other.unwrap_or(Value::Object(pact))),
    };
    for interaction in &mut list {
        if let Value::Object(interaction) = interaction {
            interaction.remove("_id");
        }
    }
    list.sort_by_cached_key(canonical);
    sorted(json!({"interactions": list, "pactSpecificationVersion": version}))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            members.into_iter().map(|(name, value)| (name, sorted(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pact: &Value) -> Content {
        Content::read(pact.to_string().as_bytes()).unwrap()
    }

    /// The original broker computed these for this pact: a result published to one would not be found in the other.
    #[test]
    fn sha_and_ids_are_those_of_the_original() {
        let content = read(&json!({
            "consumer": {"name": "Foo"}, "provider": {"name": "Bar"},
            "interactions": [
                {"description": "get thing", "request": {"method": "GET", "path": "/get-thing"},
                 "response": {"status": 200, "body": {"id": 1, "name": "x"}}, "providerState": "thing exists"},
                {"description": "get list", "request": {"method": "GET", "path": "/get-list"},
                 "response": {"status": 200, "body": [1, 2]}}
            ],
            "metadata": {"pactSpecification": {"version": "2.0.0"}}
        }));
        assert_eq!(content.sha, "6e862f6f52c02594b9e26a231895b894476a1186");
        let served: Value = serde_json::from_str(&content.text).unwrap();
        assert_eq!(served["interactions"][0]["_id"], "c3ac6d0524526e3f0be0ce0cdffc4b9196aacf6a");
        assert_eq!(served["interactions"][1]["_id"], "28557ebe3b3660da5e29aa8a6d20d2bb941b3252");
        assert_eq!((content.interactions, content.messages), (2, 0));
    }

    /// A pact that went through a broker once would be another pact.
    #[test]
    fn what_a_broker_added_does_not_count() {
        let pact = json!({"interactions": [{"description": "a", "request": {}}], "metadata": {"x": 1}});
        let first = read(&pact);
        let mut again: Value = serde_json::from_str(&first.text).unwrap();
        again["_links"] = json!({"self": {}});
        again["createdAt"] = json!("now");
        let second = read(&again);
        assert_eq!(first.sha, second.sha);
        assert_eq!(
            serde_json::from_str::<Value>(&first.text).unwrap(),
            serde_json::from_str::<Value>(&second.text).unwrap()
        );
    }

    /// An amount would change on its way through the broker.
    #[test]
    fn what_is_served_is_what_was_written() {
        let text = r#"{"z": 1.10, "interactions": [ { "description": "ä", "n": 1e3 } ], "a": {"b": 12345678901234567890123}}"#;
        let content = Content::read(text.as_bytes()).unwrap();
        assert!(content.text.contains("1.10") && content.text.contains("12345678901234567890123"));
        assert!(content.text.contains(r#""description": "ä", "n": 1e3"#), "{}", content.text);
        assert!(content.text.starts_with(r#"{"z":1.10,"interactions":[{"_id":""#));
    }

    /// An id that changed would be taken for the same pact, and the change would be lost.
    #[test]
    fn long_numbers_keep_their_digits() {
        let pact = |id: &str| {
            let text = format!(r#"{{"interactions":[{{"b":[{{"id":{id}}}],"a":1.50}}]}}"#);
            Content::read(text.as_bytes()).unwrap()
        };
        let (one, other) = (pact("123456789012345678901"), pact("123456789012345678902"));
        assert_ne!(one.sha, other.sha);
        assert_eq!(pact("-1234567890123456789").sha, pact(" -1234567890123456789 ").sha);
        let again = Content::read(one.text.as_bytes()).unwrap();
        assert_eq!((again.sha, again.text), (one.sha, one.text), "as it came from a broker");
        let exact = canonical_text(br#"{"b":[1.5,1e3,"x"],"a":{"n":null}}"#).unwrap();
        let mut slow = String::new();
        let text = r#"{"b":[1.5,1e3,"x"],"a":{"n":null}}"#;
        write_exact(serde_json::from_str(text).unwrap(), &mut slow).unwrap();
        assert_eq!(exact, slow);
    }

    #[test]
    fn floats_are_written_as_ruby_does() {
        for (float, text) in [
            (1.0, "1.0"),
            (1000.0, "1000.0"),
            (1e16, "1.0e+16"),
            (1.5e20, "1.5e+20"),
            (0.0001, "0.0001"),
            (0.00001, "1.0e-05"),
            (-2.5e-7, "-2.5e-07"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(ruby_float(float), text);
        }
    }

    #[test]
    fn order_of_interactions_and_keys_does_not_count_and_order_in_lists_does() {
        let sha = |text: &str| Content::read(text.as_bytes()).unwrap().sha;
        let one = sha(r#"{"interactions":[{"a":1,"b":[1,2]},{"c":3}]}"#);
        assert_eq!(one, sha(r#"{"interactions":[{"c":3},{"b":[1,2],"a":1}],"consumer":{"name":"X"}}"#));
        assert_ne!(one, sha(r#"{"interactions":[{"a":1,"b":[2,1]},{"c":3}]}"#));
    }
}
