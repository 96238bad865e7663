//! Answers that are given again without being made again.
//!
//! A statement is what its tenant's records and the present make it. While nobody writes and the clock shows the same
//! second, it is the same to the byte.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use billtest_models::{Month, Timestamp};
use lru::LruCache;
use serde::Serialize;

use crate::Provider;
use crate::billing::{Account, Answer, Context};
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// How many answers are kept.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);
/// The largest that is kept, in bytes.
const LARGEST: usize = 256 * 1024;

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    tenant: Tenant,
    view: &'static str,
    month: Month,
}

#[derive(Debug)]
struct Kept {
    version: u64,
    at: Timestamp,
    body: Bytes,
}

/// The answers that were given last.
#[derive(Debug)]
pub(crate) struct Views(Mutex<LruCache<Key, Kept>>);

impl Default for Views {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Provider {
    /// A view of a tenant's month, made anew only if something may have changed.
    pub(crate) fn view<T: Serialize>(
        &self,
        tenant: &Tenant,
        view: &'static str,
        month: Month,
        make: impl FnOnce(&Account, &Context<'_>) -> Answer<T>,
    ) -> Result<Response, Refusal> {
        let context = self.context(tenant);
        let key = Key { tenant: tenant.clone(), view, month };
        let body = self.store.read(tenant, |records| {
            let (version, at) = (records.version, context.now);
            if let Some(kept) = self.store.views.lock().get(&key)
                && (kept.version, kept.at) == (version, at)
            {
                return Ok(kept.body.clone());
            }
            let answer = make(&records.account, &context)?;
            let body = serde_json::to_vec(&answer.0).map_err(|error| Refusal::conflict(error.to_string()))?;
            let body = Bytes::from(body);
            if body.len() <= LARGEST {
                self.store.views.lock().put(key, Kept { version, at, body: body.clone() });
            }
            Ok(body)
        })?;
        Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
    }
}

impl Views {
    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<Key, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
