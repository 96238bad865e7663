//! Publishing what a consumer recorded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::hal::shown;
use super::sending::{Repeat, Sending};
use super::{BrokerClient, BrokerError, Remark};

/// Pacts of one version of one consumer. They are published together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contracts {
    /// Who recorded them.
    pub consumer: String,
    /// Its version: whatever tells it from all others, such as a commit.
    pub version: String,
    /// The branch that it is of.
    pub branch: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The build that recorded them.
    pub build_url: Option<String>,
    /// Whether interactions that the broker has for the version stay beside these.
    pub merge: bool,
    /// The pacts.
    pub pacts: Vec<Contract>,
}

/// A pact as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Who is to keep it.
    pub provider: String,
    /// The bytes of its file.
    pub content: Vec<u8>,
}

/// What the broker says of contracts that it took.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractsTaken {
    /// What it says, for people.
    pub remarks: Vec<Remark>,
    /// Its answer as it came.
    pub json: Value,
}

impl Contracts {
    fn body(&self) -> Value {
        let on_conflict = if self.merge { "merge" } else { "overwrite" };
        let contracts: Vec<Value> = self
            .pacts
            .iter()
            .map(|pact| {
                json!({
                    "consumerName": self.consumer, "providerName": pact.provider,
                    "specification": "pact", "contentType": "application/json",
                    "content": STANDARD.encode(&pact.content), "onConflict": on_conflict,
                })
            })
            .collect();
        json!({
            "pacticipantName": self.consumer, "pacticipantVersionNumber": self.version,
            "branch": self.branch, "tags": self.tags, "buildUrl": self.build_url, "contracts": contracts,
        })
    }
}

impl BrokerClient {
    /// Publishes the pacts of one version of a consumer in one request. Sent again, the same changes nothing.
    ///
    /// # Errors
    /// [`BrokerError::Conflict`] if the broker has other content for the version, or takes the consumer's name for a
    /// slip of the pen; otherwise [`BrokerError`]. Then nothing is published, or not known to be.
    pub async fn publish_contracts(&self, contracts: &Contracts) -> Result<ContractsTaken, BrokerError> {
        let url = self.index().await?.link("pb:publish-contracts", &[])?;
        let body = contracts.body();
        let sending = Sending::new(&Method::POST, Some(&body), Repeat::Safe).or_answered(&[409]);
        let answer = self.transport.send(&url, sending).await?;
        let status = answer.status;
        let document = answer.document("POST")?;
        let remarks = Remark::all(&document.json);
        if status == 409 {
            let url = shown(&document.url);
            return Err(BrokerError::Conflict { url, remarks, json: Box::new(document.json) });
        }
        let taken = document.json.pointer("/_embedded/version/number").and_then(Value::as_str);
        if taken != Some(&contracts.version) {
            let reason = format!(
                "version {} was sent, and {} comes back",
                contracts.version,
                taken.unwrap_or("no version")
            );
            return Err(BrokerError::NotUnderstood {
                method: "POST".into(),
                url: shown(&document.url),
                status,
                reason,
            });
        }
        Ok(ContractsTaken { remarks, json: document.json })
    }
}
