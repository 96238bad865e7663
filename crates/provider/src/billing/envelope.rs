//! How this family answers: an envelope, also around what goes wrong.

use axum::Json;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use billtest_models::ApiError;
use billtest_models::billing::{Envelope, Failure};
use utoipa::IntoResponses;

use crate::refusal::Refusal;

/// What a handler answers.
pub(crate) type Answer<T> = Result<Json<Envelope<T>>, Refusal>;

/// A success.
#[expect(clippy::unnecessary_wraps, reason = "it ends handlers, which may refuse")]
pub(crate) fn answer<T>(payload: T) -> Answer<T> {
    Ok(Json(Envelope::new(payload)))
}

/// Whether answers at a path have an envelope.
pub(crate) fn has_envelope(path: &str) -> bool {
    let path = path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    matches!(path.split('/').nth(1), Some("billing" | "batch" | "test"))
}

/// Gives a refusal the family's shape, whoever refused: a handler, or what comes before handlers.
pub(crate) fn in_envelope(response: Response) -> Response {
    let Some(error) = response.extensions().get::<ApiError>() else { return response };
    let failure = Json(Failure::from(error.clone()));
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.remove(CONTENT_TYPE);
    (parts.status, parts.headers, failure).into_response()
}

/// Refusals that every route has.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum Refused {
    /// The request is not of this shape
    #[response(status = 400)]
    Malformed(Failure),
    /// A value breaks a rule
    #[response(status = 422)]
    Rule(Failure),
}

/// Refusals of routes that change something.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum ChangeRefused {
    /// The request is not of this shape
    #[response(status = 400)]
    Malformed(Failure),
    /// The present state does not allow it, or the same Idempotency-Key is at work; nothing was changed
    #[response(status = 409)]
    Conflict(Failure),
    /// A value breaks a rule
    #[response(status = 422)]
    Rule(Failure),
}

/// Refusals of routes that take a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum BodyRefused {
    /// The body is larger than the limit
    #[response(status = 413)]
    TooLarge(Failure),
    /// The body is not JSON by its Content-Type
    #[response(status = 415)]
    MediaType(Failure),
}

/// Refusals of routes that read nothing but an id.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum Malformed {
    /// The request is not of this shape
    #[response(status = 400)]
    Malformed(Failure),
}

/// Nothing of this tenant has this id.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands for its documentation")]
pub(crate) enum Absent {
    /// Nothing of this tenant has this id
    #[response(status = 404)]
    NotFound(Failure),
}
