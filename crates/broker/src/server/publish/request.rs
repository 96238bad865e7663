//! What is asked for when contracts are published.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::server::body::{optional_text, required_name, wrong_name};
use crate::server::content::Content;
use crate::server::refusal::{Fields, Refusal};

/// Contracts of one version of a consumer.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) consumer: String,
    pub(super) version: String,
    pub(super) branch: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) build_url: Option<String>,
    pub(super) contracts: Vec<Contract>,
}

/// A pact with one provider.
#[derive(Debug)]
pub(super) struct Contract {
    pub(super) provider: String,
    pub(super) content: Content,
    /// Whether it is to be joined with what the version has already.
    pub(super) merge: bool,
}

impl Publication {
    /// Reads and checks all of it; everything that is wrong is told together.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let consumer = required_name(body, "pacticipantName", &mut fields);
        let version = required_name(body, "pacticipantVersionNumber", &mut fields);
        let branch = optional_text(body, "branch", &mut fields).filter(|branch| !branch.is_empty());
        if let Some(wrong) = branch.as_deref().and_then(wrong_name) {
            fields.add("branch", wrong);
        }
        let tags = tags(body, &mut fields);
        let build_url = optional_text(body, "buildUrl", &mut fields);
        let mut contracts = Vec::new();
        match body.get("contracts") {
            None => fields.add("contracts", "is missing"),
            Some(Value::Array(list)) if list.is_empty() => {
                fields.add("contracts", "size cannot be less than 1");
            }
            Some(Value::Array(list)) => {
                for (index, contract) in list.iter().enumerate() {
                    let mut wrong = Vec::new();
                    contracts.extend(self::contract(contract, &consumer, &mut wrong));
                    wrong
                        .into_iter()
                        .for_each(|wrong| fields.add("contracts", format!("{wrong} (at index {index})")));
                }
                once_each(&contracts, &mut fields);
            }
            Some(_) => fields.add("contracts", "must be an array"),
        }
        fields.check()?;
        Ok(Self { consumer, version, branch, tags, build_url, contracts })
    }
}

fn tags(body: &Map<String, Value>, fields: &mut Fields) -> Vec<String> {
    let list = match body.get("tags") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            fields.add("tags", "must be an array");
            return Vec::new();
        }
    };
    let mut tags: Vec<String> = Vec::new();
    for tag in list {
        match tag.as_str() {
            None => fields.add("tags", "must be an array of strings"),
            Some(tag) => match wrong_name(tag) {
                Some(wrong) => fields.add("tags", wrong),
                None if tags.iter().any(|known| known == tag) => {}
                None => tags.push(tag.to_owned()),
            },
        }
    }
    tags
}

/// One version has one pact with a provider; a second one in the same request is a part of it, or would change the
/// first.
fn once_each(contracts: &[Contract], fields: &mut Fields) {
    for (place, contract) in contracts.iter().enumerate() {
        let before = contracts.iter().take(place).find(|other| other.provider == contract.provider);
        if before.is_some_and(|other| !contract.merge && other.content.sha != contract.content.sha) {
            let name = &contract.provider;
            fields
                .add("contracts", format!("two contracts with provider '{name}' differ (at index {place})"));
        }
    }
}

fn contract(contract: &Value, consumer: &str, wrong: &mut Vec<String>) -> Option<Contract> {
    let Value::Object(contract) = contract else {
        wrong.push("must be an object".to_owned());
        return None;
    };
    let mut text = |member: &str| match contract.get(member) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.as_str()),
        None => {
            wrong.push(format!("{member} is missing"));
            None
        }
        Some(_) => {
            wrong.push(format!("{member} must be filled"));
            None
        }
    };
    let (own, provider) = (text("consumerName"), text("providerName"));
    let (kind, media) = (text("specification"), text("contentType"));
    let encoded = text("content");
    let merge = contract.get("onConflict").and_then(Value::as_str) == Some("merge");
    if let Some(rule) = contract.get("onConflict").and_then(Value::as_str)
        && !matches!(rule, "merge" | "overwrite")
    {
        wrong.push("onConflict must be one of: overwrite, merge".to_owned());
    }
    if kind.is_some_and(|kind| kind != "pact") {
        wrong.push("specification must be one of: pact".to_owned());
    }
    if media.is_some_and(|media| media != "application/json") {
        wrong.push("contentType must be one of: application/json".to_owned());
    }
    if let Some(reason) = provider.and_then(wrong_name) {
        wrong.push(format!("providerName {reason}"));
    }
    let content = encoded.and_then(|encoded| content(encoded, wrong));
    if let Some(own) = own.filter(|own| *own != consumer) {
        wrong.push(format!("consumerName ('{own}') must match pacticipantName ('{consumer}')"));
    }
    let (provider, content) = (provider?, content?);
    for (role, named, said) in
        [("consumer", &content.consumer, own.unwrap_or_default()), ("provider", &content.provider, provider)]
    {
        if let Some(named) = named.as_deref().filter(|named| *named != said) {
            wrong.push(format!(
                "{role} name in contract content ('{named}') must match {role}Name in contract params ('{said}')"
            ));
        }
    }
    Some(Contract { provider: provider.to_owned(), content, merge })
}

fn content(encoded: &str, wrong: &mut Vec<String>) -> Option<Content> {
    let decoded = STANDARD.decode(encoded);
    if decoded.is_err() {
        wrong.push("is not valid Base64".to_owned());
    }
    let content = decoded.ok().and_then(|bytes| Content::read(&bytes).ok());
    if content.is_none() {
        wrong.push("content could not be parsed as application/json".to_owned());
    }
    content
}
