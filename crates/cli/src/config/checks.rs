//! What can be wrong with what is configured, beside its types.

use super::definitions::Definitions;
use super::error::Problem;
use super::file::{Choice, ConfigFile, Entry, Piece, Scope, Table};
use super::layers::Chosen;
use super::origin::Layer;
use super::setting::{Kind, REGION_DATA, did_you_mean};

/// The names of environments or regions that have a table.
fn names(what: &str, tables: &[Table]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for table in tables {
        let name = match &table.scope {
            Scope::Environment(name) if what == "environment" => name,
            Scope::Region(name) if what == "region" => name,
            _ => continue,
        };
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Tells that a choice names what has no table.
pub(super) fn known(
    what: &'static str,
    choice: Option<&Choice>,
    tables: &[Table],
    problems: &mut Vec<Problem>,
) {
    let Some((name, at)) = choice else { return };
    let known = names(what, tables);
    if !known.contains(name) {
        let hint = did_you_mean(name, known.iter().map(String::as_str));
        problems.push(Problem::Unknown { at: at.clone(), what, name: name.clone(), hint, known });
    }
}

/// What is wrong in the tables of a file, also in those that do not count now.
pub(super) fn check(
    file: &ConfigFile,
    built_in: &[Table],
    definitions: &Definitions,
    problems: &mut Vec<Problem>,
) {
    let all: Vec<Table> = built_in.iter().chain(&file.tables).cloned().collect();
    for table in &file.tables {
        for entry in &table.entries {
            if entry.pieces.is_empty() && is_required(entry) {
                problems
                    .push(wrong(entry, "a region needs it; without the key the weaker value counts".into()));
            } else if let Err(reason) = definitions.check(entry, &entry.texts()) {
                problems.push(wrong(entry, reason));
            }
        }
        exclusive(table.entries.iter().filter(|entry| is_said(entry)), problems);
        known("region", table.region.as_ref(), &all, problems);
        match &table.scope {
            Scope::Both { region, .. } => {
                known("region", Some(&(region.clone(), table.origin.clone())), &all, problems);
            }
            Scope::Region(region) if !names("region", built_in).contains(region) => {
                let has = |key: &str| table.entries.iter().any(|entry| entry.name == key);
                let required = REGION_DATA.iter().filter(|data| data.kind != Kind::Prices);
                let missing: Vec<_> = required.map(|data| data.key).filter(|key| !has(key)).collect();
                if !missing.is_empty() {
                    let (at, region) = (table.origin.clone(), region.clone());
                    problems.push(Problem::IncompleteRegion { at, region, missing });
                }
            }
            _ => {}
        }
    }
}

/// Whether no region can be without it.
fn is_required(entry: &Entry) -> bool {
    entry.setting.kind != Kind::Prices && REGION_DATA.contains(entry.setting)
}

/// Whether a table says something by it, without a look at variables.
fn is_said(entry: &Entry) -> bool {
    let yes = || entry.pieces == [Piece::Text("true".to_owned())];
    !entry.pieces.is_empty() && (entry.setting.kind != Kind::Flag || yes())
}

/// Tells what cannot be without another one that is said nowhere. Of options it is told by the command line.
pub(super) fn alone(chosen: &[Chosen], used: &[&str], problems: &mut Vec<Problem>) {
    let counts = |key: &str| chosen.iter().any(|one| one.entry.setting.key == key && one.counts());
    for one in chosen.iter().filter(|one| one.is_news() && used.contains(&one.entry.setting.key)) {
        if let Some(other) = one.entry.setting.with.filter(|other| !counts(other)) {
            let (at, key) = (one.entry.origin.clone(), one.entry.name.clone());
            problems.push(Problem::Alone { at, key, other });
        }
    }
}

/// Tells what excludes each other and is said equally strongly. Of options it is told by the command line.
pub(super) fn exclusive<'e>(said: impl Iterator<Item = &'e Entry>, problems: &mut Vec<Problem>) {
    let mut said: Vec<&Entry> = said.filter(|entry| entry.layer != Layer::Option).collect();
    said.sort_by_key(|entry| entry.origin.place());
    for (number, one) in said.iter().enumerate() {
        let excludes =
            |other: &&&Entry| other.layer == one.layer && other.setting.instead_of.contains(&one.setting.key);
        let before = said.iter().take(number).filter(excludes);
        let others: Vec<String> =
            before.map(|other| format!("`{}` ({})", other.name, other.origin.at())).collect();
        if !others.is_empty() {
            problems.push(Problem::Exclusive { at: one.origin.clone(), key: one.name.clone(), others });
        }
    }
}

pub(super) fn wrong(entry: &Entry, reason: String) -> Problem {
    Problem::WrongValue { at: entry.origin.clone(), key: entry.name.clone(), reason }
}

/// What is wrong with a value that counts and was not in the file itself.
pub(super) fn complete(one: &Chosen, definitions: &Definitions, problems: &mut Vec<Problem>) {
    let entry = &one.entry;
    let (at, key) = (&entry.origin, &entry.name);
    let missing = entry.pieces.len() > one.values.len();
    if missing {
        let names = entry.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.clone()),
            Piece::Text(_) => None,
        });
        let variable = names.collect::<Vec<_>>().join(", ");
        problems.push(Problem::Unset { at: at.clone(), key: key.clone(), variable });
    } else if let Err(reason) = definitions.check(entry, &one.values) {
        problems.push(wrong(entry, reason));
    }
}
