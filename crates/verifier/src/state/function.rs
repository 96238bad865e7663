use std::fmt;

use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::{Handled, StateChange, StateError, StateHandler};

type Function =
    dyn for<'a> Fn(StateChange<'a>) -> BoxFuture<'a, Result<Map<String, Value>, String>> + Send + Sync;

/// A function that changes states: for a verification that runs inside the provider's own test.
///
/// ```
/// use billtest_verifier::StateFn;
/// use serde_json::Map;
///
/// let states = StateFn::new(|change| {
///     Box::pin(async move {
///         match change.state.name.as_str() {
///             "A plan exists" => Ok(Map::new()),
///             other => Err(format!("no one taught this test about {other}")),
///         }
///     })
/// });
/// # let _ = states;
/// ```
pub struct StateFn {
    function: Box<Function>,
}

impl StateFn {
    /// A handler that calls this function for every change, set-up and tear-down.
    pub fn new<F>(function: F) -> Self
    where
        F: for<'a> Fn(StateChange<'a>) -> BoxFuture<'a, Result<Map<String, Value>, String>>
            + Send
            + Sync
            + 'static,
    {
        Self { function: Box::new(function) }
    }
}

impl fmt::Debug for StateFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateFn")
    }
}

impl StateHandler for StateFn {
    fn change<'a>(
        &'a self,
        change: StateChange<'a>,
        returned: &'a mut Map<String, Value>,
    ) -> BoxFuture<'a, Result<Handled, StateError>> {
        Box::pin(async move {
            returned.extend((self.function)(change).await.map_err(|reason| change.failed(reason))?);
            Ok(Handled::Changed)
        })
    }
}
