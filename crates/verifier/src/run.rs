//! A whole plan, one interaction after the other.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{Executor, Failure, InteractionResult, Outcome, Plan};

/// Lets a run be told to stop: what is under way ends, its states are torn down, and the rest is left.
#[derive(Debug, Clone)]
pub struct Interrupt {
    told: watch::Receiver<bool>,
}

impl Interrupt {
    /// An interrupt and what tells it.
    #[must_use]
    pub fn channel() -> (watch::Sender<bool>, Self) {
        let (tell, told) = watch::channel(false);
        (tell, Self { told })
    }

    /// Whether the run was told to stop.
    #[must_use]
    pub fn is_told(&self) -> bool {
        *self.told.borrow()
    }

    /// Waits until the run is told to stop; for ever if nobody is left who could.
    pub(crate) async fn wait(&mut self) {
        if self.told.wait_for(|told| *told).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What a run came to, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// As agreed.
    pub verified: usize,
    /// The response differs.
    pub mismatched: usize,
    /// Differs, and is pending, so that it does not count.
    pub pending: usize,
    /// A state could not be set up or torn down.
    pub state_failed: usize,
    /// The provider gave no answer.
    pub unanswered: usize,
    /// The interaction could not be replayed as it stands.
    pub invalid: usize,
    /// Left out because the run was interrupted.
    pub interrupted: usize,
}

impl Summary {
    /// Counts one result.
    pub fn add(&mut self, result: &InteractionResult) {
        let count = match &result.outcome {
            Outcome::Interrupted => &mut self.interrupted,
            Outcome::Failed(Failure::State(_)) => &mut self.state_failed,
            Outcome::Failed(Failure::NoAnswer(_)) => &mut self.unanswered,
            Outcome::Failed(Failure::Invalid(_)) => &mut self.invalid,
            Outcome::Mismatched(_) if result.is_pending_failure() => &mut self.pending,
            Outcome::Mismatched(_) => &mut self.mismatched,
            Outcome::Verified if result.teardown.is_some() => &mut self.state_failed,
            Outcome::Verified => &mut self.verified,
        };
        *count += 1;
    }

    /// All that failed and counts.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.mismatched + self.state_failed + self.unanswered + self.invalid
    }
}

/// Verifies the plan in the order of its pacts, and tells each result as soon as it is there.
///
/// `tenants` begins the name of every tenant that is made up for an interaction under `tenant` isolation; it must
/// differ between runs against the same provider.
pub async fn run(
    plan: &Plan,
    executor: &Executor,
    tenants: &str,
    interrupt: Interrupt,
    mut tell: impl FnMut(&InteractionResult),
) -> Summary {
    let mut summary = Summary::default();
    let total = plan.len();
    for (number, planned) in plan.interactions().enumerate() {
        let tenant = format!("{tenants}-{number}");
        let result = executor.verify(&Arc::clone(planned), &tenant, interrupt.clone()).await;
        summary.add(&result);
        tell(&result);
        if interrupt.is_told() {
            summary.interrupted += total - number - 1;
            break;
        }
    }
    summary
}
