//! The wire form of every body, written out once by hand.
//!
//! A user would lose compatibility: a renamed field changes client, provider, schema and pact together, so that
//! they still agree with each other and no longer with anything else. Only a literal notices.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use billtest_contract::schema;
use billtest_models::{
    Adjustment, AdjustmentRequest, ApiError, Contract, Credit, CreditRequest, Invoice, Meter, MeterReceipt,
    MeterRequest, Payment,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The schema's example has exactly this wire form, and the wire form is read back to the same value.
#[track_caller]
fn is<T: ToSchema + Serialize + DeserializeOwned>(wire: &Value) {
    let example: T = schema::example().unwrap();
    assert_eq!(&serde_json::to_value(example).unwrap(), wire);
    let read: T = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(&serde_json::to_value(read).unwrap(), wire);
}

#[test]
fn contract() {
    is::<Contract>(&json!({
        "id": "12345",
        "status": "ACTIVE",
        "customer": {"id": "CUST001", "name": "Test Customer", "email": "test@example.com"},
        "items": [{
            "id": "ITEM001", "description": "Compute Instance",
            "quantity": 85.5, "unit_price": 100.5, "total": 100.5
        }],
        "total_amount": 100.5,
        "currency": "USD",
        "created_at": "2025-01-31T09:00:00+00:00",
        "updated_at": "2025-01-31T09:00:00+00:00"
    }));
}

#[test]
fn credit() {
    is::<CreditRequest>(&json!({
        "customer_id": "CUST001", "amount": 500.0, "currency": "USD", "reason": "Monthly adjustment",
        "type": "ADJUSTMENT"
    }));
    is::<Credit>(&json!({
        "id": "CREDIT_5D4CE8EA", "creditId": "CREDIT_5D4CE8EA", "customer_id": "CUST001", "amount": 500.0,
        "currency": "USD", "description": "", "reason": "Monthly adjustment", "type": "ADJUSTMENT",
        "status": "ACTIVE",
        "created_at": "2025-01-31T09:00:00+00:00", "expires_at": "2025-01-31T09:00:00+00:00"
    }));
}

#[test]
fn meter() {
    is::<MeterRequest>(&json!({
        "resource_id": "RES001", "meter_name": "cpu.usage", "value": 85.5, "unit": "percent",
        "timestamp": "2025-01-31T09:00:00+00:00",
        "metadata": {"instance_type": "t2.micro", "region": "us-east-1"}
    }));
    is::<MeterReceipt>(&json!({
        "id": "METER_46613D20", "status": "ACCEPTED", "resource_id": "RES001",
        "timestamp": "2025-01-31T09:00:00+00:00"
    }));
    is::<Meter>(&json!({
        "id": "METER_46613D20", "status": "ACCEPTED", "resource_id": "RES001", "meter_name": "cpu.usage",
        "value": 85.5, "unit": "percent", "timestamp": "2025-01-31T09:00:00+00:00",
        "metadata": {"instance_type": "t2.micro", "region": "us-east-1"}
    }));
}

#[test]
fn payment() {
    is::<Payment>(&json!({
        "payment_id": "PAY_ABC123", "status": "PENDING", "amount": 1500.0, "currency": "USD",
        "due_date": "2025-02-28",
        "invoice": {"id": "INV001", "url": "https://api.example.com/invoices/INV001"}
    }));
    is::<Invoice>(&json!({"id": "INV001", "amount": 1500.0, "currency": "USD"}));
}

#[test]
fn adjustment() {
    is::<AdjustmentRequest>(&json!({
        "type": "DISCOUNT", "amount": 100.0, "reason": "Promotional discount", "target_invoice": "INV001"
    }));
    is::<Adjustment>(&json!({
        "adjustment_id": "ADJ_0FF1D9E3", "status": "APPLIED", "original_amount": 1500.0,
        "adjusted_amount": 1400.0, "applied_at": "2025-01-31T09:00:00+00:00"
    }));
}

#[test]
fn error() {
    is::<ApiError>(&json!({"error": "NOT_FOUND", "message": "Contract not found", "code": 404}));
}

/// The names of every field, those included that examples leave out.
#[test]
fn fields() {
    fn of<T: ToSchema>() -> Vec<String> {
        schema::of::<T>().unwrap()["properties"].as_object().unwrap().keys().cloned().collect()
    }
    assert_eq!(of::<CreditRequest>(), ["amount", "currency", "customer_id", "description", "reason", "type"]);
    assert_eq!(of::<AdjustmentRequest>(), ["amount", "reason", "target_invoice", "type"]);
    assert_eq!(of::<MeterRequest>(), ["metadata", "meter_name", "resource_id", "timestamp", "unit", "value"]);
    assert_eq!(of::<ApiError>(), ["code", "details", "error", "field", "message"]);
}

/// Limits stand in the schema that the provider validates by and the OpenAPI document publishes.
#[test]
fn limits() {
    let request = schema::of::<CreditRequest>().unwrap();
    assert_eq!(request["properties"]["amount"]["minimum"], 0);
    assert_eq!(request["properties"]["amount"]["type"], "number");
    assert_eq!(request["properties"]["customer_id"]["pattern"], "^[A-Za-z0-9_-]+$");
    assert_eq!(request["properties"]["reason"]["maxLength"], 500);
    assert_eq!(request["required"], json!(["customer_id", "amount", "currency"]));
    let adjustment = schema::of::<AdjustmentRequest>().unwrap();
    assert_eq!(adjustment["properties"]["amount"]["exclusiveMinimum"], 0);
    let link = &schema::of::<Payment>().unwrap()["properties"]["invoice"]["properties"]["url"];
    assert_eq!(link["format"], "uri");
    assert_eq!(schema::of::<MeterRequest>().unwrap()["properties"]["value"]["minimum"], 0);
}
