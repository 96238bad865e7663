//! How long the bill of a month takes: 1,000, 10,000 and 100,000 readings.
//!
//! ```text
//! cargo bench -p billtest-engine
//! ```
//!
//! `resources` has a resource for each reading, so that each becomes a line item; `hours` has a reading for each hour of
//! a month and resource. The contract has tiers, a discount and a minimum charge; there are adjustments and credits.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use std::hint::black_box;

use billtest_engine::adjustment::{Adjustment, Change, Level};
use billtest_engine::credit::Grant;
use billtest_engine::ledger::CreditLedger;
use billtest_engine::{BillInput, ContractTerms, Reading, bill};
use billtest_models::{
    AdjustmentCode, CounterType, CreditType, Currency, Money, Month, Price, Region, Tier, Timestamp,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const COUNTERS: [(&str, &str); 4] = [
    ("compute.c2.c8m8", "HOURS"),
    ("compute.g2.t4.c8m64", "MINUTES"),
    ("storage.volume.ssd", "MB"),
    ("network.floating_ip", "HOURS"),
];
const HOURS_OF_A_MONTH: usize = 744;

/// Names and time of a reading, as a store would own them.
struct Stored {
    project: String,
    resource: String,
    place: usize,
    timestamp: Timestamp,
}

fn stored(count: usize, readings_each: usize) -> Vec<Stored> {
    let start = "2025-01-01T00:00:00Z".parse::<Timestamp>().unwrap().value();
    (0..count)
        .map(|place| {
            // Out of order, as readings arrive.
            let shuffled = place.wrapping_mul(7919) % count;
            let resource = shuffled / readings_each;
            let hour = (shuffled % HOURS_OF_A_MONTH) as i64;
            Stored {
                project: format!("project-{}", resource % 20),
                resource: format!("resource-{resource:06}"),
                place: resource,
                timestamp: (start + chrono::TimeDelta::hours(hour)).into(),
            }
        })
        .collect()
}

fn readings(stored: &[Stored]) -> Vec<Reading<'_>> {
    stored
        .iter()
        .map(|stored| {
            let (counter, unit) = COUNTERS[stored.place % COUNTERS.len()];
            Reading {
                project: &stored.project,
                resource: &stored.resource,
                counter,
                counter_type: CounterType::Delta,
                unit,
                volume: "12.345".parse().unwrap(),
                timestamp: stored.timestamp,
            }
        })
        .collect()
}

fn bills(criterion: &mut Criterion) {
    let region = Region::named("kr").unwrap();
    let month: Month = "2025-01".parse().unwrap();
    let as_of: Timestamp = "2025-02-01T00:00:00Z".parse().unwrap();
    let mut contract = ContractTerms::new("C1".into(), month);
    contract.discount = 10.into();
    contract.minimum_charge = 1000.into();
    let tier = |from: u32, to: Option<u32>, price: u32| Tier {
        from: from.into(),
        to: to.map(Into::into),
        unit_price: price.into(),
    };
    let tiers = vec![tier(0, Some(1000), 397), tier(1000, Some(50_000), 350), tier(50_000, None, 300)];
    contract.prices.insert("compute.c2.c8m8".to_owned(), Price::tiered("HOURS", tiers));
    let adjustments: Vec<_> = (0..20)
        .map(|place| Adjustment {
            id: format!("ADJ_{place}").into(),
            level: Level::Project(format!("project-{place}").into()),
            change: Change::new(AdjustmentCode::RateDiscount, 5.into()).unwrap(),
            from: month,
            until: month,
            created_at: as_of,
        })
        .collect();
    let mut credits = CreditLedger::new(Currency::Krw);
    for place in 0..50_u32 {
        let grant = Grant {
            id: format!("CREDIT_{place}").into(),
            credit_type: CreditType::Free,
            amount: Money::new(1000.into(), Currency::Krw).unwrap(),
            granted_at: "2025-01-01T00:00:00Z".parse().unwrap(),
            expires_at: None,
        };
        credits.grant(grant).unwrap();
    }

    let mut group = criterion.benchmark_group("bill");
    for count in [1_000, 10_000, 100_000] {
        group.throughput(Throughput::Elements(count as u64));
        for (name, each) in [("resources", 1), ("hours", HOURS_OF_A_MONTH)] {
            let stored = stored(count, each);
            let readings = readings(&stored);
            let input = BillInput {
                statement: &"STMT-1".into(),
                region: &region,
                month,
                as_of,
                readings: &readings,
                contract: Some(&contract),
                adjustments: &adjustments,
                credits: &credits,
                unpaid: &[],
                late_fee: Default::default(),
            };
            group.bench_with_input(BenchmarkId::new(name, count), &input, |bencher, input| {
                bencher.iter(|| bill(black_box(input)).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, bills);
criterion_main!(benches);
