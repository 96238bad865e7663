//! Setting provider states up and tearing them down.
//!
//! A state can be changed in several ways, alone or together: by what its file says ([`FileHooks`]), by an endpoint
//! of the provider ([`StateChangeUrl`]), by a function of the program that drives the verifier ([`StateFn`]). Each
//! may return values, which the interaction's generators take up.

mod endpoint;
mod function;
mod hooks;

use std::fmt;

use futures::future::BoxFuture;
use pact_models::provider_states::ProviderState;
use serde_json::{Map, Value};

pub use endpoint::StateChangeUrl;
pub use function::StateFn;
pub use hooks::FileHooks;

/// Which way a state is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateAction {
    /// Before the interaction.
    Setup,
    /// After it.
    Teardown,
}

impl StateAction {
    /// The word that state-change endpoints and programs are sent.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Teardown => "teardown",
        }
    }
}

impl fmt::Display for StateAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One change of one state.
#[derive(Debug, Clone, Copy)]
pub struct StateChange<'a> {
    /// The state with its parameters.
    pub state: &'a ProviderState,
    /// Which way.
    pub action: StateAction,
    /// Whose pact it is.
    pub consumer: &'a str,
    /// Header and name of the tenant for which it is changed, under `tenant` isolation.
    pub tenant: Option<(&'a str, &'a str)>,
    /// The address of the provider that will be asked.
    pub provider: &'a str,
    /// The values that this and other states returned so far.
    pub values: &'a Map<String, Value>,
}

/// Why a state was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action} of state \"{state}\" failed: {reason}")]
pub struct StateError {
    /// The state.
    pub state: String,
    /// Which way.
    pub action: StateAction,
    /// What was done and went wrong, in words.
    pub reason: String,
}

impl StateError {
    /// Both, if there are two: what was left behind is told in full.
    pub(crate) fn and(first: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (first, other) {
            (Some(mut first), Some(other)) => {
                first.reason.push_str(&format!("; {other}"));
                Some(first)
            }
            (first, other) => first.or(other),
        }
    }
}

impl StateChange<'_> {
    pub(crate) fn failed(&self, reason: impl Into<String>) -> StateError {
        StateError { state: self.state.name.clone(), action: self.action, reason: reason.into() }
    }
}

/// Whether a handler had anything to do with a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It changed it, or it is the one who would.
    Changed,
    /// It does not know the state. A state that no handler sets up is an error.
    Unknown,
}

/// A way to change provider states.
pub trait StateHandler: fmt::Debug + Send + Sync {
    /// Changes a state. `returned` takes values for generators and for the tear-down, also those of a change that
    /// failed or was interrupted half-way.
    ///
    /// # Errors
    /// A [`StateError`] ends the set-up of the interaction; its request is not sent.
    fn change<'a>(
        &'a self,
        change: StateChange<'a>,
        returned: &'a mut Map<String, Value>,
    ) -> BoxFuture<'a, Result<Handled, StateError>>;
}

/// What an endpoint or a program says about its failure: its message, if it is JSON that has one, else all of it.
pub(crate) fn told(text: &str) -> String {
    let json: Option<Value> = serde_json::from_str(text).ok();
    let message = json.as_ref().and_then(|json| json.get("message").or_else(|| json.get("error"))?.as_str());
    excerpt(message.unwrap_or(text))
}

pub(crate) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 200 {
        line
    } else {
        format!("{}...", line.chars().take(200).collect::<String>())
    }
}
