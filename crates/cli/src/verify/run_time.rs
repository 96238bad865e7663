//! How long a run may go on: until the user wants it to end, or its time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use billtest_verifier::Interrupt;
use tokio::task::JoinHandle;

use crate::exit::CliError;

/// The time of a run. It begins when this is made.
#[derive(Debug)]
pub(crate) struct RunTime {
    limit: Option<u64>,
    ended: Interrupt,
    over: Arc<AtomicBool>,
    watch: JoinHandle<()>,
}

impl RunTime {
    /// Ends with this interrupt, or after so many seconds.
    pub(crate) fn new(mut interrupt: Interrupt, limit: Option<u64>) -> Self {
        let (tell, ended) = Interrupt::channel();
        let over = Arc::new(AtomicBool::new(false));
        let expired = Arc::clone(&over);
        let watch = tokio::spawn(async move {
            tokio::select! {
                () = interrupt.wait() => {}
                () = pass(limit) => expired.store(true, Ordering::Relaxed),
            }
            // Whoever does not listen has nothing to end.
            let _ = tell.send(true);
            std::future::pending::<()>().await;
        });
        Self { limit, ended, over, watch }
    }

    /// What tells the work to end, for whichever reason.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.ended.clone()
    }

    /// Whether it took too long.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// How many seconds it may take.
    pub(crate) fn limit(&self) -> u64 {
        self.limit.unwrap_or_default()
    }

    /// Does this unless the run is to end before; then it is dropped where it stands.
    pub(crate) async fn unless_over<T>(
        &self,
        work: impl Future<Output = Result<T, CliError>>,
    ) -> Result<T, CliError> {
        let mut ended = self.interrupt();
        tokio::select! {
            biased;
            () = ended.wait() => Err(match self.is_over() {
                true => CliError::TimedOut(self.limit()),
                false => CliError::Interrupted("before anything was verified".into()),
            }),
            done = work => done,
        }
    }
}

impl Drop for RunTime {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Waits so many seconds; for ever if there is no limit.
async fn pass(seconds: Option<u64>) {
    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        None => std::future::pending().await,
    }
}
