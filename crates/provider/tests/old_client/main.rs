//! The provider as the clients of the older Python mock server speak to it: their paths, methods, headers and bodies, and
//! the fields of the answers that they read.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod client;
mod library;
mod payments;
#[path = "../published/mod.rs"]
mod published;
mod v1;
mod web;
