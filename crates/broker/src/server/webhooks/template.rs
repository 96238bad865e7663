//! The parameters of webhooks, such as `${pactbroker.consumerName}`, and texts filled with them.

use serde_json::{Map, Value, json};

use crate::server::db::{Conn, Error, statement};
use crate::server::links::{Base, encoded};
use crate::server::pacts::Metadata;

use super::Cause;

/// Every parameter with its value; what there is no value for is empty.
pub(super) async fn parameters(
    conn: &mut Conn,
    base: &Base,
    cause: Cause<'_>,
) -> Result<Map<String, Value>, Error> {
    let pact = cause.pact;
    let content = base.content(&pact.consumer, &pact.provider, &pact.sha);
    let consumer = About::of(conn, pact.consumer_id, Some(pact.version_id)).await?;
    let provider = About::of(conn, pact.provider_id, cause.provider_version).await?;
    let mut all = json!({
        "eventName": cause.event.name(),
        "pactUrl": format!("{content}/metadata/{}", Metadata::naming(&pact.number)),
        "consumerName": pact.consumer, "providerName": pact.provider,
        "consumerVersionNumber": pact.number, "consumerVersionTags": consumer.tags,
        "consumerVersionBranch": consumer.branch, "consumerLabels": consumer.labels,
        "providerVersionNumber": provider.number, "providerVersionTags": provider.tags,
        "providerVersionBranch": provider.branch, "providerLabels": provider.labels,
        "providerVersionDescriptions": provider.branch, "currentlyDeployedProviderVersionNumber": provider.number,
        "buildUrl": consumer.build_url,
    });
    if let Some(verification) = cause.verification {
        let sql = "SELECT number, success, build_url FROM verification WHERE id = $1";
        let row = statement(sql).bind(verification).fetch_one(conn).await?;
        let success = row.flag(1)?;
        let url = format!("{content}/verification-results/{}", row.int(0)?);
        all["verificationResultUrl"] = json!(url);
        all["buildUrl"] = json!(row.maybe_text(2)?.unwrap_or_default());
        all["githubVerificationStatus"] = json!(if success { "success" } else { "failure" });
        all["bitbucketVerificationStatus"] = json!(if success { "SUCCESSFUL" } else { "FAILED" });
        all["azureDevOpsVerificationStatus"] = json!(if success { "succeeded" } else { "failed" });
        all["gitlabVerificationStatus"] = json!(if success { "success" } else { "failed" });
    } else {
        all["githubVerificationStatus"] = json!("pending");
        all["bitbucketVerificationStatus"] = json!("INPROGRESS");
        all["azureDevOpsVerificationStatus"] = json!("pending");
        all["gitlabVerificationStatus"] = json!("pending");
    }
    match all {
        Value::Object(all) => Ok(all),
        _ => Ok(Map::new()),
    }
}

/// A pacticipant with one of its versions.
#[derive(Default)]
struct About {
    number: String,
    branch: String,
    tags: String,
    labels: String,
    build_url: String,
}

impl About {
    async fn of(conn: &mut Conn, pacticipant: i64, version: Option<i64>) -> Result<Self, Error> {
        let labels = "SELECT name FROM label WHERE pacticipant_id = $1 ORDER BY name";
        let mut about = Self { labels: joined(conn, labels, pacticipant).await?, ..Self::default() };
        if let Some(version) = version {
            let sql = "SELECT number, build_url FROM version WHERE id = $1";
            let row = statement(sql).bind(version).fetch_one(&mut *conn).await?;
            about.number = row.text(0)?;
            about.build_url = row.maybe_text(1)?.unwrap_or_default();
            let sql = "SELECT b.name FROM branch_version v JOIN branch b ON b.id = v.branch_id WHERE v.version_id = $1 \
                       ORDER BY v.id DESC LIMIT 1";
            about.branch = joined(conn, sql, version).await?;
            let sql = "SELECT name FROM tag WHERE version_id = $1 ORDER BY name";
            about.tags = joined(conn, sql, version).await?;
        }
        Ok(about)
    }
}

async fn joined(conn: &mut Conn, sql: &'static str, key: i64) -> Result<String, Error> {
    let rows = statement(sql).bind(key).fetch_all(conn).await?;
    Ok(rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?.join(", "))
}

/// A text with its parameters filled in; `own` changes each value to fit.
fn filled(text: &str, parameters: &Map<String, Value>, own: fn(&str) -> String) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        all.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            all.push_str("${");
            rest = after;
            continue;
        };
        let value = name.strip_prefix("pactbroker.").and_then(|name| parameters.get(name));
        match value.and_then(Value::as_str) {
            Some(value) => all.push_str(&own(value)),
            // A parameter that there is not stays as it was written, to be seen.
            None => all.push_str(&format!("${{{name}}}")),
        }
        rest = after;
    }
    all + rest
}

/// An address: values are encoded.
pub(super) fn url(text: &str, parameters: &Map<String, Value>) -> String {
    filled(text, parameters, encoded)
}

/// A header: values have no line ends.
pub(super) fn header(text: &str, parameters: &Map<String, Value>) -> String {
    filled(text, parameters, |value| value.replace(char::is_control, " "))
}

/// A body: the texts in a JSON value are filled; a body that is a text is filled as it is.
pub(super) fn body(value: &Value, parameters: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => Value::String(filled(text, parameters, ToOwned::to_owned)),
        Value::Array(items) => items.iter().map(|item| body(item, parameters)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), body(value, parameters)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A branch name would end the address, or the JSON, and begin another.
    #[test]
    fn values_fit_where_they_stand() {
        let Value::Object(parameters) = json!({"consumerVersionBranch": "feat/a&b\"c\n"}) else {
            unreachable!()
        };
        let text = "x=${pactbroker.consumerVersionBranch}&y=${pactbroker.nope}${z";
        assert_eq!(url(text, &parameters), "x=feat%2Fa%26b%22c%0A&y=${pactbroker.nope}${z");
        assert_eq!(header("${pactbroker.consumerVersionBranch}", &parameters), "feat/a&b\"c ");
        let filled = body(&json!({"a": ["${pactbroker.consumerVersionBranch}"], "n": 1}), &parameters);
        assert_eq!(filled, json!({"a": ["feat/a&b\"c\n"], "n": 1}));
    }
}
