//! Pacts one by one: put, merged, removed.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::server::Broker;
use crate::server::body::{Body, wrong_name};
use crate::server::clock::now;
use crate::server::content::Content;
use crate::server::db::{Conn, Error, statement};
use crate::server::links::{Base, link};
use crate::server::media::{HAL, hal, text};
use crate::server::merge::merge;
use crate::server::names::{make_pacticipant, make_version, pacticipant, version};
use crate::server::publications::{self, Pact, Parties, of_version};
use crate::server::publish::{immutable, keep_and_announce, reading};
use crate::server::refusal::{Fields, Refusal};

use super::{Which, document, find_one, forget_unused_content};

type Names = (String, String, String);

/// Reads the pact, whose names must be those of the path.
async fn read(body: Body, (provider, consumer, number): &Names) -> Result<Content, Refusal> {
    let length = body.bytes.len();
    let bytes = body.bytes.clone();
    let content = reading(length, move || Content::read(&bytes).map_err(Refusal::NotJson)).await?;
    let mut fields = Fields::default();
    for (role, named, path) in
        [("consumer", &content.consumer, consumer), ("provider", &content.provider, provider)]
    {
        if let Some(named) = named.as_deref().filter(|named| named != path) {
            let text = format!("name in pact '{named}' does not match name in URL path '{path}'.");
            fields.add(&format!("{role}.name"), text);
        }
        if let Some(wrong) = wrong_name(path) {
            fields.add(&format!("{role}.name"), wrong);
        }
    }
    if let Some(wrong) = wrong_name(number) {
        fields.add("consumer_version_number", wrong);
    }
    fields.check()?;
    Ok(content)
}

async fn old(conn: &mut Conn, (provider, consumer, number): &Names) -> Result<Option<Pact>, Error> {
    let (Some(owner), Some(provider)) =
        (pacticipant(conn, consumer).await?, pacticipant(conn, provider).await?)
    else {
        return Ok(None);
    };
    match version(conn, owner, number).await? {
        Some(version) => of_version(conn, version, provider).await,
        None => Ok(None),
    }
}

/// Keeps a pact, and answers with it.
async fn keep(
    conn: &mut Conn,
    base: &Base,
    (provider, consumer, number): &Names,
    content: &Content,
    status: StatusCode,
) -> Result<Response, Refusal> {
    let consumer = make_pacticipant(conn, consumer).await?.id;
    let provider = make_pacticipant(conn, provider).await?.id;
    let version = make_version(conn, consumer, number).await?.id;
    let sql = "UPDATE version SET updated_at = $1 WHERE id = $2";
    statement(sql).bind(now()).bind(version).execute(&mut *conn).await?;
    let parties = Parties { consumer, provider, version };
    let (pact, _) = keep_and_announce(conn, base, parties, content).await?;
    let served = publications::text(conn, pact.content_id).await?;
    Ok(text(status, HAL, document(base, &pact, &served, None)))
}

pub(super) async fn put(
    State(broker): State<Broker>,
    base: Base,
    Path(names): Path<Names>,
    body: Body,
) -> Result<Response, Refusal> {
    let says_json = body.says_json;
    let content = read(body, &names).await;
    let mut change = broker.database().write().await?;
    let old = old(&mut change, &names).await?;
    // What a version has is told first; then whether a content could be read at all.
    if let (Some(old), Ok(content)) = (&old, &content)
        && old.sha != content.sha
    {
        return Err(Refusal::Conflict(immutable(old)));
    }
    if !says_json {
        return Err(Refusal::MediaType);
    }
    let status = if old.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let response = keep(&mut change, &base, &names, &content?, status).await?;
    change.commit().await?;
    broker.sender().wake();
    Ok(response)
}

/// Joins a pact with the one that the version has.
pub(super) async fn patch(
    State(broker): State<Broker>,
    base: Base,
    Path(names): Path<Names>,
    body: Body,
) -> Result<Response, Refusal> {
    if !body.says_json {
        return Err(Refusal::MediaType);
    }
    let mut content = read(body, &names).await?;
    let mut change = broker.database().write().await?;
    let old = old(&mut change, &names).await?;
    if let Some(old) = &old {
        let known = publications::text(&mut change, old.content_id).await?;
        let joined = merge(&known, &content.text)
            .map_err(|why| Refusal::Conflict(format!("The pacts cannot be merged: {why}.")))?;
        content = Content::read(joined.as_bytes()).map_err(Refusal::NotJson)?;
    }
    let status = if old.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let response = keep(&mut change, &base, &names, &content, status).await?;
    change.commit().await?;
    broker.sender().wake();
    Ok(response)
}

pub(super) async fn remove(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer, number)): Path<Names>,
) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let pact = find_one(&mut change, &consumer, &provider, Which::Version(&number)).await?;
    statement("DELETE FROM pact_publication WHERE id = $1").bind(pact.id).execute(&mut change).await?;
    forget_unused_content(&mut change, pact.consumer_id).await?;
    change.commit().await?;
    let latest = format!("{}/latest", base.pair(&consumer, &provider));
    Ok(hal(
        StatusCode::OK,
        &json!({"_links": {"index": {"href": base.as_str()}, "pb:latest-pact-version": link("Latest pact", latest)}}),
    ))
}
