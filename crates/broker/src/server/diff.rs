//! What differs between two pacts.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use similar::TextDiff;
use tokio::task::spawn_blocking;

use super::Broker;
use super::content::comparable;
use super::media::{HTML, TEXT, offer, text as respond};
use super::pacts::{Which, find_one, previous_distinct};
use super::publications::{self, Pact};
use super::refusal::Refusal;

/// Lines around each difference.
const CONTEXT: usize = 3;
/// How long the smallest difference is looked for.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn routes() -> Router<Broker> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    Router::new()
        .route(&format!("{pair}/version/{{number}}/diff/previous-distinct"), get(with_previous))
        .route(&format!("{pair}/version/{{number}}/diff/version/{{other}}"), get(between_versions))
        .route(&format!("{pair}/pact-version/{{sha}}/diff/pact-version/{{other}}"), get(between_contents))
        .route_layer(from_fn(async |request, next| offer(&[TEXT, HTML], request, next).await))
}

/// The lines that differ, each after ` `, `-` or `+`; nothing if the contents are the same. It is found on a thread of
/// its own, and less exactly where that takes too long.
pub(super) async fn text(old: String, new: String) -> String {
    let compare = move || {
        let pretty = |pact: &str| serde_json::to_string_pretty(&comparable(pact)).unwrap_or_default();
        let (old, new) = (pretty(&old), pretty(&new));
        let differences = TextDiff::configure().timeout(PATIENCE).diff_lines(&old, &new);
        let mut unified = differences.unified_diff();
        unified.context_radius(CONTEXT).missing_newline_hint(false).to_string()
    };
    spawn_blocking(compare).await.unwrap_or_else(|_| "The difference cannot be shown.\n".to_owned())
}

async fn respond_with(broker: &Broker, old: &Pact, new: &Pact) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let before = publications::text(&mut conn, old.content_id).await?;
    let after = publications::text(&mut conn, new.content_id).await?;
    drop(conn);
    let differences = text(before, after).await;
    let head = format!("--- {}\n+++ {}\n", old.title(), new.title());
    let body = if differences.is_empty() { "The contents are the same.\n".to_owned() } else { differences };
    Ok(respond(StatusCode::OK, TEXT, format!("{head}{body}")))
}

async fn with_previous(
    State(broker): State<Broker>,
    Path((provider, consumer, number)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let new = find_one(&mut conn, &consumer, &provider, Which::Version(&number)).await?;
    let old = previous_distinct(&mut conn, &new).await?.ok_or(Refusal::NotFound)?;
    drop(conn);
    respond_with(&broker, &old, &new).await
}

async fn between_versions(
    State(broker): State<Broker>,
    Path((provider, consumer, number, other)): Path<(String, String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let new = find_one(&mut conn, &consumer, &provider, Which::Version(&number)).await?;
    let old = find_one(&mut conn, &consumer, &provider, Which::Version(&other)).await?;
    drop(conn);
    respond_with(&broker, &old, &new).await
}

async fn between_contents(
    State(broker): State<Broker>,
    Path((provider, consumer, sha, other)): Path<(String, String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let new = find_one(&mut conn, &consumer, &provider, Which::Content(&sha)).await?;
    let old = find_one(&mut conn, &consumer, &provider, Which::Content(&other)).await?;
    drop(conn);
    respond_with(&broker, &old, &new).await
}
