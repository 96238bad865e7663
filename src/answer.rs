//! What a provider answers: a body up to a limit, and what a refusal says.

use std::error::Error;

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::HeaderValue;
use serde::Deserialize;

use crate::models::{ApiError, ErrorCode, FieldError};

/// A larger body is not read to its end.
pub(crate) const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// A refusal in the envelope of `/billing`, also of a provider that has codes of its own.
#[derive(Deserialize)]
pub(crate) struct Told {
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
pub(crate) fn failure(body: &[u8]) -> Option<Told> {
    // Most bodies are no refusals, and some are large: only the header is read for that.
    let failure: Told = serde_json::from_slice(body).ok()?;
    (!failure.header.is_successful).then_some(failure)
}

/// What the provider says in either form of the API.
pub(crate) fn told(body: &[u8], status: u16) -> Option<ApiError> {
    if let Ok(error) = serde_json::from_slice(body) {
        return Some(error);
    }
    let Told { header, details } = failure(body)?;
    let code = u16::try_from(header.result_code).ok().filter(|code| (400..600).contains(code));
    let code = code.unwrap_or(status);
    let error = ErrorCode::of_status(code).unwrap_or(ErrorCode::Other);
    Some(ApiError { code, ..ApiError::for_fields(error, header.result_message, details) })
}

/// A body, up to the limit, and whether that was all.
pub(crate) async fn read(mut response: Response) -> Result<(Bytes, bool), reqwest::Error> {
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
pub(crate) fn not_json(content_type: Option<&HeaderValue>) -> Option<String> {
    let content_type = content_type?;
    let text = String::from_utf8_lossy(content_type.as_bytes());
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = essence == "application/json" || essence.ends_with("+json");
    (!json).then(|| format!("it is {essence}, not application/json"))
}

pub(crate) fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".into();
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
