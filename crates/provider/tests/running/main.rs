//! How a provider is run: its clock and ids, limits, faults, tenants that expire, browsers, and its pages.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod api;
mod bodies;
mod browsers;
mod clock;
mod faults;
mod limits;
mod pages;
mod resets;
mod tenants;
