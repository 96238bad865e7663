//! Pacts: read by version, branch, tag or content, written one by one, and listed.

mod document;
mod lists;
mod write;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;

use super::Broker;
use super::db::{Conn, Error, statement};
use super::links::Base;
use super::media::{Accepted, HAL, HTML, JSON, offer, text};
use super::pages;
use super::publications::{self, Key, Pact, find, find_superseded};
use super::refusal::Refusal;

pub(super) use document::{Metadata, document};

const PAIR: &str = "/pacts/provider/{provider}/consumer/{consumer}";

pub(super) fn routes() -> Router<Broker> {
    let readable = async |request: Request, next: Next| offer(&[HAL, JSON, HTML], request, next).await;
    Router::new()
        .route(
            &format!("{PAIR}/version/{{number}}"),
            get(by_version).put(write::put).patch(write::patch).delete(write::remove),
        )
        .route(&format!("{PAIR}/version/{{number}}/previous-distinct"), get(previous))
        .route(&format!("{PAIR}/latest"), get(latest))
        .route(&format!("{PAIR}/latest/{{tag}}"), get(latest_with_tag))
        .route(&format!("{PAIR}/latest-untagged"), get(latest_untagged))
        .route(&format!("{PAIR}/branch/{{branch}}/latest"), get(latest_on_branch))
        .route(&format!("{PAIR}/branch/latest"), get(latest_on_main_branch))
        .route(&format!("{PAIR}/pact-version/{{sha}}"), get(by_content))
        .route(&format!("{PAIR}/pact-version/{{sha}}/metadata/{{metadata}}"), get(by_content_with_metadata))
        .route_layer(from_fn(readable))
        .merge(lists::routes())
}

/// Which of the pacts of two pacticipants.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    Version(&'a str),
    Content(&'a str),
    Latest,
    Tagged(&'a str),
    Untagged,
    Branch(&'a str),
    MainBranch,
}

/// One pact, or that it is not there.
pub(super) async fn find_one(
    conn: &mut Conn,
    consumer: &str,
    provider: &str,
    which: Which<'_>,
) -> Result<Pact, Refusal> {
    let (joins, and, value) = match which {
        Which::Version(number) => ("", "AND v.number = $3", Some(number)),
        Which::Content(sha) => ("", "AND k.sha = $3 ORDER BY p.version_id DESC LIMIT 1", Some(sha)),
        Which::Latest => ("", "ORDER BY p.version_id DESC LIMIT 1", None),
        Which::Tagged(tag) => (
            "JOIN tag_pact t ON t.publication_id = p.id",
            "AND t.tag = $3 ORDER BY t.version_id DESC LIMIT 1",
            Some(tag),
        ),
        Which::Untagged => (
            "",
            "AND NOT EXISTS (SELECT 1 FROM tag t WHERE t.version_id = p.version_id) ORDER BY p.version_id DESC LIMIT 1",
            None,
        ),
        Which::Branch(branch) => (
            "JOIN branch_pact b ON b.publication_id = p.id JOIN branch n ON n.id = b.branch_id",
            "AND n.name = $3 ORDER BY b.version_id DESC LIMIT 1",
            Some(branch),
        ),
        Which::MainBranch => (
            "JOIN branch_pact b ON b.publication_id = p.id JOIN branch n ON n.id = b.branch_id",
            "AND n.name = c.main_branch ORDER BY b.version_id DESC LIMIT 1",
            None,
        ),
    };
    let rest = format!("{joins} WHERE c.name = $1 AND r.name = $2 {and}");
    let mut keys = vec![Key::Text(consumer), Key::Text(provider)];
    keys.extend(value.map(Key::Text));
    let found = find(conn, &rest, &keys).await?.pop();
    if found.is_none() && matches!(which, Which::Content(_)) {
        return find_superseded(conn, &keys).await?.ok_or(Refusal::NotFound);
    }
    found.ok_or(Refusal::NotFound)
}

/// The newest pact before this one that has other content.
pub(super) async fn previous_distinct(conn: &mut Conn, pact: &Pact) -> Result<Option<Pact>, Error> {
    let rest = "WHERE p.consumer_id = $1 AND p.provider_id = $2 AND p.version_id < $3 AND p.pact_version_id <> $4 \
                ORDER BY p.version_id DESC LIMIT 1";
    let keys = [pact.consumer_id, pact.provider_id, pact.version_id, pact.content_id].map(Key::Id);
    Ok(find(conn, rest, &keys).await?.pop())
}

/// Removes what no version has any more, with its results.
pub(super) async fn forget_unused_content(conn: &mut Conn, consumer: i64) -> Result<(), Error> {
    let sql = "DELETE FROM pact_version WHERE consumer_id = $1 AND NOT EXISTS (\
               SELECT 1 FROM pact_publication p WHERE p.pact_version_id = pact_version.id) AND NOT EXISTS (\
               SELECT 1 FROM pact_revision s WHERE s.pact_version_id = pact_version.id)";
    statement(sql).bind(consumer).takes_long().execute(conn).await?;
    Ok(())
}

/// The pact for a program, or a page for a person.
async fn respond(
    conn: &mut Conn,
    base: &Base,
    headers: &HeaderMap,
    pact: &Pact,
    metadata: Option<&Metadata>,
) -> Result<Response, Refusal> {
    let accepted = Accepted::of(headers);
    if accepted.is_browser() {
        return pages::pact(conn, base, pact).await;
    }
    let content = publications::text(conn, pact.content_id).await?;
    let media = if accepted.takes(HAL) { HAL } else { JSON };
    Ok(text(StatusCode::OK, media, document(base, pact, &content, metadata)))
}

async fn show(
    broker: &Broker,
    base: &Base,
    headers: &HeaderMap,
    (provider, consumer): (&str, &str),
    which: Which<'_>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let pact = find_one(&mut conn, consumer, provider, which).await?;
    respond(&mut conn, base, headers, &pact, None).await
}

async fn by_version(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer, number)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    show(&broker, &base, &headers, (&provider, &consumer), Which::Version(&number)).await
}

async fn previous(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer, number)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let pact = find_one(&mut conn, &consumer, &provider, Which::Version(&number)).await?;
    let previous = previous_distinct(&mut conn, &pact).await?.ok_or(Refusal::NotFound)?;
    respond(&mut conn, &base, &headers, &previous, None).await
}

async fn latest(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    show(&broker, &base, &headers, (&provider, &consumer), Which::Latest).await
}

async fn latest_with_tag(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer, tag)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    show(&broker, &base, &headers, (&provider, &consumer), Which::Tagged(&tag)).await
}

async fn latest_untagged(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    show(&broker, &base, &headers, (&provider, &consumer), Which::Untagged).await
}

async fn latest_on_branch(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer, branch)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    show(&broker, &base, &headers, (&provider, &consumer), Which::Branch(&branch)).await
}

async fn latest_on_main_branch(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    show(&broker, &base, &headers, (&provider, &consumer), Which::MainBranch).await
}

async fn by_content(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer, sha)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    show(&broker, &base, &headers, (&provider, &consumer), Which::Content(&sha)).await
}

async fn by_content_with_metadata(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((provider, consumer, sha, metadata)): Path<(String, String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let newest = find_one(&mut conn, &consumer, &provider, Which::Content(&sha)).await?;
    let metadata = Metadata::read(&mut conn, &metadata, &newest).await?;
    let pact = metadata.versions.first().cloned().unwrap_or(newest);
    respond(&mut conn, &base, &headers, &pact, Some(&metadata)).await
}
