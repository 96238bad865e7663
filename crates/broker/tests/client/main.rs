//! The client against a broker on a real socket: what it asks, in which order, and what it makes of the answers.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod changing;
mod fake;
mod faults;
mod fetching;
mod publishing;
mod recorded;

use std::time::Duration;

use billtest_broker::client::{BrokerClient, BrokerPact, Credentials, ForVerification};

use crate::fake::FakeBroker;

/// A client that does not wait long.
fn client(broker: &FakeBroker, credentials: Credentials) -> BrokerClient {
    let client = BrokerClient::new(&broker.url, credentials).unwrap();
    client.with_timeout(Duration::from_millis(500)).with_retries(2, Duration::from_millis(1))
}

fn bar() -> ForVerification {
    ForVerification { provider: "Bar".into(), ..ForVerification::default() }
}

async fn first_pact(client: &BrokerClient) -> BrokerPact {
    client.pacts_for_verification(&bar()).await.unwrap().pacts.remove(0)
}
