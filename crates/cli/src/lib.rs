//! The command lines of `billtest` and `billtest-verify`: arguments in, exit code out.
//!
//! What the commands do is done by the other crates; here they are joined, and here is the only place that prints.

mod args;
mod broker;
mod config;
mod configuration;
mod dry_run;
mod exit;
mod mock;
mod pacts;
mod plugins;
mod printer;
mod process;
mod report;
mod signals;
mod states;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use billtest_verifier::Interrupt;
use tokio::runtime::{Builder, Runtime};

pub use configuration::{Configuration, ConfigurationError};
pub use exit::Exit;

use crate::args::{BilltestArgs, Command, ConfigCommand, StatesCommand, VerifyArgs};
use crate::config::{Parsed, Refusal};
use crate::exit::CliError;
use crate::printer::Printer;
use crate::report::Reports;
use crate::signals::Signals;

/// The name of the threads on which interactions are verified.
const WORKER: &str = "billtest-worker";

/// How long what is under way may take to notice that all is over.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// `billtest`: everything but verification.
#[must_use]
pub fn billtest(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (args, configured) = match config::parse::<BilltestArgs>(arguments) {
        Ok(Parsed { args, configured }) => (args, configured),
        Err(refusal) => return refuse(&refusal),
    };
    let mut printer = Printer::new(args.color);
    let result = match (args.command, configured) {
        (Command::Mock(mock), configured) => configured
            .billing_region()
            .map_err(CliError::from)
            .and_then(|region| runtime()?.block_on(mock::exec_mock(&mock, region, &mut printer))),
        (Command::Broker(command), _) => {
            runtime().and_then(|runtime| runtime.block_on(broker::exec_broker(&command, &mut printer)))
        }
        (Command::States(StatesCommand::Check(check)), _) => states::exec_check(&check, &mut printer),
        (Command::Config(ConfigCommand::Init(init)), _) => config::exec_init(&init, &mut printer),
        (Command::Config(ConfigCommand::Show(show)), configured) => {
            config::exec_show(&show, configured.selection(), &mut printer)
        }
    };
    conclude(result, &mut printer)
}

/// `billtest-verify`: verifies pacts against a provider.
#[must_use]
pub fn billtest_verify(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match config::parse::<VerifyArgs>(arguments) {
        Ok(Parsed { mut args, configured }) => match configured.billing_region() {
            Ok(region) => {
                args.broker.url_from = configured.origin("broker-url");
                args.billing_region = region;
                args
            }
            Err(error) => return refuse(&Refusal::Config { error, color: args.color }),
        },
        Err(refusal) => return refuse(&refusal),
    };
    // A library that gives up on one interaction fails that one; what it said is told there, without a backtrace.
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some(WORKER) {
            default(panic);
        }
    }));
    let mut printer = Printer::new(args.color).with_format(args.report.format);
    let result = Reports::prepare(&args.report, &mut printer).and_then(|reports| {
        runtime()
            .and_then(|runtime| {
                let result = runtime.block_on(until_told_twice(|interrupt| {
                    verify::exec_verify(&args, &reports, interrupt, &mut printer)
                }));
                // Programs end with what waits for them. A comparison that was given up may still be at work, and is
                // not waited for.
                runtime.shutdown_timeout(LAST_MOMENT);
                result
            })
            .inspect_err(|error| {
                // What failed last is still to be verified; its list must outlive a run that never came to it.
                if !args.select.last_failed {
                    reports.write_failure(error, &mut printer);
                }
            })
    });
    conclude(result, &mut printer)
}

/// Does the work, and tells it of the first request to end, so that it can clean up. A second one ends it at once.
async fn until_told_twice<F>(work: impl FnOnce(Interrupt) -> F) -> Result<Exit, CliError>
where
    F: Future<Output = Result<Exit, CliError>>,
{
    let mut signals = Signals::new()?;
    let (tell, interrupt) = Interrupt::channel();
    let told_twice = async {
        signals.next().await;
        // If nobody listens any more, the work is over in a moment.
        let _ = tell.send(true);
        signals.next().await;
    };
    tokio::select! {
        result = work(interrupt) => result,
        () = told_twice => Err(CliError::Interrupted("a second time; what was set up may not be torn down".into())),
    }
}

fn runtime() -> Result<Runtime, CliError> {
    Builder::new_multi_thread().enable_all().thread_name(WORKER).build().map_err(CliError::Runtime)
}

/// Help and version are what was asked for; everything else is wrong usage.
fn refuse(refusal: &Refusal) -> ExitCode {
    if refusal.tell() { Exit::Usage.into() } else { Exit::Verified.into() }
}

fn conclude(result: Result<Exit, CliError>, printer: &mut Printer) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            printer.error(&error);
            error.exit().into()
        }
    }
}
