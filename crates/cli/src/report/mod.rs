//! Reports: each reads the same results.

pub(crate) mod human;
pub(crate) mod json;

use billtest_verifier::{Failure, InteractionResult, Outcome};

/// How a header that may carry a secret is shown.
const HIDDEN: &str = "***";

/// The word for what became of an interaction, the same in every report.
fn status(result: &InteractionResult) -> &'static str {
    match &result.outcome {
        Outcome::Verified if result.teardown.is_some() => "state failed",
        Outcome::Verified => "verified",
        Outcome::Mismatched(_) if result.is_pending_failure() => "pending",
        Outcome::Mismatched(_) => "mismatched",
        Outcome::Failed(Failure::State(_)) => "state failed",
        Outcome::Failed(Failure::NoAnswer(_)) => "unanswered",
        Outcome::Failed(Failure::Invalid(_)) => "invalid",
        Outcome::Interrupted => "interrupted",
    }
}

/// The value of a header as it may be shown.
fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    let secret = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"];
    if secret.iter().any(|known| known.eq_ignore_ascii_case(name)) { HIDDEN } else { value }
}
