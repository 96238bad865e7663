//! Fetching what is to be verified.

use std::sync::Arc;

use billtest_contract::pact::{PactError, PactFile};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::hal::{Document, shown};
use super::sending::{Repeat, Sending};
use super::{AT_ONCE, BrokerClient, BrokerError, Credentials, transport};
use crate::Selector;

/// The second is how brokers before 2.82 call it.
const FOR_VERIFICATION: [&str; 2] =
    ["pb:provider-pacts-for-verification", "beta:provider-pacts-for-verification"];

/// What to ask a broker for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForVerification {
    /// Whose pacts.
    pub provider: String,
    /// Of which consumer versions; none means what the broker takes for usual, the main branches.
    pub selectors: Vec<Selector>,
    /// The provider's branch, by which the broker judges what is pending and what is in progress.
    pub provider_branch: Option<String>,
    /// The provider's tags, where it has no branches.
    pub provider_tags: Vec<String>,
    /// Whether pacts that this provider never kept are marked as pending.
    pub include_pending: bool,
    /// Also pacts of other branches and tags that came after this day.
    pub wip_since: Option<String>,
}

impl ForVerification {
    fn body(&self) -> Value {
        // Left out, the broker marks pacts as pending all the same.
        let mut body = json!({"includePendingStatus": self.include_pending});
        if !self.selectors.is_empty() {
            body["consumerVersionSelectors"] = json!(self.selectors);
        }
        if let Some(branch) = &self.provider_branch {
            body["providerVersionBranch"] = json!(branch);
        }
        if !self.provider_tags.is_empty() {
            body["providerVersionTags"] = json!(self.provider_tags);
        }
        if let Some(since) = &self.wip_since {
            body["includeWipPactsSince"] = json!(since);
        }
        body
    }
}

/// What a broker gave.
#[derive(Debug, Default)]
pub struct FetchedPacts {
    /// The pacts, in the broker's order.
    pub pacts: Vec<BrokerPact>,
    /// The pacts that came and cannot be read. Nobody may take the run for complete without them.
    pub unreadable: Vec<PactError>,
}

/// A pact with what its broker says about it.
#[derive(Debug, Clone)]
pub struct BrokerPact {
    /// The pact; its source is its address. If it is pending, each of its interactions is.
    pub file: PactFile,
    /// What the broker calls it, such as `Pact between Shop (1.1.0) and Billing`.
    pub name: String,
    /// Whether its failure does not count, because this provider never kept it.
    pub pending: bool,
    /// Whether it is work in progress: it came by its date, not by a selector.
    pub wip: bool,
    /// What the broker wants to be told about it.
    pub notices: Vec<Notice>,
    /// The broker's names of the interactions, in the order of the file.
    pub interaction_ids: Vec<Option<String>>,
    pub(super) provider: Option<Url>,
    pub(super) results: Option<Url>,
}

impl BrokerPact {
    /// Whether results for it can be published.
    #[must_use]
    pub fn is_publishable(&self) -> bool {
        self.results.is_some()
    }

    /// What the broker wants to be said at a moment.
    pub fn notices_at(&self, moment: Moment) -> impl Iterator<Item = &str> {
        self.notices.iter().filter(move |notice| notice.moment == moment).map(|notice| notice.text.as_str())
    }
}

/// A text of the broker for the people who verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When it is to be shown.
    pub moment: Moment,
    /// The text, which may have several lines.
    pub text: String,
}

/// When a notice is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the pact is verified.
    Before,
    /// After it was, with this result.
    After {
        /// Whether everything was as agreed.
        success: bool,
        /// Whether that was published.
        published: bool,
    },
    /// At a moment that this version does not know.
    Unknown,
}

impl Notice {
    fn read(json: &Value) -> Option<Self> {
        let text = json.get("text")?.as_str()?.to_owned();
        let when = json.get("when").and_then(Value::as_str).unwrap_or("before_verification");
        let after = |success, published| Moment::After { success, published };
        let moment = match when {
            "before_verification" => Moment::Before,
            "after_verification:success_true_published_true" => after(true, true),
            "after_verification:success_true_published_false" => after(true, false),
            "after_verification:success_false_published_true" => after(false, true),
            "after_verification:success_false_published_false" => after(false, false),
            _ => Moment::Unknown,
        };
        Some(Self { moment, text })
    }
}

/// A pact that the broker says is to be verified.
pub(super) struct Entry {
    pub(super) url: Url,
    pub(super) name: Option<String>,
    pending: bool,
    wip: bool,
    notices: Vec<Notice>,
}

impl Entry {
    fn plain(url: Url) -> Self {
        Self { url, name: None, pending: false, wip: false, notices: Vec::new() }
    }

    fn read(list: &Document, json: &Value) -> Result<Self, BrokerError> {
        let own = json.get("_links").and_then(|links| links.get("self"));
        let Some(href) = own.and_then(|link| link.get("href")).and_then(Value::as_str) else {
            return Err(BrokerError::NoLink {
                url: shown(&list.url),
                relation: "_embedded.pacts[].self".into(),
            });
        };
        let properties = json.get("verificationProperties");
        let is = |name: &str| properties.and_then(|p| p.get(name)).and_then(Value::as_bool).unwrap_or(false);
        let notices = properties.and_then(|p| p.get("notices")).and_then(Value::as_array);
        Ok(Self {
            url: list.resolve("self", href, &[])?,
            name: own.and_then(|link| link.get("name")).and_then(Value::as_str).map(ToOwned::to_owned),
            pending: is("pending"),
            wip: is("wip") || json.get("wip").and_then(Value::as_bool).unwrap_or(false),
            notices: notices.into_iter().flatten().filter_map(Notice::read).collect(),
        })
    }
}

impl BrokerClient {
    /// The pacts that a provider is to verify.
    ///
    /// # Errors
    /// [`BrokerError`]. A pact that comes and cannot be read is no error here, but one of
    /// [`FetchedPacts::unreadable`]: the others can be verified all the same.
    pub async fn pacts_for_verification(&self, asked: &ForVerification) -> Result<FetchedPacts, BrokerError> {
        let entries = self.entries(asked).await?;
        let fetched: Vec<Result<BrokerPact, PactError>> =
            stream::iter(entries).map(|entry| self.fetch(entry)).buffered(AT_ONCE).try_collect().await?;
        let mut all = FetchedPacts::default();
        for pact in fetched {
            match pact {
                Ok(pact) => all.pacts.push(pact),
                Err(error) => all.unreadable.push(error),
            }
        }
        Ok(all)
    }

    /// What a provider is to verify.
    pub(super) async fn entries(&self, asked: &ForVerification) -> Result<Vec<Entry>, BrokerError> {
        let index = self.index().await?;
        let url = index.find_link(&FOR_VERIFICATION, &[("provider", &asked.provider)])?;
        let body = asked.body();
        // A question in the form of a POST: it changes nothing, and may be repeated.
        let sending = Sending::new(&Method::POST, Some(&body), Repeat::Safe);
        let answer = self.transport.send(&url, sending).await.map_err(|error| match error {
            BrokerError::Refused { status: 404, url, words, .. } => {
                BrokerError::UnknownProvider { url, provider: asked.provider.clone(), words }
            }
            other => other,
        })?;
        let status = answer.status;
        let list = answer.document("POST")?;
        let Some(entries) = list.json.pointer("/_embedded/pacts").and_then(Value::as_array) else {
            return Err(BrokerError::NotUnderstood {
                method: "POST".into(),
                url: shown(&list.url),
                status,
                reason: "it has no list `_embedded.pacts`".into(),
            });
        };
        entries.iter().map(|entry| Entry::read(&list, entry)).collect()
    }

    /// The pact at an address: one that a webhook was called with, or any other place that serves pacts.
    ///
    /// # Errors
    /// [`BrokerError`]; [`BrokerError::Pact`] if what is there cannot be read.
    pub async fn pact_at(&self, address: &str) -> Result<BrokerPact, BrokerError> {
        let (url, _) = transport::parse(address, Credentials::None)?;
        Ok(self.fetch(Entry::plain(url)).await??)
    }

    pub(super) async fn index(&self) -> Result<Document, BrokerError> {
        self.transport.get(&self.transport.base).await
    }

    async fn fetch(&self, entry: Entry) -> Result<Result<BrokerPact, PactError>, BrokerError> {
        let answer = self.transport.send(&entry.url, Sending::get()).await?;
        let source = shown(&entry.url);
        answer.no_page("GET")?;
        let mut file = match PactFile::parse(&source, &answer.body) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        let document = answer.document("GET")?;
        // Work in progress is what nobody asked for yet: it must not break anyone's build.
        if entry.pending || entry.wip {
            for interaction in file.interactions.iter_mut().filter_map(Arc::get_mut) {
                interaction.pending = true;
            }
        }
        let own_name = || document.json.pointer("/_links/self/name").and_then(Value::as_str);
        Ok(Ok(BrokerPact {
            name: entry.name.as_deref().or_else(own_name).unwrap_or(&source).to_owned(),
            pending: entry.pending,
            wip: entry.wip,
            notices: entry.notices,
            interaction_ids: interaction_ids(&document.json),
            provider: document.link_if_any("pb:provider")?,
            results: document.link_if_any("pb:publish-verification-results")?,
            file,
        }))
    }
}

fn interaction_ids(json: &Value) -> Vec<Option<String>> {
    let list = ["interactions", "messages"].into_iter().find_map(|key| json.get(key)?.as_array());
    let id = |interaction: &Value| interaction.get("_id").and_then(Value::as_str).map(ToOwned::to_owned);
    list.into_iter().flatten().map(id).collect()
}
