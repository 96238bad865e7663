//! Results as one page that needs nothing else: no network, no server, and no script to be read.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use billtest_verifier::{DiffMark, Received};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::Account;
use super::account::PactAccount;
use super::exchange::{self, Body, content_type};
use super::explain::{Explanation, Status, place, times};
use super::wording::{counted, cut, time};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Longest part of a body that the page shows.
const BODY_LIMIT: usize = 20_000;
/// How many differences of one interaction it shows.
const DIFFERENCE_LIMIT: usize = 1000;
/// Longest value that it shows beside its path.
const VALUE_LIMIT: usize = 2000;

pub(crate) fn render(account: &Account<'_>) -> String {
    page(account).into_string()
}

fn page(account: &Account<'_>) -> Markup {
    let verdict = account.verdict();
    let mut anchors = HashSet::new();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Contract verification: " (verdict) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { (head(account, verdict)) }
                main {
                    @if !account.problems.is_empty() { (problems(account.problems)) }
                    @if !account.explanations.is_empty() { (controls(account)) }
                    @for (number, pact) in account.pacts().iter().enumerate() { (pact_section(number, pact, &mut anchors)) }
                }
                footer { p.faint { "Written by billtest-verify " (env!("CARGO_PKG_VERSION")) "." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// Nothing is loaded and nothing is run but what this program wrote: whatever slipped through could still do nothing.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// The class that colours a status. Its word is always beside it.
fn class(status: Status) -> &'static str {
    match status {
        Status::Verified => "good",
        Status::Pending | Status::Interrupted | Status::Skipped => "notice",
        Status::Mismatched | Status::StateFailed | Status::Unanswered | Status::Invalid => "bad",
    }
}

fn head(account: &Account<'_>, verdict: &str) -> Markup {
    let (interactions, pacts) =
        (counted(account.explanations.len(), "interaction"), counted(account.pacts().len(), "pact"));
    html! {
        div.top {
            h1 { "Contract verification" }
            span.badge.(if account.is_good() { "good" } else { "bad" }) { (verdict) }
            @if !account.explanations.is_empty() {
                p.faint {
                    (interactions) " of " (pacts) " against " code { (exchange::url(account.provider)) }
                    " in " (time(account.elapsed))
                }
            }
        }
        @if !account.explanations.is_empty() {
            ul.sums aria-label="Sums" {
                @for status in Status::ALL {
                    @let count = account.count(status);
                    @if count > 0 || matches!(status, Status::Verified | Status::Mismatched) {
                        li class=[(count > 0).then(|| format!("count-{}", class(status)))] {
                            b { (count) } (status.word())
                        }
                    }
                }
            }
        }
    }
}

fn problems(problems: &[String]) -> Markup {
    html! {
        section aria-labelledby="problems" {
            h2 #problems { "Problems" }
            @for problem in problems { pre.problem { (problem) } }
        }
    }
}

/// Shown by the script: without it they could do nothing.
fn controls(account: &Account<'_>) -> Markup {
    html! {
        div #controls role="search" hidden {
            label { "Search" input #search type="search" autocomplete="off" placeholder="description, state, path, body"; }
            label {
                "Show"
                select #status autocomplete="off" {
                    option value="all" { "all results" }
                    option value="failed" { "all failures" }
                    @for status in Status::ALL {
                        @if account.count(status) > 0 { option value=(status.key()) { (status.word()) } }
                    }
                }
            }
            button #open type="button" { "Open all" }
            button #close type="button" { "Close all" }
            output #shown for="search status" aria-live="polite" {}
        }
    }
}

fn pact_section(number: usize, pact: &PactAccount<'_, '_>, anchors: &mut HashSet<String>) -> Markup {
    let heading = format!("pact-{number}");
    html! {
        section.pact aria-labelledby=(heading) {
            h2 id=(heading) { (pact.consumer) " \u{2192} " (pact.provider) " " small { (pact.source) } }
            @for explanation in &pact.explanations {
                // Two interactions may share an id; two elements of a page must not.
                (interaction(explanation, anchors.insert(explanation.id())))
            }
        }
    }
}

fn interaction(explanation: &Explanation<'_>, is_first: bool) -> Markup {
    let status = explanation.status;
    html! {
        details.interaction id=[is_first.then(|| format!("i-{}", explanation.id()))] data-status=(status.key())
            data-failed=(status.is_failure()) open[status.is_explained()] {
            summary {
                span.badge.(class(status)) { (status.word()) }
                h3 { (explanation.description()) small { (explanation.given()) } }
                small { (time(explanation.timings.total())) }
            }
            div.body { (details(explanation)) }
        }
    }
}

fn details(explanation: &Explanation<'_>) -> Markup {
    let states = explanation.states();
    html! {
        @if !states.is_empty() {
            h4 { "Given" }
            ul.given { @for state in states { li { (cut(&state, VALUE_LIMIT)) } } }
        }
        @for reason in explanation.reasons() { p.reason { (cut(reason, VALUE_LIMIT)) } }
        @if explanation.status == Status::Interrupted { p.reason { (explanation.headline()) } }
        @if !explanation.mismatches.is_empty() { (differences(explanation)) }
        (body_with_differences(explanation))
        @if let Some(exchange) = explanation.exchange {
            @let curl = exchange::Curl::of(&exchange.sent);
            h4 { "Request" }
            pre { code { (curl.line) } }
            @if let Some(note) = curl.note { p.faint { (note) } }
            @if let Some(received) = &exchange.received { (response(received)) }
        }
        p.meta.faint {
            "Time: " (times(&explanation.timings)) ". Id " code { (explanation.id()) }
            @if let Some(key) = &explanation.planned.interaction.key { ", key " code { (key) } }
        }
    }
}

fn differences(explanation: &Explanation<'_>) -> Markup {
    let (differences, more) = explanation.differences(DIFFERENCE_LIMIT);
    html! {
        // The roles are said, for on narrow screens the style takes them away.
        table.differences role="table" {
            caption { (counted(explanation.mismatches.len(), "difference")) }
            thead role="rowgroup" {
                tr role="row" {
                    @for name in ["Path", "Expected", "Actual", "Message"] {
                        th scope="col" role="columnheader" { (name) }
                    }
                }
            }
            tbody role="rowgroup" {
                @for mismatch in differences {
                    tr role="row" {
                        th scope="row" role="rowheader" { code { (place(mismatch)) } }
                        td.value.expected role="cell" data-label="Expected" { (cut(&mismatch.expected, VALUE_LIMIT)) }
                        td.value.actual role="cell" data-label="Actual" { (cut(&mismatch.actual, VALUE_LIMIT)) }
                        td role="cell" data-label="Message" {
                            (cut(&mismatch.message, VALUE_LIMIT))
                            @if let Some(rule) = &mismatch.rule {
                                span.faint { " (rule: " code { (cut(rule, VALUE_LIMIT)) } ")" }
                            }
                        }
                    }
                }
            }
        }
        @if let Some(more) = more { p.faint { (more) } }
    }
}

/// The mark before each line tells them apart without colour.
fn body_with_differences(explanation: &Explanation<'_>) -> Markup {
    let diff = explanation.diff();
    html! {
        @if !diff.is_empty() {
            h4 { "Body" }
            pre.diff {
                code {
                    @for (mark, line) in diff {
                        @match mark {
                            DiffMark::Expected => del { (line) },
                            DiffMark::Actual => ins { (line) },
                            DiffMark::Note => em { (line) },
                            DiffMark::Same => (line),
                        }
                        "\n"
                    }
                }
            }
        }
    }
}

fn response(received: &Received) -> Markup {
    let body = Body::of(&received.body).shown(BODY_LIMIT);
    html! {
        h4 { "Response " code { (received.status) " " (content_type(received)) } }
        @if !received.headers.is_empty() {
            details.headers {
                summary { (counted(received.headers.len(), "header")) }
                table {
                    tbody {
                        @for (name, value) in exchange::headers(&received.headers) {
                            tr { th scope="row" { (name) } td.value { (value) } }
                        }
                    }
                }
            }
        }
        @if body.is_empty() { p.faint { "No body." } } @else { pre { code { (body) } } }
    }
}
