use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamType {
    /// Text. Numbers and booleans in a pact are taken as their text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
}

impl fmt::Display for ParamType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        })
    }
}

impl ParamType {
    /// The value as this type, if it can be had without loss.
    pub(super) fn take(self, value: &Value) -> Option<Value> {
        let fits = match (self, value) {
            (Self::String, Value::Number(_) | Value::Bool(_)) => {
                return Some(Value::String(value.to_string()));
            }
            (Self::String, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_)) => true,
            (Self::Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
            _ => false,
        };
        fits.then(|| value.clone())
    }
}

/// A parameter that a pact may pass to a state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Its type.
    #[serde(rename = "type")]
    pub param_type: ParamType,
    /// The value when the pact passes none.
    #[serde(default)]
    pub default: Option<Value>,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Other names by which pacts pass it.
    #[serde(default)]
    pub aliases: Vec<String>,
}
