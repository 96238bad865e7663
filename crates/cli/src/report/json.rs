//! Results for programs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use billtest_contract::write;
use billtest_verifier::{Exchange, InteractionName, InteractionResult, Outcome};
use serde_json::{Value, json};

use super::{shown, status};
use crate::exit::{CliError, Exit};
use crate::verify::Run;

/// The version of the report's form; it grows when a reader must change.
const VERSION: u32 = 1;

pub(crate) fn write(path: &Path, run: &Run, problems: &[String], exit: Exit) -> Result<(), CliError> {
    let document = document(run, problems, exit);
    write::replace(path, format!("{document:#}\n").as_bytes())
        .map_err(|source| CliError::Report { path: path.display().to_string(), source })
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

fn document(run: &Run, problems: &[String], exit: Exit) -> Value {
    let summary = &run.summary;
    json!({
        "version": VERSION,
        "provider_url": run.provider,
        "exit_code": exit as u8,
        "summary": {
            "verified": summary.verified,
            "flaky": summary.flaky,
            "skipped": summary.skipped,
            "mismatched": summary.mismatched,
            "pending": summary.pending,
            "state_failed": summary.state_failed,
            "unanswered": summary.unanswered,
            "invalid": summary.invalid,
            "interrupted": summary.interrupted,
        },
        "problems": problems,
        "interactions": run.results.iter().map(interaction).collect::<Vec<_>>(),
    })
}

fn interaction(result: &InteractionResult) -> Value {
    let planned = &result.planned;
    let interaction = &planned.interaction;
    let mut value = json!({
        "pact": planned.source,
        "consumer": planned.consumer,
        "provider": planned.provider,
        "description": interaction.description,
        "states": interaction.states.iter()
            .map(|state| json!({"name": state.name, "params": state.params})).collect::<Vec<_>>(),
        "status": status(result).replace(' ', "_"),
        "attempts": result.attempts,
        "milliseconds": {
            "state": milliseconds(result.timings.state),
            "request": milliseconds(result.timings.request),
            "matching": milliseconds(result.timings.matching),
        },
    });
    if let Some(key) = &interaction.key {
        value["key"] = json!(key);
    }
    match &result.outcome {
        Outcome::Mismatched(mismatches) => value["mismatches"] = json!(mismatches),
        Outcome::Failed(failure) => value["reason"] = json!(failure.to_string()),
        Outcome::Verified | Outcome::Interrupted => {}
    }
    if let Some(error) = &result.teardown {
        value["teardown_error"] = json!(error.to_string());
    }
    if let Some(exchange) = &result.exchange
        && !result.is_verified()
    {
        value["exchange"] = exchanged(exchange);
    }
    value
}

fn exchanged(exchange: &Exchange) -> Value {
    let headers = |headers: &[(String, String)]| -> Value {
        headers.iter().map(|(name, value)| (name.clone(), json!(shown(name, value)))).collect()
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    json!({
        "request": {
            "method": exchange.sent.method,
            "url": exchange.sent.url,
            "headers": headers(&exchange.sent.headers),
            "body": exchange.sent.body.as_deref().map(text),
        },
        "response": exchange.received.as_ref().map(|received| json!({
            "status": received.status,
            "headers": headers(&received.headers),
            "body": text(&received.body),
        })),
    })
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
