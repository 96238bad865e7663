//! The published schemas of request bodies, compiled for validation.

use std::any::{TypeId, type_name};
use std::collections::HashMap;

use billtest_contract::schema::{self, SchemaError};
use billtest_engine::price::PriceError;
use billtest_models::billing::{
    AdjustmentOrder, BatchRequest, BillDeclaration, CalculationRequest, CampaignCreditRequest,
    CancelCreditsRequest, ContractOrder, CounterReading, CreatePaymentRequest, GiveCreditRequest,
    GroupContracts, MakePaymentRequest, MeterBatch, MonthJobRequest, PayRequest, PaymentBatch,
    PaymentMoveRequest, PaymentStatusRequest, RefundRequest,
};
use billtest_models::{
    AdjustmentRequest, CreditRequest, DueDate, ErrorCode, FieldError, JobRequest, MeterRequest,
    PaymentUpdate, Timestamp, UsageRequest,
};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::OutOfYears;
use crate::control::ClockChange;
use crate::faults::{FaultRule, FaultRules};

/// Longest message for one field: a message quotes the value, and a value can be large.
const MESSAGE_LIMIT: usize = 200;

/// Why a provider cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A model has no schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// No region is built in.
    #[error("the region `kr` is not built in")]
    NoRegion,
    /// A price of the region is none.
    #[error("region `{region}`: {source}")]
    Price {
        /// The region.
        region: String,
        /// What is wrong with the price.
        source: PriceError,
    },
    /// The OpenAPI document cannot be written.
    #[error("the OpenAPI document cannot be written: {0}")]
    Document(String),
    /// The clock cannot stand at the time that was asked for.
    #[error(transparent)]
    Clock(#[from] OutOfYears),
    /// A model's schema is not a valid JSON schema.
    #[error("the schema of {type_name} is not valid: {reason}")]
    InvalidSchema {
        /// Rust name of the model.
        type_name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Schemas {
    validators: HashMap<TypeId, Validator>,
}

impl Schemas {
    /// Of every type that a route takes as its body.
    pub(crate) fn of_requests() -> Result<Self, SetupError> {
        Self::default()
            .with::<AdjustmentRequest>()?
            .with::<CreditRequest>()?
            .with::<JobRequest>()?
            .with::<MeterRequest>()?
            .with::<PaymentUpdate>()?
            .with::<UsageRequest>()?
            .with::<AdjustmentOrder>()?
            .with::<BatchRequest>()?
            .with::<BillDeclaration>()?
            .with::<CalculationRequest>()?
            .with::<CampaignCreditRequest>()?
            .with::<CancelCreditsRequest>()?
            .with::<ContractOrder>()?
            .with::<CounterReading>()?
            .with::<CreatePaymentRequest>()?
            .with::<GiveCreditRequest>()?
            .with::<GroupContracts>()?
            .with::<MakePaymentRequest>()?
            .with::<MeterBatch>()?
            .with::<MonthJobRequest>()?
            .with::<PayRequest>()?
            .with::<PaymentBatch>()?
            .with::<PaymentMoveRequest>()?
            .with::<PaymentStatusRequest>()?
            .with::<RefundRequest>()?
            .with::<ClockChange>()?
            .with::<FaultRule>()?
            .with::<FaultRules>()
    }

    fn with<T: ToSchema + 'static>(mut self) -> Result<Self, SetupError> {
        let schema = schema::of::<T>()?;
        let validator = jsonschema::options()
            .should_validate_formats(true)
            // As the types read them: a time without an offset is welcome. All that is wrong is found here; a type tells the
            // first.
            .with_format("date-time", |text: &str| text.parse::<Timestamp>().is_ok())
            .with_format("date", |text: &str| DueDate::try_from(text.to_owned()).is_ok())
            .build(&schema)
            .map_err(|error| SetupError::InvalidSchema {
                type_name: type_name::<T>(),
                reason: error.to_string(),
            })?;
        self.validators.insert(TypeId::of::<T>(), validator);
        Ok(self)
    }

    /// A body without the members that are wrong; none if something is missing, or wrong in a list, whose places count.
    pub(crate) fn without_problems<T: 'static>(&self, mut body: Value) -> Option<Value> {
        let validator = self.validators.get(&TypeId::of::<T>())?;
        let places: Vec<String> =
            validator.iter_errors(&body).map(|error| error.instance_path().as_str().to_owned()).collect();
        for place in places {
            let (parent, name) = place.rsplit_once('/')?;
            let name = name.replace("~1", "/").replace("~0", "~");
            // Two problems may be about one member.
            if let Some(parent) = body.pointer_mut(parent) {
                parent.as_object_mut()?.remove(&name);
            }
        }
        validator.is_valid(&body).then_some(body)
    }

    /// All that is wrong with a body: the code for the worst of it, and every field.
    pub(crate) fn problems<T: 'static>(&self, body: &Value) -> Option<(ErrorCode, Vec<FieldError>)> {
        let validator = self.validators.get(&TypeId::of::<T>())?;
        // To say only whether something is wrong is much quicker than to say what.
        if validator.is_valid(body) {
            return None;
        }
        let mut code = ErrorCode::ValidationError;
        let mut fields: Vec<FieldError> = validator
            .iter_errors(body)
            .map(|error| {
                if matches!(
                    error.kind(),
                    ValidationErrorKind::Required { .. } | ValidationErrorKind::Type { .. }
                ) {
                    code = ErrorCode::MalformedRequest;
                }
                describe(&error)
            })
            .collect();
        fields.sort_by(|a, b| a.field.cmp(&b.field));
        (!fields.is_empty()).then_some((code, fields))
    }
}

fn describe(error: &ValidationError<'_>) -> FieldError {
    let mut field = dotted(error.instance_path().as_str());
    let message = match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            field = if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
            "is required".to_owned()
        }
        _ => shortened(error.to_string()),
    };
    FieldError { field, message }
}

/// A message without the middle of a long value.
pub(crate) fn shortened(message: String) -> String {
    if message.len() <= MESSAGE_LIMIT {
        return message;
    }
    let tail: String = message.chars().rev().take(MESSAGE_LIMIT / 2).collect();
    let head: String = message.chars().take(MESSAGE_LIMIT / 2).collect();
    format!("{head} ... {}", tail.chars().rev().collect::<String>())
}

/// A JSON pointer in the notation of the API: `/items/0/id` is `items[0].id`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{step}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_in_dots_and_brackets() {
        assert_eq!(dotted(""), "");
        assert_eq!(dotted("/items/0/unit~1price"), "items[0].unit/price");
    }

    #[test]
    fn a_message_never_carries_a_whole_large_value() {
        let message = shortened("é".repeat(10_000));
        assert!(message.chars().count() < MESSAGE_LIMIT + 10);
    }
}
