//! The routes of `/api/v1`.

mod adjustments;
mod contracts;
mod credits;
mod meters;
mod payments;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Provider;

pub(crate) fn routes() -> OpenApiRouter<Provider> {
    OpenApiRouter::new()
        .routes(routes!(adjustments::apply))
        .routes(routes!(adjustments::get))
        .routes(routes!(contracts::get))
        .routes(routes!(credits::grant))
        .routes(routes!(credits::get))
        .routes(routes!(meters::send))
        .routes(routes!(meters::get))
        .routes(routes!(payments::get))
}
