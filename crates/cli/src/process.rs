//! Programs that belong to a run: the provider that is started for it, and what runs before and after everything.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::exit::CliError;

/// How often a starting provider is asked whether it is ready.
const POLL: Duration = Duration::from_millis(50);
/// How long a provider may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How much of a log is shown.
const TAIL: u64 = 2000;

/// Runs a shell command to its end.
pub(crate) async fn run_hook(what: &str, command: &str) -> Result<(), CliError> {
    let failed =
        |reason: String| CliError::Hook { what: what.to_owned(), command: command.to_owned(), reason };
    let output = shell(command)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said =
        String::from_utf8_lossy(if output.stderr.is_empty() { &output.stdout } else { &output.stderr })
            .into_owned();
    Err(failed(format!("ended with {}: {}", output.status, said.trim())))
}

fn shell(command: &str) -> Command {
    #[cfg(unix)]
    {
        let mut shell = Command::new("sh");
        // A group of its own, so that what the shell starts ends with it.
        shell.arg("-c").arg(command).process_group(0).kill_on_drop(true);
        shell
    }
    #[cfg(not(unix))]
    {
        let mut shell = Command::new("cmd");
        shell.arg("/C").arg(command).kill_on_drop(true);
        shell
    }
}

/// A provider that runs for as long as the run.
#[derive(Debug)]
pub(crate) struct Started {
    child: Child,
    #[cfg(unix)]
    group: Option<u32>,
    log: PathBuf,
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
            .and_then(|file| file.keep().map_err(|error| error.error))
            .map_err(|error| failed(format!("has nowhere to write its log: {error}")))?;
        let errors = file.try_clone().map_err(|error| failed(error.to_string()))?;
        let child = shell(command)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .map_err(|error| failed(format!("cannot be started: {error}")))?;
        let mut started = Self {
            #[cfg(unix)]
            group: child.id(),
            child,
            log,
        };
        let begun = Instant::now();
        loop {
            if let Some(status) = started.ended() {
                let tail = started.tail();
                started.stop(false).await;
                return Err(failed(format!("ended with {status} before it was ready; it said:\n{tail}")));
            }
            match ask().await {
                Ok(response) if ready.is_none() || response.status().is_success() => return Ok(started),
                _ if begun.elapsed() > limit => {
                    let tail = started.tail();
                    started.stop(false).await;
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
        self.child.try_wait().ok().flatten()
    }

    /// Where its log is.
    pub(crate) fn log(&self) -> &std::path::Path {
        &self.log
    }

    fn tail(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
        };
        read().unwrap_or_else(|error| format!("(its log {} cannot be read: {error})", self.log.display()))
    }

    /// Ends the provider and all it started; the log stays if there is something to look up in it.
    pub(crate) async fn stop(mut self, keep_log: bool) {
        self.signal("-TERM").await;
        let _ = timeout(GRACE, self.child.wait()).await;
        // The shell may have ended before what it started.
        self.signal("-KILL").await;
        let _ = self.child.kill().await;
        if !keep_log {
            let _ = std::fs::remove_file(&self.log);
        }
    }

    #[cfg(unix)]
    async fn signal(&self, signal: &str) {
        // A group that has ended meanwhile is no failure. `kill` is a builtin of every shell, and not in every image.
        let Some(group) = self.group else { return };
        let kill = format!("kill {signal} -{group}");
        let _ = Command::new("sh")
            .args(["-c", &kill])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await;
    }

    #[cfg(not(unix))]
    async fn signal(&mut self, _: &str) {
        let _ = self.child.start_kill();
    }
}
