//! Provider-state files: one TOML file a state, read by the verifier and by the mock provider.
//!
//! ```toml
//! name = "A contract exists"            # exactly as in the pact
//! description = "One active contract with one position."
//! isolation = "tenant"                  # tenant | shared | exclusive (the default)
//!
//! [params.id]
//! type = "string"                       # string | integer | number | boolean
//! default = "12345"
//! aliases = ["contract_id"]             # other names by which pacts pass it
//!
//! [[seed.contract]]                     # what the mock provider inserts; typed by its models
//! id = "{id}"                           # a placeholder alone keeps the parameter's type
//!
//! [[absent.contract]]                   # what the mock provider removes
//! id = "99999"
//! # [absent]
//! # account = true                      # or all of a kind, where the provider knows how
//!
//! [[setup]]                             # what is done at a live provider: requests, programs, in order
//! request = { method = "PUT", path = "/admin/contracts/{id}", body = { status = "ACTIVE" } }
//!
//! [[teardown]]
//! program = ["sh", "remove-contract.sh"]
//! timeout_ms = 5000
//! ```
//!
//! What a record looks like is the provider's knowledge, so `seed` and `absent` stay untyped here;
//! [`StateFile::line_of`] gives the provider the place for its own complaints.

mod catalogue;
mod hook;
mod param;
mod placeholder;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

pub use catalogue::StateCatalogue;
pub use hook::{HookAction, HookRequest, HookStep};
pub use param::{Param, ParamType};
pub use placeholder::{fill, first_without_value};

use crate::nearest;
use crate::state::placeholder::placeholders;

/// Why a provider-state file or directory cannot be used. Every message names file, place and remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateFileError {
    /// The directory or a file in it cannot be read.
    #[error("{path}: cannot be read: {reason}\n  name the directory of state files with --states DIR")]
    Unreadable {
        /// File or directory.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The file is not TOML, or has a field that state files do not have.
    #[error("{path}:{line}:{column}: {reason}")]
    Invalid {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there, and what would be right.
        reason: String,
    },
    /// Two files describe the same state.
    #[error("{path}: describes the state `{name}`, and so does {other}\n  remove or rename one of them")]
    Duplicate {
        /// The later file.
        path: String,
        /// The earlier file.
        other: String,
        /// The state.
        name: String,
    },
}

/// Why a state cannot be set up with the parameters a pact gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// The value is of another type than the file declares.
    #[error("parameter `{param}` of state `{state}` is {value}, and {path} declares it as {expected}")]
    WrongType {
        /// The state.
        state: String,
        /// Its file.
        path: String,
        /// The parameter.
        param: String,
        /// The value as given, in JSON.
        value: String,
        /// The declared type.
        expected: ParamType,
    },
    /// Neither the pact nor the file gives a value.
    #[error(
        "parameter `{param}` of state `{state}` has no value: pass it in the pact, or give it a default in {path}"
    )]
    Missing {
        /// The state.
        state: String,
        /// Its file.
        path: String,
        /// The parameter.
        param: String,
    },
}

/// What may run beside an interaction under a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// All its data belongs to the tenant: many can run at once, each under its own tenant.
    Tenant,
    /// Set up once; read-only interactions under it run together.
    Shared,
    /// Nothing else runs meanwhile.
    #[default]
    Exclusive,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    isolation: Isolation,
    #[serde(default)]
    params: BTreeMap<String, Param>,
    #[serde(default)]
    seed: Map<String, Value>,
    #[serde(default)]
    absent: Map<String, Value>,
    #[serde(default)]
    setup: Vec<HookStep>,
    #[serde(default)]
    teardown: Vec<HookStep>,
}

/// One provider state, as its file describes it.
#[derive(Debug, Clone)]
pub struct StateFile {
    /// Where it was read.
    pub path: PathBuf,
    /// The state's name, exactly as in the pact.
    pub name: String,
    /// What it means.
    pub description: String,
    /// What may run beside it.
    pub isolation: Isolation,
    /// What a pact may pass.
    pub params: BTreeMap<String, Param>,
    /// What the mock provider inserts: kind of record -> records, with placeholders.
    pub seed: Map<String, Value>,
    /// What the mock provider removes: kind of record -> records, with placeholders.
    pub absent: Map<String, Value>,
    /// What is done at a live provider before the interaction.
    pub setup: Vec<HookStep>,
    /// What is done at a live provider after the interaction.
    pub teardown: Vec<HookStep>,
    source: String,
}

impl StateFile {
    /// Reads the text of a state file; `path` names it in errors.
    ///
    /// # Errors
    /// [`StateFileError::Invalid`] with line and column.
    pub fn parse(path: &Path, source: &str) -> Result<Self, StateFileError> {
        let content: Content = toml::from_str(source).map_err(|error| {
            let (line, column) = place(source, error.span().map_or(0, |span| span.start));
            StateFileError::Invalid {
                path: path.display().to_string(),
                line,
                column,
                reason: error.message().trim().to_owned(),
            }
        })?;
        let Content { name, description, isolation, params, seed, absent, setup, teardown } = content;
        let file = Self {
            path: path.to_owned(),
            name,
            description,
            isolation,
            params,
            seed,
            absent,
            setup,
            teardown,
            source: source.to_owned(),
        };
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), StateFileError> {
        if self.name.trim().is_empty() {
            return Err(self.invalid(&["name"], "a state needs the name that pacts give it"));
        }
        let mut names = BTreeMap::new();
        for (name, param) in &self.params {
            if let Some(default) = &param.default
                && param.param_type.take(default).is_none()
            {
                let reason =
                    format!("default of parameter `{name}` is {default}, which is no {}", param.param_type);
                return Err(self.invalid(&["params", name, "default"], &reason));
            }
            for alias in param.aliases.iter().chain([name]) {
                if let Some(other) = names.insert(alias.clone(), name) {
                    let reason =
                        format!("`{alias}` would mean both parameter `{other}` and parameter `{name}`");
                    return Err(self.invalid(&["params", name], &reason));
                }
            }
        }
        for (section, records) in [("seed", &self.seed), ("absent", &self.absent)] {
            for (kind, list) in records {
                // That all of a kind are absent is said by one word.
                let all_absent = section == "absent" && list.is_boolean();
                if !all_absent && !list.as_array().is_some_and(|list| list.iter().all(Value::is_object)) {
                    let reason = format!("records are tables: write [[{section}.{kind}]]");
                    return Err(self.invalid(&[section, kind], &reason));
                }
                self.check_placeholders(list, &mut vec![section.to_owned(), kind.clone()])?;
            }
        }
        Ok(())
    }

    fn check_placeholders(&self, value: &Value, at: &mut Vec<String>) -> Result<(), StateFileError> {
        match value {
            Value::String(text) => {
                for name in placeholders(text) {
                    if !self.params.contains_key(name) {
                        let known = self.params.keys().map(String::as_str);
                        let hint = nearest(name, known).map_or_else(
                            || format!("declare it as [params.{name}]"),
                            |near| format!("did you mean `{{{near}}}`?"),
                        );
                        let at: Vec<&str> = at.iter().map(String::as_str).collect();
                        return Err(
                            self.invalid(&at, &format!("placeholder `{{{name}}}` is no parameter: {hint}"))
                        );
                    }
                }
                Ok(())
            }
            Value::Array(list) => list.iter().enumerate().try_for_each(|(index, item)| {
                at.push(index.to_string());
                let result = self.check_placeholders(item, at);
                at.pop();
                result
            }),
            Value::Object(object) => object.iter().try_for_each(|(key, item)| {
                at.push(key.clone());
                let result = self.check_placeholders(item, at);
                at.pop();
                result
            }),
            _ => Ok(()),
        }
    }

    /// An error at a place inside this file: `["seed", "contract", "0", "status"]`. A place that is not there
    /// counts as its nearest parent.
    #[must_use]
    pub fn invalid(&self, at: &[&str], reason: &str) -> StateFileError {
        let (line, column) = self.line_of(at);
        StateFileError::Invalid {
            path: self.path.display().to_string(),
            line,
            column,
            reason: reason.to_owned(),
        }
    }

    /// Line and column, from 1, of a place inside this file.
    #[must_use]
    pub fn line_of(&self, at: &[&str]) -> (usize, usize) {
        let Ok(document) = DeTable::parse(&self.source) else { return (1, 1) };
        let mut span = 0;
        let mut here: Option<&DeValue<'_>> = None;
        for (depth, step) in at.iter().enumerate() {
            let next = match here {
                None if depth == 0 => document.get_ref().get_key_value(*step),
                Some(DeValue::Table(table)) => table.get_key_value(*step),
                Some(DeValue::Array(list)) => {
                    let Some(item) = step.parse::<usize>().ok().and_then(|index| list.get(index)) else {
                        break;
                    };
                    span = item.span().start;
                    here = Some(item.get_ref());
                    continue;
                }
                _ => None,
            };
            let Some((key, value)) = next else { break };
            span = key.span().start;
            here = Some(value.get_ref());
        }
        place(&self.source, span)
    }

    /// The values of the parameters that have a default, each as its type.
    #[must_use]
    pub fn defaults(&self) -> Map<String, Value> {
        let default = |param: &Param| param.param_type.take(param.default.as_ref()?);
        self.params.iter().filter_map(|(name, param)| Some((name.clone(), default(param)?))).collect()
    }

    /// The value of every declared parameter: as the pact passes it, under its name or an alias, else its default.
    /// What the pact passes beyond that is kept under its own name.
    ///
    /// # Errors
    /// [`ParamError`].
    pub fn resolve(&self, given: &Map<String, Value>) -> Result<Map<String, Value>, ParamError> {
        let mut resolved = given.clone();
        for (name, param) in &self.params {
            let passed = [name].into_iter().chain(&param.aliases).find_map(|key| given.get(key));
            let Some(value) = passed.or(param.default.as_ref()) else {
                return Err(ParamError::Missing {
                    state: self.name.clone(),
                    path: self.path.display().to_string(),
                    param: name.clone(),
                });
            };
            let value = param.param_type.take(value).ok_or_else(|| ParamError::WrongType {
                state: self.name.clone(),
                path: self.path.display().to_string(),
                param: name.clone(),
                value: value.to_string(),
                expected: param.param_type,
            })?;
            resolved.insert(name.clone(), value);
        }
        Ok(resolved)
    }

    /// The parameters that a pact passes and this file does not declare.
    #[must_use]
    pub fn undeclared<'a>(&self, given: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
        given
            .into_iter()
            .filter(|key| {
                !self.params.iter().any(|(name, param)| name == *key || param.aliases.contains(key))
            })
            .map(String::as_str)
            .collect()
    }
}

/// Line and column, from 1, of a byte offset.
fn place(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    const CONTRACT: &str = r#"
name = "A contract exists"
isolation = "tenant"

[params.id]
type = "string"
default = "12345"
aliases = ["contract_id"]

[params.count]
type = "integer"
default = 1

[[seed.contract]]
id = "{id}"
url = "https://x/{id}"
count = "{count}"
"#;

    fn parse(source: &str) -> Result<StateFile, StateFileError> {
        StateFile::parse(Path::new("s.toml"), source)
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn parameters_fill_the_records_and_keep_their_types() {
        let file = parse(CONTRACT).unwrap();
        let values = file.resolve(&object(&json!({"contract_id": 7}))).unwrap();
        let filled = fill(&file.seed["contract"][0], &values);
        assert_eq!(filled, json!({"id": "7", "url": "https://x/7", "count": 1}));
    }

    #[test]
    fn a_parameter_of_another_type_is_refused_and_an_undeclared_one_is_known() {
        let file = parse(CONTRACT).unwrap();
        let error = file.resolve(&object(&json!({"count": "many"}))).unwrap_err().to_string();
        assert_eq!(
            error,
            "parameter `count` of state `A contract exists` is \"many\", and s.toml declares it as integer"
        );
        assert_eq!(file.undeclared([&"contract_id".to_owned(), &"colour".to_owned()]), ["colour"]);
    }

    #[test]
    fn what_is_wrong_in_a_file_is_reported_with_its_line() {
        for (from, to, place, reason) in [
            ("isolation", "isolatoin", "s.toml:3:1", "unknown field `isolatoin`"),
            ("\"tenant\"", "\"lonely\"", "s.toml:3:13", "unknown variant `lonely`"),
            (
                "id = \"{id}\"",
                "id = \"{idd}\"",
                "s.toml:15:1",
                "placeholder `{idd}` is no parameter: did you mean `{id}`?",
            ),
            ("default = 1\n", "default = \"one\"\n", "s.toml:12:1", "which is no integer"),
            ("[[seed.contract]]", "[seed.contract]", "s.toml:14:7", "write [[seed.contract]]"),
            ("name = \"A contract exists\"", "name = \" \"", "s.toml:2:1", "needs the name"),
            ("[params.count]", "[params.contract_id]", "s.toml", "would mean both"),
            ("isolation =", "isolation", "s.toml:3:11", ""),
            (
                "[[seed.contract]]",
                "[[setup]]\nprogam = [\"x\"]\n[[seed.contract]]",
                "s.toml:1",
                "unknown field `progam`",
            ),
            (
                "[[seed.contract]]",
                "[[setup]]\ntimeout_ms = 1\n[[seed.contract]]",
                "s.toml:14:1",
                "either a `request` or a `program`",
            ),
        ] {
            let source = CONTRACT
                .replace(from, to)
                .replace(if to.contains("contract_id") { "\"{count}\"" } else { "\u{0}" }, "1");
            let error = parse(&source).unwrap_err().to_string();
            assert!(error.starts_with(place) && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_directory_is_read_whole_and_all_its_errors_are_told_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, source: &str| fs::write(directory.path().join(name), source).unwrap();
        write("a.toml", "name = \"A contract exists\"");
        write("notes.md", "not a state");
        let catalogue = StateCatalogue::load(directory.path()).unwrap();
        assert_eq!(catalogue.get("A contract exists").unwrap().isolation, Isolation::Exclusive);
        assert_eq!(catalogue.nearest("A contrct exists"), Some("A contract exists"));

        write("b.toml", "name = \"A contract exists\"");
        write("c.toml", "nam = \"x\"");
        let errors = StateCatalogue::load(directory.path()).unwrap_err();
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(StateCatalogue::load(&directory.path().join("missing")).is_err());
    }
}
