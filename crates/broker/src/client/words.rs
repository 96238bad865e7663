//! The broker's own words about a refusal, out of the forms in which brokers and proxies say them.

use serde_json::Value;

/// Longest text of a broker that is passed on.
const LIMIT: usize = 600;

pub(super) fn words(content_type: Option<&str>, body: &[u8]) -> String {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let mut all = Vec::new();
        if let Value::Object(object) = &json {
            for key in ["error", "errors", "detail", "message"] {
                collect(object.get(key), "", &mut all);
            }
            if all.is_empty() {
                collect(object.get("title"), "", &mut all);
            }
        }
        all.dedup();
        return if all.is_empty() { cut(&json.to_string()) } else { cut(&all.join("; ")) };
    }
    let text = String::from_utf8_lossy(body);
    let is_page =
        content_type.is_some_and(|kind| kind.contains("html")) || text.trim_start().starts_with('<');
    if is_page {
        return title(&text)
            .map_or_else(|| "a page of HTML".to_owned(), |title| cut(&format!("a page titled \"{title}\"")));
    }
    cut(&text)
}

/// Every text in `{"field": ["text"]}`, `["text"]`, `"text"`, `{"message": "text"}`, `{"detail", "pointer"}`.
fn collect(value: Option<&Value>, place: &str, all: &mut Vec<String>) {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => {
            all.push(if place.is_empty() { text.clone() } else { format!("{place}: {text}") });
        }
        Some(Value::Array(list)) => list.iter().for_each(|item| collect(Some(item), place, all)),
        Some(Value::Object(object)) => {
            if let Some(message) = object.get("message").or_else(|| object.get("detail")) {
                let place = object.get("pointer").and_then(Value::as_str).unwrap_or(place);
                collect(Some(message), place, all);
            } else {
                object.iter().for_each(|(field, item)| collect(Some(item), field, all));
            }
        }
        _ => {}
    }
}

fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(page[start..end].trim().to_owned()).filter(|title| !title.is_empty())
}

/// One line, without what would steer a terminal, not too long.
pub(super) fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String =
        line.chars().take(LIMIT).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if line.chars().count() > LIMIT {
        shown.push_str(" ...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(json: &Value) -> String {
        words(Some("application/hal+json"), json.to_string().as_bytes())
    }

    /// A user would have to ask the broker's log what is wrong.
    #[test]
    fn every_form_of_a_refusal_gives_its_text() {
        for (json, expected) in [
            (json!({"error": "No provider with name 'Nope' found"}), "No provider with name 'Nope' found"),
            (json!({"errors": {"success": ["is missing"], "": ["a", "b"]}}), "a; b; success: is missing"),
            (json!({"errors": ["Pacticipant Nope not found"]}), "Pacticipant Nope not found"),
            (
                json!({"error": {"message": "An error has occurred.", "reference": "x"}}),
                "An error has occurred.",
            ),
            (json!({"notices": [], "errors": {"contracts": ["Cannot change"]}}), "contracts: Cannot change"),
            (
                json!({"title": "Validation errors", "errors": [{"detail": "is missing", "pointer": "/name"}]}),
                "/name: is missing",
            ),
            (json!({"title": "404 Not Found"}), "404 Not Found"),
        ] {
            assert_eq!(of(&json), expected);
        }
        assert_eq!(words(Some("text/html"), b"<html><title>Sign in</title>"), "a page titled \"Sign in\"");
        assert_eq!(words(None, b"<p>"), "a page of HTML");
        assert_eq!(words(None, b"no\x1b[2J\nway"), "no\u{fffd}[2J way");
        assert_eq!(words(None, b""), "");
        assert!(words(None, "x".repeat(2000).as_bytes()).len() < 700);
    }
}
