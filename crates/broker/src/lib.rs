//! The Pact Broker: where consumers leave pacts, providers fetch them, and results come back.
//!
//! - [`client`]: talks to any Pact Broker over its HTTP API, following the links that it gives.
//! - [`Selector`]: which versions of the consumers a provider wants to verify.
//!
//! This crate prints nothing and reads no environment: addresses and credentials are given to it.

pub mod client;
mod selector;

pub use selector::{Selector, SelectorError, Selectors};
