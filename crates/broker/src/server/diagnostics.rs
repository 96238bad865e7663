//! Whether the broker is there, and whether what it needs is.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::Broker;
use super::links::Base;
use super::media::hal;
use super::refusal::Refusal;

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/diagnostic/status/heartbeat", get(heartbeat))
        .route("/diagnostic/status/dependencies", get(dependencies))
}

async fn heartbeat(base: Base) -> Response {
    let own = base.at(["diagnostic", "status", "heartbeat"]);
    hal(StatusCode::OK, &json!({"ok": true, "_links": {"self": {"href": own}}}))
}

async fn dependencies(State(broker): State<Broker>, base: Base) -> Response {
    let own = base.at(["diagnostic", "status", "dependencies"]);
    let asked = async {
        let mut conn = broker.database().read().await?;
        super::db::statement("SELECT COUNT(*) FROM environment").fetch_one(&mut conn).await?;
        Ok::<_, Refusal>(())
    };
    let ok = asked.await.is_ok();
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    hal(status, &json!({"database": {"ok": ok}, "_links": {"self": {"href": own}}}))
}
