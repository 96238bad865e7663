use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use backon::Retryable as _;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::answer::{BODY_LIMIT, failure, innermost, not_json, read, told};
use crate::models::billing::Envelope;
use crate::retry::retry_after;
use crate::{ClientError, ClientOptions, IdempotencyKey, RetryPolicy};

/// The header that names the tenant whose data a request is about.
const TENANT_HEADER: &str = "uuid";
const KEY_HEADER: &str = "Idempotency-Key";
/// Everything in an id but the unreserved characters of RFC 3986 is percent-encoded: an id never changes the path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What is shown in place of a secret.
const HIDDEN: &str = "***";

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
        Self::with_options(address, &ClientOptions::default())
    }

    /// A client that ends each try of a call after `timeout`, connecting included.
    ///
    /// # Errors
    /// As [`BillingClient::new`].
    pub fn with_timeout(address: impl AsRef<str>, timeout: Duration) -> Result<Self, ClientError> {
        Self::with_options(address, &ClientOptions { timeout, ..ClientOptions::default() })
    }

    /// A client that connects as these options say.
    ///
    /// # Errors
    /// As [`BillingClient::new`]; [`ClientError::NoClient`] if a certificate is none.
    pub fn with_options(address: impl AsRef<str>, options: &ClientOptions) -> Result<Self, ClientError> {
        let address = address.as_ref();
        let invalid = |reason: String| ClientError::InvalidAddress { url: without_user(address), reason };
        let base = Url::parse(address).map_err(|error| invalid(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(invalid("it is neither http:// nor https://".into()));
        }
        let http = options.connect(&base)?;
        Ok(Self {
            http,
            base,
            tenant: None,
            headers: HeaderMap::new(),
            key: None,
            timeout: options.timeout,
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

    /// A client whose POSTs all have this key: for one change, which happens once however often it is sent. Without it
    /// every POST has a key of its own. A PUT, PATCH or DELETE has none.
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
        let (method, url) = (&call.method, self.shown(&call.url));
        let attempt = async || {
            let number = tries.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::debug!(%method, url, attempt = number, "calling");
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
            .notify(|error, pause| {
                let attempt = tries.load(Ordering::Relaxed);
                tracing::warn!(%method, url, attempt, %error, ?pause, "trying again after a pause");
            })
            .await;
        let attempts = tries.into_inner();
        answered.map_err(|error| {
            let error = error.after(attempts);
            tracing::warn!(%method, url, attempts, %error, "the call failed");
            error
        })
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
            // What HTTP says decides; only a success that is none says it in its body.
            let of_body = error.as_ref().filter(|_| status.is_success()).map(|error| error.code);
            let status = of_body.unwrap_or(status.as_u16());
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
        if body.is_empty() {
            let reason = "it is empty; what was asked for may be done, and nothing is said of it".to_owned();
            return Err(not_understood(reason, body));
        }
        serde_json::from_slice(&body).map_err(|error| not_understood(error.to_string(), body))
    }
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
