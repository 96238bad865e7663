//! Request bodies: JSON of the published shape, with values that keep the rules.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use billtest_models::{ErrorCode, FieldError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Provider;
use crate::refusal::Refusal;

/// A body that passed its schema and was read as `T`.
pub(crate) struct Valid<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest<Provider> for Valid<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, provider: &Provider) -> Result<Self, Refusal> {
        let value = read_json(request, provider).await?;
        if let Some((code, fields)) = provider.schemas.problems::<T>(&value) {
            return Err(Refusal::fields(code, fields));
        }
        // What a schema cannot say, such as the number of significant digits, the type says.
        serde_path_to_error::deserialize(value).map(Self).map_err(|error| {
            let field = error.path().to_string().trim_start_matches('.').to_owned();
            let detail = FieldError { field, message: error.into_inner().to_string() };
            Refusal::fields(ErrorCode::ValidationError, vec![detail])
        })
    }
}

/// The body as JSON, or why not.
pub(crate) async fn read_json(request: Request, provider: &Provider) -> Result<Value, Refusal> {
    if !is_json(request.headers()) {
        return Err(Refusal::new(
            ErrorCode::UnsupportedMediaType,
            "the body must be JSON, and the Content-Type header say application/json",
        ));
    }
    let bytes = Bytes::from_request(request, provider).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Refusal::new(
                ErrorCode::PayloadTooLarge,
                format!("the body is larger than {} bytes", crate::BODY_LIMIT),
            )
        } else {
            Refusal::new(ErrorCode::MalformedRequest, "the body could not be read to its end")
        }
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::new(ErrorCode::MalformedRequest, format!("the body is not JSON: {error}")))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}
