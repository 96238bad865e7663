//! The resources of `/api/v1`: one type for each kind, each with the calls that the API has for it.
//!
//! ```no_run
//! use billtest::{BillingClient, v1};
//!
//! # async fn read() -> Result<(), billtest::ClientError> {
//! let client = BillingClient::new("http://127.0.0.1:8080")?.for_tenant("team-a")?;
//! let contract = v1::Contracts::new(client).get(&"12345".into()).await?;
//! println!("{} {}", contract.total_amount, contract.currency);
//! # Ok(())
//! # }
//! ```

mod adjustments;
mod contracts;
mod credits;
mod jobs;
mod metering;
mod meters;
mod payments;

pub use adjustments::Adjustments;
pub use contracts::Contracts;
pub use credits::Credits;
pub use jobs::Jobs;
pub use metering::Metering;
pub use meters::Meters;
pub use payments::Payments;
