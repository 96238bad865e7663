//! How a command ends.

use std::process::ExitCode;

use billtest_broker::client::BrokerError;
use billtest_contract::pact::PactError;
use billtest_contract::state::StateFileError;
use billtest_provider::SetupError;
use billtest_verifier::{PluginError, ProviderError, UnknownState};

use crate::config::ConfigError;

/// The exit codes of both commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was verified; it is done, or the answer is yes.
    Verified = 0,
    /// A response differs from what was agreed; the answer is no, or not known.
    Mismatch = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// The provider could not be reached, or gave no answer.
    Unreachable = 3,
    /// There was nothing to verify, to publish or to fetch.
    Nothing = 4,
    /// A provider state could not be set up or torn down.
    State = 5,
    /// The broker, or publishing to it, failed.
    Broker = 6,
    /// A pact or state file is invalid.
    Invalid = 7,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended before its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Pact(#[from] PactError),
    #[error("{}", lines(.0))]
    States(Vec<StateFileError>),
    #[error("{}", unknown(.0))]
    UnknownStates(Vec<UnknownState>),
    #[error("{0}")]
    NoStateSetup(String),
    #[error(transparent)]
    Plugin(#[from] PluginError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("nothing to verify: {0}")]
    Nothing(String),
    #[error("{option} {path}: cannot be written: {source}")]
    Report { option: &'static str, path: String, source: std::io::Error },
    #[error("{option} {path} is one of the pacts; give the report another file")]
    ReportOverPact { option: &'static str, path: String },
    #[error("cannot listen on {address}: {source}\n  choose another address with --listen")]
    Listen { address: String, source: std::io::Error },
    #[error("{0}")]
    AndUnreadable(Box<Self>),
    #[error("{what} `{command}` {reason}")]
    Hook { what: String, command: String, reason: String },
    #[error("the provider started by `{command}` {reason}")]
    Start { command: String, reason: String },
    #[error("the server stopped: {0}")]
    Serve(std::io::Error),
    #[error("the run took longer than --run-timeout {0} s")]
    TimedOut(u64),
    #[error("interrupted {0}")]
    Interrupted(String),
    #[error("no threads can be started: {0}")]
    Runtime(std::io::Error),
}

impl CliError {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::AndUnreadable(error) if matches!(**error, Self::Interrupted(_)) => Exit::Interrupted,
            Self::AndUnreadable(_) => Exit::Invalid,
            Self::Interrupted(_) => Exit::Interrupted,
            Self::Hook { .. } => Exit::State,
            Self::Start { .. } | Self::TimedOut(_) => Exit::Unreachable,
            Self::Usage(_)
            | Self::Config(_)
            | Self::Report { .. }
            | Self::ReportOverPact { .. }
            | Self::Listen { .. } => Exit::Usage,
            Self::Plugin(_) | Self::Setup(_) | Self::Serve(_) | Self::Runtime(_) => Exit::Usage,
            Self::Pact(PactError::NotFound { .. } | PactError::InvalidPattern { .. }) => Exit::Usage,
            Self::Pact(
                PactError::Unreadable { .. }
                | PactError::NotJson { .. }
                | PactError::NotAPact { .. }
                | PactError::UnknownSpecification { .. }
                | PactError::InvalidInteraction { .. }
                | PactError::Contradiction { .. },
            )
            | Self::States(_) => Exit::Invalid,
            Self::UnknownStates(_) | Self::NoStateSetup(_) => Exit::State,
            Self::Provider(ProviderError::InvalidAddress { .. } | ProviderError::NoClient(_)) => Exit::Usage,
            Self::Provider(ProviderError::Unreachable { .. }) => Exit::Unreachable,
            Self::Nothing(_) => Exit::Nothing,
            // Nobody ever agreed on anything with a provider that the broker does not know.
            Self::Broker(BrokerError::UnknownProvider { .. }) => Exit::Nothing,
            Self::Broker(
                BrokerError::InvalidAddress { .. }
                | BrokerError::InvalidCredentials(_)
                | BrokerError::InvalidHeader(_)
                | BrokerError::InvalidName(_),
            ) => Exit::Usage,
            Self::Broker(_) => Exit::Broker,
        }
    }
}

fn lines(errors: &[StateFileError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn unknown(states: &[UnknownState]) -> String {
    let mut text = String::from("no file describes these provider states:");
    for state in states {
        text.push_str(&format!("\n  \"{}\"", state.name));
        if let Some(nearest) = &state.nearest {
            text.push_str(&format!(", did you mean \"{nearest}\"?"));
        }
        if let Some((pact, description)) = state.needed_by.first() {
            text.push_str(&format!("\n    needed by \"{description}\" in {pact}"));
        }
        if state.needed_by.len() > 1 {
            text.push_str(&format!(" and {} more", state.needed_by.len() - 1));
        }
    }
    text.push_str("\n  describe them in files of --states DIR, or name an endpoint with --state-change-url");
    text
}
