//! The body that came, with what differs marked in its place.
//!
//! A line-by-line comparison of two documents would mark every value that is another one and may be: an id, a date. What
//! is marked here is what the matching rules refused, and nothing else.

use std::collections::BTreeMap;

use pact_models::path_exp::{DocPath, PathToken};
use serde_json::Value;

use crate::{Mismatch, Part};

/// How many members that are as agreed are shown beside each other before the rest is counted.
const CONTEXT: usize = 2;

/// One line of a [`body_diff`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// What the line is.
    pub mark: DiffMark,
    /// The line with its indentation, and without the mark.
    pub text: String,
}

/// What a line of a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffMark {
    /// Part of the body that came, as agreed.
    Same,
    /// Agreed, and did not come.
    Expected,
    /// Came, and was not agreed.
    Actual,
    /// What is wrong with the lines around it.
    Note,
}

impl DiffMark {
    /// The sign before the line.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Expected => '-',
            Self::Actual => '+',
            Self::Note => '!',
        }
    }
}

/// The differences in a JSON body, each in its place; nothing if the body is no JSON, or differs as a whole.
#[must_use]
pub fn body_diff(body: &[u8], mismatches: &[&Mismatch]) -> Vec<DiffLine> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let mut root = Node::default();
    for mismatch in mismatches.iter().filter(|mismatch| mismatch.part == Part::Body) {
        let Ok(path) = DocPath::new(&mismatch.path) else { continue };
        root.at(path.tokens()).own.push(mismatch);
    }
    if root.children.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    render("", Some(&body), &root, 0, &mut lines);
    lines
}

/// A place in a document, with the differences there and below.
#[derive(Default)]
struct Node<'a> {
    own: Vec<&'a Mismatch>,
    children: BTreeMap<String, Node<'a>>,
}

impl<'a> Node<'a> {
    /// The place of a path; of one with a wildcard, the place before that.
    fn at(&mut self, tokens: &[PathToken]) -> &mut Self {
        let mut node = self;
        for token in tokens {
            let step = match token {
                PathToken::Root => continue,
                PathToken::Field(name) => name.clone(),
                PathToken::Index(index) => index.to_string(),
                PathToken::Star | PathToken::StarIndex => break,
            };
            node = node.children.entry(step).or_default();
        }
        node
    }
}

/// `name` is what stands before the value: `"total": `, or nothing.
fn render(name: &str, value: Option<&Value>, node: &Node<'_>, depth: usize, lines: &mut Vec<DiffLine>) {
    let mut line = |mark, text: String| {
        lines.push(DiffLine { mark, text: format!("{}{name}{text}", "  ".repeat(depth)) });
    };
    let (open, close, members) = match value {
        Some(Value::Object(object)) if !node.children.is_empty() => {
            let members = object.iter().map(|(key, value)| (key.clone(), value)).collect::<Vec<_>>();
            ("{", "}", members)
        }
        Some(Value::Array(items)) if !node.children.is_empty() => {
            let members = items.iter().enumerate().map(|(n, item)| (n.to_string(), item)).collect();
            ("[", "]", members)
        }
        _ => {
            let first = node.own.first();
            line(DiffMark::Expected, first.map_or_else(String::new, |mismatch| mismatch.expected.clone()));
            if let Some(value) = value {
                line(DiffMark::Actual, value.to_string());
            }
            return;
        }
    };
    for mismatch in &node.own {
        line(DiffMark::Note, mismatch.message.clone());
    }
    line(DiffMark::Same, open.to_owned());
    let is_object = open == "{";
    let label = |key: &str| if is_object { format!("{}: ", Value::from(key)) } else { String::new() };
    let indent = "  ".repeat(depth + 1);
    let mut agreed = 0;
    let mut skipped = 0;
    let tell_skipped = |skipped: &mut usize, lines: &mut Vec<DiffLine>| {
        if *skipped > 0 {
            lines.push(DiffLine {
                mark: DiffMark::Same,
                text: format!("{indent}... {skipped} more as agreed"),
            });
            *skipped = 0;
        }
    };
    for (key, member) in &members {
        match node.children.get(key) {
            Some(child) => {
                tell_skipped(&mut skipped, lines);
                agreed = 0;
                render(&label(key), Some(member), child, depth + 1, lines);
            }
            None if agreed < CONTEXT => {
                agreed += 1;
                let text = format!("{indent}{}{member}", label(key));
                lines.push(DiffLine { mark: DiffMark::Same, text });
            }
            None => skipped += 1,
        }
    }
    tell_skipped(&mut skipped, lines);
    for (key, child) in
        node.children.iter().filter(|(key, _)| !members.iter().any(|(known, _)| known == *key))
    {
        render(&label(key), None, child, depth + 1, lines);
    }
    lines.push(DiffLine { mark: DiffMark::Same, text: format!("{}{close}", "  ".repeat(depth)) });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mismatch(path: &str, expected: &str, actual: &str) -> Mismatch {
        Mismatch {
            part: Part::Body,
            path: path.into(),
            expected: expected.into(),
            actual: actual.into(),
            rule: None,
            message: "it differs".into(),
        }
    }

    fn shown(body: &Value, mismatches: &[Mismatch]) -> String {
        let all: Vec<&Mismatch> = mismatches.iter().collect();
        let lines = body_diff(body.to_string().as_bytes(), &all);
        lines.iter().map(|line| format!("{}{}\n", line.mark.sign(), line.text)).collect()
    }

    /// A reader would have to find each path in the body by hand.
    #[test]
    fn what_differs_stands_in_its_place_and_what_does_not_is_left_out() {
        let body = json!({
            "a": 1, "b": 2, "c": 3, "d": 4, "total": "x", "lines": [{"n": 1}, {"n": "two", "sku": "s"}], "who": {}
        });
        let text = shown(
            &body,
            &[
                mismatch("$.total", "15.0", "\"x\""),
                mismatch("$.lines[1].n", "2", "\"two\""),
                mismatch("$.lines[1]['a b']", "true", Mismatch::MISSING),
                mismatch("$.who.name", "\"A\"", Mismatch::MISSING),
            ],
        );
        let expected = [
            " {",
            "   \"a\": 1",
            "   \"b\": 2",
            "   ... 2 more as agreed",
            "   \"lines\": [",
            "     {\"n\":1}",
            "     {",
            "-      \"n\": 2",
            "+      \"n\": \"two\"",
            "       \"sku\": \"s\"",
            "-      \"a b\": true",
            "     }",
            "   ]",
            "-  \"total\": 15.0",
            "+  \"total\": \"x\"",
            "   \"who\": {",
            "-    \"name\": \"A\"",
            "   }",
            " }",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_list_that_is_too_short_says_so_where_it_is() {
        let text = shown(
            &json!({"lines": [1, "x"]}),
            &[mismatch("$.lines", "[1,2,3]", "[1,\"x\"]"), mismatch("$.lines[1]", "2", "\"x\"")],
        );
        let expected = [
            " {",
            "!  \"lines\": it differs",
            "   \"lines\": [",
            "     1",
            "-    2",
            "+    \"x\"",
            "   ]",
            " }",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_no_json_or_differs_as_a_whole_has_no_such_difference() {
        assert_eq!(shown(&json!([1]), &[mismatch("$", "{}", "[1]")]), "");
        assert!(body_diff(b"<html>", &[&mismatch("$.a", "1", "2")]).is_empty());
    }
}
