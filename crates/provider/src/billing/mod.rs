//! The routes of `/billing`: what existing BillingTest clients speak.

mod account;
mod adjustments;
mod books;
mod bounds;
mod contracts;
mod credits;
mod debts;
mod declaration;
mod envelope;
mod groups;
mod jobs;
mod metering;
mod month;
mod payments;
mod readings;
mod request;
mod seeds;
mod statement;
mod statements;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::account::{Account, Context, MOST_RECORDS};
pub(crate) use self::envelope::{Answer, answer, has_envelope, in_envelope};
pub(crate) use self::jobs::{Job, job_of};
pub(crate) use self::metering::{store as store_readings, wrong_counters};
pub(crate) use self::request::{MaybeMonth, Page, Params};
pub(crate) use self::seeds::{AccountSeed, CreditSeed, JobSeed, MonthSeed, ReadingSeed};
pub(crate) use self::statement::Statement;
use crate::refusal::Refusal;
use crate::tenant::Tenant;
use crate::{Provider, idempotency};

pub(crate) fn routes(provider: &Provider) -> OpenApiRouter<Provider> {
    let (router, document) = documented(provider).split_for_parts();
    // Where the web client and older deployments look for the same routes.
    let under_api = Router::new().nest("/api", router.clone());
    OpenApiRouter::with_openapi(document).merge(router.into()).merge(under_api.into())
}

fn documented(provider: &Provider) -> OpenApiRouter<Provider> {
    OpenApiRouter::new()
        .routes(routes!(metering::send))
        .routes(routes!(metering::get))
        .routes(routes!(metering::delete))
        .routes(routes!(metering::delete_month))
        .routes(routes!(statements::bill_detail))
        .routes(routes!(statements::console))
        .routes(routes!(statements::admin))
        .routes(routes!(statements::of_payment))
        .routes(routes!(statements::unpaid))
        .routes(routes!(statements::unpaid_by_query))
        .routes(routes!(groups::statements))
        .routes(routes!(groups::info))
        .routes(routes!(statements::calculate))
        .routes(routes!(declaration::calculate))
        .routes(routes!(statements::progress))
        .routes(routes!(payments::pay))
        .routes(routes!(payments::make))
        .routes(routes!(payments::create))
        .routes(routes!(payments::batch))
        .routes(routes!(payments::list))
        .routes(routes!(payments::history))
        .routes(routes!(payments::console_list))
        .routes(routes!(payments::get, payments::cancel_by_id))
        .routes(routes!(payments::console_get, payments::register))
        .routes(routes!(payments::change_status))
        .routes(routes!(payments::move_by_id))
        .routes(routes!(payments::cancel))
        .routes(routes!(payments::retry))
        .routes(routes!(payments::refund))
        .routes(routes!(credits::redeem))
        .routes(routes!(credits::give))
        .routes(routes!(credits::grant, credits::cancel_campaign))
        .routes(routes!(credits::cancel_of_campaign))
        .routes(routes!(credits::cancel, credits::delete))
        .routes(routes!(credits::balance))
        .routes(routes!(credits::history))
        .routes(routes!(credits::remaining))
        .routes(routes!(credits::overview))
        .routes(routes!(contracts::apply, contracts::list))
        .routes(routes!(contracts::get))
        .routes(routes!(contracts::apply_to_group))
        .routes(routes!(contracts::delete_of_group))
        .routes(routes!(contracts::admin_get, contracts::delete))
        .routes(routes!(contracts::delete_all))
        .routes(routes!(contracts::price))
        .routes(routes!(adjustments::adjust_project, adjustments::list_project, adjustments::delete_project))
        .routes(routes!(adjustments::adjust_group, adjustments::list_group, adjustments::delete_group))
        .routes(routes!(adjustments::list, adjustments::delete))
        .routes(routes!(jobs::run))
        .routes(routes!(jobs::run_calculation))
        .routes(routes!(jobs::run_for_month))
        .routes(routes!(jobs::get_for_month))
        .routes(routes!(jobs::get))
        .routes(routes!(jobs::list))
        .route_layer(from_fn_with_state(provider.clone(), idempotency::once))
}

/// Changes a tenant's account, all or nothing.
pub(crate) fn change<R>(
    provider: &Provider,
    tenant: &Tenant,
    steps: impl FnOnce(&mut Account, &Context<'_>) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    let context = provider.context(tenant);
    provider.store.write(tenant, |records| records.account.change(|account| steps(account, &context)))
}

/// A name that a client gives to something in a path.
fn checked_name(field: &str, name: String) -> Result<String, Refusal> {
    let valid = (1..=100).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if valid { Ok(name) } else { Err(Refusal::rule(field, "must be 1 to 100 characters of A-Z a-z 0-9 _ -")) }
}
