//! Programs that belong to a run: the provider that is started for it, and what runs before and after everything.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use billtest_verifier::Program;
use reqwest::Client;
use tempfile::{NamedTempFile, TempPath};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::exit::CliError;
use crate::report::wording::cut;

/// How often a starting provider is asked whether it is ready.
const POLL: Duration = Duration::from_millis(50);
/// How long a provider may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How much of a log is shown.
const TAIL: u64 = 2000;
/// How many characters are shown of what a program said.
const SAID: usize = 2000;

/// Runs a shell command to its end, or until its time is over.
pub(crate) async fn run_hook(what: &str, command: &str, limit: Duration) -> Result<(), CliError> {
    let failed =
        |reason: String| CliError::Hook { what: what.to_owned(), command: command.to_owned(), reason };
    let finished = timeout(limit, Program::run(shell(command), &[]))
        .await
        .map_err(|_| {
            failed(format!("took longer than {} s; raise that with --hook-timeout", limit.as_secs()))
        })?
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    if finished.status.success() {
        return Ok(());
    }
    let said = if finished.stderr.is_empty() { &finished.stdout } else { &finished.stderr };
    let said = String::from_utf8_lossy(said);
    Err(failed(format!("ended with {}: {}", finished.status, cut(said.trim(), SAID))))
}

fn shell(command: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut program = Command::new(shell);
    program.arg(option).arg(command);
    program
}

/// A provider that runs for as long as the run. Its log stays if there is something to look up in it.
#[derive(Debug)]
pub(crate) struct Started {
    program: Program,
    log: TempPath,
}

impl Started {
    /// Starts a provider and waits until it is ready: until `ready` answers with success, or `any` answers at all.
    pub(crate) async fn start(
        command: &str,
        ready: Option<&str>,
        any: &str,
        limit: Duration,
        client: &Client,
    ) -> Result<Self, CliError> {
        let failed = |reason: String| CliError::Start { command: command.to_owned(), reason };
        let ask = || client.get(ready.unwrap_or(any)).timeout(Duration::from_secs(2)).send();
        // Another one would be verified in place of the one that cannot take its address.
        if ask().await.is_ok() {
            return Err(failed(format!(
                "is not started, because something answers at {} already; end that first",
                ready.unwrap_or(any)
            )));
        }
        let (file, log) = tempfile::Builder::new()
            .prefix("billtest-provider-")
            .suffix(".log")
            .tempfile()
            .map(NamedTempFile::into_parts)
            .map_err(|error| failed(format!("has nowhere to write its log: {error}")))?;
        let errors = file.try_clone().map_err(|error| failed(error.to_string()))?;
        let mut program = shell(command);
        program.stdin(Stdio::null()).stdout(file).stderr(errors);
        let program =
            Program::start(program).map_err(|error| failed(format!("cannot be started: {error}")))?;
        let mut started = Self { program, log };
        let begun = Instant::now();
        loop {
            if let Some(status) = started.program.ended() {
                let tail = started.tail();
                started.program.stop(GRACE).await;
                return Err(failed(format!("ended with {status} before it was ready; it said:\n{tail}")));
            }
            match ask().await {
                Ok(response) if ready.is_none() || response.status().is_success() => return Ok(started),
                _ if begun.elapsed() > limit => {
                    let tail = started.tail();
                    started.program.stop(GRACE).await;
                    return Err(failed(format!(
                        "was not ready within {} s; it said:\n{tail}",
                        limit.as_secs()
                    )));
                }
                _ => sleep(POLL).await,
            }
        }
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.program.ended()
    }

    fn tail(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(cut(String::from_utf8_lossy(&bytes).trim(), SAID))
        };
        read().unwrap_or_else(|error| format!("(its log {} cannot be read: {error})", self.log.display()))
    }

    /// Ends the provider and all it started. Gives the place of its log if that is to be kept.
    pub(crate) async fn stop(self, keep_log: bool) -> Option<PathBuf> {
        self.program.stop(GRACE).await;
        if keep_log { self.log.keep().ok() } else { None }
    }
}
