//! The routes of `/api/v1`.

mod adjustments;
mod contracts;
mod credits;
mod meters;
mod payments;

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
        .routes(routes!(payments::get))
        .route_layer(from_fn_with_state(provider.clone(), idempotency::once))
}
