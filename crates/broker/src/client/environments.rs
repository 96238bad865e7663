//! Environments: where versions are deployed and released.

use reqwest::Method;
use serde_json::{Value, json};

use super::hal::{Document, shown};
use super::sending::Repeat;
use super::{BrokerClient, BrokerError};

/// What an environment is to be; what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentChange {
    /// Its name, without spaces.
    pub name: Option<String>,
    /// What people call it.
    pub display_name: Option<String>,
    /// Whether it is one of production.
    pub production: Option<bool>,
    /// Who is responsible for it.
    pub contact_name: Option<String>,
    /// The address of who is responsible for it.
    pub contact_email: Option<String>,
}

impl EnvironmentChange {
    /// Writes it over what an environment was.
    fn over(&self, before: &Value) -> Value {
        let mut after = json!({});
        for key in ["name", "displayName", "production", "contacts"] {
            if let Some(value) = before.get(key) {
                after[key] = value.clone();
            }
        }
        if let Some(name) = &self.name {
            after["name"] = json!(name);
        }
        if let Some(name) = &self.display_name {
            after["displayName"] = json!(name);
        }
        if let Some(production) = self.production {
            after["production"] = json!(production);
        }
        if self.contact_name.is_some() || self.contact_email.is_some() {
            let before = before.pointer("/contacts/0");
            let old = |pointer: &str| before.and_then(|contact| contact.pointer(pointer)).cloned();
            let new = |value: &Option<String>| value.as_ref().map(|value| json!(value));
            let mut contact = json!({});
            if let Some(name) = new(&self.contact_name).or_else(|| old("/name")) {
                contact["name"] = name;
            }
            if let Some(address) = new(&self.contact_email).or_else(|| old("/details/emailAddress")) {
                contact["details"] = json!({"emailAddress": address});
            }
            after["contacts"] = json!([contact]);
        }
        after
    }
}

impl BrokerClient {
    /// All environments, as the broker has them: a list below `_embedded.environments`.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn environments(&self) -> Result<Value, BrokerError> {
        Ok(self.environment_list().await?.json)
    }

    /// The environment with this id.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn environment(&self, uuid: &str) -> Result<Value, BrokerError> {
        Ok(self.environment_document(uuid).await?.json)
    }

    /// Creates an environment; without a word on it, it is not one of production.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn create_environment(&self, environment: &EnvironmentChange) -> Result<Value, BrokerError> {
        let url = self.index().await?.link("pb:environments", &[])?;
        let body = environment.over(&json!({"production": false}));
        // Sent again after it was taken, it would be refused for being there.
        Ok(self.change(&Method::POST, &url, &body, Repeat::Unheard).await?.json)
    }

    /// Changes an environment. Others must not change it meanwhile: the broker takes it as a whole.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn update_environment(
        &self,
        uuid: &str,
        change: &EnvironmentChange,
    ) -> Result<Value, BrokerError> {
        let before = self.environment_document(uuid).await?;
        let body = change.over(&before.json);
        Ok(self.change(&Method::PUT, &before.url, &body, Repeat::Safe).await?.json)
    }

    /// Deletes an environment, and with it what is deployed there.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn delete_environment(&self, uuid: &str) -> Result<(), BrokerError> {
        let url = self.index().await?.link("pb:environment", &[("uuid", uuid)])?;
        let unknown = |url| unknown_uuid(url, uuid);
        self.delete(&url).await.map_err(|error| error.or_unknown(unknown))
    }

    async fn environment_list(&self) -> Result<Document, BrokerError> {
        let url = self.index().await?.link("pb:environments", &[])?;
        self.transport.get(&url).await
    }

    async fn environment_document(&self, uuid: &str) -> Result<Document, BrokerError> {
        let url = self.index().await?.link("pb:environment", &[("uuid", uuid)])?;
        self.transport.get(&url).await.map_err(|error| error.or_unknown(|url| unknown_uuid(url, uuid)))
    }

    /// The environment with this name.
    pub(super) async fn environment_named(&self, name: &str) -> Result<Document, BrokerError> {
        let list = self.environment_list().await?;
        let all = list.json.pointer("/_embedded/environments").and_then(Value::as_array);
        let all: &[Value] = all.map(Vec::as_slice).unwrap_or_default();
        let name_of = |environment: &Value| {
            environment.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        match all.iter().find(|environment| name_of(environment) == name) {
            Some(found) => Ok(Document { url: list.url.clone(), json: found.clone() }),
            None => {
                Err(unknown_environment(shown(&list.url), name, &all.iter().map(name_of).collect::<Vec<_>>()))
            }
        }
    }
}

fn unknown_uuid(url: String, uuid: &str) -> BrokerError {
    BrokerError::Unknown {
        url,
        what: "environment with the id",
        name: uuid.to_owned(),
        remedy: "take it from `list-environments`".into(),
    }
}

pub(super) fn unknown_environment(url: String, name: &str, known: &[String]) -> BrokerError {
    let all = if known.is_empty() { "no environment".to_owned() } else { known.join(", ") };
    let nearest = billtest_contract::nearest(name, known.iter().map(String::as_str));
    let remedy = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? it has {all}"),
        None => format!("it has {all}; make one with `create-environment --name {name}`"),
    };
    BrokerError::Unknown { url, what: "environment", name: name.to_owned(), remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change of its name would take an environment's contacts away.
    #[test]
    fn what_is_not_changed_stays_as_it_is() {
        let before = json!({
            "uuid": "u", "name": "test", "displayName": "Test", "production": true, "_links": {},
            "contacts": [{"name": "Ops", "details": {"emailAddress": "ops@example.com"}}],
        });
        let change = EnvironmentChange { name: Some("uat".into()), ..EnvironmentChange::default() };
        assert_eq!(
            change.over(&before),
            json!({
                "name": "uat", "displayName": "Test", "production": true,
                "contacts": [{"name": "Ops", "details": {"emailAddress": "ops@example.com"}}],
            })
        );
        let change = EnvironmentChange { contact_name: Some("Dev".into()), ..EnvironmentChange::default() };
        assert_eq!(
            change.over(&before)["contacts"],
            json!([{"name": "Dev", "details": {"emailAddress": "ops@example.com"}}])
        );
    }
}
