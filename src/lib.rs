//! Consumer-driven contract testing for billing APIs: the client side.
//!
//! A [`BillingClient`] knows where the provider is; a manager for each part of a tenant's billing offers its operations
//! as typed calls:
//!
//! ```no_run
//! use billtest::models::Amount;
//! use billtest::{BillingClient, PaymentManager};
//!
//! # async fn pay() -> Result<(), Box<dyn std::error::Error>> {
//! let client = BillingClient::new("http://127.0.0.1:8080")?;
//! let payments = PaymentManager::new(client, "2025-01".parse()?, "team-a")?;
//! println!("{}", payments.status().await?.status);
//! payments.pay(Amount::from(100_000)).await?;
//! payments.verify().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The resources of `/api/v1` are in [`v1`].
//!
//! With the feature `pact`, [`pact!`] runs such calls against a pact mock server and records them.

mod answer;
mod client;
#[cfg(feature = "pact")]
mod envelope;
mod error;
mod managers;
mod options;
mod pages;
mod retry;
pub mod v1;

#[cfg(feature = "cli")]
pub use billtest_cli::{Configuration, ConfigurationError};
pub use billtest_models as models;
pub use client::BillingClient;
pub use error::ClientError;
pub use managers::{
    AdjustmentManager, BatchManager, CalculationManager, CampaignCredit, ContractManager, CreditManager,
    MeteringManager, PaymentManager, PaymentSummary, RefundManager, StatementManager, Target,
};
#[cfg(feature = "cli")]
pub use managers::{ConfigurationManager, SetupError};
pub use options::ClientOptions;
pub use retry::{IdempotencyKey, RetryPolicy};

#[cfg(feature = "pact")]
pub use billtest_recorder as recorder;
#[cfg(feature = "pact")]
pub use billtest_recorder::pact;
#[cfg(feature = "pact")]
pub use envelope::enveloped;
