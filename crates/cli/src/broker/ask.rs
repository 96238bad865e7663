//! "Can I deploy?" and "can I merge?"

use std::time::Duration;

use billtest_broker::client::{Matrix, MatrixQuestion, RemarkKind, Target, VersionChoice, VersionSelector};
use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::access::{AccessArgs, said, show};
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

/// What options say of versions, in the order in which they stand: each is of the pacticipant before it.
#[derive(Debug, Clone, Default)]
struct Selection {
    selectors: Vec<VersionSelector>,
    ignored: Vec<(String, Option<String>)>,
}

impl Args for Selection {
    fn augment_args(command: Command) -> Command {
        let text = |id: &'static str, name: &'static str, help: &'static str| {
            Arg::new(id)
                .long(id)
                .value_name(name)
                .help(help)
                .action(ArgAction::Append)
                .value_parser(NonEmptyStringValueParser::new())
        };
        let latest =
            text("latest", "TAG", "The latest version of the pacticipant before it, or the latest with TAG");
        let main = text("main-branch", "", "The latest version of its main branch");
        command
            .arg(
                text("pacticipant", "NAME", "Whose version is asked about; may be repeated")
                    .short('a')
                    .required(true),
            )
            .arg(text("version", "VERSION", "The version of the pacticipant before it").short('e'))
            .arg(latest.short('l').num_args(0..=1).default_missing_value("\0"))
            .arg(text("branch", "BRANCH", "The latest version of that branch"))
            .arg(main.num_args(0).default_missing_value("\0"))
            .arg(text(
                "ignore",
                "NAME",
                "Pacticipant whose results do not count, all or of the --version after it",
            ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Selection {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut said: Vec<(usize, &'static str, &str)> = Vec::new();
        for id in ["pacticipant", "ignore", "version", "latest", "branch", "main-branch"] {
            let values = matches.get_many::<String>(id).into_iter().flatten();
            let indices = matches.indices_of(id).into_iter().flatten();
            said.extend(indices.zip(values).map(|(index, value)| (index, id, value.as_str())));
        }
        said.sort_unstable();
        Self::read(&said)
            .map_err(|text| clap::Error::raw(clap::error::ErrorKind::ValueValidation, text + "\n"))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What the options stand behind.
enum Before {
    Nothing,
    Pacticipant(String),
    Ignored,
}

impl Selection {
    fn read(said: &[(usize, &'static str, &str)]) -> Result<Self, String> {
        let mut all = Self::default();
        let mut before = Before::Nothing;
        for (_, option, value) in said {
            let version = match *option {
                "pacticipant" => {
                    unsaid(&before)?;
                    before = Before::Pacticipant((*value).to_owned());
                    continue;
                }
                "ignore" => {
                    unsaid(&before)?;
                    all.ignored.push(((*value).to_owned(), None));
                    before = Before::Ignored;
                    continue;
                }
                "version" => VersionChoice::Number((*value).to_owned()),
                "branch" => VersionChoice::Branch((*value).to_owned()),
                "main-branch" => VersionChoice::MainBranch,
                _ if *value == "\0" => VersionChoice::Latest,
                _ => VersionChoice::LatestWithTag((*value).to_owned()),
            };
            match (before, version) {
                (Before::Pacticipant(pacticipant), version) => {
                    all.selectors.push(VersionSelector { pacticipant, version });
                }
                (Before::Ignored, VersionChoice::Number(number)) => {
                    if let Some((_, version)) = all.ignored.last_mut() {
                        *version = Some(number);
                    }
                }
                (Before::Ignored, _) => {
                    return Err(format!(
                        "--{option} cannot follow --ignore; of what is ignored only --version is taken"
                    ));
                }
                (Before::Nothing, _) => {
                    return Err(format!(
                        "--{option} is of the --pacticipant before it, and there is none without a version"
                    ));
                }
            }
            before = Before::Nothing;
        }
        unsaid(&before)?;
        Ok(all)
    }
}

/// A pacticipant without a version would be asked about in all of them.
fn unsaid(before: &Before) -> Result<(), String> {
    match before {
        Before::Pacticipant(name) => Err(format!(
            "which version of {name} is meant is not said\n  follow --pacticipant {name} with --version VERSION, --latest, \
             --branch BRANCH or --main-branch"
        )),
        Before::Nothing | Before::Ignored => Ok(()),
    }
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

impl Selection {
    fn question(&self, target: Target, more: Option<&String>) -> MatrixQuestion {
        let mut ignored = self.ignored.clone();
        let more = said(more).into_iter().flat_map(|names| names.split(',')).map(str::trim);
        ignored.extend(more.filter(|name| !name.is_empty()).map(|name| (name.to_owned(), None)));
        MatrixQuestion { selectors: self.selectors.clone(), target, ignored }
    }

    /// The versions that are asked about, and a verb.
    fn names(&self) -> String {
        let name = |selector: &VersionSelector| {
            let version = match &selector.version {
                VersionChoice::Number(number) => number.clone(),
                VersionChoice::Latest => "(latest)".to_owned(),
                VersionChoice::LatestWithTag(tag) => format!("(latest with tag {tag})"),
                VersionChoice::Branch(branch) => format!("(latest of branch {branch})"),
                VersionChoice::MainBranch => "(latest of the main branch)".to_owned(),
            };
            plain(&format!("{} {version}", selector.pacticipant))
        };
        let names: Vec<String> = self.selectors.iter().map(name).collect();
        names.join(" and ")
    }
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        selection: Selection,
    }

    fn read(arguments: &[&str]) -> Result<Selection, String> {
        let line = Line::try_parse_from(["x"].iter().chain(arguments));
        line.map(|line| line.selection).map_err(|error| error.to_string())
    }

    /// Another version would be asked about than the one that is deployed.
    #[test]
    fn each_option_is_of_the_pacticipant_before_it() {
        let of = |name: &str, version| VersionSelector { pacticipant: name.into(), version };
        for (arguments, expected) in [
            (&["-a", "Foo", "-e", "1"][..], vec![of("Foo", VersionChoice::Number("1".into()))]),
            (&["--pacticipant=Foo", "--version=1"], vec![of("Foo", VersionChoice::Number("1".into()))]),
            (
                &[
                    "-a",
                    "A",
                    "--latest",
                    "-a",
                    "B",
                    "--latest",
                    "prod",
                    "-a",
                    "C",
                    "--main-branch",
                    "-a",
                    "D",
                    "--branch",
                    "b",
                ],
                vec![
                    of("A", VersionChoice::Latest),
                    of("B", VersionChoice::LatestWithTag("prod".into())),
                    of("C", VersionChoice::MainBranch),
                    of("D", VersionChoice::Branch("b".into())),
                ],
            ),
        ] {
            assert_eq!(read(arguments).unwrap().selectors, expected, "{arguments:?}");
        }
        let ignored = read(&["--ignore", "X", "-a", "Foo", "-e", "1", "--ignore", "Y", "-e", "2"]).unwrap();
        assert_eq!(ignored.ignored, [("X".into(), None), ("Y".into(), Some("2".into()))]);
        assert_eq!(ignored.selectors.len(), 1);
    }

    #[test]
    fn a_version_that_is_nobodys_and_a_pacticipant_without_one_are_refused() {
        for (arguments, said) in [
            (&["-a", "Foo"][..], "which version of Foo is meant"),
            (&["-a", "Foo", "-a", "Bar", "-e", "1"], "which version of Foo is meant"),
            (&["-e", "1", "-a", "Foo", "-e", "2"], "--version is of the --pacticipant before it"),
            (&["-a", "Foo", "-e", "1", "-e", "2"], "--version is of the --pacticipant before it"),
            (&["-a", "Foo", "-e", "1", "--ignore", "X", "--latest"], "--latest cannot follow --ignore"),
            (&["-e", "1"], "--pacticipant"),
        ] {
            let error = read(arguments).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
