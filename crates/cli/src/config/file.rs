//! A configuration file, read into its tables with the place of every value.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Problem;
use super::origin::{Layer, Origin, Place};
use super::setting::{Kind, REGION_DATA, SETTINGS, Setting, did_you_mean};
use crate::broker;

/// A text as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// What is in this variable.
    Variable(String),
}

/// One value, as one layer says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) setting: &'static Setting,
    /// The key; of a header `headers.` and its name, of a price `prices.` and its counter.
    pub(crate) name: String,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) layer: Layer,
    pub(crate) origin: Origin,
}

impl Entry {
    /// What it says without a look at variables.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Variable(_) => None,
        };
        self.pieces.iter().filter_map(text).collect()
    }
}

/// When what a table says is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    Always,
    Environment(String),
    Region(String),
    Both { environment: String, region: String },
}

impl Scope {
    fn layer(&self, built_in: bool) -> Layer {
        match self {
            Self::Always if built_in => Layer::BuiltIn,
            Self::Always => Layer::File,
            Self::Environment(_) if built_in => Layer::BuiltInEnvironment,
            Self::Environment(_) => Layer::Environment,
            Self::Region(_) if built_in => Layer::BuiltInRegion,
            Self::Region(_) => Layer::Region,
            Self::Both { .. } => Layer::EnvironmentRegion,
        }
    }

    /// As its table is written.
    fn table(&self) -> String {
        match self {
            Self::Always => String::new(),
            Self::Environment(name) => format!("environments.{name}"),
            Self::Region(name) => format!("regions.{name}"),
            Self::Both { environment, region } => format!("environments.{environment}.regions.{region}"),
        }
    }
}

/// The choice of an environment or a region, with its place.
pub(crate) type Choice = (String, Origin);

/// One table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) scope: Scope,
    pub(crate) origin: Origin,
    pub(crate) entries: Vec<Entry>,
    /// Only at the top.
    pub(crate) environment: Option<Choice>,
    pub(crate) region: Option<Choice>,
}

/// A configuration file.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConfigFile {
    pub(crate) tables: Vec<Table>,
}

impl ConfigFile {
    /// Reads the text of a file, and puts all that is wrong with it to the problems. Without a path it is the one that
    /// is embedded. `options` are those of the command line.
    pub(crate) fn parse(
        path: Option<&Path>,
        text: &str,
        options: &[String],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let label: Rc<str> =
            path.map_or_else(|| "default.toml".into(), |path| path.display().to_string().into());
        let directory = path.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let mut reader = Reader {
            file: Self::default(),
            label,
            directory,
            built_in: path.is_none(),
            text,
            options,
            problems,
        };
        match DeTable::parse(text) {
            Ok(table) => reader.table(table.get_ref(), Scope::Always, 0),
            Err(error) => {
                // Only the message: the line itself may hold a secret.
                let at = reader.origin(error.span().map_or(0, |span| span.start), "").at();
                let message = error.message().lines().collect::<Vec<_>>().join(", ");
                reader.problems.push(Problem::Syntax { at, message });
            }
        }
        reader.file
    }
}

/// What reads a file.
pub(super) struct Reader<'a> {
    file: ConfigFile,
    label: Rc<str>,
    directory: PathBuf,
    built_in: bool,
    text: &'a str,
    options: &'a [String],
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// Where something is, in a table of this name.
    pub(super) fn origin(&self, offset: usize, table: &str) -> Origin {
        if self.built_in {
            return Origin::Default(table.into());
        }
        let before = self.text.get(..offset).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let line = before.matches('\n').count() + 1;
        Origin::File(Place { file: Rc::clone(&self.label), line, column, table: table.into() })
    }

    fn table(&mut self, table: &DeTable<'_>, scope: Scope, offset: usize) {
        let name = scope.table();
        let layer = scope.layer(self.built_in);
        let mut read = Table {
            origin: self.origin(offset, &name),
            scope,
            entries: Vec::new(),
            environment: None,
            region: None,
        };
        let mut inner = Vec::new();
        for (key, value) in table {
            let at = key.span().start;
            let origin = self.origin(at, &name);
            let key = key.get_ref().as_ref();
            let choice = |reader: &mut Self| reader.choice(key, value, &origin);
            match (key, &read.scope) {
                ("environment", Scope::Always) => read.environment = choice(self),
                ("region", Scope::Always | Scope::Environment(_)) => read.region = choice(self),
                ("environments", Scope::Always) => {
                    inner.extend(self.tables(key, value, &origin, Scope::Environment));
                }
                ("regions", Scope::Always) => inner.extend(self.tables(key, value, &origin, Scope::Region)),
                ("regions", Scope::Environment(environment)) => {
                    let both = |region| Scope::Both { environment: environment.clone(), region };
                    inner.extend(self.tables(key, value, &origin, both));
                }
                ("prices", Scope::Region(_) | Scope::Both { .. }) => {
                    read.entries.extend(self.prices(value, &origin, &name, layer));
                }
                ("headers", _) => read.entries.extend(self.headers(value, &origin, &name, layer)),
                _ => match self.known(key, &read.scope) {
                    Some(setting) => {
                        let pieces = self.pieces(setting, value, &origin);
                        read.entries.extend(pieces.map(|pieces| Entry {
                            setting,
                            name: key.to_owned(),
                            pieces,
                            layer,
                            origin,
                        }));
                    }
                    None => {
                        let hint = self.hint(key, &read.scope);
                        self.problems.push(Problem::UnknownKey { at: origin, key: key.to_owned(), hint });
                    }
                },
            }
        }
        self.file.tables.push(read);
        for (table, scope, offset) in inner {
            self.table(table, scope, offset);
        }
    }

    fn known(&self, key: &str, scope: &Scope) -> Option<&'static Setting> {
        let of_region = matches!(scope, Scope::Region(_) | Scope::Both { .. });
        let data = REGION_DATA.iter().filter(|_| of_region);
        SETTINGS.iter().chain(data).find(|setting| setting.key == key)
    }

    /// What may have been meant by a key that is not known.
    fn hint(&self, key: &str, scope: &Scope) -> String {
        if self.options.iter().any(|option| option == key) {
            return format!("; --{key} is an option of the command line only");
        }
        let more: &[&str] = match scope {
            Scope::Always => &["environment", "region", "environments", "regions"],
            Scope::Environment(_) => &["region", "regions"],
            Scope::Region(_) | Scope::Both { .. } => &[],
        };
        let known = SETTINGS.iter().chain(REGION_DATA).map(|setting| setting.key);
        let allowed = known.filter(|known| self.known(known, scope).is_some());
        did_you_mean(key, allowed.chain(more.iter().copied()))
    }

    pub(super) fn tell(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Tells that a value is of another type than expected.
    pub(super) fn wrong(&mut self, origin: &Origin, key: &str, expected: &'static str, found: &DeValue<'_>) {
        self.tell(Problem::WrongType {
            at: origin.clone(),
            key: key.to_owned(),
            expected,
            found: kind_of(found),
        });
    }

    fn choice(&mut self, key: &str, value: &Spanned<DeValue<'_>>, origin: &Origin) -> Option<Choice> {
        match value.get_ref() {
            DeValue::String(text) => {
                Some((text.to_string(), origin.clone())).filter(|(name, _)| !name.is_empty())
            }
            other => {
                self.wrong(origin, key, Kind::Text.expected(), other);
                None
            }
        }
    }

    /// The tables of a table.
    fn tables<'v, 'i>(
        &mut self,
        key: &str,
        value: &'v Spanned<DeValue<'i>>,
        origin: &Origin,
        scope: impl Fn(String) -> Scope,
    ) -> Vec<(&'v DeTable<'i>, Scope, usize)> {
        let DeValue::Table(tables) = value.get_ref() else {
            self.wrong(origin, key, "a table of tables", value.get_ref());
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, value) in tables {
            match value.get_ref() {
                DeValue::Table(table) => {
                    found.push((table, scope(name.get_ref().to_string()), name.span().start));
                }
                other => {
                    let origin = self.origin(name.span().start, "");
                    self.wrong(&origin, &format!("{key}.{}", name.get_ref()), "a table", other);
                }
            }
        }
        found
    }

    fn headers(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        origin: &Origin,
        table: &str,
        layer: Layer,
    ) -> Vec<Entry> {
        let DeValue::Table(headers) = value.get_ref() else {
            self.wrong(origin, "headers", Kind::Headers.expected(), value.get_ref());
            return Vec::new();
        };
        let Some(setting) = self.known("headers", &Scope::Always) else { return Vec::new() };
        let mut entries = Vec::new();
        for (header, value) in headers {
            let origin = self.origin(header.span().start, table);
            let name = format!("headers.{}", header.get_ref());
            if let Some(piece) = text(value.get_ref()) {
                entries.push(Entry { setting, name, pieces: not_empty(piece), layer, origin });
            } else {
                self.wrong(&origin, &name, Kind::Text.expected(), value.get_ref());
            }
        }
        entries
    }

    fn pieces(
        &mut self,
        setting: &'static Setting,
        value: &Spanned<DeValue<'_>>,
        origin: &Origin,
    ) -> Option<Vec<Piece>> {
        let value = value.get_ref();
        let pieces = match value {
            DeValue::Array(items) if setting.kind.is_list() => {
                items.iter().map(|item| piece(setting.kind, item.get_ref())).collect::<Option<Vec<_>>>()
            }
            other => piece(setting.kind, other).map(not_empty),
        };
        let Some(pieces) = pieces else {
            self.wrong(origin, setting.key, setting.kind.expected(), value);
            return None;
        };
        Some(pieces.into_iter().map(|piece| self.relative(setting.kind, piece)).collect())
    }

    /// Paths are relative to the file that names them.
    fn relative(&self, kind: Kind, piece: Piece) -> Piece {
        match (kind, piece) {
            (Kind::Path, Piece::Text(path)) => Piece::Text(self.joined(path)),
            (Kind::Sources, Piece::Text(path)) if !broker::is_address(&path) => {
                Piece::Text(self.joined(path))
            }
            (_, piece) => piece,
        }
    }

    fn joined(&self, path: String) -> String {
        if self.directory.as_os_str().is_empty() {
            return path;
        }
        self.directory.join(path).display().to_string()
    }
}

/// A text, or where it is.
fn text(value: &DeValue<'_>) -> Option<Piece> {
    match value {
        DeValue::String(text) => Some(Piece::Text(text.to_string())),
        DeValue::Table(table) => {
            let mut fields = table.iter();
            match (fields.next(), fields.next()) {
                (Some((key, name)), None) if key.get_ref() == "env" => match name.get_ref() {
                    DeValue::String(name) => Some(Piece::Variable(name.to_string())),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

fn not_empty(piece: Piece) -> Vec<Piece> {
    if piece == Piece::Text(String::new()) { Vec::new() } else { vec![piece] }
}

fn piece(kind: Kind, value: &DeValue<'_>) -> Option<Piece> {
    match (kind, value) {
        (Kind::Number, DeValue::Integer(number)) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
            Some(Piece::Text(number.to_string()))
        }
        (Kind::Tax, DeValue::Integer(_) | DeValue::Float(_)) => decimal(value).map(Piece::Text),
        (Kind::Flag, DeValue::Boolean(yes)) => Some(Piece::Text(yes.to_string())),
        (Kind::Number | Kind::Tax | Kind::Flag, DeValue::Table(_)) => text(value),
        (Kind::Number | Kind::Tax | Kind::Flag, _) => None,
        (Kind::Objects, DeValue::Table(_)) => Some(Piece::Text(json(value).to_string())),
        (Kind::Objects, _) => None,
        _ => text(value),
    }
}

/// A number as decimal text, with every digit that is written.
pub(super) fn decimal(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Integer(number) => {
            let number = i128::from_str_radix(number.as_str(), number.radix()).ok()?;
            Some(number.to_string())
        }
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

/// The same value in JSON.
fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::Boolean(yes) => (*yes).into(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| number.as_str().into(), Into::into),
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Float(number) => {
            number.as_str().parse::<f64>().map_or_else(|_| number.as_str().into(), Into::into)
        }
        DeValue::Datetime(time) => time.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
