//! Identifiers: one type a kind, so that a payment's id cannot be passed for an invoice's.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $example:literal) => {
        $(#[$doc])*
        ///
        /// Any text can be held: what a provider accepts is its business, and is written in the schema.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some($pattern))
                    .min_length(Some(1))
                    .max_length(Some(100))
                    .examples([serde_json::json!($example)])
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

id!(/** A contract between the customer and the operator. */ ContractId, "^[A-Za-z0-9_-]+$", "12345");
id!(/** One position of a contract. */ ItemId, "^[A-Za-z0-9_-]+$", "ITEM001");
id!(/** Who is billed. */ CustomerId, "^[A-Za-z0-9_-]+$", "CUST001");
id!(/** A metered resource, such as a virtual machine. */ ResourceId, "^[A-Za-z0-9_.:-]+$", "RES001");
id!(/** A granted credit. */ CreditId, "^CREDIT_[0-9A-F]+$", "CREDIT_5D4CE8EA");
id!(/** An accepted meter reading. */ MeterId, "^METER_[0-9A-F]+$", "METER_46613D20");
id!(/** A payment. */ PaymentId, "^PAY[_-]?[0-9A-Z]+$", "PAY_ABC123");
id!(/** An invoice. */ InvoiceId, "^[A-Za-z0-9_-]+$", "INV001");
id!(/** An applied adjustment. */ AdjustmentId, "^ADJ_[0-9A-F]+$", "ADJ_0FF1D9E3");
id!(/** The statement of one tenant and month. */ StatementId, "^[A-Za-z0-9_-]+$", "STMT-2025-01-001");
id!(/** A project: what part of a tenant's bill belongs to. */ ProjectId, "^[A-Za-z0-9_-]+$", "PROJ001");
