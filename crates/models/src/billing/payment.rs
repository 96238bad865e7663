//! Payments of months.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Amount, Currency, DueDate, Month, PaymentId, PaymentState, PaymentStatus, Timestamp};

/// A wish to pay a month: `POST /billing/payments/{month}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayRequest {
    /// The month's payment, under the name that the statement gives or under a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, pattern = "^[A-Za-z0-9_-]+$", example = "PG-tenant-1-202501")]
    pub payment_group_id: Option<String>,
    /// How much; everything that is open if missing. 0 only where nothing is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 999999999999999_f64)]
    pub amount: Option<Amount>,
    /// How, for the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50)]
    pub payment_method: Option<String>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// A wish to pay a month that the body names: `POST /billing/payment/make`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MakePaymentRequest {
    /// Which month.
    pub month: Month,
    /// The rest.
    #[serde(flatten)]
    pub pay: PayRequest,
}

/// A wish to pay what a name asks for: `POST /billing/payment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatePaymentRequest {
    /// The payment, by the name of its group or by its id.
    #[schema(min_length = 1, max_length = 100, example = "PG-tenant-1-202501")]
    pub payment_group_id: String,
    /// How much.
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 999999999999999_f64, example = 43670)]
    pub amount: Amount,
    /// How, for the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "CREDIT_CARD")]
    pub payment_method: Option<String>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// One payment of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchPayment {
    /// The payment, by the name of its group or by its id; or `month` says which. `paymentId` is read as well.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "paymentId")]
    #[schema(min_length = 1, max_length = 100, example = "PG-tenant-1-202501")]
    pub payment_group_id: Option<String>,
    /// Which month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    pub month: Option<Month>,
    /// How much; everything that is open if missing. 0 only where nothing is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 999999999999999_f64)]
    pub amount: Option<Amount>,
    /// How, for the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50)]
    pub payment_method: Option<String>,
}

/// What is done with a list of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "process")]
pub enum BatchAction {
    /// What is open is paid.
    #[default]
    Process,
    /// They are cancelled.
    Cancel,
    /// Failed ones are tried again.
    Retry,
    /// They are paid back.
    Refund,
}

/// A list of payments: `POST /billing/payment/batch`. All of it is done, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentBatch {
    /// Payments to be made; or `paymentIds` says which are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 100)]
    pub requests: Option<Vec<BatchPayment>>,
    /// Payments, by their ids or the names of their groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 100)]
    pub payment_ids: Option<Vec<String>>,
    /// What is done with `paymentIds`: `process`, `cancel`, `retry` or `refund`; `process` unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^(process|cancel|retry|refund)$", example = "process")]
    pub action: Option<BatchAction>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// A list of payments was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentBatchDone {
    /// The payments as they are now, in the order of the request.
    pub results: Vec<MonthPayment>,
    /// How many.
    #[schema(example = 1)]
    pub processed_count: usize,
}

/// A payment was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReceipt {
    /// The payment.
    pub payment_id: PaymentId,
    /// The name that it was asked for by.
    #[schema(example = "PG-tenant-1-202501")]
    pub payment_group_id: String,
    /// `COMPLETED` if nothing of the statement is open any more, or `PARTIALLY_PAID`.
    pub status: PaymentStatus,
    /// What was paid now.
    #[schema(value_type = f64, minimum = 0, example = 45934)]
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: Currency,
    /// When.
    pub payment_date: Timestamp,
    /// The same, under the name that the web client reads.
    pub transaction_date: Timestamp,
    /// How, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Which month.
    pub month: Month,
}

/// The payment of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthPayment {
    /// The payment; missing as long as the month is not calculated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// The name that it is asked for by.
    #[schema(example = "PG-tenant-1-202501")]
    pub payment_group_id: String,
    /// Which month.
    pub month: Month,
    /// How far it has come.
    pub status: PaymentState,
    /// The same, under the name of the statements.
    pub payment_status_code: PaymentState,
    /// Everything that is, or was, to be paid.
    #[schema(value_type = f64, minimum = 0, example = 45934)]
    pub amount: Amount,
    /// What was paid through this payment, for earlier months as well.
    #[schema(value_type = f64, minimum = 0, example = 0)]
    pub paid_amount: Amount,
    /// What was paid back.
    #[schema(value_type = f64, minimum = 0, example = 0)]
    pub refunded_amount: Amount,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Until when it is to be paid.
    pub due_date: DueDate,
    /// When it was paid last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_date: Option<Timestamp>,
    /// How it was paid, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentFound {
    /// The payment.
    pub payment: MonthPayment,
}

/// Several payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentsFound {
    /// This page of them, by month.
    pub payments: Vec<MonthPayment>,
    /// The same, under the name by which clients read a status.
    pub statements: Vec<MonthPayment>,
    /// How many there are on all pages.
    #[schema(example = 1)]
    pub total_items: usize,
}

/// A wish to move a month's payment to a state: `PUT /billing/admin/payments/{month}/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentStatusRequest {
    /// The month's payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, pattern = "^[A-Za-z0-9_-]+$", example = "PG-tenant-1-202501")]
    pub payment_group_id: Option<String>,
    /// Where to.
    #[schema(example = "REGISTERED")]
    pub payment_status_code: PaymentState,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// The same for a payment that the path names: `PUT /billing/payment/{id}/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentMoveRequest {
    /// Which month, if the name of the payment is not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    pub month: Option<Month>,
    /// Where to.
    #[schema(example = "REGISTERED")]
    pub status: PaymentState,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// A wish to pay back: `POST /billing/refund`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundRequest {
    /// Which payment.
    pub payment_id: PaymentId,
    /// How much; no more than was paid. The month's own amount is paid back first, and not owed again; what the payment
    /// settled of other months is open again.
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 999999999999999_f64, example = 1000)]
    pub amount: Amount,
    /// Why, for the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// The tenant, if neither header nor query names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

/// A payment was paid back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundReceipt {
    /// The refund.
    #[schema(example = "REFUND_0FF1D9E30FF1D9E3")]
    pub refund_id: String,
    /// The payment.
    pub payment_id: PaymentId,
    /// Always `REFUNDED`.
    #[schema(example = "REFUNDED")]
    pub status: PaymentStatus,
    /// What was paid back.
    #[schema(value_type = f64, minimum = 0, example = 1000)]
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: Currency,
    /// When.
    pub refunded_at: Timestamp,
}
