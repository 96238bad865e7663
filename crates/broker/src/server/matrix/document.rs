//! An answer as JSON, and as a table for people.

use serde_json::{Value, json};

use crate::server::clock::shown;
use crate::server::details::Details;
use crate::server::links::Base;
use crate::server::pacts::Metadata;

use super::question::Question;
use super::rows::{Row, Verdict};
use super::sides::{Side, Version};
use super::verdict::Answer;

pub(super) struct Document<'a> {
    pub(super) base: &'a Base,
    pub(super) question: &'a Question,
    pub(super) sides: &'a [Side],
    pub(super) rows: &'a [Row],
    pub(super) answer: &'a Answer,
}

impl Document<'_> {
    pub(super) fn json(&self, details: &Details) -> Value {
        let answer = self.answer;
        let mut summary = json!({
            "deployable": answer.deployable, "reason": answer.reason(), "success": answer.success,
            "failed": answer.failed, "unknown": answer.unknown
        });
        if !self.question.ignored.is_empty() {
            summary["ignored"] = json!(answer.ignored);
        }
        let notices: Vec<Value> =
            answer.notices.iter().map(|(kind, text)| json!({"type": kind, "text": text})).collect();
        let rows: Vec<Value> = self.shown().map(|row| self.row(row, details)).collect();
        json!({"summary": summary, "notices": notices, "matrix": rows})
    }

    fn shown(&self) -> impl Iterator<Item = &Row> {
        let wanted = |row: &&Row| {
            let own = match row.verdict() {
                Verdict::Success => "true",
                Verdict::Failure => "false",
                Verdict::Unknown => "",
            };
            let shown = &self.question.shown;
            shown.is_empty() || shown.iter().any(|one| one == own || (own.is_empty() && one == "null"))
        };
        self.rows.iter().filter(wanted)
    }

    fn row(&self, row: &Row, details: &Details) -> Value {
        let (consumer, provider) = (&self.sides[row.consumer].name, &self.sides[row.provider].name);
        let number = &row.consumer_version.number;
        let base = self.base;
        let content = || base.content(consumer, provider, &row.pact.sha);
        let found = row.found.as_ref().map(|found| {
            let href = format!(
                "{}/metadata/{}/verification-results/{}",
                content(),
                Metadata::naming(number),
                found.number
            );
            json!({"success": found.success, "verifiedAt": shown(found.created_at), "_links": {"self": {"href": href}}})
        });
        let version = |name: &str, version: Option<&Version>| {
            version.map_or(Value::Null, |version| self.version(name, version, details))
        };
        let mut document = json!({
            "consumer": {"name": consumer, "version": version(consumer, Some(&row.consumer_version)),
                "_links": {"self": {"href": base.pacticipant(consumer)}}},
            "provider": {"name": provider, "version": version(provider, row.provider_version.as_ref()),
                "_links": {"self": {"href": base.pacticipant(provider)}}},
            "pact": {"createdAt": shown(row.pact.created_at),
                "_links": {"self": {"href": base.pact(consumer, provider, number)}}},
            "verificationResult": found
        });
        if row.ignored {
            document["ignored"] = json!(true);
        }
        document
    }

    fn version(&self, name: &str, version: &Version, details: &Details) -> Value {
        let (base, number) = (self.base, &version.number);
        let branches = details.branch_versions(base, name, number, version.id);
        let tag = |mark: &crate::server::details::Mark| {
            let own = base.tag(name, number, &mark.name);
            json!({"name": mark.name, "latest": mark.latest, "_links": {"self": {"href": own}}})
        };
        json!({
            "number": number, "branch": details.branches(version.id).last().map(|mark| &mark.name),
            "branches": branches, "branchVersions": branches,
            "environments": details.places(version.id).iter().map(|place| place.document(base)).collect::<Vec<_>>(),
            "tags": details.tags(version.id).iter().map(tag).collect::<Vec<_>>(),
            "_links": {"self": {"href": base.version(name, number)}}
        })
    }

    pub(super) fn table(&self) -> String {
        let head = ["CONSUMER", "C_VERSION", "REVISION", "PROVIDER", "P_VERSION", "NUMBER", "SUCCESS"];
        let mut lines = vec![head.map(str::to_owned)];
        for row in self.shown() {
            let found = row.found.as_ref();
            lines.push([
                self.sides[row.consumer].name.clone(),
                row.consumer_version.number.clone(),
                row.pact.revision.to_string(),
                self.sides[row.provider].name.clone(),
                row.provider_version.as_ref().map(|version| version.number.clone()).unwrap_or_default(),
                found.map(|found| found.number.to_string()).unwrap_or_default(),
                found.map(|found| found.success.to_string()).unwrap_or_default(),
            ]);
        }
        let widths: Vec<usize> = (0..head.len())
            .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for (place, line) in lines.iter().enumerate() {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            text.push_str(cells.collect::<Vec<_>>().join(" | ").trim_end());
            text.push('\n');
            if place == 0 {
                let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("-|-");
                text.push_str(&format!("{rule}\n"));
            }
        }
        let verdict = self.answer.deployable.map_or("nil".to_owned(), |answer| answer.to_string());
        format!("{text}\nDeployable: {verdict}\nReason: {}\n", self.answer.reason())
    }
}
