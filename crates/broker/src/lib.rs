//! The Pact Broker: where consumers leave pacts, providers fetch them, and results come back.
//!
//! - [`client`]: talks to any Pact Broker over its HTTP API, following the links that it gives.
//! - [`Selector`]: which versions of the consumers a provider wants to verify.
//! - `server`, a feature: an embedded broker that Pact clients accept.
//!
//! This crate prints nothing and reads no environment: addresses and credentials are given to it.

pub mod client;
mod selector;
#[cfg(feature = "server")]
pub mod server;

pub use selector::{Selector, SelectorError, Selectors};
