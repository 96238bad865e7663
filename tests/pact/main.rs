//! The contract between billtest's managers and the billing API: every operation, its happy case and its refusals.
//! Running these tests writes `pacts/billtest-BillingAPI.json`, byte for byte as it was.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod adjustments;
mod billing;
mod contracts;
mod credits;
mod jobs;
mod meters;
mod payments;
mod raw;
mod refusals;
mod usage;
mod whatever;

use billtest::ClientError;
use billtest::models::{ApiError, ErrorCode, FieldError};

/// The parties of this pact.
const CONSUMER: &str = "billtest";
const PROVIDER: &str = "BillingAPI";

/// A refusal as the API words it; the code is part of the contract, the words are not.
fn refusal(code: ErrorCode, message: &str, field: Option<&str>) -> ApiError {
    let details = field
        .map(|field| FieldError { field: field.to_owned(), message: message.to_owned() })
        .into_iter()
        .collect();
    ApiError::for_fields(code, message, details)
}

/// Which field a call was refused for, and with which status and code.
fn refused<T: std::fmt::Debug>(result: Result<T, ClientError>) -> (u16, ErrorCode, Option<String>) {
    let error = result.unwrap_err();
    let told = error.api_error().unwrap();
    (error.status().unwrap(), told.error, told.field.clone())
}
