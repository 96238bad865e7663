//! What a link relation leads to.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use maud::html;

use crate::server::Broker;
use crate::server::index::LINKS;
use crate::server::links::Base;
use crate::server::media::{HTML, offer};

use super::frame::page;

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/doc/{relation}", get(relation))
        .route_layer(from_fn(async |request: Request, next: Next| offer(&[HTML], request, next).await))
}

async fn relation(base: Base, Path(relation): Path<String>, _: State<Broker>) -> Response {
    let known =
        |(name, ..): &&(&str, &str, &str)| name.split_once(':').is_some_and(|(_, name)| name == relation);
    let content = match LINKS.iter().find(known) {
        Some((name, path, title)) => html! {
            table {
                tr { th { "Relation" } td { code { (name) } } }
                tr { th { "Leads to" } td { (title) } }
                tr { th { "Address" } td { code { (base.as_str()) (path) } } }
            }
        },
        None => html! { p { "This relation is explained by the title of its link." } },
    };
    page(&base, &format!("Relation {relation}"), &content)
}
