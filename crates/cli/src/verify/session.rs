//! A run: the provider is there, states can be set up, the plan is replayed, and all is ended again.

use std::sync::Arc;
use std::time::Duration;

use billtest_contract::state::{Isolation, StateCatalogue};
use billtest_provider::StateSeeds;
use billtest_verifier::{
    Event, Executor, InteractionResult, Jobs, Plan, ProviderAddress, RunOptions, Summary, http_client, run,
};

use super::run_time::RunTime;
use super::setup::{client_options, handlers};
use crate::args::VerifyArgs;
use crate::exit::CliError;
use crate::mock;
use crate::printer::Printer;
use crate::process::{Started, run_hook};
use crate::report::human;

/// What a run came to.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) provider: String,
    /// In the order of the pacts.
    pub(crate) results: Vec<InteractionResult>,
    pub(crate) summary: Summary,
    /// Whether it was ended because it took too long.
    pub(crate) timed_out: bool,
    /// Whether what was to run after everything failed.
    pub(crate) after_all_failed: bool,
    /// What went wrong with the run as a whole, in words.
    pub(crate) problems: Vec<String>,
}

/// What a run needs.
pub(super) struct Session<'a> {
    pub(super) args: &'a VerifyArgs,
    pub(super) plan: &'a Plan,
    pub(super) states: Arc<StateCatalogue>,
    pub(super) time: &'a RunTime,
}

impl Session<'_> {
    /// The run with what runs before and after it.
    pub(super) async fn run(&self, seeds: StateSeeds, printer: &mut Printer) -> Result<Run, CliError> {
        let states = &self.args.states;
        let limit = Duration::from_secs(states.hook_timeout);
        let begun = match &states.before_all {
            Some(command) => self.time.unless_over(run_hook("--before-all", command, limit)).await,
            None => Ok(()),
        };
        let mut outcome = match begun {
            Ok(()) => self.verify(seeds, printer).await,
            Err(error) => Err(error),
        };
        if let Some(command) = &states.after_all
            && let Err(error) = run_hook("--after-all", command, limit).await
        {
            printer.error(&error);
            if let Ok(run) = &mut outcome {
                run.after_all_failed = true;
                run.problems.push(error.to_string());
            }
        }
        outcome
    }

    async fn verify(&self, seeds: StateSeeds, printer: &mut Printer) -> Result<Run, CliError> {
        let args = self.args;
        let mut addresses =
            args.provider_url.iter().map(|url| ProviderAddress::parse(url)).collect::<Result<Vec<_>, _>>()?;
        let mut embedded = None;
        if args.mock {
            let unknown = self.plan.unknown_states(&self.states);
            if !unknown.is_empty() {
                return Err(CliError::UnknownStates(unknown));
            }
            let (address, task) = mock::start_embedded(seeds, args.billing_region.clone()).await?;
            embedded = Some(task);
            addresses.push(ProviderAddress::parse(&format!("http://{address}"))?);
        }
        let client = http_client(&client_options(args, &addresses, &self.states)?)?;
        let first = addresses.first().map_or("", ProviderAddress::as_text).to_owned();
        let limit = Duration::from_secs(args.ready_timeout);
        let provider = match &args.start_command {
            Some(command) => {
                let start = Started::start(command, args.ready_url.as_deref(), &first, limit, &client);
                Some(self.time.unless_over(start).await?)
            }
            None => None,
        };
        let outcome = self.replay(addresses, client, printer).await;
        if let Some(task) = embedded {
            task.abort();
        }
        if let Some(mut provider) = provider {
            let ended = provider.ended();
            if let Some(status) = ended {
                printer.warning(format_args!("the provider ended during the run, with {status}"));
            }
            let failed = ended.is_some() || outcome.as_ref().map_or(true, |run| run.summary.failed() > 0);
            if let Some(log) = provider.stop(failed).await {
                printer.warning(format_args!("what the provider said is in {}", log.display()));
            }
        }
        outcome
    }

    async fn replay(
        &self,
        addresses: Vec<ProviderAddress>,
        client: reqwest::Client,
        printer: &mut Printer,
    ) -> Result<Run, CliError> {
        let Self { args, plan, .. } = self;
        let prepared = async {
            for address in &addresses {
                address.reach().await?;
            }
            self.refuse_one_tenant_for_all()?;
            handlers(args, &addresses, plan, Arc::clone(&self.states), &client).await
        };
        let (handlers, states_from) = self.time.unless_over(prepared).await?;
        let provider = addresses.iter().map(ProviderAddress::as_text).collect::<Vec<_>>().join(", ");
        let executor = Executor::new(client, addresses, handlers)
            .with_headers(&args.run.headers()?)
            .and_then(|executor| executor.with_tenant_header(&args.states.tenant_header))
            .map_err(CliError::Usage)?;

        human::begin(plan, &provider, args.mock, &states_from, printer);
        let options = RunOptions {
            jobs: args.run.jobs.map_or(Jobs::Adaptive, |jobs| Jobs::Fixed(usize::from(jobs))),
            fail_fast: args.run.fail_fast,
            retries: args.run.retries,
            tenants: format!("billtest-{:08x}", fresh_number()),
        };
        let mut results = Vec::with_capacity(plan.len());
        let mut live = human::Live::new(plan.len(), printer);
        let summary = run(plan, &Arc::new(executor), &options, self.time.interrupt(), |event| match event {
            Event::Finished { result, done, running, .. } => live.progress(result, done, running),
            Event::Result(result) => {
                live.show(&result, printer);
                results.push(*result);
            }
        })
        .await;
        live.end();
        results.sort_by_key(|result| result.planned.number);
        let timed_out = self.time.is_over() && summary.interrupted > 0;
        let mut problems = Vec::new();
        if timed_out {
            let problem = CliError::TimedOut(self.time.limit()).to_string();
            printer.error(&problem);
            problems.push(problem);
        }
        Ok(Run { provider, results, summary, timed_out, after_all_failed: false, problems })
    }

    /// Interactions that run at once because each has its own tenant must not be given one and the same.
    fn refuse_one_tenant_for_all(&self) -> Result<(), CliError> {
        let header = &self.args.states.tenant_header;
        let given = self.args.run.headers()?.iter().any(|(name, _)| name.eq_ignore_ascii_case(header));
        if given && self.plan.interactions().any(|planned| planned.isolation == Isolation::Tenant) {
            return Err(CliError::Usage(format!(
                "--header {header} would put every interaction into one tenant, and some run at once because each has its own\n  \
                 name another --tenant-header, or describe those states as `exclusive`"
            )));
        }
        Ok(())
    }
}

/// A number that differs between runs, for the names of their tenants.
fn fresh_number() -> u32 {
    use std::hash::{BuildHasher as _, RandomState};
    // The keys of a hasher are random; that is all the randomness a name needs.
    let number = RandomState::new().hash_one(std::process::id());
    u32::try_from(number >> 32).unwrap_or_default()
}
