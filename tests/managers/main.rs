//! The managers against a mock provider that really calculates, and against providers that do not keep to the contract.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../verify/authority.rs"]
mod authority;
mod configuration;
mod flow;
mod many;
mod pages;
mod scripted;
mod waiting;

use billtest::BillingClient;
use billtest::models::{Month, Region};
use billtest_provider::{Provider, StateSeeds, serve};

fn january() -> Month {
    "2025-01".parse().unwrap()
}

/// A mock provider in this process.
async fn provider(region: &str) -> BillingClient {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let provider = Provider::new(StateSeeds::default()).unwrap().in_region(Region::named(region).unwrap());
    tokio::spawn(serve(listener, provider, std::future::pending()));
    BillingClient::new(url).unwrap()
}
