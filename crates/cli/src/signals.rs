//! What the user or the system asks of the process while it works.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::CliError;

/// Requests to end: Ctrl-C, and on Unix also SIGTERM and SIGHUP. None is missed from the moment it is made.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    kinds: [Option<Signal>; 3],
    #[cfg(not(unix))]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn new() -> Result<Self, CliError> {
        let listen = |kind| signal(kind).map(Some).map_err(CliError::Runtime);
        // Under nohup it stays ignored. Ctrl-C is obeyed even where a shell began with ignoring it.
        let hangup = SignalKind::hangup();
        let hangup = if is_ignored(hangup) { None } else { listen(hangup)? };
        let kinds = [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, hangup];
        Ok(Self { kinds })
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> Result<Self, CliError> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c().map_err(CliError::Runtime)? })
    }

    /// Ready at the next request to end.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate, hangup] = &mut self.kinds;
            tokio::select! {
                () = received(interrupt) => {}
                () = received(terminate) => {}
                () = received(hangup) => {}
            }
        }
        #[cfg(not(unix))]
        {
            let _ = self.interrupt.recv().await;
        }
    }
}

#[cfg(unix)]
async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether the process was started with this signal ignored (proc(5), `SigIgn`). Where that cannot be read, it was not.
#[cfg(unix)]
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    let bit = kind.as_raw_value().checked_sub(1).and_then(|bit| u32::try_from(bit).ok());
    bit.and_then(|bit| mask.checked_shr(bit)).is_some_and(|mask| mask & 1 == 1)
}
