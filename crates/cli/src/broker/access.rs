//! Which broker is meant, who asks, and how the answer is shown.

use std::path::PathBuf;
use std::time::Duration;

use billtest_broker::client::{BrokerClient, Credentials, REQUESTS, Secret, Trust};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum as _};
use serde_json::Value;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::pem;
use crate::exit::CliError;
use crate::printer::{Format, Printer};

/// What every command takes that talks to a broker. The second names are those of `billtest-verify`.
#[derive(Debug, Args)]
pub(crate) struct AccessArgs {
    /// How the result is shown; json is the document of the broker
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = document(), help_heading = "Broker")]
    output: Output,
    /// Address of the broker
    #[arg(
        short,
        long,
        value_name = "URL",
        visible_alias = "broker-url",
        help_heading = "Broker",
        env = "PACT_BROKER_BASE_URL",
        hide_env_values = true
    )]
    broker_base_url: Option<String>,
    /// User name for the broker
    #[arg(
        short = 'u',
        long,
        value_name = "NAME",
        visible_alias = "user",
        help_heading = "Broker",
        env = "PACT_BROKER_USERNAME",
        hide_env_values = true
    )]
    broker_username: Option<String>,
    /// Password of that user
    #[arg(
        short = 'p',
        long,
        value_name = "PASSWORD",
        visible_alias = "password",
        help_heading = "Broker",
        env = "PACT_BROKER_PASSWORD",
        hide_env_values = true
    )]
    broker_password: Option<Secret>,
    /// Bearer token in place of user name and password
    #[arg(
        short = 'k',
        long,
        value_name = "TOKEN",
        visible_alias = "token",
        help_heading = "Broker",
        env = "PACT_BROKER_TOKEN",
        hide_env_values = true
    )]
    broker_token: Option<Secret>,
    /// Header for every request to the broker, as `Name: value`; may be repeated
    #[arg(long = "custom-header", value_name = "HEADER", help_heading = "Broker")]
    custom_headers: Vec<Secret>,
    /// How often to send a request again that can be
    #[arg(
        id = "own_retries",
        long = "retries",
        value_name = "TIMES",
        default_value_t = RETRIES,
        help_heading = "Broker",
        env = "PACT_BROKER_HTTP_RETRIES",
        hide_env_values = true
    )]
    retries: u8,
    /// Authorities to trust beside the system's, in PEM
    #[arg(
        short = 'c',
        long,
        value_name = "FILE",
        visible_alias = "ssl-certificate",
        help_heading = "Broker"
    )]
    ca_cert: Option<PathBuf>,
    /// Take any certificate of the broker
    #[arg(long, visible_alias = "skip-ssl-verification", help_heading = "Broker")]
    disable_ssl_verification: bool,
    /// Tell every request to the broker, on standard error
    #[arg(short, long, help_heading = "Broker")]
    verbose: bool,
    #[arg(long, alias = "skip-verbose", hide = true, overrides_with = "verbose")]
    no_verbose: bool,
}

/// How often a request is sent again, where that is safe, and the first pause before it.
const RETRIES: u8 = 3;
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// How a result is shown: for people, or as the document of the broker and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    #[value(aliases = ["table", "pretty"])]
    Text,
    Json,
    /// The id of what was made, where a command takes that.
    Id,
}

/// The forms that the document of any command has.
fn document() -> impl TypedValueParser<Value = Output> {
    let [text, json] = [Output::Text, Output::Json].map(|output| output.to_possible_value());
    PossibleValuesParser::new(text.into_iter().chain(json)).try_map(|name| Output::from_str(&name, false))
}

impl AccessArgs {
    /// The client, and a printer for the output that is wanted.
    pub(crate) fn connect(&self, printer: &mut Printer) -> Result<BrokerClient, CliError> {
        printer.set_format(match self.output {
            Output::Text => Format::Human,
            Output::Json | Output::Id => Format::Json,
        });
        let Some(address) = said(self.broker_base_url.as_ref()) else {
            return Err(CliError::Usage(
                "no broker is named\n  give its address with --broker-base-url or PACT_BROKER_BASE_URL; \
                 `billtest broker serve` starts one"
                    .into(),
            ));
        };
        let credentials = credentials(
            self.broker_token.as_ref(),
            self.broker_username.as_ref(),
            self.broker_password.as_ref(),
        )?;
        let authorities = self.ca_cert.as_deref().map_or(Ok(Vec::new()), |path| pem("--ca-cert", path))?;
        let trust = Trust { authorities, any: self.disable_ssl_verification };
        if self.verbose {
            tell_requests();
        }
        let headers = headers("--custom-header", &self.custom_headers)?;
        let client = BrokerClient::new(address, credentials)?
            .with_trust(trust)
            .with_retries(self.retries.into(), FIRST_DELAY)
            .with_headers(&headers)
            .map_err(|error| CliError::Usage(format!("--custom-header: {error}")))?;
        Ok(client)
    }

    /// Whether only the id of what was made is wanted.
    pub(super) fn wants_id(&self) -> bool {
        self.output == Output::Id
    }
}

/// Headers out of `Name: value`. One that is none is told by its number: it may be a secret.
pub(super) fn headers(option: &str, given: &[Secret]) -> Result<Vec<(String, Secret)>, CliError> {
    let read = |(index, header): (usize, &Secret)| {
        let parts = header.split_once(": ").or_else(|| header.split_once(":"));
        parts.ok_or_else(|| CliError::Usage(format!("{option} number {} is not `Name: value`", index + 1)))
    };
    given.iter().enumerate().map(read).collect()
}

fn tell_requests() {
    let lines = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::DEBUG)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .with_level(false)
        .with_target(false)
        .finish();
    // Whoever set one up before goes on with it.
    let _ = lines.with(Targets::new().with_target(REQUESTS, LevelFilter::DEBUG)).try_init();
}

/// Shows a document of the broker to a program; people are told in lines.
pub(super) fn show(json: &Value, printer: &mut Printer) {
    printer.document(|| format!("{json:#}\n"));
}

/// A variable that is set and empty says nothing; pipelines are full of them.
pub(super) fn said(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// Who asks.
pub(super) fn credentials(
    token: Option<&Secret>,
    user: Option<&String>,
    password: Option<&Secret>,
) -> Result<Credentials, CliError> {
    let token = token.filter(|token| !token.is_empty());
    let password = password.filter(|password| !password.is_empty());
    let usage = |text: &str| Err(CliError::Usage(text.to_owned()));
    match (token, said(user), password) {
        (Some(_), Some(_), _) => usage(
            "the broker is given a token and a user name\n  give either --token (PACT_BROKER_TOKEN), or --user and \
             --password (PACT_BROKER_USERNAME, PACT_BROKER_PASSWORD)",
        ),
        (Some(token), None, _) => Ok(Credentials::Bearer(token.clone())),
        (None, Some(user), password) => {
            Ok(Credentials::Basic { user: user.to_owned(), password: password.cloned().unwrap_or_default() })
        }
        (None, None, Some(_)) => {
            usage("the broker is given a password without a user name\n  give --user (PACT_BROKER_USERNAME)")
        }
        (None, None, None) => Ok(Credentials::None),
    }
}
