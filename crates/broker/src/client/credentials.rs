//! Who the client is to the broker.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::BrokerError;

/// A text that is never shown: its `Debug` is `***`, and it has no `Display`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Whether there is nothing in it, as when a variable is set and empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The parts before and after the first `mark`; what is before it is no secret: a user's name, or a header's.
    #[must_use]
    pub fn split_once(&self, mark: &str) -> Option<(String, Self)> {
        let (name, value) = self.0.split_once(mark)?;
        Some((name.to_owned(), Self(value.to_owned())))
    }

    /// The text itself, for what it is sent to or compared with.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Headers as they are sent, which nothing shows.
pub(super) fn headers(given: &[(String, Secret)]) -> Result<HeaderMap, BrokerError> {
    let mut headers = HeaderMap::new();
    for (index, (name, value)) in given.iter().enumerate() {
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        let value = HeaderValue::from_str(value.reveal().trim());
        let (Ok(name), Ok(mut value)) = (name, value) else {
            return Err(BrokerError::InvalidHeader(index + 1));
        };
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

/// How the client says who it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Credentials {
    /// Not at all.
    #[default]
    None,
    /// By name and password (HTTP basic authentication).
    Basic {
        /// The name.
        user: String,
        /// The password; empty where a broker wants none.
        password: Secret,
    },
    /// By a bearer token.
    Bearer(Secret),
}

impl Credentials {
    pub(super) fn check(&self) -> Result<(), BrokerError> {
        let sendable = match self {
            Self::None => true,
            // The colon parts name and password on the wire: one in the name would move the border.
            Self::Basic { user, .. } => !user.contains(':'),
            Self::Bearer(token) => HeaderValue::from_str(&token.0).is_ok(),
        };
        if sendable {
            return Ok(());
        }
        Err(BrokerError::InvalidCredentials(match self {
            Self::Bearer(_) => "the token has characters that no header can carry, such as a line break",
            _ => "the user name has a colon in it",
        }))
    }

    pub(super) fn apply(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::None => request,
            Self::Basic { user, password } => request.basic_auth(user, Some(&password.0)),
            Self::Bearer(token) => request.bearer_auth(&token.0),
        }
    }

    /// What of them a broker may have refused.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Basic { .. } => Some("user name and password"),
            Self::Bearer(_) => Some("token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user's token would end in a build log.
    #[test]
    fn secrets_are_not_in_what_is_printed_for_debugging() {
        let basic = Credentials::Basic { user: "ci".into(), password: "hunter2".into() };
        let shown = format!("{basic:?} {:?} {:#?}", Credentials::Bearer("t0ken".into()), basic);
        assert!(!shown.contains("hunter2") && !shown.contains("t0ken"), "{shown}");
    }

    #[test]
    fn credentials_that_cannot_be_sent_are_refused_without_being_shown() {
        let error = Credentials::Bearer("t0ken\n".into()).check().unwrap_err().to_string();
        assert!(error.contains("line break") && !error.contains("t0ken"), "{error}");
        assert!(Credentials::Basic { user: "a:b".into(), password: Secret::default() }.check().is_err());
    }
}
