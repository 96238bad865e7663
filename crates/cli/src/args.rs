//! What can be said on the command lines.

use std::ffi::OsString;
use std::fs;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use billtest_contract::state::Isolation;
use billtest_models::{Region, Timestamp};
use billtest_provider::Origin;
use clap::{Args, Parser, Subcommand};
use regex::Regex;

use crate::broker::{BrokerArgs, BrokerCommand};
use crate::config::ConfigArgs;
use crate::exit::CliError;
use crate::printer::{Color, Format};

/// Where state files are unless said otherwise.
pub(crate) const STATES: &str = "provider-states";
/// Milliseconds, as on the command line.
const DEFAULT_REQUEST_TIMEOUT: &str = "5000";
/// Where pacts are unless said otherwise.
pub(crate) const PACTS: &str = "pacts";

/// How the commands of a broker end.
const BROKER_EXITS: &str = "Exit codes: 0 done, or yes; 1 no, or not known; 2 wrong usage or configuration; 4 there is \
                            nothing to publish or fetch; 6 the broker refused or failed; 7 a pact file is invalid; \
                            130 interrupted.";

#[derive(Debug, Parser)]
#[command(name = "billtest", version, about = "Contract testing for billing APIs")]
pub(crate) struct BilltestArgs {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// When to colour the output
    #[arg(long, global = true, value_enum, default_value = "auto", display_order = 998)]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the mock billing provider until it is interrupted
    Mock(MockArgs),
    /// Share pacts and results: a Pact Broker
    #[command(subcommand, after_help = BROKER_EXITS)]
    Broker(Box<BrokerCommand>),
    /// Look at provider-state files
    #[command(subcommand)]
    States(StatesCommand),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every value and where it comes from
    Show(ShowArgs),
    /// Write a configuration file with every key as a comment
    Init(InitArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// How it is shown
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ConfigFormat,
    /// The reference of all keys with their defaults instead
    #[arg(long)]
    pub(crate) default: bool,
    /// Options of billtest-verify, to see what becomes of them
    #[arg(last = true, value_name = "OPTION")]
    pub(crate) options: Vec<OsString>,
}

/// How a configuration is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ConfigFormat {
    Human,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The file to write [default: billtest.toml]
    #[arg(value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StatesCommand {
    /// Compare the states that pacts need with the files that describe them
    Check(StatesCheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StatesCheckArgs {
    /// Pact files, directories and glob patterns [default: pacts]
    #[arg(value_name = "PATH|GLOB")]
    pub(crate) sources: Vec<String>,
    /// Directory of provider-state files [default: provider-states]
    #[arg(long, value_name = "DIR")]
    pub(crate) states: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct MockArgs {
    /// Address to listen on; port 0 takes any free one
    #[arg(long, value_name = "[HOST:]PORT", default_value = "127.0.0.1:8080", value_parser = listen)]
    pub(crate) listen: String,
    /// Directory of provider-state files [default: provider-states]
    #[arg(long, value_name = "DIR")]
    pub(crate) states: Option<PathBuf>,
    /// Time at which the clock stands until PUT /_billtest/clock moves it [default: the system's clock]
    #[arg(long, value_name = "RFC3339")]
    pub(crate) now: Option<Timestamp>,
    /// Where ids begin: the same requests, one after the other, get the same ids [default: random]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Answer so many requests a second, for each address and for each tenant [default: all]
    #[arg(long, value_name = "N", value_parser = rate_limit)]
    pub(crate) rate_limit: Option<NonZeroU32>,
    /// Origin whose pages may call the API, such as http://localhost:3000; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) cors_origin: Vec<Origin>,
    /// How long a tenant is kept that nobody uses, such as 90s, 15m or 1h
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = tenant_idle)]
    pub(crate) tenant_idle: Duration,
    /// How many tenants are kept; of more the one that was used longest ago goes
    #[arg(long, value_name = "N", default_value = "100000", value_parser = max_tenants)]
    pub(crate) max_tenants: NonZeroUsize,
}

#[derive(Debug, Parser)]
#[command(
    name = "billtest-verify",
    version,
    about = "Verify pacts against a provider",
    after_help = "Exit codes: 0 verified; 1 a mismatch; 2 wrong usage or configuration; 3 provider unreachable or \
                  without an answer; 4 nothing to verify; 5 a provider state could not be set up or torn down; \
                  6 the broker, or publishing to it, failed; 7 a pact or state file is invalid; 130 interrupted."
)]
pub(crate) struct VerifyArgs {
    /// Pact files, directories (searched for *.json, however deep), glob patterns and addresses [default: pacts]
    #[arg(value_name = "PATH|GLOB|URL")]
    pub(crate) sources: Vec<String>,

    /// Address of the running provider; several are instances that share the work
    #[arg(long, value_name = "URL", conflicts_with = "mock", required_unless_present = "mock")]
    pub(crate) provider_url: Vec<String>,
    /// Verify against the embedded mock provider
    #[arg(long)]
    pub(crate) mock: bool,
    /// Start the provider with this shell command, and end it with the run
    #[arg(long, value_name = "CMD", requires = "provider_url")]
    pub(crate) start_command: Option<String>,
    /// The started provider is ready when this URL answers with success [default: the provider's address, any answer]
    #[arg(long, value_name = "URL", requires = "start_command")]
    pub(crate) ready_url: Option<String>,
    /// Longest time until the started provider is ready, in seconds
    #[arg(long, value_name = "S", default_value_t = 60)]
    pub(crate) ready_timeout: u64,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Where the embedded provider bills its tenants, as it is configured.
    #[arg(skip)]
    pub(crate) billing_region: Option<Region>,
    #[command(flatten)]
    pub(crate) broker: BrokerArgs,
    #[command(flatten)]
    pub(crate) states: StateArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,

    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// When to colour the output
    #[arg(long, value_enum, default_value = "auto", help_heading = "Report")]
    pub(crate) color: Color,
}

/// How provider states are set up.
#[derive(Debug, Args)]
#[command(next_help_heading = "States")]
pub(crate) struct StateArgs {
    /// Directory of provider-state files [default: provider-states]
    #[arg(long, value_name = "DIR")]
    pub(crate) states: Option<PathBuf>,
    /// Endpoint that sets provider states up: POST {"state", "params", "action", "consumer"}
    #[arg(long, value_name = "URL", env = "PACT_PROVIDER_STATE_CHANGE_URL", hide_env_values = true)]
    pub(crate) state_change_url: Option<String>,
    /// Send that endpoint state, action and parameters in the query
    #[arg(long, requires = "state_change_url")]
    pub(crate) state_change_as_query: bool,
    /// Tell that endpoint also when an interaction is over ("action": "teardown")
    #[arg(long, requires = "state_change_url")]
    pub(crate) state_change_teardown: bool,
    /// What may run beside an interaction whose states no file describes
    #[arg(long, value_enum, default_value = "exclusive")]
    pub(crate) isolation: IsolationArg,
    /// Header that keeps interactions of `tenant` isolation apart
    #[arg(long, value_name = "NAME", default_value = "uuid")]
    pub(crate) tenant_header: String,
    /// Shell command to run before everything; the run ends if it fails
    #[arg(long, value_name = "CMD")]
    pub(crate) before_all: Option<String>,
    /// Shell command to run after everything, whatever happened
    #[arg(long, value_name = "CMD")]
    pub(crate) after_all: Option<String>,
    /// Longest time for each of these two, in seconds
    #[arg(long, value_name = "S", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) hook_timeout: u64,
}

/// Which interactions are verified.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectArgs {
    /// Only interactions whose description matches
    #[arg(long, value_name = "REGEX", env = "PACT_DESCRIPTION", hide_env_values = true)]
    pub(crate) filter_description: Option<Regex>,
    /// Only interactions of which a state matches
    #[arg(long, value_name = "REGEX", env = "PACT_PROVIDER_STATE", hide_env_values = true)]
    pub(crate) filter_state: Option<Regex>,
    /// Only interactions without a state
    #[arg(long)]
    pub(crate) filter_no_state: bool,
    /// Only pacts of this consumer; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) filter_consumer: Vec<String>,
    /// Only what failed in the run that wrote the --json FILE
    #[arg(long, requires = "json")]
    pub(crate) last_failed: bool,
    /// Finding no pact to verify is no failure
    #[arg(long)]
    pub(crate) ignore_no_pacts: bool,
}

/// How they are verified.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunArgs {
    /// How many interactions may be under way at once, where isolation allows it [default: as many as make it faster]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Show what would run when, and why, and send nothing
    #[arg(long, conflicts_with = "publish")]
    pub(crate) dry_run: bool,
    /// Stop after the first failure
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Try an interaction that failed again, so often; one that passes then is reported as flaky
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retries: u32,
    /// Longest time for one request or state change, in milliseconds
    #[arg(long, value_name = "MS", default_value = DEFAULT_REQUEST_TIMEOUT, env = "PACT_PROVIDER_REQUEST_TIMEOUT", hide_env_values = true, value_parser = request_timeout)]
    pub(crate) request_timeout: u64,
    /// Longest time for the whole run until it cleans up, in seconds; what is under way then ends as at an interrupt
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) run_timeout: Option<u64>,
    /// Header for every request, in place of the pact's of that name; may be repeated
    #[arg(long = "header", value_name = "NAME=VALUE")]
    headers: Vec<String>,
    /// Path at the provider that gives messages: POST {"description", "providerStates"}
    #[arg(long, value_name = "PATH", default_value = "/")]
    pub(crate) message_path: String,
    /// Take any certificate, of the provider and of the broker
    #[arg(long)]
    pub(crate) disable_ssl_verification: bool,
    /// Authorities to trust beside the system's, for the provider and for the broker, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_cert: Option<PathBuf>,
    /// Our certificate for the provider, in PEM
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
}

impl RunArgs {
    /// The headers, each with its name and value. One that is neither is told by its number: it may be a secret.
    pub(crate) fn headers(&self) -> Result<Vec<(String, String)>, CliError> {
        let numbered = self.headers.iter().enumerate();
        numbered
            .map(|(index, text)| {
                let wrong = || CliError::Usage(format!("--header number {} is not NAME=VALUE", index + 1));
                header(text).ok_or_else(wrong)
            })
            .collect()
    }

    /// What is in the file of --ca-cert.
    pub(crate) fn authorities(&self) -> Result<Vec<u8>, CliError> {
        self.ca_cert.as_deref().map_or(Ok(Vec::new()), |path| pem("--ca-cert", path))
    }
}

/// The content of a file that an option names.
pub(crate) fn pem(option: &str, path: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(path)
        .map_err(|error| CliError::Usage(format!("{option} {}: cannot be read: {error}", path.display())))
}

/// What may run beside an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum IsolationArg {
    Tenant,
    Shared,
    Exclusive,
}

impl From<IsolationArg> for Isolation {
    fn from(argument: IsolationArg) -> Self {
        match argument {
            IsolationArg::Tenant => Self::Tenant,
            IsolationArg::Shared => Self::Shared,
            IsolationArg::Exclusive => Self::Exclusive,
        }
    }
}

/// What is left behind.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct ReportArgs {
    /// What goes to standard output
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
    /// Write the results as JSON, for programs
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the results as JUnit XML, for CI servers
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the results as one HTML page
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the results as Markdown, for a job summary or a comment
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

/// An address to listen on; without a host it is this machine.
pub(crate) fn listen(text: &str) -> Result<String, String> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    port.parse::<u16>().map_err(|_| "an address is written HOST:PORT or PORT, such as 127.0.0.1:8080")?;
    Ok(format!("{}:{port}", if host.is_empty() { "127.0.0.1" } else { host }))
}

fn rate_limit(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "a limit is a whole number of requests above 0".into())
}

fn max_tenants(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "it is a whole number above 0".into())
}

/// At least a second: a test would hardly begin before its tenant was gone.
fn tenant_idle(text: &str) -> Result<Duration, String> {
    let wrong = |_| "a duration is written like 90s, 15m or 1h".to_owned();
    let duration = humantime::parse_duration(text).map_err(wrong)?;
    if duration < Duration::from_secs(1) { Err("it is a second or longer".into()) } else { Ok(duration) }
}

/// Milliseconds. A variable that is set and empty says nothing.
fn request_timeout(text: &str) -> Result<u64, String> {
    let text = if text.is_empty() { DEFAULT_REQUEST_TIMEOUT } else { text };
    match text.parse() {
        Ok(milliseconds @ 1..) => Ok(milliseconds),
        _ => Err("a time is a whole number of milliseconds above 0".into()),
    }
}

fn header(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        BilltestArgs::command().debug_assert();
        VerifyArgs::command().debug_assert();
    }

    #[test]
    fn a_port_alone_is_on_this_machine() {
        assert_eq!(listen("8080").unwrap(), "127.0.0.1:8080");
        assert_eq!(listen(":0").unwrap(), "127.0.0.1:0");
        assert_eq!(listen("[::1]:80").unwrap(), "[::1]:80");
        assert!(listen("localhost").is_err() && listen("h:99999").is_err());
    }

    #[test]
    fn a_header_may_have_equal_signs_in_its_value() {
        assert_eq!(header("X-Sign=a=b").unwrap(), ("X-Sign".into(), "a=b".into()));
        assert!(header("X-Sign").is_none());
    }
}
