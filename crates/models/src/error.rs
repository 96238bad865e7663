//! How `/api/v1` says no.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of refusal, for programs. Each but the last two belongs to one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(example = "NOT_FOUND")]
pub enum ErrorCode {
    /// 400: not JSON, or JSON of another shape.
    MalformedRequest,
    /// 400: the tenant's name has characters or a length that no tenant has.
    InvalidTenant,
    /// 404: no such route, or no such thing.
    NotFound,
    /// 405: the route exists, the method on it does not.
    MethodNotAllowed,
    /// 409: not in the state that this needs.
    Conflict,
    /// 413: the body is larger than the limit.
    PayloadTooLarge,
    /// 415: the body is not `application/json`.
    UnsupportedMediaType,
    /// 422: understood, and against a rule.
    ValidationError,
    /// 429: too many requests in a short time; `Retry-After` says when there is room again.
    RateLimitExceeded,
    /// Any status: nothing is wrong with the request, the mock provider was told to fail.
    InjectedFault,
    /// Any status: a kind that has no name here.
    #[serde(other)]
    Other,
}

impl ErrorCode {
    /// The HTTP status that carries this code, unless it was told another one.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::MalformedRequest | Self::InvalidTenant => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::ValidationError => 422,
            Self::RateLimitExceeded => 429,
            Self::InjectedFault | Self::Other => 500,
        }
    }

    /// What kind of refusal a status is, if it is one of these. A tenant that must be named and is not is 401.
    #[must_use]
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            400 => Some(Self::MalformedRequest),
            401 => Some(Self::InvalidTenant),
            404 => Some(Self::NotFound),
            405 => Some(Self::MethodNotAllowed),
            409 => Some(Self::Conflict),
            413 => Some(Self::PayloadTooLarge),
            415 => Some(Self::UnsupportedMediaType),
            422 => Some(Self::ValidationError),
            429 => Some(Self::RateLimitExceeded),
            _ => None,
        }
    }
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where, in dots and brackets: `items[0].quantity`; empty for the body as a whole.
    #[schema(example = "amount")]
    pub field: String,
    /// What is wrong there.
    #[schema(example = "-100.0 is less than the minimum of 0")]
    pub message: String,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiError {
    /// What kind of refusal.
    pub error: ErrorCode,
    /// What is wrong, for people.
    #[schema(example = "Contract not found")]
    pub message: String,
    /// The HTTP status, repeated.
    #[schema(example = 404)]
    pub code: u16,
    /// The first field that is wrong, if it is a field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Everything that is wrong, field by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub details: Vec<FieldError>,
}

impl ApiError {
    /// A refusal without fields.
    #[must_use]
    pub fn new(error: ErrorCode, message: impl Into<String>) -> Self {
        Self { error, message: message.into(), code: error.status(), field: None, details: Vec::new() }
    }

    /// A refusal for the fields that are wrong: the first is named, all are listed.
    #[must_use]
    pub fn for_fields(error: ErrorCode, message: impl Into<String>, details: Vec<FieldError>) -> Self {
        let field = details.first().map(|first| first.field.clone()).filter(|field| !field.is_empty());
        Self { field, details, ..Self::new(error, message) }
    }
}
