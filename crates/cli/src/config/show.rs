//! `billtest config show`: every value and where it comes from. Secrets are not shown.

use clap::CommandFactory as _;
use serde_json::{Map, Value, json};

use super::file::{Choice, Piece};
use super::layers::{Chosen, DEFAULT, Layers, Selection};
use super::origin::Origin;
use super::setting::{Kind, SETTINGS};
use super::{definitions, options, resolve};
use crate::args::{ConfigFormat, ShowArgs, VerifyArgs};
use crate::exit::{CliError, Exit};
use crate::printer::{FAINT, NOTICE, Printer, STRONG};
use crate::report::exchange;

/// What is shown in place of a secret.
const HIDDEN: &str = "***";

/// Shows the configuration of `billtest-verify` and `billtest mock` under these options.
pub(crate) fn exec_show(
    args: &ShowArgs,
    selection: Selection,
    printer: &mut Printer,
) -> Result<Exit, CliError> {
    if args.default {
        printer.line(DEFAULT.trim_end());
        return Ok(Exit::Verified);
    }
    let arguments: Vec<_> = std::iter::once("billtest-verify".into()).chain(args.options.clone()).collect();
    let command = definitions::without_variables(VerifyArgs::command());
    let matches = options(&VerifyArgs::command(), &arguments).map_err(|error| {
        CliError::Usage(error.to_string().trim_start_matches("error: ").trim().to_owned())
    })?;
    let layers = resolve(&command, &matches, Some(selection))?;
    match args.format {
        ConfigFormat::Human => human(&layers, printer),
        ConfigFormat::Json => printer.line(format_args!("{:#}", document(&layers))),
    }
    Ok(Exit::Verified)
}

/// One line: name, value, source, remark.
struct Row {
    name: String,
    value: String,
    source: String,
    remark: Option<String>,
}

impl Row {
    fn of_choice(name: &str, choice: Option<&Choice>) -> Self {
        let (value, source) =
            choice.map_or(("(none)".to_owned(), String::new()), |(name, at)| (name.clone(), at.to_string()));
        Self { name: name.to_owned(), value, source, remark: None }
    }

    fn of(chosen: &Chosen) -> Self {
        let remark = match &chosen.unused {
            Some(why) => Some(format!("not used: {why}")),
            None if is_in_file(chosen) => {
                Some(format!("write {} = {{ env = \"NAME\" }} to keep it out of the file", chosen.entry.name))
            }
            None => chosen.of_clients().map(|value| format!("clients of the library: {value}")),
        };
        Self {
            name: chosen.entry.name.clone(),
            value: shown(chosen).join(", "),
            source: source(chosen),
            remark,
        }
    }
}

/// Whether somebody who reads the file reads a secret.
fn is_in_file(chosen: &Chosen) -> bool {
    let setting = chosen.entry.setting;
    let is_text = chosen.entry.pieces.iter().any(|piece| matches!(piece, Piece::Text(_)));
    setting.secret && setting.kind == Kind::Text && is_text && matches!(chosen.entry.origin, Origin::File(_))
}

fn source(chosen: &Chosen) -> String {
    let mut text = chosen.entry.origin.to_string();
    for piece in &chosen.entry.pieces {
        if let Piece::Variable(name) = piece {
            text.push_str(&format!(", variable {name}"));
        }
    }
    text
}

/// The values as they may be shown.
fn shown(chosen: &Chosen) -> Vec<String> {
    if chosen.entry.setting.secret {
        return vec![HIDDEN.to_owned()];
    }
    let (pieces, values) = (&chosen.entry.pieces, &chosen.values);
    // Who keeps a text out of the file does not want it read here. Of a variable that is not set there is no value.
    let is_kept_out = |at: usize| {
        pieces.len() == values.len()
            && matches!(pieces.get(at), Some(Piece::Variable(_)))
            && !matches!(chosen.entry.setting.kind, Kind::Flag | Kind::Number | Kind::Tax)
    };
    let shown = |(at, value): (usize, &String)| {
        if is_kept_out(at) { HIDDEN.to_owned() } else { exchange::url(value) }
    };
    values.iter().enumerate().map(shown).collect()
}

fn is_set(chosen: &Chosen) -> bool {
    !chosen.entry.pieces.is_empty()
}

/// The settings about which nothing is said.
fn not_set(layers: &Layers) -> Vec<&'static str> {
    let said = |key: &str| layers.chosen.iter().any(|one| one.entry.setting.key == key && is_set(one));
    SETTINGS.iter().map(|setting| setting.key).filter(|key| !said(key)).collect()
}

fn human(layers: &Layers, printer: &mut Printer) {
    let file = layers.file.as_ref().map_or("(none)", |(path, _)| path);
    let by = layers.file.as_ref().map_or_else(String::new, |(_, origin)| origin.to_string());
    let mut rows = vec![
        Row { name: "configuration".into(), value: file.into(), source: by, remark: None },
        Row::of_choice("environment", layers.environment.as_ref()),
        Row::of_choice("region", layers.region.as_ref()),
    ];
    let head = rows.len();
    rows.extend(layers.data.iter().map(|one| {
        let row = Row::of(one);
        Row { name: format!("region.{}", row.name), ..row }
    }));
    rows.extend(layers.chosen.iter().filter(|one| is_set(one)).map(Row::of));
    let width = |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
    let (names, values) = (width(|row| &row.name), width(|row| &row.value).min(40));
    for (number, row) in rows.iter().enumerate() {
        if number == head {
            printer.line("");
        }
        let source = if row.source.is_empty() {
            String::new()
        } else {
            format!(
                "{:pad$}  {FAINT}{}{FAINT:#}",
                "",
                row.source,
                pad = values.saturating_sub(row.value.chars().count())
            )
        };
        let remark = row.remark.as_ref().map(|text| format!("  {NOTICE}({text}){NOTICE:#}"));
        printer.line(format_args!(
            "{STRONG}{}{STRONG:#}{:pad$}  {}{source}{}",
            row.name,
            "",
            row.value,
            remark.unwrap_or_default(),
            pad = names - row.name.chars().count()
        ));
    }
    printer.line("");
    printer.line(format_args!("not set: {}", not_set(layers).join(", ")));
}

fn document(layers: &Layers) -> Value {
    let choice = |choice: &Option<Choice>| {
        choice.as_ref().map(|(name, at)| json!({"value": name, "source": origin(at)}))
    };
    let one = |one: &Chosen| {
        let mut value = Map::new();
        value.insert("value".into(), typed(one));
        if let Some(text) = one.of_clients() {
            value.insert("of_clients".into(), in_type(one.entry.setting.kind, text.to_owned()));
        }
        value.insert("source".into(), origin(&one.entry.origin));
        for piece in &one.entry.pieces {
            if let Piece::Variable(name) = piece {
                value.insert("variable".into(), name.as_str().into());
            }
        }
        value.insert("secret".into(), one.entry.setting.secret.into());
        value.insert("used".into(), one.unused.is_none().into());
        if let Some(why) = &one.unused {
            value.insert("unused_because".into(), why.as_str().into());
        }
        (one.entry.name.clone(), value.into())
    };
    let all = |chosen: &[Chosen]| -> Map<String, Value> {
        chosen.iter().filter(|one| is_set(one)).map(one).collect()
    };
    json!({
        "configuration": choice(&layers.file),
        "environment": choice(&layers.environment),
        "region": choice(&layers.region),
        "region_data": all(&layers.data),
        "settings": all(&layers.chosen),
        "not_set": not_set(layers),
    })
}

/// The value in the type that its key takes.
fn typed(one: &Chosen) -> Value {
    let kind = one.entry.setting.kind;
    let texts = shown(one);
    if kind.is_list() {
        return texts.into();
    }
    in_type(kind, texts.into_iter().next().unwrap_or_default())
}

fn in_type(kind: Kind, text: String) -> Value {
    match kind {
        Kind::Flag => (text == "true").into(),
        Kind::Number => text.parse::<i64>().map_or_else(|_| text.into(), Into::into),
        _ => text.into(),
    }
}

fn origin(origin: &Origin) -> Value {
    match origin {
        Origin::Default(table) => json!({"kind": "default", "table": table.as_ref()}),
        Origin::File(place) => json!({
            "kind": "file", "file": place.file.as_ref(), "line": place.line, "column": place.column,
            "table": place.table.as_ref(),
        }),
        Origin::Variable(name) => json!({"kind": "variable", "name": name}),
        Origin::Option(name) => json!({"kind": "option", "name": name}),
    }
}
