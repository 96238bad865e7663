//! Pact files: finding them, reading them, saying what is wrong with them.
//!
//! The Pact crates read generously: a state that is no object is dropped, a query of another shape is not sent, a body
//! without content fits any body. A verifier must not be generous, because what it skips it seems to have proved. So
//! the shape of a document is checked first (`shape`), and only then handed to [`pact_models`].

mod find;
mod merge;
mod shape;

use std::fs;
use std::panic::RefUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use pact_models::pact::load_pact_from_json;
use pact_models::plugins::PluginData;
use pact_models::provider_states::ProviderState;
use pact_models::v4::interaction::V4Interaction;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub use find::find;
pub use merge::merge;

/// Why a pact cannot be found or read. Every message says which file, where in it, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PactError {
    /// A named file or directory does not exist.
    #[error("{path}: no such file or directory")]
    NotFound {
        /// As it was named.
        path: String,
    },
    /// A file or directory exists and cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A glob pattern is not one.
    #[error("{pattern}: is not a valid pattern: {reason}")]
    InvalidPattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is not JSON.
    #[error(
        "{path}:{line}:{column}: is not JSON: {reason}\n  write the pact again with the consumer's tests, or remove the file"
    )]
    NotJson {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// The file is JSON, and not a pact.
    #[error(
        "{path}: is not a pact: {at} {reason}\n  a pact has `consumer.name`, `provider.name` and a list of `interactions` or `messages`"
    )]
    NotAPact {
        /// The file.
        path: String,
        /// JSON path of what is wrong.
        at: String,
        /// What is wrong there.
        reason: String,
    },
    /// The pact is of a specification version that nobody knows.
    #[error(
        "{path}: has Pact specification version `{version}`, which is unknown\n  versions 1.0 to 4.0 are read; a newer one needs a newer billtest"
    )]
    UnknownSpecification {
        /// The file.
        path: String,
        /// The version as it stands there.
        version: String,
    },
    /// One interaction cannot be understood.
    #[error(
        "{path}: {at} {reason}\n  write the pact again with the consumer's tests, or mend that interaction"
    )]
    InvalidInteraction {
        /// The file.
        path: String,
        /// JSON path of what is wrong.
        at: String,
        /// What is wrong there.
        reason: String,
    },
    /// Two files are pacts of the same consumer and provider, and cannot be one.
    #[error(
        "{one} and {other}: are pacts of {consumer} with {provider}, and contradict each other: {reason}\n  write them again with the consumer's tests, with a description or provider state for each case, or name the one that counts"
    )]
    Contradiction {
        /// One file.
        one: String,
        /// The other.
        other: String,
        /// Who wrote them.
        consumer: String,
        /// Who is to keep them.
        provider: String,
        /// What does not go together.
        reason: String,
    },
}

/// A pact, read and checked.
#[derive(Debug, Clone)]
pub struct PactFile {
    /// Where it came from: a path, as it was found.
    pub source: String,
    /// Who wrote it.
    pub consumer: String,
    /// Who is to keep it.
    pub provider: String,
    /// Specification version as it stands in the file; `None` in pacts older than that field.
    pub specification: Option<String>,
    /// The plugins that it cannot be understood without (V4).
    pub plugins: Vec<PluginData>,
    /// Its interactions, in the order of the file.
    pub interactions: Vec<Arc<Interaction>>,
}

/// An interaction in the form of Pact V4, whatever its file's version.
pub type Content = Box<dyn V4Interaction + Send + Sync + RefUnwindSafe>;

/// One interaction of a pact.
///
/// Of a large pact most interactions are looked at once and are as agreed. So what is kept is the text, checked,
/// and [`Interaction::content`] makes the rich form of it when that is needed.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// Position in the file, from 0.
    pub index: usize,
    /// What the consumer calls it.
    pub description: String,
    /// What must hold at the provider, in order.
    pub states: Vec<ProviderState>,
    /// Key, where the writing library gives one (V4).
    pub key: Option<String>,
    /// Whether its failure does not count (V4).
    pub pending: bool,
    /// The consumer's test that it was recorded by, where the writing library says so (V4).
    pub test: Option<String>,
    /// What the consumer has to say about it (V4).
    pub comments: Vec<String>,
    text: Box<str>,
    frame: Arc<Frame>,
}

/// What all interactions of a file share and their reading needs.
#[derive(Debug)]
struct Frame {
    source: String,
    list: &'static str,
    metadata: Value,
    plugins: Vec<PluginData>,
}

impl Frame {
    /// Reads one interaction as if it were the only one of its file.
    fn read(&self, interaction: Value) -> Result<Content, String> {
        let mut document =
            json!({"consumer": {"name": "-"}, "provider": {"name": "-"}, "metadata": self.metadata});
        document[self.list] = Value::Array(vec![interaction]);
        let pact = load_pact_from_json(&self.source, &document).map_err(|error| error.to_string())?;
        let mut interactions = pact.as_v4_pact().map_err(|error| error.to_string())?.interactions;
        match (interactions.pop(), interactions.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err("cannot be understood".into()),
        }
    }
}

impl Interaction {
    /// The plugins that its pact needs.
    #[must_use]
    pub fn plugins(&self) -> &[PluginData] {
        &self.frame.plugins
    }

    /// The interaction itself.
    ///
    /// # Errors
    /// None that reading the file would not have told: the text was read once already.
    pub fn content(&self) -> Result<Content, PactError> {
        let invalid = |reason: String| PactError::InvalidInteraction {
            path: self.frame.source.clone(),
            at: format!("$.{}[{}]", self.frame.list, self.index),
            reason,
        };
        let json = serde_json::from_str(&self.text).map_err(|error| invalid(error.to_string()))?;
        self.frame.read(json).map_err(invalid)
    }
}

impl PactFile {
    /// Reads and checks a pact file.
    ///
    /// # Errors
    /// All of [`PactError`] but those of finding.
    pub fn read(path: &Path) -> Result<Self, PactError> {
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(|source| PactError::Unreadable { path: name.clone(), source })?;
        Self::parse(&name, &bytes)
    }

    /// Reads and checks the bytes of a pact file; `source` names them in errors.
    ///
    /// # Errors
    /// As [`PactFile::read`].
    pub fn parse(source: &str, bytes: &[u8]) -> Result<Self, PactError> {
        // Files written on Windows may begin with a byte order mark, which is not JSON and not worth a failure.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let not_a_pact = |at: &str, reason: &str| PactError::NotAPact {
            path: source.to_owned(),
            at: at.to_owned(),
            reason: reason.to_owned(),
        };
        let document: Document = match serde_json::from_slice(bytes) {
            // A list would be taken for the fields in their order.
            Ok(_) if bytes.trim_ascii_start().first() != Some(&b'{') => {
                return Err(not_a_pact("$", "is not an object"));
            }
            Ok(document) => document,
            Err(error) if error.is_data() => return Err(not_a_pact("$", "is not an object")),
            Err(error) => {
                return Err(PactError::NotJson {
                    path: source.to_owned(),
                    line: error.line(),
                    column: error.column().max(1),
                    reason: error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
                });
            }
        };
        let party = |side: &str, party: &Value| match party.get("name").and_then(Value::as_str) {
            Some(name) if !name.trim().is_empty() => Ok(name.to_owned()),
            _ => Err(not_a_pact(&format!("$.{side}.name"), "is missing, empty or not text")),
        };
        let consumer = party("consumer", &document.consumer)?;
        let provider = party("provider", &document.provider)?;
        let (list, texts) = document.list().map_err(|reason| not_a_pact("$.interactions", reason))?;
        let specification = specification_of(&document.metadata);
        let version = version_of(source, specification.as_deref())?;

        // Earlier versions know no plugins.
        let plugins = if version == 4 { plugins_of(&document.metadata) } else { Ok(Vec::new()) }
            .map_err(|(at, reason)| not_a_pact(&at, &reason))?;

        let frame = Arc::new(Frame {
            source: source.to_owned(),
            list,
            metadata: document.metadata,
            plugins: plugins.clone(),
        });
        let interactions = texts
            .into_iter()
            .enumerate()
            .map(|(index, text)| read_interaction(index, text, &frame, version).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(Self { source: source.to_owned(), consumer, provider, specification, plugins, interactions })
    }
}

/// A pact file with its interactions left as text.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(default)]
    consumer: Value,
    #[serde(default)]
    provider: Value,
    #[serde(default)]
    metadata: Value,
    #[serde(default, borrow)]
    interactions: Option<&'a RawValue>,
    #[serde(default, borrow)]
    messages: Option<&'a RawValue>,
}

impl<'a> Document<'a> {
    /// The one list of interactions. A file with both kinds of list, each with something in it, is two pacts.
    fn list(&self) -> Result<(&'static str, Vec<&'a RawValue>), &'static str> {
        let list = |raw: Option<&'a RawValue>| -> Option<Vec<&'a RawValue>> {
            serde_json::from_str(raw?.get()).ok()
        };
        match (list(self.interactions), list(self.messages)) {
            (Some(interactions), Some(messages)) if !interactions.is_empty() && !messages.is_empty() => Err(
                "and $.messages both have interactions, of which only one list could be verified; split the file",
            ),
            (Some(interactions), Some(messages)) if interactions.is_empty() => Ok(("messages", messages)),
            (Some(interactions), _) => Ok(("interactions", interactions)),
            (None, Some(messages)) => Ok(("messages", messages)),
            (None, None) => Err("is missing or not a list"),
        }
    }
}

fn read_interaction(
    index: usize,
    text: &RawValue,
    frame: &Arc<Frame>,
    version: u8,
) -> Result<Interaction, PactError> {
    let list = frame.list;
    let json: Value = serde_json::from_str(text.get()).unwrap_or_default();
    let named = match json.get("description").and_then(Value::as_str) {
        Some(description) if !description.is_empty() => format!(" (\"{description}\")"),
        _ => String::new(),
    };
    let invalid = |at: String, reason: String| PactError::InvalidInteraction {
        path: frame.source.clone(),
        at: format!("$.{list}[{index}]{at}{named}"),
        reason,
    };
    shape::check(&json, version, list).map_err(|(at, reason)| invalid(at, reason))?;
    let content = frame.read(json).map_err(|reason| invalid(String::new(), reason))?;
    let remarks = content.comments();
    let comments = match remarks.get("text") {
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
        Some(Value::String(line)) => vec![line.clone()],
        _ => Vec::new(),
    };
    Ok(Interaction {
        index,
        description: content.description(),
        states: content.provider_states(),
        key: content.key(),
        pending: content.pending(),
        test: remarks.get("testname").and_then(Value::as_str).map(ToOwned::to_owned),
        comments,
        text: text.get().into(),
        frame: Arc::clone(frame),
    })
}

/// The first number of the specification version; 2 for pacts that are older than the field.
fn version_of(source: &str, specification: Option<&str>) -> Result<u8, PactError> {
    let Some(version) = specification else { return Ok(2) };
    match version.split('.').next().map(str::parse) {
        Some(Ok(number @ 1..=4)) => Ok(number),
        _ => Err(PactError::UnknownSpecification { path: source.to_owned(), version: version.to_owned() }),
    }
}

/// The plugins in the metadata. One that cannot be read would not be loaded, and what it owns be compared without it.
fn plugins_of(metadata: &Value) -> Result<Vec<PluginData>, (String, String)> {
    let list = match metadata.get("plugins") {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(("$.metadata.plugins".into(), "is not a list".into())),
    };
    list.iter()
        .enumerate()
        .map(|(index, plugin)| {
            PluginData::deserialize(plugin)
                .map_err(|error| (format!("$.metadata.plugins[{index}]"), format!("is no plugin: {error}")))
        })
        .collect()
}

fn specification_of(metadata: &Value) -> Option<String> {
    let version = ["pactSpecification", "pact-specification"]
        .into_iter()
        .find_map(|key| metadata.get(key)?.get("version"))
        .or_else(|| metadata.get("pactSpecificationVersion"))?;
    Some(version.as_str().map_or_else(|| version.to_string(), ToOwned::to_owned))
}

#[cfg(test)]
mod tests;
