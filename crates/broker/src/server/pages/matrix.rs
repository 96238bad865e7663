//! The matrix: a form to ask, and the answer.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse as _;
use axum::response::{Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde_json::Value;

use crate::server::Broker;
use crate::server::db::{Conn, Error, statement};
use crate::server::links::{Base, encoded};
use crate::server::matrix::asked;
use crate::server::media::{HTML, offer};
use crate::server::query::Query;
use crate::server::refusal::Refusal;

use super::frame::{page, verdict};

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/matrix/provider/{provider}/consumer/{consumer}", get(of_pair))
        .route_layer(from_fn(async |request: Request, next: Next| offer(&[HTML], request, next).await))
}

async fn of_pair(
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
    _: State<Broker>,
) -> Response {
    let q = |name: &str| format!("q%5B%5D%5Bpacticipant%5D={}", encoded(name));
    Redirect::to(&format!("{}/matrix?{}&{}&latestby=cvpv", base.as_str(), q(&consumer), q(&provider)))
        .into_response()
}

/// What the form was filled with.
#[derive(Default)]
struct Filled<'a> {
    selectors: Vec<(&'a str, &'a str)>,
    environment: &'a str,
}

impl<'a> Filled<'a> {
    fn of(query: &'a Query) -> Self {
        let member = |object: &[(&str, &'a str)], name: &str| {
            object.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| *value)
        };
        let objects = query.objects("q");
        let selectors =
            objects.iter().map(|object| (member(object, "pacticipant"), member(object, "version")));
        Self { selectors: selectors.collect(), environment: query.get("environment").unwrap_or_default() }
    }
}

pub(in crate::server) async fn matrix(
    conn: &mut Conn,
    base: &Base,
    query: &Query,
) -> Result<Response, Refusal> {
    let filled = Filled::of(query);
    let names = texts(conn, "SELECT name FROM pacticipant ORDER BY name").await?;
    let environments = texts(conn, "SELECT name FROM environment ORDER BY name").await?;
    let answer = match filled.selectors.iter().any(|(name, _)| !name.is_empty()) {
        false => None,
        true => Some(asked(conn, base, &query.without_empty_selectors()).await),
    };
    let answer = match answer {
        None => {
            html! { p { "Choose an application to see what goes together, or whether a version may be deployed." } }
        }
        Some(Ok(answer)) => rows(&answer),
        Some(Err(Refusal::Listed(errors))) => html! { @for error in errors { p class="no" { (error) } } },
        Some(Err(other)) => return Err(other),
    };
    let content = html! { (form(base, &filled, &names, &environments)) (answer) };
    Ok(page(base, "Matrix", &content))
}

async fn texts(conn: &mut Conn, sql: &'static str) -> Result<Vec<String>, Error> {
    statement(sql).fetch_all(conn).await?.iter().map(|row| row.text(0)).collect()
}

fn form(base: &Base, filled: &Filled<'_>, names: &[String], environments: &[String]) -> Markup {
    let choice = |name: &str, label: &str, chosen: &str, all: &[String]| {
        html! { label { (label) select name=(name) {
            option value="" { "(any)" }
            @for one in all { option value=(one) selected[one == chosen] { (one) } }
        } } }
    };
    html! {
        form method="get" action={ (base.as_str()) "/matrix" } {
            @for place in 0..2 {
                @let (name, version) = filled.selectors.get(place).copied().unwrap_or_default();
                (choice("q[][pacticipant]", if place == 0 { "Application" } else { "and" }, name, names))
                label { "Version" input name="q[][version]" value=(version) placeholder="any"; }
            }
            (choice("environment", "to environment", filled.environment, environments))
            input type="hidden" name="latestby" value="cvpv";
            button { "Show" }
        }
    }
}

fn rows(answer: &Value) -> Markup {
    let none = Vec::new();
    let rows = answer["matrix"].as_array().unwrap_or(&none);
    let notices = answer["notices"].as_array().unwrap_or(&none);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (word, class) = match &answer["summary"]["deployable"] {
        Value::Bool(true) => ("yes", "yes"),
        Value::Bool(false) => ("no", "no"),
        _ => ("unknown", "unknown"),
    };
    let marks = |side: &Value| -> Markup {
        let version = &side["version"];
        let list = |member: &str| version[member].as_array().cloned().unwrap_or_default();
        html! {
            @for one in list("branchVersions") { span class="mark" { (text(&one["name"])) } }
            @for one in list("tags") { span class="mark" { "#" (text(&one["name"])) } }
            @for one in list("environments") { span class="mark" { "@" (text(&one["displayName"])) } }
        }
    };
    html! {
        p { "May it be deployed? " strong class={ "verdict " (class) } { (word) } }
        ul { @for notice in notices { li { (text(&notice["text"])) } } }
        div class="scroll" { table {
            thead { tr { th { "Consumer" } th { "Version" } th { "Provider" } th { "Version" } th { "Result" } th { "Verified" } } }
            tbody { @for row in rows {
                @let pact = text(&row["pact"]["_links"]["self"]["href"]);
                tr {
                    td { (text(&row["consumer"]["name"])) }
                    td { a href=(pact) { (text(&row["consumer"]["version"]["number"])) } " " (marks(&row["consumer"])) }
                    td { (text(&row["provider"]["name"])) }
                    td { (text(&row["provider"]["version"]["number"])) " " (marks(&row["provider"])) }
                    td { (verdict(row["verificationResult"]["success"].as_bool())) }
                    td { (text(&row["verificationResult"]["verifiedAt"])) }
                }
            } }
        } }
    }
}
