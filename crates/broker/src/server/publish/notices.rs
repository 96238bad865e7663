//! What a publisher is told; command lines print it.

use serde_json::{Value, json};

use crate::server::db::{Conn, Error, statement};
use crate::server::events::{Event, Published};
use crate::server::links::Base;
use crate::server::publications::Pact;
use crate::server::webhooks::Triggered;

use super::request::Publication;

/// Texts with their kind: debug, success, prompt, error, info.
#[derive(Debug, Default)]
pub(super) struct Notices(Vec<(&'static str, String)>);

impl Notices {
    pub(super) fn add(&mut self, kind: &'static str, text: impl Into<String>) {
        self.0.push((kind, text.into()));
    }

    pub(super) fn document(&self) -> Value {
        self.0.iter().map(|(kind, text)| json!({"type": kind, "text": text})).collect()
    }

    /// The same as older clients read it.
    pub(super) fn logs(&self) -> Value {
        let log = |(kind, text): &(&str, String)| json!({"level": kind, "message": text, "deprecationWarning": "Replaced by notices"});
        self.0.iter().map(log).collect()
    }

    pub(super) fn about_version(&mut self, publication: &Publication, new: bool) {
        let mut text = format!(
            "{} {} version {}",
            if new { "Created" } else { "Updated" },
            publication.consumer,
            publication.version
        );
        let tags = publication.tags.join(", ");
        let tags = if tags.is_empty() { tags } else { format!("tags {tags}") };
        let branch = publication.branch.as_ref().map(|branch| format!("branch {branch}")).unwrap_or_default();
        let parts: Vec<&str> = [branch.as_str(), &tags].into_iter().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            text.push_str(" with ");
            text.push_str(&parts.join(" and "));
        }
        self.add("debug", text);
        if publication.branch.is_none() {
            self.add("prompt", "  Next steps:\n    Name the branch of the repository when publishing.");
        }
    }

    pub(super) fn about_pact(&mut self, base: &Base, pact: &Pact, known: bool) {
        let (consumer, number, provider) = (&pact.consumer, &pact.number, &pact.provider);
        let how = if known { "republished" } else { "published" };
        let end = if known { " with no content changes." } else { "." };
        self.add(
            "success",
            format!("Pact successfully {how} for {consumer} version {number} and provider {provider}{end}"),
        );
        self.add("debug", format!("  View the published pact at {}", base.pact(consumer, provider, number)));
    }

    pub(super) fn about_events(&mut self, published: Option<&Published>) {
        let mut events = vec![Event::ContractPublished.name().to_owned()];
        if let Some(published) = published {
            if !published.unverified.is_empty() {
                events.push(Event::ContractRequiringVerification.name().to_owned());
            }
            match (&published.changed, &published.unchanged) {
                (Some(reason), _) => {
                    events.push(format!("{} ({reason})", Event::ContractContentChanged.name()));
                }
                (None, Some(reason)) => events[0].push_str(&format!(" ({reason})")),
                (None, None) => {}
            }
        }
        self.add("debug", format!("  Events detected: {}", events.join(", ")));
    }

    pub(super) fn about_webhooks(&mut self, base: &Base, event: Event, triggered: &[Triggered]) {
        for one in triggered {
            let logs = base.at(["triggered-webhooks", &one.uuid, "logs"]);
            let (name, event) = (&one.name, event.name());
            self.add(
                "debug",
                format!("  Webhook {name} triggered for event {event}.\n    View logs at {logs}"),
            );
        }
    }

    /// What the provider's side still lacks.
    pub(super) async fn about_next_steps(&mut self, conn: &mut Conn, pact: &Pact) -> Result<(), Error> {
        let provider = &pact.provider;
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM verification v JOIN pact_version k ON k.id = v.pact_version_id \
                   WHERE k.provider_id = $1 LIMIT 1) x";
        let verified = statement(sql).bind(pact.provider_id).fetch_one(&mut *conn).await?.int(0)? > 0;
        let sql =
            "SELECT COUNT(*) FROM webhook WHERE enabled = 1 AND (provider_id = $1 OR provider_id IS NULL)";
        let hooked = statement(sql).bind(pact.provider_id).fetch_one(conn).await?.int(0)? > 0;
        if verified && hooked {
            return Ok(());
        }
        self.add("prompt", "  Next steps:");
        if !verified {
            self.add(
                "prompt",
                format!("    * Verify this pact in the build of {provider}, and publish the results."),
            );
        }
        if !hooked {
            self.add(
                "prompt",
                format!(
                    "    * Create a webhook that verifies {provider} when the content of a pact changes."
                ),
            );
        }
        Ok(())
    }
}
