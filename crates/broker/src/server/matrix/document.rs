//! An answer as JSON, and as a table for people.

use std::collections::HashMap;

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
    /// The answer as JSON. Most of it are versions, the same in many rows: each is written once and copied.
    pub(super) fn json(&self, details: &Details) -> String {
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
        let mut versions = HashMap::new();
        let rows: Vec<String> = self.shown().map(|row| self.row(row, details, &mut versions)).collect();
        format!(
            "{{\"summary\":{summary},\"notices\":{},\"matrix\":[{}]}}",
            Value::from(notices),
            rows.join(",")
        )
    }

    /// The rows that are asked for, of many the first.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Row> {
        let wanted = |row: &&Row| {
            let own = match row.verdict() {
                Verdict::Success => "true",
                Verdict::Failure => "false",
                Verdict::Unknown => "",
            };
            let shown = &self.question.shown;
            shown.is_empty() || shown.iter().any(|one| one == own || (own.is_empty() && one == "null"))
        };
        self.rows.iter().filter(wanted).take(self.question.limit)
    }

    fn row(&self, row: &Row, details: &Details, versions: &mut HashMap<i64, String>) -> String {
        let (consumer, provider) = (&self.sides[row.consumer].name, &self.sides[row.provider].name);
        let number = &row.consumer_version.number;
        let base = self.base;
        let found = row.found.as_ref().map_or_else(
            || "null".to_owned(),
            |found| {
                let content = base.content(consumer, provider, &row.pact.sha);
                let href = format!(
                    "{content}/metadata/{}/verification-results/{}",
                    Metadata::naming(number),
                    found.number
                );
                let links = self_link(&href);
                let (success, at) = (found.success, shown(found.created_at));
                format!("{{\"success\":{success},\"verifiedAt\":\"{at}\",{links}}}")
            },
        );
        let mut side = |name: &str, version: Option<&Version>| {
            let version = version.map_or("null", |version| {
                versions.entry(version.id).or_insert_with(|| self.version(name, version, details).to_string())
            });
            format!(
                "{{\"name\":{},\"version\":{version},{}}}",
                quoted(name),
                self_link(&base.pacticipant(name))
            )
        };
        let (from, to) =
            (side(consumer, Some(&row.consumer_version)), side(provider, row.provider_version.as_ref()));
        let pact = self_link(&base.pact(consumer, provider, number));
        let created = shown(row.pact.created_at);
        let ignored = if row.ignored { ",\"ignored\":true" } else { "" };
        format!(
            "{{\"consumer\":{from},\"provider\":{to},\"pact\":{{\"createdAt\":\"{created}\",{pact}}},\
             \"verificationResult\":{found}{ignored}}}"
        )
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

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn self_link(href: &str) -> String {
    format!("\"_links\":{{\"self\":{{\"href\":{}}}}}", quoted(href))
}
