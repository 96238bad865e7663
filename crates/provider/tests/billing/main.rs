//! The `/billing` routes over a real socket, as existing BillingTest clients use them.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod all_problems;
mod api;
mod bills;
mod calculate;
mod credits;
mod document;
mod hostile;
mod jobs;
mod keys;
mod metering;
mod money;
mod payments;
#[path = "../published/mod.rs"]
mod published;
mod refusals;
mod tenants;
mod too_large;
