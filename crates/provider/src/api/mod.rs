//! The routes of `/api/v1`.

mod adjustments;
mod batch;
mod contracts;
mod credits;
mod metering;
mod meters;
mod payments;
mod refused;
mod statements;

use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Provider, idempotency};

pub(crate) fn routes(provider: &Provider) -> OpenApiRouter<Provider> {
    OpenApiRouter::new()
        .routes(routes!(adjustments::apply))
        .routes(routes!(adjustments::get))
        .routes(routes!(contracts::get))
        .routes(routes!(credits::grant))
        .routes(routes!(credits::get))
        .routes(routes!(meters::send))
        .routes(routes!(meters::get))
        .routes(routes!(metering::send, metering::get))
        .routes(routes!(payments::statements))
        .routes(routes!(payments::get, payments::update))
        .routes(routes!(batch::create, batch::list))
        .routes(routes!(batch::get))
        .routes(routes!(batch::status))
        .route_layer(from_fn_with_state(provider.clone(), idempotency::once))
}
