//! Answers that say no: the API's error as a response.

use axum::Json;

use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use billtest_models::{ApiError, ErrorCode, FieldError};

/// A refused request.
#[derive(Debug)]
pub(crate) struct Refusal(ApiError);

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(ApiError::new(code, message))
    }

    /// Refused for these fields, of which there is at least one.
    pub(crate) fn fields(code: ErrorCode, details: Vec<FieldError>) -> Self {
        let message = match details.as_slice() {
            [only] if only.field.is_empty() => format!("the body {}", only.message),
            [only] => format!("{}: {}", only.field, only.message),
            all => format!("{} fields are wrong", all.len()),
        };
        Self(ApiError::for_fields(code, message, details))
    }

    /// The tenant must be named, and is not.
    pub(crate) fn tenant_required() -> Self {
        let message = format!("name the tenant in the {} header", crate::TENANT_HEADER);
        Self(ApiError {
            code: StatusCode::UNAUTHORIZED.as_u16(),
            ..ApiError::new(ErrorCode::InvalidTenant, message)
        })
    }

    /// Both as one. What is about no field tells more than fields do, and stands alone.
    pub(crate) fn and(self, other: Self) -> Self {
        if self.0.details.is_empty() {
            return self;
        }
        if other.0.details.is_empty() {
            return other;
        }
        let is_malformed = [&self, &other].iter().any(|part| part.0.error == ErrorCode::MalformedRequest);
        let code = if is_malformed { ErrorCode::MalformedRequest } else { self.0.error };
        Self::fields(code, self.0.details.into_iter().chain(other.0.details).collect())
    }

    /// The same with more fields, if it is about fields.
    pub(crate) fn with_fields(self, more: Vec<FieldError>) -> Self {
        if more.is_empty() { self } else { self.and(Self::fields(ErrorCode::ValidationError, more)) }
    }

    /// The same with what else is wrong, of fields of which nothing is said yet.
    pub(crate) fn with_others(self, other: Self) -> Self {
        let is_known = |field: &str| self.0.details.iter().any(|detail| detail.field == field);
        let others = other.0.details.into_iter().filter(|detail| !is_known(&detail.field)).collect();
        self.with_fields(others)
    }

    /// What is wrong, in words.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Told to fail with this status.
    pub(crate) fn injected(status: u16) -> Self {
        let message = "a fault that was ordered at the mock provider";
        Self(ApiError { code: status, ..ApiError::new(ErrorCode::InjectedFault, message) })
    }

    /// Not in the state that this needs; nothing was changed.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// A query parameter that is not there.
    pub(crate) fn missing(field: &str) -> Self {
        let detail = FieldError { field: field.to_owned(), message: "is required".to_owned() };
        Self::fields(ErrorCode::MalformedRequest, vec![detail])
    }

    /// Fields that are not there.
    pub(crate) fn missing_all(fields: &[&str]) -> Self {
        let detail =
            |field: &&str| FieldError { field: (*field).to_owned(), message: "is required".to_owned() };
        Self::fields(ErrorCode::MalformedRequest, fields.iter().map(detail).collect())
    }

    /// Several refusals as one, each with the place that it is about: all fields are listed, and the worst decides what
    /// kind of refusal it is. None if there is none.
    pub(crate) fn all(refused: Vec<(String, Self)>) -> Option<Self> {
        let kinds = [
            ErrorCode::MalformedRequest,
            ErrorCode::ValidationError,
            ErrorCode::Conflict,
            ErrorCode::NotFound,
        ];
        let worst = kinds.into_iter().find(|kind| refused.iter().any(|(_, part)| part.0.error == *kind));
        let worst = worst.or_else(|| refused.first().map(|(_, part)| part.0.error))?;
        let mut details = Vec::new();
        for (place, Self(error)) in refused {
            if error.details.is_empty() {
                let field = place.trim_end_matches('.').to_owned();
                details.push(FieldError { field, message: error.message });
            } else {
                details.extend(error.details.into_iter().map(|detail| FieldError {
                    field: format!("{place}{}", detail.field),
                    message: detail.message,
                }));
            }
        }
        // What one part was read into twice is wrong once.
        details.dedup();
        Some(Self::fields(worst, details))
    }

    /// The same with other names of fields, for a route that has its own.
    pub(crate) fn renamed(mut self, names: &[(&str, &str)]) -> Self {
        for detail in &mut self.0.details {
            if let Some((_, name)) = names.iter().find(|(inner, _)| *inner == detail.field) {
                detail.field = (*name).to_owned();
            }
        }
        if self.0.details.is_empty() { self } else { Self::fields(self.0.error, self.0.details) }
    }

    /// Nothing has this id; named by a field if the id stood in one.
    pub(crate) fn not_found(kind: &str, id: &str, field: Option<&str>) -> Self {
        let message = format!("{kind} not found");
        match field {
            None => Self::new(ErrorCode::NotFound, message),
            Some(field) => {
                let detail =
                    FieldError { field: field.to_owned(), message: format!("`{id}` does not exist") };
                Self(ApiError::for_fields(ErrorCode::NotFound, message, vec![detail]))
            }
        }
    }

    /// A field whose value is against a rule.
    pub(crate) fn rule(field: &str, message: impl Into<String>) -> Self {
        let detail = FieldError { field: field.to_owned(), message: message.into() };
        Self::fields(ErrorCode::ValidationError, vec![detail])
    }
}

/// Two things, or all that is wrong with either.
pub(crate) fn both<A, B>(one: Result<A, Refusal>, other: Result<B, Refusal>) -> Result<(A, B), Refusal> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(refusal), Ok(_)) | (Ok(_), Err(refusal)) => Err(refusal),
        (Err(one), Err(other)) => Err(one.and(other)),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(&self.0)).into_response();
        // A family of routes that says no in its own shape makes it from this.
        response.extensions_mut().insert(self.0);
        response
    }
}

pub(crate) async fn no_such_route(method: Method, uri: Uri) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("there is no {method} {}", uri.path()))
}

pub(crate) async fn no_such_method(method: Method, uri: Uri) -> Refusal {
    Refusal::new(ErrorCode::MethodNotAllowed, format!("{} has no {method}", uri.path()))
}
