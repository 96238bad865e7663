//! A month calculated from what the request says of it, beside what the tenant has.
//!
//! What is said is kept with the month, so that every later view shows the same bill, and takes the place of what was said
//! before: the same request twice is the same as once.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use billtest_engine::adjustment::{Adjustment, Change, Level};
use billtest_engine::unpaid::Unpaid;
use billtest_models::billing::{
    AdjustmentMethod, BillDeclaration, CalculatedBill, CounterReading, CounterVolume, DeclaredAdjustment,
    DeclaredCredit, Envelope, StatementAdjustmentLevel, StatementAdjustmentType,
};
use billtest_models::{
    AdjustmentCode, AdjustmentId, CounterType, CreditId, CreditType, DueDate, MeterId, Money, Month,
    Quantity, Region, Timestamp,
};
use chrono::{Days, NaiveDate, TimeDelta};

use super::account::{Account, Campaign, Context, MOST_RECORDS, Ordered};
use super::credits::Order;
use super::envelope::{Answer, BodyRefused, ChangeRefused, answer};
use super::metering::store;
use super::month::due;
use super::request::Draft;
use super::statements::monthly;
use crate::Provider;
use crate::refusal::Refusal;

/// How long a declared credit can be used after the month.
const VALIDITY: Days = Days::new(365);

/// What was said of a month.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    /// The moment of the calculation.
    pub(crate) as_of: Timestamp,
    /// Whose contract applies.
    pub(crate) billing_group: Option<String>,
    /// What is owed from before; more than zero.
    pub(crate) unpaid: Option<Unpaid>,
    readings: BTreeSet<MeterId>,
    adjustments: BTreeSet<AdjustmentId>,
    credits: Vec<CreditId>,
}

/// Calculate a month from usage, adjustments, credits and debts that the request names, beside what the tenant has: it is
/// stored, payable, and shown by every other view. Sent again, it takes the place of what was sent before.
#[utoipa::path(
    post, path = "/billing/admin/calculate", operation_id = "calculateBill", tag = "calculation",
    params(crate::idempotency::IdempotencyKey),
    request_body = BillDeclaration,
    responses((status = 200, body = Envelope<CalculatedBill>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn calculate(
    State(provider): State<Provider>,
    draft: Draft<BillDeclaration>,
) -> Answer<CalculatedBill> {
    let uuid = draft.tenant().as_str().to_owned();
    let done = draft.change(&provider, |account, context, declaration| {
        let billing_group = declaration.billing_group_id.clone().filter(|group| !group.is_empty());
        let month = account.declare(context, declaration)?;
        account.calculate(context, month)?;
        let books = account.books_of(context, month)?;
        let (group, due) = (account.group(context.tenant, month), due(month));
        let state = books.state(month)?;
        Ok((monthly(books.into_statement(month)?, state), billing_group, group, due))
    });
    let (statement, billing_group_id, payment_group_id, due) = done?;
    answer(CalculatedBill {
        batch_job_code: provider.ids.uuid().to_string(),
        uuid,
        billing_group_id,
        billing_group_discount: statement.discount,
        payment_group_id,
        due_date: due.into(),
        statement,
    })
}

impl Account {
    pub(super) fn declare(
        &mut self,
        context: &Context<'_>,
        declaration: BillDeclaration,
    ) -> Result<Month, Refusal> {
        let mut refused = Vec::new();
        let mut note = |place: &str, refusal| refused.push((place.to_owned(), refusal));
        let (month, as_of) = match when(context, &declaration) {
            Ok(when) => when,
            // What else is wrong is told with it.
            Err(refusal) => {
                note("", refusal);
                (context.month()?, context.now)
            }
        };
        self.refuse_closed(month)?;
        self.forget_declared(month)?;
        let readings = self.declare_usage(context, month, declaration.usage.unwrap_or_default());
        let readings = readings.unwrap_or_else(|refusal| {
            note("", refusal);
            Vec::new()
        });
        let mut adjustments = BTreeSet::new();
        for (index, adjustment) in declaration.adjustments.into_iter().flatten().enumerate() {
            match self.declare_adjustment(context, month, adjustment) {
                Ok(id) => drop(adjustments.insert(id)),
                Err(refusal) => note(&format!("adjustments[{index}]."), refusal),
            }
        }
        let mut credits = Vec::new();
        for (index, credit) in declaration.credits.into_iter().flatten().enumerate() {
            match self.declare_credit(context, (month, as_of), credit) {
                Ok(id) => credits.extend(id),
                Err(refusal) => note(&format!("credits[{index}]."), refusal),
            }
        }
        let unpaid = match declaration.unpaid_amount {
            Some(amount) => Money::new(amount, self.currency())
                .map_err(|error| Refusal::rule("unpaidAmount", error.to_string()))
                .and_then(|amount| unpaid(month, amount, declaration.is_overdue == Some(true))),
            None => Ok(None),
        };
        let unpaid = unpaid.unwrap_or_else(|refusal| {
            note("", refusal);
            None
        });
        if let Some(refusal) = Refusal::all(refused) {
            return Err(refusal);
        }
        let billing_group = declaration.billing_group_id.filter(|group| !group.is_empty());
        let readings = readings.into_iter().collect();
        let declared = Declared { as_of, billing_group, unpaid, readings, adjustments, credits };
        self.declared.insert(month, declared);
        Ok(month)
    }

    /// Takes back what was said of a month. A credit that another month used by now keeps what was used of it.
    fn forget_declared(&mut self, month: Month) -> Result<(), Refusal> {
        let Some(declared) = self.declared.remove(&month) else { return Ok(()) };
        if !declared.readings.is_empty() {
            self.readings.delete(|reading| declared.readings.contains(&reading.id));
        }
        self.adjustments.retain(|ordered| !declared.adjustments.contains(&ordered.adjustment.id));
        let conflict = |error: billtest_engine::credit::CreditError| Refusal::conflict(error.to_string());
        for id in declared.credits {
            if self.credits.withdraw(&id).map_err(conflict)? {
                self.campaigns.remove(&id);
            }
        }
        Ok(())
    }

    /// Stores declared usage as readings of the month's beginning.
    fn declare_usage(
        &mut self,
        context: &Context<'_>,
        month: Month,
        usage: Vec<CounterReading>,
    ) -> Result<Vec<MeterId>, Refusal> {
        let start = context.region.limits(month).start;
        // What a cumulative counter showed before nothing was used.
        let mut zeroes = BTreeMap::new();
        let (mut readings, mut origins) = (Vec::new(), Vec::new());
        for (index, used) in usage.into_iter().enumerate() {
            let at = Timestamp::from(start.value() + TimeDelta::seconds(1));
            let reading = CounterReading { timestamp: Some(at), ..used };
            if reading.counter_type == CounterType::Cumulative {
                let key = (
                    reading.project_id.clone(),
                    reading.app_key.clone(),
                    reading.resource_id.clone(),
                    reading.counter_name.clone(),
                );
                zeroes.entry(key).or_insert_with(|| {
                    let volume = CounterVolume(Quantity::ZERO);
                    let zero =
                        CounterReading { counter_volume: volume, timestamp: Some(start), ..reading.clone() };
                    readings.push(zero);
                    origins.push(index);
                });
            }
            readings.push(reading);
            origins.push(index);
        }
        let place = |at: usize| format!("usage[{}].", origins.get(at).copied().unwrap_or_default());
        store(self, context, readings, place)
    }

    fn declare_adjustment(
        &mut self,
        context: &Context<'_>,
        month: Month,
        declared: DeclaredAdjustment,
    ) -> Result<AdjustmentId, Refusal> {
        if self.adjustments.len() >= MOST_RECORDS {
            return Err(Refusal::conflict(format!("a tenant has at most {MOST_RECORDS} adjustments")));
        }
        let kind = declared.adjustment_type.or(declared.older_type);
        let value = declared.value.or(declared.older_value);
        let missing: Vec<&str> = [("type", kind.is_none()), ("value", value.is_none())]
            .iter()
            .filter(|(_, none)| *none)
            .map(|(name, _)| *name)
            .collect();
        let (Some(kind), Some(value)) = (kind, value) else {
            return Err(Refusal::missing_all(&missing));
        };
        let code = code(kind, declared.method.unwrap_or_default());
        let against_rule = |error: String| Refusal::rule("value", error);
        if !code.is_rate() {
            Money::new(value, self.currency()).map_err(|error| against_rule(error.to_string()))?;
        }
        let project = declared.target_project_id.filter(|project| !project.is_empty());
        let level = match (declared.level, project) {
            (Some(StatementAdjustmentLevel::Project), Some(project)) => Level::Project(project.into()),
            _ => Level::BillingGroup,
        };
        let id = AdjustmentId::from(context.new_id("ADJ"));
        self.adjustments.push(Ordered {
            adjustment: Adjustment {
                id: id.clone(),
                level,
                change: Change::new(code, value).map_err(|error| against_rule(error.to_string()))?,
                from: month,
                until: month,
                created_at: context.now,
            },
            billing_group: None,
            description: declared.description.unwrap_or_default(),
        });
        Ok(id)
    }

    /// Grants a declared credit; none for one without an amount, or one that has expired when the month begins.
    fn declare_credit(
        &mut self,
        context: &Context<'_>,
        (month, as_of): (Month, Timestamp),
        declared: DeclaredCredit,
    ) -> Result<Option<CreditId>, Refusal> {
        let amount = Money::new(declared.amount, self.currency())
            .map_err(|error| Refusal::rule("amount", error.to_string()))?;
        let calculated = context.region.day(as_of);
        let from = calculated.min(month.first_day());
        let (name, text) = match declared.expiration_date.filter(|text| !text.is_empty()) {
            Some(text) => ("expirationDate", Some(text)),
            None => ("expireDate", declared.expire_date.filter(|text| !text.is_empty())),
        };
        let to = match text {
            Some(text) => {
                let (_, at) = moment(context.region, &text).ok_or_else(|| no_day(name, &text))?;
                context.region.day(at)
            }
            None => calculated.max(month.last_day()).checked_add_days(VALIDITY).unwrap_or(from),
        };
        let to = NaiveDate::from_ymd_opt(9999, 12, 30).map_or(to, |last| to.min(last));
        if amount.is_zero() || to < from {
            return Ok(None);
        }
        let campaign = Campaign {
            id: declared.campaign_id.unwrap_or_default(),
            name: declared.name.unwrap_or_default(),
            at: context.now,
        };
        let credit_type = declared.credit_type.unwrap_or(CreditType::Free);
        let order = Order { campaign, credit_type, amount, from: Some(from), to: Some(to) };
        let id = CreditId::from(context.new_id("CREDIT"));
        self.grant(context, id.clone(), order).map(|()| Some(id))
    }
}

/// The month, and the moment of its calculation.
fn when(context: &Context<'_>, declaration: &BillDeclaration) -> Result<(Month, Timestamp), Refusal> {
    let target = declaration.target_date.as_deref().filter(|text| !text.is_empty());
    let target = match target {
        Some(text) => Some(moment(context.region, text).ok_or_else(|| no_day("targetDate", text))?),
        None => None,
    };
    match (declaration.month, target) {
        (Some(month), Some((_, at))) => Ok((month, at)),
        (None, Some((month, at))) => Ok((month, at)),
        (month, None) => {
            let month = month.map_or_else(|| context.month(), Ok)?;
            Ok((month, context.now.min(last_second(context.region, month.first_day_after()))))
        }
    }
}

/// A time, the end of a day, or the end of a month, with the month that it lies in.
fn moment(region: &Region, text: &str) -> Option<(Month, Timestamp)> {
    if let Ok(month) = text.parse::<Month>() {
        return Some((month, last_second(region, month.first_day_after())));
    }
    let at = match DueDate::try_from(text.to_owned()) {
        Ok(day) => last_second(region, day.value().checked_add_days(Days::new(1))?),
        Err(_) => text.parse().ok()?,
    };
    Some((Month::of(region.day(at))?, at))
}

/// The last second before a day begins.
fn last_second(region: &Region, day: NaiveDate) -> Timestamp {
    let midnight = region.first_moment(day);
    midnight.value().checked_sub_signed(TimeDelta::seconds(1)).map_or(midnight, Timestamp::from)
}

fn no_day(field: &str, text: &str) -> Refusal {
    let shown: String = text.chars().take(40).collect();
    Refusal::rule(field, format!("`{shown}` is neither a day such as 2025-01-31 nor a time"))
}

fn code(kind: StatementAdjustmentType, method: AdjustmentMethod) -> AdjustmentCode {
    match (kind, method) {
        (StatementAdjustmentType::Discount, AdjustmentMethod::Fixed) => AdjustmentCode::FixedDiscount,
        (StatementAdjustmentType::Discount, AdjustmentMethod::Rate) => AdjustmentCode::RateDiscount,
        (StatementAdjustmentType::Surcharge, AdjustmentMethod::Fixed) => AdjustmentCode::FixedSurcharge,
        (StatementAdjustmentType::Surcharge, AdjustmentMethod::Rate) => AdjustmentCode::RateSurcharge,
    }
}

/// What the month before owes. If it is overdue it was due on that month's last day; else it is not due yet.
fn unpaid(month: Month, amount: Money, overdue: bool) -> Result<Option<Unpaid>, Refusal> {
    if amount.is_zero() {
        return Ok(None);
    }
    let before = month
        .previous()
        .ok_or_else(|| Refusal::rule("unpaidAmount", format!("there is no month before {month}")))?;
    let due = if overdue { before.last_day() } else { NaiveDate::MAX };
    Ok(Some(Unpaid::new(before, amount, due)))
}
