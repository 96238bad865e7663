//! Differences between what was agreed and what came.

use pact_matching::Mismatch as PactMismatch;
use pact_models::matchingrules::{MatchingRule, MatchingRuleCategory, RuleLogic};
use pact_models::path_exp::{DocPath, PathToken};
use serde::Serialize;
use serde_json::Value;

/// The part of a response in which something differs, in the order in which a reader wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Anything of the request: it cannot differ in a response.
    Request,
    /// The status code.
    Status,
    /// A header.
    Header,
    /// The metadata of a message.
    Metadata,
    /// The body.
    Body,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mismatch {
    /// Where: the part.
    pub part: Part,
    /// Where in it: a JSON path in a body, the name of a header, nothing for the status.
    pub path: String,
    /// What was agreed, as text.
    pub expected: String,
    /// What came, as text; `(missing)` if nothing did.
    pub actual: String,
    /// The matching rules that decide about this value of a body: `regex ^(A|B)$`; `equality` if there are none.
    pub rule: Option<String>,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl Mismatch {
    /// How the absence of a value is written.
    pub const MISSING: &str = "(missing)";
}

/// Pact's mismatches in our form, each missing field under its own path, with the rules of a body.
pub(crate) fn from_pact(
    mismatches: &[PactMismatch],
    expected_body: Option<&[u8]>,
    rules: Option<&MatchingRuleCategory>,
) -> Vec<Mismatch> {
    let body: Option<Value> = expected_body.and_then(|bytes| serde_json::from_slice(bytes).ok());
    let mut all: Vec<Mismatch> =
        mismatches.iter().flat_map(|mismatch| one(mismatch, body.as_ref())).collect();
    for mismatch in all.iter_mut().filter(|mismatch| mismatch.part == Part::Body) {
        mismatch.rule = rule_at(rules, &mismatch.path);
    }
    all.sort();
    all.dedup();
    all
}

/// The rules at a path, in words.
fn rule_at(rules: Option<&MatchingRuleCategory>, path: &str) -> Option<String> {
    let steps = DocPath::new(path).ok()?.to_vec();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let selected = rules.map(|rules| rules.select_best_matcher(&steps)).unwrap_or_default();
    let word = |rule: &MatchingRule| match rule {
        MatchingRule::Regex(pattern) => format!("regex {pattern}"),
        MatchingRule::Include(part) => format!("include {part}"),
        MatchingRule::MinType(min) => format!("type, at least {min}"),
        MatchingRule::MaxType(max) => format!("type, at most {max}"),
        MatchingRule::MinMaxType(min, max) => format!("type, {min} to {max}"),
        MatchingRule::Date(format) | MatchingRule::Time(format) | MatchingRule::Timestamp(format) => {
            format!("{} {format}", rule.name())
        }
        rule => rule.name(),
    };
    let words: Vec<String> = selected.rules.iter().map(word).collect();
    let joined = match selected.rule_logic {
        RuleLogic::And => words.join(" and "),
        RuleLogic::Or => words.join(" or "),
    };
    Some(if joined.is_empty() { "equality".to_owned() } else { joined })
}

/// A status that is another one.
pub(crate) fn status(expected: u16, actual: u16) -> Mismatch {
    Mismatch {
        part: Part::Status,
        path: String::new(),
        expected: expected.to_string(),
        actual: actual.to_string(),
        rule: None,
        message: format!("expected {expected} but was {actual}"),
    }
}

/// The metadata of a message came in a form that nobody can read.
pub(crate) fn metadata_unreadable(actual: &str, reason: &str) -> Mismatch {
    Mismatch {
        part: Part::Metadata,
        path: "Pact-Message-Metadata".to_owned(),
        expected: "the base64 of a JSON object".to_owned(),
        actual: actual.to_owned(),
        rule: None,
        message: format!("the header Pact-Message-Metadata {reason}"),
    }
}

fn one(mismatch: &PactMismatch, body: Option<&Value>) -> Vec<Mismatch> {
    let single = |part, path: &str, expected: &str, actual: &str, message: &str| {
        vec![Mismatch {
            part,
            path: path.to_owned(),
            expected: expected.to_owned(),
            actual: actual.to_owned(),
            rule: None,
            message: message.to_owned(),
        }]
    };
    match mismatch {
        PactMismatch::StatusMismatch { expected, actual, mismatch } => {
            single(Part::Status, "", &expected.to_string(), &actual.to_string(), mismatch)
        }
        PactMismatch::HeaderMismatch { key, expected, actual, mismatch } => {
            let actual = if actual.is_empty() { Mismatch::MISSING } else { actual };
            single(Part::Header, key, expected, actual, mismatch)
        }
        PactMismatch::BodyTypeMismatch { expected, actual, .. } => {
            let message = format!("expected a body of {expected}, got one of {actual}");
            single(Part::Body, "$", expected, actual, &message)
        }
        PactMismatch::BodyMismatch { path, expected, actual, mismatch } => {
            let (expected, actual) = (expected.as_deref(), actual.as_deref());
            // A body that is missing as a whole has another root in Pact.
            let path = if path == "/" { "$" } else { path };
            let missing = missing_members(path, mismatch, [expected, actual], body);
            if missing.is_empty() {
                single(Part::Body, path, &text(expected), &text(actual), mismatch)
            } else {
                missing
            }
        }
        PactMismatch::MetadataMismatch { key, expected, actual, mismatch } => {
            let actual = if actual.is_empty() { Mismatch::MISSING } else { actual };
            single(Part::Metadata, key, expected, actual, mismatch)
        }
        other => single(Part::Request, "", "", "", &other.description()),
    }
}

/// Pact tells missing members under the path of the object around them, with the names of all members on both
/// sides. If that is what this is, one difference for each that is missing.
fn missing_members(
    path: &str,
    message: &str,
    names: [Option<&[u8]>; 2],
    body: Option<&Value>,
) -> Vec<Mismatch> {
    if !message.starts_with("Actual map is missing") {
        return Vec::new();
    }
    let [Some(expected), Some(actual)] =
        names.map(|bytes| bytes.and_then(|bytes| serde_json::from_slice::<Vec<String>>(bytes).ok()))
    else {
        return Vec::new();
    };
    let object = body.and_then(|body| value_at(body, path));
    expected
        .into_iter()
        .filter(|name| !actual.contains(name))
        .map(|name| Mismatch {
            part: Part::Body,
            path: join(path, &name),
            expected: object
                .and_then(|object| object.get(&name))
                .map_or_else(|| "a value".into(), Value::to_string),
            actual: Mismatch::MISSING.to_owned(),
            rule: None,
            message: format!("`{name}` is missing"),
        })
        .collect()
}

/// The value at a Pact path that has no wildcards.
fn value_at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    let path = DocPath::new(path).ok()?;
    path.tokens().iter().try_fold(body, |value, token| match token {
        PathToken::Root => Some(value),
        PathToken::Field(name) => value.get(name).or_else(|| value.get(name.parse::<usize>().ok()?)),
        PathToken::Index(index) => value.get(index),
        PathToken::Star | PathToken::StarIndex => None,
    })
}

fn join(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { format!("{path}.{name}") } else { format!("{path}['{name}']") }
}

fn text(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| Mismatch::MISSING.to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}
