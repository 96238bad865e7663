use billtest::models::billing::CounterReading;
use billtest::models::{AdjustmentCode, Amount, CreditType, ErrorCode, PaymentState};
use billtest::{
    AdjustmentManager, BillingClient, CalculationManager, CampaignCredit, ClientError, CreditManager,
    IdempotencyKey, MeteringManager, PaymentManager, RefundManager, StatementManager, Target,
};

use super::{january, provider};

/// Meters hours of a counter that costs 397 won.
async fn meter(client: &BillingClient, tenant: &str, hours: u32) {
    let reading = CounterReading::delta("compute.c2.c8m8", hours.into())
        .of_project("shop")
        .at("2025-01-15T12:00:00+09:00".parse().unwrap());
    MeteringManager::new(client.clone(), january(), tenant).unwrap().send(&reading).await.unwrap();
}

/// A user would follow the flow of the documentation, and end with another sum than by hand.
#[tokio::test]
async fn a_month_goes_from_reading_to_payment() {
    let client = provider("kr").await;
    meter(&client, "team-a", 100).await;
    let adjustments = AdjustmentManager::new(client.clone(), january(), "team-a").unwrap();
    let discount = adjustments
        .apply(Target::Project("shop"), AdjustmentCode::RateDiscount, 10.into(), "goodwill")
        .await
        .unwrap();
    let credits = CreditManager::new(client.clone(), "team-a").unwrap();
    let credit = CampaignCredit::new("spring", 5000.into())
        .of_type(CreditType::Promotional)
        .from("2025-01-01".to_owned().try_into().unwrap())
        .until("2099-12-31".to_owned().try_into().unwrap());
    credits.grant(&credit).await.unwrap();
    CalculationManager::new(client.clone(), january(), "team-a").unwrap().run().await.unwrap();

    // 100 x 397 = 39,700; 10 % off: 35,730; 5,000 by credit: 30,730; 10 % tax: 3,073.
    let statements = StatementManager::new(client.clone(), january(), "team-a").unwrap();
    let statement = statements.get().await.unwrap();
    assert_eq!(statement.amount, Amount::from(33_803));
    assert_eq!(statement.applied_adjustments[0].adjustment_id, discount);
    let [bill, console] =
        [statements.bill().await.unwrap().total_amount, statements.console().await.unwrap().total_amount];
    assert_eq!([bill, console], [statement.amount; 2]);
    assert_eq!(credits.remaining().await.unwrap().used_credit, Amount::from(5000));

    let payments = PaymentManager::new(client.clone(), january(), "team-a").unwrap();
    assert_eq!(payments.status().await.unwrap().status, PaymentState::Ready);
    let not_yet = payments.verify().await.unwrap_err().to_string();
    assert!(not_yet.contains("READY, not PAID: 0 of 33803 KRW are paid"), "{not_yet}");
    payments.pay(Amount::from(33_803)).await.unwrap();
    let paid = payments.verify().await.unwrap();
    assert_eq!(paid.paid_amount, Amount::from(33_803));
    let refunds = RefundManager::new(client, "team-a").unwrap();
    let receipt = refunds.refund(&paid.payment_id.unwrap(), 1000.into(), None).await.unwrap();
    assert_eq!(receipt.amount, Amount::from(1000));
}

/// A user would pay a month twice because the answer to the first request was lost.
#[tokio::test]
async fn a_keyed_payment_happens_once_and_a_second_one_is_refused() {
    let client = provider("kr").await;
    meter(&client, "team-a", 100).await;
    let key = IdempotencyKey::new("january").unwrap();
    let payments = |client: BillingClient| PaymentManager::new(client, january(), "team-a").unwrap();
    let once = payments(client.clone().once(&key));
    let first = once.pay_all().await.unwrap();
    assert_eq!(once.pay_all().await.unwrap(), first);
    let error = payments(client.clone()).pay_all().await.unwrap_err();
    assert_eq!(error.api_error().unwrap().error, ErrorCode::Conflict);
    assert_eq!(payments(client).verify().await.unwrap().paid_amount, first.amount);
}

/// A user would see another team's usage on the bill.
#[tokio::test]
async fn two_tenants_at_work_at_once_never_see_each_other() {
    let client = provider("kr").await;
    let work = async |tenant: &'static str, hours: u32| {
        for _ in 0..20 {
            meter(&client, tenant, hours).await;
        }
        let statements = StatementManager::new(client.clone(), january(), tenant).unwrap();
        statements.get().await.unwrap().subtotal
    };
    let (one, other) = tokio::join!(work("team-a", 1), work("team-b", 10));
    assert_eq!([one, other], [Amount::from(20 * 397), Amount::from(200 * 397)]);
}

/// A user would believe that an unknown counter is billed, or lose the readings beside it.
#[tokio::test]
async fn readings_are_taken_all_or_none_with_every_problem() {
    let client = provider("kr").await;
    let metering = MeteringManager::new(client.clone(), january(), "team-a").unwrap();
    let at = "2025-01-15T12:00:00+09:00".parse().unwrap();
    let readings = ["compute.c2.c8m8", "no.such.counter", "nor.this.one"]
        .map(|counter| CounterReading::delta(counter, 1.into()).at(at));
    let error = metering.send_all(&readings).await.unwrap_err();
    let told = error.api_error().unwrap();
    let fields: Vec<&str> = told.details.iter().map(|detail| detail.field.as_str()).collect();
    assert_eq!(fields, ["meterList[1].counterName", "meterList[2].counterName"]);
    let statements = StatementManager::new(client, january(), "team-a").unwrap();
    assert_eq!(statements.get().await.unwrap().line_items, []);
}

#[tokio::test]
async fn a_tenant_that_cannot_be_is_refused_before_anything_is_sent() {
    let client = BillingClient::new("http://127.0.0.1:1").unwrap();
    let refused = PaymentManager::new(client, january(), "team a");
    assert!(matches!(refused, Err(ClientError::InvalidTenant(_))));
}
