//! A pact as it is served: what the consumer wrote, and links.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::server::clock::shown;
use crate::server::db::{Conn, Error};
use crate::server::links::{Base, encoded, link, named, template};
use crate::server::publications::{Key, Pact, find};

/// What an address of a pact for verification says about why it is verified.
#[derive(Debug)]
pub(in crate::server) struct Metadata {
    /// As it stands in the address.
    pub(in crate::server) raw: String,
    /// The pacts of the consumer versions that were selected, newest first.
    pub(in crate::server) versions: Vec<Pact>,
}

impl Metadata {
    /// Reads the segment of an address. What cannot be read says nothing.
    pub(in crate::server) async fn read(conn: &mut Conn, raw: &str, newest: &Pact) -> Result<Self, Error> {
        let decoded = URL_SAFE_NO_PAD.decode(raw).unwrap_or_default();
        let mut versions: Vec<Pact> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(&decoded) {
            let number = value.parse().unwrap_or(-1);
            let (rest, key) = match &*name {
                "s[][cv]" => ("AND v.id = $2", Key::Id(number)),
                "cvn" => ("AND v.number = $2", Key::Text(&value)),
                _ => continue,
            };
            let rest = format!("WHERE k.id = $1 {rest}");
            for pact in find(conn, &rest, &[Key::Id(newest.content_id), key]).await? {
                if !versions.iter().any(|known| known.id == pact.id) {
                    versions.push(pact);
                }
            }
        }
        versions.sort_by_key(|pact| std::cmp::Reverse(pact.version_id));
        Ok(Self { raw: raw.to_owned(), versions })
    }

    /// The segment that names a consumer version.
    pub(in crate::server) fn naming(number: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("cvn={}", encoded(number)))
    }
}

/// The text of a pact with its links.
pub(in crate::server) fn document(
    base: &Base,
    pact: &Pact,
    content: &str,
    metadata: Option<&Metadata>,
) -> String {
    let own = content.strip_suffix('}').unwrap_or(content);
    let comma = if own.ends_with('{') { "" } else { "," };
    let created = shown(pact.created_at);
    format!("{own}{comma}\"createdAt\":\"{created}\",\"_links\":{}}}", links(base, pact, metadata))
}

fn links(base: &Base, pact: &Pact, metadata: Option<&Metadata>) -> Value {
    let Pact { consumer, provider, number, sha, .. } = pact;
    let pair = base.pair(consumer, provider);
    let own = base.pact(consumer, provider, number);
    let content = base.content(consumer, provider, sha);
    let version = base.version(consumer, number);
    let results = match metadata {
        Some(metadata) => format!("{content}/metadata/{}/verification-results", encoded(&metadata.raw)),
        None => format!("{content}/verification-results"),
    };
    let mut links = json!({
        "self": named("Pact", &pact.title(), own.clone()),
        "pb:consumer": named("Consumer", consumer, base.pacticipant(consumer)),
        "pb:consumer-version": named("Consumer version", number, version.clone()),
        "pb:provider": named("Provider", provider, base.pacticipant(provider)),
        "pb:pact-version": named("Permanent address of this content", sha, content.clone()),
        "pb:latest-pact-version": link("Latest version of this pact", format!("{pair}/latest")),
        "pb:all-pact-versions": link("All versions of this pact", format!("{pair}/versions")),
        "pb:latest-untagged-pact-version":
            link("Latest untagged version of this pact", format!("{pair}/latest-untagged")),
        "pb:latest-tagged-pact-version":
            template("Latest tagged version of this pact", format!("{pair}/latest/{{tag}}")),
        "pb:previous-distinct": link("The version before it with other content", format!("{own}/previous-distinct")),
        "pb:diff-previous-distinct":
            link("What differs from the version before it", format!("{own}/diff/previous-distinct")),
        "pb:diff": template("What differs from another content", format!("{content}/diff/pact-version/{{pactVersion}}")),
        "pb:pact-webhooks": link(
            &format!("Webhooks for the pact between {consumer} and {provider}"),
            base.at(["webhooks", "provider", provider, "consumer", consumer])),
        "pb:consumer-webhooks": link(
            &format!("Webhooks for all pacts of consumer {consumer}"), base.at(["webhooks", "consumer", consumer])),
        "pb:tag-prod-version": link("PUT here to tag this consumer version as 'prod'", format!("{version}/tags/prod")),
        "pb:tag-version": link("PUT here to tag this consumer version", format!("{version}/tags/{{tag}}")),
        "pb:publish-verification-results": link("Publish verification results", results),
        "pb:latest-verification-results": {"href": format!("{content}/verification-results/latest")},
        "pb:triggered-webhooks":
            link("Webhooks triggered by the publication of this pact", format!("{own}/triggered-webhooks")),
        "pb:matrix-for-consumer-version": link(
            "Matrix of this consumer version",
            format!("{}/matrix?q%5B%5D%5Bpacticipant%5D={}&q%5B%5D%5Bversion%5D={}&latestby=cvpv",
                base.as_str(), encoded(consumer), encoded(number))),
        "curies": base.curies(),
    });
    if let Some(metadata) = metadata {
        let version =
            |pact: &Pact| named("Consumer version", &pact.number, base.version(consumer, &pact.number));
        links["pb:consumer-versions"] = metadata.versions.iter().map(version).collect();
    }
    links
}
