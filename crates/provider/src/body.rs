//! Request bodies: JSON of the published shape, with values that keep the rules.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use billtest_models::{ErrorCode, FieldError};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::refusal::Refusal;
use crate::{BODY_LIMIT, Provider};

/// How deep a body may be nested; `serde_json` reads no deeper.
const DEEPEST: usize = 128;
/// How long a body is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many bytes of a body that is too large are listened to before that is said.
const PASSED_OVER: usize = 64 * BODY_LIMIT;

/// A body that passed its schema and was read as `T`.
pub(crate) struct Valid<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest<Provider> for Valid<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, provider: &Provider) -> Result<Self, Refusal> {
        let json = Json::from_request(request, provider).await?;
        read(&json, provider).map(Self)
    }
}

/// JSON as a `T`, if it passes the published schema and reading rounded nothing.
pub(crate) fn read<T: DeserializeOwned + 'static>(json: &Json, provider: &Provider) -> Result<T, Refusal> {
    let Json { value, inexact } = json;
    let problems = provider.schemas.problems::<T>(value);
    if problems.is_some() || !inexact.is_empty() {
        let (code, mut fields) = problems.unwrap_or((ErrorCode::ValidationError, Vec::new()));
        fields.retain(|problem| inexact.iter().all(|inexact| inexact.field != problem.field));
        fields.extend_from_slice(inexact);
        return Err(Refusal::fields(code, fields));
    }
    if let Ok(read) = T::deserialize(value) {
        return Ok(read);
    }
    // What a schema cannot say, such as the number of significant digits, the type says; once more, for the place.
    serde_path_to_error::deserialize(value).map_err(|error| {
        let field = error.path().to_string().trim_start_matches('.').to_owned();
        let detail = FieldError { field, message: error.into_inner().to_string() };
        Refusal::fields(ErrorCode::ValidationError, vec![detail])
    })
}

/// A body as it came. Whoever reads one before its handler notes it at the request, so that nobody reads it twice.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    /// What it is, if that was looked at and it is JSON.
    pub(crate) json: Option<Value>,
}

impl Received {
    /// The request with this body, read.
    pub(crate) fn noted(self, mut parts: Parts) -> Request {
        parts.extensions.insert(self);
        Request::from_parts(parts, Body::empty())
    }
}

/// The body of a request, whatever it is, up to the limit.
pub(crate) async fn received(parts: &mut Parts, body: Body) -> Result<Received, Refusal> {
    match parts.extensions.remove::<Received>() {
        Some(received) => Ok(received),
        None => Ok(Received { bytes: read_to_its_end(body).await?, json: None }),
    }
}

async fn read_to_its_end(mut body: Body) -> Result<Bytes, Refusal> {
    let reading = Limited::new(&mut body, BODY_LIMIT).collect();
    match timeout(PATIENCE, reading).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let _ = timeout(PATIENCE, pass_over(body)).await;
            let message = format!("the body is larger than {BODY_LIMIT} bytes");
            Err(Refusal::new(ErrorCode::PayloadTooLarge, message))
        }
        Ok(Err(_)) => Err(Refusal::new(ErrorCode::MalformedRequest, "the body could not be read to its end")),
        Err(_) => {
            let message = format!("the body did not come within {} seconds", PATIENCE.as_secs());
            Err(Refusal::new(ErrorCode::MalformedRequest, message))
        }
    }
}

/// Listens to the rest of a body: many clients do not look for an answer while they still send.
async fn pass_over(mut body: Body) {
    let mut left = PASSED_OVER;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}

/// A body that is JSON.
pub(crate) struct Json {
    pub(crate) value: Value,
    /// The numbers that reading rounded.
    inexact: Vec<FieldError>,
}

impl Json {
    /// The value, if reading rounded nothing.
    pub(crate) fn exact(self) -> Result<Value, Refusal> {
        if self.inexact.is_empty() {
            return Ok(self.value);
        }
        Err(Refusal::fields(ErrorCode::ValidationError, self.inexact))
    }
}

impl FromRequest<Provider> for Json {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &Provider) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal::new(
                ErrorCode::UnsupportedMediaType,
                "the body must be JSON, and the Content-Type header say application/json",
            ));
        }
        let (mut parts, body) = request.into_parts();
        let Received { bytes, json } = received(&mut parts, body).await?;
        let not_json = |error: serde_json::Error| {
            Refusal::new(ErrorCode::MalformedRequest, format!("the body is not JSON: {error}"))
        };
        let mut inexact = Vec::new();
        if !has_short_numbers(&bytes) {
            let json: &RawValue = serde_json::from_slice(&bytes).map_err(not_json)?;
            find_inexact(json, &mut String::new(), DEEPEST, &mut inexact);
        }
        match json.map_or_else(|| serde_json::from_slice(&bytes), Ok) {
            Ok(value) => Ok(Self { value, inexact }),
            // A number may be too large to be read at all.
            Err(_) if !inexact.is_empty() => Err(Refusal::fields(ErrorCode::ValidationError, inexact)),
            Err(error) => Err(not_json(error)),
        }
    }
}

/// Whether all numbers of a JSON text are written with so few digits, and no exponent, that reading rounds none: so are
/// nearly all, and to see it takes one look at each byte.
fn has_short_numbers(json: &[u8]) -> bool {
    let mut bytes = json.iter();
    let mut digits = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                // To the end of the text.
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
                digits = 0;
            }
            b'0'..=b'9' => {
                digits += 1;
                if digits > f64::DIGITS {
                    return false;
                }
            }
            b'.' => {}
            b'e' | b'E' if digits > 0 => return false,
            _ => digits = 0,
        }
    }
    true
}

/// Numbers that reading would round: afterwards nobody could tell that 99.9999999999999999 was not 100.
///
/// What is nested deeper than `depth` is not looked at: reading refuses it as a whole.
fn find_inexact(json: &RawValue, path: &mut String, depth: usize, found: &mut Vec<FieldError>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let text = json.get();
    let mut within = |step: &str, inner: &RawValue| {
        let length = path.len();
        path.push_str(if length == 0 { step.trim_start_matches('.') } else { step });
        find_inexact(inner, path, depth, found);
        path.truncate(length);
    };
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
            members.iter().for_each(|(name, member)| within(&format!(".{name}"), member));
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            items.iter().enumerate().for_each(|(index, item)| within(&format!("[{index}]"), item));
        }
        Some(b'-' | b'0'..=b'9') if !is_exact(text) => found.push(FieldError {
            field: path.clone(),
            message: format!(
                "{} has more than {} significant digits, or is too large or small",
                cut(text),
                f64::DIGITS
            ),
        }),
        _ => {}
    }
}

fn is_exact(number: &str) -> bool {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').trim_end_matches('0');
    let read: f64 = number.parse().unwrap_or(f64::INFINITY);
    digits.len() <= f64::DIGITS as usize && read.is_finite() && (digits.is_empty() || read != 0.0)
}

fn cut(text: &str) -> &str {
    text.get(..60).unwrap_or(text)
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An amount would be rounded without a word, because nobody looked at it closely.
    #[test]
    fn only_numbers_that_cannot_be_rounded_are_passed_over() {
        for short in [
            "{}",
            "[1, -2.5, 0.000123456789, 123456789012345, true, null]",
            r#"{"1234567890123456": "12345678901234567890e5", "a\"1234567890123456": 1}"#,
        ] {
            assert!(has_short_numbers(short.as_bytes()), "{short}");
        }
        for long in [
            "[1234567890123456]",
            "{\"a\": 0.1234567890123456}",
            "[1e5]",
            "[1.5E-400]",
            "[99.9999999999999999]",
        ] {
            assert!(!has_short_numbers(long.as_bytes()), "{long}");
        }
    }

    #[test]
    fn what_is_passed_over_is_exact() {
        for text in ["0", "0.00000000000000", "123456789012345", "0.12345678901234", "99999999999999.9"] {
            assert!(has_short_numbers(text.as_bytes()) && is_exact(text), "{text}");
        }
    }
}
