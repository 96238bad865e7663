//! Who consumes from whom, as a picture.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use crate::server::Broker;
use crate::server::dashboard::newest_results;
use crate::server::db::{Conn, Error};
use crate::server::links::Base;
use crate::server::media::{HTML, offer};
use crate::server::publications::find_many;
use crate::server::refusal::Refusal;

use super::frame::page;
use super::integrations::NEWEST;

const COLUMN: usize = 260;
const ROW: usize = 64;
const WIDTH: usize = 180;
const HEIGHT: usize = 38;
/// Longest name that is shown whole.
const LETTERS: usize = 24;

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/network", get(all))
        .route("/groups/{name}", get(of_one))
        .route_layer(from_fn(async |request: Request, next: Next| offer(&[HTML], request, next).await))
}

/// A consumer, its provider, and whether the newest pact holds.
struct Edge {
    consumer: String,
    provider: String,
    success: Option<bool>,
}

async fn edges(conn: &mut Conn) -> Result<Vec<Edge>, Error> {
    let pacts = find_many(conn, NEWEST, &[]).await?;
    let contents: Vec<i64> = pacts.iter().map(|pact| pact.content_id).collect();
    let results = newest_results(conn, &contents).await?;
    let edge = |pact: crate::server::publications::Pact| Edge {
        success: results.get(&pact.content_id).map(|result| result.success),
        consumer: pact.consumer,
        provider: pact.provider,
    };
    Ok(pacts.into_iter().map(edge).collect())
}

async fn all(State(broker): State<Broker>, base: Base) -> Result<Response, Refusal> {
    let edges = edges(&mut *broker.database().read().await?).await?;
    Ok(page(&base, "Network", &picture(&base, &edges)))
}

/// The part of the network that a pacticipant belongs to.
async fn of_one(
    State(broker): State<Broker>,
    base: Base,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    crate::server::names::known_pacticipant(&mut conn, &name).await?;
    let mut edges = edges(&mut conn).await?;
    let mut group = BTreeSet::from([name.clone()]);
    loop {
        let size = group.len();
        for edge in &edges {
            if group.contains(&edge.consumer) || group.contains(&edge.provider) {
                group.extend([edge.consumer.clone(), edge.provider.clone()]);
            }
        }
        if group.len() == size {
            break;
        }
    }
    edges.retain(|edge| group.contains(&edge.consumer));
    Ok(page(&base, &format!("Network of {name}"), &picture(&base, &edges)))
}

/// How many steps a pacticipant is from those that nobody consumes from; in a circle the first one met begins.
fn columns(edges: &[Edge]) -> BTreeMap<&str, usize> {
    let names: BTreeSet<&str> =
        edges.iter().flat_map(|edge| [edge.consumer.as_str(), edge.provider.as_str()]).collect();
    let mut columns: BTreeMap<&str, usize> = names.iter().map(|name| (*name, 0)).collect();
    // No longer path than there are pacticipants, however they go in circles.
    for _ in 0..names.len() {
        let mut moved = false;
        for edge in edges {
            let next = columns[edge.consumer.as_str()] + 1;
            if next < names.len() && columns[edge.provider.as_str()] < next && edge.consumer != edge.provider
            {
                columns.insert(&edge.provider, next);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    columns
}

fn picture(base: &Base, edges: &[Edge]) -> Markup {
    if edges.is_empty() {
        return html! { p { "No pacts have been published yet." } };
    }
    let columns = columns(edges);
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let kept: BTreeSet<usize> = columns.values().copied().collect();
    for (name, column) in &columns {
        // Columns that circles left empty are not drawn.
        let column = kept.iter().position(|kept| kept == column).unwrap_or(0);
        let row = used.entry(column).or_default();
        places.insert(name, (20 + column * COLUMN, 20 + *row * ROW));
        *row += 1;
    }
    let width = 40 + WIDTH + COLUMN * (used.len().max(1) - 1);
    let height = 20 + ROW * used.values().copied().max().unwrap_or(1);
    html! {
        p class="note" { "An arrow goes from a consumer to its provider: green if the newest pact is verified, red if it failed, broken if nobody verified it." }
        div class="scroll" {
            svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="img" aria-label="Network of applications" {
                defs { marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" {
                    path d="M0 0L8 4L0 8z" fill="currentColor" {}
                } }
                @for edge in edges { (arrow(edge, &places)) }
                @for (name, (x, y)) in &places {
                    a href={ (base.as_str()) "/groups/" (crate::server::links::encoded(name)) } {
                        title { (name) }
                        rect class="box" x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="6" {}
                        text x=(x + WIDTH / 2) y=(y + HEIGHT / 2 + 5) text-anchor="middle" { (shortened(name)) }
                    }
                }
            }
        }
        h2 { "As a list" }
        ul { @for edge in edges { li { (edge.consumer) " uses " (edge.provider) ": " (super::frame::verdict(edge.success)) } } }
    }
}

fn arrow(edge: &Edge, places: &BTreeMap<&str, (usize, usize)>) -> Markup {
    let (from, to) = (places[edge.consumer.as_str()], places[edge.provider.as_str()]);
    let (x1, y1, x2, y2) = (from.0 + WIDTH, from.1 + HEIGHT / 2, to.0, to.1 + HEIGHT / 2);
    let path = if x2 > x1 {
        let middle = usize::midpoint(x1, x2);
        format!("M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}")
    } else {
        // Back, or in the same column: around below.
        let below = from.1.max(to.1) + HEIGHT + 14;
        format!("M{x1} {y1}C{} {below} {} {below} {x2} {y2}", x1 + 40, x2.saturating_sub(40))
    };
    let class = match edge.success {
        Some(true) => "arrow yes",
        Some(false) => "arrow no",
        None => "arrow unknown",
    };
    html! { path class=(class) d=(path) marker-end="url(#tip)" { title { (edge.consumer) " uses " (edge.provider) } } }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    name.chars().take(LETTERS - 1).chain(['…']).collect()
}
