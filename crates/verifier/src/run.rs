//! A whole schedule: what is under way at once, and in which order it is told.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::execute::SetUp;
use crate::schedule::{Phase, Schedule};
use crate::{Executor, Failure, InteractionResult, Outcome, Plan, PlannedInteraction, StateError};

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
    pub async fn wait(&mut self) {
        if self.told.wait_for(|told| *told).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// How many interactions may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// As many as make the run faster; found out on the way.
    Adaptive,
    /// This many.
    Fixed(usize),
}

/// How a plan is run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// How many interactions may be under way at once.
    pub jobs: Jobs,
    /// Whether the first failure that counts ends the run.
    pub fail_fast: bool,
    /// How often an interaction that failed is tried again.
    pub retries: u32,
    /// What the name of every tenant begins with that is made up for an interaction under `tenant` isolation. It
    /// must differ between runs against the same provider.
    pub tenants: String,
}

/// What happens during a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// An interaction is over. In the order in which they end.
    Finished {
        /// Its result.
        result: &'a InteractionResult,
        /// How many are over.
        done: usize,
        /// How many there are.
        total: usize,
        /// How many are under way.
        running: usize,
    },
    /// The same, in the order of the schedule.
    Result(Box<InteractionResult>),
}

/// What a run came to, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// As agreed.
    pub verified: usize,
    /// Of those, the ones that were not at the first try.
    pub flaky: usize,
    /// The response differs.
    pub mismatched: usize,
    /// Failed, and is pending, so that it does not count.
    pub pending: usize,
    /// A state could not be set up or torn down.
    pub state_failed: usize,
    /// The provider gave no answer.
    pub unanswered: usize,
    /// The interaction could not be replayed as it stands, or its answer not be compared.
    pub invalid: usize,
    /// Left out because the run was interrupted.
    pub interrupted: usize,
    /// Left out because another failed and the first failure was to end the run.
    pub skipped: usize,
}

impl Summary {
    /// Counts one result.
    pub fn add(&mut self, result: &InteractionResult) {
        *self.count(result) += 1;
        self.flaky += usize::from(result.is_verified() && result.attempts > 1);
    }

    /// Takes back a result that was counted.
    fn remove(&mut self, result: &InteractionResult) {
        *self.count(result) -= 1;
        self.flaky -= usize::from(result.is_verified() && result.attempts > 1);
    }

    fn count(&mut self, result: &InteractionResult) -> &mut usize {
        match &result.outcome {
            Outcome::Interrupted => &mut self.interrupted,
            _ if result.is_pending_failure() => &mut self.pending,
            Outcome::Failed(Failure::State(_)) => &mut self.state_failed,
            Outcome::Failed(Failure::NoAnswer(_)) => &mut self.unanswered,
            Outcome::Failed(Failure::Invalid(_) | Failure::NotCompared(_)) => &mut self.invalid,
            Outcome::Mismatched(_) => &mut self.mismatched,
            Outcome::Verified if result.teardown.is_some() => &mut self.state_failed,
            Outcome::Verified => &mut self.verified,
        }
    }

    /// All that failed and counts.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.mismatched + self.state_failed + self.unanswered + self.invalid
    }
}

/// Verifies the plan, and tells each result as soon as it is there.
pub async fn run(
    plan: &Plan,
    executor: &Arc<Executor>,
    options: &RunOptions,
    interrupt: Interrupt,
    tell: impl FnMut(Event<'_>),
) -> Summary {
    let mut dispatcher = Dispatcher {
        executor: Arc::clone(executor),
        options: options.clone(),
        interrupt,
        tell,
        summary: Summary::default(),
        total: plan.len(),
        done: 0,
        limit: Limit::new(options.jobs),
    };
    for phase in Schedule::new(plan).phases {
        if dispatcher.is_over() {
            break;
        }
        match phase {
            Phase::Tenants(all) => dispatcher.alone(all).await,
            Phase::Exclusive(all) => {
                for planned in all {
                    if dispatcher.is_over() {
                        break;
                    }
                    dispatcher.alone(vec![planned]).await;
                }
            }
            Phase::Shared(all) => dispatcher.under_shared_states(all).await,
        }
    }
    let left = dispatcher.total - dispatcher.done;
    if dispatcher.interrupt.is_told() {
        dispatcher.summary.interrupted += left;
    } else {
        dispatcher.summary.skipped += left;
    }
    dispatcher.summary
}

/// Starts interactions, collects them, and puts their results in order.
struct Dispatcher<T> {
    executor: Arc<Executor>,
    options: RunOptions,
    interrupt: Interrupt,
    tell: T,
    summary: Summary,
    total: usize,
    done: usize,
    limit: Limit,
}

impl<T: FnMut(Event<'_>)> Dispatcher<T> {
    fn is_over(&self) -> bool {
        self.interrupt.is_told() || (self.options.fail_fast && self.summary.failed() > 0)
    }

    /// Sets the states up once for each tenant that the requests name, at one instance: it alone is sure to have
    /// them.
    async fn under_shared_states(&mut self, all: Vec<Arc<PlannedInteraction>>) {
        let executor = Arc::clone(&self.executor);
        let instance = all.first().map_or(0, |first| first.number);
        let mut set_ups: Vec<(Arc<PlannedInteraction>, Arc<SetUp>)> = Vec::new();
        let mut under = Vec::with_capacity(all.len());
        for planned in all {
            if self.interrupt.is_told() {
                break;
            }
            let place = executor.place(&planned, "", instance);
            let same =
                |(first, _): &&(Arc<PlannedInteraction>, _)| executor.place(first, "", instance) == place;
            let set_up = match set_ups.iter().find(same) {
                Some((_, set_up)) => Arc::clone(set_up),
                None => {
                    let set_up = Arc::new(executor.set_up(&planned, place, self.interrupt.clone()).await);
                    set_ups.push((Arc::clone(&planned), Arc::clone(&set_up)));
                    set_up
                }
            };
            under.push((planned, Some(Shared { set_up, instance })));
        }
        let mut held = self.at_once(under).await;
        let mut error = None;
        for (planned, set_up) in set_ups.iter().rev() {
            let place = executor.place(planned, "", instance);
            error = StateError::and(error, executor.tear_down(planned, place, set_up).await);
        }
        if let Some(error) = error {
            // No one interaction is to blame; the first that is still to be told tells it, and the run fails.
            let blamed = match held.pop_front() {
                Some(mut blamed) => {
                    self.summary.remove(&blamed);
                    blamed.teardown = StateError::and(blamed.teardown, Some(error));
                    Some(blamed)
                }
                // The run was told to stop between set-up and the first request.
                None => set_ups.pop().map(|(planned, _)| {
                    self.done += 1;
                    let mut stopped = InteractionResult::new(planned, Outcome::Interrupted);
                    stopped.teardown = Some(error);
                    stopped
                }),
            };
            if let Some(blamed) = blamed {
                self.summary.add(&blamed);
                held.push_front(blamed);
            }
        }
        for result in held {
            (self.tell)(Event::Result(Box::new(result)));
        }
    }

    /// The same under states of their own.
    async fn alone(&mut self, all: Vec<Arc<PlannedInteraction>>) {
        for result in self.at_once(all.into_iter().map(|planned| (planned, None)).collect()).await {
            (self.tell)(Event::Result(Box::new(result)));
        }
    }

    /// Runs these beside each other, under states that are set up already or each under its own. The last result in
    /// order that counts is not told yet, nor what comes after it, because something may have to be said with it.
    async fn at_once(
        &mut self,
        all: Vec<(Arc<PlannedInteraction>, Option<Shared>)>,
    ) -> VecDeque<InteractionResult> {
        // Of a pending interaction nothing makes a run fail.
        let counts = |(planned, _): &(Arc<PlannedInteraction>, _)| !planned.interaction.pending;
        let hold_from = all.iter().rposition(counts).unwrap_or(all.len().saturating_sub(1));
        let mut running = JoinSet::new();
        let mut started = HashMap::new();
        let mut waiting = all.into_iter().enumerate();
        let mut ready = BTreeMap::new();
        let mut next = 0;
        let mut held: VecDeque<InteractionResult> = VecDeque::new();
        loop {
            while running.len() < self.limit.now() && !self.is_over() {
                let Some((position, (planned, shared))) = waiting.next() else { break };
                let task = attempt(
                    Arc::clone(&self.executor),
                    Arc::clone(&planned),
                    shared,
                    self.options.clone(),
                    self.interrupt.clone(),
                );
                let id = running.spawn(task).id();
                started.insert(id, (position, planned));
            }
            let Some(joined) = running.join_next_with_id().await else { break };
            let id = match &joined {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            let Some((position, planned)) = started.remove(&id) else { continue };
            let result =
                joined.map_or_else(|error| InteractionResult::lost(planned, &error), |(_, result)| result);
            self.done += 1;
            self.summary.add(&result);
            self.limit.learn(running.len());
            (self.tell)(Event::Finished {
                result: &result,
                done: self.done,
                total: self.total,
                running: running.len(),
            });
            ready.insert(position, result);
            while let Some(result) = ready.remove(&next) {
                // One is always kept back: the run may end before its turn comes to the last that counts.
                held.push_back(result);
                next += 1;
                if next <= hold_from + 1
                    && held.len() > 1
                    && let Some(result) = held.pop_front()
                {
                    (self.tell)(Event::Result(Box::new(result)));
                }
            }
        }
        held
    }
}

/// States that are set up for several interactions, and where.
struct Shared {
    set_up: Arc<SetUp>,
    instance: usize,
}

/// One interaction, tried again as often as allowed.
async fn attempt(
    executor: Arc<Executor>,
    planned: Arc<PlannedInteraction>,
    shared: Option<Shared>,
    options: RunOptions,
    interrupt: Interrupt,
) -> InteractionResult {
    let mut attempts = 0;
    let mut teardown = None;
    loop {
        attempts += 1;
        // Each try has a tenant of its own: what the last one left is not there.
        let tenant = if attempts == 1 {
            format!("{}-{}", options.tenants, planned.number)
        } else {
            format!("{}-{}-{attempts}", options.tenants, planned.number)
        };
        let mut result = match &shared {
            None => executor.verify(&planned, &tenant, interrupt.clone()).await,
            Some(shared) => {
                let place = executor.place(&planned, "", shared.instance);
                executor.replay(&planned, place, &shared.set_up, interrupt.clone()).await
            }
        };
        result.attempts = attempts;
        // What an earlier try left behind is still there.
        teardown = teardown.or(result.teardown);
        result.teardown = teardown.clone();
        let settled =
            matches!(result.outcome, Outcome::Verified) || matches!(result.outcome, Outcome::Interrupted);
        if settled || attempts > options.retries || interrupt.is_told() {
            return result;
        }
    }
}

/// How many may be under way at once.
///
/// Adaptive: it begins low and doubles as long as that makes the run faster. Whoever answers quickly is soon as busy
/// as he can be, and more would only wait in line; whoever answers slowly has time for many.
#[derive(Debug)]
struct Limit {
    now: usize,
    adaptive: bool,
    window: usize,
    since: Instant,
    best: f64,
}

impl Limit {
    /// Where the adaptive limit begins, and where it ends.
    const FIRST: usize = 8;
    const LAST: usize = 128;
    /// What doubling must gain to be kept.
    const GAIN: f64 = 1.15;

    fn new(jobs: Jobs) -> Self {
        let (now, adaptive) = match jobs {
            Jobs::Adaptive => (Self::FIRST, true),
            Jobs::Fixed(jobs) => (jobs.max(1), false),
        };
        Self { now, adaptive, window: 0, since: Instant::now(), best: 0.0 }
    }

    fn now(&self) -> usize {
        self.now
    }

    /// Learns from one more that is over, with so many still under way.
    fn learn(&mut self, running: usize) {
        // A phase that is running out, or has only one at a time, says nothing about more.
        if !self.adaptive || running + 1 < self.now {
            self.window = 0;
            self.since = Instant::now();
            return;
        }
        self.window += 1;
        if self.window < self.now {
            return;
        }
        let took = self.since.elapsed().max(Duration::from_micros(1));
        let rate = self.window as f64 / took.as_secs_f64();
        if rate > self.best * Self::GAIN && self.now < Self::LAST {
            self.best = rate;
            self.now *= 2;
        } else {
            self.adaptive = false;
        }
        self.window = 0;
        self.since = Instant::now();
    }
}
