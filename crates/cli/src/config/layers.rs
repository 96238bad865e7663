//! The one place where layers become one configuration.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use billtest_models::Region;

use super::checks::{alone, check, complete, exclusive, known};
use super::definitions::Definitions;
use super::error::{ConfigError, Problem};
use super::file::{Choice, ConfigFile, Entry, Piece, Scope};
use super::origin::{Layer, Origin};
use super::setting::{Kind, REGION_DATA, SETTINGS, currency, tax, time_zone};
use super::variables::{Variables, from_variables};

/// The reference of all keys, and their defaults.
pub(crate) const DEFAULT: &str = include_str!("default.toml");
/// The file that is read if none is named.
pub(crate) const FILE: &str = "billtest.toml";

/// What decides which tables count.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) file: Option<Choice>,
    pub(crate) environment: Option<Choice>,
    pub(crate) region: Option<Choice>,
}

impl Selection {
    /// These, and the others for what they do not say; any option goes before any variable.
    pub(crate) fn or(self, others: Self) -> Self {
        let stronger = |one: Option<Choice>, other: Option<Choice>| match (one, other) {
            (Some((_, Origin::Variable(_))), Some(other @ (_, Origin::Option(_)))) => Some(other),
            (one, other) => one.or(other),
        };
        Self {
            file: stronger(self.file, others.file),
            environment: stronger(self.environment, others.environment),
            region: stronger(self.region, others.region),
        }
    }
}

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) selection: Selection,
    pub(crate) entries: Vec<Entry>,
    /// The keys that the command uses: only their values must be complete.
    pub(crate) used: Vec<&'static str>,
    /// Keys that are not used because of an option that has no key, with that option.
    pub(crate) replaced: Vec<(&'static str, &'static str)>,
}

/// The value that counts.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) entry: Entry,
    /// None if nothing is said.
    pub(crate) values: Vec<String>,
    /// Why it is not used.
    pub(crate) unused: Option<String>,
}

impl Chosen {
    /// Whether it says anything.
    pub(crate) fn says(&self) -> bool {
        !self.entry.pieces.is_empty() && (self.entry.setting.kind != Kind::Flag || self.values == ["true"])
    }

    /// Whether it says something that is used.
    pub(crate) fn counts(&self) -> bool {
        self.says() && self.unused.is_none()
    }

    /// What clients of the library have instead, because nobody says anything.
    pub(crate) fn of_clients(&self) -> Option<&'static str> {
        self.entry.setting.of_clients.filter(|_| self.entry.layer == Layer::BuiltIn)
    }

    /// Whether a command must be told.
    pub(crate) fn is_news(&self) -> bool {
        let told = matches!(self.entry.layer, Layer::BuiltIn | Layer::Option);
        self.counts() && !told
    }
}

/// The configuration that counts, each value with its origin.
#[derive(Debug)]
pub(crate) struct Layers {
    /// The file that was read.
    pub(crate) file: Option<Choice>,
    pub(crate) environment: Option<Choice>,
    pub(crate) region: Option<Choice>,
    /// In the order of the settings.
    pub(crate) chosen: Vec<Chosen>,
    /// Of the region.
    pub(crate) data: Vec<Chosen>,
}

impl Layers {
    /// Reads the file and the environment, and puts the options on top.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub(crate) fn resolve(
        given: Given,
        variables: &Variables,
        definitions: &Definitions,
    ) -> Result<Self, ConfigError> {
        let mut problems = variables.unknown();
        let options = definitions.options();
        let mut tables = ConfigFile::parse(None, DEFAULT, &options, &mut problems).tables;
        let built_in = tables.len();
        let selection = given.selection;
        let mut file = None;
        match read(selection.file) {
            Ok(Some((choice, text))) => {
                let parsed = ConfigFile::parse(Some(Path::new(&choice.0)), &text, &options, &mut problems);
                check(&parsed, &tables, definitions, &mut problems);
                tables.extend(parsed.tables);
                file = Some(choice);
            }
            Ok(None) => {}
            Err(error) => problems.extend(error.0),
        }
        // A file that is not understood at all may have the tables that are chosen.
        let is_known = !problems.iter().any(Problem::hides_tables);
        let top = tables.get(built_in);
        let environment = selection.environment.or_else(|| top.and_then(|top| top.environment.clone()));
        if is_known {
            known("environment", environment.as_ref(), &tables, &mut problems);
        }
        let said = |scope: &Scope| tables.iter().rev().find(|t| t.scope == *scope && t.region.is_some());
        let of_environment =
            environment.as_ref().and_then(|(name, _)| said(&Scope::Environment(name.clone())));
        let region = selection.region.or_else(|| {
            of_environment.or_else(|| said(&Scope::Always)).and_then(|table| table.region.clone())
        });
        if is_known {
            known("region", region.as_ref(), &tables, &mut problems);
        }

        let name = |choice: &Option<Choice>| choice.as_ref().map(|(name, _)| name.clone());
        let (environment_name, region_name) = (name(&environment), name(&region));
        let mut entries: Vec<Entry> = Vec::new();
        for table in tables {
            let applies = match &table.scope {
                Scope::Always => true,
                Scope::Environment(environment) => environment_name.as_ref() == Some(environment),
                Scope::Region(region) => region_name.as_ref() == Some(region),
                Scope::Both { environment, region } => {
                    environment_name.as_ref() == Some(environment) && region_name.as_ref() == Some(region)
                }
            };
            if applies {
                entries.extend(table.entries);
            }
        }
        entries.extend(from_variables(variables, definitions, &mut problems));
        entries.extend(given.entries);
        let (chosen, data) = strongest(entries);
        let mut chosen = with_values(chosen, variables, &mut problems);
        let data = with_values(data, variables, &mut problems);
        set_aside(&mut chosen, &given.replaced);
        let is_used = |one: &&Chosen| given.used.contains(&one.entry.setting.key);
        let counting = chosen.iter().filter(|one| one.counts()).filter(is_used);
        exclusive(counting.map(|one| &one.entry), &mut problems);
        // What is wrong elsewhere may be what is missing.
        if problems.is_empty() {
            alone(&chosen, &given.used, &mut problems);
        }
        for one in chosen.iter().filter(is_used).chain(&data) {
            let is_told = matches!(one.entry.layer, Layer::BuiltIn | Layer::Option);
            if !is_told && one.unused.is_none() {
                complete(one, definitions, &mut problems);
            }
        }
        if problems.is_empty() {
            Ok(Self { file, environment, region, chosen, data })
        } else {
            Err(ConfigError::all(problems))
        }
    }

    /// The region that was chosen, with its data; nothing if none was.
    ///
    /// # Errors
    /// What is wrong with its data.
    pub(crate) fn billing_region(&self) -> Result<Option<Region>, ConfigError> {
        let Some((code, at)) = &self.region else { return Ok(None) };
        let wrong = |reason: String| {
            ConfigError::from(Problem::WrongValue { at: at.clone(), key: "region".into(), reason })
        };
        let text = |kind: Kind| {
            let one = self.data.iter().find(|one| one.entry.setting.kind == kind);
            one.and_then(|one| one.values.first()).map_or("", String::as_str)
        };
        let currency = currency(text(Kind::Currency)).map_err(wrong)?;
        let mut region = Region {
            code: code.clone(),
            currency,
            tax: tax(text(Kind::Tax)).map_err(wrong)?,
            time_zone: time_zone(text(Kind::TimeZone)).map_err(wrong)?,
            locale: text(Kind::Locale).to_owned(),
            prices: Region::list_prices(currency),
        };
        for one in self.data.iter().filter(|one| one.entry.setting.kind == Kind::Prices) {
            let counter = one.entry.name.split_once('.').map_or("", |(_, counter)| counter);
            for price in &one.values {
                let price = serde_json::from_str(price).map_err(|error| wrong(error.to_string()))?;
                region.prices.insert(counter.to_owned(), price);
            }
        }
        Ok(Some(region))
    }

    /// What counts for a key; nothing if nothing is said.
    pub(crate) fn values(&self, key: &str) -> Vec<String> {
        let counting = self.chosen.iter().filter(|one| one.entry.name == key && one.counts());
        counting.flat_map(|one| one.values.clone()).collect()
    }

    /// The headers, with their values.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let counting =
            self.chosen.iter().filter(|one| one.entry.setting.kind == Kind::Headers && one.counts());
        counting
            .filter_map(|one| {
                let (_, name) = one.entry.name.split_once('.')?;
                Some((name.to_owned(), one.values.first()?.clone()))
            })
            .collect()
    }

    /// Where what counts for a key comes from, unless it was an option.
    pub(crate) fn origin(&self, key: &str) -> Option<&Origin> {
        let one = self.chosen.iter().find(|one| one.entry.name == key)?;
        one.is_news().then_some(&one.entry.origin)
    }
}

/// The text of the file that was named, or of the one that is there.
fn read(named: Option<Choice>) -> Result<Option<(Choice, String)>, ConfigError> {
    let is_named = named.is_some();
    let choice = named.unwrap_or_else(|| (FILE.to_owned(), Origin::Default("".into())));
    match fs::read_to_string(&choice.0) {
        Ok(text) => Ok(Some((choice, text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => Ok(None),
        Err(source) => {
            let path = match &choice.1 {
                Origin::Default(_) => choice.0,
                origin => format!("{origin} {}", choice.0),
            };
            Err(Problem::Unreadable { path, source }.into())
        }
    }
}

/// The strongest of each name, as settings and as data of the region.
fn strongest(entries: Vec<Entry>) -> (Vec<Entry>, Vec<Entry>) {
    let mut strongest: BTreeMap<(usize, String), Entry> = BTreeMap::new();
    for entry in entries {
        let mut all = SETTINGS.iter().chain(REGION_DATA);
        let number = all.position(|setting| setting == entry.setting).unwrap_or_default();
        // The names of headers are the same in any case; those of counters are not.
        let is_price = entry.setting.kind == Kind::Prices;
        let key = (number, if is_price { entry.name.clone() } else { entry.name.to_lowercase() });
        if strongest.get(&key).is_none_or(|weaker| weaker.layer <= entry.layer) {
            strongest.insert(key, entry);
        }
    }
    let (settings, data): (Vec<_>, Vec<_>) =
        strongest.into_iter().partition(|((number, _), _)| *number < SETTINGS.len());
    let entries = |all: Vec<(_, Entry)>| all.into_iter().map(|(_, entry)| entry).collect();
    (entries(settings), entries(data))
}

/// Texts for what is in variables; what is not there is told if it is needed.
fn with_values(entries: Vec<Entry>, variables: &Variables, problems: &mut Vec<Problem>) -> Vec<Chosen> {
    let mut all = Vec::new();
    for entry in entries {
        let mut values = Vec::new();
        for piece in &entry.pieces {
            match piece {
                Piece::Text(text) => values.push(text.clone()),
                Piece::Variable(name) => match variables.text(name) {
                    Ok(text) => values.extend(text),
                    Err(error) => problems.extend(error.0),
                },
            }
        }
        all.push(Chosen { entry, values, unused: None });
    }
    all
}

/// Marks what stronger ones take the place of, and what lacks what it needs.
fn set_aside(chosen: &mut [Chosen], replaced: &[(&'static str, &'static str)]) {
    for number in 0..chosen.len() {
        let (strong, key) = (&chosen[number], chosen[number].entry.setting.key);
        if !strong.says() {
            continue;
        }
        let (layer, why) = (strong.entry.layer, format!("{} is given by {}", key, strong.entry.origin));
        let weaker = strong.entry.setting.instead_of;
        for other in chosen.iter_mut() {
            if weaker.contains(&other.entry.setting.key) && other.says() && other.entry.layer < layer {
                other.unused.get_or_insert_with(|| why.clone());
            }
        }
    }
    for (key, by) in replaced {
        for other in chosen.iter_mut().filter(|other| other.entry.setting.key == *key) {
            other.unused = (other.entry.layer < Layer::Option).then(|| format!("{by} is given"));
        }
    }
    // What is needed comes before what needs it.
    for number in 0..chosen.len() {
        let Some(needed) = chosen[number].entry.setting.needs else { continue };
        let there = chosen.iter().any(|other| other.entry.setting.key == needed && other.counts());
        let one = &mut chosen[number];
        if !there && one.says() && one.unused.is_none() && one.entry.layer < Layer::Option {
            one.unused = Some(format!("without {needed} it says nothing"));
        }
    }
}
