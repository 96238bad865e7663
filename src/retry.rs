use std::time::{Duration, SystemTime};

use backon::ExponentialBuilder;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use uuid::Uuid;

use crate::ClientError;

/// When and how often a call that failed is tried again.
///
/// Tried again are calls that can do no harm twice: reads, and calls with an [`IdempotencyKey`], which is every POST. A
/// PUT, PATCH or DELETE has no key, and the second one may be refused where the first was done: it is tried again only if
/// the provider was not reached, or said that there were too many calls (429). Of all these, only calls that may succeed
/// later ([`ClientError::is_retryable`]): nobody answered, or the provider said "later". The pauses
/// double from the first to the longest, each stretched at random so that clients who failed together do not come back
/// together; a `Retry-After` of the provider is waited for if it is longer. When the deadline is over, or would be
/// before the next try, the call ends with the error of its last try.
///
/// ```
/// use std::time::Duration;
///
/// use billtest::{BillingClient, RetryPolicy};
///
/// let patient = RetryPolicy { retries: 10, deadline: Duration::from_secs(300), ..RetryPolicy::default() };
/// let client = BillingClient::new("http://127.0.0.1:8080")?.with_retries(patient);
/// # Ok::<(), billtest::ClientError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a call may be tried again after its first try.
    pub retries: usize,
    /// The first pause.
    pub first_delay: Duration,
    /// The longest pause, stretching aside.
    pub longest_delay: Duration,
    /// How long a call may take with all its tries and pauses.
    pub deadline: Duration,
}

impl Default for RetryPolicy {
    /// Three more tries, after pauses of 0.2 to 10 seconds, within a minute.
    fn default() -> Self {
        Self {
            retries: 3,
            first_delay: Duration::from_millis(200),
            longest_delay: Duration::from_secs(10),
            deadline: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Every call is tried once, and may take as long as one try may.
    #[must_use]
    pub fn never() -> Self {
        Self { retries: 0, deadline: Duration::MAX, ..Self::default() }
    }

    pub(crate) fn pauses(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_delay)
            .with_max_delay(self.longest_delay)
            .with_max_times(self.retries)
            .with_jitter()
    }
}

/// The name of one change: a provider that sees it twice makes the change once, and answers the second time what it
/// answered the first time (`Idempotency-Key`, IETF draft-ietf-httpapi-idempotency-key-header).
///
/// Managers give every call a random one, so that a call can be tried again. A program that may itself be started anew
/// names its changes, and gives the name to the client: [`BillingClient::once`](crate::BillingClient::once).
///
/// ```
/// use billtest::IdempotencyKey;
///
/// let key = IdempotencyKey::new("invoice-2026-11-credit")?;
/// assert_eq!(key.as_str(), "invoice-2026-11-credit");
/// assert!(IdempotencyKey::new("two\nlines").is_err());
/// # Ok::<(), billtest::ClientError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Longest key that the billing API takes, in characters.
    const LONGEST: usize = 255;

    /// A key of 1 to 255 visible ASCII characters.
    ///
    /// # Errors
    /// [`ClientError::InvalidKey`].
    pub fn new(key: &str) -> Result<Self, ClientError> {
        let valid =
            (1..=Self::LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if valid { Ok(Self(key.to_owned())) } else { Err(ClientError::InvalidKey(key.to_owned())) }
    }

    /// A key that nobody has used.
    #[must_use]
    pub fn random() -> Self {
        let (high, low) = Uuid::new_v4().as_u64_pair();
        Self(format!("{high:016x}{low:016x}"))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long the provider wants to be left alone: seconds, or a date (RFC 9110, section 10.2.3). A date that is over
/// means at once; what is neither says nothing.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    /// A provider that is under repair until noon would be asked for nothing, again and again.
    #[test]
    fn a_provider_says_when_to_come_back_in_seconds_or_by_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
            ("99999999999999999999999", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn random_keys_are_keys_and_differ() {
        let (one, two) = (IdempotencyKey::random(), IdempotencyKey::random());
        assert_eq!(IdempotencyKey::new(one.as_str()).unwrap(), one);
        assert_ne!(one, two);
        for key in ["", "a b", "é", &"x".repeat(256)] {
            assert!(matches!(IdempotencyKey::new(key), Err(ClientError::InvalidKey(_))), "{key}");
        }
    }
}
