//! One manager for each part of a tenant's billing: `/billing`.

mod adjustment;
mod batch;
mod calculation;
#[cfg(feature = "cli")]
mod configuration;
mod contract;
mod credit;
mod metering;
mod payment;
mod refund;
mod statement;

pub use adjustment::{AdjustmentManager, Target};
pub use batch::BatchManager;
pub use calculation::CalculationManager;
#[cfg(feature = "cli")]
pub use configuration::{ConfigurationManager, SetupError};
pub use contract::ContractManager;
pub use credit::{CampaignCredit, CreditManager};
pub use metering::MeteringManager;
pub use payment::{PaymentManager, PaymentSummary};
pub use refund::RefundManager;
pub use statement::StatementManager;
