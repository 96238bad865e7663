//! `billtest config init`: a file to begin with.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use super::error::{ConfigError, Problem};
use super::layers::{DEFAULT, FILE};
use crate::args::InitArgs;
use crate::exit::{CliError, Exit};
use crate::printer::Printer;

/// Writes the reference with every key left to its default.
pub(crate) fn exec_init(args: &InitArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let path = args.path.as_deref().unwrap_or(FILE.as_ref());
    let written = OpenOptions::new()
        .write(true)
        // Never over a file that somebody made.
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(inactive(DEFAULT).as_bytes()));
    let shown = path.display().to_string();
    match written {
        Ok(()) => {
            printer.line(format_args!("{shown} is written; all of its keys are comments"));
            Ok(Exit::Verified)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(ConfigError::from(Problem::Exists { path: shown }).into())
        }
        Err(source) => Err(ConfigError::from(Problem::Unwritable { path: shown, source }).into()),
    }
}

/// The same with every key as a comment.
fn inactive(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let is_active = !line.is_empty() && !line.starts_with('#');
        format!("{}{line}\n", if is_active { "#" } else { "" })
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use billtest_models::Region;

    use super::super::definitions::Definitions;
    use super::super::file::{ConfigFile, Piece, Scope};
    use super::super::origin::Layer;
    use super::super::setting::{Kind, SETTINGS};
    use super::*;
    use crate::args::{PACTS, STATES};

    fn parse(path: Option<&Path>, text: &str) -> ConfigFile {
        let mut problems = Vec::new();
        let file = ConfigFile::parse(path, text, &[], &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        file
    }

    /// A user would read a default in the reference that is not the program's.
    #[test]
    fn the_reference_has_the_defaults_of_the_command_line() {
        let definitions = Definitions::new();
        let file = parse(None, DEFAULT);
        let top = &file.tables[0];
        for setting in SETTINGS.iter().filter(|setting| setting.key != "headers") {
            let entry = top.entries.iter().find(|entry| entry.setting == setting);
            let said: Vec<&str> = entry
                .iter()
                .flat_map(|entry| &entry.pieces)
                .filter_map(|piece| match piece {
                    Piece::Text(text) => Some(text.as_str()),
                    Piece::Variable(_) => None,
                })
                .collect();
            let expected = match setting.key {
                "sources" => vec![PACTS.to_owned()],
                "states" => vec![STATES.to_owned()],
                _ if setting.kind == Kind::Flag => vec!["false".to_owned()],
                _ => definitions.default(setting),
            };
            assert_eq!(said, expected, "{}", setting.key);
        }
        assert!(top.entries.iter().all(|entry| entry.layer == Layer::BuiltIn));
    }

    /// A user would be shown another tax than the one that bills are made with.
    #[test]
    fn the_built_in_regions_are_those_of_the_models() {
        let file = parse(None, DEFAULT);
        let mut regions = 0;
        for table in &file.tables {
            let Scope::Region(code) = &table.scope else { continue };
            let region = Region::named(code).unwrap();
            let said = |key: &str| {
                let entry = table.entries.iter().find(|entry| entry.name == key).unwrap();
                entry.pieces.clone()
            };
            let expected = |text: String| vec![Piece::Text(text)];
            assert_eq!(said("currency"), expected(region.currency.to_string()));
            assert_eq!(said("tax"), expected(region.tax.to_string()));
            assert_eq!(said("time-zone"), expected(region.time_zone.name().to_owned()));
            assert_eq!(said("locale"), expected(region.locale));
            regions += 1;
        }
        assert_eq!(regions, Region::built_in().len());
    }

    /// A user would uncomment a line and be refused, or never find a key.
    #[test]
    fn every_key_is_in_the_reference_and_every_line_of_it_can_be_taken() {
        let lines = DEFAULT.lines().map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest,
            _ => line,
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let file = parse(Some(Path::new("billtest.toml")), &text);
        for setting in SETTINGS {
            let mut entries = file.tables[0].entries.iter();
            let entry =
                entries.find(|entry| entry.setting == setting).unwrap_or_else(|| panic!("{}", setting.key));
            assert_eq!(Definitions::new().check(entry, &entry.texts()), Ok(()), "{}", setting.key);
        }
        let empty = parse(Some(Path::new("billtest.toml")), &inactive(DEFAULT));
        assert!(empty.tables.iter().all(|table| table.entries.is_empty()));
    }
}
