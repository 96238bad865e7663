//! What the routes of `/api/v1` refuse, as the OpenAPI document describes it.

use billtest_models::ApiError;
use utoipa::IntoResponses;

/// Refusals of every route.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum Malformed {
    /// The request is not of this shape
    #[response(status = 400)]
    Malformed(ApiError),
}

/// Refusals of routes that read a query.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum Rule {
    /// A value breaks a rule
    #[response(status = 422)]
    Rule(ApiError),
}

/// Nothing of this tenant has this id.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum Absent {
    /// Nothing of this tenant has this id
    #[response(status = 404)]
    NotFound(ApiError),
}

/// Refusals of routes that take a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum ChangeRefused {
    /// The request is not of this shape
    #[response(status = 400)]
    Malformed(ApiError),
    /// The present state does not allow it, or the same Idempotency-Key is at work; nothing was changed
    #[response(status = 409)]
    Conflict(ApiError),
    /// The body is larger than the limit
    #[response(status = 413)]
    TooLarge(ApiError),
    /// The body is not JSON by its Content-Type
    #[response(status = 415)]
    MediaType(ApiError),
    /// A value breaks a rule
    #[response(status = 422)]
    Rule(ApiError),
}
