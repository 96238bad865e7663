//! Sums that hold for every bill.

use billtest_engine::adjustment::Level;
use billtest_engine::unpaid::Unpaid;
use billtest_engine::{Bill, LineItem, Reading};
use billtest_models::{AdjustmentCode, CreditType, Money, Price, Quantity, Tier, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::tenant::{Tenant, reading, time};

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
            let owed = |(amount, late): (u32, u64)| {
                let amount = Money::new(amount.into(), tenant.region.currency).unwrap();
                Unpaid::new("2024-12".parse().unwrap(), amount, due - chrono::Days::new(late))
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

/// The line items, whichever reading was the first of each.
fn items(bill: Bill<'_>) -> Vec<LineItem<'_>> {
    bill.line_items.into_iter().map(|item| LineItem { first_reading: 0, ..item }).collect()
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
        // Which reading was the first is all that may differ.
        prop_assert_eq!(items(one), items(other));
    }

    /// A user would pay less by using more, or save by splitting a machine in two: each part is rounded, and that is all.
    #[test]
    fn more_usage_never_costs_less_and_a_split_changes_no_tier(hours in 0..100_000_i64, more in 0..10_000_i64, part in 0..100_000_i64) {
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
        let split = charge(&[of(part, "a"), of(hours - part, "b")]);
        prop_assert!((split - whole).abs() <= Decimal::ONE, "{split} {whole}");
    }
}
