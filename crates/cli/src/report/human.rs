//! Results for people: a line for each as it comes, then every failure in full, then the sum.

use anstyle::Style;
use billtest_verifier::{InteractionResult, Plan, StateChangeUrl};

use super::Account;
use super::exchange::url;
use super::explain::{Explanation, Line, Role, Status};
use super::wording::{counted, time};
use crate::printer::{BAD, FAINT, GOOD, NOTICE, Printer, STRONG};

pub(crate) fn begin(
    plan: &Plan,
    provider: &str,
    mock: bool,
    states: Option<&StateChangeUrl>,
    printer: &mut Printer,
) {
    let who = if mock { "the embedded mock provider at " } else { "" };
    let (interactions, pacts) = (plan.len(), plan.pacts.len());
    printer.progress(format_args!(
        "verifying {} of {} against {who}{}",
        counted(interactions, "interaction"),
        counted(pacts, "pact"),
        url(provider)
    ));
    if let Some(states) = states.filter(|_| !mock) {
        printer.progress(format_args!("{FAINT}provider states: POST {}{FAINT:#}", url(&states.url)));
    }
}

/// What was shown last, so that a pact is named once above its interactions.
#[derive(Default)]
pub(crate) struct Shown {
    pact: Option<String>,
}

impl Shown {
    pub(crate) fn show(&mut self, result: &InteractionResult, printer: &mut Printer) {
        let planned = &result.planned;
        if self.pact.as_ref() != Some(&planned.source) {
            printer.progress("");
            printer.progress(format_args!(
                "{STRONG}{} -> {}{STRONG:#}  {FAINT}{}{FAINT:#}",
                planned.consumer, planned.provider, planned.source
            ));
            self.pact = Some(planned.source.clone());
        }
        let explanation = Explanation::of(result);
        let (style, word) = mark(explanation.status);
        printer.progress(format_args!(
            "  {style}{word:<7}{style:#} {}{FAINT}{} ({}){FAINT:#}",
            explanation.description(),
            explanation.given(),
            time(result.timings.total())
        ));
    }
}

fn mark(status: Status) -> (Style, &'static str) {
    match status {
        Status::Verified => (GOOD, "ok"),
        Status::Pending => (NOTICE, "pending"),
        Status::Interrupted => (NOTICE, "stopped"),
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
