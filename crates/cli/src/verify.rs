//! `billtest-verify`.

use std::path::Path;
use std::time::{Duration, Instant};

use billtest_contract::pact::{self, PactFile};
use billtest_contract::state::StateCatalogue;
use billtest_provider::{SERVICE, STATE_CHANGE_PATH, StateSeeds};
use billtest_verifier::{
    Executor, InteractionResult, Interrupt, Plan, ProviderAddress, StateChangeUrl, Summary, http_client, run,
};
use serde_json::Value;

use crate::args::{PACTS, VerifyArgs};
use crate::broker;
use crate::exit::{CliError, Exit};
use crate::mock;
use crate::printer::Printer;
use crate::report::{human, json};

/// Longest wait for an unknown provider to say who it is.
const INTRODUCTION: Duration = Duration::from_secs(2);

pub(crate) async fn exec_verify(args: &VerifyArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let started = Instant::now();
    let seeds = mock::load_states(args.states.as_deref())?;
    let states = seeds.catalogue().clone();
    let (mut pacts, mut problems) = read_pacts(args, printer)?;
    let fetched = broker::fetch(args, printer).await?;
    pacts.extend(fetched.files());
    problems.extend(fetched.problems.iter().cloned());
    let plan = Plan::new(&pacts, &states);
    if plan.is_empty() && problems.is_empty() {
        return nothing(args, &pacts, printer);
    }
    for (state, file, params) in plan.undeclared_params(&states) {
        let names = params.join("`, `");
        printer.warning(format_args!(
            "a pact passes `{names}` to state \"{state}\", which {file} does not declare"
        ));
    }

    let results =
        if plan.is_empty() { Run::default() } else { verify(args, &plan, &states, seeds, printer).await? };
    human::conclude(&results, problems.len(), started.elapsed(), printer);
    let exit = exit_of(&results.summary, problems.len());
    let exit = broker::publish(args, &fetched, &results, problems.len(), exit, printer).await;
    if let Some(path) = &args.json {
        json::write(path, &results, &problems, exit)?;
    }
    Ok(exit)
}

/// What a run came to.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) provider: String,
    pub(crate) results: Vec<InteractionResult>,
    pub(crate) summary: Summary,
}

/// Reads every pact that can be read, and tells about every one that cannot.
fn read_pacts(args: &VerifyArgs, printer: &mut Printer) -> Result<(Vec<PactFile>, Vec<String>), CliError> {
    let sources = if args.sources.is_empty() {
        if args.broker.replaces_default() || !Path::new(PACTS).exists() {
            return Ok((Vec::new(), Vec::new()));
        }
        vec![PACTS.to_owned()]
    } else {
        args.sources.iter().filter(|source| !broker::is_address(source)).cloned().collect()
    };
    let (mut pacts, mut problems) = (Vec::new(), Vec::new());
    for path in pact::find(&sources)? {
        match PactFile::read(&path) {
            Ok(pact) => pacts.push(pact),
            Err(error) => {
                printer.error(&error);
                problems.push(error.to_string());
            }
        }
    }
    Ok((pacts, problems))
}

fn nothing(args: &VerifyArgs, pacts: &[PactFile], printer: &mut Printer) -> Result<Exit, CliError> {
    let where_ = args.broker.place(&args.sources);
    let reason = match pacts {
        [] => format!("no pact in {where_}"),
        pacts => format!("{} pacts in {where_}, and no interaction in them", pacts.len()),
    };
    if args.ignore_no_pacts {
        printer.line(format_args!("nothing to verify: {reason}"));
        return Ok(Exit::Verified);
    }
    Err(CliError::Nothing(format!(
        "{reason}\n  name pact files, directories or patterns; or pass --ignore-no-pacts if this is as it should be"
    )))
}

async fn verify(
    args: &VerifyArgs,
    plan: &Plan,
    states: &StateCatalogue,
    seeds: StateSeeds,
    printer: &mut Printer,
) -> Result<Run, CliError> {
    let timeout = Duration::from_millis(args.request_timeout);
    let mut embedded = None;
    let address = if let Some(url) = &args.provider_url {
        ProviderAddress::parse(url)?
    } else {
        let unknown = plan.unknown_states(states);
        if !unknown.is_empty() && args.state_change_url.is_none() {
            return Err(CliError::UnknownStates(unknown));
        }
        let (address, task) = mock::start_embedded(seeds).await?;
        embedded = Some(task);
        ProviderAddress::parse(&format!("http://{address}"))?
    };
    let encrypted =
        address.is_encrypted() || args.state_change_url.as_ref().is_some_and(|url| url.starts_with("https:"));
    let client = http_client(timeout, encrypted)?;
    address.reach().await?;

    let endpoint = endpoint(args, &address, plan, states, &client).await?;
    let executor = Executor::new(client, &address, endpoint.clone())
        .with_headers(args.headers.clone())
        .and_then(|executor| executor.with_tenant_header(&args.tenant_header))
        .map_err(CliError::Usage)?;

    human::begin(plan, address.as_text(), embedded.is_some(), endpoint.as_ref(), printer);
    let (tell, interrupt) = Interrupt::channel();
    let watch = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            // The run may be over already; then there is nobody to tell.
            let _ = tell.send(true);
        }
        std::future::pending::<()>().await;
    });
    let mut results = Vec::with_capacity(plan.len());
    let tenants = format!("billtest-{:08x}", fresh_number());
    let mut shown = human::Shown::default();
    let summary = run(plan, &executor, &tenants, interrupt, |result| {
        shown.show(result, printer);
        results.push(result.clone());
    })
    .await;
    watch.abort();
    if let Some(task) = embedded {
        task.abort();
    }
    Ok(Run { provider: address.as_text().to_owned(), results, summary })
}

/// Who sets states up: whom the user names, or a billtest mock provider that says it is one.
async fn endpoint(
    args: &VerifyArgs,
    address: &ProviderAddress,
    plan: &Plan,
    states: &StateCatalogue,
    client: &reqwest::Client,
) -> Result<Option<StateChangeUrl>, CliError> {
    if let Some(url) = &args.state_change_url {
        ProviderAddress::parse(url.split('?').next().unwrap_or_default())
            .map_err(|error| CliError::Usage(format!("--state-change-url: {error}")))?;
        return Ok(Some(StateChangeUrl { url: url.clone(), teardown: args.state_change_teardown }));
    }
    if !plan.needs_states() {
        return Ok(None);
    }
    if args.mock || is_billtest_mock(address, client).await {
        return Ok(Some(StateChangeUrl {
            url: format!("{}{STATE_CHANGE_PATH}", address.as_text()),
            teardown: true,
        }));
    }
    let unknown = plan.unknown_states(states);
    if unknown.is_empty() {
        return Err(CliError::NoStateSetup(format!(
            "the pacts need provider states, and {} is no billtest mock provider that could seed them from files\n  \
             name the endpoint that sets them up with --state-change-url",
            address.as_text()
        )));
    }
    Err(CliError::UnknownStates(unknown))
}

async fn is_billtest_mock(address: &ProviderAddress, client: &reqwest::Client) -> bool {
    let request = client.get(format!("{}/_billtest/health", address.as_text())).timeout(INTRODUCTION);
    let Ok(response) = request.send().await else { return false };
    let Ok(text) = response.text().await else { return false };
    serde_json::from_str::<Value>(&text).is_ok_and(|health| health["service"] == SERVICE)
}

/// A number that differs between runs, for the names of their tenants.
fn fresh_number() -> u32 {
    use std::hash::{BuildHasher as _, RandomState};
    // The keys of a hasher are random; that is all the randomness a name needs.
    let number = RandomState::new().hash_one(std::process::id());
    u32::try_from(number >> 32).unwrap_or_default()
}

/// The worst that happened. What keeps a run from judging goes before what it judged.
fn exit_of(summary: &Summary, problems: usize) -> Exit {
    if summary.interrupted > 0 {
        Exit::Interrupted
    } else if problems > 0 || summary.invalid > 0 {
        Exit::Invalid
    } else if summary.state_failed > 0 {
        Exit::State
    } else if summary.unanswered > 0 {
        Exit::Unreachable
    } else if summary.mismatched > 0 {
        Exit::Mismatch
    } else {
        Exit::Verified
    }
}
