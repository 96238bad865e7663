use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// How long a step may take unless it says otherwise.
const TIMEOUT_MS: u64 = 10_000;

/// One step of setting a state up, or tearing it down, at a live provider.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawStep")]
pub struct HookStep {
    /// What is done.
    pub action: HookAction,
    /// How long it may take, in milliseconds.
    pub timeout_ms: u64,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum HookAction {
    /// Sends a request.
    Request(HookRequest),
    /// Runs a program with its arguments: JSON on standard input, a JSON object of values on standard output.
    Program(Vec<String>),
}

/// A request to the provider, or to something beside it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookRequest {
    /// HTTP method.
    pub method: String,
    /// A path at the provider, or a whole URL; with placeholders.
    pub path: String,
    /// Headers, with placeholders in their values.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body, with placeholders.
    #[serde(default)]
    pub body: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    request: Option<HookRequest>,
    program: Option<Vec<String>>,
    timeout_ms: Option<u64>,
}

impl TryFrom<RawStep> for HookStep {
    type Error = String;

    fn try_from(raw: RawStep) -> Result<Self, String> {
        let action = match (raw.request, raw.program) {
            (Some(request), None) => HookAction::Request(request),
            (None, Some(program)) if program.first().is_some_and(|name| !name.is_empty()) => {
                HookAction::Program(program)
            }
            (None, Some(_)) => return Err("a program is named by a list: [\"sh\", \"seed.sh\"]".into()),
            (None, None) | (Some(_), Some(_)) => {
                return Err("a step has either a `request` or a `program`".into());
            }
        };
        Ok(Self { action, timeout_ms: raw.timeout_ms.unwrap_or(TIMEOUT_MS) })
    }
}
