//! Results for people: a line for each as it comes, then every failure in full, then the sum.

use std::time::Duration;

use anstyle::Style;
use billtest_verifier::{Exchange, InteractionResult, Mismatch, Outcome, Part, Plan};
use indicatif::{ProgressBar, ProgressStyle};

use super::{shown, status};
use crate::printer::{BAD, FAINT, GOOD, NOTICE, Printer, STRONG};
use crate::verify::Run;

/// Longest part of a body that is shown.
const BODY_LIMIT: usize = 2000;
/// Longest value that is shown beside its path.
const VALUE_LIMIT: usize = 200;

pub(crate) fn begin(plan: &Plan, provider: &str, mock: bool, states: &str, printer: &mut Printer) {
    let who = if mock { "the embedded mock provider at " } else { "" };
    let (interactions, pacts) = (plan.len(), plan.pacts.len());
    printer.line(format_args!(
        "verifying {} of {} against {who}{provider}",
        counted(interactions, "interaction"),
        counted(pacts, "pact")
    ));
    if !mock {
        printer.line(format_args!("{FAINT}provider states: {states}{FAINT:#}"));
    }
}

/// What is seen while a run goes on: a line for each result, and on a terminal how far it is.
pub(crate) struct Live {
    pact: Option<String>,
    bar: ProgressBar,
    slowest: Duration,
}

impl Live {
    pub(crate) fn new(total: usize) -> Self {
        // On a terminal only; elsewhere it draws nothing.
        let bar = ProgressBar::new(total as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {per_sec}  {msg}") {
            bar.set_style(style);
        }
        Self { pact: None, bar, slowest: Duration::ZERO }
    }

    /// One more is over.
    pub(crate) fn progress(&mut self, result: &InteractionResult, done: usize, running: usize) {
        self.bar.set_position(done as u64);
        if result.timings.total() > self.slowest {
            self.slowest = result.timings.total();
            let description = cut(&result.planned.interaction.description, 40);
            self.bar
                .set_message(format!("{running} under way, slowest {}: {description}", time(self.slowest)));
        }
    }

    /// A result whose turn it is.
    pub(crate) fn show(&mut self, result: &InteractionResult, printer: &mut Printer) {
        let pact = &mut self.pact;
        self.bar.suspend(|| show(pact, result, printer));
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn show(pact: &mut Option<String>, result: &InteractionResult, printer: &mut Printer) {
    let planned = &result.planned;
    // A pact is named once above its interactions.
    if pact.as_ref() != Some(&planned.source) {
        printer.line("");
        printer.line(format_args!(
            "{STRONG}{} -> {}{STRONG:#}  {FAINT}{}{FAINT:#}",
            planned.consumer, planned.provider, planned.source
        ));
        *pact = Some(planned.source.clone());
    }
    let (style, word) = mark(result);
    let states: Vec<&str> = planned.interaction.states.iter().map(|state| state.name.as_str()).collect();
    let given = if states.is_empty() { String::new() } else { format!(", given {}", states.join(", ")) };
    let tries = if result.attempts > 1 { format!(", at try {}", result.attempts) } else { String::new() };
    printer.line(format_args!(
        "  {style}{word:<7}{style:#} {}{FAINT}{given} ({}{tries}){FAINT:#}",
        planned.interaction.description,
        time(result.timings.total())
    ));
}

fn mark(result: &InteractionResult) -> (Style, &'static str) {
    match status(result) {
        "verified" if result.attempts > 1 => (NOTICE, "flaky"),
        "verified" => (GOOD, "ok"),
        "pending" => (NOTICE, "pending"),
        "interrupted" => (NOTICE, "stopped"),
        _ => (BAD, "FAILED"),
    }
}

pub(crate) fn conclude(
    run: &Run,
    problems: usize,
    left_out: usize,
    elapsed: Duration,
    printer: &mut Printer,
) {
    let failures: Vec<&InteractionResult> = run
        .results
        .iter()
        .filter(|result| !result.is_verified() && !matches!(result.outcome, Outcome::Interrupted))
        .collect();
    for (number, result) in failures.iter().enumerate() {
        printer.line("");
        explain(number + 1, result, printer);
    }
    printer.line("");
    let summary = &run.summary;
    let style = if summary.failed() + problems + summary.interrupted > 0 { BAD } else { GOOD };
    let mut parts = vec![format!("{} verified", summary.verified)];
    for (count, what) in [
        (summary.mismatched, "mismatched"),
        (summary.state_failed, "without their state"),
        (summary.unanswered, "without an answer"),
        (summary.invalid, "cannot be replayed"),
        (summary.pending, "pending"),
        (summary.flaky, "of them flaky"),
        (summary.interrupted, "not verified, interrupted"),
        (summary.skipped, "not verified after the first failure"),
        (left_out, "left out by the filter"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    if problems > 0 {
        parts.push(format!("{} could not be read", counted(problems, "pact")));
    }
    printer.line(format_args!("{style}{}{style:#} {FAINT}in {}{FAINT:#}", parts.join(", "), time(elapsed)));
}

fn explain(number: usize, result: &InteractionResult, printer: &mut Printer) {
    let planned = &result.planned;
    let interaction = &planned.interaction;
    let (style, _) = mark(result);
    printer.line(format_args!(
        "{style}{number}. {}{style:#}  {FAINT}{} -> {}, {}{FAINT:#}",
        interaction.description, planned.consumer, planned.provider, planned.source
    ));
    for state in &interaction.states {
        let params: Vec<String> = {
            let mut params: Vec<_> = state.params.iter().collect();
            params.sort_by_key(|(name, _)| name.as_str());
            params.iter().map(|(name, value)| format!("{name} = {value}")).collect()
        };
        let with = if params.is_empty() { String::new() } else { format!(" ({})", params.join(", ")) };
        printer.line(format_args!("   given {}{with}", state.name));
    }
    match &result.outcome {
        Outcome::Mismatched(mismatches) => {
            for mismatch in mismatches {
                explain_mismatch(mismatch, printer);
            }
        }
        Outcome::Failed(failure) => printer.line(format_args!("   {BAD}{failure}{BAD:#}")),
        Outcome::Verified | Outcome::Interrupted => {}
    }
    if let Some(error) = &result.teardown {
        printer.line(format_args!("   {BAD}{error}{BAD:#}"));
    }
    if let Some(exchange) = &result.exchange {
        explain_exchange(exchange, printer);
    }
    let timings = &result.timings;
    printer.line(format_args!(
        "   {FAINT}time: state {}, request {}, matching {}{FAINT:#}",
        time(timings.state),
        time(timings.request),
        time(timings.matching)
    ));
}

fn explain_mismatch(mismatch: &Mismatch, printer: &mut Printer) {
    let place = match mismatch.part {
        Part::Status => "status".to_owned(),
        Part::Header => format!("header {}", mismatch.path),
        Part::Metadata => format!("metadata {}", mismatch.path),
        Part::Body => mismatch.path.clone(),
        Part::Request => "request".to_owned(),
    };
    printer.line(format_args!("   {STRONG}{place}{STRONG:#}  {}", cut(&mismatch.message, VALUE_LIMIT)));
    printer.line(format_args!("     expected  {GOOD}{}{GOOD:#}", cut(&mismatch.expected, VALUE_LIMIT)));
    printer.line(format_args!("     actual    {BAD}{}{BAD:#}", cut(&mismatch.actual, VALUE_LIMIT)));
}

fn explain_exchange(exchange: &Exchange, printer: &mut Printer) {
    printer.line(format_args!("   request   {}", curl(exchange)));
    let Some(received) = &exchange.received else { return };
    let content_type = received
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value);
    let content_type = content_type.map_or_else(|| "no content type".to_owned(), Clone::clone);
    printer.line(format_args!("   response  {} {content_type}", received.status));
    if !received.body.is_empty() {
        let text = match std::str::from_utf8(&received.body) {
            Ok(text) => cut(text.trim_end(), BODY_LIMIT),
            Err(_) => format!("({} bytes that are no text)", received.body.len()),
        };
        for line in text.lines() {
            printer.line(format_args!("     {line}"));
        }
    }
}

/// The request as a line for a shell.
fn curl(exchange: &Exchange) -> String {
    let sent = &exchange.sent;
    let mut line = String::from("curl -i");
    if sent.method != "GET" {
        line.push_str(&format!(" -X {}", sent.method));
    }
    for (name, value) in &sent.headers {
        line.push_str(&format!(" -H {}", quoted(&format!("{name}: {}", shown(name, value)))));
    }
    if let Some(body) = &sent.body {
        line.push_str(&format!(" --data-binary {}", quoted(&String::from_utf8_lossy(body))));
    }
    line.push(' ');
    line.push_str(&quoted(&sent.url));
    line
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What of a text can be shown: control characters would reach the terminal, and long texts bury the rest.
fn cut(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    let mut shown: String =
        text.chars().take(limit).map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    if count > limit {
        shown.push_str(&format!(" ... ({} more characters)", count - limit));
    }
    shown
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn time(duration: Duration) -> String {
    match duration.as_micros() {
        micros @ 0..=9_999 => format!("{:.1} ms", micros as f64 / 1e3),
        micros @ 10_000..=999_999 => format!("{} ms", micros / 1000),
        micros => format!("{:.1} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_sends_cannot_steer_the_terminal() {
        assert_eq!(cut("\u{1b}[2Jx\r", 10), "\u{fffd}[2Jx\u{fffd}");
        assert_eq!(cut("abcdef", 3), "abc ... (3 more characters)");
    }

    #[test]
    fn a_request_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
