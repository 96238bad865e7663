//! Consumer-driven contract testing for billing APIs: the client side.
//!
//! A [`BillingClient`] knows where the provider is and for which tenant to speak; a manager for each part of the
//! API offers its operations as typed calls:
//!
//! ```no_run
//! use billtest::{BillingClient, ContractManager};
//!
//! # async fn read() -> Result<(), billtest::ClientError> {
//! let client = BillingClient::new("http://127.0.0.1:8080")?.for_tenant("team-a")?;
//! let contract = ContractManager::new(client).get(&"12345".into()).await?;
//! println!("{} {}", contract.total_amount, contract.currency);
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `pact`, [`pact!`] runs such calls against a pact mock server and records them.

mod client;
mod error;
mod managers;
mod retry;

pub use billtest_models as models;
pub use client::BillingClient;
pub use error::ClientError;
pub use managers::{AdjustmentManager, ContractManager, CreditManager, MeteringManager, PaymentManager};
pub use retry::{IdempotencyKey, RetryPolicy};

#[cfg(feature = "pact")]
pub use billtest_recorder as recorder;
#[cfg(feature = "pact")]
pub use billtest_recorder::pact;
