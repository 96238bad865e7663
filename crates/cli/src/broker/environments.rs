//! Environments.

use billtest_broker::client::EnvironmentChange;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, value_parser};
use serde_json::Value;

use super::access::{AccessArgs, Output, show};
use super::table::{self, list, text};
use super::verification::plain;
use crate::exit::{CliError, Exit};
use crate::printer::{GOOD, Printer, STRONG};

#[derive(Debug, Args)]
#[command(mut_arg("output", |arg| arg.value_parser(value_parser!(Output))))]
pub(crate) struct CreateArgs {
    /// Name of the environment, without spaces
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: String,
    #[command(flatten)]
    details: DetailArgs,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Id of the environment
    #[arg(long, value_name = "UUID", value_parser = NonEmptyStringValueParser::new())]
    uuid: String,
    /// Another name, without spaces
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: Option<String>,
    #[command(flatten)]
    details: DetailArgs,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
struct DetailArgs {
    /// What people call it
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// It is one of production
    #[arg(long, overrides_with = "no_production")]
    production: bool,
    /// It is none of production
    #[arg(long, alias = "skip-production")]
    no_production: bool,
    /// Who is responsible for it
    #[arg(long, value_name = "NAME")]
    contact_name: Option<String>,
    /// The address of who is responsible for it
    #[arg(long, value_name = "EMAIL")]
    contact_email_address: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    /// Id of the environment
    #[arg(long, value_name = "UUID", value_parser = NonEmptyStringValueParser::new())]
    uuid: String,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    access: AccessArgs,
}

impl DetailArgs {
    fn change(&self, name: Option<&String>) -> EnvironmentChange {
        let production = match (self.production, self.no_production) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        EnvironmentChange {
            name: name.cloned(),
            display_name: self.display_name.clone(),
            production,
            contact_name: self.contact_name.clone(),
            contact_email: self.contact_email_address.clone(),
        }
    }
}

pub(crate) async fn exec_create(args: &CreateArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let made = client.create_environment(&args.details.change(Some(&args.name))).await?;
    if args.access.wants_id() {
        let id = text(&made, "/uuid").unwrap_or_default();
        printer.document(|| format!("{}\n", plain(&id)));
        return Ok(Exit::Verified);
    }
    tell("created", &made, printer);
    Ok(Exit::Verified)
}

pub(crate) async fn exec_update(args: &UpdateArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let changed = client.update_environment(&args.uuid, &args.details.change(args.name.as_ref())).await?;
    tell("changed", &changed, printer);
    Ok(Exit::Verified)
}

fn tell(word: &str, environment: &Value, printer: &mut Printer) {
    show(environment, printer);
    let name = plain(&text(environment, "/name").unwrap_or_default());
    let uuid = plain(&text(environment, "/uuid").unwrap_or_default());
    printer.line(format_args!("{GOOD}{word}{GOOD:#} environment {STRONG}{name}{STRONG:#}, id {uuid}"));
}

pub(crate) async fn exec_list(args: &ListArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let all = client.environments().await?;
    show(&all, printer);
    let rows = list(&all, "/_embedded/environments").iter().map(|environment| {
        ["/name", "/displayName", "/production", "/uuid"]
            .map(|pointer| text(environment, pointer).unwrap_or_default())
            .to_vec()
    });
    table::print(&["name", "display name", "production", "uuid"], rows, printer);
    Ok(Exit::Verified)
}

pub(crate) async fn exec_describe(args: &OneArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let environment = client.environment(&args.uuid).await?;
    show(&environment, printer);
    let of = |pointer: &str| text(&environment, pointer);
    table::describe(
        &[
            ("name", of("/name")),
            ("display name", of("/displayName")),
            ("production", of("/production")),
            ("contacts", table::joined(&environment, "/contacts", "/name")),
            ("uuid", of("/uuid")),
            ("created", of("/createdAt")),
        ],
        printer,
    );
    Ok(Exit::Verified)
}

pub(crate) async fn exec_delete(args: &OneArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    client.delete_environment(&args.uuid).await?;
    printer.line(format_args!("{GOOD}deleted{GOOD:#} environment {}", plain(&args.uuid)));
    Ok(Exit::Verified)
}
