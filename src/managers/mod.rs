//! One manager for each part of the API.

mod adjustment;
mod contract;
mod credit;
mod metering;
mod payment;

pub use adjustment::AdjustmentManager;
pub use contract::ContractManager;
pub use credit::CreditManager;
pub use metering::MeteringManager;
pub use payment::PaymentManager;
