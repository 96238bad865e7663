//! What requests of this family consist of.

use std::collections::HashMap;

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use billtest_models::{DueDate, ErrorCode, Month};
use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::account::{Account, Context};
use super::change;
use crate::Provider;
use crate::body::{Json, Valid, read};
use crate::refusal::{Refusal, both};
use crate::tenant::{Id, Tenant};

/// How many records a page has at most.
const LONGEST_PAGE: usize = 1000;

/// Which page of a list, as the OpenAPI document describes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it stands for its schema; `Params::page` reads the query")]
pub(crate) struct Page {
    /// Which page; the first unless said otherwise.
    #[param(minimum = 1, maximum = 1_000_000, required = false)]
    page: Option<usize>,
    /// How many records it has at most.
    #[param(rename = "itemsPerPage", minimum = 1, maximum = 1000, required = false)]
    items_per_page: Option<usize>,
}

/// A month that may be missing, as the OpenAPI document describes it: an empty one is missing as well.
pub(crate) struct MaybeMonth;

impl PartialSchema for MaybeMonth {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^([0-9]{4}-(0[1-9]|1[0-2]))?$"))
            .examples([serde_json::json!("2025-01")])
            .into()
    }
}

impl ToSchema for MaybeMonth {}

/// A body that passed its schema, with the tenant of its request.
pub(crate) struct Body<T>(pub(crate) Tenant, pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest<Provider> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, provider: &Provider) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let tenant = Tenant::from_request_parts(&mut parts, provider).await?;
        let Valid(body) = Valid::from_request(Request::from_parts(parts, body), provider).await?;
        Ok(Self(tenant, body))
    }
}

/// A body, with the tenant of its request, whose rules are told beside the faults that its schema finds.
pub(crate) struct Draft<T> {
    tenant: Tenant,
    body: Result<T, Faulty<T>>,
}

/// A body that breaks its schema.
struct Faulty<T> {
    refusal: Refusal,
    /// The same without what is wrong in it, if that is a body.
    rest: Option<T>,
}

impl<T: DeserializeOwned + 'static> FromRequest<Provider> for Draft<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, provider: &Provider) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let tenant = Tenant::from_request_parts(&mut parts, provider).await?;
        let json = Json::from_request(Request::from_parts(parts, body), provider).await?;
        let body = read(&json, provider).map_err(|refusal| {
            let rest = provider.schemas.without_problems::<T>(json.value);
            Faulty { refusal, rest: rest.and_then(|rest| serde_json::from_value(rest).ok()) }
        });
        Ok(Self { tenant, body })
    }
}

impl<T> Draft<T> {
    /// Changes the tenant's account as the body says, all or nothing. One with faults changes nothing; what is done with its
    /// rest is only to find what else is wrong.
    pub(crate) fn change<R>(
        self,
        provider: &Provider,
        steps: impl FnOnce(&mut Account, &Context<'_>, T) -> Result<R, Refusal>,
    ) -> Result<R, Refusal> {
        let Self { tenant, body } = self;
        match body {
            Ok(body) => change(provider, &tenant, |account, context| steps(account, context, body)),
            Err(Faulty { refusal, rest: None }) => Err(refusal),
            Err(Faulty { refusal, rest: Some(rest) }) => {
                let context = provider.context(&tenant);
                let mut account = provider.store.read(&tenant, |records| records.account.clone());
                Err(match steps(&mut account, &context, rest) {
                    Ok(_) => refusal,
                    Err(other) => refusal.with_others(other),
                })
            }
        }
    }

    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }
}

/// The query.
pub(crate) struct Params(HashMap<String, Vec<String>>);

impl FromRequestParts<Provider> for Params {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, provider: &Provider) -> Result<Self, Refusal> {
        let query: Result<Query<Vec<(String, String)>>, _> = Query::from_request_parts(parts, provider).await;
        let Query(pairs) =
            query.map_err(|error| Refusal::new(ErrorCode::MalformedRequest, error.body_text()))?;
        let mut params: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in pairs {
            params.entry(name).or_default().push(value);
        }
        let params = Self(params);
        // These mean the same to every route; all that is wrong with them is said at once.
        let months = MONTHS.map(|name| params.optional_month(name).map(drop));
        let [page, size] = params.paging();
        let checked = months.into_iter().chain([page.map(drop), size.map(drop)]);
        checked.reduce(|all, one| both(all, one).map(drop)).unwrap_or(Ok(()))?;
        Ok(params)
    }
}

/// Parameters that name months.
const MONTHS: [&str; 3] = ["month", "monthFrom", "monthTo"];

impl Params {
    /// Every value of a parameter.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// A parameter that may be missing, but not empty.
    pub(crate) fn given(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.all(name) {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Refusal::rule(name, "is there more than once")),
        }
    }

    /// A parameter that may be missing; an empty one is missing.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&str>, Refusal> {
        Ok(self.given(name)?.filter(|text| !text.is_empty()))
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name)?.ok_or_else(|| Refusal::missing(name))
    }

    pub(crate) fn optional_month(&self, name: &str) -> Result<Option<Month>, Refusal> {
        self.optional(name)?.map(|text| month(name, text)).transpose()
    }

    pub(crate) fn month(&self, name: &str) -> Result<Month, Refusal> {
        month(name, self.required(name)?)
    }

    /// Two days, the first and the last of a time, each of which may be missing. An empty one is no day: more would be
    /// meant by it than was said.
    pub(crate) fn days(
        &self,
        first: &str,
        last: &str,
    ) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Refusal> {
        let day = |name: &str| match self.given(name)? {
            None => Ok(None),
            Some(text) => match DueDate::try_from(text.to_owned()) {
                Ok(day) => Ok(Some(day.value())),
                Err(error) => Err(Refusal::rule(name, error.to_string())),
            },
        };
        let (from, to) = both(day(first), day(last))?;
        in_order((first, from), (last, to))
    }

    /// Two months, the first and the last of a time, each of which may be missing.
    pub(crate) fn months(&self, first: &str, last: &str) -> Result<(Option<Month>, Option<Month>), Refusal> {
        in_order((first, self.optional_month(first)?), (last, self.optional_month(last)?))
    }

    /// The records of the page that was asked for: `page` from 1, of `itemsPerPage` records.
    pub(crate) fn page<T>(&self, records: Vec<T>) -> Result<Vec<T>, Refusal> {
        let [page, size] = self.paging();
        let (page, size) = both(page, size)?;
        Ok(records.into_iter().skip((page - 1) * size).take(size).collect())
    }

    /// Which page, and of how many records.
    fn paging(&self) -> [Result<usize, Refusal>; 2] {
        let number = |name: &str, limit: usize, default: usize| match self.given(name)? {
            None => Ok(default),
            Some(text) => match text.parse::<usize>() {
                Ok(number) if (1..=limit).contains(&number) => Ok(number),
                _ => Err(Refusal::rule(name, format!("`{text}` is not a number from 1 to {limit}"))),
            },
        };
        [number("page", 1_000_000, 1), number("itemsPerPage", LONGEST_PAGE, LONGEST_PAGE)]
    }
}

/// The ends of a time, of which the last does not lie before the first.
fn in_order<T: PartialOrd>(
    (first, from): (&str, Option<T>),
    (last, to): (&str, Option<T>),
) -> Result<(Option<T>, Option<T>), Refusal> {
    match (&from, &to) {
        (Some(begin), Some(end)) if end < begin => Err(Refusal::rule(last, format!("lies before `{first}`"))),
        _ => Ok((from, to)),
    }
}

/// Reads a month that stands in a field.
pub(crate) fn month(field: &str, text: &str) -> Result<Month, Refusal> {
    let shown: String = text.chars().take(40).collect();
    text.parse().map_err(|_| Refusal::rule(field, format!("`{shown}` is not a month such as 2025-01")))
}

/// The month in the path.
pub(crate) struct InMonth(pub(crate) Month);

impl FromRequestParts<Provider> for InMonth {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, provider: &Provider) -> Result<Self, Refusal> {
        let Ok(Id(text)) = Id::from_request_parts(parts, provider).await;
        month("month", &text).map(Self)
    }
}

/// The month in the path, and a body that passed its schema with the tenant of its request.
pub(crate) struct MonthBody<T>(pub(crate) Month, pub(crate) Tenant, pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest<Provider> for MonthBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, provider: &Provider) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let month = InMonth::from_request_parts(&mut parts, provider).await;
        let body = Body::from_request(Request::from_parts(parts, body), provider).await;
        let (InMonth(month), Body(tenant, body)) = both(month, body)?;
        Ok(Self(month, tenant, body))
    }
}

/// The tenant, which this request must name.
pub(crate) struct NamedTenant(pub(crate) Tenant);

impl FromRequestParts<Provider> for NamedTenant {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, provider: &Provider) -> Result<Self, Refusal> {
        Tenant::named(parts, provider).await?.map(Self).ok_or_else(Refusal::tenant_required)
    }
}
