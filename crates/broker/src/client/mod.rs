//! A client of the Pact Broker's HTTP API.
//!
//! Where things are is the broker's to say: every address but the first is a link of a document that the broker
//! sent, so a broker below a path, behind a proxy or of another make is followed where it leads. Where a link is
//! missing that is told, and no path is made up in its place; but for the matrix, which no link of any broker leads to.
//!
//! What only reads, or sets the same thing to the same value, is repeated after server errors and broken connections,
//! a few times with growing pauses. A verification result is repeated only if it cannot have been taken.
//!
//! Each request and its answer is an event of `tracing` with the target [`REQUESTS`], without secrets.

mod contracts;
mod credentials;
mod deployments;
mod environments;
mod error;
mod fetch;
mod hal;
mod matrix;
mod pacticipants;
mod remark;
mod results;
mod sending;
mod transport;
mod verification;
mod webhooks;
mod words;

use std::sync::Arc;
use std::time::Duration;

pub use contracts::{Contract, Contracts, ContractsTaken};
pub use credentials::{Credentials, Secret};
pub use deployments::Arrival;
pub use environments::EnvironmentChange;
pub use error::BrokerError;
pub use fetch::StoredPact;
pub use matrix::{Matrix, MatrixQuestion, MatrixRow, Target, VersionChoice, VersionSelector};
pub use pacticipants::PacticipantChange;
pub use remark::{Remark, RemarkKind};
pub use results::{
    Attribute, InteractionResult, MismatchReport, ProviderVersion, Publication, Published, VerificationResult,
};
pub use transport::Trust;
pub use verification::{BrokerPact, FetchedPacts, ForVerification, Moment, Notice};
pub use webhooks::{WebhookDefinition, WebhookSide};

use self::transport::{Patience, Transport};

/// The target of the events that tell requests.
pub const REQUESTS: &str = "billtest_broker::requests";
/// Documents that are fetched at the same time.
const AT_ONCE: usize = 8;
/// Longest wait for one answer. A large pact on a slow line takes its time.
const TIMEOUT: Duration = Duration::from_secs(60);
const RETRIES: usize = 3;
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// Whether an address can be that of a broker.
///
/// # Errors
/// [`BrokerError::InvalidAddress`], without the password that may be in it.
pub fn check_address(address: &str) -> Result<(), BrokerError> {
    transport::parse(address, Credentials::None).map(drop)
}

/// A connection to one broker, cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct BrokerClient {
    transport: Arc<Transport>,
}

impl BrokerClient {
    /// A client for the broker at an `http://` or `https://` address, which may have a path. Credentials are sent to
    /// that address only; without any, those in the address are used.
    ///
    /// # Errors
    /// [`BrokerError::InvalidAddress`], [`BrokerError::InvalidCredentials`].
    pub fn new(address: impl AsRef<str>, credentials: Credentials) -> Result<Self, BrokerError> {
        let patience = Patience { timeout: TIMEOUT, retries: RETRIES, first_delay: FIRST_DELAY };
        let transport = Transport::new(address.as_ref(), credentials, patience)?;
        Ok(Self { transport: Arc::new(transport) })
    }

    /// The same with another limit for one answer, connecting included.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.with(|transport| transport.patience.timeout = timeout)
    }

    /// The same with another number of repetitions, and another pause before the first of them.
    #[must_use]
    pub fn with_retries(self, retries: usize, first_delay: Duration) -> Self {
        self.with(|transport| {
            (transport.patience.retries, transport.patience.first_delay) = (retries, first_delay);
        })
    }

    /// The same, for a broker behind TLS whose authority is not one of the system's.
    #[must_use]
    pub fn with_trust(self, trust: Trust) -> Self {
        self.with(|transport| transport.trust = trust)
    }

    /// The same with headers that every request to the broker has, as a gateway before it may want them. Other addresses
    /// never see them.
    ///
    /// # Errors
    /// [`BrokerError::InvalidHeader`].
    pub fn with_headers(self, headers: &[(String, Secret)]) -> Result<Self, BrokerError> {
        let headers = credentials::headers(headers)?;
        Ok(self.with(|transport| transport.headers = headers))
    }

    /// The broker's address, with a slash at its end and without credentials.
    #[must_use]
    pub fn address(&self) -> &str {
        self.transport.base.as_str()
    }

    /// Whether an address is one of this broker's, to which its credentials are sent.
    #[must_use]
    pub fn is_at(&self, address: &str) -> bool {
        transport::parse(address, Credentials::None).is_ok_and(|(url, _)| self.transport.may_know(&url))
    }

    fn with(self, change: impl FnOnce(&mut Transport)) -> Self {
        Self { transport: Arc::new(self.transport.with(change)) }
    }
}
