//! Where report files go: each to a place of its own, known to be writable before anything runs.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use billtest_contract::write;

use super::Form;
use crate::exit::CliError;

/// One report file.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) form: Form,
    /// As the user wrote it.
    path: PathBuf,
    /// What the path leads to, links followed.
    place: PathBuf,
}

impl Target {
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        if is_special(&self.path) {
            // A device or a pipe takes what is written to it; a file in its place would be somebody's loss.
            fs::OpenOptions::new().write(true).open(&self.path).and_then(|mut file| file.write_all(bytes))
        } else {
            write::replace(&self.place, bytes)
        }
    }

    /// Fails for every reason that can be known beforehand.
    fn check(&self) -> io::Result<()> {
        if self.path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name a file"));
        }
        if is_special(&self.path) {
            return Ok(());
        }
        let directory = self.place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        tempfile::tempfile_in(directory).map(|_| ())
    }

    pub(crate) fn failed(&self, source: io::Error) -> CliError {
        CliError::Report { option: self.form.option(), path: self.path.display().to_string(), source }
    }
}

/// All report files of a run.
#[derive(Debug)]
pub(crate) struct Targets {
    targets: Vec<Target>,
}

impl Targets {
    /// `summary` is a file that is appended to besides; Markdown asked for at that place is what it gets anyway.
    pub(crate) fn prepare(
        wanted: impl Iterator<Item = (Form, PathBuf)>,
        summary: Option<&Path>,
    ) -> Result<Self, CliError> {
        let summary = summary.map(place);
        let mut targets: Vec<Target> = Vec::new();
        for (form, path) in wanted {
            let place = place(&path);
            if summary.as_ref() == Some(&place) {
                if form == Form::Markdown {
                    continue;
                }
                return Err(CliError::Usage(format!(
                    "{} {} is the job summary; give the report a file of its own",
                    form.option(),
                    path.display()
                )));
            }
            if let Some(other) = targets.iter().find(|other| other.place == place) {
                return Err(CliError::Usage(format!(
                    "{} {} and {} {} are the same file; give each report its own",
                    other.form.option(),
                    other.path.display(),
                    form.option(),
                    path.display()
                )));
            }
            targets.push(Target { form, path, place });
        }
        for target in &targets {
            target.check().map_err(|source| target.failed(source))?;
        }
        Ok(Self { targets })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter()
    }

    /// Fails if a report would be written over one of these.
    pub(crate) fn refuse(&self, pacts: &[PathBuf]) -> Result<(), CliError> {
        if self.targets.is_empty() {
            return Ok(());
        }
        for pact in pacts {
            let pact = place(pact);
            if let Some(target) = self.targets.iter().find(|target| target.place == pact) {
                return Err(CliError::ReportOverPact {
                    option: target.form.option(),
                    path: target.path.display().to_string(),
                });
            }
        }
        Ok(())
    }
}

/// Whether it is there and neither file nor directory.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// What a path leads to: links followed as far as it is there, the rest taken as it is written.
fn place(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut missing: Vec<&OsStr> = Vec::new();
    let mut there = absolute.as_path();
    let mut place = loop {
        if let Ok(found) = there.canonicalize() {
            break found;
        }
        match (there.parent(), there.components().next_back()) {
            (Some(parent), Some(last)) => {
                missing.push(last.as_os_str());
                there = parent;
            }
            _ => return absolute,
        }
    };
    for part in missing.into_iter().rev() {
        match Path::new(part).components().next() {
            Some(Component::ParentDir) => {
                place.pop();
            }
            Some(Component::CurDir) | None => {}
            Some(_) => place.push(part),
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_same_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        assert_eq!(place(&base.join("new/../r.json")), base.join("r.json"));
        assert_eq!(place(&base.join("./a/./b")), base.join("a/b"));
        #[cfg(unix)]
        {
            fs::create_dir(base.join("real")).unwrap();
            std::os::unix::fs::symlink(base.join("real"), base.join("link")).unwrap();
            assert_eq!(place(&base.join("link/r")), base.join("real/r"));
        }
    }
}
