//! Webhooks: whom the broker tells of what happens.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};

use super::sending::{Repeat, Sending};
use super::{AT_ONCE, BrokerClient, BrokerError, Secret};

/// One side of the pacts that a webhook is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookSide {
    /// The pacticipant with this name.
    Name(String),
    /// All pacticipants with this label.
    Label(String),
}

/// A webhook as it is to be.
#[derive(Debug, Clone, Default)]
pub struct WebhookDefinition {
    /// What people call it.
    pub description: Option<String>,
    /// The events that it is called for, in the broker's words.
    pub events: Vec<String>,
    /// Only for pacts of this consumer.
    pub consumer: Option<WebhookSide>,
    /// Only for pacts with this provider.
    pub provider: Option<WebhookSide>,
    /// HTTP method.
    pub method: String,
    /// Address, which may have the broker's placeholders in it.
    pub url: String,
    /// Headers; their values may be secrets.
    pub headers: Vec<(String, Secret)>,
    /// What is sent: JSON, or a text.
    pub body: Option<Value>,
    /// User name and password for the address.
    pub credentials: Option<(String, Secret)>,
}

impl WebhookDefinition {
    fn json(&self) -> Value {
        let mut request = json!({"method": self.method, "url": self.url});
        if !self.headers.is_empty() {
            let headers = self.headers.iter().map(|(name, value)| (name.clone(), json!(value.reveal())));
            request["headers"] = Value::Object(headers.collect());
        }
        if let Some(body) = &self.body {
            request["body"] = body.clone();
        }
        if let Some((user, password)) = &self.credentials {
            request["username"] = json!(user);
            request["password"] = json!(password.reveal());
        }
        let events: Vec<Value> = self.events.iter().map(|name| json!({"name": name})).collect();
        let mut json = json!({"events": events, "request": request});
        if let Some(description) = &self.description {
            json["description"] = json!(description);
        }
        for (key, side) in [("consumer", &self.consumer), ("provider", &self.provider)] {
            match side {
                Some(WebhookSide::Name(name)) => json[key] = json!({"name": name}),
                Some(WebhookSide::Label(label)) => json[key] = json!({"label": label}),
                None => {}
            }
        }
        json
    }
}

impl BrokerClient {
    /// All webhooks.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn webhooks(&self) -> Result<Vec<Value>, BrokerError> {
        let url = self.index().await?.link("pb:webhooks", &[])?;
        let list = self.transport.get(&url).await?;
        let links: Vec<_> = list
            .hrefs("pb:webhooks")
            .into_iter()
            .map(|href| list.resolve("pb:webhooks", href, &[]))
            .collect::<Result<_, _>>()?;
        stream::iter(links)
            .map(|url| async move { Ok(self.transport.get(&url).await?.json) })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Creates a webhook.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn create_webhook(&self, webhook: &WebhookDefinition) -> Result<Value, BrokerError> {
        let url = self.index().await?.link("pb:webhooks", &[])?;
        // Sent again after it was taken, it would be there twice.
        Ok(self.change(&Method::POST, &url, &webhook.json(), Repeat::Unheard).await?.json)
    }

    /// Creates the webhook with this id, or replaces it.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn put_webhook(&self, uuid: &str, webhook: &WebhookDefinition) -> Result<Value, BrokerError> {
        let url = self.index().await?.link("pb:webhook", &[("uuid", uuid)])?;
        Ok(self.change(&Method::PUT, &url, &webhook.json(), Repeat::Safe).await?.json)
    }

    /// Has the broker call a webhook now, and gives what came of it.
    ///
    /// # Errors
    /// [`BrokerError`]; that the call failed is none.
    pub async fn test_webhook(&self, uuid: &str) -> Result<Value, BrokerError> {
        let url = self.index().await?.link("pb:webhook", &[("uuid", uuid)])?;
        let found = self.transport.get(&url).await;
        let webhook = found.map_err(|error| error.or_unknown(|url| unknown(url, uuid)))?;
        let url = webhook.link("pb:execute", &[])?;
        let sending = Sending::new(&Method::POST, None, Repeat::Unheard);
        Ok(self.transport.send(&url, sending).await?.document("POST")?.json)
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn delete_webhook(&self, uuid: &str) -> Result<(), BrokerError> {
        let url = self.index().await?.link("pb:webhook", &[("uuid", uuid)])?;
        self.delete(&url).await.map_err(|error| error.or_unknown(|url| unknown(url, uuid)))
    }
}

fn unknown(url: String, uuid: &str) -> BrokerError {
    BrokerError::Unknown {
        url,
        what: "webhook",
        name: uuid.to_owned(),
        remedy: "take its id from `webhooks list`".into(),
    }
}
