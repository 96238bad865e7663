//! What must be known before a run: how the provider is called, and who changes its states.

use std::sync::Arc;
use std::time::Duration;

use billtest_contract::state::{HookAction, StateCatalogue};
use billtest_provider::{SERVICE, STATE_CHANGE_PATH};
use billtest_verifier::{
    ClientOptions, FileHooks, Plan, ProviderAddress, ProviderError, StateChangeUrl, StateHandler,
};
use serde_json::Value;

use crate::args::{VerifyArgs, pem};
use crate::exit::CliError;
use crate::report::exchange;

/// Longest wait for an unknown provider to say who it is.
const INTRODUCTION: Duration = Duration::from_secs(2);

/// How the provider and its state hooks are called. An address that a state file leaves to its
/// parameters may be an encrypted one.
pub(super) fn client_options(
    args: &VerifyArgs,
    addresses: &[ProviderAddress],
    states: &StateCatalogue,
) -> Result<ClientOptions, CliError> {
    let run = &args.run;
    let authorities = run.authorities()?;
    let identity = match (&run.client_cert, &run.client_key) {
        (Some(certificate), Some(key)) => {
            let mut both = pem("--client-cert", certificate)?;
            both.push(b'\n');
            both.extend(pem("--client-key", key)?);
            Some(both)
        }
        _ => None,
    };
    let steps = states.iter().flat_map(|file| file.setup.iter().chain(&file.teardown));
    let called: Vec<&str> = steps
        .filter_map(|step| match &step.action {
            HookAction::Request(request) => Some(request.path.as_str()),
            HookAction::Program(_) => None,
        })
        .filter(|path| !path.starts_with('/'))
        .chain(endpoint(args))
        .chain(args.ready_url.as_deref())
        .collect();
    let is_local = |url: &str| endpoint_address(url).is_ok_and(|address| address.is_this_machine());
    Ok(ClientOptions {
        timeout: Duration::from_millis(run.request_timeout),
        encrypted: addresses.iter().any(ProviderAddress::is_encrypted)
            || called.iter().any(|url| !url.starts_with("http:")),
        this_machine: addresses.iter().all(ProviderAddress::is_this_machine)
            && called.iter().all(|url| is_local(url)),
        trust_all: run.disable_ssl_verification,
        authorities,
        identity,
    })
}

/// The address of an endpoint, without its query.
pub(crate) fn endpoint_address(url: &str) -> Result<ProviderAddress, ProviderError> {
    ProviderAddress::parse(url.split('?').next().unwrap_or_default())
}

/// The state-change endpoint that the user names. The embedded mock provider has its own, whatever the environment
/// says; and a variable that is set and empty says nothing.
fn endpoint(args: &VerifyArgs) -> Option<&str> {
    args.states.state_change_url.as_deref().filter(|url| !args.mock && !url.is_empty())
}

/// Who sets states up: the files' own hooks, whom the user names, a billtest mock provider that says it is one.
pub(super) async fn handlers(
    args: &VerifyArgs,
    addresses: &[ProviderAddress],
    plan: &Plan,
    states: Arc<StateCatalogue>,
    client: &reqwest::Client,
) -> Result<(Vec<Arc<dyn StateHandler>>, String), CliError> {
    if !plan.needs_states() {
        return Ok((Vec::new(), "none needed".into()));
    }
    let mut url = endpoint(args).map(ToOwned::to_owned);
    if let Some(url) = &url {
        endpoint_address(url).map_err(|error| CliError::Usage(format!("--state-change-url: {error}")))?;
    }
    let without_setup = plan.states_without_setup(&states);
    let mut teardown = args.states.state_change_teardown;
    if url.is_none() && !without_setup.is_empty() {
        let is_mock = match addresses.first() {
            Some(address) => args.mock || is_billtest_mock(address, client).await,
            None => false,
        };
        if !is_mock {
            let unknown = plan.unknown_states(&states);
            if !unknown.is_empty() {
                return Err(CliError::UnknownStates(unknown));
            }
            let names: Vec<String> =
                without_setup.iter().map(|state| format!("\"{}\"", state.name)).collect();
            return Err(CliError::NoStateSetup(format!(
                "nothing sets up {} at {}, which is no billtest mock provider that could seed them from their files\n  \
                 name an endpoint with --state-change-url, or write [[setup]] steps into the files",
                names.join(", "),
                addresses.first().map_or("", ProviderAddress::as_text)
            )));
        }
        (url, teardown) = (Some(STATE_CHANGE_PATH.to_owned()), true);
    }
    let mut handlers: Vec<Arc<dyn StateHandler>> = Vec::new();
    let mut from = Vec::new();
    // The mock provider is seeded; what the files do at a live provider is not for it.
    if url.as_deref() != Some(STATE_CHANGE_PATH) {
        if states.iter().any(|file| !file.setup.is_empty()) {
            from.push("the steps in their files".to_owned());
        }
        handlers.push(Arc::new(FileHooks { states, client: client.clone() }));
    }
    if let Some(url) = url {
        from.push(format!("POST {}", exchange::url(&url)));
        let in_query = args.states.state_change_as_query;
        handlers.push(Arc::new(StateChangeUrl { url, teardown, in_query, client: client.clone() }));
    }
    Ok((handlers, from.join(", and ")))
}

async fn is_billtest_mock(address: &ProviderAddress, client: &reqwest::Client) -> bool {
    let request = client.get(format!("{}/_billtest/health", address.as_text())).timeout(INTRODUCTION);
    let Ok(response) = request.send().await else { return false };
    let Ok(text) = response.text().await else { return false };
    serde_json::from_str::<Value>(&text).is_ok_and(|health| health["service"] == SERVICE)
}
