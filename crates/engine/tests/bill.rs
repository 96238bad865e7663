//! Bills worked out by hand to the last unit, and sums that hold for every bill.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use billtest_engine::adjustment::{Adjustment, Change, Level};
use billtest_engine::credit::Grant;
use billtest_engine::ledger::CreditLedger;
use billtest_engine::price::PriceError;
use billtest_engine::unpaid::{LateFee, Unpaid};
use billtest_engine::usage::UsageError;
use billtest_engine::{Bill, BillError, BillInput, ContractTerms, Overflow, Reading, bill};
use billtest_models::{
    AdjustmentCode, CounterType, CreditType, Currency, Money, Month, Price, Quantity, Region, StatementId,
    Tier, Timestamp,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// A tenant with all that a bill is calculated from.
#[derive(Debug)]
struct Tenant {
    statement: StatementId,
    region: Region,
    month: Month,
    as_of: Timestamp,
    contract: Option<ContractTerms>,
    adjustments: Vec<Adjustment>,
    credits: CreditLedger,
    unpaid: Vec<Unpaid>,
}

impl Tenant {
    /// January 2025, calculated on 10 February at noon in Seoul.
    fn of(region: &str) -> Self {
        let region = Region::named(region).unwrap();
        Self {
            statement: "STMT-2025-01".into(),
            credits: CreditLedger::new(region.currency),
            region,
            month: "2025-01".parse().unwrap(),
            as_of: time("2025-02-10T12:00:00+09:00"),
            contract: None,
            adjustments: Vec::new(),
            unpaid: Vec::new(),
        }
    }

    fn money(&self, text: &str) -> Money {
        Money::new(text.parse().unwrap(), self.region.currency).unwrap()
    }

    fn contract(&mut self) -> &mut ContractTerms {
        self.contract.get_or_insert_with(|| ContractTerms::new("C1".into(), self.month))
    }

    fn adjust(&mut self, id: &str, level: Level, code: AdjustmentCode, value: &str) {
        let second = self.adjustments.len();
        self.adjustments.push(Adjustment {
            id: id.into(),
            level,
            change: Change::new(code, value.parse().unwrap()).unwrap(),
            from: self.month,
            until: self.month,
            created_at: time(&format!("2025-01-05T00:00:{second:02}Z")),
        });
    }

    fn credit(&mut self, id: &str, credit_type: CreditType, amount: &str, expires: Option<&str>) {
        let amount = self.money(amount);
        let granted_at = time("2025-01-01T00:00:00Z");
        let expires_at = expires.map(time);
        self.credits.grant(Grant { id: id.into(), credit_type, amount, granted_at, expires_at }).unwrap();
    }

    fn bill<'a>(&'a self, readings: &'a [Reading<'a>]) -> Result<Bill<'a>, BillError> {
        bill(&BillInput {
            statement: &self.statement,
            region: &self.region,
            month: self.month,
            as_of: self.as_of,
            readings,
            contract: self.contract.as_ref(),
            adjustments: &self.adjustments,
            credits: &self.credits,
            unpaid: &self.unpaid,
            late_fee: LateFee::default(),
        })
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A DELTA reading in the middle of the month.
fn reading(
    project: &'static str,
    counter: &'static str,
    volume: &str,
    unit: &'static str,
) -> Reading<'static> {
    Reading {
        project,
        resource: "r1",
        counter,
        counter_type: CounterType::Delta,
        unit,
        volume: volume.parse().unwrap(),
        timestamp: time("2025-01-15T00:00:00Z"),
    }
}

fn web() -> Level {
    Level::Project("web".into())
}

#[track_caller]
fn is(money: Money, text: &str) {
    assert_eq!(money.to_string(), text);
}

/// A user would pay another amount than the rules say: every step of a bill with everything in it.
#[test]
fn a_bill_with_everything_in_it() {
    let mut tenant = Tenant::of("kr");
    tenant.contract().discount = 10.into();
    tenant.adjust("whole", Level::BillingGroup, AdjustmentCode::FixedDiscount, "999");
    tenant.adjust("extra", Level::BillingGroup, AdjustmentCode::RateSurcharge, "2.5");
    tenant.adjust("web", web(), AdjustmentCode::RateDiscount, "10");
    tenant.credit("paid", CreditType::Paid, "10000", None);
    tenant.credit("free", CreditType::Free, "5000", None);
    tenant.credit("promotion", CreditType::Promotional, "1000", None);
    tenant.credit("gone", CreditType::Promotional, "7777", Some("2025-01-31T14:59:59Z"));
    let owed = |month: &str, amount: &str, due: &str| Unpaid {
        month: month.parse().unwrap(),
        amount: tenant.money(amount),
        due: due.parse().unwrap(),
    };
    tenant.unpaid = vec![owed("2024-12", "50050", "2025-01-31"), owed("2025-01", "1", "2025-02-28")];

    let readings = [
        reading("web", "compute.c2.c8m8", "100", "HOURS"),
        reading("db", "storage.volume.ssd", "102400", "MB"),
    ];
    let bill = tenant.bill(&readings).unwrap();

    let lines: Vec<_> = bill.line_items.iter().map(|item| (item.project, item.amount.to_string())).collect();
    assert_eq!(lines, [("db", "10000 KRW".to_owned()), ("web", "39700 KRW".to_owned())]); // 100 x 100, 100 x 397
    is(bill.subtotal, "49700 KRW");
    is(bill.discount, "4970 KRW"); // 10 %: 1000 of db, 3970 of web
    is(bill.minimum_charge, "0 KRW");
    let steps: Vec<_> = bill
        .applied_adjustments
        .iter()
        .map(|done| (done.id.as_str(), done.base.to_string(), done.amount.to_string()))
        .collect();
    let step = |id, base: &str, amount: &str| (id, base.to_owned(), amount.to_owned());
    assert_eq!(
        steps,
        [
            step("web", "35730 KRW", "-3573 KRW"),  // 10 % of 39700 - 3970
            step("whole", "41157 KRW", "-999 KRW"), // 9000 + 32157
            step("extra", "40158 KRW", "1004 KRW"), // 2.5 % is 1003.95
        ]
    );
    is(bill.adjustments, "-3568 KRW");
    let used: Vec<_> = bill
        .applied_credits
        .iter()
        .map(|draw| (draw.entry.grant.as_str(), draw.entry.amount.to_string(), draw.balance.to_string()))
        .collect();
    assert_eq!(
        used,
        [
            step("promotion", "1000 KRW", "0 KRW"),
            step("free", "5000 KRW", "0 KRW"),
            step("paid", "10000 KRW", "0 KRW"),
        ]
    );
    is(bill.credits, "16000 KRW");
    is(bill.charge, "25162 KRW"); // 41162 - 16000
    is(bill.tax, "2516 KRW"); // 2516.2
    is(bill.amount, "27678 KRW");
    is(bill.unpaid, "50050 KRW"); // January itself is not an earlier month
    is(bill.late_fee, "501 KRW"); // 10 days of 50.05: 500.5, half away from zero
    is(bill.total, "78229 KRW");
    let projects: Vec<_> = bill
        .projects
        .iter()
        .map(|part| (part.project.as_str(), part.discount.to_string(), part.adjustments.to_string()))
        .collect();
    assert_eq!(projects, [step("db", "1000 KRW", "0 KRW"), step("web", "3970 KRW", "-3573 KRW")]);
}

/// A user in a currency with cents would lose or pay some of them.
#[test]
fn a_bill_of_cents() {
    let mut tenant = Tenant::of("eu");
    tenant.contract().discount = "12.5".parse().unwrap();
    let readings = [
        reading("web", "compute.c2.c8m8", "33.333", "HOURS"), // x 0.28 = 9.33324
        reading("web", "storage.block", "0.29", "TB"),        // 296.96 GB x 0.00009 = 0.0267264
    ];
    let bill = tenant.bill(&readings).unwrap();
    is(bill.line_items[0].amount, "9.33 EUR");
    is(bill.line_items[1].amount, "0.03 EUR");
    assert_eq!(bill.line_items[1].quantity, "296.96".parse().unwrap());
    is(bill.subtotal, "9.36 EUR");
    is(bill.discount, "1.17 EUR");
    is(bill.charge, "8.19 EUR");
    is(bill.tax, "1.64 EUR"); // 1.638
    is(bill.total, "9.83 EUR");
}

/// A user would find half units rounded now up, now down.
#[test]
fn halves_are_rounded_away_from_zero() {
    let tenant = Tenant::of("kr");
    for (hours, amount) in [("0.5", "199 KRW"), ("1.5", "596 KRW"), ("300", "119100 KRW"), ("0", "0 KRW")] {
        let readings = [reading("web", "compute.c2.c8m8", hours, "HOURS")]; // 198.5, 595.5
        is(tenant.bill(&readings).unwrap().charge, amount);
    }
    let readings = [reading("web", "compute.g2.t4.c8m64", "300", "HOURS")];
    is(tenant.bill(&readings).unwrap().charge, "50001 KRW"); // 166.67 x 300, exact
    let readings = [reading("web", "compute.c2.c8m8", "100", "SECONDS")];
    is(tenant.bill(&readings).unwrap().charge, "11 KRW"); // 397 x 100 / 3600 = 11.03
    let readings = [reading("web", "network.floating_ip", "72", "SECONDS")];
    is(tenant.bill(&readings).unwrap().charge, "1 KRW"); // 25 x 72 / 3600 = 0.5, though 72 / 3600 alone is 0.02
}

/// A user would pay the high price of the first tier once for each machine.
#[test]
fn tiers_are_filled_by_the_counter_as_a_whole() {
    let mut tenant = Tenant::of("etc");
    let tier = |from: u32, to: Option<u32>, price: u32| Tier {
        from: from.into(),
        to: to.map(Into::into),
        unit_price: price.into(),
    };
    let tiers = vec![tier(0, Some(10), 10), tier(10, Some(20), 8), tier(20, None, 6)];
    tenant.contract().prices.insert("cpu".to_owned(), Price::tiered("HOURS", tiers));
    let one = reading("web", "cpu", "15", "HOURS");
    is(tenant.bill(&[one]).unwrap().charge, "140.00 USD");
    let readings = [Reading { resource: "r2", ..one }, one];
    let bill = tenant.bill(&readings).unwrap();
    is(bill.line_items[0].amount, "140.00 USD"); // 10 x 10 + 5 x 8
    is(bill.line_items[1].amount, "100.00 USD"); // 5 x 8 + 10 x 6
    assert_eq!(bill.line_items[0].unit_price, None);
    is(bill.charge, "240.00 USD");
}

/// A user would pay the minimum once a counter, or not at all without usage, or on top of what is above it.
#[test]
fn the_minimum_is_charged_once_and_only_if_it_is_not_reached() {
    let mut tenant = Tenant::of("kr");
    tenant.contract().minimum_charge = 1000.into();
    tenant.contract().discount = 50.into();
    let bill = tenant.bill(&[]).unwrap();
    is(bill.minimum_charge, "1000 KRW");
    is(bill.total, "1100 KRW");
    let readings = [reading("web", "network.floating_ip", "10", "HOURS")];
    let bill = tenant.bill(&readings).unwrap();
    is(bill.discount, "125 KRW");
    is(bill.minimum_charge, "875 KRW");
    is(bill.charge, "1000 KRW");
    let readings = [reading("web", "network.floating_ip", "100", "HOURS")];
    let bill = tenant.bill(&readings).unwrap();
    is(bill.minimum_charge, "0 KRW");
    is(bill.charge, "1250 KRW");
    tenant.contract().until = Some("2025-01".parse().unwrap());
    tenant.month = "2025-02".parse().unwrap();
    is(tenant.bill(&[]).unwrap().total, "0 KRW");
}

/// A user would be billed twice for the last hours of a month, or never.
#[test]
fn a_reading_belongs_to_the_month_of_the_regions_clock() {
    let mut tenant = Tenant::of("kr");
    let at = |at| Reading { timestamp: time(at), ..reading("web", "network.floating_ip", "1", "HOURS") };
    let readings = [
        at("2024-12-31T14:59:59.999Z"),
        at("2024-12-31T15:00:00Z"),
        at("2025-01-31T14:59:59.999Z"),
        at("2025-01-31T15:00:00Z"),
    ];
    for (month, charge) in [("2024-12", "25 KRW"), ("2025-01", "50 KRW"), ("2025-02", "25 KRW")] {
        tenant.month = month.parse().unwrap();
        is(tenant.bill(&readings).unwrap().charge, charge);
    }
}

/// A user would lose a credit that was there when the month ended, or get one after it had expired.
#[test]
fn a_closed_month_costs_the_same_whenever_it_is_calculated() {
    let mut tenant = Tenant::of("kr");
    tenant.credit("march", CreditType::Free, "1000", Some("2025-03-01T00:00:00Z"));
    let readings = [reading("web", "network.floating_ip", "100", "HOURS")];
    for (as_of, credits) in [
        ("2025-01-20T00:00:00Z", "1000 KRW"),
        ("2025-02-20T00:00:00Z", "1000 KRW"),
        ("2026-01-01T00:00:00Z", "1000 KRW"),
    ] {
        tenant.as_of = time(as_of);
        is(tenant.bill(&readings).unwrap().credits, credits);
    }
    tenant.month = "2025-03".parse().unwrap();
    let readings = [Reading { timestamp: time("2025-03-05T00:00:00Z"), ..readings[0] }];
    is(tenant.bill(&readings).unwrap().credits, "0 KRW");
}

/// A user would spend credit by looking at a bill.
#[test]
fn a_bill_is_the_same_before_and_after_it_is_committed() {
    let mut tenant = Tenant::of("kr");
    tenant.credit("free", CreditType::Free, "3000", None);
    let readings = [reading("web", "network.floating_ip", "100", "HOURS")];
    let draws = {
        let bill = tenant.bill(&readings).unwrap();
        is(bill.charge, "0 KRW");
        assert_eq!(tenant.bill(&readings).unwrap(), bill);
        bill.applied_credits
    };
    is(tenant.credits.balance().unwrap(), "3000 KRW");
    let statement = tenant.statement.clone();
    tenant.credits.commit(&statement, draws.clone()).unwrap();
    is(tenant.credits.balance().unwrap(), "500 KRW");
    assert_eq!(tenant.bill(&readings).unwrap().applied_credits, draws);
    tenant.statement = "STMT-OTHER".into();
    is(tenant.bill(&readings).unwrap().charge, "2000 KRW");
}

/// A user would get a bill from which something was silently left out.
#[test]
fn what_cannot_be_billed_is_an_error() {
    let mut tenant = Tenant::of("kr");
    let known = reading("web", "network.floating_ip", "1", "HOURS");
    let unknown = Reading { counter: "compute.unknown", ..known };
    assert_eq!(
        tenant.bill(&[known, unknown]).unwrap_err(),
        BillError::Usage(UsageError::Price(PriceError::UnknownCounter("compute.unknown".into())))
    );
    let error = tenant.bill(&[Reading { unit: "GB", ..known }]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "counter `network.floating_ip`: GB cannot be converted to HOURS: they measure different things"
    );
    let much = Reading { volume: "999999999999999".parse().unwrap(), ..known };
    assert!(matches!(tenant.bill(&[much]), Err(BillError::Overflow(Overflow::Money(_)))));
    tenant.contract().discount = 101.into();
    assert!(matches!(tenant.bill(&[known]), Err(BillError::Discount { .. })));
    tenant.contract = None;
    tenant.credits = CreditLedger::new(Currency::Usd);
    assert!(matches!(tenant.bill(&[known]), Err(BillError::Credit(_))));
}

/// A user who reads the bill as JSON would find other names or texts in place of numbers.
#[test]
fn a_bill_is_json_with_numbers() {
    let mut tenant = Tenant::of("eu");
    tenant.adjust("A1", web(), AdjustmentCode::FixedDiscount, "0.5");
    tenant.credit("CREDIT_1", CreditType::Free, "1", None);
    let readings = [reading("web", "compute.c2.c8m8", "10", "HOURS")];
    let json = serde_json::to_value(tenant.bill(&readings).unwrap()).unwrap();
    assert_eq!(json["line_items"][0]["amount"], 2.8);
    assert_eq!(json["line_items"][0]["counter_type"], "DELTA");
    assert_eq!(
        json["applied_adjustments"][0],
        serde_json::json!({
            "id": "A1", "level": "PROJECT", "project": "web", "code": "FIXED_DISCOUNT", "base": 2.8, "amount": -0.5
        })
    );
    assert_eq!(
        json["applied_credits"][0],
        serde_json::json!({
            "grant": "CREDIT_1", "amount": 1.0, "purpose": "STATEMENT", "statement": "STMT-2025-01", "type": "FREE",
            "balance": 0.0
        })
    );
    assert_eq!((&json["charge"], &json["currency"]), (&1.3.into(), &"EUR".into()));
}

const PROJECTS: [&str; 3] = ["web", "db", "idle"];
const COUNTERS: [&str; 3] = ["compute.c2.c8m8", "storage.volume.ssd", "tiered"];

fn any_tenant() -> impl Strategy<Value = Tenant> {
    let adjustment = (0..4_usize, 0..4_usize, 0..=10_000_i64);
    let credit = (0..4_usize, 1..50_000_u32, 0..120_i64);
    (
        (0..5_usize, 0..=1000_u32, 0..100_000_u32, any::<bool>()),
        proptest::collection::vec(adjustment, 0..6),
        proptest::collection::vec(credit, 0..5),
        proptest::collection::vec((0..100_000_u32, 0..2000_u64), 0..3),
    )
        .prop_map(|((region, discount, minimum, contracted), adjustments, credits, unpaid)| {
            let mut tenant = Tenant::of(["kr", "jp", "us", "eu", "etc"][region]);
            let tier = |from: u32, to: Option<u32>, price: &str| Tier {
                from: from.into(),
                to: to.map(Into::into),
                unit_price: price.parse().unwrap(),
            };
            let tiers = vec![tier(0, Some(7), "3.333"), tier(7, Some(40), "2.1"), tier(40, None, "0.07")];
            tenant.region.prices.insert("tiered".to_owned(), Price::tiered("HOURS", tiers));
            if contracted {
                tenant.contract().discount = Decimal::new(discount.into(), 1).to_string().parse().unwrap();
                tenant.contract().minimum_charge = minimum.into();
            }
            for (place, (code, level, value)) in adjustments.into_iter().enumerate() {
                let (code, scale) = [
                    (AdjustmentCode::FixedDiscount, 0),
                    (AdjustmentCode::RateDiscount, 2),
                    (AdjustmentCode::FixedSurcharge, 0),
                    (AdjustmentCode::RateSurcharge, 2),
                ][code];
                let level =
                    PROJECTS.get(level).map_or(Level::BillingGroup, |name| Level::Project((*name).into()));
                tenant.adjust(&format!("A{place}"), level, code, &Decimal::new(value, scale).to_string());
            }
            for (place, (kind, amount, days)) in credits.into_iter().enumerate() {
                let kind =
                    [CreditType::Free, CreditType::Paid, CreditType::Promotion, CreditType::Refund][kind];
                let expiry = time("2025-01-02T00:00:00Z").value() + chrono::TimeDelta::days(days);
                let expiry = Timestamp::from(expiry).to_string();
                tenant.credit(&format!("C{place}"), kind, &amount.to_string(), Some(&expiry));
            }
            let due = tenant.month.first_day();
            let owed = |(amount, late): (u32, u64)| Unpaid {
                month: "2024-12".parse().unwrap(),
                amount: Money::new(amount.into(), tenant.region.currency).unwrap(),
                due: due - chrono::Days::new(late),
            };
            tenant.unpaid = unpaid.into_iter().map(owed).collect();
            tenant
        })
}

fn any_readings() -> impl Strategy<Value = Vec<Reading<'static>>> {
    let one = (0..2_usize, 0..3_usize, any::<bool>(), 0..1_000_000_i64, 1..28_u32).prop_map(
        |(project, counter, first, volume, day)| {
            let storage = COUNTERS[counter] == "storage.volume.ssd";
            let unit = ["HOURS", "MINUTES", "GB", "MB"][usize::from(first) + 2 * usize::from(storage)];
            Reading {
                resource: if first { "r1" } else { "r2" },
                volume: Quantity::new(Decimal::new(volume, 3)).unwrap(),
                timestamp: time(&format!("2025-01-{day:02}T12:00:00Z")),
                ..reading(PROJECTS[project], COUNTERS[counter], "0", unit)
            }
        },
    );
    proptest::collection::vec(one, 0..20)
}

proptest! {
    /// A user would find a bill that does not add up, or one that pays the customer.
    #[test]
    fn every_bill_adds_up(mut tenant in any_tenant(), readings in any_readings()) {
        let bill = tenant.bill(&readings).unwrap();
        let sum = |amounts: &[Money]| amounts.iter().map(|money| money.value()).sum::<Decimal>();
        let lines: Vec<_> = bill.line_items.iter().map(|item| item.amount).collect();
        prop_assert_eq!(sum(&lines), bill.subtotal.value());
        prop_assert_eq!(
            sum(&[bill.subtotal, -bill.discount, bill.minimum_charge, bill.adjustments, -bill.credits]),
            bill.charge.value()
        );
        prop_assert_eq!(sum(&[bill.charge, bill.tax]), bill.amount.value());
        prop_assert_eq!(sum(&[bill.charge, bill.tax, bill.unpaid, bill.late_fee]), bill.total.value());
        for figure in [
            bill.subtotal, bill.discount, bill.minimum_charge, bill.credits, bill.charge, bill.tax, bill.unpaid,
            bill.late_fee, bill.total,
        ] {
            prop_assert!(!figure.is_negative());
            prop_assert_eq!(figure.value().scale(), bill.currency.decimals());
        }
        prop_assert!(bill.discount.value() <= bill.subtotal.value());
        prop_assert!(bill.late_fee.value() <= bill.unpaid.value());
        let made: Vec<_> = bill.applied_adjustments.iter().map(|done| done.amount).collect();
        prop_assert_eq!(sum(&made), bill.adjustments.value());
        let shares: Vec<_> = bill.projects.iter().map(|part| part.discount).collect();
        prop_assert_eq!(sum(&shares), bill.discount.value());
        for part in &bill.projects {
            prop_assert!(sum(&[part.subtotal, -part.discount, part.adjustments]) >= Decimal::ZERO);
        }
        let (credits, draws) = (bill.credits, bill.applied_credits);

        let before = tenant.credits.balance().unwrap();
        let statement = tenant.statement.clone();
        tenant.credits.commit(&statement, draws).unwrap();
        prop_assert_eq!(tenant.credits.balance().unwrap().plus(credits).unwrap(), before);
    }

    /// A user's bill would depend on the order in which readings arrive.
    #[test]
    fn the_order_of_readings_does_not_change_the_bill(
        tenant in any_tenant(), readings in any_readings(), rotation in 0..20_usize,
    ) {
        let mut turned = readings.clone();
        // Readings of one counter in two units are shown in the unit of the price, whichever comes first.
        turned.rotate_left(rotation.min(readings.len()));
        let (one, other) = (tenant.bill(&readings).unwrap(), tenant.bill(&turned).unwrap());
        prop_assert_eq!(one.total, other.total);
        prop_assert_eq!(one.line_items, other.line_items);
    }

    /// A user would pay less by using more, or save by splitting a machine in two.
    #[test]
    fn more_usage_never_costs_less_and_a_split_changes_nothing(hours in 0..100_000_i64, more in 0..10_000_i64, part in 0..100_000_i64) {
        let mut tenant = Tenant::of("kr");
        let tier = |from: u32, to: Option<u32>, price: u32| Tier {
            from: from.into(), to: to.map(Into::into), unit_price: price.into(),
        };
        let tiers = vec![tier(0, Some(100), 10), tier(100, Some(700), 8), tier(700, None, 1)];
        tenant.contract().prices.insert("cpu".to_owned(), Price::tiered("HOURS", tiers));
        let of = |volume: i64, resource| Reading {
            volume: Quantity::new(Decimal::new(volume, 2)).unwrap(),
            resource,
            ..reading("web", "cpu", "0", "HOURS")
        };
        let charge = |readings: &[Reading<'static>]| tenant.bill(readings).unwrap().charge.value();
        let whole = charge(&[of(hours, "a")]);
        prop_assert!(charge(&[of(hours + more, "a")]) >= whole);
        let part = part.min(hours);
        prop_assert_eq!(charge(&[of(part, "a"), of(hours - part, "b")]), whole);
    }
}
