//! Meter readings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use billtest_engine::price::Prices;
use billtest_engine::usage::{Reading, UsageError, admit, aggregate};
use billtest_models::billing::{
    CounterReading, Deleted, Envelope, MeterBatch, MeterSubmission, Metered, MeteredBatch, StoredReadingFound,
};
use billtest_models::{CounterType, DueDate, ErrorCode, FieldError, MeterId, Month, Quantity, Region};
use hashbrown::HashMap;
use rust_decimal::Decimal;
use serde_json::Value;

use super::account::{Account, Context, MOST_READINGS};
use super::bounds::NoBill;
use super::change;
use super::envelope::{Absent, Answer, BodyRefused, ChangeRefused, Malformed, Refused, answer};
use super::readings::{Kept, Origin};
use super::request::Params;
use crate::Provider;
use crate::body::{Json, read};
use crate::idempotency::IdempotencyKey;
use crate::refusal::{Refusal, both};
use crate::schemas::shortened;
use crate::tenant::{Id, Tenant};

/// Store meter readings, all or none: a list, or a single one. They add to those that are there.
#[utoipa::path(
    post, path = "/billing/meters", operation_id = "sendBillingMeters", tag = "metering",
    params(IdempotencyKey),
    request_body = MeterSubmission,
    responses((status = 200, body = Envelope<Metered>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn send(State(provider): State<Provider>, tenant: Tenant, json: Json) -> Answer<Metered> {
    let (list, single) = (json.value.get("meterList"), json.value.get("counterName"));
    // One of the two would be lost. What is no list may be a field of a single reading that means nothing here.
    if list.is_some_and(Value::is_array) && single.is_some() {
        let message = "cannot stand beside `counterName`: send a list, or a single reading";
        return Err(Refusal::rule("meterList", message));
    }
    let listed = list.is_some() && single.is_none();
    let context = provider.context(&tenant);
    let place = |index: usize| if listed { format!("meterList[{index}].") } else { String::new() };
    let requests = if listed {
        read::<MeterBatch>(&json, &provider).map(|batch| batch.meter_list)
    } else {
        read::<CounterReading>(&json, &provider).map(|reading| vec![reading])
    };
    let requests = requests.map_err(|refusal| {
        let list = json.value.get("meterList").and_then(Value::as_array).map(Vec::as_slice);
        let readings = list.filter(|_| listed).unwrap_or(std::slice::from_ref(&json.value));
        refusal.with_fields(wrong_counters(readings, ("counterName", "counterUnit"), &context, place))
    })?;
    let meter_ids =
        provider.store.write(&tenant, |records| store(&mut records.account, &context, requests, place))?;
    answer(match meter_ids.as_slice() {
        [only] if !listed => Metered::Single { meter_id: only.clone() },
        _ => {
            Metered::Batch(MeteredBatch { message: format!("Created {} meters", meter_ids.len()), meter_ids })
        }
    })
}

/// What the rules say of the counters and units of a body that has other faults: all are told at once.
pub(crate) fn wrong_counters(
    readings: &[Value],
    (counter_field, unit_field): (&str, &str),
    context: &Context<'_>,
    place: impl Fn(usize) -> String,
) -> Vec<FieldError> {
    let prices = Prices::of_table(&context.region.prices);
    let problem = |(index, reading): (usize, &Value)| {
        // What is no text, or an empty one, is a fault of its own.
        let text = |field: &str| reading.get(field)?.as_str().filter(|text| !text.is_empty());
        let counter = text(counter_field)?;
        let unit = text(unit_field).or_else(|| prices.of(counter).ok().map(|price| price.unit()));
        let alone = Reading {
            project: "",
            resource: "",
            counter,
            counter_type: CounterType::Delta,
            unit: unit.unwrap_or_default(),
            volume: Quantity::ZERO,
            timestamp: context.now,
        };
        let error = admit(&alone, &prices).err()?;
        let field = if matches!(error, UsageError::Unit { .. }) { unit_field } else { counter_field };
        Some(FieldError { field: format!("{}{field}", place(index)), message: shortened(error.to_string()) })
    };
    readings.iter().enumerate().filter_map(problem).collect()
}

/// Stores readings, all or none.
pub(crate) fn store(
    account: &mut Account,
    context: &Context<'_>,
    requests: Vec<CounterReading>,
    place: impl Fn(usize) -> String,
) -> Result<Vec<MeterId>, Refusal> {
    if account.readings.len() + requests.len() > MOST_READINGS {
        return Err(Refusal::conflict(format!("a tenant has at most {MOST_READINGS} readings")));
    }
    let mut problems = Vec::new();
    let mut wrong = |index: usize, field: &str, message: String| {
        problems.push(FieldError { field: format!("{}{field}", place(index)), message });
    };
    let mut accepted: Vec<Accepted> = Vec::with_capacity(requests.len());
    let mut closed = None;
    for (index, request) in requests.into_iter().enumerate() {
        let reading = kept(request, MeterId::from(context.new_id("METER")), context);
        let (month, cost) = match admitted(&reading, context.region) {
            Ok(admitted) => admitted,
            Err((field, message)) => {
                wrong(index, field, message);
                continue;
            }
        };
        closed = closed.or(account.refuse_closed(month).err());
        accepted.push(Accepted { index, month, reading, cost });
    }
    let of_other_types = of_other_types(account, &accepted);
    accepted.retain(|new| !of_other_types.contains_key(&new.index));
    for (index, message) in of_other_types {
        wrong(index, "counterType", message);
    }
    for index in run_backwards(account, &accepted) {
        let message = "the cumulative counter ran backwards; meter a new resource after a reset";
        wrong(index, "counterVolume", message.to_owned());
    }
    if !problems.is_empty() {
        return Err(Refusal::fields(ErrorCode::ValidationError, problems));
    }
    if let Some(refusal) = closed {
        return Err(refusal);
    }
    let ids = accepted.iter().map(|new| new.reading.id.clone()).collect();
    add(account, context, accepted, place)?;
    Ok(ids)
}

/// A reading that keeps the rules, the month that it counts in, and what it costs at most.
struct Accepted {
    index: usize,
    month: Month,
    reading: Kept,
    cost: Decimal,
}

/// Adds readings, unless the bill of a month would be too large with them.
fn add(
    account: &mut Account,
    context: &Context<'_>,
    accepted: Vec<Accepted>,
    place: impl Fn(usize) -> String,
) -> Result<(), Refusal> {
    let more = accepted.iter().map(|new| new.cost).fold(Decimal::ZERO, Decimal::saturating_add);
    // Nobody else shares the readings then, and none is copied.
    let before = (!account.is_surely_small(context, more)).then(|| {
        let places: Vec<(usize, Month)> = accepted.iter().map(|new| (new.index, new.month)).collect();
        (account.readings.clone(), places)
    });
    for Accepted { month, reading, cost, .. } in accepted {
        account.readings.add(month, reading, cost);
    }
    let Some((before, places)) = before else { return Ok(()) };
    let Err(NoBill { month, reason }) = account.check_bills(context) else { return Ok(()) };
    account.readings = before;
    let earlier = places.iter().filter(|(_, own)| *own <= month);
    let details = earlier.map(|(index, _)| FieldError {
        field: format!("{}counterVolume", place(*index)),
        message: reason.clone(),
    });
    Err(Refusal::fields(ErrorCode::ValidationError, details.collect()))
}

/// The month that a reading counts in and what it costs at most, or which field of it is wrong.
pub(super) fn admitted(reading: &Kept, region: &Region) -> Result<(Month, Decimal), (&'static str, String)> {
    let cost = admit(&reading.reading(), &Prices::of_table(&region.prices))
        .map_err(|error| (field_of(&error), error.to_string()))?;
    let month = Month::of(region.day(reading.timestamp))
        .ok_or_else(|| ("timestamp", format!("{} lies in no month", reading.timestamp)))?;
    Ok((month, cost))
}

/// Which of the new readings add up in another way than their counter does in their month, and what is to be said of them.
fn of_other_types(account: &Account, accepted: &[Accepted]) -> BTreeMap<usize, String> {
    let mut types = HashMap::new();
    let mut others = BTreeMap::new();
    for Accepted { index, month, reading, .. } in accepted {
        let key = reading.key();
        let known = account.readings.counter_type(*month, key);
        let first =
            known.unwrap_or_else(|| *types.entry((*month, key)).or_insert(reading.origin.counter_type));
        if first != reading.origin.counter_type {
            others.insert(*index, format!("this counter of this resource is {first:?} in {month}"));
        }
    }
    others
}

/// Which of the new readings belong to cumulative counters that would show less at the end of a month than at its
/// beginning.
fn run_backwards(account: &Account, accepted: &[Accepted]) -> BTreeSet<usize> {
    let mut places: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (place, Accepted { month, reading, .. }) in accepted.iter().enumerate() {
        if reading.origin.counter_type == CounterType::Cumulative {
            places.entry((*month, reading.key())).or_default().push(place);
        }
    }
    let mut backwards = BTreeSet::new();
    for ((month, wanted), places) in places {
        let known = account.readings.ends(month, wanted);
        let new = || places.iter().filter_map(|place| accepted.get(*place));
        let readings = known.chain(new().map(|new| &new.reading));
        let readings: Vec<Reading<'_>> = readings.map(Kept::reading).collect();
        if aggregate(&readings).is_err() {
            backwards.extend(new().map(|new| new.index));
        }
    }
    backwards
}

/// The field that a refused reading is about.
fn field_of(error: &UsageError) -> &'static str {
    match error {
        UsageError::Price(_) => "counterName",
        UsageError::Unit { .. } => "counterUnit",
        UsageError::TypesDiffer { .. } => "counterType",
        UsageError::Negative { .. } | UsageError::RanBackwards { .. } | UsageError::Overflow(_) => {
            "counterVolume"
        }
    }
}

pub(super) fn kept(request: CounterReading, id: MeterId, context: &Context<'_>) -> Kept {
    let app_key = request.app_key.unwrap_or_default();
    let project = request.project_id.filter(|project| !project.is_empty());
    let price = context.region.prices.get(&request.counter_name);
    let origin = Origin {
        counter_type: request.counter_type,
        unit: request
            .counter_unit
            .filter(|unit| !unit.is_empty())
            .unwrap_or_else(|| price.map(|price| price.unit.clone()).unwrap_or_default()),
        counter: request.counter_name,
        // Clients without projects name the application, and adjust its part of the bill as that of a project.
        project: project.unwrap_or_else(|| app_key.clone()),
        app_key,
        resource: request.resource_id.unwrap_or_default(),
        resource_name: request.resource_name.unwrap_or_default(),
        parent_resource: request.parent_resource_id,
        source: request.source,
    };
    Kept {
        id,
        volume: request.counter_volume.0,
        timestamp: request.timestamp.unwrap_or(context.now),
        origin: Arc::new(origin),
    }
}

/// Read a meter reading.
#[utoipa::path(
    get, path = "/billing/meters/{meter_id}", operation_id = "getBillingMeter", tag = "metering",
    params(("meter_id" = MeterId, Path)),
    responses((status = 200, body = Envelope<StoredReadingFound>), Absent, Malformed)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<StoredReadingFound> {
    let found = provider.store.read(&tenant, |records| {
        records.account.readings.get(&MeterId::from(id.as_str())).map(|reading| reading.shown(&tenant))
    });
    match found {
        Some(meter) => answer(StoredReadingFound { meter }),
        None => Err(Refusal::not_found("Meter", &id, None)),
    }
}

/// Delete the readings of applications, of all times or between two days. At least one application must be named.
#[utoipa::path(
    delete, path = "/billing/admin/meters", operation_id = "deleteBillingMeters", tag = "metering",
    params(
        (
            "appKey" = Vec<String>, Query, min_items = 1,
            description = "An application; may be there several times. A list with commas in `appKeys` is read as well",
        ),
        ("from" = Option<DueDate>, Query, description = "The first day"),
        ("to" = Option<DueDate>, Query, description = "The last day"),
    ),
    responses((status = 200, body = Envelope<Deleted>), Refused)
)]
pub(crate) async fn delete(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<Deleted> {
    let (single, lists) = (params.all("appKey"), params.all("appKeys"));
    let named = if single.is_empty() && lists.is_empty() { Err(Refusal::missing("appKey")) } else { Ok(()) };
    let ((), (from, to)) = both(named, params.days("from", "to"))?;
    // A key may have a comma; it is named alone.
    let listed = lists.iter().flat_map(|list| list.split(','));
    let keys: BTreeSet<&str> =
        single.iter().map(String::as_str).chain(listed).filter(|key| !key.is_empty()).collect();
    deleted(&provider, &tenant, |reading| {
        let day = provider.region.day(reading.timestamp);
        keys.contains(reading.origin.app_key.as_str())
            && from.is_none_or(|from| from <= day)
            && to.is_none_or(|to| day <= to)
    })
}

/// Delete what was metered in a month.
#[utoipa::path(
    delete, path = "/billing/admin/resources", operation_id = "deleteResources", tag = "metering",
    params(("month" = Month, Query)),
    responses((status = 200, body = Envelope<Deleted>), Refused)
)]
pub(crate) async fn delete_month(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<Deleted> {
    let month = params.month("month")?;
    deleted(&provider, &tenant, |reading| Month::of(provider.region.day(reading.timestamp)) == Some(month))
}

/// Deletes readings, unless what is left of a month is no bill.
fn deleted(provider: &Provider, tenant: &Tenant, which: impl Fn(&Kept) -> bool) -> Answer<Deleted> {
    let count = change(provider, tenant, |account, context| {
        let before = account.readings.len();
        let months = account.readings.delete(which);
        let checked = account.check_bills_of(context, months);
        checked.map_err(|NoBill { reason, .. }| Refusal::new(ErrorCode::ValidationError, reason))?;
        Ok(before - account.readings.len())
    })?;
    answer(Deleted::of(count))
}
