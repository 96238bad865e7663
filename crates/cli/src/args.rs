//! What can be said on the command lines.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::broker::BrokerArgs;
use crate::printer::Color;

/// Where state files are unless said otherwise.
pub(crate) const STATES: &str = "provider-states";
/// Where pacts are unless said otherwise.
pub(crate) const PACTS: &str = "pacts";

#[derive(Debug, Parser)]
#[command(name = "billtest", version, about = "Contract testing for billing APIs")]
pub(crate) struct BilltestArgs {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to colour the output
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the mock billing provider until it is interrupted
    Mock(MockArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MockArgs {
    /// Address to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Directory of provider-state files [default: provider-states]
    #[arg(long, value_name = "DIR")]
    pub(crate) states: Option<PathBuf>,
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

    /// Address of the running provider
    #[arg(long, value_name = "URL", conflicts_with = "mock", required_unless_present = "mock")]
    pub(crate) provider_url: Option<String>,
    /// Verify against the embedded mock provider
    #[arg(long)]
    pub(crate) mock: bool,

    #[command(flatten)]
    pub(crate) broker: BrokerArgs,

    /// Directory of provider-state files [default: provider-states]
    #[arg(long, value_name = "DIR", help_heading = "States")]
    pub(crate) states: Option<PathBuf>,
    /// Endpoint that sets provider states up: POST {"state", "params", "action", "consumer"}
    #[arg(
        long,
        value_name = "URL",
        help_heading = "States",
        env = "PACT_PROVIDER_STATE_CHANGE_URL",
        hide_env_values = true
    )]
    pub(crate) state_change_url: Option<String>,
    /// Tell that endpoint also when an interaction is over ("action": "teardown")
    #[arg(long, help_heading = "States", requires = "state_change_url")]
    pub(crate) state_change_teardown: bool,
    /// Header that keeps interactions of `tenant` isolation apart
    #[arg(long, value_name = "NAME", help_heading = "States", default_value = "uuid")]
    pub(crate) tenant_header: String,

    /// Longest time for one request or state change, in milliseconds
    #[arg(long, value_name = "MS", help_heading = "Run", default_value_t = 5000, env = "PACT_PROVIDER_REQUEST_TIMEOUT", hide_env_values = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) request_timeout: u64,
    /// Header for every request, in place of the pact's of that name; may be repeated
    #[arg(long = "header", value_name = "NAME=VALUE", help_heading = "Run", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,
    /// Finding no pact to verify is no failure
    #[arg(long, help_heading = "Run")]
    pub(crate) ignore_no_pacts: bool,

    /// Write the results as JSON
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub(crate) json: Option<PathBuf>,
    /// When to colour the output
    #[arg(long, value_enum, default_value = "auto", help_heading = "Report")]
    pub(crate) color: Color,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a header is written NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
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
    fn a_header_may_have_equal_signs_in_its_value() {
        assert_eq!(header("X-Sign=a=b").unwrap(), ("X-Sign".into(), "a=b".into()));
        assert!(header("X-Sign").is_err());
    }
}
