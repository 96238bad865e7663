//! What a run came to, in the form that every report reads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use billtest_verifier::{InteractionResult, Plan, PlannedInteraction, Summary};

use super::explain::{Explanation, Status};
use super::wording::counted;
use crate::exit::Exit;
use crate::verify::Run;

/// A run, explained.
pub(crate) struct Account<'a> {
    /// Address of the provider; empty if it never came to that.
    pub(crate) provider: &'a str,
    /// Every interaction of the plan, in the order of the pacts, whenever it was verified.
    pub(crate) explanations: Vec<Explanation<'a>>,
    /// The sums.
    pub(crate) summary: Summary,
    /// How many interactions the filter left out.
    pub(crate) left_out: usize,
    /// What kept the run, or a part of it, from being done at all.
    pub(crate) problems: &'a [String],
    /// How many of them are pacts that could not be read.
    pub(crate) unread: usize,
    /// How long it took.
    pub(crate) elapsed: Duration,
    /// How the command ends.
    pub(crate) exit: Exit,
}

/// The interactions of one pact.
pub(crate) struct PactAccount<'a, 'b> {
    pub(crate) source: &'a str,
    pub(crate) consumer: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) explanations: Vec<&'b Explanation<'a>>,
}

impl<'a> Account<'a> {
    /// `problems` begins with the pacts that could not be read and ends with those of the run.
    pub(crate) fn new(
        plan: &'a Plan,
        run: &'a Run,
        problems: &'a [String],
        elapsed: Duration,
        exit: Exit,
    ) -> Self {
        let address = |planned: &Arc<PlannedInteraction>| Arc::as_ptr(planned);
        let mut results: HashMap<*const PlannedInteraction, &InteractionResult> =
            run.results.iter().map(|result| (address(&result.planned), result)).collect();
        let unreached = if run.summary.interrupted > 0 { Status::Interrupted } else { Status::Skipped };
        let explanations = plan
            .interactions()
            .map(|planned| match results.remove(&address(planned)) {
                Some(result) => Explanation::of(result),
                // A report that is silent about it would look like a smaller pact.
                None => Explanation::left_out(planned, unreached),
            })
            .collect();
        let left_out = plan.left_out;
        Self {
            provider: &run.provider,
            explanations,
            summary: run.summary,
            left_out,
            problems,
            unread: problems.len() - run.problems.len(),
            elapsed,
            exit,
        }
    }

    /// A run that had nothing to do.
    pub(crate) fn empty(elapsed: Duration, exit: Exit) -> Self {
        Self {
            provider: "",
            explanations: Vec::new(),
            summary: Summary::default(),
            left_out: 0,
            problems: &[],
            unread: 0,
            elapsed,
            exit,
        }
    }

    /// A run that ended before its work.
    pub(crate) fn failed(problems: &'a [String], exit: Exit) -> Self {
        Self { problems, ..Self::empty(Duration::ZERO, exit) }
    }

    /// What has to be explained, in order.
    pub(crate) fn explained(&self) -> impl Iterator<Item = &Explanation<'a>> {
        self.explanations
            .iter()
            .filter(|explanation| explanation.status.is_explained() || explanation.teardown.is_some())
    }

    /// The interactions by pact, in order.
    pub(crate) fn pacts(&self) -> Vec<PactAccount<'a, '_>> {
        let mut pacts: Vec<PactAccount<'a, '_>> = Vec::new();
        for explanation in &self.explanations {
            let planned = explanation.planned;
            match pacts.last_mut() {
                Some(pact) if pact.source == planned.source => pact.explanations.push(explanation),
                _ => pacts.push(PactAccount {
                    source: &planned.source,
                    consumer: &planned.consumer,
                    provider: &planned.provider,
                    explanations: vec![explanation],
                }),
            }
        }
        pacts
    }

    pub(crate) fn count(&self, status: Status) -> usize {
        let summary = &self.summary;
        match status {
            Status::Verified => summary.verified,
            Status::Mismatched => summary.mismatched,
            Status::Pending => summary.pending,
            Status::StateFailed => summary.state_failed,
            Status::Unanswered => summary.unanswered,
            Status::Invalid => summary.invalid,
            Status::Interrupted => summary.interrupted,
            Status::Skipped => summary.skipped,
        }
    }

    /// Whether all is well.
    pub(crate) fn is_good(&self) -> bool {
        self.exit == Exit::Verified
    }

    /// The sums in words.
    pub(crate) fn sums(&self) -> String {
        let mut parts = vec![format!("{} verified", self.summary.verified)];
        if self.summary.flaky > 0 {
            parts.push(format!("{} of them flaky", self.summary.flaky));
        }
        for status in Status::ALL {
            let count = self.count(status);
            if count > 0 && status != Status::Verified {
                parts.push(format!("{count} {}", status.counted()));
            }
        }
        if self.left_out > 0 {
            parts.push(format!("{} left out by the filter", self.left_out));
        }
        parts.join(", ")
    }

    /// The unreadable pacts in words, if there are any.
    pub(crate) fn unread(&self) -> Option<String> {
        (self.unread > 0).then(|| format!("{} could not be read", counted(self.unread, "pact")))
    }

    /// How it ended, in a word or two.
    pub(crate) fn verdict(&self) -> &'static str {
        match self.exit {
            Exit::Verified if self.explanations.is_empty() => "nothing to verify",
            Exit::Verified => "verified",
            Exit::Interrupted => "interrupted",
            Exit::Nothing => "nothing to verify",
            Exit::Mismatch | Exit::Usage | Exit::Unreachable | Exit::State | Exit::Broker | Exit::Invalid => {
                "failed"
            }
        }
    }
}
