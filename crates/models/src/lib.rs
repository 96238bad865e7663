//! The request and response shapes of the billing API, defined once.
//!
//! Every type here carries, through its derives and attributes, four things that other parts read and none of
//! them writes again:
//!
//! - the **wire form** (serde),
//! - the **schema** with its limits ([`utoipa::ToSchema`]), from which the recorder derives matching rules, the
//!   provider its request validation and the OpenAPI document its components,
//! - the **example** (schema examples, put together by `billtest_contract::schema::example`),
//! - the **words**: field names and enum values exist nowhere else.
//!
//! The crate is pure data: it performs no I/O and knows no framework.
//!
//! # Money
//!
//! Amounts are exact decimals in memory ([`Amount`], and [`Money`] where the currency is known) and JSON numbers
//! on the wire. A number with more than 15 significant digits cannot cross that border unchanged, because JSON
//! readers hold it in an IEEE 754 double; it is refused, never rounded.

mod adjustment;
mod amount;
mod batch;
pub mod billing;
mod contract;
mod credit;
mod error;
mod id;
mod meter;
mod metering;
mod money;
mod month;
mod payment;
mod price;
mod region;
mod statement;
mod timestamp;

pub use adjustment::{Adjustment, AdjustmentCode, AdjustmentRequest, AdjustmentStatus, AdjustmentType};
pub use amount::{Amount, AmountError, Percent, Quantity};
pub use batch::{Job, JobRequest, JobResult, JobStatus, Jobs};
pub use contract::{Contract, ContractItem, ContractStatus, Customer};
pub use credit::{Credit, CreditRequest, CreditStatus, CreditType};
pub use error::{ApiError, ErrorCode, FieldError};
pub use id::{
    AdjustmentId, ContractId, CreditId, CustomerId, InvoiceId, ItemId, MeterId, PaymentId, ProjectId,
    ResourceId, StatementId,
};
pub use meter::{CounterType, Meter, MeterReceipt, MeterRequest, MeterStatus};
pub use metering::{Period, Usage, UsageItem, UsageReceipt, UsageRequest};
pub use money::{Currency, Money, MoneyError};
pub use month::{Month, MonthError};
pub use payment::{
    Invoice, InvoiceLink, Payment, PaymentState, PaymentStatus, PaymentUpdate, UpdatedPayment,
};
pub use price::{Price, PriceTable, Pricing, Tier, TierBounds};
pub use region::Region;
pub use statement::{MonthStatement, StatementItem, Statements};
pub use timestamp::{DueDate, Timestamp, TimestampError};
