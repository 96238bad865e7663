//! The shapes of the `/billing` family: what existing BillingTest clients speak.
//!
//! Every answer is an [`Envelope`]: a header that says whether it went well, and the payload's fields beside it. Names
//! are in camel case; amounts are in the currency of the tenant's region.

mod adjustment;
mod calculation;
mod contract;
mod credit;
mod declaration;
mod envelope;
mod job;
mod metering;
mod payment;
mod statement;

pub use adjustment::{
    AdjustmentOrder, AdjustmentOrdered, AdjustmentTarget, AdjustmentsFound, LocalisedText, OrderedAdjustment,
};
pub use calculation::{CalculationJob, CalculationProgress, CalculationRequest, JobStarted, JobState};
pub use contract::{
    AgreedPrice, AgreedTier, BillingContract, ContractApplied, ContractFound, ContractOrder, ContractPrice,
    ContractsFound, CounterPrice, GroupContracts, GroupContractsApplied, YesNo,
};
pub use credit::{
    CampaignCreditRequest, CancelCreditsRequest, CouponRedeemed, CreditBalance, CreditGranted, CreditHistory,
    CreditOverview, CreditRemaining, CreditStats, CreditTransaction, CreditTypeBalance, CreditsCancelled,
    GiveCreditRequest, RestCredit,
};
pub use declaration::{
    AdjustmentMethod, BillDeclaration, CalculatedBill, DeclaredAdjustment, DeclaredCredit,
};
pub use envelope::{Done, Envelope, EnvelopeHeader, Failure};
pub use job::{
    BatchJob, BatchJobFound, BatchJobStatus, BatchJobsFound, BatchRequest, BatchStarted, MonthJob,
    MonthJobRequest, MonthJobStarted,
};
pub use metering::{
    CounterReading, CounterVolume, MeterBatch, MeterSubmission, Metered, MeteredBatch, StoredReading,
    StoredReadingFound,
};
pub use payment::{
    BatchAction, BatchPayment, CreatePaymentRequest, MakePaymentRequest, MonthPayment, PayRequest,
    PaymentBatch, PaymentBatchDone, PaymentFound, PaymentMoveRequest, PaymentReceipt, PaymentStatusRequest,
    PaymentsFound, RefundReceipt, RefundRequest,
};
pub use statement::{
    BillDetail, BillingInfo, ConsoleStatement, ConsoleStatements, MonthlyStatement, PaymentStatements,
    ProductAmount, ProductUsage, StatementAdjustment, StatementAdjustmentLevel, StatementAdjustmentType,
    StatementCredit, StatementLine, UnpaidStatement, UnpaidStatements,
};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many records were deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deleted {
    /// How many.
    #[schema(example = 2)]
    pub deleted_count: usize,
    /// The same, for people.
    #[schema(example = "Deleted 2 records")]
    pub message: String,
}

impl Deleted {
    /// So many records.
    #[must_use]
    pub fn of(count: usize) -> Self {
        Self { deleted_count: count, message: format!("Deleted {count} records") }
    }
}
