use std::fmt;
use std::path::PathBuf;

use billtest_contract::schema::SchemaError;

/// Why an interaction was not recorded.
///
/// Its `Debug` form is its message, because that is what a test that returns it prints.
#[derive(thiserror::Error)]
pub enum RecordError {
    /// A type has no schema that rules could be derived from.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// An example cannot be written as JSON.
    #[error("the example cannot be written as JSON: {0}")]
    Example(#[from] serde_json::Error),
    /// The example breaks the rule that its own schema gives, so that no provider could satisfy both.
    #[error("the example at {path} breaks its own schema: {reason}")]
    ExampleBreaksSchema {
        /// JSON path inside the body.
        path: String,
        /// What does not fit.
        reason: String,
    },
    /// A path that is pinned or taken from a state does not exist in the body.
    #[error("{path} is not in the example, so nothing can be pinned there; its fields are: {fields}")]
    NoSuchPath {
        /// The path as it was given.
        path: String,
        /// What there is.
        fields: String,
    },
    /// A request or response was described in a way that makes no interaction.
    #[error("interaction \"{description}\": {reason}")]
    Incomplete {
        /// The interaction.
        description: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// The pact mock server could not be started.
    #[error("the pact mock server did not start: {0}")]
    Server(String),
    /// The client did something else than the interaction says.
    #[error(
        "interaction \"{description}\": the client did not do what the pact says\n{differences}{outcome}"
    )]
    Differences {
        /// The interaction.
        description: String,
        /// One difference a line.
        differences: String,
        /// What the client made of it.
        outcome: String,
    },
    /// The client did all that the interaction says, and failed afterwards.
    #[error("interaction \"{description}\": the client failed: {error}")]
    Client {
        /// The interaction.
        description: String,
        /// Its error, with all its causes.
        error: String,
    },
    /// Two tests record different things under one name.
    #[error(
        "interaction \"{description}\" is recorded differently by two tests:\n  {first}\n  {second}\n\
         give one of them another description or another state"
    )]
    Conflict {
        /// The interaction.
        description: String,
        /// The test that was first.
        first: String,
        /// The test that came later.
        second: String,
    },
    /// `pact!` does not stand in a test.
    #[error("`pact!` stands in `{0}`, which is not a test: move it into the test function itself")]
    NotATest(String),
    /// The pact file holds something that this recorder did not write.
    #[error("{path}: {reason}")]
    ForeignFile {
        /// The file.
        path: PathBuf,
        /// What is in it, and what to do.
        reason: String,
    },
    /// The pact file, or the record beside it, cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl fmt::Debug for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
