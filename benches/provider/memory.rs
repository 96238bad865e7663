//! What the provider's memory is used for: tenants that nobody uses, and nothing that stays of requests.

use crate::Result;
use crate::http::Client;
use crate::server::Server;

const TENANTS: usize = 50_000;
const REQUESTS: usize = 200_000;
const READING: &str = r#"{"counterName":"storage.block","counterType":"DELTA","counterVolume":"1","resourceId":"r1","projectId":"p1","timestamp":"2025-01-05T13:00:00+09:00"}"#;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
pub(crate) fn measure() -> Result<()> {
    let mock = Server::mock(&[])?;
    let mut client = Client::connect(&mock.url)?;
    warm(&mut client)?;
    let before = mock.memory()?;
    for number in 0..TENANTS {
        client.done("POST", "/billing/meters", &format!("idle-{number}"), READING)?;
    }
    let after = mock.memory()?;
    let each = (after - before) as f64 / TENANTS as f64;
    println!(
        "idle tenants with one reading: {each:.2} KiB each ({before} KiB without, {after} KiB with {TENANTS})"
    );

    let mut steps = Vec::new();
    for _ in 0..5 {
        for _ in 0..REQUESTS / 5 {
            client.done("GET", "/billing/payments/2025-01/statements", "idle-7", "")?;
        }
        steps.push(mock.memory()?);
    }
    println!("{REQUESTS} reads: {steps:?} KiB");

    let mock = Server::mock(&["--tenant-idle", "1s"])?;
    let mut client = Client::connect(&mock.url)?;
    warm(&mut client)?;
    let mut steps = Vec::new();
    let mut number = 0;
    for _ in 0..8 {
        for _ in 0..REQUESTS / 4 {
            number += 1;
            client.done("POST", "/billing/meters", &format!("passing-{number}"), READING)?;
        }
        steps.push(mock.memory()?);
    }
    println!("{number} writes, each of a new tenant that is gone after a second: {steps:?} KiB");
    Ok(())
}

/// Every thread and buffer is there before it counts.
fn warm(client: &mut Client) -> Result<()> {
    for _ in 0..1000 {
        client.done("POST", "/billing/meters", "warm", READING)?;
        client.done("GET", "/billing/payments/2025-01/statements", "warm", "")?;
    }
    Ok(())
}
