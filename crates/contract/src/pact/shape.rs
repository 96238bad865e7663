//! The shape of an interaction: everything that the Pact crates would let pass in silence, guess or drop.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Where in an interaction something is wrong, and what.
type Wrong = (String, String);

fn wrong<T>(at: impl Into<String>, reason: impl Into<String>) -> Result<T, Wrong> {
    Err((at.into(), reason.into()))
}

/// Checks one interaction of a list of `interactions` or `messages`; `version` is the first number of the
/// specification version.
pub(super) fn check(interaction: &Value, version: u8, list: &str) -> Result<(), Wrong> {
    if !interaction.is_object() {
        return wrong("", "is not an object");
    }
    if !interaction.get("description").is_some_and(Value::is_string) {
        return wrong(".description", "is missing or not text");
    }
    check_states(interaction)?;
    if version >= 4 {
        match interaction.get("type").and_then(Value::as_str) {
            Some("Synchronous/HTTP") => {}
            Some("Asynchronous/Messages" | "Synchronous/Messages") => return Ok(()),
            Some(other) => {
                let known = "known are Synchronous/HTTP, Asynchronous/Messages and Synchronous/Messages";
                return wrong(".type", format!("is `{other}`; {known}"));
            }
            None => return wrong(".type", "is missing, which Pact V4 asks for"),
        }
    } else if list == "messages" {
        return Ok(());
    }
    let (Some(request), Some(response)) = (interaction.get("request"), interaction.get("response")) else {
        return wrong("", "has no `request` or no `response`");
    };
    for (part, at) in [(request, ".request"), (response, ".response")] {
        if !part.is_object() {
            return wrong(at, "is not an object");
        }
        for member in ["headers", "matchingRules", "generators"] {
            if !matches!(part.get(member), None | Some(Value::Object(_) | Value::Null)) {
                return wrong(format!("{at}.{member}"), "is not an object");
            }
        }
        if version >= 4 {
            check_v4_body(part.get("body"), &format!("{at}.body"))?;
        }
    }
    check_request(request, version)?;
    match response.get("status") {
        None => Ok(()),
        // Text is refused too: the Pact crates do not survive it.
        Some(status) => match status.as_u64() {
            Some(100..=599) => Ok(()),
            _ => wrong(".response.status", format!("is {status}, which is no HTTP status")),
        },
    }
}

fn check_request(request: &Value, version: u8) -> Result<(), Wrong> {
    match request.get("method") {
        None => {}
        // A token of RFC 9110, section 5.6.2.
        Some(Value::String(method))
            if !method.is_empty()
                && method
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) => {}
        Some(other) => return wrong(".request.method", format!("is {other}, which is no HTTP method")),
    }
    if !matches!(request.get("path"), None | Some(Value::String(_))) {
        return wrong(".request.path", "is not text");
    }
    let at = ".request.query";
    match request.get("query") {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(Value::Object(query)) if version >= 3 => query.iter().try_for_each(|(name, values)| {
            let fits = |value: &Value| value.is_string() || value.is_null();
            let listed = values.as_array().is_some_and(|values| values.iter().all(fits));
            if values.is_string() || listed {
                Ok(())
            } else {
                wrong(
                    format!("{at}.{name}"),
                    format!("is {values}, which is neither text nor a list of texts"),
                )
            }
        }),
        Some(other) if version >= 3 => wrong(at, format!("is {other}, which is no query")),
        Some(_) => wrong(at, format!("is not text, as Pact V{version} has it")),
    }
}

/// A body of V4 says its content; one that does not would mean that any body will do.
fn check_v4_body(body: Option<&Value>, at: &str) -> Result<(), Wrong> {
    let body = match body {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(body)) if body.is_empty() => return Ok(()),
        Some(Value::Object(body)) => body,
        Some(_) => return wrong(at, "is not an object, as Pact V4 has it"),
    };
    let Some(content) = body.get("content") else {
        return wrong(at, "has no `content`");
    };
    let encoded = match body.get("encoded") {
        None | Some(Value::Bool(false) | Value::Null) => false,
        Some(Value::Bool(true)) => true,
        Some(Value::String(how)) if how.eq_ignore_ascii_case("base64") => true,
        Some(Value::String(how)) if how.eq_ignore_ascii_case("json") => false,
        Some(other) => return wrong(format!("{at}.encoded"), format!("is {other}, which is no encoding")),
    };
    let decodes = |text: &str| STANDARD.decode(text).is_ok();
    if encoded && !content.as_str().is_some_and(decodes) {
        return wrong(format!("{at}.content"), "is said to be base64, and is not");
    }
    Ok(())
}

/// Both ways of naming states: a text in V1 and V2, a list of objects since V3.
fn check_states(interaction: &Value) -> Result<(), Wrong> {
    let old =
        ["providerState", "provider_state"].into_iter().find_map(|key| Some((key, interaction.get(key)?)));
    if let Some((key, state)) = old
        && !matches!(state, Value::Null | Value::String(_))
    {
        return wrong(format!(".{key}"), "is not text");
    }
    let states = match interaction.get("providerStates") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(states)) => states,
        Some(_) => return wrong(".providerStates", "is not a list"),
    };
    for (index, state) in states.iter().enumerate() {
        let at = format!(".providerStates[{index}]");
        if !state.is_object() {
            return wrong(at, "is not an object with a `name`");
        }
        if !state.get("name").is_some_and(Value::is_string) {
            return wrong(format!("{at}.name"), "is missing or not text");
        }
        if !matches!(state.get("params"), None | Some(Value::Null | Value::Object(_))) {
            return wrong(format!("{at}.params"), "is not an object");
        }
    }
    let named = old.and_then(|(_, state)| state.as_str()).filter(|name| !name.is_empty());
    match named {
        Some(name) if !states.iter().any(|state| state["name"] == name) => {
            wrong(".providerStates", format!("does not have the state \"{name}\" that is named beside it"))
        }
        _ => Ok(()),
    }
}
