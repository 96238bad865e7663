//! What is deployed and released where.

use reqwest::Method;
use serde_json::{Value, json};

use super::environments::unknown_environment;
use super::hal::{Document, shown};
use super::sending::Repeat;
use super::{BrokerClient, BrokerError};

/// How a version came into an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Deployed: it takes the place of the version that was there.
    Deployed {
        /// Which of several instances, where there are several.
        instance: Option<String>,
    },
    /// Released: it stands beside those that were released before.
    Released,
}

impl BrokerClient {
    /// Records that a version came into an environment.
    ///
    /// # Errors
    /// [`BrokerError`]; [`BrokerError::Unknown`] if there is no such version or environment.
    pub async fn record_arrival(
        &self,
        pacticipant: &str,
        version: &str,
        environment: &str,
        arrival: &Arrival,
    ) -> Result<Value, BrokerError> {
        let document = self.version_document(pacticipant, version).await?;
        let (relation, body) = match arrival {
            Arrival::Deployed { instance: Some(instance) } => {
                // Brokers before 2.93 know it by the second name.
                ("pb:record-deployment", json!({"applicationInstance": instance, "target": instance}))
            }
            Arrival::Deployed { instance: None } => ("pb:record-deployment", json!({})),
            Arrival::Released => ("pb:record-release", json!({})),
        };
        let links = document.named_links(relation);
        let Some((_, href)) = links.iter().find(|(name, _)| name == environment) else {
            let known: Vec<String> = links.into_iter().map(|(name, _)| name).collect();
            return Err(unknown_environment(shown(&document.url), environment, &known));
        };
        let url = document.resolve(relation, href, &[])?;
        // Recorded twice, the same version is there.
        Ok(self.change(&Method::POST, &url, &body, Repeat::Safe).await?.json)
    }

    /// Records that what is deployed of a pacticipant in an environment, in one of its instances, is there no more.
    /// Gives what was ended.
    ///
    /// # Errors
    /// [`BrokerError`]; [`BrokerError::Unknown`] if nothing of that kind is deployed there.
    pub async fn end_deployment(
        &self,
        pacticipant: &str,
        environment: &str,
        instance: Option<&str>,
    ) -> Result<Vec<Value>, BrokerError> {
        let list = self.present(pacticipant, environment, "pb:currently-deployed-deployed-versions").await?;
        let instance_of = |record: &Value| {
            let named = record.get("applicationInstance").or_else(|| record.get("target"));
            named.and_then(Value::as_str).map(ToOwned::to_owned)
        };
        let (found, others) = split(&list, "/_embedded/deployedVersions", pacticipant, |record| {
            instance_of(record).as_deref() == instance
        });
        if found.is_empty() {
            self.pacticipant_document(pacticipant).await?;
            let instances: Vec<String> = others.iter().filter_map(instance_of).collect();
            let remedy = match (others.is_empty(), instances.is_empty()) {
                (true, _) => format!("nothing of {pacticipant} is recorded as deployed there"),
                (false, true) => {
                    "it is deployed there without an instance; leave out --application-instance".into()
                }
                (false, false) => {
                    format!(
                        "it is deployed there as {}; say which with --application-instance",
                        instances.join(", ")
                    )
                }
            };
            let name = instance.map_or_else(
                || format!("{pacticipant} in {environment}"),
                |instance| format!("{pacticipant} in {environment} as {instance}"),
            );
            return Err(BrokerError::Unknown { url: shown(&list.url), what: "deployment of", name, remedy });
        }
        self.end_all(&list, found, "currentlyDeployed").await
    }

    /// Records that a version that was released in an environment is supported there no more.
    ///
    /// # Errors
    /// [`BrokerError`]; [`BrokerError::Unknown`] if it is not supported there.
    pub async fn end_support(
        &self,
        pacticipant: &str,
        version: &str,
        environment: &str,
    ) -> Result<Vec<Value>, BrokerError> {
        let list = self.present(pacticipant, environment, "pb:currently-supported-released-versions").await?;
        let number = |record: &Value| {
            record.pointer("/_embedded/version/number").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let (found, others) =
            split(&list, "/_embedded/releasedVersions", pacticipant, |record| number(record) == version);
        if found.is_empty() {
            self.pacticipant_document(pacticipant).await?;
            let versions: Vec<String> = others.iter().map(number).collect();
            let versions = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
            return Err(BrokerError::Unknown {
                url: shown(&list.url),
                what: "supported release",
                name: format!("{pacticipant} {version} in {environment}"),
                remedy: format!("of {pacticipant} are supported there: {versions}"),
            });
        }
        self.end_all(&list, found, "currentlySupported").await
    }

    async fn present(
        &self,
        pacticipant: &str,
        environment: &str,
        relation: &str,
    ) -> Result<Document, BrokerError> {
        let environment = self.environment_named(environment).await?;
        let mut url = environment.link(relation, &[])?;
        url.query_pairs_mut().append_pair("pacticipant", pacticipant);
        self.transport.get(&url).await
    }

    async fn end_all(
        &self,
        list: &Document,
        records: Vec<Value>,
        flag: &str,
    ) -> Result<Vec<Value>, BrokerError> {
        let mut ended = Vec::new();
        for json in records {
            let record = Document { url: list.url.clone(), json };
            let url = record.link("self", &[])?;
            let mut body = json!({});
            body[flag] = json!(false);
            ended.push(self.change(&Method::PATCH, &url, &body, Repeat::Safe).await?.json);
        }
        Ok(ended)
    }
}

/// The records of a pacticipant that are meant, and its others.
fn split(
    list: &Document,
    pointer: &str,
    pacticipant: &str,
    is_meant: impl Fn(&Value) -> bool,
) -> (Vec<Value>, Vec<Value>) {
    let all = list.json.pointer(pointer).and_then(Value::as_array);
    let of = |record: &&Value| {
        let name = record.pointer("/_embedded/pacticipant/name").and_then(Value::as_str);
        name.is_none_or(|name| name == pacticipant)
    };
    all.into_iter().flatten().filter(of).cloned().partition(is_meant)
}
