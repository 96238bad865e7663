//! What of a request and its response may be shown, and how.

use std::borrow::Cow;
use std::fmt::Write as _;

use billtest_verifier::{Mismatch, Part, Received, Sent};
use sha2::{Digest as _, Sha256};

use super::wording::cut;

/// How a value that may be a secret is shown.
pub(crate) const HIDDEN: &str = "***";
/// Longest body that stands in a `curl` line; a longer one is named in place of it.
const INLINE_LIMIT: usize = 2000;
/// Parts of the names of headers that carry secrets.
const SECRET_HEADERS: [&str; 10] = [
    "auth",
    "cookie",
    "token",
    "secret",
    "password",
    "api-key",
    "apikey",
    "signature",
    "session",
    "credential",
];
/// Names of query parameters that carry secrets, beside those that have a part of such a header's name.
const SECRET_PARAMETERS: [&str; 3] = ["sig", "key", "code"];

/// Headers as they may be shown; those of one name on one line.
pub(crate) fn headers(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut shown: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let value = if is_secret(name) { HIDDEN } else { value };
        match shown.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, values)) if is_secret(name) => HIDDEN.clone_into(values),
            Some((_, values)) => {
                values.push_str(", ");
                values.push_str(value);
            }
            None => shown.push((name.clone(), value.to_owned())),
        }
    }
    shown
}

/// A difference as it may be shown: what came in a secret header is left out, and with it the sentence about it.
pub(crate) fn mismatch(mismatch: &Mismatch) -> Cow<'_, Mismatch> {
    if mismatch.part != Part::Header || !is_secret(&mismatch.path) || mismatch.actual == Mismatch::MISSING {
        return Cow::Borrowed(mismatch);
    }
    Cow::Owned(Mismatch {
        actual: HIDDEN.to_owned(),
        expected: HIDDEN.to_owned(),
        message: "the value differs; it may be a secret and is not shown".to_owned(),
        ..mismatch.clone()
    })
}

fn is_secret(header: &str) -> bool {
    let name = header.to_ascii_lowercase().replace('_', "-");
    SECRET_HEADERS.iter().any(|part| name.contains(part))
}

/// The address with its password, and the values of secret query parameters, left out.
pub(crate) fn url(url: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let address = without_password(address);
    let Some(query) = query else { return address };
    let pairs: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _))
                if is_secret(name) || SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) =>
            {
                format!("{name}={HIDDEN}").into()
            }
            _ => pair.into(),
        })
        .collect();
    format!("{address}?{}", pairs.join("&"))
}

fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{HIDDEN}@{host}{path}"),
        None => address.to_owned(),
    }
}

/// The request as a line for a shell, and what must be said about it.
pub(crate) struct Curl {
    /// The line.
    pub(crate) line: String,
    /// What stands in the file that the line names, if it names one.
    pub(crate) note: Option<String>,
}

impl Curl {
    pub(crate) fn of(sent: &Sent) -> Self {
        // `-X HEAD` would wait for a body that never comes.
        let mut line = String::from(if sent.method == "HEAD" { "curl -I" } else { "curl -i" });
        if sent.method != "GET" && sent.method != "HEAD" {
            line.push_str(&format!(" -X {}", sent.method));
        }
        for (name, value) in &sent.headers {
            let value = if is_secret(name) { HIDDEN } else { value };
            line.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
        }
        if sent.body.is_some()
            && !sent.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            // curl would call the body a form, and the provider would answer to that.
            line.push_str(" -H 'Content-Type:'");
        }
        let mut note = None;
        match sent.body.as_deref().map(Body::of) {
            None => {}
            // An empty body is sent all the same: it gives the request its length.
            Some(Body::Empty) => line.push_str(" --data-raw ''"),
            Some(Body::Text(text)) if text.chars().count() <= INLINE_LIMIT => {
                // `--data-binary` would take a body that begins with @ for the name of a file.
                line.push_str(&format!(" --data-raw {}", quoted(text)));
            }
            Some(body) => {
                line.push_str(" --data-binary @request-body");
                note =
                    Some(format!("request-body is the body of the request in the pact: {}", body.measure()));
            }
        }
        line.push(' ');
        line.push_str(&quoted(&url(&sent.url)));
        Self { line, note }
    }
}

/// A text as one word for a shell. Control characters go as escapes: they could not be pasted, and would reach the
/// terminal.
fn quoted(text: &str) -> String {
    if !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' => word.push_str(r"\'"),
            '\\' => word.push_str(r"\\"),
            // Writing to a string cannot fail.
            c if c.is_control() => {
                let _ = write!(word, "\\u{:04x}", u32::from(c));
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    word
}

/// A body as a reader can take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    /// Nothing.
    Empty,
    /// Text.
    Text(&'a str),
    /// Bytes that are no text.
    Binary(&'a [u8]),
}

impl<'a> Body<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok("") => Self::Empty,
            // No text format has a NUL in it.
            Ok(text) if !text.contains('\0') => Self::Text(text),
            _ => Self::Binary(bytes),
        }
    }

    /// The body, or as much of it as `limit` allows, or what can be said about it.
    pub(crate) fn shown(&self, limit: usize) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => cut(text.trim_end(), limit),
            Self::Binary(_) => format!("({}, binary)", self.measure()),
        }
    }

    /// Size and hash.
    fn measure(&self) -> String {
        let bytes = match self {
            Self::Empty => &[],
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        };
        format!("{} bytes, sha256 {}", bytes.len(), sha256(bytes))
    }
}

/// The hash by which a body can be compared with a file.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a response says it is.
pub(crate) fn content_type(received: &Received) -> &str {
    received
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map_or("no content type", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(method: &str, header: (&str, &str), body: Option<&'static [u8]>, url: &str) -> Sent {
        Sent {
            method: method.into(),
            url: url.into(),
            headers: vec![(header.0.into(), header.1.into())],
            body: body.map(Into::into),
        }
    }

    #[test]
    fn a_request_can_be_pasted_into_a_shell() {
        let curl = Curl::of(&sent("POST", ("X-A", "it's"), Some(b"@\x1b[2J"), "http://a/b?c=d"));
        assert_eq!(
            curl.line,
            r"curl -i -X POST -H 'X-A: it'\''s' -H 'Content-Type:' --data-raw $'@\u001b[2J' 'http://a/b?c=d'"
        );
        assert!(curl.note.is_none());
        assert_eq!(
            Curl::of(&sent("HEAD", ("a", "b"), None, "http://a")).line,
            "curl -I -H 'a: b' 'http://a'"
        );
    }

    #[test]
    fn a_body_that_no_line_can_hold_is_named_by_its_hash() {
        let curl = Curl::of(&sent("PUT", ("a", "b"), Some(b"\xff\x00"), "http://a"));
        assert_eq!(
            curl.line,
            "curl -i -X PUT -H 'a: b' -H 'Content-Type:' --data-binary @request-body 'http://a'"
        );
        assert!(
            curl.note
                .unwrap()
                .contains("2 bytes, sha256 ea5dbf9596d187e9500f23e9a680109475341cf4e81f7e043f7d97152c10772f")
        );
    }

    #[test]
    fn secrets_are_not_written_into_reports() {
        let given = [("X-Auth-Token", "s"), ("Cookie", "s"), ("cookie", "t"), ("Idempotency-Key", "k")];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let shown = headers(&given);
        let shown: Vec<(&str, &str)> =
            shown.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(shown, [("X-Auth-Token", "***"), ("Cookie", "***"), ("Idempotency-Key", "k")]);
        assert_eq!(url("http://a/?token=s&page=2&x-api-key=s"), "http://a/?token=***&page=2&x-api-key=***");
        assert_eq!(url("http://u:p@a:1/b@c"), "http://***@a:1/b@c");

        let differs = Mismatch {
            rule: None,
            part: Part::Header,
            path: "Set-Cookie".into(),
            expected: "a".into(),
            actual: "session".into(),
            message: "Expected 'a' but got 'session'".into(),
        };
        assert!(!format!("{:?}", mismatch(&differs)).contains("session"));
    }
}
