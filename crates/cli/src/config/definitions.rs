//! The command lines as the one definition of what an option takes: names, rules and defaults are theirs.

use std::error::Error as _;

use billtest_verifier::check_header;
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory as _};

use super::file::{Entry, Piece};
use super::origin::{Layer, Origin};
use super::setting::{Kind, SETTINGS, Setting};
use crate::args::{BilltestArgs, VerifyArgs};

/// How the id of an argument begins that shares its name with a setting, and not its meaning.
pub(crate) const OWN: &str = "own_";

/// The argument of a command that a setting stands for, by any of its names.
pub(crate) fn argument<'c>(command: &'c Command, setting: &Setting) -> Option<&'c Arg> {
    let is_named = |arg: &&Arg, long: &str| {
        let by_alias = arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&long));
        (arg.get_long() == Some(long) || by_alias) && !arg.get_id().as_str().starts_with(OWN)
    };
    match (setting.option(), setting.kind) {
        (Some(long), _) => command.get_arguments().find(|arg| is_named(arg, long)),
        (None, Kind::Sources) => command.get_arguments().find(|arg| arg.get_id() == "sources"),
        (None, _) => None,
    }
}

/// A command whose arguments are read from the command line only: variables are layers of ours.
pub(crate) fn without_variables(mut command: Command) -> Command {
    for setting in SETTINGS {
        if let Some(arg) = argument(&command, setting) {
            let id = arg.get_id().clone();
            command = command.mut_arg(id, |arg| arg.env(Resettable::Reset));
        }
    }
    let inner: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    for name in inner {
        command = command.mut_subcommand(name, without_variables);
    }
    command
}

/// The innermost command of those that were named, with what was said to it.
pub(crate) fn innermost<'c>(
    mut command: &'c Command,
    mut matches: &'c ArgMatches,
) -> (&'c Command, &'c ArgMatches) {
    while let Some((name, inner)) = matches.subcommand()
        && let Some(found) = command.find_subcommand(name)
    {
        (command, matches) = (found, inner);
    }
    (command, matches)
}

/// What options say.
pub(crate) fn given(command: &Command, matches: &ArgMatches) -> Vec<Entry> {
    let mut entries = Vec::new();
    for setting in SETTINGS {
        let Some(arg) = argument(command, setting) else { continue };
        let id = arg.get_id().as_str();
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let origin = Origin::Option(
            setting.option().map_or_else(|| "command line".to_owned(), |option| format!("--{option}")),
        );
        let values: Vec<String> = if setting.kind == Kind::Flag {
            vec![matches.get_flag(id).to_string()]
        } else {
            let raw = matches.get_raw(id).into_iter().flatten();
            raw.map(|value| value.to_string_lossy().into_owned()).collect()
        };
        let entry = |name: String, values: Vec<String>| Entry {
            setting,
            name,
            pieces: values.into_iter().map(Piece::Text).collect(),
            layer: Layer::Option,
            origin: origin.clone(),
        };
        if setting.kind == Kind::Headers {
            entries.extend(values.iter().filter_map(|header| header.split_once('=')).map(|(name, value)| {
                entry(format!("headers.{}", name.trim()), vec![value.trim().to_owned()])
            }));
        } else {
            entries.push(entry(setting.key.to_owned(), values));
        }
    }
    entries
}

/// The options as one must write them so that they say this.
pub(crate) fn written(entry: &Entry, values: &[String]) -> Vec<String> {
    let Some(option) = entry.setting.option() else { return values.to_vec() };
    let name = entry.name.split_once('.').map_or("", |(_, header)| header);
    match entry.setting.kind {
        Kind::Flag => vec![format!("--{option}")],
        Kind::Headers => values.iter().map(|value| format!("--{option}={name}={value}")).collect(),
        _ => values.iter().map(|value| format!("--{option}={value}")).collect(),
    }
}

/// All commands that can be configured.
pub(crate) struct Definitions {
    commands: Vec<Command>,
}

impl Definitions {
    pub(crate) fn new() -> Self {
        let mock = BilltestArgs::command().find_subcommand("mock").cloned();
        Self { commands: std::iter::once(VerifyArgs::command()).chain(mock).collect() }
    }

    /// The names of all options.
    pub(crate) fn options(&self) -> Vec<String> {
        let args = self.commands.iter().flat_map(Command::get_arguments);
        args.filter_map(|arg| arg.get_long()).map(ToOwned::to_owned).collect()
    }

    fn find(&self, setting: &Setting) -> Option<(&Command, &Arg)> {
        self.commands.iter().find_map(|command| Some((command, argument(command, setting)?)))
    }

    /// The variable that other tools have for it, too.
    pub(crate) fn pact_variable(&self, setting: &Setting) -> Option<String> {
        let (_, arg) = self.find(setting)?;
        Some(arg.get_env()?.to_string_lossy().into_owned())
    }

    #[cfg(test)]
    pub(crate) fn default(&self, setting: &Setting) -> Vec<String> {
        let defaults = self.find(setting).map(|(_, arg)| arg.get_default_values()).unwrap_or_default();
        defaults.iter().map(|value| value.to_string_lossy().into_owned()).collect()
    }

    /// Why the command line would not take this; the reason does not repeat what is secret.
    pub(crate) fn check(&self, entry: &Entry, values: &[String]) -> Result<(), String> {
        let setting = entry.setting;
        match setting.kind {
            Kind::Flag => {
                let known = values.iter().all(|value| value == "true" || value == "false");
                return if known { Ok(()) } else { Err("it is either true or false".into()) };
            }
            Kind::Number if values.iter().any(|value| value.parse::<i64>().is_err()) => {
                return Err("it is a whole number".into());
            }
            Kind::Headers => {
                if let Some((_, name)) = entry.name.split_once('.') {
                    check_header(name, values.first().map_or("", String::as_str))?;
                }
            }
            _ => values.iter().try_for_each(|value| setting.check_value(value))?,
        }
        let Some((command, _)) = self.find(setting) else { return Ok(()) };
        let mut command = command.clone();
        let ids: Vec<_> = command.get_arguments().map(|arg| arg.get_id().clone()).collect();
        for id in ids {
            command = command.mut_arg(id, |arg| arg.env(Resettable::Reset));
        }
        let arguments = std::iter::once(String::new()).chain(written(entry, values));
        let Err(error) = command.try_get_matches_from(arguments) else { return Ok(()) };
        match error.kind() {
            // Whether it fits to the others is seen when they are all known.
            ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict => Ok(()),
            ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(known)) => Err(format!("it is one of {}", known.join(", "))),
                _ => Err("a value is required".into()),
            },
            kind => Err(error.source().map_or_else(|| kind.to_string(), ToString::to_string)),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    /// Options that are said for one run only, or decide what is read.
    const NO_KEYS: [&str; 13] = [
        "color",
        "config",
        "dry-run",
        "env",
        "filter-consumer",
        "filter-description",
        "filter-no-state",
        "filter-state",
        "header",
        "last-failed",
        "publish",
        "region",
        "webhook-callback-url",
    ];

    /// A user would configure what no command takes, or look in vain for the key of a new option.
    #[test]
    fn every_key_is_an_option_and_every_option_a_key_or_for_one_run() {
        let definitions = Definitions::new();
        let has_option = |setting: &&Setting| !matches!(setting.kind, Kind::Name | Kind::Names);
        for setting in SETTINGS.iter().filter(has_option) {
            let (_, arg) = definitions.find(setting).unwrap();
            let expected = match setting.kind {
                Kind::Flag => ArgAction::SetTrue,
                kind if kind.is_list() || kind == Kind::Headers => ArgAction::Append,
                _ => ArgAction::Set,
            };
            assert!(
                format!("{:?}", arg.get_action()) == format!("{expected:?}"),
                "{} is {:?}",
                setting.key,
                arg.get_action()
            );
            for other in setting.instead_of.iter().chain(&setting.needs).chain(&setting.with) {
                assert!(SETTINGS.iter().any(|setting| setting.key == *other), "{other}");
            }
        }
        let is_key = |option: &&String| SETTINGS.iter().any(|setting| setting.key == **option);
        let options = definitions.options();
        let mut others: Vec<&str> =
            options.iter().filter(|option| !is_key(option)).map(String::as_str).collect();
        others.sort_unstable();
        others.dedup();
        assert_eq!(others, NO_KEYS);
    }
}
