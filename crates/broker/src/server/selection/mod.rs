//! Pacts for verification: what a provider asks for before it verifies.

mod choose;
mod document;
mod pending;
mod request;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::Broker;
use super::body::Body;
use super::db::{Conn, Error};
use super::links::Base;
use super::media::{HAL, hal, offer};
use super::names::known_provider;
use super::publications::Pact;
use super::query::Query;
use super::refusal::Refusal;

use self::choose::{Choice, Chosen, Reason};
use self::document::Asked;
use self::pending::{Line, Verified};
use self::request::Question;

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/pacts/provider/{provider}/for-verification", get(by_query).post(by_body))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

/// A content to verify, once, with everything that led to it.
#[derive(Debug)]
pub(super) struct Candidate {
    /// The newest of its pacts that were chosen.
    pact: Pact,
    reasons: Vec<(Reason, Pact)>,
    /// Not asked for: new on another branch.
    wip: bool,
}

async fn by_query(
    State(broker): State<Broker>,
    base: Base,
    Path(provider): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let id = known_provider(&mut conn, &provider).await?;
    let question = Question::of_query(&mut conn, &query).await?;
    answer(&mut conn, &base, (id, &provider), &question, true).await
}

async fn by_body(
    State(broker): State<Broker>,
    base: Base,
    Path(provider): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let id = known_provider(&mut conn, &provider).await?;
    let question = Question::read(&mut conn, &body.object_or_nothing()?).await?;
    answer(&mut conn, &base, (id, &provider), &question, false).await
}

async fn answer(
    conn: &mut Conn,
    base: &Base,
    (id, provider): (i64, &str),
    question: &Question,
    outdated: bool,
) -> Result<Response, Refusal> {
    let line = Line::of(conn, id, question.branch.as_deref(), &question.tags).await?;
    let mut choice = Choice { conn: &mut *conn, provider: id };
    let mut candidates = Vec::new();
    for selector in &question.selectors {
        for chosen in choice.by(selector).await? {
            add(&mut candidates, chosen, false);
        }
    }
    if let Some(since) = question.wip_since.filter(|_| !matches!(line, Line::Any)) {
        add_work_in_progress(&mut choice, &mut candidates, &line, since).await?;
    }
    let contents: Vec<i64> = candidates.iter().map(|candidate| candidate.pact.content_id).collect();
    let verified =
        if question.pending { Verified::look_up(conn, &line, &contents).await? } else { Verified::default() };
    let asked = Asked { base, provider, line: &line, pending: question.pending, outdated };
    let pacts: Vec<_> = candidates.iter().map(|candidate| asked.document(candidate, &verified)).collect();
    let own = base.at(["pacts", "provider", provider, "for-verification"]);
    Ok(hal(
        StatusCode::OK,
        &json!({"_embedded": {"pacts": pacts},
            "_links": {"self": {"href": own, "title": "Pacts to be verified"}}}),
    ))
}

/// Equal contents are one candidate.
fn add(candidates: &mut Vec<Candidate>, Chosen { pact, reason }: Chosen, wip: bool) {
    match candidates.iter_mut().find(|known| known.pact.content_id == pact.content_id) {
        Some(known) => {
            if !known.reasons.iter().any(|(own, of)| *own == reason && of.id == pact.id) {
                known.reasons.push((reason, pact.clone()));
            }
            if pact.version_id > known.pact.version_id {
                known.pact = pact;
            }
        }
        None => candidates.push(Candidate { pact: pact.clone(), reasons: vec![(reason, pact)], wip }),
    }
}

/// Adds the heads of other branches and tags that came after a moment, if their content is neither chosen already nor
/// verified.
async fn add_work_in_progress(
    choice: &mut Choice<'_>,
    candidates: &mut Vec<Candidate>,
    line: &Line,
    since: i64,
) -> Result<(), Error> {
    let mut heads = choice.heads(since).await?;
    heads.retain(|head| candidates.iter().all(|known| known.pact.content_id != head.pact.content_id));
    let contents: Vec<i64> = heads.iter().map(|head| head.pact.content_id).collect();
    let verified = Verified::look_up(choice.conn, line, &contents).await?;
    for head in heads {
        if !verified.has(head.pact.content_id) {
            add(candidates, head, true);
        }
    }
    Ok(())
}
