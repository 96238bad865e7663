//! How many requests a second are answered: a token bucket for each peer address, and one for each tenant.
//!
//! The address is not the client's to choose: naming another tenant in each request brings nothing. The tenant's bucket
//! keeps one tenant on many machines within the limit. Of an IPv6 address the network counts, which is its first 64 bits:
//! the rest is the client's to choose.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use billtest_models::ErrorCode;
use chrono::Utc;
use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{HeaderBuilder, OpenApi};

use crate::connection::Peer;
use crate::document::refused;
use crate::refusal::Refusal;
use crate::tenant::Tenant;
use crate::{Provider, faults};

pub(crate) const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
pub(crate) const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
pub(crate) const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// After so many requests, full buckets are thrown away: they say nothing.
const SWEEP_EVERY: u32 = 1024;

type Buckets<K> = RateLimiter<K, HashMapStateStore<K>, Uptime, StateInformationMiddleware>;

/// Real time, since the limits were made.
#[derive(Debug, Clone)]
struct Uptime(Instant);

impl Clock for Uptime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The buckets.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) per_second: NonZeroU32,
    peers: Buckets<Option<IpAddr>>,
    tenants: Buckets<Tenant>,
    clock: Uptime,
    requests: AtomicU32,
}

/// What the buckets say to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    /// It may go on; so many more may follow at once.
    Go { remaining: u32 },
    /// It is one too many; after this time there is room for another one.
    Wait(Duration),
}

impl Limits {
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        let clock = Uptime(Instant::now());
        let quota = Quota::per_second(per_second);
        Self {
            per_second,
            peers: RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()),
            tenants: RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()),
            clock,
            requests: AtomicU32::new(0),
        }
    }

    /// Counts a request.
    pub(crate) fn count(&self, peer: Option<IpAddr>, tenant: Option<&Tenant>) -> Verdict {
        self.sweep();
        let peer = match self.peers.check_key(&peer.map(network)) {
            Ok(left) => left.remaining_burst_capacity(),
            Err(until) => return Verdict::Wait(until.wait_time_from(self.clock.now())),
        };
        let Some(tenant) = tenant else { return Verdict::Go { remaining: peer } };
        match self.tenants.check_key(tenant) {
            Ok(left) => Verdict::Go { remaining: peer.min(left.remaining_burst_capacity()) },
            Err(until) => Verdict::Wait(until.wait_time_from(self.clock.now())),
        }
    }

    fn sweep(&self) {
        if self.requests.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.peers.retain_recent();
            self.tenants.retain_recent();
        }
    }
}

/// What of an address is not the client's to choose.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        v4 => v4,
    }
}

/// Tells in the document that every route can be limited, in the shape of its family.
pub(crate) fn describe(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let wait = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
            .description(Some("Seconds until there is room again"))
            .build();
        let mut refused = refused(path, "Too many requests in a second");
        refused.headers.insert("Retry-After".to_owned(), wait.into());
        let PathItem { get, put, post, delete, patch, .. } = item;
        for operation in [get, put, post, delete, patch].into_iter().flatten() {
            operation.responses.responses.insert("429".to_owned(), refused.clone().into());
        }
    }
}

/// Lets requests through as long as there is room for them.
pub(crate) async fn limit(provider: &Provider, request: Request, next: Next) -> Response {
    let Some(limits) = &provider.limits else { return faults::inject(provider, request, next).await };
    let (mut parts, body) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| peer.address);
    // A name that no tenant has is refused further on; until then it counts for its address.
    let tenant = Tenant::named(&mut parts, provider).await.ok().flatten();
    let verdict = limits.count(peer, tenant.as_ref());
    let mut response = match verdict {
        Verdict::Go { .. } => faults::inject(provider, Request::from_parts(parts, body), next).await,
        Verdict::Wait(_) => {
            let message = format!("more than {} requests a second; ask again later", limits.per_second);
            Refusal::new(ErrorCode::RateLimitExceeded, message).into_response()
        }
    };
    tell(verdict, limits.per_second, response.headers_mut());
    response
}

fn tell(verdict: Verdict, per_second: NonZeroU32, headers: &mut HeaderMap) {
    let remaining = match verdict {
        Verdict::Go { remaining } => remaining,
        Verdict::Wait(time) => {
            // Whole seconds, rounded up.
            let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
            0
        }
    };
    headers.insert(LIMIT, HeaderValue::from(per_second.get()));
    headers.insert(REMAINING, HeaderValue::from(remaining));
    // Every bucket is full again after a second without requests.
    headers.insert(RESET, HeaderValue::from(Utc::now().timestamp() + 1));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_second: u32) -> Limits {
        Limits::new(NonZeroU32::new(per_second).unwrap())
    }

    fn goes(limits: &Limits, address: &str, tenant: &str) -> bool {
        let tenant = Tenant::parse(tenant).unwrap();
        matches!(limits.count(Some(address.parse().unwrap()), Some(&tenant)), Verdict::Go { .. })
    }

    /// A client that has a whole network would take another address of it for each request, and never be limited; and one
    /// that comes over both protocols would have twice the room.
    #[tokio::test(start_paused = true)]
    async fn addresses_of_one_network_share_a_bucket() {
        let limits = limits(2);
        assert!(goes(&limits, "2001:db8:0:1::1", "a"));
        assert!(goes(&limits, "2001:db8:0:1:ffff:ffff:ffff:ffff", "b"));
        assert!(!goes(&limits, "2001:db8:0:1:8000::", "c"));
        assert!(goes(&limits, "2001:db8:0:2::1", "d"), "the next network is somebody else's");
        assert!(goes(&limits, "192.0.2.1", "e") && goes(&limits, "::ffff:192.0.2.1", "f"));
        assert!(!goes(&limits, "192.0.2.1", "g"));
        assert!(goes(&limits, "192.0.2.2", "h"), "of these each address counts");
    }

    /// A tenant would have as much room as it has machines.
    #[tokio::test(start_paused = true)]
    async fn addresses_of_one_tenant_share_its_bucket() {
        let limits = limits(2);
        assert!(goes(&limits, "192.0.2.1", "t") && goes(&limits, "192.0.2.2", "t"));
        assert!(!goes(&limits, "192.0.2.3", "t"));
        assert!(goes(&limits, "192.0.2.4", "u"));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert!(goes(&limits, "192.0.2.3", "t"), "room comes back for all of them");
    }

    /// A provider that many clients find would run out of memory.
    #[tokio::test(start_paused = true)]
    async fn buckets_of_clients_that_are_gone_are_thrown_away() {
        let limits = limits(1);
        let mut most = 0;
        for number in 0..20_000_u32 {
            let address = Ipv6Addr::from(u128::from(number) << 64);
            assert!(goes(&limits, &address.to_string(), &format!("t-{number}")));
            tokio::time::advance(Duration::from_millis(1)).await;
            most = most.max(limits.peers.len()).max(limits.tenants.len());
        }
        // Those of the last two seconds, and those that came since the buckets were looked through.
        assert!(most <= 2000 + SWEEP_EVERY as usize, "{most}");
    }
}
