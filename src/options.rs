use std::fmt;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity};
use url::{Host, Url};

use crate::ClientError;

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How a client connects.
#[derive(Clone)]
pub struct ClientOptions {
    /// After how long a try of a call ends, connecting included.
    pub timeout: Duration,
    /// Authorities to trust beside the system's, in PEM.
    pub authorities: Vec<u8>,
    /// Our certificate and its key, in PEM; none if empty.
    pub identity: Vec<u8>,
    /// Whether any certificate of the provider is taken.
    pub disable_ssl_verification: bool,
}

impl Default for ClientOptions {
    /// A try ends after 30 seconds; the system's authorities are trusted.
    fn default() -> Self {
        Self {
            timeout: TIMEOUT,
            authorities: Vec::new(),
            identity: Vec::new(),
            disable_ssl_verification: false,
        }
    }
}

impl ClientOptions {
    /// The HTTP client for a provider.
    pub(crate) fn connect(&self, base: &Url) -> Result<Client, ClientError> {
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout))
            .user_agent(concat!("billtest/", env!("CARGO_PKG_VERSION")));
        // Whoever installed a provider before knows better; then this one is not needed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect is a refusal: following it would turn a POST into a GET, and the GET's answer into a result.
        builder = builder.redirect(Policy::none());
        if is_this_machine(base) {
            // No proxy knows this machine by that name.
            builder = builder.no_proxy();
        }
        let authorities = Certificate::from_pem_bundle(&self.authorities).map_err(ClientError::NoClient)?;
        if base.scheme() == "http" || self.disable_ssl_verification {
            // There is no use for the system's certificates, and a system may have none.
            builder =
                builder.tls_certs_only([]).tls_danger_accept_invalid_certs(self.disable_ssl_verification);
        } else if !authorities.is_empty() {
            builder = builder.tls_certs_merge(authorities);
        }
        if !self.identity.is_empty() {
            let identity = Identity::from_pem(&self.identity).map_err(ClientError::NoClient)?;
            builder = builder.identity(identity);
        }
        builder.build().map_err(ClientError::NoClient)
    }
}

/// The key is a secret.
impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
