//! The JSON schema of a wire type, whole and without references, and the example that its parts make up.
//!
//! `utoipa` describes a type as a schema that points to other schemas by name. What reads a schema here (the
//! recorder, the mock provider's validation) wants to walk it beside a JSON value, so the pointers are replaced
//! by what they point to.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Why a type has no usable schema or example.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A reference leads nowhere.
    #[error("schema of {0} is not known: derive `ToSchema` for it")]
    UnknownReference(String),
    /// A type contains itself; its schema cannot be written out.
    #[error("schema of {0} contains itself, which is not supported")]
    Recursive(String),
    /// A required field has neither an example of its own nor parts that have.
    #[error("{path} has no example: add `#[schema(example = ...)]`")]
    NoExample {
        /// JSON path of the field.
        path: String,
    },
    /// The example that the schema gives cannot be read as the type.
    #[error("the schema's example is not a valid {type_name}: {source}")]
    InvalidExample {
        /// Rust name of the type.
        type_name: &'static str,
        /// What serde says.
        source: serde_json::Error,
    },
    /// The schema itself cannot be written as JSON.
    #[error("schema of {type_name} cannot be written as JSON: {source}")]
    NotJson {
        /// Rust name of the type.
        type_name: &'static str,
        /// What serde says.
        source: serde_json::Error,
    },
}

/// The JSON schema of `T`, with every reference replaced by what it points to.
///
/// # Errors
/// [`SchemaError::UnknownReference`], [`SchemaError::Recursive`].
pub fn of<T: ToSchema>() -> Result<Value, SchemaError> {
    let not_json = |source| SchemaError::NotJson { type_name: std::any::type_name::<T>(), source };
    let mut named = Vec::new();
    T::schemas(&mut named);
    let mut definitions = Map::new();
    for (name, schema) in named {
        definitions.insert(name, serde_json::to_value(schema).map_err(not_json)?);
    }
    let root = serde_json::to_value(T::schema()).map_err(not_json)?;
    inline(root, &definitions, &mut Vec::new())
}

fn inline(
    schema: Value,
    definitions: &Map<String, Value>,
    open: &mut Vec<String>,
) -> Result<Value, SchemaError> {
    let mut object = match schema {
        Value::Object(object) => object,
        other => return Ok(other),
    };
    if let Some(Value::String(reference)) = object.remove("$ref") {
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        if open.contains(&name) {
            return Err(SchemaError::Recursive(name));
        }
        let target = definitions.get(&name).cloned().ok_or(SchemaError::UnknownReference(name.clone()))?;
        open.push(name);
        let target = inline(target, definitions, open)?;
        open.pop();
        let mut merged = target;
        merge(&mut merged, Value::Object(inline_members(object, definitions, open)?));
        return Ok(merged);
    }
    if let Some(Value::Array(parts)) = object.remove("allOf") {
        let mut merged = Value::Object(Map::new());
        for part in parts {
            merge(&mut merged, inline(part, definitions, open)?);
        }
        merge(&mut merged, Value::Object(inline_members(object, definitions, open)?));
        return Ok(distribute(merged));
    }
    inline_members(object, definitions, open).map(Value::Object)
}

/// What all variants of a type have in common, written into each: whoever walks a variant sees all of it.
fn distribute(mut schema: Value) -> Value {
    let common = schema.as_object_mut();
    let Some(Value::Array(variants)) = common.and_then(|common| common.remove("oneOf")) else {
        return schema;
    };
    let whole = variants.into_iter().map(|variant| {
        let mut whole = schema.clone();
        merge(&mut whole, variant);
        whole
    });
    json!({"oneOf": whole.collect::<Vec<_>>()})
}

fn inline_members(
    mut object: Map<String, Value>,
    definitions: &Map<String, Value>,
    open: &mut Vec<String>,
) -> Result<Map<String, Value>, SchemaError> {
    for (key, value) in &mut object {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for property in properties.values_mut() {
                    *property = inline(property.take(), definitions, open)?;
                }
            }
            ("oneOf" | "anyOf", Value::Array(variants)) => {
                for variant in variants {
                    *variant = inline(variant.take(), definitions, open)?;
                }
            }
            ("items" | "additionalProperties", schema @ Value::Object(_)) => {
                *schema = inline(schema.take(), definitions, open)?;
            }
            _ => {}
        }
    }
    Ok(object)
}

/// Lays `over` on `base`: properties side by side, lists of required names joined, all else replaced.
fn merge(base: &mut Value, over: Value) {
    let (Value::Object(base), Value::Object(over)) = (base, over) else { return };
    for (key, value) in over {
        match (key.as_str(), base.get_mut(&key), value) {
            ("properties", Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
            ("required", Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            (_, _, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// The example of `T`: what the examples of its schema make up, read as the type.
///
/// An optional field appears only if it has an example of its own.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use utoipa::ToSchema;
/// #[derive(Debug, Serialize, Deserialize, ToSchema)]
/// struct Plan {
///     #[schema(example = "basic")]
///     name: String,
///     note: Option<String>,
/// }
/// let plan: Plan = billtest_contract::schema::example()?;
/// assert_eq!(plan.name, "basic");
/// assert_eq!(plan.note, None);
/// # Ok::<(), billtest_contract::schema::SchemaError>(())
/// ```
///
/// # Errors
/// [`SchemaError::NoExample`] names the field that lacks one, [`SchemaError::InvalidExample`] says why the
/// examples do not make up a `T`.
pub fn example<T: ToSchema + DeserializeOwned>() -> Result<T, SchemaError> {
    let value = example_of(&of::<T>()?, "$")?;
    serde_json::from_value(value)
        .map_err(|source| SchemaError::InvalidExample { type_name: std::any::type_name::<T>(), source })
}

fn own_example(schema: &Value) -> Option<Value> {
    ["const", "example"]
        .iter()
        .find_map(|key| schema.get(key))
        .or_else(|| schema.get("examples").and_then(|examples| examples.get(0)))
        .or_else(|| schema.get("default"))
        .cloned()
}

fn example_of(schema: &Value, path: &str) -> Result<Value, SchemaError> {
    if let Some(own) = own_example(schema) {
        return Ok(own);
    }
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return Ok(first.clone());
    }
    if let Some(Value::Array(variants)) = schema.get("oneOf").or_else(|| schema.get("anyOf")) {
        let variant = variants.iter().find(|variant| variant.get("type") != Some(&Value::from("null")));
        return variant
            .map_or_else(|| Err(SchemaError::NoExample { path: path.to_owned() }), |v| example_of(v, path));
    }
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let required = |name: &str| {
            schema
                .get("required")
                .and_then(Value::as_array)
                .is_some_and(|names| names.iter().any(|required| required == name))
        };
        let mut object = Map::new();
        for (name, property) in properties {
            let path = format!("{path}.{name}");
            match example_of(property, &path) {
                Ok(value) if required(name) || own_example(property).is_some() => {
                    object.insert(name.clone(), value);
                }
                Err(error) if required(name) => return Err(error),
                _ => {}
            }
        }
        return Ok(Value::Object(object));
    }
    if let Some(items) = schema.get("items") {
        return Ok(Value::Array(vec![example_of(items, &format!("{path}[0]"))?]));
    }
    if schema.get("type") == Some(&Value::from("object")) {
        // Of an object that may hold anything, nothing is an example.
        return Ok(Value::Object(Map::new()));
    }
    Err(SchemaError::NoExample { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
    struct Inner {
        #[schema(example = 3, minimum = 1)]
        count: u32,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
    struct Outer {
        inner: Inner,
        list: Vec<Inner>,
        maybe: Option<Inner>,
    }

    #[derive(Debug, Serialize, Deserialize, ToSchema)]
    struct Bare {
        #[serde(rename = "wireName")]
        field: String,
    }

    #[derive(Debug, Serialize, Deserialize, ToSchema)]
    #[schema(no_recursion)]
    struct Tree {
        branches: Vec<Tree>,
    }

    #[test]
    fn references_are_replaced_by_what_they_point_to() {
        let schema = of::<Outer>().unwrap();
        assert_eq!(schema["properties"]["inner"]["properties"]["count"]["minimum"], 1);
        assert_eq!(schema["properties"]["list"]["items"]["properties"]["count"]["minimum"], 1);
        assert!(!schema.to_string().contains("$ref"));
    }

    #[test]
    fn an_example_is_made_of_the_examples_of_its_parts() {
        let example: Outer = example().unwrap();
        assert_eq!(example, Outer { inner: Inner { count: 3 }, list: vec![Inner { count: 3 }], maybe: None });
    }

    #[test]
    fn a_field_without_an_example_is_named_as_it_is_on_the_wire() {
        let error = example::<Bare>().unwrap_err();
        assert!(error.to_string().contains("$.wireName"), "{error}");
    }

    #[test]
    fn a_type_that_contains_itself_is_refused_and_not_followed_for_ever() {
        assert!(matches!(of::<Tree>(), Err(SchemaError::Recursive(_) | SchemaError::UnknownReference(_))));
    }
}
