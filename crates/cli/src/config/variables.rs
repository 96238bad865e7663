//! The variables of the environment that configure.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::checks::wrong;
use super::definitions::Definitions;
use super::error::{ConfigError, Problem};
use super::file::{Entry, Piece};
use super::origin::{Layer, Origin};
use super::setting::{Kind, SETTINGS, did_you_mean};

/// The configuration file.
pub(crate) const CONFIG: &str = "BILLTEST_CONFIG";
/// The environment to use.
pub(crate) const ENV: &str = "BILLTEST_ENV";
/// The region to use.
pub(crate) const REGION: &str = "BILLTEST_REGION";

/// What every variable of ours begins with.
const PREFIX: &str = "BILLTEST_";
/// Variables of ours that configure nothing: those of the recorder and of the benchmark.
const OTHERS: [&str; 2] = ["BILLTEST_LISTING", "BILLTEST_BENCH_LATENCY"];

/// The variables of the environment that are set and not empty. One that is empty says nothing; pipelines are full of
/// them.
#[derive(Debug, Default)]
pub(crate) struct Variables(BTreeMap<String, OsString>);

impl Variables {
    pub(crate) fn from_environment() -> Self {
        let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The text of a variable.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ConfigError> {
        match self.0.get(name).map(|value| value.clone().into_string()) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(_)) => Err(Problem::NotText { name: name.to_owned() }.into()),
        }
    }

    /// Those that look like ours and are none.
    pub(crate) fn unknown(&self) -> Vec<Problem> {
        let mut known: Vec<String> = SETTINGS.iter().filter_map(|setting| setting.variable()).collect();
        known.extend([CONFIG, ENV, REGION].map(ToOwned::to_owned));
        let ours = self.0.keys().filter(|name| name.starts_with(PREFIX));
        ours.filter(|name| !known.contains(name) && !OTHERS.contains(&name.as_str()))
            .map(|name| {
                // What they all begin with says nothing about which one was meant.
                let short = |name: &str| name.strip_prefix(PREFIX).unwrap_or(name).to_owned();
                let all: Vec<String> = known.iter().map(|known| short(known)).collect();
                let hint = did_you_mean(&short(name), all.iter().map(String::as_str));
                Problem::UnknownVariable {
                    name: name.clone(),
                    hint: hint.replacen('`', &format!("`{PREFIX}"), 1),
                }
            })
            .collect()
    }
}

/// What variables say. A list has an item on each line, headers are lines NAME=VALUE.
pub(crate) fn from_variables(
    variables: &Variables,
    definitions: &Definitions,
    problems: &mut Vec<Problem>,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    for setting in SETTINGS {
        let ours = setting.variable().map(|name| (name, Layer::Variable));
        let pact = definitions.pact_variable(setting).map(|name| (name, Layer::PactVariable));
        for (variable, layer) in pact.into_iter().chain(ours) {
            let text = match variables.text(&variable) {
                Ok(Some(text)) => text,
                Ok(None) => continue,
                Err(error) => {
                    problems.extend(error.0);
                    continue;
                }
            };
            let entry = |name: &str, pieces: Vec<Piece>| Entry {
                setting,
                name: name.to_owned(),
                pieces,
                layer,
                origin: Origin::Variable(variable.clone()),
            };
            let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
            match setting.kind {
                Kind::Headers => entries.extend(lines().map(|line| match line.split_once('=') {
                    Some((name, value)) => {
                        entry(&format!("headers.{}", name.trim()), vec![Piece::Text(value.trim().to_owned())])
                    }
                    None => {
                        problems.push(wrong(
                            &entry("headers", Vec::new()),
                            "a header is written NAME=VALUE".into(),
                        ));
                        entry("headers", Vec::new())
                    }
                })),
                // JSON may be spread over lines.
                kind if kind.is_list() && kind != Kind::Objects => {
                    entries
                        .push(entry(setting.key, lines().map(|line| Piece::Text(line.to_owned())).collect()));
                }
                _ => entries.push(entry(setting.key, vec![Piece::Text(text.clone())])),
            }
        }
    }
    entries
}
