//! The body that came, with what differs marked in its place.
//!
//! A line-by-line comparison of two documents would mark every value that is another one and may be: an id, a date. What
//! is marked here is what the matching rules refused, and nothing else.

use std::collections::{BTreeMap, HashSet};

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

/// The differences in a JSON body, each in its place, and how many more lines there are than `limit`. No lines if the
/// body is no JSON, or differs as a whole.
#[must_use]
pub fn body_diff(body: &[u8], mismatches: &[&Mismatch], limit: usize) -> (Vec<DiffLine>, usize) {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return (Vec::new(), 0) };
    let mut root = Node::default();
    for mismatch in mismatches.iter().filter(|mismatch| mismatch.part == Part::Body) {
        match steps(&mismatch.path) {
            Some(steps) => root.at(steps).own.push(mismatch),
            // Better told at the top than nowhere.
            None => root.own.push(mismatch),
        }
    }
    if root.children.is_empty() {
        return (Vec::new(), 0);
    }
    let mut lines = Lines { shown: Vec::new(), limit, left_out: 0 };
    render(&Place { name: String::new(), depth: 0 }, Some(&body), &root, &mut lines);
    (lines.shown, lines.left_out)
}

/// The steps of a path as Pact writes it: `$.lines[0]['a b']`. A name in quotes may have quotes in it.
fn steps(path: &str) -> Option<Vec<String>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(quoted) = rest.strip_prefix("['") {
            let ends = quoted.match_indices("']").map(|(at, _)| at);
            let end =
                { ends }.find(|at| matches!(quoted.as_bytes().get(at + 2), None | Some(b'.' | b'[')))?;
            (&quoted[..end], &quoted[end + 2..])
        } else if let Some(index) = rest.strip_prefix('[') {
            index.split_once(']')?
        } else {
            let name = rest.strip_prefix('.')?;
            name.split_at(name.find(['.', '[']).unwrap_or(name.len()))
        };
        steps.push(step.to_owned());
        rest = after;
    }
    Some(steps)
}

/// A place in a document, with the differences there and below.
#[derive(Default)]
struct Node<'a> {
    own: Vec<&'a Mismatch>,
    children: BTreeMap<String, Node<'a>>,
}

impl Node<'_> {
    fn at(&mut self, steps: Vec<String>) -> &mut Self {
        steps.into_iter().fold(self, |node, step| node.children.entry(step).or_default())
    }
}

/// Where a value stands: what is written before it (`"total": `, or nothing), and how deep.
struct Place {
    name: String,
    depth: usize,
}

impl Place {
    fn inner(&self, key: Option<&str>) -> Self {
        let name = key.map_or_else(String::new, |key| format!("{}: ", Value::from(key)));
        Self { name, depth: self.depth + 1 }
    }
}

/// Lines up to a limit; the others are counted.
struct Lines {
    shown: Vec<DiffLine>,
    limit: usize,
    left_out: usize,
}

impl Lines {
    fn push(&mut self, mark: DiffMark, place: &Place, text: impl FnOnce() -> String) {
        if self.shown.len() < self.limit {
            let text = format!("{}{}{}", "  ".repeat(place.depth), place.name, text());
            self.shown.push(DiffLine { mark, text });
        } else {
            self.left_out += 1;
        }
    }

    /// Members that are as agreed: the first few, and how many more.
    fn agreed(&mut self, around: &Place, members: &mut Vec<(Option<&str>, &Value)>) {
        let more = members.len().saturating_sub(CONTEXT);
        for (key, member) in members.drain(..).take(CONTEXT) {
            self.push(DiffMark::Same, &around.inner(key), || member.to_string());
        }
        if more > 0 {
            self.push(DiffMark::Same, &around.inner(None), || format!("... {more} more as agreed"));
        }
    }
}

fn render(place: &Place, value: Option<&Value>, node: &Node<'_>, lines: &mut Lines) {
    let members: Vec<(Option<&str>, String, &Value)> = match value {
        Some(Value::Object(object)) if !node.children.is_empty() => {
            object.iter().map(|(key, member)| (Some(key.as_str()), key.clone(), member)).collect()
        }
        Some(Value::Array(items)) if !node.children.is_empty() => {
            items.iter().enumerate().map(|(index, item)| (None, index.to_string(), item)).collect()
        }
        _ => return render_whole(place, value, node, lines),
    };
    for mismatch in &node.own {
        lines.push(DiffMark::Note, place, || mismatch.message.clone());
    }
    let (open, close) = if matches!(value, Some(Value::Object(_))) { ("{", "}") } else { ("[", "]") };
    lines.push(DiffMark::Same, place, || open.to_owned());
    let mut agreed = Vec::new();
    let mut met = 0;
    for (key, step, member) in &members {
        match node.children.get(step) {
            Some(child) => {
                lines.agreed(place, &mut agreed);
                met += 1;
                render(&place.inner(*key), Some(member), child, lines);
            }
            None => agreed.push((*key, member)),
        }
    }
    lines.agreed(place, &mut agreed);
    if met < node.children.len() {
        let there: HashSet<&str> = members.iter().map(|(_, step, _)| step.as_str()).collect();
        for (step, child) in node.children.iter().filter(|(step, _)| !there.contains(step.as_str())) {
            let key = (open == "{").then_some(step.as_str());
            render(&place.inner(key), None, child, lines);
        }
    }
    let end = Place { name: String::new(), depth: place.depth };
    lines.push(DiffMark::Same, &end, || close.to_owned());
}

/// A value that is another one, or missing, as a whole.
fn render_whole(place: &Place, value: Option<&Value>, node: &Node<'_>, lines: &mut Lines) {
    let actual = value.map(Value::to_string);
    // What is wrong may be something else than the value, or several things.
    let speaks =
        |mismatch: &&&Mismatch| !mismatch.expected.is_empty() && Some(&mismatch.expected) != actual.as_ref();
    match node.own.iter().find(speaks) {
        Some(mismatch) => lines.push(DiffMark::Expected, place, || mismatch.expected.clone()),
        None => {
            for mismatch in &node.own {
                lines.push(DiffMark::Note, place, || mismatch.message.clone());
            }
        }
    }
    if let Some(actual) = actual {
        lines.push(DiffMark::Actual, place, || actual);
    }
    if node.own.is_empty() {
        // What differs is below a value that has no such place.
        for child in node.children.values() {
            render_whole(place, None, child, lines);
        }
    }
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
        let (lines, _) = body_diff(body.to_string().as_bytes(), &all, 80);
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
        assert!(body_diff(b"<html>", &[&mismatch("$.a", "1", "2")], 80).0.is_empty());
    }

    /// A difference would be shown as agreed.
    #[test]
    fn names_that_look_like_paths_are_found() {
        let body = json!({"it's": 8, "*": 7, "": 6, "a.b": 5, "ok": 1});
        let paths = ["$['it's']", "$.*", "$['']", "$['a.b']"];
        let text = shown(&body, &paths.map(|path| mismatch(path, "0", "?")));
        let marked = |sign: char| text.lines().filter(|line| line.starts_with(sign)).count();
        assert_eq!((marked('-'), marked('+')), (4, 4), "{text}");
        assert!(text.contains("\"ok\": 1") && !text.contains("more as agreed"), "{text}");
    }

    /// A reader would see the same value twice, and not what is wrong with it.
    #[test]
    fn where_values_are_equal_the_reason_is_told() {
        assert_eq!(
            shown(&json!({"a": 1}), &[mismatch("$.a", "1", "1")]),
            " {\n!  \"a\": it differs\n+  \"a\": 1\n }\n"
        );
    }

    /// A user would wait for a minute for lines that nobody shows.
    #[test]
    fn beyond_the_limit_lines_are_counted_and_not_made() {
        let all: Vec<Mismatch> =
            (0..50_000).map(|index| mismatch(&format!("$.items[{index}]"), "1", "\"x\"")).collect();
        let body = json!({"items": vec!["x"; 50_000]}).to_string();
        let (lines, left_out) = body_diff(body.as_bytes(), &all.iter().collect::<Vec<_>>(), 80);
        assert_eq!((lines.len(), left_out), (80, 100_004 - 80));
    }
}
