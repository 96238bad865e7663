//! Results for programs. `docs/report.schema.json` describes the form.

use std::fs;
use std::path::Path;
use std::time::Duration;

use billtest_verifier::{Exchange, InteractionName};
use serde_json::{Map, Value, json};

use super::Account;
use super::exchange::{self, Body};
use super::explain::{Explanation, Status};
use crate::exit::CliError;

/// The version of the report's form; it grows when a reader must change.
const VERSION: u32 = 1;

pub(crate) fn render(account: &Account<'_>) -> String {
    format!("{:#}\n", document(account))
}

/// The interactions that failed in the run that wrote this report.
pub(crate) fn failed_in(path: &Path) -> Result<Vec<InteractionName>, CliError> {
    let unusable = |reason: String| {
        CliError::Usage(format!(
            "{}: {reason}\n  --last-failed reads the report that an earlier run wrote with the same --json FILE",
            path.display()
        ))
    };
    let bytes = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let report: Value =
        serde_json::from_slice(&bytes).map_err(|error| unusable(format!("is not JSON: {error}")))?;
    let list = report["interactions"]
        .as_array()
        .ok_or_else(|| unusable("is no report of billtest-verify".into()))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(list
        .iter()
        .filter(|one| !matches!(one["status"].as_str(), Some("verified" | "pending")))
        .map(|one| InteractionName {
            consumer: text(&one["consumer"]),
            provider: text(&one["provider"]),
            description: text(&one["description"]),
            states: one["states"].to_string(),
        })
        .collect())
}

fn document(account: &Account<'_>) -> Value {
    let mut summary: Map<String, Value> = Status::ALL
        .into_iter()
        .map(|status| (status.key().to_owned(), json!(account.count(status))))
        .collect();
    summary.insert("flaky".into(), json!(account.summary.flaky));
    summary.insert("left_out".into(), json!(account.left_out));
    json!({
        "version": VERSION,
        "provider_url": exchange::url(account.provider),
        "exit_code": account.exit as u8,
        "duration_milliseconds": milliseconds(account.elapsed),
        "summary": summary,
        "problems": account.problems,
        "interactions": account.explanations.iter().map(interaction).collect::<Vec<_>>(),
    })
}

fn interaction(explanation: &Explanation<'_>) -> Value {
    let planned = explanation.planned;
    let interaction = &planned.interaction;
    let timings = &explanation.timings;
    let mut value = json!({
        "id": explanation.id(),
        "pact": planned.source,
        "consumer": planned.consumer,
        "provider": planned.provider,
        "description": interaction.description,
        "states": interaction.states.iter()
            .map(|state| json!({"name": state.name, "params": state.params})).collect::<Vec<_>>(),
        "status": explanation.status.key(),
        "attempts": explanation.attempts,
        "duration_milliseconds": milliseconds(timings.total()),
        "milliseconds": {
            "state": milliseconds(timings.state),
            "request": milliseconds(timings.request),
            "matching": milliseconds(timings.matching),
        },
    });
    if let Some(key) = &interaction.key {
        value["key"] = json!(key);
    }
    if !explanation.mismatches.is_empty() {
        value["mismatches"] = json!(explanation.mismatches);
    }
    if let Some(reason) = &explanation.reason {
        value["reason"] = json!(reason);
    }
    if let Some(error) = &explanation.teardown {
        value["teardown_error"] = json!(error);
    }
    if let Some(exchange) = explanation.exchange {
        value["exchange"] = exchanged(exchange);
    }
    value
}

fn exchanged(exchange: &Exchange) -> Value {
    let headers = |headers: &[(String, String)]| -> Value {
        exchange::headers(headers).into_iter().map(|(name, value)| (name, json!(value))).collect()
    };
    json!({
        "request": {
            "method": exchange.sent.method,
            "url": exchange::url(&exchange.sent.url),
            "headers": headers(&exchange.sent.headers),
            "body": exchange.sent.body.as_deref().map(body),
        },
        "response": exchange.received.as_ref().map(|received| json!({
            "status": received.status,
            "headers": headers(&received.headers),
            "body": body(&received.body),
        })),
    })
}

/// Text as it is; of anything else, what it can be recognised by.
fn body(bytes: &[u8]) -> Value {
    match Body::of(bytes) {
        Body::Empty => json!(""),
        Body::Text(text) => json!(text),
        Body::Binary(bytes) => json!({"bytes": bytes.len(), "sha256": exchange::sha256(bytes)}),
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
