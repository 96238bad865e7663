use billtest::models::billing::CounterReading;
use billtest::models::{AdjustmentCode, CreditType};
use billtest::{AdjustmentManager, CampaignCredit, CreditManager, MeteringManager, PaymentManager, Target};
use serde_json::json;

use super::scripted::{Script, success};
use super::{january, provider};

/// A user would delete the first hundred adjustments, and bill with the others.
#[tokio::test]
async fn every_page_is_read() {
    let client = provider("kr").await;
    let adjustments = AdjustmentManager::new(client.clone(), january(), "team-a").unwrap();
    for _ in 0..101 {
        adjustments
            .apply(Target::Project("shop"), AdjustmentCode::FixedDiscount, 1.into(), "")
            .await
            .unwrap();
    }
    let found = adjustments.list(Target::Project("shop")).await.unwrap();
    assert_eq!(found.len(), 101);
    let ids: Vec<_> = found.into_iter().map(|adjustment| adjustment.adjustment_id).collect();
    assert_eq!(adjustments.delete(Target::Project("shop"), &ids).await.unwrap(), 101);
    assert_eq!(adjustments.list_all().await.unwrap(), []);
}

/// A user would see a doubled balance: grants of all kinds are there once.
#[tokio::test]
async fn a_balance_is_counted_once() {
    let client = provider("kr").await;
    let credits = CreditManager::new(client, "team-a").unwrap();
    for kind in [CreditType::Free, CreditType::Paid, CreditType::Refund] {
        credits.grant(&CampaignCredit::new("spring", 1000.into()).of_type(kind)).await.unwrap();
    }
    let balance = credits.balance().await.unwrap();
    assert_eq!((balance.total_balance, balance.balances.len()), (3000.into(), 3));
    assert_eq!(credits.history(None).await.unwrap().len(), 3);
    assert_eq!(credits.history(Some(CreditType::Paid)).await.unwrap().len(), 1);
}

/// A user would wait for ever for a provider that says there is more and gives nothing, or take a part for the whole.
#[tokio::test]
async fn records_that_never_come_are_an_error() {
    let empty = success(json!({"payments": [], "statements": [], "totalItems": 1000}));
    let (script, client) = Script::start([empty]).await;
    let payments = PaymentManager::new(client, january(), "team-a").unwrap();
    let error = payments.list().await.unwrap_err();
    assert_eq!(error.to_string(), "the provider gave 0 of 1000 records");
    assert_eq!(script.seen(), ["/billing/admin/payments?page=1&itemsPerPage=100"]);
}

/// A user would take the ids of two readings for those of three.
#[tokio::test]
async fn ids_that_are_missing_are_an_error() {
    let answer = success(json!({"message": "Created 1 meters", "meterIds": ["METER_1"]}));
    let (_, client) = Script::start([answer]).await;
    let metering = MeteringManager::new(client, january(), "team-a").unwrap();
    let reading = CounterReading::delta("compute.c2.c8m8", 1.into());
    let error = metering.send_all(&[reading.clone(), reading]).await.unwrap_err();
    assert_eq!(error.to_string(), "the provider gave 1 ids to 2 readings");
}
