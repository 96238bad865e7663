//! What is deployed and released where.

use billtest_broker::client::Arrival;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde_json::{Value, json};

use super::access::{AccessArgs, show};
use super::verification::plain;
use crate::exit::{CliError, Exit};
use crate::printer::{GOOD, Printer, STRONG};

#[derive(Debug, Args)]
pub(crate) struct DeploymentArgs {
    #[command(flatten)]
    release: ReleaseArgs,
    /// Which of several instances in that environment
    #[arg(long, value_name = "NAME", alias = "target", value_parser = NonEmptyStringValueParser::new())]
    application_instance: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    /// The pacticipant
    #[arg(short = 'a', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pacticipant: String,
    /// Its version
    #[arg(id = "number", short = 'e', long = "version", value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    version: String,
    /// The environment
    #[arg(id = "place", long = "environment", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    environment: String,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UndeploymentArgs {
    /// The pacticipant
    #[arg(short = 'a', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pacticipant: String,
    /// The environment
    #[arg(id = "place", long = "environment", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    environment: String,
    /// Which of several instances in that environment
    #[arg(long, value_name = "NAME", alias = "target", value_parser = NonEmptyStringValueParser::new())]
    application_instance: Option<String>,
    #[command(flatten)]
    access: AccessArgs,
}

pub(crate) async fn exec_deployment(args: &DeploymentArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let instance = args.application_instance.clone();
    let told = instance.as_ref().map_or_else(String::new, |instance| format!(" as {}", plain(instance)));
    arrive(&args.release, &Arrival::Deployed { instance }, &format!("deployed{told}"), printer).await
}

pub(crate) async fn exec_release(args: &ReleaseArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    arrive(args, &Arrival::Released, "released", printer).await
}

async fn arrive(
    args: &ReleaseArgs,
    arrival: &Arrival,
    word: &str,
    printer: &mut Printer,
) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let ReleaseArgs { pacticipant, version, environment, .. } = args;
    let record = client.record_arrival(pacticipant, version, environment, arrival).await?;
    show(&record, printer);
    let name = plain(&format!("{pacticipant} {version}"));
    printer.line(format_args!(
        "{GOOD}recorded{GOOD:#}: {STRONG}{name}{STRONG:#} is {word} in {}",
        plain(environment)
    ));
    Ok(Exit::Verified)
}

pub(crate) async fn exec_undeployment(
    args: &UndeploymentArgs,
    printer: &mut Printer,
) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let instance = args.application_instance.as_deref();
    let ended = client.end_deployment(&args.pacticipant, &args.environment, instance).await?;
    tell_ended(&args.pacticipant, &ended, &format!("deployed in {}", args.environment), printer);
    Ok(Exit::Verified)
}

pub(crate) async fn exec_support_ended(args: &ReleaseArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let ended = client.end_support(&args.pacticipant, &args.version, &args.environment).await?;
    tell_ended(&args.pacticipant, &ended, &format!("supported in {}", args.environment), printer);
    Ok(Exit::Verified)
}

fn tell_ended(pacticipant: &str, ended: &[Value], what: &str, printer: &mut Printer) {
    show(&json!(ended), printer);
    for record in ended {
        let version = record.pointer("/_embedded/version/number").and_then(Value::as_str).unwrap_or_default();
        let name = plain(&format!("{pacticipant} {version}"));
        printer.line(format_args!(
            "{GOOD}recorded{GOOD:#}: {STRONG}{}{STRONG:#} is {} no more",
            name.trim_end(),
            plain(what)
        ));
    }
}
