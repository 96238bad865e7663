//! Which consumer versions are wanted.

use std::str::FromStr;

use billtest_contract::nearest;
use serde::Serialize;
use serde_json::{Map, Value};

/// A consumer version selector, with every field of the protocol. The broker judges which may stand together, and
/// says so in its own words.
///
/// ```
/// use billtest_broker::{Selector, Selectors};
///
/// let selectors: Selectors = r#"{"mainBranch": true, "consumer": "Shop"}"#.parse()?;
/// assert_eq!(selectors.0, [Selector { main_branch: true, consumer: Some("Shop".into()), ..Selector::default() }]);
/// # Ok::<_, billtest_broker::SelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// The latest version of each consumer's main branch.
    #[serde(skip_serializing_if = "is_false")]
    pub main_branch: bool,
    /// The latest version of this branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The branch to take where `branch` does not exist. Pact Broker 2.120 accepts it and does not apply it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_branch: Option<String>,
    /// The branch that is named like the provider's.
    #[serde(skip_serializing_if = "is_false")]
    pub matching_branch: bool,
    /// Versions with this tag: all of them, or with `latest` the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The tag to take where `tag` does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_tag: Option<String>,
    /// The newest only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<bool>,
    /// What is deployed in any environment.
    #[serde(skip_serializing_if = "is_false")]
    pub deployed: bool,
    /// What is released in any environment.
    #[serde(skip_serializing_if = "is_false")]
    pub released: bool,
    /// What is either.
    #[serde(skip_serializing_if = "is_false")]
    pub deployed_or_released: bool,
    /// Only in this environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Only this consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Selectors as users write them: one JSON object, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selectors(pub Vec<Selector>);

/// Why a text is no selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// It is not JSON.
    #[error("it is not JSON: {0}; write a selector such as {{\"mainBranch\": true}}")]
    NotJson(String),
    /// It is JSON, and neither an object nor a list of objects.
    #[error("{0} is not a selector; write an object such as {{\"mainBranch\": true}}")]
    NotAnObject(String),
    /// It has a field that selectors do not have; a broker would ignore it, and choose other pacts than were meant.
    #[error("a selector has no field `{key}`; {}", hint(.nearest.as_deref()))]
    UnknownField {
        /// The field.
        key: String,
        /// The field whose name is most like it.
        nearest: Option<String>,
    },
    /// A field has a value of another type.
    #[error("`{key}` must be {expected}, and is {found}")]
    WrongType {
        /// The field.
        key: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
}

fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("fields are {}", Selector::FIELDS.join(", ")),
    }
}

impl Selector {
    /// The names of all fields, as the protocol spells them.
    pub const FIELDS: [&'static str; 12] = [
        "mainBranch",
        "branch",
        "fallbackBranch",
        "matchingBranch",
        "tag",
        "fallbackTag",
        "latest",
        "deployed",
        "released",
        "deployedOrReleased",
        "environment",
        "consumer",
    ];

    fn from_object(object: &Map<String, Value>) -> Result<Self, SelectorError> {
        let mut selector = Self::default();
        for (key, value) in object {
            match key.as_str() {
                "mainBranch" => selector.main_branch = flag(key, value)?,
                "branch" => selector.branch = Some(text(key, value)?),
                "fallbackBranch" => selector.fallback_branch = Some(text(key, value)?),
                "matchingBranch" => selector.matching_branch = flag(key, value)?,
                "tag" => selector.tag = Some(text(key, value)?),
                "fallbackTag" => selector.fallback_tag = Some(text(key, value)?),
                "latest" => selector.latest = Some(flag(key, value)?),
                "deployed" => selector.deployed = flag(key, value)?,
                "released" => selector.released = flag(key, value)?,
                "deployedOrReleased" => selector.deployed_or_released = flag(key, value)?,
                "environment" => selector.environment = Some(text(key, value)?),
                "consumer" => selector.consumer = Some(text(key, value)?),
                _ => {
                    return Err(SelectorError::UnknownField {
                        key: key.clone(),
                        nearest: nearest(key, Self::FIELDS).map(ToOwned::to_owned),
                    });
                }
            }
        }
        Ok(selector)
    }
}

fn flag(key: &str, value: &Value) -> Result<bool, SelectorError> {
    value.as_bool().ok_or_else(|| wrong(key, "true or false", value))
}

fn text(key: &str, value: &Value) -> Result<String, SelectorError> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(ToOwned::to_owned).ok_or_else(|| wrong(key, "a text that is not empty", value))
}

fn wrong(key: &str, expected: &'static str, found: &Value) -> SelectorError {
    SelectorError::WrongType { key: key.to_owned(), expected, found: found.to_string() }
}

impl FromStr for Selectors {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let json: Value =
            serde_json::from_str(text).map_err(|error| SelectorError::NotJson(error.to_string()))?;
        let list = match &json {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let one = |value: &Value| match value {
            Value::Object(object) => Selector::from_object(object),
            other => Err(SelectorError::NotAnObject(other.to_string())),
        };
        list.iter().map(one).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Vec<Selector>, SelectorError> {
        text.parse::<Selectors>().map(|selectors| selectors.0)
    }

    /// A broker ignores what it does not know, and a user would verify other pacts than were meant.
    #[test]
    fn a_misspelt_field_is_refused_with_the_right_name() {
        let error = read(r#"{"mainbranch": true}"#).unwrap_err().to_string();
        assert_eq!(error, "a selector has no field `mainbranch`; did you mean `mainBranch`?");
        let error = read(r#"{"zzz": true}"#).unwrap_err().to_string();
        assert!(error.contains("fields are mainBranch, branch"), "{error}");
        for (text, place) in [
            (r#"{"deployed": "true"}"#, "`deployed` must be true or false, and is \"true\""),
            (r#"{"branch": ""}"#, "`branch` must be a text that is not empty"),
            ("[3]", "3 is not a selector"),
            ("{", "not JSON"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
    }

    #[test]
    fn every_field_of_the_protocol_is_read_and_sent_as_it_was() {
        let all = json!({
            "mainBranch": true, "branch": "b", "fallbackBranch": "fb", "matchingBranch": true, "tag": "t",
            "fallbackTag": "ft", "latest": false, "deployed": true, "released": true,
            "deployedOrReleased": true, "environment": "e", "consumer": "c"
        });
        assert_eq!(all.as_object().unwrap().len(), Selector::FIELDS.len());
        let selectors = read(&all.to_string()).unwrap();
        assert_eq!(serde_json::to_value(&selectors[0]).unwrap(), all);
        assert_eq!(
            serde_json::to_value(read("[{}, {\"latest\": true}]").unwrap()).unwrap(),
            json!([{}, {"latest": true}])
        );
    }
}
