//! A month from its first reading to its last payment, in every region: metering, contract, adjustment, credit,
//! calculation, statement, payment and verification, against mock providers in this process.
//!
//! ```text
//! cargo run --example monthly_billing_flow
//! ```

use std::error::Error;

use billtest::models::billing::{ContractOrder, CounterReading};
use billtest::models::{AdjustmentCode, CreditType, Month, PaymentState, Region};
use billtest::{
    AdjustmentManager, BillingClient, CalculationManager, CampaignCredit, ContractManager, CreditManager,
    MeteringManager, PaymentManager, StatementManager, Target,
};
use billtest_provider::{Provider, StateSeeds, serve};
use tokio::net::TcpListener;

const TENANT: &str = "example";

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    for region in Region::built_in() {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = BillingClient::new(format!("http://{}", listener.local_addr()?))?;
        let provider = Provider::new(StateSeeds::default())?.in_region(region.clone());
        tokio::spawn(serve(listener, provider, std::future::pending()));
        println!("{:<4} {}", region.code, month(client, &region).await?);
    }
    Ok(())
}

/// Bills and pays January, and tells what it came to.
async fn month(client: BillingClient, region: &Region) -> Result<String, Box<dyn Error>> {
    let january: Month = "2025-01".parse()?;
    let noon = |day: &str| format!("2025-01-{day}T12:00:00Z").parse();

    let metering = MeteringManager::new(client.clone(), january, TENANT)?;
    metering
        .send_all(&[
            CounterReading::delta("compute.c2.c8m8", "360".parse()?).of_project("shop").at(noon("10")?),
            CounterReading::delta("compute.c2.c8m8", "140".parse()?).of_project("shop").at(noon("20")?),
            CounterReading::gauge("storage.volume.ssd", "250".parse()?).of_project("archive").at(noon("31")?),
        ])
        .await?;

    let contracts = ContractManager::new(client.clone(), january, TENANT, "group-1")?;
    let order = ContractOrder { discount_rate: Some("0.1".parse()?), ..ContractOrder::default() };
    contracts.apply(&"ten-percent".into(), order).await?;
    let adjustments = AdjustmentManager::new(client.clone(), january, TENANT)?;
    adjustments.apply(Target::Project("shop"), AdjustmentCode::RateDiscount, 5.into(), "an outage").await?;
    let credits = CreditManager::new(client.clone(), TENANT)?;
    let welcome = CampaignCredit::new("welcome", 20.into())
        .of_type(CreditType::Promotional)
        .from("2025-01-01".parse()?)
        .until("2099-12-31".parse()?);
    credits.grant(&welcome).await?;

    CalculationManager::new(client.clone(), january, TENANT)?.run().await?;
    let statement = StatementManager::new(client.clone(), january, TENANT)?.get().await?;

    let payments = PaymentManager::new(client, january, TENANT)?;
    assert_eq!(payments.status().await?.status, PaymentState::Ready);
    payments.pay(statement.total_payments).await?;
    let paid = payments.verify().await?;
    assert_eq!(paid.currency, region.currency);

    Ok(format!(
        "{} of usage, {} off by contract, {} by adjustments, {} by credits, {} of tax: {} {} paid",
        statement.subtotal,
        statement.discount,
        statement.adjustment_total,
        statement.credit_applied,
        statement.vat,
        paid.paid_amount,
        paid.currency,
    ))
}
