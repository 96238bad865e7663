//! Results for people: a line for each as it comes, then every failure in full, then the sum.

use std::time::Duration;

use anstyle::Style;
use billtest_verifier::{InteractionResult, Plan};
use indicatif::{ProgressBar, ProgressStyle};

use super::Account;
use super::exchange::url;
use super::explain::{Explanation, Line, Role, Status};
use super::wording::{counted, cut, one_line, time};
use crate::printer::{BAD, FAINT, GOOD, NOTICE, Printer, STRONG};

pub(crate) fn begin(plan: &Plan, provider: &str, mock: bool, states: &str, printer: &mut Printer) {
    let who = if mock { "the embedded mock provider at " } else { "" };
    let (interactions, pacts) = (plan.len(), plan.pacts.len());
    printer.progress(format_args!(
        "verifying {} of {} against {who}{}",
        counted(interactions, "interaction"),
        counted(pacts, "pact"),
        url(provider)
    ));
    if !mock {
        printer.progress(format_args!("{FAINT}provider states: {states}{FAINT:#}"));
    }
}

/// What is seen while a run goes on: a line for each result, and on a terminal how far it is.
pub(crate) struct Live {
    pact: Option<String>,
    bar: ProgressBar,
    slowest: Duration,
}

impl Live {
    pub(crate) fn new(total: usize, printer: &Printer) -> Self {
        // It draws on a terminal only.
        let bar =
            if printer.is_for_people() { ProgressBar::new(total as u64) } else { ProgressBar::hidden() };
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
            let description = cut(&one_line(&result.planned.interaction.description), 40);
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
        printer.progress("");
        printer.progress(format_args!(
            "{STRONG}{} -> {}{STRONG:#}  {FAINT}{}{FAINT:#}",
            planned.consumer, planned.provider, planned.source
        ));
        *pact = Some(planned.source.clone());
    }
    let explanation = Explanation::of(result);
    let (style, word) = match explanation.status {
        Status::Verified if result.attempts > 1 => (NOTICE, "flaky"),
        status => mark(status),
    };
    let tries = if result.attempts > 1 { format!(", at try {}", result.attempts) } else { String::new() };
    printer.progress(format_args!(
        "  {style}{word:<7}{style:#} {}{FAINT}{} ({}{tries}){FAINT:#}",
        explanation.description(),
        explanation.given(),
        time(result.timings.total())
    ));
    for remark in explanation.remarks() {
        printer.progress(format_args!("          {FAINT}{remark}{FAINT:#}"));
    }
}

fn mark(status: Status) -> (Style, &'static str) {
    match status {
        Status::Verified => (GOOD, "ok"),
        Status::Pending => (NOTICE, "pending"),
        Status::Interrupted => (NOTICE, "stopped"),
        Status::Skipped => (NOTICE, "skipped"),
        Status::Mismatched | Status::StateFailed | Status::Unanswered | Status::Invalid => (BAD, "FAILED"),
    }
}

/// Every failure in full, then the sum.
pub(crate) fn conclude(account: &Account<'_>, printer: &mut Printer) {
    for (number, explanation) in account.explained().enumerate() {
        printer.line("");
        explain(number + 1, explanation, printer);
    }
    printer.line("");
    let style = if account.is_good() { GOOD } else { BAD };
    let mut sums = account.sums();
    if let Some(unread) = account.unread() {
        sums = format!("{sums}, {unread}");
    }
    printer.line(format_args!("{style}{sums}{style:#} {FAINT}in {}{FAINT:#}", time(account.elapsed)));
}

fn explain(number: usize, explanation: &Explanation<'_>, printer: &mut Printer) {
    let planned = explanation.planned;
    let (style, _) = mark(explanation.status);
    printer.line(format_args!(
        "{style}{number}. {}{style:#}  {FAINT}{} -> {}, {}{FAINT:#}",
        explanation.description(),
        planned.consumer,
        planned.provider,
        planned.source
    ));
    for Line { lead, parts } in explanation.lines() {
        let mut line = format!("   {lead}");
        for (role, text) in parts {
            let style = style_of(role);
            line.push_str(&format!("{style}{text}{style:#}"));
        }
        printer.line(line);
    }
}

fn style_of(role: Role) -> Style {
    match role {
        Role::Plain => Style::new(),
        Role::Strong => STRONG,
        Role::Faint => FAINT,
        Role::Expected => GOOD,
        Role::Actual => BAD,
    }
}
