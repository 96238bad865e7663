//! `billtest-verify`.

mod run_time;
mod session;
mod setup;

use std::sync::Arc;
use std::time::Instant;

use billtest_contract::pact::PactFile;
use billtest_verifier::{Filter, InteractionResult, Interrupt, Plan, PlanOptions, Schedule};
use regex::Regex;

use self::run_time::RunTime;
pub(crate) use self::session::Run;
use self::session::Session;
pub(crate) use self::setup::endpoint_address;
use crate::args::VerifyArgs;
use crate::exit::{CliError, Exit};
use crate::pacts::{self, Pacts};
use crate::printer::Printer;
use crate::report::{Account, Reports, failed_in, human};
use crate::{broker, dry_run, mock, plugins};

pub(crate) async fn exec_verify(
    args: &VerifyArgs,
    reports: &Reports,
    interrupt: Interrupt,
    printer: &mut Printer,
) -> Result<Exit, CliError> {
    let started = Instant::now();
    let time = RunTime::new(interrupt, args.run.run_timeout);
    let seeds = mock::load_states(args.states.states.as_deref())?;
    let states = Arc::new(seeds.catalogue().clone());
    let filter = filter(args)?;
    let default = !args.broker.replaces_default();
    let Pacts { mut files, mut problems } = pacts::read(&args.sources, default, Some(reports), printer)?;
    let fetched = time.unless_over(broker::fetch(args, printer)).await?;
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
        let mut run = Run::default();
        let exit = broker::publish(args, &fetched, &mut run, 0, exit, time.interrupt(), printer).await;
        reports.write_all(&Account::new(&plan, &run, &run.problems, started.elapsed(), exit), printer)?;
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
    let _plugins = time.unless_over(plugins::load(&plan)).await?;

    let mut run = if plan.is_empty() {
        Run::default()
    } else {
        let session = Session { args, plan: &plan, states, time: &time };
        let outcome = session.run(seeds, printer).await;
        outcome.map_err(
            |error| if problems.is_empty() { error } else { CliError::AndUnreadable(Box::new(error)) },
        )?
    };
    let exit = exit_of(&run, problems.len());
    let elapsed = started.elapsed();
    let all: Vec<String> = problems.iter().chain(&run.problems).cloned().collect();
    human::conclude(&Account::new(&plan, &run, &all, elapsed, exit), printer);
    let interrupt = time.interrupt();
    let exit = broker::publish(args, &fetched, &mut run, problems.len(), exit, interrupt, printer).await;
    let all: Vec<String> = problems.iter().chain(&run.problems).cloned().collect();
    let account = Account::new(&plan, &run, &all, elapsed, exit);
    reports.write_all(&account, printer)?;
    Ok(exit)
}

fn filter(args: &VerifyArgs) -> Result<Filter, CliError> {
    let select = &args.select;
    // A variable that is set and empty says nothing.
    let said = |regex: &Option<Regex>| regex.clone().filter(|regex| !regex.as_str().is_empty());
    let state = said(&select.filter_state);
    if select.filter_no_state && state.is_some() {
        let text = "--filter-no-state leaves out what --filter-state (PACT_PROVIDER_STATE) selects; give one of them";
        return Err(CliError::Usage(text.into()));
    }
    let only = match &args.report.json {
        Some(path) if select.last_failed => Some(failed_in(path)?),
        _ => None,
    };
    Ok(Filter {
        description: said(&select.filter_description),
        state,
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

/// Whether a state was not torn down, whatever else came of the interaction.
fn left_behind(result: &InteractionResult) -> bool {
    result.teardown.is_some() && !result.is_pending_failure()
}

/// The worst that happened. What keeps a run from judging goes before what it judged.
fn exit_of(run: &Run, problems: usize) -> Exit {
    let summary = &run.summary;
    if summary.interrupted > 0 && !run.timed_out {
        Exit::Interrupted
    } else if problems > 0 || summary.invalid > 0 {
        Exit::Invalid
    } else if run.after_all_failed || summary.state_failed > 0 || run.results.iter().any(left_behind) {
        Exit::State
    } else if run.timed_out || summary.unanswered > 0 {
        Exit::Unreachable
    } else if summary.mismatched > 0 || summary.skipped > 0 {
        Exit::Mismatch
    } else {
        Exit::Verified
    }
}
