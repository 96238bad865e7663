//! A tenant to be billed.

use billtest_engine::adjustment::{Adjustment, Change, Level};
use billtest_engine::credit::Grant;
use billtest_engine::ledger::CreditLedger;
use billtest_engine::unpaid::{LateFee, Unpaid};
use billtest_engine::{Bill, BillError, BillInput, ContractTerms, Reading, bill};
use billtest_models::{
    AdjustmentCode, CounterType, CreditType, Money, Month, Region, StatementId, Timestamp,
};

/// A tenant with all that a bill is calculated from.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) statement: StatementId,
    pub(crate) region: Region,
    pub(crate) month: Month,
    pub(crate) as_of: Timestamp,
    pub(crate) contract: Option<ContractTerms>,
    pub(crate) adjustments: Vec<Adjustment>,
    pub(crate) credits: CreditLedger,
    pub(crate) unpaid: Vec<Unpaid>,
}

impl Tenant {
    /// January 2025, calculated on 10 February at noon in Seoul.
    pub(crate) fn of(region: &str) -> Self {
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

    pub(crate) fn money(&self, text: &str) -> Money {
        Money::new(text.parse().unwrap(), self.region.currency).unwrap()
    }

    pub(crate) fn contract(&mut self) -> &mut ContractTerms {
        self.contract.get_or_insert_with(|| ContractTerms::new("C1".into(), self.month))
    }

    pub(crate) fn adjust(&mut self, id: &str, level: Level, code: AdjustmentCode, value: &str) {
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

    pub(crate) fn credit(&mut self, id: &str, credit_type: CreditType, amount: &str, expires: Option<&str>) {
        let amount = self.money(amount);
        let granted_at = time("2025-01-01T00:00:00Z");
        let expires_at = expires.map(time);
        self.credits.grant(Grant { id: id.into(), credit_type, amount, granted_at, expires_at }).unwrap();
    }

    pub(crate) fn bill<'a>(&'a self, readings: &'a [Reading<'a>]) -> Result<Bill<'a>, BillError> {
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

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A DELTA reading in the middle of the month.
pub(crate) fn reading(
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

pub(crate) fn web() -> Level {
    Level::Project("web".into())
}
