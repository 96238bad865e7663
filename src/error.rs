use std::time::Duration;

use bytes::Bytes;

use crate::models::billing::{JobState, MonthPayment};
use crate::models::{ApiError, Month};

/// Why a call has no result.
///
/// Three things can go wrong, and they ask for three different answers: the provider was not reached (try again,
/// look at the network), it refused (look at the request), or it answered something that is not the contract
/// (look at the provider).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address of the provider is none.
    #[error("`{url}` is not the address of a provider: {reason}; give one such as http://127.0.0.1:8080")]
    InvalidAddress {
        /// The address as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The tenant's name cannot be sent in a header.
    #[error("`{0}` cannot be the name of a tenant: it must be 1 to 100 characters of A-Z a-z 0-9 _ -")]
    InvalidTenant(String),
    /// A header that cannot be sent.
    #[error("the header `{0}` cannot be sent: its name or value has characters that no header has")]
    InvalidHeader(String),
    /// An id that cannot stand in a path.
    #[error("`{0}` cannot be an id: an id is neither empty nor `.` nor `..`")]
    InvalidId(String),
    /// A day that no month has.
    #[error("no month has a day {0}: it is 1 to 31")]
    InvalidDay(u32),
    /// A key that no header can carry.
    #[error("`{0}` cannot be an idempotency key: it must be 1 to 255 visible ASCII characters")]
    InvalidKey(String),
    /// A request that cannot be written as JSON.
    #[error("the request cannot be written as JSON: {0}")]
    NotSendable(#[source] serde_json::Error),
    /// The HTTP client could not be made, for lack of certificates.
    #[error("no HTTPS client can be made: {0}")]
    NoClient(#[source] reqwest::Error),
    /// No response came: refused, reset, timed out, no such host.
    #[error("{method} {url} got no response{}: {reason}", tried(*attempts))]
    NotReached {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// The innermost cause, in words.
        reason: String,
        /// How often it was tried.
        attempts: u32,
        /// The whole chain.
        #[source]
        source: reqwest::Error,
    },
    /// The provider said no.
    #[error("{method} {url} was refused with {status}{}{}", tried(*attempts), told(error.as_deref()))]
    Refused {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// HTTP status; of a refusal that HTTP calls a success, the code that its body gives.
        status: u16,
        /// What the provider says, if it says it in the API's form.
        error: Option<Box<ApiError>>,
        /// What it really sent.
        body: Bytes,
        /// How long it wants to be left alone, if it says so.
        retry_after: Option<Duration>,
        /// How often it was tried.
        attempts: u32,
    },
    /// The provider agreed, and left out what the call is for.
    #[error("{0}")]
    Incomplete(String),
    /// The month is not paid in full.
    #[error(
        "{} of `{}` is {}, not PAID: {} of {} {} are paid",
        .0.month, .0.payment_group_id, .0.status, .0.paid_amount, .0.amount, .0.currency
    )]
    NotPaid(Box<MonthPayment>),
    /// The month was not calculated.
    #[error("{month} is not calculated: {reason} (its calculation is {status})")]
    NotCalculated {
        /// Which month.
        month: Month,
        /// How far the calculation has come.
        status: JobState,
        /// Why it is not waited for any longer.
        reason: String,
    },
    /// The provider agreed, with a body that is not what was agreed on.
    #[error("{method} {url} answered {status}{} with a body that is not understood: {reason}", tried(*attempts))]
    NotUnderstood {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// HTTP status, 200 to 299.
        status: u16,
        /// What does not fit, with the field's path.
        reason: String,
        /// What it really sent; cut at the client's limit.
        body: Bytes,
        /// How often it was tried.
        attempts: u32,
    },
}

fn tried(attempts: u32) -> String {
    if attempts > 1 { format!(" at {attempts} tries") } else { String::new() }
}

fn told(error: Option<&ApiError>) -> String {
    let Some(error) = error else { return String::new() };
    let mut text = format!(": {}", error.message);
    for detail in &error.details {
        let detail = format!("{}: {}", detail.field, detail.message);
        // A refusal for one field says it as a whole.
        if detail != error.message {
            text.push_str("; ");
            text.push_str(&detail);
        }
    }
    text
}

impl ClientError {
    /// The HTTP status, if there was a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::NotUnderstood { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How often the call was tried, if it was sent at all.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        match self {
            Self::NotReached { attempts, .. }
            | Self::Refused { attempts, .. }
            | Self::NotUnderstood { attempts, .. } => *attempts,
            _ => 0,
        }
    }

    /// How long the provider wants to be left alone (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The same error, of a call that was tried so often.
    pub(crate) fn after(mut self, tries: u32) -> Self {
        if let Self::NotReached { attempts, .. }
        | Self::Refused { attempts, .. }
        | Self::NotUnderstood { attempts, .. } = &mut self
        {
            *attempts = tries;
        }
        self
    }

    /// The provider's own words, if it refused in the API's form.
    #[must_use]
    pub fn api_error(&self) -> Option<&ApiError> {
        match self {
            Self::Refused { error, .. } => error.as_deref(),
            _ => None,
        }
    }

    /// Whether it certainly changed nothing: it was not sent, or there were too many calls already.
    pub(crate) fn changed_nothing(&self) -> bool {
        match self {
            Self::NotReached { source, .. } => source.is_connect(),
            Self::Refused { status, .. } => *status == 429,
            _ => false,
        }
    }

    /// Whether the same call may succeed later: nothing answered, or the provider said so (408, 429, 502, 503,
    /// 504; RFC 9110, sections 15.5.9 and 15.6, and RFC 6585, section 4; and 409 if it names a time to come back, as
    /// while the same call is still at work).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NotReached { .. } => true,
            Self::Refused { status: 409, retry_after, .. } => retry_after.is_some(),
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 502..=504),
            _ => false,
        }
    }
}
