//! Publishing under one rule: nothing is published that was not proved.

use billtest_broker::client::{
    Attribute, BrokerPact, InteractionResult as Judged, MismatchReport, Moment, ProviderVersion,
    VerificationResult,
};
use billtest_verifier::{InteractionResult, Interrupt, Mismatch, Outcome, Part};

use super::verification::{Fetched, plain, tell};
use crate::args::VerifyArgs;
use crate::exit::Exit;
use crate::printer::{BAD, FAINT, GOOD, Printer};
use crate::verify::Run;

/// Publishes what a run proved, if that was asked for and can be; gives how the command ends.
///
/// `problems` is the number of pacts that could not be read.
pub(crate) async fn publish(
    args: &VerifyArgs,
    fetched: &Fetched,
    run: &mut Run,
    problems: usize,
    exit: Exit,
    mut interrupt: Interrupt,
    printer: &mut Printer,
) -> Exit {
    let judged = judge(fetched, run, problems);
    let none = fetched.pacts.is_empty() && problems == 0 && args.select.ignore_no_pacts;
    let args = &args.broker;
    if !args.publish {
        for (_, pact, result) in judged.iter().flatten() {
            tell(pact, Moment::After { success: result.is_success(), published: false }, printer);
        }
        return exit;
    }
    printer.line("");
    let judged = match judged {
        Ok(_) if none => {
            printer.line("nothing is published: the broker has no pact for this provider");
            return exit;
        }
        Ok(judged) => judged,
        Err(reason) => {
            fail(run, printer, format!("nothing is published: {reason}"));
            return worse(exit);
        }
    };
    let version = ProviderVersion {
        number: args.provider_version.clone().unwrap_or_default(),
        branch: args.provider_branch.clone(),
        tags: args.provider_tags.clone(),
        build_url: args.build_url.clone(),
    };
    tokio::select! {
        biased;
        exit = send(fetched, &judged, &version, exit, run, printer) => return exit,
        () = interrupt.wait() => {}
    }
    fail(run, printer, "interrupted: what is not named above as published may not be".into());
    Exit::Interrupted
}

/// Tells a problem, and keeps it for the reports.
fn fail(run: &mut Run, printer: &mut Printer, problem: String) {
    printer.error(&problem);
    run.problems.push(problem);
}

type JudgedPact<'a> = (usize, &'a BrokerPact, VerificationResult);

async fn send(
    fetched: &Fetched,
    judged: &[JudgedPact<'_>],
    version: &ProviderVersion,
    mut exit: Exit,
    run: &mut Run,
    printer: &mut Printer,
) -> Exit {
    let mut publications: Vec<_> = fetched.clients.iter().map(|client| client.publication(version)).collect();
    let mut done = 0;
    let mut failed = false;
    for (number, (client, pact, result)) in judged.iter().enumerate() {
        let name = plain(&pact.name);
        if !pact.is_publishable() {
            printer.warning(format_args!(
                "{name}: its result is not published, because it is no pact of a broker"
            ));
            continue;
        }
        if pact.file.interactions.is_empty() {
            printer.warning(format_args!(
                "{name}: its result is not published, because it has no interaction that could prove anything"
            ));
            continue;
        }
        match publications[*client].publish(pact, result).await {
            Ok(published) => {
                done += 1;
                let (style, word) = if published.success { (GOOD, "success") } else { (BAD, "failure") };
                let place = published.url.map(|url| format!("  {FAINT}{}{FAINT:#}", plain(&url)));
                printer.line(format_args!(
                    "published {style}{word}{style:#} of version {} for {name}{}",
                    version.number,
                    place.unwrap_or_default()
                ));
                tell(pact, Moment::After { success: published.success, published: true }, printer);
            }
            Err(error) => {
                exit = worse(exit);
                failed = true;
                fail(run, printer, format!("{name}: its result is not published: {error}"));
                let left = judged.len() - number - 1;
                if error.is_unreachable() && left > 0 {
                    fail(run, printer, format!("the results of {left} more pacts are not published either"));
                    break;
                }
            }
        }
    }
    if done == 0 && !failed {
        fail(
            run,
            printer,
            "nothing is published: no pact of this run has results that a broker would take".into(),
        );
        return worse(exit);
    }
    exit
}

/// A result for every pact that came from an address, or why there is none to be had from this run.
fn judge<'a>(fetched: &'a Fetched, run: &Run, problems: usize) -> Result<Vec<JudgedPact<'a>>, String> {
    let summary = &run.summary;
    if summary.interrupted > 0 {
        return Err("the run was interrupted".into());
    }
    if run.after_all_failed {
        return Err("--after-all failed".into());
    }
    if problems > 0 {
        return Err(format!("{problems} of the pacts could not be read"));
    }
    if summary.invalid > 0 {
        return Err(format!("{} interactions could not be replayed, and so are not judged", summary.invalid));
    }
    let judge = |(client, pact): &'a (usize, BrokerPact)| {
        let of_pact = |result: &&InteractionResult| result.planned.source == pact.file.source;
        let interactions: Vec<Judged> = run.results.iter().filter(of_pact).map(judged).collect();
        let (known, all) = (interactions.len(), pact.file.interactions.len());
        if known != all {
            return Err(format!("of {}, {known} of {all} interactions were verified", plain(&pact.name)));
        }
        Ok((*client, pact, VerificationResult { interactions }))
    };
    fetched.pacts.iter().map(judge).collect()
}

fn judged(result: &InteractionResult) -> Judged {
    let interaction = &result.planned.interaction;
    let failure = match &result.outcome {
        Outcome::Failed(failure) => Some(failure.to_string()),
        Outcome::Interrupted => Some("the run was interrupted".to_owned()),
        Outcome::Verified | Outcome::Mismatched(_) => None,
    };
    let mismatches = match &result.outcome {
        Outcome::Mismatched(mismatches) => mismatches.iter().map(report).collect(),
        _ => Vec::new(),
    };
    Judged {
        index: interaction.index,
        description: interaction.description.clone(),
        success: result.is_verified(),
        mismatches,
        exception: failure.or_else(|| result.teardown.as_ref().map(ToString::to_string)),
    }
}

fn report(mismatch: &Mismatch) -> MismatchReport {
    let attribute = match mismatch.part {
        Part::Status => Attribute::Status,
        Part::Header => Attribute::Header,
        Part::Body => Attribute::Body,
        Part::Metadata | Part::Request => Attribute::Metadata,
    };
    let identifier = Some(mismatch.path.clone()).filter(|path| !path.is_empty());
    MismatchReport { attribute, identifier, description: mismatch.message.clone() }
}

/// Publishing was asked for and did not happen: the run cannot end well, whatever it verified.
fn worse(exit: Exit) -> Exit {
    match exit {
        Exit::Interrupted | Exit::Invalid => exit,
        _ => Exit::Broker,
    }
}
