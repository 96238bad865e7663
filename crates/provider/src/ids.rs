//! Where new ids come from.

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// A source of ids: random, or the same ones again for the same seed.
#[derive(Debug)]
pub(crate) struct Ids(Mutex<fastrand::Rng>);

impl Ids {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(Mutex::new(seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)))
    }

    /// A prefix and 16 hexadecimal digits.
    pub(crate) fn prefixed(&self, prefix: &str) -> String {
        let number = self.0.lock().unwrap_or_else(PoisonError::into_inner).u64(..);
        format!("{prefix}_{number:016X}")
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&self) -> Uuid {
        let number = self.0.lock().unwrap_or_else(PoisonError::into_inner).u128(..);
        uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid()
    }
}
