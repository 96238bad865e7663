//! The mock provider, for `billtest mock` and for `billtest-verify --mock`.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use billtest_contract::state::StateCatalogue;
use billtest_models::Region;
use billtest_provider::{Options, Provider, StateSeeds, serve};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::args::{MockArgs, STATES};
use crate::exit::{CliError, Exit};
use crate::printer::{Printer, STRONG};
use crate::signals::Signals;

/// The states of a directory, each checked against the models. Only the default directory may be missing.
pub(crate) fn load_states(directory: Option<&Path>) -> Result<StateSeeds, CliError> {
    let catalogue = match directory {
        Some(directory) if !directory.is_dir() => {
            let text = format!(
                "{} is not a directory; --states names one of provider-state files",
                directory.display()
            );
            return Err(CliError::Usage(text));
        }
        None if !Path::new(STATES).is_dir() => StateCatalogue::default(),
        directory => {
            StateCatalogue::load(directory.unwrap_or(Path::new(STATES))).map_err(CliError::States)?
        }
    };
    StateSeeds::new(catalogue).map_err(CliError::States)
}

/// How long requests that are under way may take to end; a second signal ends them at once.
const GRACE: Duration = Duration::from_secs(3);

pub(crate) async fn exec_mock(
    args: &MockArgs,
    region: Option<Region>,
    printer: &mut Printer,
) -> Result<Exit, CliError> {
    let mut signals = Signals::new()?;
    let states = load_states(args.states.as_deref())?;
    let count = states.catalogue().iter().count();
    let provider = Provider::with_options(states, options(args, region))?;
    let (listener, address) = listen(&args.listen).await?;
    // The first line is for programs that wait for it.
    printer.line(format_args!("billing provider ready at {STRONG}http://{address}{STRONG:#}"));
    printer.line(format_args!(
        "  {count} provider states at POST http://{address}{}",
        billtest_provider::STATE_CHANGE_PATH
    ));
    printer.line(format_args!("  OpenAPI document at http://{address}/openapi.json; stop with Ctrl-C"));
    let (tell, told) = tokio::sync::oneshot::channel();
    let serving = serve(listener, provider, async {
        // Nobody left to tell is told as well.
        let _ = told.await;
    });
    let ending = async {
        signals.next().await;
        let _ = tell.send(());
        tokio::select! {
            () = signals.next() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
    };
    tokio::select! {
        served = serving => served.map_err(CliError::Serve)?,
        () = ending => {}
    }
    Ok(Exit::Verified)
}

fn options(args: &MockArgs, region: Option<Region>) -> Options {
    Options {
        region,
        now: args.now,
        seed: args.seed,
        rate_limit: args.rate_limit,
        cors_origins: args.cors_origin.clone(),
        tenant_idle: args.tenant_idle,
        tenants: args.max_tenants,
    }
}

/// A mock provider on a free port of this machine, ended with the returned task. It answers as fast as it can.
pub(crate) async fn start_embedded(
    states: StateSeeds,
    region: Option<Region>,
) -> Result<(SocketAddr, JoinHandle<()>), CliError> {
    let provider = Provider::with_options(states, Options { region, ..Options::default() })?;
    let (listener, address) = listen("127.0.0.1:0").await?;
    let task = tokio::spawn(async move {
        // It ends when the task is aborted; an error of the listener shows in the first request.
        let _ = serve(listener, provider, std::future::pending()).await;
    });
    Ok((address, task))
}

pub(crate) async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), CliError> {
    let failed = |source| CliError::Listen { address: address.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
