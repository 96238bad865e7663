//! The matrix: which versions go together, and whether one may be deployed.
//!
//! An answer takes every version into account that is deployed or released: two instances that run different versions
//! must both go with what is to be deployed. Results are those of `latest_verification`, one for each content and
//! provider version, so that no history is read.

mod document;
mod question;
mod rows;
mod sides;
mod verdict;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use super::Broker;
use super::db::{Conn, Error};
use super::details::Details;
use super::links::Base;
use super::media::{Accepted, HAL, HTML, TEXT, offer, text};
use super::names::pacticipant;
use super::pages;
use super::query::Query;
use super::refusal::{Fields, Refusal};

use self::document::Document;
use self::question::{Question, Which, environment_id};
use self::rows::Rows;
use self::sides::Side;
use self::verdict::Answer;

pub(super) fn routes() -> Router<Broker> {
    let readable = async |request: Request, next: Next| offer(&[HAL, TEXT, HTML], request, next).await;
    let branch =
        "/pacticipants/{name}/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}";
    Router::new()
        .route("/matrix", get(matrix))
        .route_layer(from_fn(readable))
        .route("/can-i-deploy", get(can_i_deploy))
        .route(branch, get(can_branch_be_deployed))
        .route("/pacticipants/{name}/latest-version/{tag}/can-i-deploy/to/{target}", get(can_tag_be_deployed))
        .route_layer(from_fn(readable))
}

/// A question with its answer.
pub(super) struct Judged {
    question: Question,
    sides: Vec<Side>,
    rows: Rows,
    answer: Answer,
}

impl Judged {
    async fn of(conn: &mut Conn, question: Question) -> Result<Self, Error> {
        let sides = sides::resolve(conn, &question).await?;
        let rows = rows::find(conn, &question, &sides).await?;
        let answer = verdict::judge(&question, &sides, &rows);
        Ok(Self { question, sides, rows, answer })
    }

    fn document<'a>(&'a self, base: &'a Base) -> Document<'a> {
        let Self { question, sides, rows, answer } = self;
        Document { base, question, sides, rows: &rows.all, answer }
    }

    async fn json(&self, conn: &mut Conn, base: &Base) -> Result<String, Error> {
        let document = self.document(base);
        let own = document.shown().map(|row| row.consumer_version.id);
        let other = document.shown().filter_map(|row| Some(row.provider_version.as_ref()?.id));
        let mut versions: Vec<i64> = own.chain(other).collect();
        versions.sort_unstable();
        versions.dedup();
        let details =
            if versions.is_empty() { Details::default() } else { Details::of(conn, &versions).await? };
        Ok(document.json(&details))
    }

    /// Whether it may be deployed, in the word of the answer.
    pub(super) fn deployable(&self) -> Option<bool> {
        self.answer.deployable
    }
}

/// The answer to a query, as a document.
pub(super) async fn asked(conn: &mut Conn, base: &Base, query: &Query) -> Result<Value, Refusal> {
    let question = Question::read(conn, query).await?;
    let text = Judged::of(conn, question).await?.json(conn, base).await?;
    serde_json::from_str(&text).map_err(|error| Refusal::NotJson(error.to_string()))
}

async fn respond(
    conn: &mut Conn,
    base: &Base,
    headers: &HeaderMap,
    judged: &Judged,
) -> Result<Response, Refusal> {
    if Accepted::of(headers).takes(HAL) {
        return Ok(text(StatusCode::OK, HAL, judged.json(conn, base).await?));
    }
    Ok(text(StatusCode::OK, TEXT, judged.document(base).table()))
}

async fn matrix(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    if Accepted::of(&headers).is_browser() {
        return pages::matrix(&mut conn, &base, &query).await;
    }
    let question = Question::read(&mut conn, &query).await?;
    let judged = Judged::of(&mut conn, question).await?;
    respond(&mut conn, &base, &headers, &judged).await
}

async fn can_i_deploy(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    let mut fields = Fields::default();
    let (name, version) = (query.filled("pacticipant"), query.filled("version"));
    let (environment, tag) = (query.filled("environment"), query.filled("to"));
    if name.is_none() {
        fields.add("pacticipant", "is missing");
    }
    if version.is_none() {
        fields.add("version", "is missing");
    }
    match (environment, tag) {
        (None, None) => fields.add("", "Must specify either an environment or a 'to' tag."),
        (Some(_), Some(_)) => fields.add("", "Cannot specify both a 'to' tag and an environment."),
        _ => {}
    }
    if let Some(name) = name
        && pacticipant(&mut conn, name).await?.is_none()
    {
        fields.add("pacticipant", "does not match an existing pacticipant");
    }
    if let Some(name) = environment
        && environment_id(&mut conn, name).await?.is_none()
    {
        fields.add("environment", format!("with name '{name}' does not exist"));
    }
    fields.check()?;
    let target = match (environment, tag) {
        (Some(name), _) => Which::Environment(name.to_owned()),
        (None, tag) => Which::Tag { name: tag.unwrap_or_default().to_owned(), latest: true },
    };
    let which = Which::Version(version.unwrap_or_default().to_owned());
    let question = Question::deploying(&mut conn, name.unwrap_or_default(), which, target).await?;
    let mut question = question.ok_or(Refusal::NotFound)?;
    question.ignored = query.list("ignore").into_iter().map(|name| (name.to_owned(), None)).collect();
    let judged = Judged::of(&mut conn, question).await?;
    respond(&mut conn, &base, &headers, &judged).await
}

/// Whether the head of a branch may be deployed to an environment.
pub(super) async fn of_branch(
    conn: &mut Conn,
    (name, branch, environment): (&str, &str, &str),
) -> Result<Judged, Refusal> {
    let which = Which::Branch { name: branch.to_owned(), latest: true };
    let target = Which::Environment(environment.to_owned());
    let question = Question::deploying(conn, name, which, target).await?.ok_or(Refusal::NotFound)?;
    Ok(Judged::of(conn, question).await?)
}

/// Whether the newest version with a tag may go where those with another tag are.
pub(super) async fn of_tag(
    conn: &mut Conn,
    (name, tag, target): (&str, &str, &str),
) -> Result<Judged, Refusal> {
    let newest = |name: &str| Which::Tag { name: name.to_owned(), latest: true };
    let question = Question::deploying(conn, name, newest(tag), newest(target)).await?;
    let question = question.ok_or(Refusal::NotFound)?;
    Ok(Judged::of(conn, question).await?)
}

async fn can_branch_be_deployed(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((name, branch, environment)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    let judged = of_branch(&mut conn, (&name, &branch, &environment)).await?;
    respond(&mut conn, &base, &headers, &judged).await
}

async fn can_tag_be_deployed(
    State(broker): State<Broker>,
    base: Base,
    headers: HeaderMap,
    Path((name, tag, target)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    let judged = of_tag(&mut conn, (&name, &tag, &target)).await?;
    respond(&mut conn, &base, &headers, &judged).await
}
