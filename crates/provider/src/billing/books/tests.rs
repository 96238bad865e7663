use std::collections::BTreeMap;

use billtest_engine::ledger::Purpose;
use billtest_models::billing::{CounterReading, PayRequest, RefundRequest};
use billtest_models::{
    Amount, CreditId, CreditType, Currency, Money, Month, PaymentState, Region, Timestamp,
};
use chrono::TimeDelta;
use proptest::prelude::*;

use super::{Books, sum};
use crate::billing::account::{Account, Campaign, Context};
use crate::billing::credits::Order;
use crate::billing::debts::{Claim, Debt, Settled};
use crate::billing::metering::store;
use crate::ids::Ids;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// What a client does next; a month is one of the first four of 2025.
#[derive(Debug, Clone)]
enum Step {
    Meter(u32, u32),
    Forget(u32),
    Declare(u32, u32),
    Calculate(u32),
    Grant(u32, bool),
    CancelCredits,
    Move(u32, PaymentState),
    /// A part in percent; above 100 everything.
    Pay(u32, u32),
    Refund(u32, u32),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let month = 1..5_u32;
    let state = prop::sample::select(vec![
        PaymentState::Registered,
        PaymentState::Registered,
        PaymentState::Failed,
        PaymentState::Paid,
        PaymentState::Cancelled,
        PaymentState::Refunded,
    ]);
    let step = prop_oneof![
        4 => (month.clone(), 1..2000_u32).prop_map(|(month, hours)| Step::Meter(month, hours)),
        1 => month.clone().prop_map(Step::Forget),
        1 => (month.clone(), 1..9000_u32).prop_map(|(month, amount)| Step::Declare(month, amount)),
        3 => month.clone().prop_map(Step::Calculate),
        2 => (1..100_000_u32, any::<bool>()).prop_map(|(amount, expires)| Step::Grant(amount, expires)),
        1 => Just(Step::CancelCredits),
        3 => (month.clone(), state).prop_map(|(month, state)| Step::Move(month, state)),
        4 => (month.clone(), 1..150_u32).prop_map(|(month, part)| Step::Pay(month, part)),
        2 => (month, 1..101_u32).prop_map(|(month, part)| Step::Refund(month, part)),
        2 => (1..60_i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..30)
}

fn month(number: u32) -> Month {
    format!("2025-{number:02}").parse().unwrap()
}

fn won(amount: u32) -> Money {
    Money::new(amount.into(), Currency::Krw).unwrap()
}

fn part(amount: Money, percent: u32) -> Amount {
    Money::rounded(
        amount.value() * rust_decimal::Decimal::from(percent) / rust_decimal::Decimal::from(100),
        Currency::Krw,
    )
    .unwrap()
    .amount()
}

fn take(account: &mut Account, context: &Context<'_>, step: &Step) -> Result<(), Refusal> {
    match *step {
        Step::Meter(number, hours) => {
            let at = format!("2025-{number:02}-05T12:00:00+09:00").parse().unwrap();
            let reading = CounterReading::delta("compute.c2.c8m8", hours.into()).at(at);
            store(account, context, vec![reading], |_| String::new()).map(drop)
        }
        Step::Forget(number) => {
            account
                .readings
                .delete(|reading| Month::of(context.region.day(reading.timestamp)) == Some(month(number)));
            Ok(())
        }
        Step::Declare(number, amount) => {
            let said =
                format!(r#"{{"month": "{}", "unpaidAmount": {amount}, "isOverdue": true}}"#, month(number));
            account.declare(context, serde_json::from_str(&said).unwrap()).map(drop)
        }
        Step::Calculate(number) => account.calculate(context, month(number)),
        Step::Grant(amount, expires) => {
            let campaign = Campaign { id: "C".into(), name: String::new(), at: context.now };
            let to = expires.then(|| month(2).last_day());
            let order =
                Order { campaign, credit_type: CreditType::Free, amount: won(amount), from: None, to };
            account.grant(context, CreditId::from(context.new_id("CREDIT")), order)
        }
        Step::CancelCredits => account.cancel_credits(context, None).map(drop),
        Step::Move(number, to) => account.move_payment(context, month(number), to),
        Step::Pay(number, percent) => {
            let open = account.books_of(context, month(number))?.open(month(number))?;
            let amount = part(sum(&open, won(0))?, percent);
            let amount = (percent <= 100).then_some(amount);
            account.pay(context, month(number), PayRequest { amount, ..PayRequest::default() }).map(drop)
        }
        Step::Refund(number, percent) => {
            let Some(paid) = account.months.get(&month(number)) else { return Ok(()) };
            let (payment_id, amount) = (paid.payment.clone(), part(paid.paid()?, percent));
            account.refund(context, &RefundRequest { payment_id, amount, reason: None, uuid: None }).map(drop)
        }
        Step::Wait(_) => Ok(()),
    }
}

/// What is open of each debt, and of its late fee as a later month would show it.
fn open(account: &Account, context: &Context<'_>) -> BTreeMap<Debt, (Money, Money)> {
    let books = account.books(context).unwrap();
    let later = account.statement(context, month(9)).unwrap();
    let fee = |debt| later.arrears.iter().find(|arrear| arrear.debt == debt).map(|arrear| arrear.late_fee);
    let owed = books.owed().unwrap().into_iter();
    owed.map(|owed| (owed.debt, (owed.unpaid.amount, fee(owed.debt).unwrap_or(won(0))))).collect()
}

fn total(amounts: impl Iterator<Item = Money>) -> Money {
    amounts.fold(won(0), |sum, amount| sum.plus(amount).unwrap())
}

fn check(account: &Account, context: &Context<'_>) -> Result<(), TestCaseError> {
    let books = account.books(context).unwrap();
    let owed = books.owed().unwrap();
    let settled = Settled::of(account).unwrap();
    for owed in &owed {
        let paid = settled.get(Claim::Debt(owed.debt));
        prop_assert_eq!(owed.unpaid.amount.plus(paid).unwrap(), owed.whole, "{:?} is paid once", owed.debt);
        let fees = account.months.values().filter_map(|account| account.fixed.as_ref());
        let shown = fees.flat_map(|fixed| &fixed.arrears).filter(|arrear| arrear.debt == owed.debt);
        let charged = shown.map(|arrear| arrear.fee_charged.value()).max().unwrap_or_default();
        prop_assert!(settled.get(Claim::LateFee(owed.debt)).value() <= charged, "the fee of {:?}", owed.debt);
    }
    let later = account.statement(context, month(9)).unwrap();
    prop_assert_eq!(
        later.unpaid,
        total(owed.iter().map(|owed| owed.unpaid.amount)),
        "a later month asks for all"
    );

    let mut used = won(0);
    for (month, paid) in &account.months {
        let statement = books.statement(*month).unwrap();
        let alone = account.statement(context, *month).unwrap();
        prop_assert_eq!((statement.total, statement.credits), (alone.total, alone.credits), "{}", month);
        if paid.state != PaymentState::Cancelled {
            used = used.plus(statement.credits).unwrap();
        }
        let open = sum(&books.open(*month).unwrap(), won(0)).unwrap();
        if books.state(*month).unwrap() == PaymentState::Paid {
            prop_assert!(open.is_zero(), "{} is paid, and {} are open", month, open);
        }
    }
    check_credits(&books, used)
}

fn check_credits(books: &Books<'_>, used: Money) -> Result<(), TestCaseError> {
    let ledger = books.ledger().unwrap();
    let by_bills = ledger.entries().iter().filter(|entry| matches!(entry.purpose, Purpose::Statement(_)));
    prop_assert_eq!(
        total(by_bills.map(|entry| entry.amount)),
        used,
        "credits used are those that bills show"
    );
    let taken = ledger.taken().unwrap();
    prop_assert_eq!(taken.plus(ledger.balance().unwrap()).unwrap(), ledger.granted().unwrap());
    for (grant, left) in ledger.balances().unwrap() {
        prop_assert!(!left.is_negative(), "{:?}", grant.id);
    }
    Ok(())
}

/// Everything that a payment has settled of other months is open again once it is paid back.
fn check_refund(
    before: &Account,
    after: &Account,
    context: &Context<'_>,
    paid: Month,
) -> Result<(), TestCaseError> {
    let mut undone = after.clone();
    undone.move_payment(context, paid, PaymentState::Refunded).unwrap();
    let others = |account: &Account| {
        let mut open = open(account, context);
        open.remove(&Debt::Amount(paid));
        open
    };
    // Paying a month calculates it, which takes credits and makes it owe what was declared for it.
    let mut before = before.clone();
    let _ = before.calculate(context, paid);
    prop_assert_eq!(others(&undone), others(&before));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// A user would pay something twice, or never; or would read two sums of one thing.
    #[test]
    fn money_paid_is_money_settled_and_every_view_adds_up(steps in steps()) {
        let (region, ids) = (Region::named("kr").unwrap(), Ids::new(Some(1)));
        let tenant = Tenant::parse("t").unwrap();
        let mut now: Timestamp = "2025-05-01T12:00:00+09:00".parse().unwrap();
        let mut account = Account::new(Currency::Krw);
        for step in &steps {
            if let Step::Wait(days) = step {
                now = (now.value() + TimeDelta::days(*days)).into();
            }
            let context = Context { tenant: &tenant, region: &region, ids: &ids, now };
            let before = account.clone();
            let done = account.change(|account| take(account, &context, step));
            check(&account, &context)?;
            if let (Ok(()), Step::Pay(number, _)) = (done, step)
                && before.months.get(&month(*number)).is_none_or(|account| account.settlements.is_empty())
            {
                check_refund(&before, &account, &context, month(*number))?;
            }
        }
    }
}
