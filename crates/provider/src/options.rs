//! What can be chosen of a provider.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use billtest_models::{Region, Timestamp};

use crate::edge::Origin;

/// How a provider is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its tenants are billed; `kr` if none is said.
    pub region: Option<Region>,
    /// The time at which its clock stands, until a control route moves it; without it the clock is the system's.
    pub now: Option<Timestamp>,
    /// Where its ids, and the lots that its faults draw, begin; without it they are random.
    pub seed: Option<u64>,
    /// How many requests a second an address, and a tenant, may send; without it as many as they like.
    pub rate_limit: Option<NonZeroU32>,
    /// The origins whose pages may call the API.
    pub cors_origins: Vec<Origin>,
    /// How long a tenant is kept that nobody uses; an hour unless said otherwise.
    pub tenant_idle: Duration,
    /// How many tenants are kept; of more than these the one that was used longest ago is forgotten. 100,000 unless
    /// said otherwise.
    pub tenants: NonZeroUsize,
}

impl Default for Options {
    fn default() -> Self {
        const TENANTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99_999);
        Self {
            region: None,
            now: None,
            seed: None,
            rate_limit: None,
            cors_origins: Vec::new(),
            tenant_idle: Duration::from_secs(3600),
            tenants: TENANTS,
        }
    }
}
