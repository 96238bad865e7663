//! Requests that are not done, and how that is told.
//!
//! A refusal travels in the response's extensions and is put into words last, when it is known what the client reads:
//! the protocol's own JSON, or `application/problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::db::Error;
use super::fault::DatabaseFault;
use super::media::{HAL, JSON, PROBLEM};

const UNKNOWN: &str = "The requested document was not found on this server.";

/// What is wrong with which field, in the order in which it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, Vec<String>)>);

impl Fields {
    pub(super) fn add(&mut self, field: &str, message: impl Into<String>) {
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, messages)) => messages.push(message.into()),
            None => self.0.push((field.to_owned(), vec![message.into()])),
        }
    }

    /// Refuses if anything is wrong.
    pub(super) fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Fields(self)) }
    }

    pub(super) fn one(field: &str, message: impl Into<String>) -> Refusal {
        let mut fields = Self::default();
        fields.add(field, message);
        Refusal::Fields(fields)
    }

    fn as_object(&self) -> Value {
        let fields = self.0.iter().map(|(name, messages)| (name.clone(), json!(messages)));
        Value::Object(fields.collect::<Map<_, _>>())
    }

    fn as_problems(&self, base: &str) -> Value {
        let problem = |field: &str, message: &str| {
            let kind =
                if message == "is missing" { "missing-body-property" } else { "invalid-body-property-value" };
            json!({
                "type": format!("{base}/problems/{kind}"), "title": "Invalid body parameter", "detail": message,
                "pointer": format!("/{}", field.replace('.', "/"))
            })
        };
        self.0
            .iter()
            .flat_map(|(field, all)| all.iter().map(move |message| problem(field, message)))
            .collect()
    }
}

/// Why a request is not done.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// Nothing is at this address.
    NotFound,
    /// No such pacticipant or provider.
    Unnamed { role: &'static str, name: String },
    /// Values break a rule.
    Fields(Fields),
    /// A question to the matrix that cannot be answered.
    Listed(Vec<String>),
    /// The body is not JSON.
    NotJson(String),
    /// A path, query or header cannot be read.
    Malformed(&'static str),
    /// Something that is there must not change.
    Conflict(String),
    /// The same, when publishing: with a body of its own.
    Unpublished(Box<Value>),
    /// A change that the state of a resource forbids.
    Forbidden(Fields),
    /// Only others may do this.
    ReadOnly,
    /// No content that the client reads.
    NotAcceptable,
    /// Content of a type that is not read here.
    MediaType,
    /// A body that is too long.
    TooLarge(usize),
    /// The database failed; the reference is in the log.
    Failed { status: StatusCode, told: &'static str, reference: String },
}

impl From<DatabaseFault> for Refusal {
    fn from(fault: DatabaseFault) -> Self {
        let (status, told) = fault.told();
        let reference = uuid::Uuid::new_v4().simple().to_string()[..10].to_owned();
        tracing::error!(reference, error = %fault, "a request failed");
        Self::Failed { status, told, reference }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        DatabaseFault::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Unnamed { .. } => StatusCode::NOT_FOUND,
            Self::Fields(_) | Self::Listed(_) | Self::NotJson(_) | Self::Malformed(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Conflict(_) | Self::Unpublished(_) => StatusCode::CONFLICT,
            Self::Forbidden(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::ReadOnly => StatusCode::FORBIDDEN,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Failed { status, .. } => *status,
        }
    }

    /// The response in words, for a client that may read problems.
    pub(super) fn told(&self, base: &str, problems: bool) -> Response {
        let status = self.status();
        let (media, body) = match self {
            Self::NotAcceptable | Self::MediaType => return status.into_response(),
            Self::Unpublished(body) => (JSON, (**body).clone()),
            _ if problems => (PROBLEM, self.as_problem(base)),
            Self::NotFound => (JSON, json!({"error": UNKNOWN})),
            Self::Fields(fields) | Self::Forbidden(fields) => (HAL, json!({"errors": fields.as_object()})),
            Self::Listed(messages) => (HAL, json!({"errors": messages})),
            Self::Failed { told, reference, .. } => {
                let message = format!("{told} The log has more under the reference {reference}.");
                (HAL, json!({"error": {"message": message, "reference": reference}}))
            }
            _ => (HAL, json!({"error": self.sentence()})),
        };
        let media = HeaderValue::from_static(media);
        (status, [(header::CONTENT_TYPE, media)], body.to_string()).into_response()
    }

    fn sentence(&self) -> String {
        match self {
            Self::Unnamed { role, name } => format!("No {role} with name '{name}' found"),
            Self::NotJson(why) => format!("The body is not JSON: {why}"),
            Self::Malformed(what) => (*what).to_owned(),
            Self::Conflict(text) => text.clone(),
            Self::ReadOnly => "This user may read, and change nothing.".to_owned(),
            Self::TooLarge(limit) => format!("The body is longer than {limit} bytes."),
            Self::Failed { told, .. } => (*told).to_owned(),
            _ => UNKNOWN.to_owned(),
        }
    }

    fn as_problem(&self, base: &str) -> Value {
        let status = self.status().as_u16();
        let problem = |title: &str, kind: &str| json!({"title": title, "type": kind, "detail": self.sentence(), "status": status});
        match self {
            Self::Fields(fields) | Self::Forbidden(fields) => json!({
                "title": "Validation errors", "type": format!("{base}/problems/validation-error"), "status": status,
                "instance": "/", "errors": fields.as_problems(base)
            }),
            Self::Listed(messages) => json!({
                "title": "Validation errors", "type": format!("{base}/problems/validation-error"), "status": status,
                "instance": "/", "errors": messages.iter().map(|message| json!({
                    "type": format!("{base}/problems/invalid-query-parameter"), "title": "Invalid query parameter",
                    "detail": message
                })).collect::<Vec<_>>()
            }),
            Self::NotFound | Self::Unnamed { .. } => problem("404 Not Found", "/problem/not-found"),
            Self::NotJson(_) => problem("Invalid JSON", &format!("{base}/problems/invalid-json")),
            Self::Conflict(_) => problem("Conflict", &format!("{base}/problems/conflict")),
            _ => problem("Server error", "/problems/server-error"),
        }
    }
}
