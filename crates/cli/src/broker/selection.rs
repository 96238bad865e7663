//! Versions on a command line: options that are of the pacticipant before them.

use billtest_broker::client::{MatrixQuestion, Target, VersionChoice, VersionSelector};
use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::access::said;
use super::verification::plain;

/// What options say of versions, in the order in which they stand: each is of the pacticipant before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
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
    /// A pacticipant and its version.
    Chosen,
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
            before = match (before, version) {
                (Before::Pacticipant(pacticipant), version) => {
                    all.selectors.push(VersionSelector { pacticipant, version });
                    Before::Chosen
                }
                (Before::Ignored, VersionChoice::Number(number)) => {
                    if let Some((_, version)) = all.ignored.last_mut() {
                        *version = Some(number);
                    }
                    Before::Nothing
                }
                (Before::Ignored, _) => {
                    return Err(format!(
                        "--{option} cannot follow --ignore; of what is ignored only --version is taken"
                    ));
                }
                (Before::Chosen, version) => match all.selectors.last_mut() {
                    Some(last) => {
                        last.version = both(&last.version, version).ok_or_else(|| stray(option))?;
                        Before::Nothing
                    }
                    None => return Err(stray(option)),
                },
                (Before::Nothing, _) => return Err(stray(option)),
            };
        }
        unsaid(&before)?;
        Ok(all)
    }
}

/// What is meant by both of two options for one pacticipant: of a branch it is the latest version that counts.
fn both(said: &VersionChoice, again: VersionChoice) -> Option<VersionChoice> {
    use VersionChoice::{Branch, Latest, MainBranch};

    match (said, again) {
        (Branch(_) | MainBranch, Latest) => Some(said.clone()),
        (Latest, again @ (Branch(_) | MainBranch)) => Some(again),
        _ => None,
    }
}

fn stray(option: &str) -> String {
    format!("--{option} is of the --pacticipant before it, and there is none without a version")
}

/// A pacticipant without a version would be asked about in all of them.
fn unsaid(before: &Before) -> Result<(), String> {
    match before {
        Before::Pacticipant(name) => Err(format!(
            "which version of {name} is meant is not said\n  follow --pacticipant {name} with --version VERSION, --latest, \
             --branch BRANCH or --main-branch"
        )),
        Before::Nothing | Before::Chosen | Before::Ignored => Ok(()),
    }
}

impl Selection {
    /// The question about these versions; `more` names pacticipants that do not count, with commas between.
    pub(super) fn question(&self, target: Target, more: Option<&String>) -> MatrixQuestion {
        let mut ignored = self.ignored.clone();
        let more = said(more).into_iter().flat_map(|names| names.split(',')).map(str::trim);
        ignored.extend(more.filter(|name| !name.is_empty()).map(|name| (name.to_owned(), None)));
        MatrixQuestion { selectors: self.selectors.clone(), target, ignored }
    }

    /// The versions that are asked about, and a verb.
    pub(super) fn names(&self) -> String {
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
