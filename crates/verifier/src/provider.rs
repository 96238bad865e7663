//! Where the provider is, and the client that talks to it.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

/// Longest wait for a first connection before a run.
const FIRST_CONNECTION: Duration = Duration::from_secs(5);

/// Why there is nobody to verify.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The address is none.
    #[error("`{url}` is not the address of a provider: {reason}; give one such as http://127.0.0.1:8080")]
    InvalidAddress {
        /// The address as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answers there.
    #[error("the provider at {url} cannot be reached: {reason}\n  start it, or correct --provider-url")]
    Unreachable {
        /// Its address.
        url: String,
        /// What the system says.
        reason: String,
    },
    /// The HTTP client could not be made.
    #[error("no HTTP client can be made: {0}")]
    NoClient(String),
}

/// Whether anything can be called at an address: whether it is `http://` or `https://`.
///
/// # Errors
/// [`ProviderError::InvalidAddress`].
pub fn check_address(text: &str) -> Result<(), ProviderError> {
    http_url(text).map(drop)
}

fn http_url(text: &str) -> Result<Url, ProviderError> {
    let url = Url::parse(text).map_err(|error| invalid(text, &error.to_string()))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(invalid(text, "it is neither http:// nor https://"))
    }
}

fn invalid(text: &str, reason: &str) -> ProviderError {
    ProviderError::InvalidAddress { url: text.to_owned(), reason: reason.to_owned() }
}

/// The address of a running provider: `http://` or `https://`, perhaps with a path that all requests go below.
#[derive(Debug, Clone)]
pub struct ProviderAddress {
    url: Url,
}

impl ProviderAddress {
    /// Takes an address.
    ///
    /// # Errors
    /// [`ProviderError::InvalidAddress`].
    pub fn parse(text: &str) -> Result<Self, ProviderError> {
        let url = http_url(text)?;
        let invalid = |reason: &str| invalid(text, reason);
        if !url.username().is_empty() || url.password().is_some() {
            let url = "(an address with a user name)".to_owned();
            let reason =
                "it has a user name or a password; send them by --header authorization=...".to_owned();
            return Err(ProviderError::InvalidAddress { url, reason });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it has a query or a fragment"));
        }
        Ok(Self { url })
    }

    /// The address without a slash at its end.
    #[must_use]
    pub fn as_text(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Whether requests to it are encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Connects once, so that a provider that is not there is told once and not for every interaction.
    ///
    /// # Errors
    /// [`ProviderError::Unreachable`].
    pub async fn reach(&self) -> Result<(), ProviderError> {
        let unreachable =
            |reason: String| ProviderError::Unreachable { url: self.as_text().to_owned(), reason };
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.url.port_or_known_default().unwrap_or(80);
        match timeout(FIRST_CONNECTION, TcpStream::connect((host, port))).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Err(_) => Err(unreachable(format!("no connection within {} s", FIRST_CONNECTION.as_secs()))),
        }
    }
}

/// How the provider and its state hooks are called.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// How long a request may take.
    pub timeout: Duration,
    /// Whether anything encrypted is to be called.
    pub encrypted: bool,
    /// Whether only this machine is called, which no proxy knows by that name.
    pub this_machine: bool,
    /// Whether to take any certificate.
    pub trust_all: bool,
    /// Authorities to trust beside those of the system, in PEM.
    pub authorities: Vec<u8>,
    /// Our own certificate and its key, in PEM.
    pub identity: Option<Vec<u8>>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            timeout: crate::Executor::REQUEST_TIMEOUT,
            encrypted: true,
            this_machine: false,
            trust_all: false,
            authorities: Vec::new(),
            identity: None,
        }
    }
}

/// The one HTTP client of a run. It follows no redirect, because a redirect is an answer to be compared.
///
/// Certificates of the system are read only if something encrypted is to be called: a machine may have none, and
/// reading them takes longer than a small run.
///
/// # Errors
/// [`ProviderError::NoClient`].
pub fn http_client(options: &ClientOptions) -> Result<Client, ProviderError> {
    let no_client = |error: reqwest::Error| {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text.push_str(&format!(": {inner}"));
            cause = inner.source();
        }
        ProviderError::NoClient(text)
    };
    // Whoever installed a provider before knows better; then this one is not needed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .timeout(options.timeout)
        .redirect(Policy::none())
        .user_agent(concat!("billtest-verify/", env!("CARGO_PKG_VERSION")))
        .tls_danger_accept_invalid_certs(options.trust_all);
    if options.this_machine {
        builder = builder.no_proxy();
    }
    let authorities = Certificate::from_pem_bundle(&options.authorities).map_err(no_client)?;
    if !options.encrypted || options.trust_all {
        builder = builder.tls_certs_only([]);
    } else {
        builder = builder.tls_certs_merge(authorities);
    }
    if let Some(pem) = &options.identity {
        builder = builder.identity(Identity::from_pem(pem).map_err(no_client)?);
    }
    builder.build().map_err(no_client)
}
