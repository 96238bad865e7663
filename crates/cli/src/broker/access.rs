//! Which broker is meant, who asks, and how the answer is shown.

use std::path::PathBuf;

use billtest_broker::client::{BrokerClient, Credentials, Secret, Trust};
use clap::Args;
use serde_json::Value;

use crate::args::pem;
use crate::exit::CliError;
use crate::printer::{Format, Printer};

/// What every command takes that talks to a broker. The second names are those of `billtest-verify`.
#[derive(Debug, Args)]
pub(crate) struct AccessArgs {
    /// How the result is shown; json is the document of the broker
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Broker")]
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
    /// Authorities to trust beside the system's, in PEM
    #[arg(long, value_name = "FILE", help_heading = "Broker")]
    ca_cert: Option<PathBuf>,
    /// Take any certificate of the broker
    #[arg(long, help_heading = "Broker")]
    disable_ssl_verification: bool,
}

/// How a result is shown: for people, or as the document of the broker and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    #[value(aliases = ["table", "pretty"])]
    Text,
    Json,
}

impl AccessArgs {
    /// The client, and a printer for the output that is wanted.
    pub(crate) fn connect(&self, printer: &mut Printer) -> Result<BrokerClient, CliError> {
        printer.set_format(match self.output {
            Output::Text => Format::Human,
            Output::Json => Format::Json,
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
        Ok(BrokerClient::new(address, credentials)?.with_trust(trust))
    }
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
