//! Loading the plugins that the pacts need, without telling anybody.

use std::env;
use std::io;
use std::process::Command;

use billtest_verifier::{Plan, PluginError, Plugins};

use crate::exit::CliError;

/// Loads what the plan needs.
///
/// The plugin runtime reports each plugin that it loads to its makers unless a variable of the environment forbids
/// it, and a program cannot safely change its own environment. So where the variable is not set, this program starts
/// itself anew with it. That is before anything was sent to a provider.
pub(crate) async fn load(plan: &Plan) -> Result<Plugins, CliError> {
    let loaded = Plugins::load(plan).await;
    if let Err(PluginError::Tracked { .. }) = &loaded
        && let Ok(program) = env::current_exe()
    {
        // It comes back only if it could not be done; then the user is told to set the variable.
        let _ = replace(Command::new(program).args(env::args_os().skip(1)).env("PACT_DO_NOT_TRACK", "true"));
    }
    Ok(loaded?)
}

/// Becomes that command.
#[cfg(unix)]
fn replace(command: &mut Command) -> io::Error {
    use std::os::unix::process::CommandExt as _;
    command.exec()
}

/// Elsewhere no process can become another.
#[cfg(not(unix))]
fn replace(_: &mut Command) -> io::Error {
    io::ErrorKind::Unsupported.into()
}
