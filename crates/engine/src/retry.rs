//! When a failed payment is tried again.

use std::time::Duration;

/// How often, and after how long, a payment is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often it is tried altogether.
    pub max_attempts: u32,
    /// How long after the first attempt the second one is made.
    pub initial_delay: Duration,
    /// By what each further delay is multiplied.
    pub multiplier: u32,
    /// No delay is longer.
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    /// Three attempts; 60 s, then twice as long each time, at most an hour.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            initial_delay: Duration::from_secs(60),
            multiplier: 2,
            max_delay: Duration::from_secs(3600),
        }
    }
}

/// Why a payment provider did not take a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It did not answer in time, could not be reached, or asked to come back: another attempt may succeed.
    Temporary,
    /// It refused the payment: another attempt would be refused as well.
    Refused,
}

impl Failure {
    /// What an error code of a payment provider means; an unknown code is a refusal.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        match code {
            "TIMEOUT"
            | "GATEWAY_ERROR"
            | "NETWORK_ERROR"
            | "TEMPORARY_FAILURE"
            | "RATE_LIMIT"
            | "SERVICE_UNAVAILABLE" => Self::Temporary,
            _ => Self::Refused,
        }
    }
}

impl RetryPolicy {
    /// How long to wait after so many attempts; nothing before the first.
    ///
    /// ```
    /// use billtest_engine::retry::RetryPolicy;
    ///
    /// let delays = [0, 1, 2, 3, 7, 5000].map(|attempts| RetryPolicy::default().delay(attempts).as_secs());
    /// assert_eq!(delays, [0, 60, 120, 240, 3600, 3600]);
    /// ```
    #[must_use]
    pub fn delay(&self, attempts: u32) -> Duration {
        let Some(doublings) = attempts.checked_sub(1) else { return Duration::ZERO };
        let delay =
            self.multiplier.checked_pow(doublings).and_then(|factor| self.initial_delay.checked_mul(factor));
        // A delay beyond all numbers is beyond the longest as well.
        delay.unwrap_or(self.max_delay).min(self.max_delay)
    }

    /// Whether to try again after so many attempts, of which the last one failed like this.
    #[must_use]
    pub fn tries_again(&self, attempts: u32, failure: Failure) -> bool {
        attempts < self.max_attempts && failure == Failure::Temporary
    }
}
