//! A pact, readable.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use crate::server::clock::shown;
use crate::server::db::Conn;
use crate::server::details::Details;
use crate::server::links::Base;
use crate::server::pacts::previous_distinct;
use crate::server::publications::{self, Pact};
use crate::server::refusal::Refusal;
use crate::server::verifications::latest;

use super::frame::{page, verdict};

pub(in crate::server) async fn pact(conn: &mut Conn, base: &Base, pact: &Pact) -> Result<Response, Refusal> {
    let text = publications::text(conn, pact.content_id).await?;
    let document: Value = serde_json::from_str(&text).unwrap_or_default();
    let result = latest(conn, pact.content_id).await?;
    let details = Details::of(conn, &[pact.version_id]).await?;
    // The first pact has nothing before it.
    let is_changed = previous_distinct(conn, pact).await?.is_some();
    let own = base.pact(&pact.consumer, &pact.provider, &pact.number);
    let list = |name: &str| document.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let content = html! {
        table {
            tr { th { "Status" } td {
                (verdict(result.as_ref().map(|result| result.success)))
                @if let Some(result) = &result { " by " (pact.provider) " " (result.provider_version) ", " (shown(result.created_at)) }
            } }
            tr { th { "Published" } td { (shown(pact.created_at)) } }
            @if !details.branches(pact.version_id).is_empty() {
                tr { th { "Branches" } td { @for mark in details.branches(pact.version_id) { span class="mark" { (mark.name) } } } }
            }
            @if !details.tags(pact.version_id).is_empty() {
                tr { th { "Tags" } td { @for mark in details.tags(pact.version_id) { span class="mark" { (mark.name) } } } }
            }
            @if !details.places(pact.version_id).is_empty() {
                tr { th { "Deployed to" } td { @for place in details.places(pact.version_id) { span class="mark" { (place.display_name) } } } }
            }
            tr { th { "Content" } td { code { (pact.sha) } } }
            tr { th { "More" } td {
                @if is_changed { a href={ (own) "/diff/previous-distinct" } { "what changed" } ", " }
                a href={ (base.pair(&pact.consumer, &pact.provider)) "/latest" } { "newest pact" }
            } }
        }
        h2 { "Interactions" }
        @for one in list("interactions").iter().chain(list("messages")) { (interaction(one)) }
    };
    Ok(page(base, &pact.title(), &content))
}

fn interaction(one: &Value) -> Markup {
    let description = one.get("description").and_then(Value::as_str).unwrap_or("(no description)");
    let single =
        ["providerState", "provider_state"].into_iter().filter_map(|member| one.get(member)?.as_str());
    let several = one.get("providerStates").and_then(Value::as_array).into_iter().flatten();
    let states: Vec<&str> = single.chain(several.filter_map(|state| state.get("name")?.as_str())).collect();
    let request = one.get("request");
    let line = request.map(|request| {
        let word = |member: &str| request.get(member).and_then(Value::as_str).unwrap_or_default();
        format!("{} {}{}", word("method").to_uppercase(), word("path"), query(request.get("query")))
    });
    let status = one.get("response").and_then(|response| response.get("status"));
    html! {
        details open[true] {
            summary {
                strong { (description) }
                @for state in &states { ", given " em { (state) } }
            }
            @if let Some(line) = line { pre { (line) } }
            @if let Some(request) = request { (part(request, "Request")) }
            @if let Some(status) = status { p { "answered with " strong { (status) } } }
            @for (name, title) in [("response", "Response"), ("contents", "Message"), ("metadata", "Metadata")] {
                @if let Some(value) = one.get(name) { (part(value, title)) }
            }
        }
    }
}

fn query(query: Option<&Value>) -> String {
    match query {
        Some(Value::String(text)) if !text.is_empty() => format!("?{text}"),
        Some(Value::Object(members)) if !members.is_empty() => {
            let values = |value: &Value| match value {
                Value::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let pairs: Vec<String> = members
                .iter()
                .flat_map(|(name, value)| {
                    values(value).into_iter().map(move |value| format!("{name}={}", text(&value)))
                })
                .collect();
            format!("?{}", pairs.join("&"))
        }
        _ => String::new(),
    }
}

/// Headers, body and matching rules; a message is shown whole.
fn part(value: &Value, title: &str) -> Markup {
    let pretty = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let members = ["headers", "body", "matchingRules", "generators"];
    let shown: Vec<(&str, &Value)> =
        members.iter().filter_map(|member| Some((*member, value.get(*member)?))).collect();
    html! {
        @if shown.is_empty() {
            @if !matches!(title, "Request" | "Response") { p { (title) } pre { (pretty(value)) } }
        } @else {
            @for (member, value) in shown {
                p class="note" { (title) " " (match member { "matchingRules" => "rules", other => other }) }
                pre { (pretty(value)) }
            }
        }
    }
}
