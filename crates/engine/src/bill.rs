//! The bill of one tenant and month.

use std::collections::BTreeMap;

use billtest_models::{
    Amount, CounterType, Currency, Money, MoneyError, Month, Percent, Quantity, Region, StatementId,
    Timestamp,
};
use chrono::TimeDelta;
use hashbrown::HashMap;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::adjustment::{Adjustment, AdjustmentError, AppliedAdjustment, adjust};
use crate::checked::{Overflow, percent_of_money, total};
use crate::contract::ContractTerms;
use crate::credit::CreditError;
use crate::discount::{Discount, DiscountError, Value};
use crate::distribution::{DistributionError, distribute};
use crate::ledger::{CreditLedger, Draw};
use crate::price::{PriceError, Prices, UnitCost};
use crate::unit::ratio;
use crate::unpaid::{Arrears, LateFee, Unpaid, arrears};
use crate::usage::{Reading, Tallies, UsageError, unit_error};
use crate::volume::Volume;

/// Everything that a bill is calculated from. It is only read.
#[derive(Debug, Clone, Copy)]
pub struct BillInput<'a> {
    /// The statement that the bill is for; it is named in the ledger.
    pub statement: &'a StatementId,
    /// Where the tenant is billed.
    pub region: &'a Region,
    /// The month.
    pub month: Month,
    /// The moment of the calculation: decides what is late, and which credits are there.
    pub as_of: Timestamp,
    /// The tenant's readings; those outside the month are passed over.
    pub readings: &'a [Reading<'a>],
    /// The tenant's contract; outside its months it changes nothing.
    pub contract: Option<&'a ContractTerms>,
    /// The tenant's adjustments; those for other months are passed over.
    pub adjustments: &'a [Adjustment],
    /// The tenant's credits.
    pub credits: &'a CreditLedger,
    /// What the tenant's months still owe; this month and later ones are passed over.
    pub unpaid: &'a [Unpaid],
    /// What being late costs.
    pub late_fee: LateFee,
}

/// One position of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineItem<'a> {
    /// The project that pays.
    pub project: &'a str,
    /// What was used.
    pub resource: &'a str,
    /// Which of its counters.
    pub counter: &'a str,
    /// How its readings were added up.
    pub counter_type: CounterType,
    /// The unit of the quantity: the one that has a price.
    pub unit: &'a str,
    /// How much was used, to 15 significant digits.
    pub quantity: Quantity,
    /// The price of one unit; none where tiers have several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
    /// What it costs.
    pub amount: Money,
    /// Which of the readings of the input was its first.
    #[serde(skip)]
    pub first_reading: usize,
}

/// One project's part of a bill, before tax and credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectAmount {
    /// The project.
    pub project: String,
    /// The sum of its line items.
    pub subtotal: Money,
    /// Its share of the contract's discount.
    pub discount: Money,
    /// What its own adjustments change; below zero where discounts prevail.
    pub adjustments: Money,
}

/// The bill of one tenant and month. All amounts are in one currency; names are borrowed from what it was calculated from.
///
/// Two sums always hold, and nothing in them is below zero but `adjustments`:
///
/// ```text
/// subtotal - discount + minimum_charge + adjustments - credits = charge
/// charge + tax = amount;  amount + unpaid + late_fee = total
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bill<'a> {
    /// The statement.
    pub statement: StatementId,
    /// The month.
    pub month: Month,
    /// The currency of every amount.
    pub currency: Currency,
    /// What was used, sorted by project, resource and counter.
    pub line_items: Vec<LineItem<'a>>,
    /// What each project comes to, sorted by name.
    pub projects: Vec<ProjectAmount>,
    /// The sum of the line items.
    pub subtotal: Money,
    /// What the contract takes off the subtotal.
    pub discount: Money,
    /// What is added to reach the contract's minimum charge.
    pub minimum_charge: Money,
    /// What all adjustments change; below zero where discounts prevail.
    pub adjustments: Money,
    /// The adjustments that were made, in this order.
    pub applied_adjustments: Vec<AppliedAdjustment>,
    /// What credits pay.
    pub credits: Money,
    /// The credits that pay, in this order; [`CreditLedger::commit`] writes them down.
    pub applied_credits: Vec<Draw>,
    /// What is charged for the month, before tax.
    pub charge: Money,
    /// The tax rate in percent.
    pub tax_rate: Percent,
    /// The tax on the charge.
    pub tax: Money,
    /// Charge and tax.
    pub amount: Money,
    /// What earlier months owe.
    pub unpaid: Money,
    /// What earlier months owe, one by one, oldest first.
    pub arrears: Vec<Arrears>,
    /// What being late costs.
    pub late_fee: Money,
    /// Everything that is to be paid.
    pub total: Money,
}

/// Why there is no bill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// The readings do not add up, or have no price.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// The contract's discount is out of range.
    #[error("contract {contract}: {source}")]
    Discount {
        /// Which contract.
        contract: String,
        /// What is wrong with it.
        source: DiscountError,
    },
    /// The contract's minimum charge is below zero.
    #[error("contract {contract}: minimum charge {minimum} cannot be negative")]
    NegativeMinimum {
        /// Which contract.
        contract: String,
        /// Its minimum charge.
        minimum: Amount,
    },
    /// An adjustment cannot be made.
    #[error(transparent)]
    Adjustment(#[from] AdjustmentError),
    /// The ledger does not fit.
    #[error(transparent)]
    Credit(#[from] CreditError),
    /// A discount cannot be distributed to the projects.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// An amount is out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl From<MoneyError> for BillError {
    fn from(error: MoneyError) -> Self {
        Self::Overflow(error.into())
    }
}

impl From<PriceError> for BillError {
    fn from(error: PriceError) -> Self {
        Self::Usage(error.into())
    }
}

/// The tax on an amount, rounded half away from zero.
///
/// # Errors
/// [`Overflow`].
pub fn tax(amount: Money, rate: Percent) -> Result<Money, Overflow> {
    percent_of_money(rate, amount)
}

/// Calculates the bill of one tenant and month. Nothing is changed by it: the same input gives the same bill.
///
/// 1. Readings within the month, by the clock of the region, are added up for each project, resource and counter.
/// 2. A line item is quantity x unit price, rounded half away from zero. Tiers are filled by the counter as a whole, over
///    all line items in their order: splitting a resource in two does not make it cheaper or dearer but for the rounding.
/// 3. The contract's discount is taken off the sum, rounded; then its minimum charge is filled up, once.
/// 4. Adjustments: those of projects, on the line items of the project less its share of the contract's discount; then
///    those of the whole. See [`adjust`].
/// 5. Credits that are granted, and not expired at the end of the month or now, whichever is earlier: a month that is
///    over costs the same whenever it is calculated. What expires within 7 days from now is used first. See
///    [`CreditLedger::draw`].
/// 6. Tax on what remains, rounded.
/// 7. What earlier months owe and the late fee on each, rounded; the day is that of the region.
///
/// ```
/// use billtest_engine::{BillInput, Reading, bill, ledger::CreditLedger};
/// use billtest_models::{CounterType, Currency, Region};
///
/// let region = Region::named("kr").unwrap();
/// let reading = Reading {
///     project: "web", resource: "vm-1", counter: "compute.c2.c8m8", counter_type: CounterType::Delta,
///     unit: "HOURS", volume: 100.into(), timestamp: "2025-01-10T13:00:00+09:00".parse()?,
/// };
/// let (statement, readings, credits) = ("STMT-1".into(), [reading], CreditLedger::new(Currency::Krw));
/// let bill = bill(&BillInput {
///     statement: &statement, region: &region, month: "2025-01".parse()?,
///     as_of: "2025-02-01T00:00:00+09:00".parse()?, readings: &readings, contract: None, adjustments: &[],
///     credits: &credits, unpaid: &[], late_fee: Default::default(),
/// })?;
/// assert_eq!(bill.charge.to_string(), "39700 KRW"); // 100 x 397
/// assert_eq!(bill.tax.to_string(), "3970 KRW"); // 10 %
/// assert_eq!(bill.total.to_string(), "43670 KRW");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Every [`BillError`]; nothing is left out of a bill silently.
pub fn bill<'a>(input: &BillInput<'a>) -> Result<Bill<'a>, BillError> {
    let currency = input.region.currency;
    let contract = input.contract.filter(|terms| terms.covers(input.month));
    let limits = input.region.limits(input.month);

    let readings = input.readings.iter().enumerate();
    let usage = Tallies::of(readings.filter(|(_, reading)| limits.contains(&reading.timestamp)))?;
    let prices = match contract {
        Some(terms) => Prices::of_contract(&terms.prices, &input.region.prices),
        None => Prices::of_table(&input.region.prices),
    };
    let line_items = price(&usage, prices, currency)?;

    let subtotals = by_project(&line_items, currency)?;
    let subtotal = total(subtotals.values().copied(), currency)?;
    let discount = match contract {
        Some(terms) => Discount::new(Value::Rate(terms.discount))
            .of(subtotal)
            .map_err(|source| BillError::Discount { contract: terms.id.to_string(), source })?,
        None => Money::zero(currency),
    };
    let net = subtotal.minus(discount)?;
    let minimum_charge = fill_up(net, contract)?;

    let shares = share(discount, &subtotals)?;
    let mut nets = BTreeMap::new();
    for ((project, amount), share) in subtotals.iter().zip(&shares) {
        nets.insert((*project).to_owned(), amount.minus(*share)?);
    }
    let adjusted = adjust(nets, minimum_charge, input.adjustments, input.month)?;
    let adjustments = adjusted.amount.minus(net.plus(minimum_charge)?)?;
    let projects = project_amounts(&subtotals, &shares, &adjusted.projects)?;

    let applied_credits = input.credits.draw(
        adjusted.amount,
        input.statement,
        input.as_of.min(last_moment(limits.end)),
        input.as_of,
    )?;
    let credits = total(applied_credits.iter().map(|draw| draw.entry.amount), currency)?;
    let charge = adjusted.amount.minus(credits)?;
    let tax = tax(charge, input.region.tax)?;
    let amount = charge.plus(tax)?;

    let today = input.region.day(input.as_of);
    let arrears = arrears(input.unpaid, input.month, today, input.late_fee)?;
    let unpaid = total(arrears.iter().map(|owed| owed.amount), currency)?;
    let late_fee = total(arrears.iter().map(|owed| owed.late_fee), currency)?;

    Ok(Bill {
        statement: input.statement.clone(),
        month: input.month,
        currency,
        line_items,
        projects,
        subtotal,
        discount,
        minimum_charge,
        adjustments,
        applied_adjustments: adjusted.applied,
        credits,
        applied_credits,
        charge,
        tax_rate: input.region.tax,
        tax,
        amount,
        unpaid,
        arrears,
        late_fee,
        total: amount.plus(unpaid)?.plus(late_fee)?,
    })
}

/// The last moment before a month's end: what begins with the next month pays for no part of this one, and what lasts
/// until then pays for all of it.
fn last_moment(end: Timestamp) -> Timestamp {
    end.value().checked_sub_signed(TimeDelta::nanoseconds(1)).map_or(end, Timestamp::from)
}

/// A counter while its line items are priced.
struct Counter<'a> {
    cost: UnitCost<'a>,
    /// For tiers: what the line items so far used.
    filled: Volume,
}

fn price<'a>(
    usage: &Tallies<'a>,
    prices: Prices<'a>,
    currency: Currency,
) -> Result<Vec<LineItem<'a>>, BillError> {
    let mut counters: HashMap<&str, Counter<'a>> = HashMap::new();
    let mut line_items = Vec::with_capacity(usage.len());
    for used in usage.in_order() {
        let used = used?;
        let counter = match counters.get_mut(used.counter) {
            Some(counter) => counter,
            None => {
                let counter = Counter { cost: prices.of(used.counter)?, filled: Volume::ZERO };
                counters.entry(used.counter).or_insert(counter)
            }
        };
        let unit = counter.cost.unit();
        let ratio = ratio(used.unit, unit).map_err(|source| unit_error(used.counter, source))?;
        let volume = used.volume.times(ratio)?;
        let unit_price = counter.cost.flat();
        let amount = if unit_price.is_some() {
            Money::rounded(counter.cost.cost(volume)?, currency)?
        } else {
            let before = counter.filled;
            counter.filled = before.plus(volume)?;
            Money::rounded(counter.cost.cost_between(before, counter.filled)?, currency)?
        };
        line_items.push(LineItem {
            project: used.project,
            resource: used.resource,
            counter: used.counter,
            counter_type: used.counter_type,
            unit,
            quantity: volume.shown()?,
            unit_price,
            amount,
            first_reading: used.first,
        });
    }
    Ok(line_items)
}

/// Line items are sorted by project, so each project is one run of them.
fn by_project<'a>(
    line_items: &[LineItem<'a>],
    currency: Currency,
) -> Result<BTreeMap<&'a str, Money>, MoneyError> {
    line_items
        .chunk_by(|a, b| a.project == b.project)
        .filter_map(|run| Some((run.first()?.project, total(run.iter().map(|item| item.amount), currency))))
        .map(|(project, sum)| Ok((project, sum?)))
        .collect()
}

fn fill_up(net: Money, contract: Option<&ContractTerms>) -> Result<Money, BillError> {
    let nothing = Money::zero(net.currency());
    let Some(terms) = contract else { return Ok(nothing) };
    if terms.minimum_charge < Amount::ZERO {
        let contract = terms.id.to_string();
        return Err(BillError::NegativeMinimum { contract, minimum: terms.minimum_charge });
    }
    let missing = Money::new(terms.minimum_charge, net.currency())?.minus(net)?;
    Ok(if missing.is_negative() { nothing } else { missing })
}

/// Each project's share of the contract's discount, to the last unit.
fn share(discount: Money, subtotals: &BTreeMap<&str, Money>) -> Result<Vec<Money>, DistributionError> {
    if discount.is_zero() {
        return Ok(vec![discount; subtotals.len()]);
    }
    let weights: Vec<Decimal> = subtotals.values().map(|amount| amount.value()).collect();
    distribute(discount, &weights)
}

fn project_amounts(
    subtotals: &BTreeMap<&str, Money>,
    shares: &[Money],
    adjusted: &BTreeMap<String, Money>,
) -> Result<Vec<ProjectAmount>, MoneyError> {
    let known: HashMap<&str, (Money, Money)> = subtotals
        .iter()
        .zip(shares)
        .map(|((project, subtotal), share)| (*project, (*subtotal, *share)))
        .collect();
    adjusted
        .iter()
        .map(|(project, amount)| {
            let nothing = Money::zero(amount.currency());
            let (subtotal, discount) = known.get(project.as_str()).copied().unwrap_or((nothing, nothing));
            let adjustments = amount.minus(subtotal.minus(discount)?)?;
            Ok(ProjectAmount { project: project.clone(), subtotal, discount, adjustments })
        })
        .collect()
}
