//! What managers do in several calls.

use billtest::models::billing::{BatchJob, CounterReading};
use billtest::models::{AdjustmentCode, PaymentState};
use billtest::{
    AdjustmentManager, BatchManager, CampaignCredit, ClientError, ContractManager, CreditManager,
    MeteringManager, PaymentManager, StatementManager, Target,
};

use super::{january, provider};

/// A user who says a month and no time would find the usage on another month's bill, in whatever region.
#[tokio::test]
async fn a_reading_without_a_time_counts_in_the_month_of_its_manager() {
    for region in ["kr", "us", "eu", "etc"] {
        let client = provider(region).await;
        let metering = MeteringManager::new(client.clone(), january(), "team-a").unwrap();
        let reading = CounterReading::delta("compute.c2.c8m8", 100.into());
        let id = metering.send(&reading).await.unwrap();
        metering.send_all(std::slice::from_ref(&reading)).await.unwrap();
        let found = metering.get(&id).await.unwrap();
        assert_eq!(found.timestamp, "2025-01-01T12:00:00Z".parse().unwrap());
        let statement = StatementManager::new(client, january(), "team-a").unwrap().get().await.unwrap();
        assert_eq!(statement.line_items[0].quantity, 200.into(), "{region}");
    }
}

/// A user would clean up one page of adjustments, and bill with the rest, or delete those of somebody else.
#[tokio::test]
async fn all_adjustments_of_a_target_are_deleted_and_no_others() {
    let adjustments = AdjustmentManager::new(provider("kr").await, january(), "team-a").unwrap();
    for (project, count) in [("shop", 101), ("web", 1)] {
        for _ in 0..count {
            let target = Target::Project(project);
            adjustments.apply(target, AdjustmentCode::FixedDiscount, 1.into(), "").await.unwrap();
        }
    }
    assert_eq!(adjustments.delete_all(Target::Project("shop")).await.unwrap(), 101);
    assert_eq!(adjustments.delete_all(Target::Project("shop")).await.unwrap(), 0);
    assert_eq!(adjustments.list_all().await.unwrap().len(), 1);
}

/// A user would compare contracts by prices of which one is missing.
#[tokio::test]
async fn several_prices_are_read_in_their_order() {
    let contracts = ContractManager::new(provider("kr").await, january(), "team-a", "group-1").unwrap();
    let order = billtest::models::billing::ContractOrder {
        discount_rate: Some("0.25".parse().unwrap()),
        ..Default::default()
    };
    contracts.apply(&"volume".into(), order).await.unwrap();
    let counters = ["storage.volume.ssd", "compute.c2.c8m8"];
    let prices = contracts.prices(&"volume".into(), &counters).await.unwrap();
    assert_eq!(prices.iter().map(|price| price.counter_name.as_str()).collect::<Vec<_>>(), counters);
    assert_eq!(prices[1].discount_rate(), Some(25.into()));
    assert_eq!(prices[1].discount(), "99.25".parse().unwrap(), "of 397");
    let error = contracts.prices(&"volume".into(), &["compute.c2.c8m8", "none"]).await.unwrap_err();
    assert_eq!(error.status(), Some(404));
}

/// A user would not learn which of many credits were granted.
#[tokio::test]
async fn of_many_credits_it_is_said_what_became_of_each() {
    let client = provider("kr").await;
    let credits = CreditManager::new(client.clone(), "team-a").unwrap();
    let (small, large) = (CampaignCredit::new("a", 10.into()), CampaignCredit::new("b", 2_000_000.into()));
    let granted = credits.grant_all(&[small.clone(), large, small.clone()]).await;
    assert_eq!(granted.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);

    let granted = credits.grant_to(&["team-b", "no team", "team-a"], &small).await;
    assert!(granted[0].is_ok() && granted[2].is_ok(), "{granted:?}");
    assert!(matches!(&granted[1], Err(ClientError::InvalidTenant(_))), "{granted:?}");
    let balance = |tenant: &str| {
        let manager = CreditManager::new(client.clone(), tenant).unwrap();
        async move { manager.balance().await.unwrap().total_balance }
    };
    assert_eq!((balance("team-a").await, balance("team-b").await), (30.into(), 10.into()));

    let cancelled = credits.cancel_each(&["a", "b", "../a"], "test").await;
    assert_eq!(cancelled[0].as_ref().unwrap().cancelled_amount, 30.into());
    assert_eq!(cancelled[1].as_ref().unwrap().cancelled_amount, 0.into());
    assert!(cancelled[2].is_err(), "it is no campaign's name");
}

/// A user would lose a day of a credit, or get one more.
#[tokio::test]
async fn a_credit_of_months_ends_with_the_last_of_them() {
    let credits = CreditManager::new(provider("kr").await, "team-a").unwrap();
    let credit = CampaignCredit::new("a", 10.into()).for_months("2025-01-15".parse().unwrap(), 12);
    assert_eq!(
        credit,
        CampaignCredit::new("a", 10.into())
            .from("2025-01-15".parse().unwrap())
            .until("2026-01-14".parse().unwrap())
    );
    credits.grant(&credit).await.unwrap();
}

/// A user would send 31 February, or close a month before it is calculated.
#[tokio::test]
async fn jobs_are_run_on_a_day_that_is_there_and_after_those_that_they_need() {
    let february = "2025-02".parse().unwrap();
    let client = provider("kr").await;
    let batch = BatchManager::new(client, february, "team-a").unwrap();
    let id = batch.run_on(BatchJob::Calculate, 31).await.unwrap();
    assert_eq!(batch.status(&id).await.unwrap().month, february);
    for day in [0, 32] {
        let error = batch.run_on(BatchJob::Calculate, day).await.unwrap_err();
        assert!(matches!(error, ClientError::InvalidDay(wrong) if wrong == day), "{error}");
    }
    let asked =
        [BatchJob::CreditExpiry, BatchJob::GenerateStatement, BatchJob::Calculate, BatchJob::CreditExpiry];
    let done = batch.run_all(&asked).await.unwrap();
    assert_eq!(done.iter().map(|(job, _)| *job).collect::<Vec<_>>(), BatchManager::COMMON);
    assert_eq!(batch.list().await.unwrap().len(), 4);
}

/// A user would look at all payments for those of a month or a name, and see what is paid as unpaid.
#[tokio::test]
async fn payments_are_found_by_month_and_name_and_summed_up() {
    let client = provider("kr").await;
    for month in ["2025-01", "2025-02"] {
        let metering = MeteringManager::new(client.clone(), month.parse().unwrap(), "team-a").unwrap();
        metering.send(&CounterReading::delta("compute.c2.c8m8", 100.into())).await.unwrap();
    }
    let payments = PaymentManager::new(client, january(), "team-a").unwrap();
    let before = payments.summary().await.unwrap();
    assert_eq!(
        (before.payment.status, before.unpaid),
        (PaymentState::Pending, 0.into()),
        "nothing is calculated"
    );
    payments.pay(40_000.into()).await.unwrap();
    let partly = payments.summary().await.unwrap();
    assert_eq!((partly.payment.status, partly.unpaid), (PaymentState::PartiallyPaid, 3_670.into()));
    payments.pay_all().await.unwrap();
    let paid = payments.summary().await.unwrap();
    assert_eq!((paid.payment.status, paid.unpaid), (PaymentState::Paid, 0.into()));

    let months = |found: Vec<billtest::models::billing::MonthPayment>| {
        found.iter().map(|payment| payment.month.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(months(payments.list_between(january(), january()).await.unwrap()), ["2025-01"]);
    let group = paid.payment.payment_group_id;
    assert_eq!(months(payments.history_of(&group).await.unwrap()), ["2025-01"]);
    assert_eq!(months(payments.history_of("another").await.unwrap()), Vec::<String>::new());
}
