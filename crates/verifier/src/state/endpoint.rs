use futures::future::{BoxFuture, FutureExt as _};
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::{Handled, StateAction, StateChange, StateError, StateHandler, excerpt, told};
use crate::exchange::{read_text, reason_of};

/// The state-change endpoint of a provider: it is sent `{"state", "params", "action", "consumer"}` and may answer
/// a JSON object of values for the interaction's generators.
#[derive(Debug, Clone)]
pub struct StateChangeUrl {
    /// Where state changes go. One that begins with a slash is a path at the provider that will be asked.
    pub url: String,
    /// Whether the endpoint also wants to be told when an interaction is over.
    pub teardown: bool,
    /// Whether state, parameters and action go into the query and not into a JSON body.
    pub in_query: bool,
    /// The client by which it is called.
    pub client: Client,
}

impl StateHandler for StateChangeUrl {
    fn change<'a>(
        &'a self,
        change: StateChange<'a>,
        returned: &'a mut Map<String, Value>,
    ) -> BoxFuture<'a, Result<Handled, StateError>> {
        async move {
            returned.extend(self.call(change).await?);
            Ok(Handled::Changed)
        }
        .boxed()
    }
}

impl StateChangeUrl {
    async fn call(&self, change: StateChange<'_>) -> Result<Map<String, Value>, StateError> {
        if change.action == StateAction::Teardown && !self.teardown {
            return Ok(Map::new());
        }
        let url = if self.url.starts_with('/') {
            format!("{}{}", change.provider, self.url)
        } else {
            self.url.clone()
        };
        // A query may carry a secret, and says nothing about a failure.
        let shown = url.split('?').next().unwrap_or_default();
        let failed = |reason: String| change.failed(format!("{shown} {reason}"));
        let (state, action) = (&change.state.name, change.action.word());
        let mut request = self.client.post(&url);
        request = if self.in_query {
            let mut query = vec![("state", state.clone()), ("action", action.to_owned())];
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            query.extend(change.state.params.iter().map(|(name, value)| (name.as_str(), text(value))));
            request.query(&query)
        } else {
            request.json(&json!({
                "state": state, "params": change.state.params, "action": action, "consumer": change.consumer,
            }))
        };
        if let Some((name, value)) = change.tenant {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| failed(reason_of(&error)))?;
        let status = response.status();
        let is_json = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|content_type| content_type.contains("json"));
        let text = read_text(response).await.map_err(failed)?;
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
