//! Setting provider states up and tearing them down.

use billtest_contract::pact::Interaction;
use pact_models::provider_states::ProviderState;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

/// Which way a state is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateAction {
    /// Before the interaction.
    Setup,
    /// After it.
    Teardown,
}

impl StateAction {
    fn word(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Teardown => "teardown",
        }
    }
}

/// Why a state was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action} of state \"{state}\" failed: {reason}")]
pub struct StateError {
    /// The state.
    pub state: String,
    /// `setup` or `teardown`.
    pub action: String,
    /// What the state-change endpoint did, in words.
    pub reason: String,
}

/// The state-change endpoint of a provider: it is sent `{"state", "params", "action", "consumer"}` and may answer
/// a JSON object of values for the interaction's generators.
#[derive(Debug, Clone)]
pub struct StateChangeUrl {
    /// Where state changes go.
    pub url: String,
    /// Whether the endpoint also wants to be told when an interaction is over.
    pub teardown: bool,
}

impl StateChangeUrl {
    pub(crate) async fn change(
        &self,
        client: &Client,
        state: &ProviderState,
        action: StateAction,
        consumer: &str,
        tenant: Option<(&str, &str)>,
    ) -> Result<Map<String, Value>, StateError> {
        let failed = |reason: String| StateError {
            state: state.name.clone(),
            action: action.word().to_owned(),
            reason: format!("{} {reason}", self.url),
        };
        let body = json!({
            "state": state.name, "params": state.params, "action": action.word(), "consumer": consumer,
        });
        let mut request = client.post(&self.url).json(&body);
        if let Some((name, value)) = tenant {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| failed(crate::execute::reason_of(&error)))?;
        let status = response.status();
        let is_json = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|content_type| content_type.contains("json"));
        let text = response.text().await.map_err(|error| failed(crate::execute::reason_of(&error)))?;
        if !status.is_success() {
            return Err(failed(format!("answered {status}: {}", told(&text))));
        }
        if !is_json || text.trim().is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_str(&text) {
            Ok(Value::Object(values)) => Ok(values),
            Ok(_) => Ok(Map::new()),
            Err(error) => Err(failed(format!("answered JSON that is none ({error}): {}", excerpt(&text)))),
        }
    }
}

/// The parameters of all states of an interaction, later states over earlier ones.
pub(crate) fn params(interaction: &Interaction) -> Map<String, Value> {
    interaction.states.iter().flat_map(|state| state.params.clone()).collect()
}

/// What an endpoint says about its failure: its message, if it answers JSON that has one, else all of it.
fn told(text: &str) -> String {
    let json: Option<Value> = serde_json::from_str(text).ok();
    let message = json.as_ref().and_then(|json| json.get("message").or_else(|| json.get("error"))?.as_str());
    excerpt(message.unwrap_or(text))
}

fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 200 {
        line
    } else {
        format!("{}...", line.chars().take(200).collect::<String>())
    }
}
