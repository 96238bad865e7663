//! How a broker is run.

use std::time::Duration;

use super::db::DatabaseAddress;
use crate::client::Secret;

/// Largest body, in bytes: a pact of 50 MiB in Base64, and what is around it.
const BODY_LIMIT: usize = 72 * 1024 * 1024;

/// What a broker is told when it is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the data is.
    pub database: DatabaseAddress,
    /// The address under which clients reach it, if that is not the host that they name: behind a proxy.
    pub public_url: Option<String>,
    /// Who may use it; with none, everybody may.
    pub users: Vec<User>,
    /// Largest body of a request, in bytes. Pacts to publish are a third longer in it than in their files.
    pub body_limit: usize,
    /// Where webhooks may go, and how often.
    pub webhooks: WebhookRules,
}

impl Settings {
    /// A broker with this database, for everybody.
    #[must_use]
    pub fn new(database: DatabaseAddress) -> Self {
        Self {
            database,
            public_url: None,
            users: Vec::new(),
            body_limit: BODY_LIMIT,
            webhooks: WebhookRules::default(),
        }
    }
}

/// Somebody who may use the broker, with HTTP basic authentication.
#[derive(Debug, Clone)]
pub struct User {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// Whether this user may only read.
    pub read_only: bool,
}

/// Where webhooks may go, and how often.
#[derive(Debug, Clone)]
pub struct WebhookRules {
    /// Hosts that webhooks may call by any method and without TLS: names, `*.example.test`, addresses, or networks
    /// such as `10.0.0.0/8`. Other hosts get POST over https, and what they answer is not shown in the log.
    pub hosts: Vec<String>,
    /// The pause before each repetition of one that failed.
    pub pauses: Vec<Duration>,
    /// Longest wait for an answer.
    pub timeout: Duration,
}

impl Default for WebhookRules {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            pauses: [10, 60, 120, 300, 600, 1200].map(Duration::from_secs).to_vec(),
            timeout: Duration::from_secs(15),
        }
    }
}
