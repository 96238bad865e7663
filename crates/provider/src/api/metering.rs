use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use billtest_models::billing::{CounterReading, StatementLine};
use billtest_models::{
    CounterType, Money, Month, Period, PriceTable, Region, Usage, UsageItem, UsageReceipt, UsageRequest,
};
use chrono::{NaiveDate, SecondsFormat, TimeDelta, TimeZone as _};

use super::refused::{ChangeRefused, Malformed, Rule};
use crate::Provider;
use crate::billing::{MaybeMonth, Params, store_readings, wrong_counters};
use crate::body::{self, read};
use crate::idempotency::IdempotencyKey;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// What usage is of when nobody says it.
const USUAL_TYPE: &str = "compute";
/// How the billing family calls the fields of a request.
const NAMES: [(&str, &str); 4] = [
    ("counterName", "counter_name"),
    ("counterVolume", "usage"),
    ("counterUnit", "unit"),
    ("counterType", "counter_type"),
];

/// Store usage of a resource: it is metered, and billed like every other reading.
#[utoipa::path(
    post, path = "/api/v1/metering", operation_id = "sendUsage", tag = "metering",
    params(IdempotencyKey),
    request_body = UsageRequest,
    responses((status = 201, body = UsageReceipt), ChangeRefused)
)]
pub(crate) async fn send(
    State(provider): State<Provider>,
    tenant: Tenant,
    json: body::Json,
) -> Result<(StatusCode, Json<UsageReceipt>), Refusal> {
    let (region, context) = (&provider.region, provider.context(&tenant));
    let request = read::<UsageRequest>(&json, &provider).map_err(|refusal| {
        refusal
            .with_fields(wrong_counters(&[json.value], ("counter_name", "unit"), &context, |_| String::new()))
    })?;
    let reading = CounterReading {
        counter_name: counter(&region.prices, &request)?,
        counter_type: request.counter_type.unwrap_or(CounterType::Delta),
        counter_unit: request.unit,
        counter_volume: request.usage,
        project_id: request.project_id,
        app_key: None,
        resource_id: Some(request.resource_id),
        resource_name: None,
        parent_resource_id: None,
        source: None,
        timestamp: request.timestamp,
        uuid: None,
    };
    let ids = provider.store.write(&tenant, |records| {
        store_readings(&mut records.account, &context, vec![reading], |_| String::new())
    });
    let ids = ids.map_err(|refusal| refusal.renamed(&NAMES))?;
    let id = ids.into_iter().next().ok_or_else(|| Refusal::missing("usage"))?;
    let message = "Usage data recorded successfully".to_owned();
    Ok((StatusCode::CREATED, Json(UsageReceipt { id, status: "accepted".to_owned(), message })))
}

/// The counter that a request is about.
fn counter(prices: &PriceTable, request: &UsageRequest) -> Result<String, Refusal> {
    if let Some(name) = &request.counter_name {
        return Ok(name.clone());
    }
    let kind = request.resource_type.as_deref().unwrap_or(USUAL_TYPE);
    let prefix = format!("{kind}.");
    let named = prices.contains_key(kind).then(|| kind.to_owned());
    named.or_else(|| prices.keys().find(|name| name.starts_with(&prefix)).cloned()).ok_or_else(|| {
        let shown: String = kind.chars().take(40).collect();
        let known: Vec<&str> = prices.keys().map(String::as_str).collect();
        let message = format!("`{shown}` is no counter and begins none; known are {}", known.join(", "));
        Refusal::rule("resource_type", message)
    })
}

/// Read what was used in a month, and what it costs, of a project or of all.
#[utoipa::path(
    get, path = "/api/v1/metering", operation_id = "getUsage", tag = "metering",
    params(
        ("project_id" = Option<String>, Query, description = "The project; all unless said otherwise"),
        ("month" = Option<MaybeMonth>, Query, description = "The month; the present one unless said otherwise"),
    ),
    responses((status = 200, body = Usage), Malformed, Rule)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Result<Json<Usage>, Refusal> {
    let context = provider.context(&tenant);
    let project_id = params.optional("project_id")?.map(ToOwned::to_owned);
    let month = params.optional_month("month")?.map_or_else(|| context.month(), Ok)?;
    let statement = provider.store.read(&tenant, |records| records.account.statement(&context, month))?;
    let mut sum = Money::zero(provider.region.currency);
    let mut usage = Vec::new();
    let wanted = |line: &StatementLine| project_id.as_ref().is_none_or(|project| line.project_id == *project);
    for line in statement.line_items.into_iter().filter(wanted) {
        let out_of_range = |error: billtest_models::MoneyError| Refusal::conflict(error.to_string());
        let cost = Money::new(line.amount, sum.currency()).map_err(out_of_range)?;
        sum = sum.plus(cost).map_err(out_of_range)?;
        usage.push(UsageItem {
            resource_type: line.counter_name.split('.').next().unwrap_or_default().to_owned(),
            resource_id: line.resource_id,
            counter_name: line.counter_name,
            quantity: line.quantity,
            unit: line.unit,
            cost: line.amount,
        });
    }
    Ok(Json(Usage {
        project_id,
        period: period(&provider.region, month),
        usage,
        total_cost: sum.amount(),
        currency: sum.currency(),
    }))
}

/// A month by the clock of its region.
pub(super) fn period(region: &Region, month: Month) -> Period {
    let local = |day: NaiveDate, earlier: TimeDelta| {
        let moment = region.first_moment(day).value() - earlier;
        region.time_zone.from_utc_datetime(&moment.naive_utc()).to_rfc3339_opts(SecondsFormat::Secs, false)
    };
    Period {
        start: local(month.first_day(), TimeDelta::zero()),
        end: local(month.first_day_after(), TimeDelta::seconds(1)),
    }
}
