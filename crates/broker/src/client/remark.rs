//! What a broker says to people beside its data.

use serde_json::Value;

use super::words::words;

/// How a remark is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemarkKind {
    /// What went well.
    Success,
    /// What did not.
    Error,
    /// What should be looked at.
    Warning,
    /// What to do next.
    Prompt,
    /// Details, and everything else.
    Info,
}

/// A text of the broker for people, which may have several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How it is meant.
    pub kind: RemarkKind,
    /// The text.
    pub text: String,
}

impl Remark {
    /// The notices of a document, or its errors where it has none.
    pub(super) fn all(json: &Value) -> Vec<Self> {
        let notices = json.get("notices").and_then(Value::as_array);
        let remarks: Vec<Self> = notices.into_iter().flatten().filter_map(Self::read).collect();
        if remarks.is_empty() && (json.get("error").is_some() || json.get("errors").is_some()) {
            return vec![Self { kind: RemarkKind::Error, text: words(None, json.to_string().as_bytes()) }];
        }
        remarks
    }

    fn read(json: &Value) -> Option<Self> {
        let text = json.get("text")?.as_str()?.to_owned();
        let kind = match json.get("type").and_then(Value::as_str) {
            Some("success") => RemarkKind::Success,
            Some("error" | "danger") => RemarkKind::Error,
            Some("warning") => RemarkKind::Warning,
            Some("prompt") => RemarkKind::Prompt,
            _ => RemarkKind::Info,
        };
        Some(Self { kind, text })
    }
}
