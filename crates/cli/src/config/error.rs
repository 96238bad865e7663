//! What can be wrong with a configuration.

use std::collections::HashSet;
use std::fmt;
use std::io;

use super::origin::Origin;

/// One thing that is wrong. None of them shows a value that may be secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: String, source: io::Error },
    #[error("{at}: is not TOML: {message}")]
    Syntax { at: String, message: String },
    #[error("{}: unknown key `{key}`{hint}", .at.at())]
    UnknownKey { at: Origin, key: String, hint: String },
    #[error("{}: `{key}` is {found}; {expected} is expected", .at.at())]
    WrongType { at: Origin, key: String, expected: &'static str, found: &'static str },
    #[error("{}: `{key}` cannot be taken: {reason}", .at.at())]
    WrongValue { at: Origin, key: String, reason: String },
    #[error("{}: `{key}` cannot be used with {}; say one of them, or one in a stronger place", .at.at(), .others.join(" and "))]
    Exclusive { at: Origin, key: String, others: Vec<String> },
    #[error("{}: `{key}` cannot be used without `{other}`", .at.at())]
    Alone { at: Origin, key: String, other: &'static str },
    #[error("{}: `{key}` is to be in the variable {variable}, which is not set; set it, or choose another environment", .at.at())]
    Unset { at: Origin, key: String, variable: String },
    #[error("{}: there is no {what} `{name}`{hint}\n  known: {}", .at.at(), .known.join(", "))]
    Unknown { at: Origin, what: &'static str, name: String, hint: String, known: Vec<String> },
    #[error("{}: the region `{region}` has no {}", .at.at(), .missing.join(", no "))]
    IncompleteRegion { at: Origin, region: String, missing: Vec<&'static str> },
    #[error("the environment has an unknown variable {name}{hint}")]
    UnknownVariable { name: String, hint: String },
    #[error("the variable {name} is not text")]
    NotText { name: String },
    #[error(
        "{path} is there already; remove it first, or see its keys with `billtest config show --default`"
    )]
    Exists { path: String },
    #[error("{path}: cannot be written: {source}")]
    Unwritable { path: String, source: io::Error },
}

impl Problem {
    /// Whether the file may have tables that are not known because of it.
    pub(crate) fn hides_tables(&self) -> bool {
        matches!(self, Self::Unreadable { .. } | Self::Syntax { .. })
    }

    /// Line and column of the file at which it is, if it is in a file.
    pub(crate) fn place(&self) -> (usize, usize) {
        match self {
            Self::UnknownKey { at, .. }
            | Self::WrongType { at, .. }
            | Self::WrongValue { at, .. }
            | Self::Exclusive { at, .. }
            | Self::Alone { at, .. }
            | Self::Unset { at, .. }
            | Self::Unknown { at, .. }
            | Self::IncompleteRegion { at, .. } => at.place(),
            _ => (0, 0),
        }
    }
}

/// All that is wrong with a configuration.
#[derive(Debug)]
pub(crate) struct ConfigError(pub(crate) Vec<Problem>);

impl ConfigError {
    /// Each of them once, in the order of the file.
    pub(crate) fn all(mut problems: Vec<Problem>) -> Self {
        let mut told = HashSet::new();
        problems.retain(|problem| told.insert(problem.to_string()));
        problems.sort_by_key(Problem::place);
        Self(problems)
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
