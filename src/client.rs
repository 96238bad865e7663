use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use backon::Retryable as _;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::models::billing::Envelope;
use crate::models::{ApiError, ErrorCode, FieldError};
use crate::retry::retry_after;
use crate::{ClientError, IdempotencyKey, RetryPolicy};

/// The header that names the tenant whose data a request is about.
const TENANT_HEADER: &str = "uuid";
const KEY_HEADER: &str = "Idempotency-Key";
/// Everything in an id but the unreserved characters of RFC 3986 is percent-encoded: an id never changes the path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// A larger body is not read to its end.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// What is shown in place of a secret.
const HIDDEN: &str = "***";
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to one billing provider, cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct BillingClient {
    http: Client,
    base: Url,
    tenant: Option<HeaderValue>,
    headers: HeaderMap,
    key: Option<IdempotencyKey>,
    timeout: Duration,
    retries: RetryPolicy,
}

/// What is sent, the same at every try.
struct Prepared {
    method: Method,
    url: Url,
    key: Option<IdempotencyKey>,
    body: Option<Bytes>,
}

/// A call that is being put together. What is wrong with it is said when it is sent.
pub(crate) struct Call<'c> {
    client: &'c BillingClient,
    request: Prepared,
    flaw: Option<ClientError>,
}

impl Call<'_> {
    /// A parameter of the query; one without a value is left out.
    pub(crate) fn query(mut self, name: &str, value: impl Into<Option<String>>) -> Self {
        if let Some(value) = value.into() {
            self.request.url.query_pairs_mut().append_pair(name, &value);
        }
        self
    }

    /// A JSON body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.request.body = Some(body.into()),
            Err(error) => self.flaw = self.flaw.or(Some(ClientError::NotSendable(error))),
        }
        self
    }

    /// Sends it, and reads the answer as plain JSON.
    pub(crate) async fn send<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        match self.flaw {
            Some(flaw) => Err(flaw),
            None => self.client.send(&self.request).await,
        }
    }

    /// Sends it, and takes the answer out of its envelope.
    pub(crate) async fn send_in_envelope<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        self.send::<Envelope<T>>().await.map(|envelope| envelope.payload)
    }
}

impl BillingClient {
    /// A client for the provider at an `http://` or `https://` address, which may have a path. Each try of a call
    /// ends after 30 seconds; how often it is tried is the default of [`RetryPolicy`].
    ///
    /// # Errors
    /// [`ClientError::InvalidAddress`], [`ClientError::NoClient`].
    pub fn new(address: impl AsRef<str>) -> Result<Self, ClientError> {
        Self::with_timeout(address, TIMEOUT)
    }

    /// A client that ends each try of a call after `timeout`, connecting included.
    ///
    /// # Errors
    /// As [`BillingClient::new`].
    pub fn with_timeout(address: impl AsRef<str>, timeout: Duration) -> Result<Self, ClientError> {
        let address = address.as_ref();
        let invalid = |reason: String| ClientError::InvalidAddress { url: without_user(address), reason };
        let base = Url::parse(address).map_err(|error| invalid(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(invalid("it is neither http:// nor https://".into()));
        }
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .user_agent(concat!("billtest/", env!("CARGO_PKG_VERSION")));
        // Whoever installed a provider before knows better; then this one is not needed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect is a refusal: following it would turn a POST into a GET, and the GET's answer into a result.
        builder = builder.redirect(Policy::none());
        if is_this_machine(&base) {
            // No proxy knows this machine by that name.
            builder = builder.no_proxy();
        }
        if base.scheme() == "http" {
            // Without TLS there is no use for the system's certificates, and a system may have none.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(ClientError::NoClient)?;
        Ok(Self {
            http,
            base,
            tenant: None,
            headers: HeaderMap::new(),
            key: None,
            timeout,
            retries: RetryPolicy::default(),
        })
    }

    /// The same client with another policy of trying again.
    #[must_use]
    pub fn with_retries(mut self, retries: RetryPolicy) -> Self {
        self.retries = retries;
        self
    }

    /// A client that shares this one's connections and speaks for another tenant.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`] if the name is not 1 to 100 characters of `A-Za-z0-9_-`.
    pub fn for_tenant(mut self, tenant: &str) -> Result<Self, ClientError> {
        let valid = (1..=100).contains(&tenant.len())
            && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let header = HeaderValue::from_str(tenant).ok().filter(|_| valid);
        self.tenant = Some(header.ok_or_else(|| ClientError::InvalidTenant(tenant.to_owned()))?);
        Ok(self)
    }

    /// A client that sends this header with every request, such as `Authorization`. Its value is shown nowhere.
    ///
    /// # Errors
    /// [`ClientError::InvalidHeader`] if it cannot be sent.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, ClientError> {
        let invalid = || ClientError::InvalidHeader(name.to_owned());
        let header = HeaderName::try_from(name).map_err(|_| invalid())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| invalid())?;
        value.set_sensitive(true);
        self.headers.insert(header, value);
        Ok(self)
    }

    /// A client whose changes all have this key: for one change, which happens once however often it is sent. Without
    /// it every change has a key of its own.
    ///
    /// ```no_run
    /// use billtest::models::Amount;
    /// use billtest::{BillingClient, IdempotencyKey, PaymentManager};
    ///
    /// # async fn pay() -> Result<(), Box<dyn std::error::Error>> {
    /// // A program that ends halfway and is started anew pays once.
    /// let key = IdempotencyKey::new("team-a-2025-01")?;
    /// let client = BillingClient::new("http://127.0.0.1:8080")?.once(&key);
    /// PaymentManager::new(client, "2025-01".parse()?, "team-a")?.pay(Amount::from(100_000)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn once(mut self, key: &IdempotencyKey) -> Self {
        self.key = Some(key.clone());
        self
    }

    /// Begins a call on the path of these segments, each encoded.
    pub(crate) fn call(&self, method: Method, segments: &[&str]) -> Call<'_> {
        let (url, flaw) = match self.address_of(segments) {
            Ok(url) => (url, None),
            Err(error) => (self.base.clone(), Some(error)),
        };
        Call { client: self, request: Prepared { method, url, key: None, body: None }, flaw }
    }

    /// Begins a `GET`: it reads, and changes nothing.
    pub(crate) fn get(&self, segments: &[&str]) -> Call<'_> {
        self.call(Method::GET, segments)
    }

    /// Begins a `POST` that changes something once for its key.
    pub(crate) fn post(&self, segments: &[&str]) -> Call<'_> {
        let mut call = self.call(Method::POST, segments);
        call.request.key = Some(self.key.clone().unwrap_or_else(IdempotencyKey::random));
        call
    }

    /// An address without the secrets that the provider's own may have: whom it is called as, and the values of its query.
    fn shown(&self, url: &Url) -> String {
        let mut shown = url.clone();
        // Only an address without a host has nobody to call it.
        let _ = shown.set_username("").and_then(|()| shown.set_password(None));
        let own = self.base.query_pairs().count();
        if own > 0 {
            let pairs = url.query_pairs().enumerate();
            let pairs = pairs.map(|(at, (name, value))| (name, if at < own { HIDDEN.into() } else { value }));
            shown.query_pairs_mut().clear().extend_pairs(pairs);
        }
        shown.into()
    }

    fn address_of(&self, segments: &[&str]) -> Result<Url, ClientError> {
        let mut path = self.base.path().trim_end_matches('/').to_owned();
        for segment in segments {
            // As a part of a path these three mean a direction, in every spelling; no id can be sent so.
            if matches!(*segment, "" | "." | "..") {
                return Err(ClientError::InvalidId((*segment).to_owned()));
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let mut url = self.base.clone();
        url.set_path(&path);
        Ok(url)
    }

    async fn send<T: DeserializeOwned>(&self, call: &Prepared) -> Result<T, ClientError> {
        // A change without a key may be refused when it comes twice, or do harm; also one that HTTP calls idempotent.
        let harmless = call.method.is_safe() || call.key.is_some();
        let begun = Instant::now();
        let tries = AtomicU32::new(0);
        let attempt = async || {
            tries.fetch_add(1, Ordering::Relaxed);
            self.try_once(call, self.retries.deadline.saturating_sub(begun.elapsed())).await
        };
        let answered = attempt
            .retry(self.retries.pauses())
            .when(|error: &ClientError| error.is_retryable() && (harmless || error.changed_nothing()))
            .adjust(|error, pause| {
                let pause = pause?.max(error.retry_after().unwrap_or_default());
                // A try that would begin after the deadline is none.
                let next = begun.elapsed().checked_add(pause)?;
                (next < self.retries.deadline).then_some(pause)
            })
            .notify(|error, pause| tracing::warn!(%error, ?pause, "tried again after a pause"))
            .await;
        answered.map_err(|error| error.after(tries.into_inner()))
    }

    async fn try_once<T: DeserializeOwned>(&self, call: &Prepared, left: Duration) -> Result<T, ClientError> {
        let request = self.http.request(call.method.clone(), call.url.clone());
        let mut request = request.timeout(self.timeout.min(left)).headers(self.headers.clone());
        if let Some(tenant) = &self.tenant {
            request = request.header(TENANT_HEADER, tenant);
        }
        if let Some(key) = &call.key {
            request = request.header(KEY_HEADER, key.as_str());
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let (method, url) = (call.method.to_string(), self.shown(&call.url));
        let not_reached = |source: reqwest::Error| ClientError::NotReached {
            method: method.clone(),
            url: url.clone(),
            reason: innermost(&source),
            attempts: 1,
            source: source.without_url(),
        };
        let response = request.send().await.map_err(not_reached)?;
        let status = response.status();
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let retry_after = retry_after(response.headers(), SystemTime::now());
        let (body, complete) = read(response).await.map_err(not_reached)?;
        // Some providers say no in an envelope that HTTP calls a success.
        if !status.is_success() || failure(&body).is_some() {
            let error = told(&body, status.as_u16()).map(Box::new);
            let status = error.as_ref().map_or(status.as_u16(), |error| error.code);
            return Err(ClientError::Refused { method, url, status, error, body, retry_after, attempts: 1 });
        }
        let problem = if !complete {
            Some(format!("it is larger than {BODY_LIMIT} bytes"))
        } else {
            not_json(content_type.as_ref())
        };
        let not_understood = |reason, body| ClientError::NotUnderstood {
            method: method.clone(),
            url: url.clone(),
            status: status.as_u16(),
            reason,
            body,
            attempts: 1,
        };
        if let Some(reason) = problem {
            return Err(not_understood(reason, body));
        }
        serde_json::from_slice(&body).map_err(|error| not_understood(error.to_string(), body))
    }
}

/// A refusal in the envelope of `/billing`, also of a provider that has codes of its own.
#[derive(Deserialize)]
struct Told {
    header: ToldHeader,
    #[serde(default)]
    details: Vec<FieldError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldHeader {
    is_successful: bool,
    #[serde(default)]
    result_code: i64,
    #[serde(default)]
    result_message: String,
}

/// A refusal in an envelope.
fn failure(body: &[u8]) -> Option<Told> {
    // Most bodies are no refusals, and some are large: only the header is read for that.
    let failure: Told = serde_json::from_slice(body).ok()?;
    (!failure.header.is_successful).then_some(failure)
}

/// What the provider says in either form of the API.
fn told(body: &[u8], status: u16) -> Option<ApiError> {
    if let Ok(error) = serde_json::from_slice(body) {
        return Some(error);
    }
    let Told { header, details } = failure(body)?;
    let code = u16::try_from(header.result_code).ok().filter(|code| (400..600).contains(code));
    let code = code.unwrap_or(status);
    let error = ErrorCode::of_status(code).unwrap_or(ErrorCode::Other);
    Some(ApiError { code, ..ApiError::for_fields(error, header.result_message, details) })
}

/// What is no address may be one with a typing error, and have a password all the same.
fn without_user(address: &str) -> String {
    let begin = address.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = address.split_at(begin);
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{HIDDEN}@{host}"),
        None => address.to_owned(),
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

/// A body, up to the limit, and whether that was all.
async fn read(mut response: Response) -> Result<(Bytes, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = BODY_LIMIT - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body.into(), false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body.into(), true))
}

/// A provider that names another content type does not mean JSON, even if the bytes happen to be some.
fn not_json(content_type: Option<&HeaderValue>) -> Option<String> {
    let content_type = content_type?;
    let text = String::from_utf8_lossy(content_type.as_bytes());
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = essence == "application/json" || essence.ends_with("+json");
    (!json).then(|| format!("it is {essence}, not application/json"))
}

fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".into();
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would read or change another resource than the one that was named.
    #[test]
    fn an_id_never_leaves_its_segment_of_the_path() {
        let client = BillingClient::new("http://h/base/").unwrap();
        for (id, path) in [
            ("12345", "/base/api/v1/contracts/12345"),
            ("a/b", "/base/api/v1/contracts/a%2Fb"),
            ("../payments", "/base/api/v1/contracts/..%2Fpayments"),
            ("a?b=c#d", "/base/api/v1/contracts/a%3Fb%3Dc%23d"),
            ("100%", "/base/api/v1/contracts/100%25"),
            ("é", "/base/api/v1/contracts/%C3%A9"),
        ] {
            let url = client.address_of(&["api", "v1", "contracts", id]).unwrap();
            assert_eq!((url.host_str(), url.path(), url.query()), (Some("h"), path, None), "{id}");
        }
        for id in ["", ".", ".."] {
            assert!(matches!(client.address_of(&["contracts", id]), Err(ClientError::InvalidId(_))), "{id}");
        }
    }

    /// A user would find the provider's password in the log of a failed call.
    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let client = BillingClient::new("https://ci:hunter2@h:8443/base?key=s3cret&x=t0ken").unwrap();
        let call = client.get(&["unpaid"]).query("month", "2025-01".to_owned());
        assert_eq!(client.shown(&call.request.url), "https://h:8443/base/unpaid?key=***&x=***&month=2025-01");
        let plain = BillingClient::new("http://h").unwrap();
        assert_eq!(plain.shown(&plain.get(&["unpaid"]).request.url), "http://h/unpaid");
        for address in ["ftp://ci:hunter2@h", "htp//ci:hunter2@h", "http://ci:hunter2@"] {
            let error = BillingClient::new(address).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_is_no_address_or_no_tenant_is_refused_at_once() {
        for address in ["", "localhost", "ftp://h/", "mailto:a@b", "http://"] {
            assert!(
                matches!(BillingClient::new(address), Err(ClientError::InvalidAddress { .. })),
                "{address}"
            );
        }
        let client = BillingClient::new("http://h").unwrap();
        for tenant in ["", "a b", "a.b", "é", "x\r\ny: z"] {
            let refused = client.clone().for_tenant(tenant);
            assert!(matches!(refused, Err(ClientError::InvalidTenant(_))), "{tenant}");
        }
        assert!(client.for_tenant(&"x".repeat(101)).is_err());
    }
}
