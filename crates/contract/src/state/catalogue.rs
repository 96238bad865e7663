use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{StateFile, StateFileError};
use crate::nearest;

/// All state files of a directory, by name of the state.
#[derive(Debug, Clone, Default)]
pub struct StateCatalogue {
    states: BTreeMap<String, StateFile>,
}

impl StateCatalogue {
    /// Reads every `*.toml` of a directory.
    ///
    /// # Errors
    /// All that is wrong with all of its files, at once.
    pub fn load(directory: &Path) -> Result<Self, Vec<StateFileError>> {
        let unreadable = |path: &Path, error: &std::io::Error| StateFileError::Unreadable {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let entries = fs::read_dir(directory).map_err(|error| vec![unreadable(directory, &error)])?;
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(|error| vec![unreadable(directory, &error)])?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();

        let mut catalogue = Self::default();
        let mut errors = Vec::new();
        for path in paths {
            let read = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error));
            match read.and_then(|source| StateFile::parse(&path, &source)) {
                Ok(file) => {
                    if let Some(other) = catalogue.states.get(&file.name) {
                        errors.push(StateFileError::Duplicate {
                            path: path.display().to_string(),
                            other: other.path.display().to_string(),
                            name: file.name,
                        });
                    } else {
                        catalogue.states.insert(file.name.clone(), file);
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(catalogue) } else { Err(errors) }
    }

    /// The file of a state, by its exact name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&StateFile> {
        self.states.get(name)
    }

    /// The known state whose name is most like this one.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.states.keys().map(String::as_str))
    }

    /// All states, by name.
    pub fn iter(&self) -> impl Iterator<Item = &StateFile> {
        self.states.values()
    }
}
