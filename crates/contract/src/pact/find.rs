use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::PactError;

/// Finds the pact files that `sources` name: files, directories (searched for `*.json`, however deep) and glob
/// patterns. Sorted, each once.
///
/// # Errors
/// [`PactError::NotFound`], [`PactError::Unreadable`], [`PactError::InvalidPattern`]. A directory or pattern
/// without a pact is no error: the list is empty.
pub fn find(sources: &[String]) -> Result<Vec<PathBuf>, PactError> {
    let mut found = Vec::new();
    for source in sources {
        let path = Path::new(source);
        if path.is_dir() {
            found.extend(json_files_below(path)?);
        } else if path.exists() {
            found.push(path.to_owned());
        } else if source.contains(['*', '?', '[', '{']) {
            found.extend(matching(source)?);
        } else {
            return Err(PactError::NotFound { path: source.clone() });
        }
    }
    found.sort();
    // The same file by two names is one pact.
    let mut seen = BTreeSet::new();
    found.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(found)
}

/// Whatever is below a directory and no directory. What cannot be looked at is listed if it is named like a pact, so
/// that reading it fails and says so; an editor's dangling link is nobody's pact.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>, PactError> {
    let mut files = Vec::new();
    for entry in WalkDir::new(directory).follow_links(true) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => files.push(entry.into_path()),
            Err(error) => {
                let path = error.path().unwrap_or(directory).to_owned();
                if path.is_dir() && error.loop_ancestor().is_none() {
                    return Err(PactError::Unreadable {
                        path: path.display().to_string(),
                        source: error.into(),
                    });
                }
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn json_files_below(directory: &Path) -> Result<Vec<PathBuf>, PactError> {
    let mut files = files_below(directory)?;
    files.retain(|path| {
        let named = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        named.to_ascii_lowercase().ends_with(".json") && !named.starts_with('.')
    });
    Ok(files)
}

fn matching(pattern: &str) -> Result<Vec<PathBuf>, PactError> {
    let invalid = |reason: String| PactError::InvalidPattern { pattern: pattern.to_owned(), reason };
    // `./a//b` and `a/b` are the same place.
    let plain: PathBuf = Path::new(pattern).components().filter(|part| *part != Component::CurDir).collect();
    let plain = plain.to_string_lossy();
    let matcher = GlobBuilder::new(&plain)
        .literal_separator(true)
        .build()
        .map_err(|error| invalid(error.kind().to_string()))?
        .compile_matcher();
    // The directory above the first part that has a pattern in it is where to look.
    let base: PathBuf = Path::new(plain.as_ref())
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']))
        .collect();
    let start = if base.as_os_str().is_empty() { Path::new(".") } else { base.as_path() };
    if !start.exists() {
        return Ok(Vec::new());
    }
    let mut files = files_below(start)?;
    files.retain(|path| matcher.is_match(path.strip_prefix("./").unwrap_or(path)));
    Ok(files)
}
