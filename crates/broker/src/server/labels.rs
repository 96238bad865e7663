//! Labels of pacticipants.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Broker;
use super::body::wrong_name;
use super::clock::{now, shown};
use super::db::{Conn, Error, statement};
use super::links::{Base, link, named};
use super::media::{HAL, created, hal, offer};
use super::names::known_pacticipant;
use super::refusal::{Fields, Refusal};

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/labels", get(list))
        .route("/pacticipants/{name}/labels/{label}", get(show).put(put).delete(remove))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

async fn document(conn: &mut Conn, base: &Base, name: &str, label: &str) -> Result<Value, Refusal> {
    let owner = known_pacticipant(conn, name).await?;
    let sql = "SELECT created_at FROM label WHERE pacticipant_id = $1 AND name = $2";
    let row = statement(sql).bind(owner).bind(label).fetch_optional(conn).await?.ok_or(Refusal::NotFound)?;
    Ok(json!({"name": label, "createdAt": shown(row.int(0)?), "_links": {
        "self": named("Label", label, base.at(["pacticipants", name, "labels", label])),
        "pacticipant": named("Pacticipant", name, base.pacticipant(name))
    }}))
}

async fn list(State(broker): State<Broker>, base: Base) -> Result<Response, Refusal> {
    let sql = "SELECT DISTINCT name FROM label ORDER BY name";
    let rows = statement(sql).fetch_all(&mut *broker.database().read().await?).await?;
    let labels =
        rows.iter().map(|row| Ok(json!({"name": row.text(0)?}))).collect::<Result<Vec<_>, Error>>()?;
    let own = link("Labels", base.at(["labels"]));
    Ok(hal(StatusCode::OK, &json!({"_embedded": {"labels": labels}, "_links": {"self": own}})))
}

async fn show(
    State(broker): State<Broker>,
    base: Base,
    Path((name, label)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let found = document(&mut *broker.database().read().await?, &base, &name, &label).await?;
    Ok(hal(StatusCode::OK, &found))
}

async fn put(
    State(broker): State<Broker>,
    base: Base,
    Path((name, label)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    if let Some(wrong) = wrong_name(&label) {
        return Err(Fields::one("label", wrong));
    }
    let mut change = broker.database().write().await?;
    let owner = known_pacticipant(&mut change, &name).await?;
    let sql =
        "INSERT INTO label (pacticipant_id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let put = statement(sql).bind(owner).bind(&label).bind(now()).execute(&mut change).await?;
    let document = document(&mut change, &base, &name, &label).await?;
    change.commit().await?;
    if put == 0 {
        return Ok(hal(StatusCode::OK, &document));
    }
    Ok(created(&base.at(["pacticipants", &name, "labels", &label]), &document))
}

async fn remove(
    State(broker): State<Broker>,
    Path((name, label)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let owner = known_pacticipant(&mut change, &name).await?;
    let sql = "DELETE FROM label WHERE pacticipant_id = $1 AND name = $2";
    let removed = statement(sql).bind(owner).bind(&label).execute(&mut change).await?;
    change.commit().await?;
    if removed == 0 {
        return Err(Refusal::NotFound);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
