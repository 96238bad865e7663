//! Publishing what became of a pact.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::hal::shown;
use super::sending::{Repeat, Sending};
use super::{BrokerClient, BrokerError, BrokerPact};

/// The version of the provider that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderVersion {
    /// Its number: whatever tells it from all others, such as a commit.
    pub number: String,
    /// The branch that it is of.
    pub branch: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The build that verified it.
    pub build_url: Option<String>,
}

/// What became of one pact: a result for every one of its interactions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerificationResult {
    /// The results, in any order.
    pub interactions: Vec<InteractionResult>,
}

/// What became of one interaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InteractionResult {
    /// Its position in the pact, from 0.
    pub index: usize,
    /// What the consumer calls it.
    pub description: String,
    /// Whether the response was as agreed.
    pub success: bool,
    /// What differed.
    pub mismatches: Vec<MismatchReport>,
    /// What kept it from being compared, if anything did.
    pub exception: Option<String>,
}

/// A difference, in the words of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MismatchReport {
    /// The part of the message that differs.
    pub attribute: Attribute,
    /// The place in it: a path in a body, the name of a header.
    pub identifier: Option<String>,
    /// What differs.
    pub description: String,
}

/// The parts that the protocol knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Attribute {
    Method,
    Path,
    Query,
    Status,
    Header,
    Body,
    Metadata,
}

impl Attribute {
    fn word(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Path => "path",
            Self::Query => "query",
            Self::Status => "status",
            Self::Header => "header",
            Self::Body => "body",
            Self::Metadata => "metadata",
        }
    }
}

impl VerificationResult {
    /// Whether every interaction is as agreed. Without any, nothing is proved.
    #[must_use]
    pub fn is_success(&self) -> bool {
        !self.interactions.is_empty() && self.interactions.iter().all(|interaction| interaction.success)
    }

    fn body(&self, pact: &BrokerPact, version: &ProviderVersion) -> Value {
        let results: Vec<Value> = self.interactions.iter().map(|result| result.json(pact)).collect();
        let mut body = json!({
            "success": self.is_success(),
            "providerApplicationVersion": version.number,
            "testResults": results,
            "verifiedBy": {"implementation": "billtest", "version": env!("CARGO_PKG_VERSION")},
        });
        if let Some(build_url) = &version.build_url {
            body["buildUrl"] = json!(build_url);
        }
        body
    }
}

impl InteractionResult {
    fn json(&self, pact: &BrokerPact) -> Value {
        let mut json = json!({"interactionDescription": self.description, "success": self.success});
        // Brokers before 2.19 have no ids; the description tells there which interaction it is.
        if let Some(id) = pact.interaction_ids.get(self.index).and_then(Option::as_ref) {
            json["interactionId"] = json!(id);
        }
        if !self.mismatches.is_empty() {
            json["mismatches"] = self.mismatches.iter().map(MismatchReport::json).collect();
        }
        if let Some(exception) = &self.exception {
            json["exceptions"] = json!([{"message": exception}]);
        }
        json
    }
}

impl MismatchReport {
    fn json(&self) -> Value {
        let mut json = json!({"attribute": self.attribute.word(), "description": self.description});
        if let Some(identifier) = &self.identifier {
            json["identifier"] = json!(identifier);
        }
        json
    }
}

/// What the broker took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Whether the result is a success.
    pub success: bool,
    /// Where it can be looked at.
    pub url: Option<String>,
}

/// The publishing of one run: all its results are of one provider version.
#[derive(Debug)]
pub struct Publication<'a> {
    client: &'a BrokerClient,
    version: &'a ProviderVersion,
    /// Providers whose branch and tags the broker has.
    prepared: BTreeSet<Url>,
}

impl BrokerClient {
    /// Begins to publish results for a version of the provider.
    #[must_use]
    pub fn publication<'a>(&'a self, version: &'a ProviderVersion) -> Publication<'a> {
        Publication { client: self, version, prepared: BTreeSet::new() }
    }
}

impl Publication<'_> {
    /// Publishes what became of a pact. Before the first result come the version's branch and its tags: a broker
    /// that has a result and not its branch would answer "can I deploy?" wrongly in between.
    ///
    /// # Errors
    /// [`BrokerError`]. Then this result is not published, or not known to be.
    pub async fn publish(
        &mut self,
        pact: &BrokerPact,
        result: &VerificationResult,
    ) -> Result<Published, BrokerError> {
        let Some(url) = &pact.results else {
            return Err(BrokerError::NotPublishable(
                pact.file.source.clone(),
                "it is no pact of a broker".into(),
            ));
        };
        check(pact, result)?;
        self.prepare(pact).await?;
        let body = result.body(pact, self.version);
        let sending = Sending::new(&Method::POST, Some(&body), Repeat::Unheard);
        let answer = self.client.transport.send(url, sending).await?;
        let (status, location) = (answer.status, answer.location.clone());
        let document = answer.document("POST")?;
        for field in ["success", "providerApplicationVersion"] {
            let (sent, taken) = (&body[field], document.json.get(field));
            if taken != Some(sent) {
                let taken = taken.map_or_else(|| "nothing".to_owned(), ToString::to_string);
                return Err(BrokerError::NotUnderstood {
                    method: "POST".into(),
                    url: shown(&document.url),
                    status,
                    reason: format!("`{field}` was sent as {sent} and comes back as {taken}"),
                });
            }
        }
        let own = document.link_if_any("self").ok().flatten();
        let url = own.or_else(|| document.url.join(&location?).ok()).map(|url| shown(&url));
        Ok(Published { success: result.is_success(), url })
    }

    async fn prepare(&mut self, pact: &BrokerPact) -> Result<(), BrokerError> {
        let ProviderVersion { number, branch, tags, .. } = self.version;
        if branch.is_none() && tags.is_empty() {
            return Ok(());
        }
        let Some(url) = &pact.provider else {
            return Err(BrokerError::NoLink {
                url: pact.file.source.clone(),
                relation: "pb:provider".into(),
            });
        };
        if self.prepared.contains(url) {
            return Ok(());
        }
        let provider = self.client.transport.get(url).await?;
        // Both are found before the first is used, so that what cannot be done is not half done.
        let version = ("version", number.as_str());
        let mut puts = Vec::new();
        if let Some(branch) = branch {
            puts.push(provider.link("pb:branch-version", &[("branch", branch), version])?);
        }
        for tag in tags {
            puts.push(provider.link("pb:version-tag", &[("tag", tag), version])?);
        }
        let body = json!({});
        for put in &puts {
            let sending = Sending::new(&Method::PUT, Some(&body), Repeat::Safe);
            let answer = self.client.transport.send(put, sending).await?;
            if !answer.body.is_empty() {
                answer.document("PUT")?;
            }
        }
        self.prepared.insert(url.clone());
        Ok(())
    }
}

/// A result for a part of a pact would be taken for one of the whole.
fn check(pact: &BrokerPact, result: &VerificationResult) -> Result<(), BrokerError> {
    let refuse = |reason: String| Err(BrokerError::NotPublishable(pact.file.source.clone(), reason));
    let judged: BTreeSet<usize> = result.interactions.iter().map(|interaction| interaction.index).collect();
    let all = pact.file.interactions.len();
    if all == 0 {
        return refuse("it has no interaction, and nothing is proved by that".into());
    }
    if judged.len() != all || judged.last() != Some(&(all - 1)) || result.interactions.len() != all {
        return refuse(format!("{} of its {all} interactions were verified", judged.len()));
    }
    Ok(())
}
