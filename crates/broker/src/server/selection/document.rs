//! How a pact to verify is announced, and what its verifier tells people.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::server::links::Base;

use super::Candidate;
use super::pending::{Line, Verified};

const MORE: &str = "Read more at https://docs.pact.io/go/pending";

/// What was asked, and by whom.
pub(super) struct Asked<'a> {
    pub(super) base: &'a Base,
    pub(super) provider: &'a str,
    pub(super) line: &'a Line,
    pub(super) pending: bool,
    /// Whether it was asked in the way of old clients.
    pub(super) outdated: bool,
}

impl Asked<'_> {
    pub(super) fn document(&self, candidate: &Candidate, verified: &Verified) -> Value {
        let pact = &candidate.pact;
        let content = pact.content_id;
        let is_pending = self.pending.then(|| candidate.wip || !verified.has(content));
        let mut notices = Vec::new();
        if self.outdated {
            let text = "WARNING: GET for pacts for verification is an old form that will be removed. Update the Pact \
                        library.";
            notices.push(json!({"when": "before_verification", "text": text}));
        }
        notices.push(json!({"when": "before_verification", "text": self.reasons(candidate)}));
        if let Some(is_pending) = is_pending {
            let tags = verified.tags(content, !is_pending);
            notices.extend(self.about_pending(is_pending, &tags));
        }
        let mut properties = json!({"notices": notices});
        if let Some(is_pending) = is_pending {
            properties["pending"] = json!(is_pending);
        }
        if candidate.wip {
            properties["wip"] = json!(true);
        }
        let shorts: Vec<&str> = candidate.reasons.iter().map(|(reason, _)| reason.short.as_str()).collect();
        let content = self.base.content(&pact.consumer, &pact.provider, &pact.sha);
        let href = format!("{content}/metadata/{}", metadata(candidate, is_pending));
        json!({"shortDescription": shorts.join(", "), "verificationProperties": properties,
            "_links": {"self": {"href": href, "name": pact.title()}}})
    }

    fn reasons(&self, candidate: &Candidate) -> String {
        let pact = &candidate.pact;
        let content = self.base.content(&pact.consumer, &pact.provider, &pact.sha);
        let lines: String = candidate
            .reasons
            .iter()
            .map(|(reason, pact)| format!("\n    * {} ({})", reason.long, pact.number))
            .collect();
        let (versions, criteria) =
            if candidate.reasons.len() == 1 { ("version", "criterion") } else { ("versions", "criteria") };
        let why = if candidate.wip { "it is work in progress: its" } else { "its" };
        format!(
            "The pact at {content} is verified because {why} content belongs to the consumer {versions} of this {criteria}:{lines}"
        )
    }

    /// Whether a failure counts, and what a published result changes.
    fn about_pending(&self, is_pending: bool, tags: &[&str]) -> Vec<Value> {
        let provider = self.provider;
        let which = format!("{provider}{}", self.line.words(tags));
        let of_version = match self.line {
            Line::Any => which.clone(),
            _ => format!("a version of {which}"),
        };
        if !is_pending {
            let text = format!(
                "This pact was verified by {of_version} before. If it fails now, the build fails. {MORE}"
            );
            return vec![json!({"when": "before_verification", "text": text})];
        }
        let still =
            format!("This pact is still pending for {which}: no successful result was published yet.");
        let no_longer = format!(
            "This pact is no longer pending for {which}: a successful result was published. A failure from now on \
             fails the build. {MORE}"
        );
        let before = format!(
            "This pact is pending for this version of {provider}: no successful result of {of_version} was published \
             yet. If it fails, the build does not. {MORE}"
        );
        [
            ("before_verification", before),
            ("after_verification:success_true_published_false", still.clone()),
            ("after_verification:success_false_published_false", still.clone()),
            ("after_verification:success_true_published_true", no_longer),
            ("after_verification:success_false_published_true", still),
        ]
        .into_iter()
        .map(|(when, text)| json!({"when": when, "text": text}))
        .collect()
    }
}

/// Why it is verified, for the address of the pact; it comes back with the results.
fn metadata(candidate: &Candidate, is_pending: Option<bool>) -> String {
    let mut query = Serializer::new(String::new());
    for (reason, pact) in &candidate.reasons {
        for (name, value) in &reason.parameters {
            query.append_pair(&format!("s[][{name}]"), value);
        }
        query.append_pair("s[][cv]", &pact.version_id.to_string());
    }
    if candidate.wip {
        query.append_pair("w", "true");
    }
    if let Some(is_pending) = is_pending {
        query.append_pair("p", if is_pending { "true" } else { "false" });
    }
    URL_SAFE_NO_PAD.encode(query.finish())
}
