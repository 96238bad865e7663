//! Who may do what.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Broker;
use super::refusal::Refusal;
use super::settings::User;

/// Lets in whom the settings name, and readers only to read.
pub(super) async fn admit(State(broker): State<Broker>, request: Request, next: Next) -> Response {
    let users = &broker.settings().users;
    if users.is_empty() {
        return next.run(request).await;
    }
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match header.and_then(|header| known(users, header)) {
        None => {
            let headers = [
                (WWW_AUTHENTICATE, "Basic realm=\"Pact Broker\", charset=\"UTF-8\""),
                (CONTENT_TYPE, "text/plain"),
            ];
            (StatusCode::UNAUTHORIZED, headers, "").into_response()
        }
        Some(user) if user.read_only && !only_reads(&request) => Refusal::ReadOnly.into_response(),
        Some(_) => next.run(request).await,
    }
}

/// The selectors of pacts for verification come in a body; asking for them changes nothing.
fn only_reads(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        || (request.method() == Method::POST && asks_for_pacts(request.uri().path()))
}

fn asks_for_pacts(path: &str) -> bool {
    let provider =
        path.strip_prefix("/pacts/provider/").and_then(|rest| rest.strip_suffix("/for-verification"));
    provider.is_some_and(|provider| !provider.is_empty() && !provider.contains('/'))
}

fn known<'a>(users: &'a [User], header: &str) -> Option<&'a User> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    // All are compared, and each to its end, so that the time tells nothing about them.
    let mut found = None;
    for user in users {
        if same(&user.name, name) & same(user.password.reveal(), password) {
            found = Some(user);
        }
    }
    found
}

fn same(one: &str, other: &str) -> bool {
    let differing = one.bytes().zip(other.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    differing == 0 && one.len() == other.len()
}
