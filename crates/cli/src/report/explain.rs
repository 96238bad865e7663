//! How a result is explained: the one place that decides what a reader is told about it. Reports differ in their
//! form, not in their content.

use std::borrow::Cow;
use std::fmt::Write as _;

use billtest_contract::write::sorted;
use billtest_verifier::{
    DiffMark, Exchange, Failure, InteractionResult, Mismatch, Outcome, Part, PlannedInteraction, Timings,
    body_diff,
};
use serde_json::{Value, json};

use super::exchange::{self, Body, Curl, content_type, sha256};
use super::wording::{counted, cut, one_line, time};

/// Longest part of a body that plain text shows.
pub(crate) const BODY_LIMIT: usize = 2000;
/// Longest value that plain text shows beside its path.
pub(crate) const VALUE_LIMIT: usize = 200;
/// How many differences of one interaction plain text shows.
pub(crate) const DIFFERENCE_LIMIT: usize = 100;
/// How many lines of a body with its differences are shown.
const DIFF_LIMIT: usize = 80;
/// How many digits of the hash make an id.
const ID_LENGTH: usize = 16;

/// What became of an interaction, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Verified,
    Mismatched,
    Pending,
    StateFailed,
    Unanswered,
    Invalid,
    Interrupted,
    Skipped,
}

impl Status {
    /// Every status, the worst first.
    pub(crate) const ALL: [Self; 8] = [
        Self::Mismatched,
        Self::StateFailed,
        Self::Unanswered,
        Self::Invalid,
        Self::Pending,
        Self::Interrupted,
        Self::Skipped,
        Self::Verified,
    ];

    pub(crate) fn of(result: &InteractionResult) -> Self {
        match &result.outcome {
            _ if result.is_pending_failure() => Self::Pending,
            Outcome::Verified if result.teardown.is_some() => Self::StateFailed,
            Outcome::Verified => Self::Verified,
            Outcome::Mismatched(_) => Self::Mismatched,
            Outcome::Failed(Failure::State(_)) => Self::StateFailed,
            Outcome::Failed(Failure::NoAnswer(_)) => Self::Unanswered,
            Outcome::Failed(Failure::Invalid(_) | Failure::NotCompared(_)) => Self::Invalid,
            Outcome::Interrupted => Self::Interrupted,
        }
    }

    /// The word for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Mismatched => "mismatched",
            Self::Pending => "pending",
            Self::StateFailed => "state failed",
            Self::Unanswered => "unanswered",
            Self::Invalid => "invalid",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
        }
    }

    /// The word for programs.
    pub(crate) fn key(self) -> &'static str {
        if self == Self::StateFailed { "state_failed" } else { self.word() }
    }

    /// What a number of such interactions are, in a sum.
    pub(crate) fn counted(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Mismatched => "mismatched",
            Self::StateFailed => "without their state",
            Self::Unanswered => "without an answer",
            Self::Invalid => "without a verdict",
            Self::Pending => "pending",
            Self::Interrupted => "not verified, interrupted",
            Self::Skipped => "not verified after the first failure",
        }
    }

    /// Whether it makes the run fail by itself.
    pub(crate) fn is_failure(self) -> bool {
        match self {
            Self::Mismatched | Self::StateFailed | Self::Unanswered | Self::Invalid => true,
            Self::Verified | Self::Pending | Self::Interrupted | Self::Skipped => false,
        }
    }

    /// Whether there is something to explain.
    pub(crate) fn is_explained(self) -> bool {
        self.is_failure() || self == Self::Pending
    }
}

/// What a reader is told about one interaction.
pub(crate) struct Explanation<'a> {
    /// Which one.
    pub(crate) planned: &'a PlannedInteraction,
    /// What became of it.
    pub(crate) status: Status,
    /// What differs.
    pub(crate) mismatches: Vec<Cow<'a, Mismatch>>,
    /// Why there was nothing to compare.
    pub(crate) reason: Option<String>,
    /// What could not be cleaned up.
    pub(crate) teardown: Option<String>,
    /// What was sent and what came; only where something is to be explained.
    pub(crate) exchange: Option<&'a Exchange>,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Where the time went.
    pub(crate) timings: Timings,
}

impl<'a> Explanation<'a> {
    pub(crate) fn of(result: &'a InteractionResult) -> Self {
        let (mismatches, reason) = match &result.outcome {
            Outcome::Mismatched(all) => (all.iter().map(exchange::mismatch).collect(), None),
            Outcome::Failed(failure) => (Vec::new(), Some(failure.to_string())),
            Outcome::Verified | Outcome::Interrupted => (Vec::new(), None),
        };
        Self {
            planned: &result.planned,
            status: Status::of(result),
            mismatches,
            reason,
            teardown: result.teardown.as_ref().map(ToString::to_string),
            exchange: result.exchange.as_ref().filter(|_| !result.is_verified()),
            attempts: result.attempts,
            timings: result.timings,
        }
    }

    /// For an interaction whose turn never came.
    pub(crate) fn left_out(planned: &'a PlannedInteraction, status: Status) -> Self {
        Self {
            planned,
            status,
            mismatches: Vec::new(),
            reason: None,
            teardown: None,
            exchange: None,
            attempts: 0,
            timings: Timings::default(),
        }
    }

    /// A hash of what the interaction is to its consumer and provider, not of its position, its file or its content:
    /// the same in every run.
    pub(crate) fn id(&self) -> String {
        let planned = self.planned;
        let interaction = &planned.interaction;
        let states: Vec<Value> =
            interaction.states.iter().map(|state| json!([state.name, state.params])).collect();
        let identity = json!([planned.consumer, planned.provider, interaction.description, states]);
        let mut id = sha256(sorted(identity).to_string().as_bytes());
        id.truncate(ID_LENGTH);
        id
    }

    pub(crate) fn description(&self) -> String {
        one_line(&self.planned.interaction.description)
    }

    /// The names of the provider states: `, given A, B`, or nothing.
    pub(crate) fn given(&self) -> String {
        let names: Vec<String> =
            self.planned.interaction.states.iter().map(|state| one_line(&state.name)).collect();
        if names.is_empty() { String::new() } else { format!(", given {}", names.join(", ")) }
    }

    /// The provider states, each with its parameters: `A (id = 1)`.
    pub(crate) fn states(&self) -> Vec<String> {
        let states = self.planned.interaction.states.iter();
        states
            .map(|state| {
                let mut params: Vec<_> = state.params.iter().collect();
                params.sort_by_key(|(name, _)| name.as_str());
                let params: Vec<String> =
                    params.iter().map(|(name, value)| format!("{} = {value}", one_line(name))).collect();
                let with =
                    if params.is_empty() { String::new() } else { format!(" ({})", params.join(", ")) };
                format!("{}{with}", one_line(&state.name))
            })
            .collect()
    }

    /// The first differences, and a note on those that are left out: a list of ten thousand wrong items says no more
    /// than its beginning.
    pub(crate) fn differences(&self, limit: usize) -> (&[Cow<'a, Mismatch>], Option<String>) {
        match self.mismatches.split_at_checked(limit) {
            Some((shown, more)) if !more.is_empty() => {
                (shown, Some(format!("and {}", counted(more.len(), "more difference"))))
            }
            _ => (&self.mismatches, None),
        }
    }

    /// What is wrong besides the response.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = &String> {
        self.reason.iter().chain(&self.teardown)
    }

    /// The body that came, with what differs marked in its place: lines that begin with their mark. Nothing if the
    /// body is no JSON or differs as a whole.
    pub(crate) fn diff(&self) -> Vec<(DiffMark, String)> {
        let Some(received) = self.exchange.and_then(|exchange| exchange.received.as_ref()) else {
            return Vec::new();
        };
        let mismatches: Vec<&Mismatch> = self.mismatches.iter().map(AsRef::as_ref).collect();
        let (lines, left_out) = body_diff(&received.body, &mismatches, DIFF_LIMIT);
        let mut shown: Vec<(DiffMark, String)> = lines
            .into_iter()
            .map(|line| {
                let text = one_line(&cut(&line.text, VALUE_LIMIT));
                (line.mark, format!("{} {text}", line.mark.sign()))
            })
            .collect();
        if left_out > 0 {
            shown.push((DiffMark::Note, format!("! and {}", counted(left_out, "more line"))));
        }
        shown
    }

    pub(crate) fn curl(&self) -> Option<Curl> {
        self.exchange.map(|exchange| Curl::of(&exchange.sent))
    }

    /// What went wrong, in a sentence.
    pub(crate) fn headline(&self) -> String {
        let first = match (self.mismatches.first(), self.reasons().next()) {
            (Some(mismatch), _) => one_line(&cut(&sentence(mismatch), VALUE_LIMIT)),
            (None, Some(reason)) => one_line(&cut(reason, VALUE_LIMIT)),
            (None, None) if self.status == Status::Interrupted => {
                "the run was interrupted before it was verified".to_owned()
            }
            (None, None) if self.status == Status::Skipped => "another failed before its turn".to_owned(),
            (None, None) => self.status.word().to_owned(),
        };
        match (self.mismatches.len() + self.reasons().count()).saturating_sub(1) {
            0 => first,
            more => format!("{first} (and {more} more)"),
        }
    }

    /// What the consumer left in the pact for whoever verifies it: its test, and its comments.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let interaction = &self.planned.interaction;
        let test = interaction.test.iter().map(|test| format!("test: {}", cut(&one_line(test), VALUE_LIMIT)));
        let comments = interaction.comments.iter().map(|comment| cut(&one_line(comment), VALUE_LIMIT));
        test.chain(comments).collect()
    }

    /// All that plain text tells, below the title.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> =
            self.states().into_iter().map(|state| Line::new("given ").then(Role::Plain, state)).collect();
        lines.extend(self.remarks().into_iter().map(|remark| Line::new("").then(Role::Faint, remark)));
        let (differences, more) = self.differences(DIFFERENCE_LIMIT);
        for mismatch in differences {
            let line = Line::new("").then(Role::Strong, place(mismatch));
            lines.push(line.then(Role::Plain, format!("  {}", cut(&mismatch.message, VALUE_LIMIT))));
            let rule = mismatch
                .rule
                .as_ref()
                .map_or_else(String::new, |rule| format!("  by {}", cut(rule, VALUE_LIMIT)));
            let line = Line::new("  expected  ").then(Role::Expected, cut(&mismatch.expected, VALUE_LIMIT));
            lines.push(line.then(Role::Faint, rule));
            lines.push(Line::new("  actual    ").then(Role::Actual, cut(&mismatch.actual, VALUE_LIMIT)));
        }
        lines.extend(more.map(|more| Line::new("").then(Role::Faint, more)));
        for reason in self.reasons() {
            lines.push(Line::new("").then(Role::Actual, cut(reason, BODY_LIMIT)));
        }
        let diff = self.diff();
        if !diff.is_empty() {
            let legend = Line::new("body  ").then(Role::Expected, "- agreed".to_owned());
            lines.push(legend.then(Role::Actual, "  + came".to_owned()));
            lines.extend(diff.into_iter().map(|(mark, text)| Line::new("  ").then(role(mark), text)));
        }
        if let Some(curl) = self.curl() {
            lines.push(Line::new("request   ").then(Role::Plain, curl.line));
            lines.extend(curl.note.map(|note| Line::new("          ").then(Role::Faint, note)));
        }
        if let Some(received) = self.exchange.and_then(|exchange| exchange.received.as_ref()) {
            let about = format!("{} {}", received.status, one_line(content_type(received)));
            lines.push(Line::new("response  ").then(Role::Plain, about));
            let body = Body::of(&received.body).shown(BODY_LIMIT);
            lines.extend(body.lines().map(|line| Line::new("  ").then(Role::Plain, line.to_owned())));
        }
        lines.push(Line::new("").then(Role::Faint, format!("time: {}", times(&self.timings))));
        lines
    }

    /// The same without colours.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for Line { lead, parts } in self.lines() {
            let _ =
                writeln!(text, "{lead}{}", parts.iter().map(|(_, part)| part.as_str()).collect::<String>());
        }
        text
    }
}

/// A line of plain text, in parts that a terminal may colour.
pub(crate) struct Line {
    pub(crate) lead: &'static str,
    pub(crate) parts: Vec<(Role, String)>,
}

impl Line {
    fn new(lead: &'static str) -> Self {
        Self { lead, parts: Vec::new() }
    }

    fn then(mut self, role: Role, text: String) -> Self {
        self.parts.push((role, text));
        self
    }
}

/// What a part of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    Strong,
    Faint,
    Expected,
    Actual,
}

fn role(mark: DiffMark) -> Role {
    match mark {
        DiffMark::Same => Role::Plain,
        DiffMark::Expected => Role::Expected,
        DiffMark::Actual => Role::Actual,
        DiffMark::Note => Role::Faint,
    }
}

/// Where a difference is.
pub(crate) fn place(mismatch: &Mismatch) -> String {
    match mismatch.part {
        Part::Status => "status".to_owned(),
        Part::Header => format!("header {}", one_line(&mismatch.path)),
        Part::Metadata => format!("metadata {}", one_line(&mismatch.path)),
        Part::Body => one_line(&mismatch.path),
        Part::Request => "request".to_owned(),
    }
}

/// Where a difference is, and what it is.
pub(crate) fn sentence(mismatch: &Mismatch) -> String {
    format!("{}: {}", place(mismatch), mismatch.message)
}

/// Where the time went.
pub(crate) fn times(timings: &Timings) -> String {
    let (state, request, matching) = (time(timings.state), time(timings.request), time(timings.matching));
    format!("state {state}, request {request}, matching {matching}")
}
