//! `Idempotency-Key`: a change that is sent twice happens once, and is answered twice the same (IETF
//! draft-ietf-httpapi-idempotency-key-header, section 2).
//!
//! Only what succeeded is kept: what was refused changed nothing, and may be corrected under the same key.

use std::collections::{HashMap, VecDeque};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::response::Parts;
use axum::http::{HeaderName, HeaderValue, Method, request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use billtest_models::ErrorCode;
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use crate::body::received;
use crate::refusal::Refusal;
use crate::tenant::{Tenant, identify};
use crate::{Provider, TENANT_HEADER};

pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is that of an earlier request.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const LONGEST: usize = 255;
/// How many keys of a tenant are kept; the oldest go first.
const KEPT: usize = 1000;
/// How many bytes the answers to them may take together, but for the last one.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// The header, as the OpenAPI document describes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it stands for its schema; the header is read before any handler")]
pub(crate) struct IdempotencyKey {
    /// The name of this change: however often it comes with that name, it happens once.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$",
        required = false
    )]
    key: Option<String>,
}

/// What a key stands for.
#[derive(Debug)]
enum Use {
    /// The request is still at work.
    UnderWay([u8; 32]),
    /// A request, whichever it is, is still at work. Provider states say so.
    Taken,
    /// It succeeded.
    Done([u8; 32], Parts, Bytes),
}

/// The keys of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    uses: HashMap<String, Use>,
    /// Those that are done, the oldest first.
    done: VecDeque<String>,
    /// What the answers to those take.
    bytes: usize,
}

impl Keys {
    pub(crate) fn is_empty(&self) -> bool {
        self.uses.is_empty()
    }

    /// The answer to a request that came before; nothing if this is the first, which is noted.
    fn begin(&mut self, key: &str, request: [u8; 32]) -> Option<Response> {
        match self.uses.get(key) {
            None => {
                self.uses.insert(key.to_owned(), Use::UnderWay(request));
                None
            }
            Some(Use::UnderWay(first) | Use::Done(first, ..)) if *first != request => {
                let message =
                    format!("the Idempotency-Key `{key}` stands for another request; take a new one");
                Some(Refusal::new(ErrorCode::ValidationError, message).into_response())
            }
            Some(Use::UnderWay(_) | Use::Taken) => {
                let message = "a request with this Idempotency-Key is still at work; ask again in a second";
                let mut refusal = Refusal::new(ErrorCode::Conflict, message).into_response();
                refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
                Some(refusal)
            }
            Some(Use::Done(_, parts, body)) => {
                let mut parts = parts.clone();
                parts.headers.insert(REPLAYED, HeaderValue::from_static("true"));
                Some(Response::from_parts(parts, Body::from(body.clone())))
            }
        }
    }

    /// Notes a key as that of a request at work: of any that comes with it, or of another one.
    pub(crate) fn take(&mut self, key: &str, is_of_another: bool) {
        let taken = if is_of_another { Use::UnderWay([0; 32]) } else { Use::Taken };
        self.uses.insert(key.to_owned(), taken);
    }

    /// Frees a key, whatever it stands for.
    pub(crate) fn free(&mut self, key: &str) {
        self.forget(key);
        self.done.retain(|done| done != key);
    }

    fn finish(&mut self, key: &str, request: [u8; 32], (parts, body): (Parts, Bytes)) {
        self.bytes += body.len();
        self.uses.insert(key.to_owned(), Use::Done(request, parts, body));
        self.done.push_back(key.to_owned());
        while self.done.len() > KEPT || (self.bytes > KEPT_BYTES && self.done.len() > 1) {
            let Some(oldest) = self.done.pop_front() else { break };
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, key: &str) {
        if let Some(Use::Done(_, _, body)) = self.uses.remove(key) {
            self.bytes -= body.len();
        }
    }

    fn give_up(&mut self, key: &str) {
        if matches!(self.uses.get(key), Some(Use::UnderWay(_))) {
            self.uses.remove(key);
        }
    }
}

/// A request at work. Dropped before it succeeded, its key is free again, whatever ended it.
struct UnderWay<'a> {
    provider: &'a Provider,
    tenant: &'a Tenant,
    key: &'a str,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.provider.store.write(self.tenant, |records| records.keys.give_up(self.key));
    }
}

/// Lets each request with a key happen once, for the tenant that it names. One without a key happens as often as it comes.
pub(crate) async fn once(State(provider): State<Provider>, request: Request, next: Next) -> Response {
    match keyed(&provider, request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn keyed(provider: &Provider, request: Request, next: Next) -> Result<Response, Refusal> {
    // Reading twice is harmless.
    let key = if request.method() == Method::POST { key_of(&request)? } else { None };
    let request = identify(request, provider).await?;
    let Some(key) = key else { return Ok(next.run(request).await) };
    let (mut parts, body) = request.into_parts();
    // As its handler will find it: a key is that of the tenant whose records are changed.
    let tenant = Tenant::from_request_parts(&mut parts, provider).await?;
    let body = received(&mut parts, body).await?;
    let request = fingerprint(&parts, &body.bytes);
    if let Some(answer) = provider.store.write(&tenant, |records| records.keys.begin(&key, request)) {
        return Ok(answer);
    }
    let _under_way = UnderWay { provider, tenant: &tenant, key: &key };
    let response = next.run(body.noted(parts)).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| {
        Refusal::new(ErrorCode::Conflict, format!("it was done, and its answer was lost: {error}"))
    })?;
    let (kept, answer) = ((parts.clone(), body.clone()), Response::from_parts(parts, Body::from(body)));
    provider.store.write(&tenant, |records| records.keys.finish(&key, request, kept));
    Ok(answer)
}

fn key_of(request: &Request) -> Result<Option<String>, Refusal> {
    let mut keys = request.headers().get_all(KEY).iter();
    let wrong = |reason: &str| {
        Err(Refusal::new(ErrorCode::MalformedRequest, format!("the Idempotency-Key header {reason}")))
    };
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => wrong("is there twice"),
        (Some(key), None) => match key.to_str() {
            Ok(text)
                if (1..=LONGEST).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Some(text.to_owned()))
            }
            _ => wrong("must be 1 to 255 visible ASCII characters"),
        },
    }
}

/// What makes two requests the same. The tenant may be named here or there.
fn fingerprint(parts: &request::Parts, body: &Bytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(parts.method.as_str());
    hash.update([0]);
    hash.update(parts.uri.path());
    hash.update([0]);
    let query = parts.uri.query().unwrap_or_default();
    for pair in query.split('&').filter(|pair| pair.split('=').next() != Some(TENANT_HEADER)) {
        hash.update(pair);
        hash.update([b'&']);
    }
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}
