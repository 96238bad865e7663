//! "Can I deploy?" and "can I merge?"

use std::time::Duration;

use billtest_broker::client::{Matrix, MatrixQuestion, RemarkKind, Target};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::access::{AccessArgs, show};
use super::selection::Selection;
use super::table;
use super::verification::plain;
use crate::exit::{CliError, Exit};
use crate::printer::{BAD, FAINT, GOOD, NOTICE, Printer};

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    selection: Selection,
    /// Environment that it is to be deployed to
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with = "to", value_parser = NonEmptyStringValueParser::new())]
    to_environment: Option<String>,
    /// Tag of the versions that it is to get on with, where environments are tags
    #[arg(long, value_name = "TAG", value_parser = NonEmptyStringValueParser::new())]
    to: Option<String>,
    /// Pacticipants that do not count, with commas between
    #[arg(id = "ignored", long, env = "PACT_BROKER_CAN_I_DEPLOY_IGNORE", hide = true, value_name = "NAMES")]
    ignore_all: Option<String>,
    /// Exit with 0 whatever the answer is
    #[arg(long, env = "PACT_BROKER_CAN_I_DEPLOY_DRY_RUN", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    dry_run: bool,
    #[arg(long, alias = "skip-dry-run", hide = true, overrides_with = "dry_run")]
    no_dry_run: bool,
    #[command(flatten)]
    patience: PatienceArgs,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    selection: Selection,
    /// Pacticipants that do not count, with commas between
    #[arg(id = "ignored", long, env = "PACT_BROKER_CAN_I_MERGE_IGNORE", hide = true, value_name = "NAMES")]
    ignore_all: Option<String>,
    /// Exit with 0 whatever the answer is
    #[arg(long, env = "PACT_BROKER_CAN_I_MERGE_DRY_RUN", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    dry_run: bool,
    #[arg(long, alias = "skip-dry-run", hide = true, overrides_with = "dry_run")]
    no_dry_run: bool,
    #[command(flatten)]
    patience: PatienceArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// How long to wait for a result that is not there yet.
#[derive(Debug, Args)]
struct PatienceArgs {
    /// Ask so often again while a result is missing
    #[arg(long, value_name = "TIMES", default_value_t = 0)]
    retry_while_unknown: u32,
    /// Time between, in seconds
    #[arg(long, value_name = "S", default_value_t = 10)]
    retry_interval: u32,
}

/// A question, and how it is asked.
struct Asked<'a> {
    question: MatrixQuestion,
    /// The versions, and what would be done with them, in words.
    names: String,
    action: String,
    dry_run: bool,
    patience: &'a PatienceArgs,
    access: &'a AccessArgs,
}

pub(crate) async fn exec_deploy(args: &DeployArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let (target, action) = match (&args.to_environment, &args.to) {
        (Some(name), _) => (Target::Environment(name.clone()), format!("be deployed to {}", plain(name))),
        (None, Some(tag)) => (Target::Tag(tag.clone()), format!("be deployed to {}", plain(tag))),
        (None, None) => (Target::Any, "be deployed".to_owned()),
    };
    let asked = Asked {
        question: args.selection.question(target, args.ignore_all.as_ref()),
        names: args.selection.names(),
        action,
        dry_run: args.dry_run,
        patience: &args.patience,
        access: &args.access,
    };
    ask(&asked, printer).await
}

pub(crate) async fn exec_merge(args: &MergeArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let asked = Asked {
        question: args.selection.question(Target::MainBranch, args.ignore_all.as_ref()),
        names: args.selection.names(),
        action: "be merged".to_owned(),
        dry_run: args.dry_run,
        patience: &args.patience,
        access: &args.access,
    };
    ask(&asked, printer).await
}

async fn ask(asked: &Asked<'_>, printer: &mut Printer) -> Result<Exit, CliError> {
    let answered = answer(asked, printer).await;
    let exit = match answered {
        Ok(exit) => exit,
        Err(error) if asked.dry_run && error.exit() == Exit::Broker => {
            printer.error(&error);
            Exit::Broker
        }
        Err(error) => return Err(error),
    };
    if asked.dry_run && exit != Exit::Verified {
        printer.warning(format_args!("a dry run: the exit code is 0, and not {}", exit as u8));
        return Ok(Exit::Verified);
    }
    Ok(exit)
}

async fn answer(asked: &Asked<'_>, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = asked.access.connect(printer)?;
    let mut left = asked.patience.retry_while_unknown;
    let mut matrix = client.matrix(&asked.question).await?;
    while matrix.deployable.is_none() && left > 0 {
        let seconds = asked.patience.retry_interval;
        printer.note(format_args!("not known yet; asking again in {seconds} s, {left} times at most"));
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
        left -= 1;
        matrix = client.matrix(&asked.question).await?;
    }
    show(&matrix.json, printer);
    tell(&matrix, asked, printer);
    Ok(if matrix.deployable == Some(true) { Exit::Verified } else { Exit::Mismatch })
}

fn tell(matrix: &Matrix, asked: &Asked<'_>, printer: &mut Printer) {
    if !matrix.rows.is_empty() {
        let headings = ["consumer", "version", "provider", "version", "result", "at"];
        let rows = matrix.rows.iter().map(|row| {
            let result = match row.success {
                Some(true) => "success",
                Some(false) => "failure",
                None => "unknown",
            };
            vec![
                row.consumer.clone(),
                row.consumer_version.clone(),
                row.provider.clone(),
                row.provider_version.clone().unwrap_or_else(|| "-".into()),
                if row.ignored { format!("{result}, ignored") } else { result.to_owned() },
                row.result_url.clone().unwrap_or_default(),
            ]
        });
        table::print(&headings, rows, printer);
        printer.line("");
    }
    let (style, word) = match matrix.deployable {
        Some(true) => (GOOD, "yes"),
        Some(false) => (BAD, "no"),
        None => (NOTICE, "not known"),
    };
    let verb = if matrix.deployable == Some(true) { "can" } else { "cannot" };
    printer.line(format_args!("{style}{word}{style:#}: {} {verb} {}", asked.names, asked.action));
    for line in matrix.reason.lines() {
        printer.line(format_args!("  {}", plain(line)));
    }
    for remark in &matrix.remarks {
        // The reasons are told already.
        if matrix.reason.contains(remark.text.trim()) {
            continue;
        }
        for line in remark.text.lines() {
            let style = if remark.kind == RemarkKind::Warning { NOTICE } else { FAINT };
            printer.line(format_args!("  {style}{}{style:#}", plain(line)));
        }
    }
}
