//! What is sent, and when it may be sent again.

use reqwest::Method;
use serde_json::Value;

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// After a server error or a broken connection: it changes nothing, or the same thing to the same value.
    Safe,
    /// Only if it cannot have been taken: no connection, or 503.
    Unheard,
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sending<'a> {
    pub(super) method: &'a Method,
    pub(super) body: Option<&'a Value>,
    pub(super) repeat: Repeat,
    /// Statuses that are answers as well, to be read by who asked.
    pub(super) also: &'a [u16],
}

impl<'a> Sending<'a> {
    pub(super) fn new(method: &'a Method, body: Option<&'a Value>, repeat: Repeat) -> Self {
        Self { method, body, repeat, also: &[] }
    }

    pub(super) fn get() -> Self {
        Self::new(&Method::GET, None, Repeat::Safe)
    }

    /// The same, where an answer with one of these statuses is read and not an error.
    pub(super) fn or_answered(mut self, statuses: &'a [u16]) -> Self {
        self.also = statuses;
        self
    }
}
