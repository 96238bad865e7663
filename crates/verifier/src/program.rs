//! Programs that are run beside a verification: state hooks, the provider itself, what comes before and after.
//!
//! A program and all it starts form a process group of their own. Ctrl-C at a terminal therefore reaches the
//! verifier alone, which ends its programs when their work is done; and what a program started ends with it.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// How much of what a program prints is kept, for each of its two outputs.
const KEPT: usize = 1024 * 1024;
/// How long is still read from a program that has ended, if a program it left running holds its output open.
const LINGER: Duration = Duration::from_millis(100);
/// How long the rest of a group may take to end after its first program did.
const REST: Duration = Duration::from_secs(1);
/// How often it is looked whether a group is gone.
const POLL: Duration = Duration::from_millis(5);

/// A running program with all that it started. Dropped, it is killed.
#[derive(Debug)]
pub struct Program {
    child: Child,
    group: Option<Group>,
}

/// How a program ended, and the beginning of what it printed.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it printed, up to 1 MiB.
    pub stdout: Vec<u8>,
    /// What it printed about errors, up to 1 MiB.
    pub stderr: Vec<u8>,
}

impl Program {
    /// Starts a program in a group of its own.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(mut command: Command) -> std::io::Result<Self> {
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        let group = Group::of(&child);
        Ok(Self { child, group })
    }

    /// Runs a program to its end: `input` on its standard input, its outputs collected.
    ///
    /// A program that it leaves running is left alone. Dropping the future kills the program and all it started.
    ///
    /// # Errors
    /// If it cannot be started or waited for.
    pub async fn run(mut command: Command, input: &[u8]) -> std::io::Result<Finished> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = Self::start(command)?;
        let (stdin, out, err) =
            (program.child.stdin.take(), program.child.stdout.take(), program.child.stderr.take());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let status = {
            let feed = async {
                if let Some(mut stdin) = stdin {
                    // A program that does not want its input may close it; whether it worked, its exit tells.
                    let _ = stdin.write_all(input).await;
                }
            };
            // All at once: a program may print before it has read everything.
            let talk = async { tokio::join!(feed, collect(out, &mut stdout), collect(err, &mut stderr)) };
            tokio::pin!(talk);
            tokio::select! {
                status = program.child.wait() => {
                    let _ = timeout(LINGER, &mut talk).await;
                    status
                }
                _ = &mut talk => program.child.wait().await,
            }
        }?;
        program.group = None;
        Ok(Finished { status, stdout, stderr })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks the program and all it started to end, and kills what has not within `grace`. Afterwards all are gone.
    pub async fn stop(mut self, grace: Duration) {
        // The group stays here until it is gone: dropped meanwhile, all of it is killed.
        match &self.group {
            Some(group) => {
                group.terminate();
                let ended = timeout(grace, self.child.wait()).await.is_ok();
                if !(ended && timeout(REST, group.gone()).await.is_ok()) {
                    group.kill();
                    let _ = self.child.wait().await;
                    let _ = timeout(REST, group.gone()).await;
                }
                self.group = None;
            }
            None => {
                let _ = self.child.kill().await;
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(group) = &self.group {
            group.kill();
        }
    }
}

/// Reads to the end; what is beyond the limit is read and forgotten, so that its writer is not held up.
async fn collect(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = [0; 8192];
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        let room = KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
}

/// The process group of a program.
#[cfg(unix)]
#[derive(Debug)]
struct Group(rustix::process::Pid);

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Option<Self> {
        child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw).map(Self)
    }

    // A group that has ended meanwhile is what was wanted.
    fn terminate(&self) {
        let _ = rustix::process::kill_process_group(self.0, rustix::process::Signal::TERM);
    }

    fn kill(&self) {
        let _ = rustix::process::kill_process_group(self.0, rustix::process::Signal::KILL);
    }

    async fn gone(&self) {
        while rustix::process::test_kill_process_group(self.0).is_ok() {
            sleep(POLL).await;
        }
    }
}

/// Without process groups a program is ended alone.
#[cfg(not(unix))]
#[derive(Debug)]
enum Group {}

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Option<Self> {
        None
    }

    fn terminate(&self) {
        match *self {}
    }

    fn kill(&self) {
        match *self {}
    }

    async fn gone(&self) {
        match *self {}
    }
}
