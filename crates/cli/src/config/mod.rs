//! Configuration: a file, variables and options in layers.
//!
//! The command lines stay the only definition of what can be said: a key of the file is the name of an option, its rule
//! is the rule of the option, its default the option's. So configuration is resolved *before* the command line is
//! understood: what options say is found out, the layers are put together ([`Layers`], the only place that knows their
//! order), and what the file and variables say is then written to the command line as if the user had. Whatever
//! `required`, `requires` and value rules an option has hold for a configured value as well, and none is written twice.
//!
//! The layers are ours and not figment's: its values know their file but not their line, it reads TOML with a parser of
//! two majors ago, and clap's rules would have to be repeated as types.

mod checks;
mod definitions;
mod error;
mod file;
mod init;
mod layers;
mod origin;
mod prices;
mod setting;
mod show;
mod variables;

use std::ffi::OsString;

use billtest_models::Region;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, Parser};

pub(crate) use self::error::ConfigError;
pub(crate) use self::init::exec_init;
pub(crate) use self::layers::{Layers, Selection};
pub(crate) use self::show::exec_show;

use self::definitions::{Definitions, given, innermost, without_variables, written};
use self::file::Choice;
use self::layers::Given;
use self::origin::Origin;
use self::setting::{Kind, SETTINGS, Setting};
use self::variables::{CONFIG, ENV, REGION, Variables};
use crate::printer::{Color, Printer};

/// Which configuration counts.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Configuration file [default: billtest.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = CONFIG, hide_env_values = true, help_heading = "Configuration")]
    pub(crate) config: Option<String>,
    /// Environment of the configuration file, such as `mock`
    #[arg(long = "env", global = true, value_name = "NAME", env = ENV, hide_env_values = true, help_heading = "Configuration")]
    pub(crate) environment: Option<String>,
    /// Region, such as `kr`
    #[arg(long, global = true, value_name = "NAME", env = REGION, hide_env_values = true, help_heading = "Configuration")]
    pub(crate) region: Option<String>,
}

/// Why a command line is not understood.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Help and version, too.
    Usage {
        error: clap::Error,
        note: Option<String>,
    },
    Config {
        error: ConfigError,
        color: Color,
    },
}

impl From<clap::Error> for Refusal {
    fn from(error: clap::Error) -> Self {
        Self::Usage { error, note: None }
    }
}

/// A command line that is understood.
pub(crate) struct Parsed<P> {
    pub(crate) args: P,
    /// What is configured.
    pub(crate) configured: Configured,
}

/// What is configured for a command.
pub(crate) enum Configured {
    Layers(Layers),
    /// The command looks at the configuration itself.
    Selection(Selection),
}

impl Configured {
    /// Where what counts for a key comes from, unless it was an option.
    pub(crate) fn origin(&self, key: &str) -> Option<String> {
        match self {
            Self::Layers(layers) => layers.origin(key).map(ToString::to_string),
            Self::Selection(_) => None,
        }
    }

    /// The region that is configured; none if none is chosen.
    pub(crate) fn billing_region(&self) -> Result<Option<Region>, ConfigError> {
        match self {
            Self::Layers(layers) => layers.billing_region(),
            Self::Selection(_) => Ok(None),
        }
    }

    /// What decides which configuration counts, for a command that looks at it itself.
    pub(crate) fn selection(self) -> Selection {
        match self {
            Self::Layers(_) => Selection::default(),
            Self::Selection(selection) => selection,
        }
    }
}

/// Understands a command line with its configuration.
pub(crate) fn parse<P: Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<Parsed<P>, Refusal> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command = without_variables(P::command());
    let matches = options(&P::command(), &arguments)?;
    let (inner, said) = innermost(&command, &matches);
    if matches.subcommand_name() == Some("config") {
        let configured = Configured::Selection(selection(said));
        return Ok(Parsed { args: P::from_arg_matches(&matches)?, configured });
    }
    let color = matches.try_get_one::<Color>("color").ok().flatten().copied().unwrap_or(Color::Auto);
    let layers = resolve(inner, said, None).map_err(|error| Refusal::Config { error, color })?;
    let mut configured: Vec<(String, &Origin)> = Vec::new();
    for one in layers.chosen.iter().filter(|one| one.is_news()) {
        if definitions::argument(inner, one.entry.setting).is_some() {
            let options = written(&one.entry, &one.values).into_iter();
            configured.extend(options.map(|option| (option, &one.entry.origin)));
        }
    }
    let mut all = arguments;
    // What follows `--` is no option any more.
    let end = all.iter().position(|argument| argument == "--").unwrap_or(all.len());
    all.splice(end..end, configured.iter().map(|(option, _)| option.into()));
    let parsed = command.try_get_matches_from(all).and_then(|matches| P::from_arg_matches(&matches));
    match parsed {
        Ok(args) => Ok(Parsed { args, configured: Configured::Layers(layers) }),
        Err(error) => {
            let note = note(&error, &configured);
            Err(Refusal::Usage { error, note })
        }
    }
}

/// What the options say, whether or not they say enough: the rest may be configured.
fn options(command: &Command, arguments: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let lenient = without_variables(command.clone());
    match lenient.clone().try_get_matches_from(arguments) {
        Ok(matches) => Ok(matches),
        Err(error)
            if matches!(error.kind(), ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict) =>
        {
            lenient.ignore_errors(true).try_get_matches_from(arguments)
        }
        // Told with the variables that the help names.
        Err(error) => Err(command.clone().try_get_matches_from(arguments).err().unwrap_or(error)),
    }
}

/// The configuration of a command under these options; with a selection made further out, of all commands.
fn resolve(command: &Command, matches: &ArgMatches, outer: Option<Selection>) -> Result<Layers, ConfigError> {
    let replaced = if says(matches, "webhook_callback_url") {
        vec![("sources", "--webhook-callback-url")]
    } else {
        Vec::new()
    };
    let is_used = |setting: &&Setting| outer.is_some() || definitions::argument(command, setting).is_some();
    let used = SETTINGS.iter().filter(is_used).map(|setting| setting.key).collect();
    let entries = given(command, matches);
    let selection = selection(matches).or(outer.unwrap_or_default());
    let given = Given { selection, entries, used, replaced };
    Layers::resolve(given, &Variables::from_environment(), &Definitions::new())
}

/// What clients of a provider are told, beside names and headers.
const OF_CLIENTS: [&str; 6] =
    ["provider-url", "request-timeout", "ca-cert", "client-cert", "client-key", "disable-ssl-verification"];

/// The configuration of a program that has no command line of ours.
pub(crate) fn resolved(environment: Option<&str>, region: Option<&str>) -> Result<Layers, ConfigError> {
    let variables = Variables::from_environment();
    let said = |name: Option<&str>, variable: &str| match name {
        Some(name) => Ok::<_, ConfigError>(Some((name.to_owned(), Origin::Option("the program".to_owned())))),
        None => Ok(variables.text(variable)?.map(|name| (name, Origin::Variable(variable.to_owned())))),
    };
    let selection = Selection {
        file: said(None, CONFIG)?,
        environment: said(environment, ENV)?,
        region: said(region, REGION)?,
    };
    let is_used = |setting: &&Setting| {
        matches!(setting.kind, Kind::Name | Kind::Names | Kind::Headers) || OF_CLIENTS.contains(&setting.key)
    };
    let used = SETTINGS.iter().filter(is_used).map(|setting| setting.key).collect();
    let given = Given { selection, used, ..Given::default() };
    Layers::resolve(given, &variables, &Definitions::new())
}

fn selection(matches: &ArgMatches) -> Selection {
    Selection {
        file: choice(matches, "config", "--config", CONFIG),
        environment: choice(matches, "environment", "--env", ENV),
        region: choice(matches, "region", "--region", REGION),
    }
}

fn says(matches: &ArgMatches, id: &str) -> bool {
    let value = matches.try_get_one::<String>(id).ok().flatten();
    value.is_some_and(|value| !value.is_empty())
}

fn choice(matches: &ArgMatches, id: &str, option: &str, variable: &str) -> Option<Choice> {
    let value = matches.try_get_one::<String>(id).ok().flatten().filter(|value| !value.is_empty())?;
    let origin = match matches.value_source(id) {
        Some(ValueSource::EnvVariable) => Origin::Variable(variable.to_owned()),
        _ => Origin::Option(option.to_owned()),
    };
    Some((value.clone(), origin))
}

/// Where the options of a complaint come from that the user did not write.
fn note(error: &clap::Error, configured: &[(String, &Origin)]) -> Option<String> {
    let text = error.to_string();
    let mut names: Vec<String> = Vec::new();
    for (option, origin) in configured {
        let name = option.split('=').next().unwrap_or_default();
        let is_named = text.split([' ', '\'', '\n']).any(|word| word == name);
        let line = format!("{name} is from {origin}");
        if name.starts_with("--") && is_named && !names.contains(&line) {
            names.push(line);
        }
    }
    (!names.is_empty()).then(|| names.join("; "))
}

impl Refusal {
    /// Tells it; whether it is one, and not what was asked for.
    pub(crate) fn tell(&self) -> bool {
        match self {
            Self::Usage { error, note } => {
                // There is nobody to tell if even this cannot be printed.
                let _ = error.print();
                if let Some(note) = note {
                    Printer::new(Color::Auto).note(note);
                }
                error.use_stderr()
            }
            Self::Config { error, color } => {
                Printer::new(*color).error(error);
                true
            }
        }
    }
}
