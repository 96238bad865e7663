//! Publishing pacts: all of a consumer's in one request.

use std::collections::BTreeMap;
use std::fs;

use billtest_broker::client::{BrokerClient, BrokerError, Contract, Contracts, Remark, RemarkKind};
use billtest_contract::pact::{PactError, PactFile, find, merge};
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args};
use serde_json::{Value, json};

use super::access::{AccessArgs, said, show};
use super::detect::{self, Build};
use super::table;
use super::verification::plain;
use crate::args::PACTS;
use crate::exit::{CliError, Exit};
use crate::printer::{GOOD, Printer, STRONG};

/// `-h` is the branch, as it is for the clients that users have.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct PublishArgs {
    /// Pact files, directories (searched for *.json, however deep) and glob patterns [default: pacts]
    #[arg(value_name = "PATH|GLOB")]
    paths: Vec<String>,
    /// Version of the consumer [default: the commit, from CI's variables or git]
    #[arg(short = 'a', long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    consumer_app_version: Option<String>,
    /// Branch of that version [default: from CI's variables or git]
    #[arg(short = 'h', long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Address of the build [default: from CI's variables]
    #[arg(id = "own_build_url", long = "build-url", value_name = "URL")]
    build_url: Option<String>,
    /// Tag of the version; may be repeated
    #[arg(short, long, value_name = "TAG", value_delimiter = ',', value_parser = NonEmptyStringValueParser::new())]
    tag: Vec<String>,
    /// Tag it with the name of the branch, too
    #[arg(short = 'g', long)]
    tag_with_git_branch: bool,
    #[arg(long, alias = "skip-tag-with-git-branch", hide = true, overrides_with = "tag_with_git_branch")]
    no_tag_with_git_branch: bool,
    /// Keep what the broker has for this version beside these, as builds that share one version need
    #[arg(long)]
    merge: bool,
    #[arg(long, alias = "skip-merge", hide = true, overrides_with = "merge")]
    no_merge: bool,
    /// Take nothing from CI's variables and git
    #[arg(long, alias = "skip-auto-detect-version-properties")]
    no_auto_detect_version_properties: bool,
    /// What is not given is found out in any case; other clients need to be told
    #[arg(short = 'r', long, hide = true, conflicts_with = "no_auto_detect_version_properties")]
    auto_detect_version_properties: bool,
    /// Print help
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,
    #[command(flatten)]
    access: AccessArgs,
}

pub(crate) async fn exec_publish(args: &PublishArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let found = read(&args.paths)?;
    if found.is_empty() {
        let place = if args.paths.is_empty() { PACTS.to_owned() } else { args.paths.join(", ") };
        printer.error(format_args!("nothing to publish: there is no pact in {place}"));
        return Ok(Exit::Nothing);
    }
    let all = args.version(printer)?.of(found);
    let (mut done, mut documents): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut failure = None;
    for contracts in &all {
        match send(&client, contracts, printer).await {
            Ok(document) => {
                done.push(contracts.consumer.clone());
                documents.push(document);
            }
            Err(error) => {
                if let BrokerError::Conflict { json, .. } = &error {
                    documents.push((**json).clone());
                }
                failure = Some(error);
                break;
            }
        }
    }
    match documents.as_slice() {
        [] => {}
        [one] => show(one, printer),
        _ => show(&json!(documents), printer),
    }
    let Some(error) = failure else { return Ok(Exit::Verified) };
    if all.len() > 1 {
        let left: Vec<&str> = all.iter().skip(done.len()).map(|one| one.consumer.as_str()).collect();
        let done = if done.is_empty() { "nobody".to_owned() } else { done.join(", ") };
        printer.note(format_args!("published are the pacts of {done}; not of {}", left.join(", ")));
    }
    Err(error.into())
}

/// Publishes what one consumer recorded.
async fn send(
    client: &BrokerClient,
    contracts: &Contracts,
    printer: &mut Printer,
) -> Result<Value, BrokerError> {
    let Contracts { consumer, version, pacts, .. } = contracts;
    match client.publish_contracts(contracts).await {
        Ok(taken) => {
            let names: Vec<&str> = pacts.iter().map(|pact| pact.provider.as_str()).collect();
            printer.line(format_args!(
                "{GOOD}published{GOOD:#} {STRONG}{} {}{STRONG:#} with {}",
                plain(consumer),
                plain(version),
                plain(&names.join(", "))
            ));
            table::remarks(&taken.remarks, printer);
            Ok(taken.json)
        }
        Err(BrokerError::Conflict { url, remarks, json }) => {
            table::remarks(&remarks, printer);
            printer.note(advice(contracts, &remarks));
            Err(BrokerError::Conflict { url, remarks, json })
        }
        Err(error) => Err(error),
    }
}

/// What to do about a refusal.
fn advice(contracts: &Contracts, remarks: &[Remark]) -> String {
    let Contracts { consumer, version, .. } = contracts;
    let is = |text: &str| {
        remarks.iter().any(|remark| remark.kind == RemarkKind::Error && remark.text.contains(text))
    };
    if is("Cannot change the content") {
        return format!(
            "{} {} is published with other content, which stays as it is\n  publish what changed under a version of \
             its own; if nothing was meant to change, look above for an example that differs from run to run",
            plain(consumer),
            plain(version)
        );
    }
    // The original broker's words, and those of ours.
    if is("first time") || is("No pact was published for") {
        return "the broker takes a name for a slip of the pen\n  correct it, or tell the broker of the new one with \
                `billtest broker pacticipants create-or-update --name NAME`"
            .into();
    }
    "correct what the broker names, and publish again".into()
}

/// A pact file and its bytes.
type Found = (PactFile, Vec<u8>);

/// The pacts by consumer. Everything is read and checked before anything is sent.
fn read(paths: &[String]) -> Result<BTreeMap<String, Vec<Contract>>, CliError> {
    let default = [PACTS.to_owned()];
    let mut pairs: BTreeMap<(String, String), Vec<Found>> = BTreeMap::new();
    for path in find(if paths.is_empty() { &default } else { paths })? {
        let name = path.display().to_string();
        let bytes = fs::read(&path).map_err(|source| PactError::Unreadable { path: name.clone(), source })?;
        let pact = PactFile::parse(&name, &bytes)?;
        pairs.entry((pact.consumer.clone(), pact.provider.clone())).or_default().push((pact, bytes));
    }
    let mut all: BTreeMap<String, Vec<Contract>> = BTreeMap::new();
    for ((consumer, provider), files) in pairs {
        all.entry(consumer).or_default().push(Contract { provider, content: content(files)? });
    }
    Ok(all)
}

/// A file as it is; several as the one pact that a version has.
fn content(mut files: Vec<Found>) -> Result<Vec<u8>, PactError> {
    match files.pop() {
        Some((_, bytes)) if files.is_empty() => Ok(bytes),
        last => merge(&files.into_iter().chain(last).map(|(pact, _)| pact).collect::<Vec<_>>()),
    }
}

/// The version under which everything is published.
struct Version {
    number: String,
    branch: Option<String>,
    tags: Vec<String>,
    build_url: Option<String>,
    merge: bool,
}

impl Version {
    fn of(&self, found: BTreeMap<String, Vec<Contract>>) -> Vec<Contracts> {
        let contracts = |(consumer, pacts)| Contracts {
            consumer,
            version: self.number.clone(),
            branch: self.branch.clone(),
            tags: self.tags.clone(),
            build_url: self.build_url.clone(),
            merge: self.merge,
            pacts,
        };
        found.into_iter().map(contracts).collect()
    }
}

impl PublishArgs {
    /// What is given, and for the rest what CI or git says.
    fn version(&self, printer: &mut Printer) -> Result<Version, CliError> {
        let build = if self.no_auto_detect_version_properties { Build::default() } else { detect::build() };
        let given = |value: &Option<String>| said(value.as_ref()).map(ToOwned::to_owned);
        let Some(number) = given(&self.consumer_app_version).or_else(|| build.commit.clone()) else {
            return Err(CliError::Usage(
                "the version of the consumer is not known: neither CI's variables nor git tell a commit\n  give it \
                 with --consumer-app-version"
                    .into(),
            ));
        };
        let branch = given(&self.branch).or_else(|| build.branch.clone());
        if self.consumer_app_version.is_none() {
            printer.line(format_args!("the version is {number}, from {}", build.source));
            if build.is_dirty {
                printer.warning(
                    "files are changed that this commit does not have; commit them first, or give \
                     --consumer-app-version",
                );
            }
        }
        match (&branch, &self.branch) {
            (Some(branch), None) => {
                printer.line(format_args!("the branch is {}, from {}", plain(branch), build.source));
            }
            (None, _) if self.tag_with_git_branch => {
                return Err(CliError::Usage(
                    "--tag-with-git-branch: the branch is not known\n  give it with --branch".into(),
                ));
            }
            (None, _) => printer.warning(
                "the branch is not known, so nobody can select these pacts by it; give it with --branch",
            ),
            _ => {}
        }
        let mut tags = self.tag.clone();
        tags.extend(branch.clone().filter(|branch| self.tag_with_git_branch && !self.tag.contains(branch)));
        let build_url = given(&self.build_url).or(build.url);
        Ok(Version { number, branch, tags, build_url, merge: self.merge })
    }
}
