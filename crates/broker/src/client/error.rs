//! What can go wrong with a broker.

use billtest_contract::pact::PactError;
use serde_json::Value;

use super::Remark;

/// Why a broker did not do what was asked. Every message says where, what, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The address of the broker is none.
    #[error(
        "`{url}` is not the address of a Pact Broker: {reason}\n  give one such as https://broker.example.com, with --broker-url or PACT_BROKER_BASE_URL"
    )]
    InvalidAddress {
        /// The address as given, without credentials.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The credentials cannot be sent.
    #[error(
        "the broker's credentials cannot be sent: {0}\n  correct --token (PACT_BROKER_TOKEN), or --user and --password (PACT_BROKER_USERNAME, PACT_BROKER_PASSWORD)"
    )]
    InvalidCredentials(&'static str),
    /// A header cannot be sent.
    #[error("header number {0} cannot be sent: its name or its value has characters that no header has")]
    InvalidHeader(usize),
    /// A name that cannot stand in a path.
    #[error("`{0}` cannot be the name of a provider, version, branch or tag: it is empty, `.` or `..`")]
    InvalidName(String),
    /// The HTTP client could not be made, for lack of certificates.
    #[error(
        "no HTTPS client can be made: {0}\n  install the system's certificates, or name the broker by http://"
    )]
    NoClient(String),
    /// No response came: refused, reset, timed out, no such host.
    #[error("{method} {url} got no answer from the broker: {reason}\n  {}", unreached(*.perhaps_taken))]
    NotReached {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// The innermost cause, in words.
        reason: String,
        /// Whether what was sent may have arrived, and only the answer is missing.
        perhaps_taken: bool,
    },
    /// The broker wants to know who is asking, or does not accept who that is (401).
    #[error("{method} {url} was refused with 401{}\n  {remedy}", after_colon(.words))]
    Unauthorized {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// What the broker says, if anything.
        words: String,
        /// Which credentials to give or to correct.
        remedy: String,
    },
    /// The broker knows who is asking, and that is not enough (403).
    #[error("{method} {url} was refused with 403{}\n  the credentials do not allow this; publishing needs a user or token that may write", after_colon(.words))]
    Forbidden {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// What the broker says, if anything.
        words: String,
    },
    /// The broker has never heard of the provider.
    #[error("{url}: the broker knows no provider `{provider}`{}\n  correct its name, or publish a consumer's pact with that provider first", after_colon(.words))]
    UnknownProvider {
        /// Where it was asked for.
        url: String,
        /// Its name.
        provider: String,
        /// What the broker says, if anything.
        words: String,
    },
    /// The broker has other pacts for this version, or takes the consumer for a misspelt one (409).
    #[error("POST {url} was refused with 409, and nothing of it is published")]
    Conflict {
        /// Where to.
        url: String,
        /// What the broker says: the reason, and what differs.
        remarks: Vec<Remark>,
        /// Its answer as it came.
        json: Box<Value>,
    },
    /// Something with a name that the broker does not have.
    #[error("{url}: the broker has no {what} `{name}`\n  {remedy}")]
    Unknown {
        /// Where it was asked for.
        url: String,
        /// What it would be.
        what: &'static str,
        /// Its name.
        name: String,
        /// What to do.
        remedy: String,
    },
    /// The broker said no for another reason.
    #[error("{method} {url} was refused with {status}{}\n  {}", after_colon(.words), remedy(*.status))]
    Refused {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// HTTP status.
        status: u16,
        /// What the broker says, if anything.
        words: String,
    },
    /// A redirect that cannot be followed without changing what is asked.
    #[error(
        "{method} {url} was redirected with {status} to {to}, which cannot be followed\n  name the broker by its final address, with --broker-url or PACT_BROKER_BASE_URL"
    )]
    Redirected {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// HTTP status.
        status: u16,
        /// Where it points.
        to: String,
    },
    /// The broker agreed, with an answer that is none.
    #[error(
        "{method} {url} answered {status}, and the answer is not understood: {reason}\n  check that this is the address of a Pact Broker, and that nothing between answers in its place"
    )]
    NotUnderstood {
        /// HTTP method.
        method: String,
        /// Where to.
        url: String,
        /// HTTP status.
        status: u16,
        /// What does not fit.
        reason: String,
    },
    /// A link that is needed is not there.
    #[error(
        "{url} has no link `{relation}`\n  check that this is the address of a Pact Broker of version 2.82 or newer"
    )]
    NoLink {
        /// The document.
        url: String,
        /// What was looked for.
        relation: String,
    },
    /// A link leads nowhere.
    #[error(
        "{url}: the link `{relation}` cannot be followed: {reason}\n  this is a fault of the broker; look at its log and version"
    )]
    InvalidLink {
        /// The document.
        url: String,
        /// The link's relation.
        relation: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is nothing to publish for this pact, or nowhere to publish it.
    #[error("{0}: its result is not published: {1}")]
    NotPublishable(String, String),
    /// What came is no pact.
    #[error(transparent)]
    Pact(#[from] PactError),
}

fn unreached(perhaps_taken: bool) -> &'static str {
    if perhaps_taken {
        "whether it took what was sent is not known; sending it again does no harm"
    } else {
        "check that it runs at that address, or correct --broker-url (PACT_BROKER_BASE_URL)"
    }
}

fn remedy(status: u16) -> &'static str {
    match status {
        404 | 410 => {
            "the address or the version is not known to the broker; check --broker-url and the pact's URL"
        }
        409 => "it contradicts what the broker already has; publish under a new version",
        400 | 422 => "correct what the broker names",
        406 | 415 => "check that this is the address of a Pact Broker, and that no proxy changes headers",
        413 => "the broker, or a proxy before it, takes no request of this size; raise its limit",
        429 => "try again later",
        500.. => "try again; if it stays so, look at the broker's log",
        _ => "check that this is the address of a Pact Broker",
    }
}

fn after_colon(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

impl BrokerError {
    /// The HTTP status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unauthorized { .. } => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::UnknownProvider { .. } => Some(404),
            Self::Conflict { .. } => Some(409),
            Self::Refused { status, .. }
            | Self::Redirected { status, .. }
            | Self::NotUnderstood { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The same, or what a 404 means there.
    pub(super) fn or_unknown(self, unknown: impl FnOnce(String) -> Self) -> Self {
        match self {
            Self::Refused { status: 404, url, .. } => unknown(url),
            other => other,
        }
    }

    /// Whether nobody answered, so that asking for something else is of no use either.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::NotReached { .. } | Self::NoClient(_))
    }
}
