//! `billtest-verify`.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use billtest_contract::pact::PactFile;
use billtest_contract::state::{Isolation, StateCatalogue};
use billtest_provider::{SERVICE, STATE_CHANGE_PATH, StateSeeds};
use billtest_verifier::{
    ClientOptions, Event, Executor, FileHooks, Filter, InteractionResult, Interrupt, Jobs, Plan, PlanOptions,
    ProviderAddress, RunOptions, Schedule, StateChangeUrl, StateHandler, Summary, http_client, run,
};
use serde_json::Value;

use crate::args::VerifyArgs;
use crate::exit::{CliError, Exit};
use crate::pacts::{self, Pacts};
use crate::printer::Printer;
use crate::process::{Started, run_hook};
use crate::report::{Account, Reports, exchange, failed_in, human};
use crate::{broker, dry_run, mock, plugins};

/// Longest wait for an unknown provider to say who it is.
const INTRODUCTION: Duration = Duration::from_secs(2);

/// What a run came to.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) provider: String,
    /// In the order of the pacts.
    pub(crate) results: Vec<InteractionResult>,
    pub(crate) summary: Summary,
    /// Whether it was ended because it took too long.
    pub(crate) timed_out: bool,
}

pub(crate) async fn exec_verify(
    args: &VerifyArgs,
    reports: &Reports,
    printer: &mut Printer,
) -> Result<Exit, CliError> {
    let started = Instant::now();
    let seeds = mock::load_states(args.states.states.as_deref())?;
    let states = Arc::new(seeds.catalogue().clone());
    let filter = filter(args)?;
    let default = !args.broker.replaces_default();
    let Pacts { mut files, mut problems } = pacts::read(&args.sources, default, Some(reports), printer)?;
    let fetched = broker::fetch(args, printer).await?;
    files.extend(fetched.files());
    problems.extend(fetched.problems.iter().cloned());
    let plan = Plan::new(
        &files,
        &PlanOptions {
            states: &states,
            isolation: args.states.isolation.into(),
            filter: &filter,
            message_path: &args.run.message_path,
        },
    );
    if plan.is_empty() && problems.is_empty() {
        let exit = nothing(args, &files, &plan, printer)?;
        let exit = broker::publish(args, &fetched, &Run::default(), 0, exit, printer).await;
        reports.write_all(&Account::empty(started.elapsed(), exit), printer)?;
        return Ok(exit);
    }
    for (state, file, params) in plan.undeclared_params(&states) {
        let names = params.join("`, `");
        printer.warning(format_args!(
            "a pact passes `{names}` to state \"{state}\", which {file} does not declare"
        ));
    }
    // Its text is large, and everything that is needed of it is in the plan.
    drop(files);
    if args.run.dry_run {
        dry_run::show(&Schedule::new(&plan), &states, printer);
        return Ok(if problems.is_empty() { Exit::Verified } else { Exit::Invalid });
    }
    // They are shut down when this goes, however the run ends.
    let _plugins = plugins::load(&plan).await?;

    let run = if plan.is_empty() {
        Run::default()
    } else {
        let outcome = with_hooks(args, &plan, states, seeds, printer).await;
        outcome.map_err(
            |error| if problems.is_empty() { error } else { CliError::AndUnreadable(Box::new(error)) },
        )?
    };
    let exit = exit_of(&run, problems.len());
    let elapsed = started.elapsed();
    human::conclude(&Account::new(&plan, &run, &problems, elapsed, exit), printer);
    let exit = broker::publish(args, &fetched, &run, problems.len(), exit, printer).await;
    let account = Account::new(&plan, &run, &problems, elapsed, exit);
    reports.write_all(&account, printer)?;
    Ok(exit)
}

fn filter(args: &VerifyArgs) -> Result<Filter, CliError> {
    let select = &args.select;
    let only = match &args.report.json {
        Some(path) if select.last_failed => Some(failed_in(path)?),
        _ => None,
    };
    Ok(Filter {
        // A variable that is set and empty says nothing.
        description: select.filter_description.clone().filter(|regex| !regex.as_str().is_empty()),
        state: select.filter_state.clone().filter(|regex| !regex.as_str().is_empty()),
        no_state: select.filter_no_state,
        consumers: select.filter_consumer.clone(),
        only,
    })
}

fn nothing(
    args: &VerifyArgs,
    pacts: &[PactFile],
    plan: &Plan,
    printer: &mut Printer,
) -> Result<Exit, CliError> {
    let sources = args.broker.place(&args.sources);
    if plan.left_out > 0 {
        // Even where no pact at all would be well, a filter that selects nothing is a slip.
        return Err(CliError::Nothing(format!(
            "the filter selects none of the {} interactions in {sources}\n  correct or drop --filter-... or --last-failed",
            plan.left_out
        )));
    }
    let reason = match pacts {
        [] => format!("no pact in {sources}"),
        pacts => format!("{} pacts in {sources}, and no interaction in them", pacts.len()),
    };
    if args.select.ignore_no_pacts {
        printer.line(format_args!("nothing to verify: {reason}"));
        return Ok(Exit::Verified);
    }
    Err(CliError::Nothing(format!(
        "{reason}\n  name pact files, directories or patterns; or pass --ignore-no-pacts if this is as it should be"
    )))
}

/// The run with what runs before and after it.
async fn with_hooks(
    args: &VerifyArgs,
    plan: &Plan,
    states: Arc<StateCatalogue>,
    seeds: StateSeeds,
    printer: &mut Printer,
) -> Result<Run, CliError> {
    if let Some(command) = &args.states.before_all {
        run_hook("--before-all", command).await?;
    }
    let outcome = verify(args, plan, states, seeds, printer).await;
    if let Some(command) = &args.states.after_all {
        let after = run_hook("--after-all", command).await;
        // What happened before is the news, if it was bad.
        return outcome.and_then(|run| after.map(|()| run));
    }
    outcome
}

async fn verify(
    args: &VerifyArgs,
    plan: &Plan,
    states: Arc<StateCatalogue>,
    seeds: StateSeeds,
    printer: &mut Printer,
) -> Result<Run, CliError> {
    let mut addresses =
        args.provider_url.iter().map(|url| ProviderAddress::parse(url)).collect::<Result<Vec<_>, _>>()?;
    let mut embedded = None;
    if args.mock {
        let unknown = plan.unknown_states(&states);
        if !unknown.is_empty() {
            return Err(CliError::UnknownStates(unknown));
        }
        let (address, task) = mock::start_embedded(seeds).await?;
        embedded = Some(task);
        addresses.push(ProviderAddress::parse(&format!("http://{address}"))?);
    }
    let client = http_client(&client_options(args, &addresses)?)?;
    let first = addresses.first().map_or("", ProviderAddress::as_text).to_owned();
    let limit = Duration::from_secs(args.ready_timeout);
    let provider = match &args.start_command {
        Some(command) => {
            Some(Started::start(command, args.ready_url.as_deref(), &first, limit, &client).await?)
        }
        None => None,
    };
    let outcome = replay(args, plan, states, addresses, client, printer).await;
    if let Some(task) = embedded {
        task.abort();
    }
    if let Some(provider) = provider {
        let failed = outcome.as_ref().map_or(true, |run| run.summary.failed() > 0);
        if failed {
            printer.warning(format_args!("what the provider said is in {}", provider.log().display()));
        }
        provider.stop(failed).await;
    }
    outcome
}

async fn replay(
    args: &VerifyArgs,
    plan: &Plan,
    states: Arc<StateCatalogue>,
    addresses: Vec<ProviderAddress>,
    client: reqwest::Client,
    printer: &mut Printer,
) -> Result<Run, CliError> {
    for address in &addresses {
        address.reach().await?;
    }
    let header =
        args.run.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&args.states.tenant_header));
    if let (Some((name, _)), true) =
        (header, plan.interactions().any(|planned| planned.isolation == Isolation::Tenant))
    {
        return Err(CliError::Usage(format!(
            "--header {name} would put every interaction into one tenant, and some run at once because each has its own\n  \
             name another --tenant-header, or describe those states as `exclusive`"
        )));
    }
    let (handlers, states_from) = handlers(args, &addresses, plan, states, &client).await?;
    let provider = addresses.iter().map(ProviderAddress::as_text).collect::<Vec<_>>().join(", ");
    let executor = Executor::new(client, addresses, handlers)
        .with_headers(&args.run.headers)
        .and_then(|executor| executor.with_tenant_header(&args.states.tenant_header))
        .map_err(CliError::Usage)?;

    human::begin(plan, &provider, args.mock, &states_from, printer);
    let (tell, interrupt) = Interrupt::channel();
    let run_timeout = args.run.run_timeout;
    let timed_out = Arc::new(AtomicBool::new(false));
    let expired = Arc::clone(&timed_out);
    let watch = tokio::spawn(async move {
        tokio::select! {
            () = mock::stopped() => {}
            () = pass(run_timeout) => expired.store(true, Ordering::Relaxed),
        }
        // The run may be over already; then there is nobody to tell.
        let _ = tell.send(true);
        std::future::pending::<()>().await;
    });
    let options = RunOptions {
        jobs: args.run.jobs.map_or(Jobs::Adaptive, |jobs| Jobs::Fixed(usize::from(jobs))),
        fail_fast: args.run.fail_fast,
        retries: args.run.retries,
        tenants: format!("billtest-{:08x}", fresh_number()),
    };
    let mut results = Vec::with_capacity(plan.len());
    let mut live = human::Live::new(plan.len(), printer);
    let summary = run(plan, &Arc::new(executor), &options, interrupt, |event| match event {
        Event::Finished { result, done, running, .. } => live.progress(result, done, running),
        Event::Result(result) => {
            live.show(&result, printer);
            results.push(*result);
        }
    })
    .await;
    live.end();
    watch.abort();
    results.sort_by_key(|result| result.planned.number);
    let timed_out = timed_out.load(Ordering::Relaxed) && summary.interrupted > 0;
    if timed_out {
        printer.error(format_args!(
            "the run took longer than --run-timeout {} s",
            run_timeout.unwrap_or_default()
        ));
    }
    Ok(Run { provider, results, summary, timed_out })
}

fn client_options(args: &VerifyArgs, addresses: &[ProviderAddress]) -> Result<ClientOptions, CliError> {
    let read = |flag: &str, path: &Path| {
        fs::read(path)
            .map_err(|error| CliError::Usage(format!("{flag} {}: cannot be read: {error}", path.display())))
    };
    let run = &args.run;
    let authorities = run.ca_cert.as_deref().map_or(Ok(Vec::new()), |path| read("--ca-cert", path))?;
    let identity = match (&run.client_cert, &run.client_key) {
        (Some(certificate), Some(key)) => {
            let mut pem = read("--client-cert", certificate)?;
            pem.push(b'\n');
            pem.extend(read("--client-key", key)?);
            Some(pem)
        }
        _ => None,
    };
    let is_https = |url: Option<&str>| url.is_some_and(|url| url.starts_with("https:"));
    Ok(ClientOptions {
        timeout: Duration::from_millis(run.request_timeout),
        encrypted: addresses.iter().any(ProviderAddress::is_encrypted)
            || is_https(endpoint(args))
            || is_https(args.ready_url.as_deref()),
        this_machine: addresses.iter().all(ProviderAddress::is_this_machine)
            && endpoint(args)
                .is_none_or(|url| ProviderAddress::parse(url).is_ok_and(|url| url.is_this_machine())),
        trust_all: run.disable_ssl_verification,
        authorities,
        identity,
    })
}

/// The state-change endpoint that the user names. The embedded mock provider has its own, whatever the environment
/// says; and a variable that is set and empty says nothing.
fn endpoint(args: &VerifyArgs) -> Option<&str> {
    args.states.state_change_url.as_deref().filter(|url| !args.mock && !url.is_empty())
}

/// Who sets states up: the files' own hooks, whom the user names, a billtest mock provider that says it is one.
async fn handlers(
    args: &VerifyArgs,
    addresses: &[ProviderAddress],
    plan: &Plan,
    states: Arc<StateCatalogue>,
    client: &reqwest::Client,
) -> Result<(Vec<Arc<dyn StateHandler>>, String), CliError> {
    if !plan.needs_states() {
        return Ok((Vec::new(), "none needed".into()));
    }
    let mut url = endpoint(args).map(ToOwned::to_owned);
    if let Some(url) = &url {
        ProviderAddress::parse(url.split('?').next().unwrap_or_default())
            .map_err(|error| CliError::Usage(format!("--state-change-url: {error}")))?;
    }
    let without_setup = plan.states_without_setup(&states);
    let mut teardown = args.states.state_change_teardown;
    if url.is_none() && !without_setup.is_empty() {
        let is_mock = match addresses.first() {
            Some(address) => args.mock || is_billtest_mock(address, client).await,
            None => false,
        };
        if !is_mock {
            let unknown = plan.unknown_states(&states);
            if !unknown.is_empty() {
                return Err(CliError::UnknownStates(unknown));
            }
            let names: Vec<String> =
                without_setup.iter().map(|state| format!("\"{}\"", state.name)).collect();
            return Err(CliError::NoStateSetup(format!(
                "nothing sets up {} at {}, which is no billtest mock provider that could seed them from their files\n  \
                 name an endpoint with --state-change-url, or write [[setup]] steps into the files",
                names.join(", "),
                addresses.first().map_or("", ProviderAddress::as_text)
            )));
        }
        (url, teardown) = (Some(STATE_CHANGE_PATH.to_owned()), true);
    }
    let mut handlers: Vec<Arc<dyn StateHandler>> = Vec::new();
    let mut from = Vec::new();
    // The mock provider is seeded; what the files do at a live provider is not for it.
    if url.as_deref() != Some(STATE_CHANGE_PATH) {
        if states.iter().any(|file| !file.setup.is_empty()) {
            from.push("the steps in their files".to_owned());
        }
        handlers.push(Arc::new(FileHooks { states, client: client.clone() }));
    }
    if let Some(url) = url {
        from.push(format!("POST {}", exchange::url(&url)));
        let in_query = args.states.state_change_as_query;
        handlers.push(Arc::new(StateChangeUrl { url, teardown, in_query, client: client.clone() }));
    }
    Ok((handlers, from.join(", and ")))
}

async fn is_billtest_mock(address: &ProviderAddress, client: &reqwest::Client) -> bool {
    let request = client.get(format!("{}/_billtest/health", address.as_text())).timeout(INTRODUCTION);
    let Ok(response) = request.send().await else { return false };
    let Ok(text) = response.text().await else { return false };
    serde_json::from_str::<Value>(&text).is_ok_and(|health| health["service"] == SERVICE)
}

/// Waits so many seconds; for ever if there is no limit.
async fn pass(seconds: Option<u64>) {
    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        None => std::future::pending().await,
    }
}

/// A number that differs between runs, for the names of their tenants.
fn fresh_number() -> u32 {
    use std::hash::{BuildHasher as _, RandomState};
    // The keys of a hasher are random; that is all the randomness a name needs.
    let number = RandomState::new().hash_one(std::process::id());
    u32::try_from(number >> 32).unwrap_or_default()
}

/// Whether a state was not torn down, whatever else came of the interaction.
fn left_behind(result: &InteractionResult) -> bool {
    result.teardown.is_some() && !result.is_pending_failure()
}

/// The worst that happened. What keeps a run from judging goes before what it judged.
fn exit_of(run: &Run, problems: usize) -> Exit {
    let summary = &run.summary;
    if run.timed_out {
        Exit::Unreachable
    } else if summary.interrupted > 0 {
        Exit::Interrupted
    } else if problems > 0 || summary.invalid > 0 {
        Exit::Invalid
    } else if summary.state_failed > 0 || run.results.iter().any(left_behind) {
        Exit::State
    } else if summary.unanswered > 0 {
        Exit::Unreachable
    } else if summary.mismatched > 0 || summary.skipped > 0 {
        Exit::Mismatch
    } else {
        Exit::Verified
    }
}
