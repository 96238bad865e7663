//! Versions, their tags, and the latest pacts.

use billtest_broker::client::VersionChoice;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde_json::{Value, json};

use super::access::{AccessArgs, show};
use super::detect;
use super::table::{self, list, text};
use super::verification::plain;
use crate::exit::{CliError, Exit};
use crate::printer::{GOOD, Printer};

#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    /// The pacticipant
    #[arg(short = 'a', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pacticipant: String,
    /// Its version
    #[arg(id = "number", short = 'e', long = "version", value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    version: String,
    /// Tag; may be repeated
    #[arg(short, long, value_name = "TAG", value_delimiter = ',', value_parser = NonEmptyStringValueParser::new(), required_unless_present = "tag_with_git_branch")]
    tag: Vec<String>,
    /// Tag it with the name of the branch, from CI's variables or git
    #[arg(short = 'g', long)]
    tag_with_git_branch: bool,
    #[arg(long, alias = "skip-tag-with-git-branch", hide = true, overrides_with = "tag_with_git_branch")]
    no_tag_with_git_branch: bool,
    /// Create a version that the broker does not have
    #[arg(long)]
    auto_create_version: bool,
    #[arg(long, alias = "skip-auto-create-version", hide = true, overrides_with = "auto_create_version")]
    no_auto_create_version: bool,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PutArgs {
    /// The pacticipant
    #[arg(short = 'a', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pacticipant: String,
    /// Its version
    #[arg(id = "number", short = 'e', long = "version", value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    version: String,
    /// Branch that it is of
    #[arg(long, value_name = "BRANCH", value_parser = NonEmptyStringValueParser::new())]
    branch: Option<String>,
    /// Tag; may be repeated
    #[arg(short, long, value_name = "TAG", value_delimiter = ',', value_parser = NonEmptyStringValueParser::new())]
    tag: Vec<String>,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UntagArgs {
    /// The pacticipant
    #[arg(short = 'a', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pacticipant: String,
    /// Its version
    #[arg(id = "number", short = 'e', long = "version", value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    version: String,
    /// Tag; may be repeated
    #[arg(short, long, value_name = "TAG", value_delimiter = ',', required = true, value_parser = NonEmptyStringValueParser::new())]
    tag: Vec<String>,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// The pacticipant
    #[arg(short = 'a', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pacticipant: String,
    /// Its version [default: the latest]
    #[arg(id = "number", short = 'e', long = "version", value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    version: Option<String>,
    /// The latest version, or the latest with TAG
    #[arg(short, long, value_name = "TAG", num_args = 0..=1, default_missing_value = "", conflicts_with = "number")]
    latest: Option<String>,
    /// The latest version of that branch
    #[arg(long, value_name = "BRANCH", conflicts_with_all = ["number", "latest"], value_parser = NonEmptyStringValueParser::new())]
    branch: Option<String>,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LatestArgs {
    #[command(flatten)]
    access: AccessArgs,
}

pub(crate) async fn exec_tag(args: &TagArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let mut tags = args.tag.clone();
    if args.tag_with_git_branch {
        match detect::build().branch {
            Some(branch) if tags.contains(&branch) => {}
            Some(branch) => tags.push(branch),
            None => {
                return Err(CliError::Usage(
                    "--tag-with-git-branch: neither CI's variables nor git tell a branch\n  give it with --tag".into(),
                ));
            }
        }
    }
    let mut done: Vec<Value> = Vec::new();
    for tag in &tags {
        let create = args.auto_create_version || !done.is_empty();
        done.push(client.tag_version(&args.pacticipant, &args.version, tag, create).await?);
        let name = plain(&format!("{} {}", args.pacticipant, args.version));
        printer.line(format_args!("{GOOD}tagged{GOOD:#} {name} with {}", plain(tag)));
    }
    show(&json!(done), printer);
    Ok(Exit::Verified)
}

pub(crate) async fn exec_put(args: &PutArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let version =
        client.put_version(&args.pacticipant, &args.version, args.branch.as_deref(), &args.tag).await?;
    show(&version, printer);
    let branch =
        args.branch.as_ref().map(|branch| format!(" of branch {}", plain(branch))).unwrap_or_default();
    let tags =
        if args.tag.is_empty() { String::new() } else { format!(" with {}", plain(&args.tag.join(", "))) };
    let name = plain(&format!("{} {}", args.pacticipant, args.version));
    printer.line(format_args!("{GOOD}the broker has{GOOD:#} {name}{branch}{tags}"));
    Ok(Exit::Verified)
}

pub(crate) async fn exec_untag(args: &UntagArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let name = plain(&format!("{} {}", args.pacticipant, args.version));
    for tag in &args.tag {
        client.untag_version(&args.pacticipant, &args.version, tag).await?;
        printer.line(format_args!("{GOOD}{name}{GOOD:#} is tagged with {} no more", plain(tag)));
    }
    Ok(Exit::Verified)
}

pub(crate) async fn exec_describe(args: &DescribeArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let choice = match (&args.version, &args.latest, &args.branch) {
        (Some(number), ..) => VersionChoice::Number(number.clone()),
        (None, Some(tag), _) if !tag.is_empty() => VersionChoice::LatestWithTag(tag.clone()),
        (None, _, Some(branch)) => VersionChoice::Branch(branch.clone()),
        _ => VersionChoice::Latest,
    };
    let version = client.version(&args.pacticipant, &choice).await?;
    show(&version, printer);
    table::describe(
        &[
            ("pacticipant", Some(args.pacticipant.clone())),
            ("version", text(&version, "/number")),
            ("branches", table::joined(&version, "/_embedded/branchVersions", "/name")),
            ("tags", table::joined(&version, "/_embedded/tags", "/name")),
            ("deployed to", table::joined(&version, "/_links/pb:deployed-environments", "/name")),
            ("released in", table::joined(&version, "/_links/pb:released-environments", "/name")),
            ("pacts", table::joined(&version, "/_links/pb:pact-versions", "/name")),
            ("build", text(&version, "/buildUrl")),
            ("created", text(&version, "/createdAt")),
        ],
        printer,
    );
    Ok(Exit::Verified)
}

pub(crate) async fn exec_latest(args: &LatestArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let all = client.latest_pact_versions().await?;
    show(&all, printer);
    let rows = list(&all, "/pacts").iter().map(|pact| {
        [
            "/_embedded/consumer/name",
            "/_embedded/consumer/_embedded/version/number",
            "/_embedded/provider/name",
            "/createdAt",
        ]
        .map(|pointer| text(pact, pointer).unwrap_or_default())
        .to_vec()
    });
    table::print(&["consumer", "version", "provider", "published"], rows, printer);
    Ok(Exit::Verified)
}
