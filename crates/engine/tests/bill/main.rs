//! Bills worked out by hand to the last unit, and sums that hold for every bill.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod properties;
mod tenant;

use billtest_engine::adjustment::Level;
use billtest_engine::credit::Grant;
use billtest_engine::ledger::CreditLedger;
use billtest_engine::price::PriceError;
use billtest_engine::unpaid::Unpaid;
use billtest_engine::usage::UsageError;
use billtest_engine::{BillError, Overflow, Reading};
use billtest_models::{AdjustmentCode, CreditType, Currency, Money, Price, Tier};

use tenant::{Tenant, reading, time, web};

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
    let owed = |month: &str, amount: &str, due: &str| {
        Unpaid::new(month.parse().unwrap(), tenant.money(amount), due.parse().unwrap())
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

/// A user with one tier for everything would pay another price than one with that price, by a unit here and there.
#[test]
fn each_tiered_line_item_is_rounded_by_itself_and_exactly() {
    let mut tenant = Tenant::of("kr");
    let tier = Tier { from: 0.into(), to: None, unit_price: 1.into() };
    tenant.contract().prices.insert("cpu".to_owned(), Price::tiered("HOURS", vec![tier]));
    let amounts = |used: &[(&'static str, &'static str)], unit: &'static str| {
        let readings =
            used.iter().map(|(resource, volume)| Reading { resource, ..reading("web", "cpu", volume, unit) });
        let readings: Vec<_> = readings.collect();
        let bill = tenant.bill(&readings).unwrap();
        bill.line_items.iter().map(|item| item.amount.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(amounts(&[("a", "0.4"), ("b", "0.4"), ("c", "0.4")], "HOURS"), ["0 KRW", "0 KRW", "0 KRW"]);
    // 7 5/6 hours, and a half: between two quotients there is a little less than that.
    assert_eq!(amounts(&[("a", "470"), ("b", "30")], "MINUTES"), ["8 KRW", "1 KRW"]);
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

/// A user would lose a credit on the very day that it is good for, or pay for January with one of February.
#[test]
fn a_credit_of_whole_days_pays_for_the_month_that_these_days_lie_in() {
    let first_of_february = "2025-01-31T15:00:00Z"; // midnight in Seoul
    let mut tenant = Tenant::of("kr");
    tenant.credit("january", CreditType::Free, "1000", Some(first_of_february));
    let readings = [reading("web", "network.floating_ip", "100", "HOURS")];
    is(tenant.bill(&readings).unwrap().credits, "1000 KRW");
    let grant = |id: &str, granted_at: &str| Grant {
        id: id.into(),
        credit_type: CreditType::Free,
        amount: Money::new(500.into(), Currency::Krw).unwrap(),
        granted_at: time(granted_at),
        expires_at: None,
    };
    tenant.credits.grant(grant("february", first_of_february)).unwrap();
    is(tenant.bill(&readings).unwrap().credits, "1000 KRW");
    tenant.credits.grant(grant("just", "2025-01-31T14:59:59Z")).unwrap();
    is(tenant.bill(&readings).unwrap().credits, "1500 KRW");
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
