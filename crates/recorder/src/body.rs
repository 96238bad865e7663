use std::collections::BTreeMap;

use pact_consumer::patterns::Pattern;
use pact_models::generators::Generator;
use pact_models::matchingrules::{MatchingRule, MatchingRuleCategory, RuleLogic};
use pact_models::path_exp::DocPath;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::RecordError;
use crate::rules::{self, Rule};

/// An example body, and what may vary in it.
#[derive(Debug)]
pub struct Body {
    content: Result<Content, RecordError>,
}

#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) example: Value,
    pub(crate) rules: BTreeMap<String, Rule>,
    pub(crate) from_state: BTreeMap<String, String>,
}

impl Body {
    /// An example whose rules come from its type's schema; [`rules`] says how.
    #[must_use]
    pub fn typed<T: Serialize + ToSchema>(example: &T) -> Self {
        Self { content: Self::derive(example) }
    }

    fn derive<T: Serialize + ToSchema>(example: &T) -> Result<Content, RecordError> {
        let example = serde_json::to_value(example)?;
        let rules = rules::derive(&billtest_contract::schema::of::<T>()?, &example)?;
        Ok(Content { example, rules, from_state: BTreeMap::new() })
    }

    /// JSON that stands for itself: every value must be exactly this. For requests that break the schema.
    #[must_use]
    pub fn exactly(example: Value) -> Self {
        Self { content: Ok(Content { example, rules: BTreeMap::new(), from_state: BTreeMap::new() }) }
    }

    /// Pins a field: its value must be the example's. `$.customer.id` or `$.items[0].id`.
    #[must_use]
    pub fn exact(self, path: &str) -> Self {
        self.at(path, |content| {
            content.rules.insert(path.to_owned(), Rule::new(path, MatchingRule::Equality)?);
            Ok(())
        })
    }

    /// Takes the value of a field from the provider state when the provider is verified: `${id}` is the value
    /// that the state hook returned, or that the state was given, under `id`.
    #[must_use]
    pub fn from_state(self, path: &str, expression: &str) -> Self {
        self.at(path, |content| {
            content.from_state.insert(path.to_owned(), expression.to_owned());
            Ok(())
        })
    }

    fn at(mut self, path: &str, change: impl FnOnce(&mut Content) -> Result<(), RecordError>) -> Self {
        self.content = self.content.and_then(|mut content| {
            let all = rules::paths(&content.example);
            if all.iter().any(|known| known == path) {
                change(&mut content).map(|()| content)
            } else {
                Err(RecordError::NoSuchPath { path: path.to_owned(), fields: all.join(", ") })
            }
        });
        self
    }

    pub(crate) fn into_content(self) -> Result<Content, RecordError> {
        self.content
    }
}

impl Content {
    pub(crate) fn generators(&self) -> impl Iterator<Item = (String, Generator)> {
        self.from_state.iter().map(|(path, expression)| {
            (path.clone(), Generator::ProviderStateGenerator(expression.clone(), None))
        })
    }
}

/// The bridge to `pact_consumer`: an example with its rules is one pattern.
impl Pattern for Content {
    type Matches = Value;

    fn to_example(&self) -> Value {
        self.example.clone()
    }

    fn to_example_bytes(&self) -> Vec<u8> {
        self.example.to_string().into_bytes()
    }

    fn extract_matching_rules(&self, _: DocPath, rules: &mut MatchingRuleCategory) {
        for rule in self.rules.values() {
            for one in &rule.all_of {
                rules.add_rule(rule.path.clone(), one.clone(), RuleLogic::And);
            }
        }
    }
}
