//! A client at work: two adjustments of one invoice, each on top of the other, against a mock provider in this
//! process.
//!
//! ```text
//! cargo run --example adjust_an_invoice
//! ```

use std::error::Error;
use std::path::Path;

use billtest::models::{AdjustmentRequest, AdjustmentType};
use billtest::{BillingClient, v1};
use billtest_contract::state::StateCatalogue;
use billtest_provider::{Provider, STATE_CHANGE_PATH, StateSeeds, serve};
use tokio::net::TcpListener;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let states = Path::new(env!("CARGO_MANIFEST_DIR")).join("provider-states");
    let catalogue = StateCatalogue::load(&states).map_err(|errors| format!("{errors:?}"))?;
    let seeds = StateSeeds::new(catalogue).map_err(|errors| format!("{errors:?}"))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(serve(listener, Provider::new(seeds)?, std::future::pending()));

    let client = BillingClient::new(&url)?.for_tenant("example")?;
    reqwest::Client::builder()
        .tls_certs_only([])
        .build()?
        .post(format!("{url}{STATE_CHANGE_PATH}"))
        .header("uuid", "example")
        .json(&serde_json::json!({"state": "Payment exists"}))
        .send()
        .await?
        .error_for_status()?;

    let adjustments = v1::Adjustments::new(client.clone());
    for (adjustment_type, amount) in [(AdjustmentType::Discount, "100.25"), (AdjustmentType::Penalty, "25")] {
        let request = AdjustmentRequest {
            adjustment_type,
            amount: amount.parse()?,
            reason: Some("agreed on the phone".into()),
            target_invoice: "INV001".into(),
        };
        let applied = adjustments.apply(&request).await?;
        println!("{adjustment_type:?} {amount}: {} -> {}", applied.original_amount, applied.adjusted_amount);
    }
    let payment = v1::Payments::new(client).get(&"PAY_ABC123".into()).await?;
    println!("to be paid: {} {}", payment.amount, payment.currency);
    Ok(())
}
