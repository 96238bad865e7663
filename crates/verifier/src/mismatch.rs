//! Differences between what was agreed and what came.

use pact_matching::Mismatch as PactMismatch;
use serde::Serialize;
use serde_json::Value;

/// The part of a response in which something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The status code.
    Status,
    /// A header.
    Header,
    /// The body.
    Body,
    /// Anything of the request: it cannot differ in a response.
    Request,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Where: the part.
    pub part: Part,
    /// Where in it: a JSON path in a body, the name of a header, nothing for the status.
    pub path: String,
    /// What was agreed, as text.
    pub expected: String,
    /// What came, as text; `(missing)` if nothing did.
    pub actual: String,
    /// What is wrong, in a sentence.
    pub message: String,
}

/// How the absence of a value is written.
const MISSING: &str = "(missing)";

/// Pact's mismatches in our form, each missing field under its own path.
pub(crate) fn from_pact(mismatches: &[PactMismatch]) -> Vec<Mismatch> {
    let mut all: Vec<Mismatch> = mismatches.iter().flat_map(one).collect();
    all.sort_by_key(|mismatch| match mismatch.part {
        Part::Request => 0,
        Part::Status => 1,
        Part::Header => 2,
        Part::Body => 3,
    });
    all.dedup();
    all
}

fn one(mismatch: &PactMismatch) -> Vec<Mismatch> {
    let single = |part, path: &str, expected: &str, actual: &str, message: &str| {
        vec![Mismatch {
            part,
            path: path.to_owned(),
            expected: expected.to_owned(),
            actual: actual.to_owned(),
            message: message.to_owned(),
        }]
    };
    match mismatch {
        PactMismatch::StatusMismatch { expected, actual, mismatch } => {
            single(Part::Status, "", &expected.to_string(), &actual.to_string(), mismatch)
        }
        PactMismatch::HeaderMismatch { key, expected, actual, mismatch } => {
            let actual = if actual.is_empty() { MISSING } else { actual };
            single(Part::Header, key, expected, actual, mismatch)
        }
        PactMismatch::BodyTypeMismatch { expected, actual, .. } => {
            let message = format!("expected a body of {expected}, got one of {actual}");
            single(Part::Body, "$", expected, actual, &message)
        }
        PactMismatch::BodyMismatch { path, expected, actual, mismatch } => {
            let (expected, actual) = (expected.as_deref(), actual.as_deref());
            let missing = missing_members(path, expected, actual);
            if missing.is_empty() {
                single(Part::Body, path, &text(expected), &text(actual), mismatch)
            } else {
                missing
            }
        }
        other => single(Part::Request, "", "", "", &other.description()),
    }
}

/// Pact tells a missing member under the path of the object around it. If that is what this is, the members.
fn missing_members(path: &str, expected: Option<&[u8]>, actual: Option<&[u8]>) -> Vec<Mismatch> {
    let object = |bytes: Option<&[u8]>| bytes.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let (Some(Value::Object(expected)), Some(Value::Object(actual))) = (object(expected), object(actual))
    else {
        return Vec::new();
    };
    expected
        .iter()
        .filter(|(name, _)| !actual.contains_key(*name))
        .map(|(name, value)| Mismatch {
            part: Part::Body,
            path: join(path, name),
            expected: value.to_string(),
            actual: MISSING.to_owned(),
            message: format!("`{name}` is missing"),
        })
        .collect()
}

fn join(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { format!("{path}.{name}") } else { format!("{path}['{name}']") }
}

fn text(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| MISSING.to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}
