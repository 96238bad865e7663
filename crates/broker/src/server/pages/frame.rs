//! What all pages have in common.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};

use crate::server::links::Base;
use crate::server::media::{HTML, text};

const STYLE: &str = include_str!("style.css");

/// A page below this title.
pub(super) fn page(base: &Base, title: &str, content: &Markup) -> Response {
    let at = base.as_str();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " - Pact Broker" }
                link rel="icon" href="data:,";
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                header {
                    a class="home" href={ (at) "/" } { "Pact Broker" }
                    nav {
                        a href={ (at) "/" } { "Integrations" }
                        a href={ (at) "/network" } { "Network" }
                        a href={ (at) "/matrix" } { "Matrix" }
                    }
                }
                main {
                    h1 { (title) }
                    (content)
                }
            }
        }
    };
    text(StatusCode::OK, HTML, page.into_string())
}

/// A verdict as a word with a colour.
pub(super) fn verdict(success: Option<bool>) -> Markup {
    match success {
        Some(true) => html! { span class="verdict yes" { "verified" } },
        Some(false) => html! { span class="verdict no" { "failed" } },
        None => html! { span class="verdict unknown" { "not verified" } },
    }
}
