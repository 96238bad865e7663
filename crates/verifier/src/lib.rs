//! The provider side of contract testing: replay what consumers recorded, and explain what differs.
//!
//! The way of a run: a [`Plan`] says which interactions of which pacts are to be verified and checks, before
//! anything is sent, that every provider state they need can be set up. An [`Executor`] takes one interaction at a
//! time through set-up, request, comparison and tear-down; it shares one HTTP client, keeps nothing between
//! interactions, and its futures are `Send`, so that many can be under way at once. [`run`] takes the whole plan
//! through it and tells each result as it comes.
//!
//! Pacts may need plugins: [`Plugins`] loads them before the run and ends them after it. What a plugin owns gets no
//! verdict without it.
//!
//! This crate prints nothing, knows no particular provider and no command line. What differs is judged and worded by
//! [`pact_matching`]; a response that is as agreed is recognised before that, by rules laid out once. Around it stands
//! what a verifier must add to be believed: nothing is skipped in silence, a failure says which part was at fault,
//! and a missing field is reported under its own path.

mod accept;
mod compare;
mod depth;
mod diff;
mod exchange;
mod execute;
mod filter;
mod mismatch;
mod outcome;
mod plan;
mod plugin;
mod program;
mod provider;
mod run;
mod schedule;
mod state;

pub use diff::{DiffLine, DiffMark, body_diff};
pub use exchange::check_header;
pub use execute::Executor;
pub use filter::{Filter, InteractionName};
pub use mismatch::{Mismatch, Part};
pub use outcome::{Exchange, Failure, InteractionResult, Outcome, Received, Sent, Timings};
pub use plan::{Plan, PlanOptions, PlannedInteraction, PlannedPact, UnknownState};
pub use plugin::{PluginError, Plugins};
pub use program::{Finished, Program};
pub use provider::{ClientOptions, ProviderAddress, ProviderError, check_address, http_client};
pub use run::{Event, Interrupt, Jobs, RunOptions, Summary, run};
pub use schedule::{Phase, Schedule};
pub use state::{
    FileHooks, Handled, StateAction, StateChange, StateChangeUrl, StateError, StateFn, StateHandler,
};
