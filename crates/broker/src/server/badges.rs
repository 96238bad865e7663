//! Badges, drawn here: no other server learns who looks at them.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use maud::{PreEscaped, html};

use super::Broker;
use super::matrix;
use super::media::{SVG, offer, text};
use super::pacts::{Which, find_one};
use super::query::Query;
use super::refusal::Refusal;
use super::verifications::latest;

pub(super) fn routes() -> Router<Broker> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    let drawn = async |request: Request, next: Next| offer(&[SVG], request, next).await;
    Router::new()
        .route(&format!("{pair}/latest/badge"), get(of_latest))
        .route(&format!("{pair}/latest/badge.svg"), get(of_latest))
        .route(&format!("{pair}/latest/{{tag}}/badge"), get(of_tag))
        .route(&format!("{pair}/latest/{{tag}}/badge.svg"), get(of_tag))
        .route(&format!("{pair}/branch/{{branch}}/latest/badge"), get(of_branch))
        .route(
            "/pacticipants/{name}/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}/badge",
            get(can_branch_be_deployed),
        )
        .route(
            "/pacticipants/{name}/latest-version/{tag}/can-i-deploy/to/{target}/badge",
            get(can_tag_be_deployed),
        )
        .route_layer(from_fn(drawn))
}

const GREEN: &str = "#2e7d32";
const RED: &str = "#c62828";
const GREY: &str = "#616161";

/// A label and a value beside each other.
fn badge(label: &str, value: &str, colour: &str) -> Response {
    let width = |words: &str| 12 + 7 * words.chars().count();
    let (left, right) = (width(label), width(value));
    let whole = left + right;
    let title = format!("{label}: {value}");
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height="20" role="img" aria-label=(title) {
            title { (title) }
            rect width=(whole) height="20" rx="3" fill="#37474f" {}
            path fill=(colour) d=(format!("M{left} 0h{}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{}z", right - 3, right - 3)) {}
            g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle" {
                text x=(left / 2) y="14" { (label) }
                text x=(left + right / 2) y="14" { (value) }
            }
        }
    };
    let PreEscaped(drawing) = drawing;
    text(StatusCode::OK, SVG, drawing)
}

fn verdict(label: &str, verdict: Option<bool>, words: [&str; 3]) -> Response {
    match verdict {
        Some(true) => badge(label, words[0], GREEN),
        Some(false) => badge(label, words[1], RED),
        None => badge(label, words[2], GREY),
    }
}

async fn of_pact(
    broker: &Broker,
    (provider, consumer): (&str, &str),
    which: Which<'_>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let label = format!("{consumer}/{provider} pact");
    // A badge stands on pages that are there before the first pact.
    let success = match find_one(&mut conn, consumer, provider, which).await {
        Ok(pact) => latest(&mut conn, pact.content_id).await?.map(|result| result.success),
        Err(Refusal::NotFound) => None,
        Err(other) => return Err(other),
    };
    Ok(verdict(&label, success, ["verified", "failed", "unknown"]))
}

async fn of_latest(
    State(broker): State<Broker>,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    of_pact(&broker, (&provider, &consumer), Which::Latest).await
}

async fn of_tag(
    State(broker): State<Broker>,
    Path((provider, consumer, tag)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    of_pact(&broker, (&provider, &consumer), Which::Tagged(&tag)).await
}

async fn of_branch(
    State(broker): State<Broker>,
    Path((provider, consumer, branch)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    of_pact(&broker, (&provider, &consumer), Which::Branch(&branch)).await
}

async fn can_branch_be_deployed(
    State(broker): State<Broker>,
    Path((name, branch, environment)): Path<(String, String, String)>,
    query: Query,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    let judged = matrix::of_branch(&mut conn, (&name, &branch, &environment)).await?;
    let label = query.filled("label").unwrap_or("can-i-deploy");
    let label = format!("{label} {branch} to {environment}");
    Ok(verdict(&label, judged.deployable(), ["yes", "no", "unknown"]))
}

async fn can_tag_be_deployed(
    State(broker): State<Broker>,
    Path((name, tag, target)): Path<(String, String, String)>,
    query: Query,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    let judged = matrix::of_tag(&mut conn, (&name, &tag, &target)).await?;
    let label = query.filled("label").unwrap_or("can-i-deploy");
    let label = format!("{label} {tag} to {target}");
    Ok(verdict(&label, judged.deployable(), ["yes", "no", "unknown"]))
}
