//! Pacticipants and their branches.

use billtest_broker::client::{BrokerError, PacticipantChange};
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, Subcommand};

use super::access::{AccessArgs, show};
use super::table::{self, list, text};
use super::verification::plain;
use crate::exit::{CliError, Exit};
use crate::printer::{GOOD, Printer, STRONG};

#[derive(Debug, Subcommand)]
pub(crate) enum PacticipantsCommand {
    /// List all
    List(ListArgs),
    /// Create one, or change it
    CreateOrUpdate(PutArgs),
    /// Show one
    Describe(OneArgs),
    /// Delete one with all its pacts, versions and results
    Delete(OneArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum BranchesCommand {
    /// List those of a pacticipant
    List(OfArgs),
    /// Delete one; its versions stay, and are selected by it no more
    Delete(BranchArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    /// Name of the pacticipant
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: String,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PutArgs {
    /// Name of the pacticipant
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// What people call it
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// The branch that others are merged into
    #[arg(long, value_name = "BRANCH")]
    main_branch: Option<String>,
    /// Where its code is
    #[arg(long, value_name = "URL")]
    repository_url: Option<String>,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OfArgs {
    /// The pacticipant
    #[arg(short = 'a', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pacticipant: String,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BranchArgs {
    /// The pacticipant
    #[arg(short = 'a', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pacticipant: String,
    /// The branch
    #[arg(long, value_name = "BRANCH", value_parser = NonEmptyStringValueParser::new())]
    branch: String,
    /// A branch that is not there is deleted already
    #[arg(
        long = "no-error-when-not-found",
        alias = "skip-error-when-not-found",
        action = ArgAction::SetTrue,
        overrides_with = "error_when_not_found"
    )]
    may_be_missing: bool,
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true", default_value = "true", action = ArgAction::Set)]
    error_when_not_found: bool,
    #[command(flatten)]
    access: AccessArgs,
}

pub(crate) async fn exec_list(args: &ListArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let all = client.pacticipants().await?;
    show(&all, printer);
    // Brokers give the list in two places, the second an older one.
    let pacticipants = match list(&all, "/_embedded/pacticipants") {
        [] => list(&all, "/pacticipants"),
        found => found,
    };
    let rows = pacticipants.iter().map(|one| {
        ["/name", "/displayName", "/mainBranch", "/repositoryUrl"]
            .map(|pointer| text(one, pointer).unwrap_or_default())
            .to_vec()
    });
    table::print(&["name", "display name", "main branch", "repository"], rows, printer);
    Ok(Exit::Verified)
}

pub(crate) async fn exec_put(args: &PutArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let change = PacticipantChange {
        display_name: args.display_name.clone(),
        main_branch: args.main_branch.clone(),
        repository_url: args.repository_url.clone(),
    };
    let one = client.put_pacticipant(&args.name, &change).await?;
    show(&one, printer);
    printer.line(format_args!(
        "{GOOD}the broker has{GOOD:#} pacticipant {STRONG}{}{STRONG:#}",
        plain(&args.name)
    ));
    Ok(Exit::Verified)
}

pub(crate) async fn exec_describe(args: &OneArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let one = client.pacticipant(&args.name).await?;
    show(&one, printer);
    let of = |pointer: &str| text(&one, pointer);
    table::describe(
        &[
            ("name", of("/name")),
            ("display name", of("/displayName")),
            ("main branch", of("/mainBranch")),
            ("repository", of("/repositoryUrl")),
            ("latest version", of("/_embedded/latestVersion/number")),
            ("labels", table::joined(&one, "/_embedded/labels", "/name")),
            ("created", of("/createdAt")),
        ],
        printer,
    );
    Ok(Exit::Verified)
}

pub(crate) async fn exec_delete(args: &OneArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    client.delete_pacticipant(&args.name).await?;
    printer.line(format_args!("{GOOD}deleted{GOOD:#} pacticipant {}", plain(&args.name)));
    Ok(Exit::Verified)
}

pub(crate) async fn exec_list_branches(args: &OfArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let all = client.branches(&args.pacticipant).await?;
    show(&all, printer);
    let rows = list(&all, "/_embedded/branches").iter().map(|branch| {
        ["/name", "/updatedAt"].map(|pointer| text(branch, pointer).unwrap_or_default()).to_vec()
    });
    table::print(&["branch", "updated"], rows, printer);
    Ok(Exit::Verified)
}

pub(crate) async fn exec_delete_branch(args: &BranchArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let (pacticipant, branch) = (plain(&args.pacticipant), plain(&args.branch));
    match client.delete_branch(&args.pacticipant, &args.branch).await {
        Ok(()) => printer.line(format_args!("{GOOD}deleted{GOOD:#} branch {branch} of {pacticipant}")),
        Err(BrokerError::Unknown { .. }) if args.may_be_missing || !args.error_when_not_found => {
            printer.line(format_args!("{pacticipant} has no branch {branch}"));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Exit::Verified)
}
