//! Inputs of vectors as values of the engine. Amounts have no currency there: two decimals, so dollars.

use billtest_engine::adjustment::Adjustment;
use billtest_engine::ledger::CreditLedger;
use billtest_engine::unpaid::LateFee;
use billtest_engine::{Bill, BillError, BillInput, ContractTerms, Reading, bill};
use billtest_models::{
    Amount, CounterType, Currency, Money, Month, Percent, Price, PriceTable, Quantity, Region, StatementId,
    Tier, Timestamp,
};
use rust_decimal::Decimal;
use serde_json::Value;

use super::compare;

#[track_caller]
pub(crate) fn decimal(value: &Value) -> Decimal {
    compare::decimal(value).unwrap_or_else(|| panic!("{value} is no decimal"))
}

#[track_caller]
pub(crate) fn amount(value: &Value) -> Amount {
    Amount::new(decimal(value)).unwrap()
}

#[track_caller]
pub(crate) fn percent(value: &Value) -> Percent {
    Percent::new(decimal(value)).unwrap()
}

#[track_caller]
pub(crate) fn quantity(value: &Value) -> Quantity {
    Quantity::new(decimal(value)).unwrap()
}

/// Rounded, as the older functions rounded what they were given.
#[track_caller]
pub(crate) fn money(value: &Value) -> Money {
    Money::rounded(decimal(value), Currency::Usd).unwrap()
}

pub(crate) fn dollars(value: u32) -> Money {
    Money::new(value.into(), Currency::Usd).unwrap()
}

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[track_caller]
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

pub(crate) fn number(value: Decimal) -> Value {
    value.to_string().into()
}

pub(crate) fn figure(value: Money) -> Value {
    number(value.value())
}

pub(crate) fn month() -> Month {
    "2024-01".parse().unwrap()
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// `[from, to, price]`.
pub(crate) fn tiers(value: &Value) -> Vec<Tier> {
    list(value)
        .iter()
        .map(|tier| Tier {
            from: quantity(&tier[0]),
            to: (!tier[1].is_null()).then(|| quantity(&tier[1])),
            unit_price: amount(&tier[2]),
        })
        .collect()
}

/// What a bill of dollars is made of; all else is empty.
pub(crate) struct Given {
    statement: StatementId,
    pub(crate) region: Region,
    pub(crate) contract: ContractTerms,
    pub(crate) adjustments: Vec<Adjustment>,
    pub(crate) credits: CreditLedger,
    pub(crate) unpaid: Vec<billtest_engine::unpaid::Unpaid>,
    pub(crate) late_fee: LateFee,
}

impl Given {
    pub(crate) fn new() -> Self {
        Self {
            statement: "STMT-1".into(),
            region: Region::named("etc").unwrap(),
            contract: ContractTerms::new("C1".into(), month()),
            adjustments: Vec::new(),
            credits: CreditLedger::new(Currency::Usd),
            unpaid: Vec::new(),
            late_fee: LateFee::default(),
        }
    }

    /// Gives a counter one price for each of its units.
    pub(crate) fn priced(mut self, counter: &str, unit_price: Amount) -> Self {
        self.contract.prices.insert(counter.to_owned(), Price::flat("units", unit_price));
        self
    }

    pub(crate) fn prices(&self) -> &PriceTable {
        &self.contract.prices
    }

    /// At the end of the month.
    pub(crate) fn bill<'a>(&'a self, readings: &'a [Reading<'a>]) -> Result<Bill<'a>, BillError> {
        bill(&BillInput {
            statement: &self.statement,
            region: &self.region,
            month: month(),
            as_of: time("2024-01-31T00:00:00Z"),
            readings,
            contract: Some(&self.contract),
            adjustments: &self.adjustments,
            credits: &self.credits,
            unpaid: &self.unpaid,
            late_fee: self.late_fee,
        })
    }
}

/// A DELTA reading of that many units; the counter is the project and the resource as well.
pub(crate) fn reading(counter: &str, volume: Quantity) -> Reading<'_> {
    Reading {
        project: counter,
        resource: counter,
        counter,
        counter_type: CounterType::Delta,
        unit: "units",
        volume,
        timestamp: time("2024-01-10T00:00:00Z"),
    }
}
