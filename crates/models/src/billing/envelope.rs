//! What stands around every answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ApiError, FieldError};

/// Whether it went well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvelopeHeader {
    /// Whether the request was carried out.
    #[schema(example = true)]
    pub is_successful: bool,
    /// 0, or the HTTP status of the refusal.
    #[schema(example = 0)]
    pub result_code: u16,
    /// `SUCCESS`, or what is wrong, for people.
    #[schema(example = "SUCCESS")]
    pub result_message: String,
}

impl EnvelopeHeader {
    /// It was carried out.
    #[must_use]
    pub fn success() -> Self {
        Self { is_successful: true, result_code: 0, result_message: "SUCCESS".to_owned() }
    }
}

/// An answer: the header, and the payload's fields beside it.
///
/// ```
/// use billtest_models::billing::{Done, Envelope};
///
/// let wire = serde_json::to_value(Envelope::new(Done {}))?;
/// assert_eq!(
///     wire,
///     serde_json::json!({"header": {"isSuccessful": true, "resultCode": 0, "resultMessage": "SUCCESS"}})
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Envelope<T> {
    /// Whether it went well.
    pub header: EnvelopeHeader,
    /// What was asked for.
    #[serde(flatten)]
    pub payload: T,
}

impl<T> Envelope<T> {
    /// A success.
    pub fn new(payload: T) -> Self {
        Self { header: EnvelopeHeader::success(), payload }
    }
}

/// A payload without fields: it was done, and there is no more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Done {}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// What is wrong, and the HTTP status once more.
    #[schema(example = json!({"isSuccessful": false, "resultCode": 404, "resultMessage": "Meter not found"}))]
    pub header: EnvelopeHeader,
    /// Everything that is wrong, field by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub details: Vec<FieldError>,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self {
            header: EnvelopeHeader {
                is_successful: false,
                result_code: error.code,
                result_message: error.message,
            },
            details: error.details,
        }
    }
}
