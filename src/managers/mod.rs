//! One manager for each part of a tenant's billing: `/billing`.

mod adjustment;
mod batch;
mod calculation;
mod contract;
mod credit;
mod metering;
mod payment;
mod refund;
mod statement;

pub use adjustment::{AdjustmentManager, Target};
pub use batch::BatchManager;
pub use calculation::CalculationManager;
pub use contract::ContractManager;
pub use credit::{CampaignCredit, CreditManager};
pub use metering::MeteringManager;
pub use payment::PaymentManager;
pub use refund::RefundManager;
pub use statement::StatementManager;
