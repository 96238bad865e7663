//! Tags of versions.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Broker;
use super::body::wrong_name;
use super::clock::shown;
use super::db::{Conn, Error, statement};
use super::links::{Base, named};
use super::media::{HAL, created, hal, offer};
use super::names::{known_version, make_pacticipant, make_version, put_tag};
use super::refusal::{Fields, Refusal};

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/pacticipants/{name}/versions/{number}/tags/{tag}", get(show).put(put).delete(remove))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

/// The newest version with a tag.
pub(super) async fn newest(conn: &mut Conn, owner: i64, tag: &str) -> Result<Option<i64>, Error> {
    let sql = "SELECT MAX(version_id) FROM tag WHERE pacticipant_id = $1 AND name = $2";
    statement(sql).bind(owner).bind(tag).fetch_one(conn).await?.maybe_int(0)
}

async fn document(
    conn: &mut Conn,
    base: &Base,
    name: &str,
    number: &str,
    tag: &str,
) -> Result<Value, Refusal> {
    let version = known_version(conn, name, number).await?;
    let sql = "SELECT created_at FROM tag WHERE version_id = $1 AND name = $2";
    let row = statement(sql).bind(version).bind(tag).fetch_optional(conn).await?.ok_or(Refusal::NotFound)?;
    Ok(json!({"name": tag, "createdAt": shown(row.int(0)?), "_links": {
        "self": named("Tag", tag, base.tag(name, number, tag)),
        "version": named("Version", number, base.version(name, number)),
        "pacticipant": named("Pacticipant", name, base.pacticipant(name))
    }}))
}

async fn show(
    State(broker): State<Broker>,
    base: Base,
    Path((name, number, tag)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let found = document(&mut *broker.database().read().await?, &base, &name, &number, &tag).await?;
    Ok(hal(StatusCode::OK, &found))
}

async fn put(
    State(broker): State<Broker>,
    base: Base,
    Path((name, number, tag)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut fields = Fields::default();
    for (field, text) in [("pacticipantName", &name), ("number", &number), ("tag", &tag)] {
        if let Some(wrong) = wrong_name(text) {
            fields.add(field, wrong);
        }
    }
    fields.check()?;
    let mut change = broker.database().write().await?;
    let owner = make_pacticipant(&mut change, &name).await?.id;
    let version = make_version(&mut change, owner, &number).await?.id;
    let new = put_tag(&mut change, owner, version, &tag).await?;
    let document = document(&mut change, &base, &name, &number, &tag).await?;
    change.commit().await?;
    if !new {
        return Ok(hal(StatusCode::OK, &document));
    }
    Ok(created(&base.tag(&name, &number, &tag), &document))
}

async fn remove(
    State(broker): State<Broker>,
    Path((name, number, tag)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let version = known_version(&mut change, &name, &number).await?;
    let sql = "DELETE FROM tag WHERE version_id = $1 AND name = $2";
    let removed = statement(sql).bind(version).bind(&tag).execute(&mut change).await?;
    let sql = "DELETE FROM tag_pact WHERE version_id = $1 AND tag = $2";
    statement(sql).bind(version).bind(&tag).execute(&mut change).await?;
    change.commit().await?;
    if removed == 0 {
        return Err(Refusal::NotFound);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
