//! `billtest.toml`, variables and options, as the two commands take them together.

mod errors;
mod layers;
mod prices;
mod show;
mod used;

use crate::workspace::Run;

impl Run {
    /// The value and the source that `config show` has for a key.
    #[track_caller]
    fn row(&self, key: &str) -> (String, String) {
        let line = self.stdout.lines().find(|line| line.split("  ").next() == Some(key));
        assert!(line.is_some(), "{key} is not in:\n{}{}", self.stdout, self.stderr);
        let line = line.unwrap();
        let mut parts = line[key.len()..].trim().splitn(2, "  ");
        let value = parts.next().unwrap_or_default().trim().to_owned();
        (value, parts.next().unwrap_or_default().trim().to_owned())
    }

    /// That `config show` has this value for a key, from this source.
    #[track_caller]
    fn has(self, key: &str, value: &str, source: &str) -> Self {
        assert_eq!(self.row(key), (value.to_owned(), source.to_owned()), "{key}");
        self
    }
}
