//! What became of an interaction.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::{Mismatch, PlannedInteraction, StateError};

/// The result of one interaction.
#[derive(Debug, Clone)]
pub struct InteractionResult {
    /// Which one.
    pub planned: Arc<PlannedInteraction>,
    /// What became of it.
    pub outcome: Outcome,
    /// What was sent and what came, as far as it got; kept only where there is something to explain.
    pub exchange: Option<Exchange>,
    /// A state that could not be torn down afterwards. The outcome stands, and the run fails all the same.
    pub teardown: Option<StateError>,
    /// How often it was tried.
    pub attempts: u32,
    /// Where the time went.
    pub timings: Timings,
}

impl InteractionResult {
    pub(crate) fn new(planned: Arc<PlannedInteraction>, outcome: Outcome) -> Self {
        Self { planned, outcome, exchange: None, teardown: None, attempts: 1, timings: Timings::default() }
    }

    /// The result of an interaction whose verification broke down: a defect of ours, and never a success.
    pub(crate) fn lost(planned: Arc<PlannedInteraction>, error: &tokio::task::JoinError) -> Self {
        let reason = format!("the verifier broke down over it: {error}");
        Self::new(planned, Outcome::Failed(Failure::Invalid(reason)))
    }

    /// Whether the interaction is as it was agreed, and was left as it was found.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        matches!(self.outcome, Outcome::Verified) && self.teardown.is_none()
    }

    /// Whether it failed and that does not count, because the interaction is pending.
    #[must_use]
    pub fn is_pending_failure(&self) -> bool {
        let failed = !self.is_verified() && !matches!(self.outcome, Outcome::Interrupted);
        self.planned.interaction.pending && failed
    }
}

/// What became of an interaction.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The response is as agreed.
    Verified,
    /// The response differs.
    Mismatched(Vec<Mismatch>),
    /// There was nothing to compare.
    Failed(Failure),
    /// The run was interrupted before the response came.
    Interrupted,
}

/// Why there was nothing to compare.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// A state could not be set up; the request was not sent.
    #[error(transparent)]
    State(StateError),
    /// No complete response came.
    #[error("the provider gave no answer: {0}")]
    NoAnswer(String),
    /// The interaction cannot be replayed as it stands in the pact.
    #[error("the interaction cannot be replayed: {0}")]
    Invalid(String),
    /// An answer came, and there is no verdict on it.
    #[error("there is no verdict on the answer: {0}")]
    NotCompared(String),
}

/// A request and, if there was one, its response.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request.
    pub sent: Sent,
    /// The response.
    pub received: Option<Received>,
}

/// A request as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// HTTP method.
    pub method: String,
    /// Full address with query.
    pub url: String,
    /// Headers, sorted by name.
    pub headers: Vec<(String, String)>,
    /// Body, if there is one.
    pub body: Option<Bytes>,
}

/// A response as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Status code.
    pub status: u16,
    /// Headers, sorted by name.
    pub headers: Vec<(String, String)>,
    /// Body; empty if there was none.
    pub body: Bytes,
}

/// Where the time of an interaction went.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Setting states up and tearing them down.
    pub state: Duration,
    /// From sending the request to the end of the response.
    pub request: Duration,
    /// Comparing.
    pub matching: Duration,
}

impl Timings {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.state + self.request + self.matching
    }
}
