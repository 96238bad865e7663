//! The rules of billing as pure functions on the models: no clock, no I/O, no state of its own.
//!
//! The heart is [`bill`](bill()): it takes everything that is known of one tenant and month and gives the whole bill, or
//! says why there is none. Whoever shows a bill calls it; nobody adds up money elsewhere.
//!
//! ```text
//! readings -> usage -> line items -> subtotal - discount + minimum charge
//!          -> adjustments (projects, then the whole) -> credits -> charge -> tax -> unpaid, late fee -> total
//! ```
//!
//! # Numbers
//!
//! Every number is a decimal of 28 digits, never a binary float. Money is a whole number of its currency's smallest unit
//! and is rounded half away from zero, only where a number becomes money: a line item, a rate of an amount (discount,
//! adjustment, tax, late fee), a fee, a pro-rated part. What leaves the range is an error, [`Overflow`].
//!
//! # Values in, values out
//!
//! Nothing here changes what it is given, except the [credit ledger](ledger::CreditLedger), which is a value itself:
//! a bill says which credits it would use, and the ledger is changed only when that is written down.

pub mod adjustment;
pub mod batch;
pub mod bill;
mod checked;
pub mod contract;
pub mod credit;
pub mod discount;
pub mod distribution;
pub mod fee;
pub mod interest;
pub mod ledger;
pub mod money_text;
mod order;
pub mod payment_state;
pub mod price;
pub mod proration;
pub mod reconciliation;
pub mod report;
pub mod retry;
pub mod tiers;
pub mod trend;
pub mod unit;
pub mod unpaid;
pub mod usage;
pub mod volume;

pub use bill::{Bill, BillError, BillInput, LineItem, bill};
pub use checked::Overflow;
pub use contract::ContractTerms;
pub use usage::{Reading, Usage};
