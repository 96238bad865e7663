//! Pacts of a broker as files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use billtest_broker::Selectors;
use billtest_broker::client::{ForVerification, StoredPact};
use billtest_contract::write::replace;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde_json::{Value, json};

use super::access::{AccessArgs, show};
use super::verification::plain;
use crate::args::PACTS;
use crate::exit::{CliError, Exit};
use crate::printer::{FAINT, GOOD, Printer};

/// How much of the name of a content tells it from others.
const SHORT: usize = 8;

#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// The provider whose pacts are wanted
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    provider: String,
    /// Only those of this consumer; may be repeated
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    consumer: Vec<String>,
    /// The latest of this branch [default: of the main branches]
    #[arg(long, value_name = "BRANCH", group = "which", value_parser = NonEmptyStringValueParser::new())]
    branch: Option<String>,
    /// The latest with this tag
    #[arg(long, value_name = "TAG", group = "which", value_parser = NonEmptyStringValueParser::new())]
    tag: Option<String>,
    /// Of all versions that are deployed or released in this environment
    #[arg(id = "place", long = "environment", value_name = "NAME", group = "which", value_parser = NonEmptyStringValueParser::new())]
    environment: Option<String>,
    /// The latest of all; of a branch or with a tag it is the latest in any case
    #[arg(long, conflicts_with = "place")]
    latest: bool,
    /// Directory to write to; what is there already stays, unless it has the same name
    #[arg(long, value_name = "DIR", default_value = PACTS, alias = "download-dir")]
    dir: PathBuf,
    /// They are written in any case; other clients need to be told
    #[arg(long, hide = true)]
    download: bool,
    #[command(flatten)]
    access: AccessArgs,
}

pub(crate) async fn exec_fetch(args: &FetchArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let asked = ForVerification {
        provider: args.provider.clone(),
        selectors: args.selectors()?,
        ..ForVerification::default()
    };
    // All are there before the first is written.
    let pacts = client.stored_pacts(&asked).await?;
    if pacts.is_empty() {
        printer.error(format_args!(
            "nothing to fetch: the broker has no pact of that kind with {}",
            plain(&args.provider)
        ));
        return Ok(Exit::Nothing);
    }
    let mut written: Vec<Value> = Vec::new();
    for (file, pact) in named(&pacts) {
        let path = args.dir.join(&file);
        replace(&path, &pact.bytes).map_err(|error| {
            CliError::Usage(format!("{}: cannot be written: {error}\n  see --dir", path.display()))
        })?;
        printer.line(format_args!(
            "{GOOD}fetched{GOOD:#} {}  {FAINT}{}{FAINT:#}",
            path.display(),
            plain(&pact.name)
        ));
        written.push(json!({"path": path.display().to_string(), "consumer": pact.consumer, "provider": pact.provider, "name": pact.name}));
    }
    show(&json!(written), printer);
    Ok(Exit::Verified)
}

impl FetchArgs {
    fn selectors(&self) -> Result<Vec<billtest_broker::Selector>, CliError> {
        let mut which = match (&self.branch, &self.tag, &self.environment) {
            (Some(branch), ..) => json!({"branch": branch}),
            (_, Some(tag), _) => json!({"tag": tag, "latest": true}),
            (.., Some(environment)) => json!({"environment": environment, "deployedOrReleased": true}),
            _ if self.latest => json!({"latest": true}),
            _ => json!({"mainBranch": true}),
        };
        let all: Vec<Value> = if self.consumer.is_empty() {
            vec![which]
        } else {
            let of = |consumer: &String| {
                which["consumer"] = json!(consumer);
                which.clone()
            };
            self.consumer.iter().map(of).collect()
        };
        let selectors: Selectors = json!(all)
            .to_string()
            .parse()
            .map_err(|error| CliError::Usage(format!("these pacts cannot be asked for: {error}")))?;
        Ok(selectors.0)
    }
}

/// A file name for each pact, the same whenever the pacts are. Several of one consumer are told apart by their content,
/// and so are consumers whose names make the same file name, on a disk that knows no case as well.
fn named(pacts: &[StoredPact]) -> BTreeMap<String, &StoredPact> {
    let mut pacts: Vec<&StoredPact> = pacts.iter().collect();
    pacts.sort_by_key(|pact| (&pact.consumer, &pact.provider, &pact.content, &pact.bytes));
    pacts.dedup_by_key(|pact| (&pact.consumer, &pact.provider, &pact.content, &pact.bytes));
    let plain = |pact: &StoredPact| format!("{}-{}", segment(&pact.consumer), segment(&pact.provider));
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for pact in &pacts {
        *times.entry(plain(pact).to_lowercase()).or_default() += 1;
    }
    let mut taken = BTreeSet::new();
    let mut files = BTreeMap::new();
    for pact in pacts {
        let plain = plain(pact);
        let content: String = pact.content.chars().take(SHORT).collect();
        let only = times.get(&plain.to_lowercase()) == Some(&1);
        let stem = if only { plain } else { format!("{plain}-{content}") };
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        let free =
            std::iter::once(stem.clone()).chain(numbered).find(|name| taken.insert(name.to_lowercase()));
        files.insert(format!("{}.json", free.unwrap_or(stem)), pact);
    }
    files
}

/// A name as part of a file's name: it never leads into another directory.
fn segment(name: &str) -> String {
    let keeps = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let safe: String = name.chars().map(|c| if keeps(c) { c } else { '_' }).collect();
    if safe.starts_with('.') { safe.replacen('.', "_", 1) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A consumer of that name would write where its reader keeps other things.
    #[test]
    fn a_name_never_leads_out_of_the_directory() {
        for (name, expected) in
            [("../../etc/x", "_._.._etc_x"), ("a/b\\c", "a_b_c"), (".ssh", "_ssh"), ("결제", "결제")]
        {
            let found = segment(name);
            assert!(!found.contains(['/', '\\']) && !found.starts_with('.'), "{found}");
            if name != "../../etc/x" {
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn several_pacts_of_one_consumer_are_told_apart_by_their_content() {
        let pact = |consumer: &str, content: &str| StoredPact {
            consumer: consumer.into(),
            provider: "Bar".into(),
            name: String::new(),
            content: content.into(),
            bytes: Vec::new(),
        };
        let pacts = [pact("Foo", "0123456789"), pact("Foo", "abcdefghij"), pact("Baz", "x")];
        let names: Vec<String> = named(&pacts).into_keys().collect();
        assert_eq!(names, ["Baz-Bar.json", "Foo-Bar-01234567.json", "Foo-Bar-abcdefgh.json"]);
    }
}
