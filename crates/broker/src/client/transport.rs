//! Requests: sent with credentials to whom they belong, redirected with care, repeated where that is safe.

use std::error::Error;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, WWW_AUTHENTICATE};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Response};
use url::Url;

use super::hal::{Document, drop_credentials, shown};
use super::sending::{Repeat, Sending};
use super::words::{cut, words};
use super::{BrokerError, Credentials, REQUESTS};

/// One header with both: a broker that is asked for `application/json` alone answers 406.
const ACCEPTED: &str = "application/hal+json, application/json";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Brokers take pacts of up to 50 MiB.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
const REDIRECTS: usize = 10;

/// How long to wait and how often to try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) timeout: Duration,
    pub(super) retries: usize,
    pub(super) first_delay: Duration,
}

/// Whom a broker behind TLS is believed to be.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Authorities to trust beside those of the system, in PEM.
    pub authorities: Vec<u8>,
    /// Whether to take any certificate.
    pub any: bool,
}

/// An answer with a status of 200 to 299, or another one that was asked for.
pub(super) struct Answer {
    /// Where it came from, after redirects.
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) location: Option<String>,
    content_type: Option<String>,
    pub(super) body: Bytes,
}

#[derive(Debug)]
pub(super) struct Transport {
    pub(super) base: Url,
    credentials: Credentials,
    pub(super) patience: Patience,
    pub(super) trust: Trust,
    /// What every request to the broker has, beside the credentials.
    pub(super) headers: HeaderMap,
    plain: OnceLock<Client>,
    encrypted: OnceLock<Client>,
}

/// A failure, and whether the same request may be sent again.
struct Failed {
    error: BrokerError,
    again: bool,
}

impl Transport {
    /// `base` ends with a slash, so that relative links go below its path.
    pub(super) fn new(
        address: &str,
        credentials: Credentials,
        patience: Patience,
    ) -> Result<Self, BrokerError> {
        credentials.check()?;
        let (base, credentials) = parse(address, credentials)?;
        let base = with_slash(base);
        let (plain, encrypted) = (OnceLock::new(), OnceLock::new());
        let (trust, headers) = (Trust::default(), HeaderMap::new());
        Ok(Self { base, credentials, patience, trust, headers, plain, encrypted })
    }

    /// The same, changed. The HTTP clients are made at the first request, because the limits and whom they trust are
    /// parts of them.
    pub(super) fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = Self {
            base: self.base.clone(),
            credentials: self.credentials.clone(),
            patience: self.patience,
            trust: self.trust.clone(),
            headers: self.headers.clone(),
            plain: OnceLock::new(),
            encrypted: OnceLock::new(),
        };
        change(&mut other);
        other
    }

    pub(super) async fn get(&self, url: &Url) -> Result<Document, BrokerError> {
        self.send(url, Sending::get()).await?.document("GET")
    }

    /// Sends until it is answered or there is no sense in it any more; an answer outside 200 to 299 is an error.
    pub(super) async fn send(&self, url: &Url, sending: Sending<'_>) -> Result<Answer, BrokerError> {
        let delays = ExponentialBuilder::default()
            .with_min_delay(self.patience.first_delay)
            .with_max_delay(self.patience.first_delay * 8)
            .with_max_times(self.patience.retries)
            .with_jitter();
        let once = || self.redirected(url, sending);
        once.retry(delays).when(|failed| failed.again).await.map_err(|failed| failed.error)
    }

    async fn redirected(&self, url: &Url, sending: Sending<'_>) -> Result<Answer, Failed> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.once(&url, sending).await?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return self.judge(url, response, sending).await;
            }
            let location = header(&response, &LOCATION).unwrap_or_default();
            let redirected = |to: &str| {
                let method = sending.method.to_string();
                let to = if to.is_empty() { "nowhere" } else { to }.to_owned();
                final_(BrokerError::Redirected { method, url: shown(&url), status, to })
            };
            // A POST that becomes a GET on the way is answered 200 and changes nothing.
            let keeps_method = *sending.method == Method::GET || matches!(status, 307 | 308);
            let next = url.join(&location).ok().filter(|next| matches!(next.scheme(), "http" | "https"));
            match next {
                Some(mut next) if keeps_method && !location.is_empty() => {
                    drop_credentials(&mut next);
                    url = next;
                }
                Some(mut next) => {
                    drop_credentials(&mut next);
                    return Err(redirected(if location.is_empty() { "" } else { next.as_str() }));
                }
                None => return Err(redirected(&cut(&location))),
            }
        }
        let reason = format!("it was redirected more than {REDIRECTS} times");
        let method = sending.method.to_string();
        Err(final_(BrokerError::NotReached { method, url: shown(&url), reason, perhaps_taken: false }))
    }

    async fn once(&self, url: &Url, sending: Sending<'_>) -> Result<Response, Failed> {
        let client = self.client(url).map_err(final_)?;
        let mut request = client
            .request(sending.method.clone(), url.clone())
            .header(ACCEPT, ACCEPTED)
            .timeout(self.patience.timeout);
        if self.may_know(url) {
            request = self.credentials.apply(request).headers(self.headers.clone());
        }
        if let Some(body) = sending.body {
            request = request.json(body);
        }
        let begun = Instant::now();
        let answer = request.send().await.map_err(|error| unreached(&error, url, sending));
        let came = match &answer {
            Ok(response) => response.status().as_u16().to_string(),
            Err(failed) => failed.error.to_string(),
        };
        let milliseconds = begun.elapsed().as_millis();
        tracing::debug!(target: REQUESTS, "{} {} {came} after {milliseconds} ms", sending.method, shown(url));
        answer
    }

    async fn judge(&self, url: Url, response: Response, sending: Sending<'_>) -> Result<Answer, Failed> {
        let status = response.status().as_u16();
        let content_type = header(&response, &CONTENT_TYPE).map(|text| text.to_ascii_lowercase());
        let location = header(&response, &LOCATION);
        let scheme = header(&response, &WWW_AUTHENTICATE);
        let Some(body) = read(response).await.map_err(|error| unreached(&error, &url, sending))? else {
            let reason = format!("it is larger than {BODY_LIMIT} bytes");
            let method = sending.method.to_string();
            return Err(final_(BrokerError::NotUnderstood { method, url: shown(&url), status, reason }));
        };
        if (200..300).contains(&status) || sending.also.contains(&status) {
            return Ok(Answer { url, status, location, content_type, body });
        }
        let again = match sending.repeat {
            Repeat::Safe => status >= 500,
            Repeat::Unheard => status == 503,
        };
        let words = words(content_type.as_deref(), &body);
        let method = sending.method.to_string();
        let error = match status {
            401 => {
                let remedy = self.remedy(&url, scheme.as_deref());
                BrokerError::Unauthorized { method, url: shown(&url), words, remedy }
            }
            403 => BrokerError::Forbidden { method, url: shown(&url), words },
            _ => BrokerError::Refused { method, url: shown(&url), status, words },
        };
        Err(Failed { error, again })
    }

    /// Credentials are for the broker, not for whom it links or redirects to; the same host by TLS is the broker.
    pub(super) fn may_know(&self, url: &Url) -> bool {
        let upgraded =
            self.base.scheme() == "http" && url.scheme() == "https" && self.base.host() == url.host();
        self.base.origin() == url.origin() || upgraded
    }

    fn remedy(&self, url: &Url, scheme: Option<&str>) -> String {
        let give = "--token (PACT_BROKER_TOKEN), or --user and --password (PACT_BROKER_USERNAME, PACT_BROKER_PASSWORD)";
        let wants = scheme.and_then(|text| text.split_whitespace().next());
        let wants =
            wants.map(|scheme| format!("; it asks for {} authentication", cut(scheme))).unwrap_or_default();
        match self.credentials.kind() {
            None => format!("give credentials with {give}{wants}"),
            Some(_) if !self.may_know(url) => format!(
                "credentials go to {} only, and this is another address; name the broker by the address that it gives itself",
                self.base.origin().ascii_serialization()
            ),
            Some(kind) => format!("the {kind} given are not accepted{wants}; correct {give}"),
        }
    }

    fn client(&self, url: &Url) -> Result<&Client, BrokerError> {
        let encrypted = url.scheme() == "https";
        let cell = if encrypted { &self.encrypted } else { &self.plain };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        // Whoever installed a provider before knows better; then this one is not needed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(self.patience.timeout))
            .redirect(Policy::none())
            .user_agent(concat!("billtest/", env!("CARGO_PKG_VERSION")));
        builder = if !encrypted || self.trust.any {
            // There is no use for the system's certificates, and a system may have none.
            builder.tls_certs_only([]).tls_danger_accept_invalid_certs(self.trust.any)
        } else {
            let authorities = Certificate::from_pem_bundle(&self.trust.authorities);
            builder.tls_certs_merge(authorities.map_err(|error| BrokerError::NoClient(innermost(&error)))?)
        };
        let client = builder.build().map_err(|error| BrokerError::NoClient(innermost(&error)))?;
        Ok(cell.get_or_init(|| client))
    }
}

impl Answer {
    /// The JSON of the answer: nothing else is one, whatever its status.
    pub(super) fn document(self, method: &str) -> Result<Document, BrokerError> {
        self.no_page(method)?;
        match serde_json::from_slice(&self.body) {
            Ok(json) => Ok(Document { url: self.url, json }),
            Err(error) => Err(self.not_understood(method, format!("it is not JSON: {error}"))),
        }
    }

    /// A page for people is no answer: a log-in, a proxy's complaint.
    pub(super) fn no_page(&self, method: &str) -> Result<(), BrokerError> {
        match &self.content_type {
            Some(kind) if kind.contains("html") => {
                Err(self.not_understood(method, format!("it is {}", words(Some(kind), &self.body))))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn not_understood(&self, method: &str, reason: String) -> BrokerError {
        let (method, url) = (method.to_owned(), shown(&self.url));
        BrokerError::NotUnderstood { method, url, status: self.status, reason }
    }
}

/// An address, and the credentials in it where no others are given.
pub(super) fn parse(address: &str, credentials: Credentials) -> Result<(Url, Credentials), BrokerError> {
    // An address that is none may still have a password in it.
    let harmless = || match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://***{}", &address[..scheme], &address[at..]),
        _ => address.to_owned(),
    };
    let invalid = |reason: String| BrokerError::InvalidAddress { url: harmless(), reason };
    let mut url = Url::parse(address.trim()).map_err(|error| invalid(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("it is neither http:// nor https://".into()));
    }
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let credentials = match (credentials, url.username(), url.password()) {
        (Credentials::None, user, password) if !user.is_empty() || password.is_some() => {
            Credentials::Basic { user: decoded(user), password: decoded(password.unwrap_or_default()).into() }
        }
        (given, ..) => given,
    };
    drop_credentials(&mut url);
    url.set_fragment(None);
    Ok((url, credentials))
}

fn with_slash(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

fn final_(error: BrokerError) -> Failed {
    Failed { error, again: false }
}

fn unreached(error: &reqwest::Error, url: &Url, sending: Sending<'_>) -> Failed {
    let again = match sending.repeat {
        // Waiting once more for what took too long makes a slow broker slower.
        Repeat::Safe => error.is_connect() || !(error.is_timeout() || error.is_builder()),
        Repeat::Unheard => error.is_connect(),
    };
    let error = BrokerError::NotReached {
        method: sending.method.to_string(),
        url: shown(url),
        reason: innermost(error),
        perhaps_taken: sending.repeat == Repeat::Unheard && !error.is_connect(),
    };
    Failed { error, again }
}

fn header(response: &Response, name: &reqwest::header::HeaderName) -> Option<String> {
    response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// A body, if it is within the limit.
async fn read(mut response: Response) -> Result<Option<Bytes>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.into()))
}

fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".into();
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.to_string().as_str() {
        "connection closed before message completed" => "it closed the connection before answering".into(),
        "received corrupt message of type InvalidContentType" => {
            "it does not speak TLS there; perhaps its address begins with http://".into()
        }
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { timeout: Duration::from_secs(1), retries: 0, first_delay: Duration::ZERO };

    fn transport(address: &str, credentials: Credentials) -> Result<Transport, BrokerError> {
        Transport::new(address, credentials, PATIENCE)
    }

    #[test]
    fn what_is_no_address_is_refused_and_its_password_not_shown() {
        for address in ["", "broker", "ftp://h/", "http://", "http://u:s3cret@h:port/"] {
            let error = transport(address, Credentials::None).unwrap_err().to_string();
            assert!(
                error.contains("is not the address of a Pact Broker") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }

    #[test]
    fn credentials_in_an_address_are_used_and_gone_from_it() {
        let basic = transport("http://u:p%40ss@h/b", Credentials::None).unwrap();
        assert_eq!(basic.base.as_str(), "http://h/b/");
        assert_eq!(basic.credentials, Credentials::Basic { user: "u".into(), password: "p@ss".into() });
        let given = transport("http://u:p@h/", Credentials::Bearer("t".into())).unwrap();
        assert_eq!(given.credentials, Credentials::Bearer("t".into()));
    }

    /// A token would go to whatever address a redirect or a link names.
    #[test]
    fn credentials_are_for_the_broker_only() {
        let transport = transport("http://h/b", Credentials::Bearer("t".into())).unwrap();
        for (url, may) in [
            ("http://h/other", true),
            ("https://h/b/", true),
            ("http://h:81/b/", false),
            ("http://h.evil/b/", false),
            ("http://evil/?http://h/b", false),
        ] {
            assert_eq!(transport.may_know(&Url::parse(url).unwrap()), may, "{url}");
        }
    }
}
