//! Bodies of requests.

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::{Map, Value};

use super::Broker;
use super::refusal::{Fields, Refusal};

/// Longest name of anything. A path with a few of them still fits into a request line.
const NAME_LIMIT: usize = 500;
/// How many times as long as it may be a body is listened to before it is refused.
const LISTENED: usize = 4;

/// A body as it came, and whether it says that it is JSON.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) says_json: bool,
}

impl FromRequest<Broker> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, broker: &Broker) -> Result<Self, Refusal> {
        let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = media.and_then(|media| media.split(';').next()).map(str::trim).unwrap_or_default();
        let says_json = essence == "application/json" || essence.ends_with("+json");
        let bytes = read(request, broker.body_limit()).await?;
        Ok(Self { bytes, says_json })
    }
}

/// Reads a body. One that is too long is read a good deal further and thrown away: most clients listen only when they have
/// sent everything, and would be told of a broken connection instead of the reason.
async fn read(request: Request, limit: usize) -> Result<Bytes, Refusal> {
    let mut stream = request.into_body().into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Refusal::Malformed("The body ended too early."))?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        } else if length / LISTENED > limit {
            break;
        }
    }
    if length > limit { Err(Refusal::TooLarge(limit)) } else { Ok(bytes.into()) }
}

impl Body {
    /// The JSON object that it must be.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        if !self.says_json {
            return Err(Refusal::MediaType);
        }
        match json(&self.bytes)? {
            Value::Object(object) => Ok(object),
            _ => Err(Refusal::NotJson("it is not an object".to_owned())),
        }
    }

    /// The JSON object that it may be; nothing is an empty one.
    pub(super) fn object_or_nothing(&self) -> Result<Map<String, Value>, Refusal> {
        if self.bytes.iter().all(u8::is_ascii_whitespace) { Ok(Map::new()) } else { self.object() }
    }
}

pub(super) fn json(bytes: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| Refusal::NotJson(error.to_string()))
}

/// A member that may be absent or null, and is a text otherwise.
pub(super) fn optional_text(
    object: &Map<String, Value>,
    member: &str,
    fields: &mut Fields,
) -> Option<String> {
    match object.get(member) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.contains('\0') => {
            fields.add(member, "cannot contain a null character");
            None
        }
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => {
            fields.add(member, "must be a string");
            None
        }
    }
}

/// A member that must be there and be a name; an empty text where it is not, which is told.
pub(super) fn required_name(object: &Map<String, Value>, member: &str, fields: &mut Fields) -> String {
    match object.get(member) {
        None => fields.add(member, "is missing"),
        Some(Value::String(text)) => match wrong_name(text) {
            None => return text.clone(),
            Some(wrong) => fields.add(member, wrong),
        },
        Some(Value::Null) => fields.add(member, "must be filled"),
        Some(_) => fields.add(member, "must be a string"),
    }
    String::new()
}

/// Why a text is no name.
pub(super) fn wrong_name(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("must be filled")
    } else if text.chars().any(char::is_control) {
        Some("cannot contain control characters")
    } else if matches!(text, "." | "..") {
        // Clients take these out of a path before they ask for it.
        Some("cannot be . or ..")
    } else if text.len() > NAME_LIMIT {
        Some("cannot be longer than 500 bytes")
    } else {
        None
    }
}
