//! Lists of things, as tables of plain text.

use billtest_broker::client::{Remark, RemarkKind};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde_json::Value;

use super::verification::plain;
use crate::printer::{BAD, FAINT, GOOD, NOTICE, Printer};

/// A table with a heading; a line for each row, however long.
pub(super) fn print(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>, printer: &mut Printer) {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|heading| heading.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for line in table.lines() {
        printer.line(line.trim_end());
    }
}

/// What a thing has, a line each.
pub(super) fn describe(members: &[(&str, Option<String>)], printer: &mut Printer) {
    let width = members.iter().map(|(name, _)| name.len()).max().unwrap_or_default() + 2;
    for (name, value) in members {
        if let Some(value) = value {
            printer.line(format_args!("{FAINT}{name:width$}{FAINT:#}{}", plain(value)));
        }
    }
}

/// A text, number or truth in a document.
pub(super) fn text(json: &Value, pointer: &str) -> Option<String> {
    match json.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(if *truth { "yes" } else { "no" }.to_owned()),
        _ => None,
    }
}

/// The list at a place of a document; a broker that has none leaves it out.
pub(super) fn list<'a>(json: &'a Value, pointer: &str) -> &'a [Value] {
    json.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The texts at a place of each item, with commas between.
pub(super) fn joined(json: &Value, pointer: &str, of_item: &str) -> Option<String> {
    let texts: Vec<String> = list(json, pointer).iter().filter_map(|item| text(item, of_item)).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// What the broker says to people.
pub(super) fn remarks<'a>(remarks: impl IntoIterator<Item = &'a Remark>, printer: &mut Printer) {
    for remark in remarks {
        let style = match remark.kind {
            RemarkKind::Success => GOOD,
            RemarkKind::Error => BAD,
            RemarkKind::Warning => NOTICE,
            RemarkKind::Prompt => anstyle::Style::new(),
            RemarkKind::Info => FAINT,
        };
        for line in remark.text.lines() {
            printer.line(format_args!("{style}{}{style:#}", plain(line)));
        }
    }
}
