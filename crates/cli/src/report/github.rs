//! What GitHub Actions is told when the command runs there: annotations, and the job summary.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Account;
use super::explain::{DIFFERENCE_LIMIT, Explanation, Status, sentence};
use super::markdown;
use super::wording::cut;
use crate::exit::CliError;
use crate::printer::Printer;

/// `true` where GitHub Actions runs the command.
const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
/// The file whose Markdown is shown on the page of the run.
const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// A summary that is larger is not shown at all.
const SUMMARY_LIMIT: usize = 1024 * 1024;
/// Longest text of an annotation.
const MESSAGE_LIMIT: usize = 4000;

/// GitHub Actions, if the command runs there.
pub(crate) struct GitHub {
    summary: Option<PathBuf>,
    token: String,
}

impl GitHub {
    pub(crate) fn from_environment() -> Option<Self> {
        if std::env::var_os(GITHUB_ACTIONS)? != "true" {
            return None;
        }
        let summary =
            std::env::var_os(GITHUB_STEP_SUMMARY).filter(|path| !path.is_empty()).map(PathBuf::from);
        // The keys of a hasher are random; that is all the randomness the token needs.
        let token = format!("billtest-{:016x}", RandomState::new().hash_one(std::process::id()));
        Some(Self { summary, token })
    }

    pub(crate) fn summary(&self) -> Option<&Path> {
        self.summary.as_deref()
    }

    /// From here on output is no command: a provider's response may hold lines that read like one.
    pub(crate) fn hold(&self, printer: &mut Printer) {
        printer.command(format_args!("::stop-commands::{}", self.token));
    }

    /// An annotation for each failure, which GitHub shows on the page of the run.
    pub(crate) fn annotate(&self, account: &Account<'_>, printer: &mut Printer) {
        printer.command(format_args!("::{}::", self.token));
        for explanation in account.explained() {
            let level = if explanation.status == Status::Pending { "warning" } else { "error" };
            printer.command(annotation(level, &title(explanation), &message(explanation)));
        }
        for problem in account.problems {
            printer.command(annotation("error", "billtest-verify", &cut(problem, MESSAGE_LIMIT)));
        }
    }

    /// Appends the Markdown report to the job summary, which other commands write to as well.
    pub(crate) fn summarize(&self, account: &Account<'_>) -> Result<(), CliError> {
        let Some(path) = &self.summary else { return Ok(()) };
        append(path, account).map_err(|source| CliError::Report {
            option: GITHUB_STEP_SUMMARY,
            path: path.display().to_string(),
            source,
        })
    }
}

fn append(path: &Path, account: &Account<'_>) -> io::Result<()> {
    let present = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let room = SUMMARY_LIMIT.saturating_sub(usize::try_from(present).unwrap_or(usize::MAX));
    let text = markdown::render(account, room);
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

fn title(explanation: &Explanation<'_>) -> String {
    let planned = explanation.planned;
    let (consumer, provider) = (&planned.consumer, &planned.provider);
    format!("{} ({consumer} -> {provider}, {})", explanation.description(), explanation.status.word())
}

fn message(explanation: &Explanation<'_>) -> String {
    let mut lines: Vec<String> =
        explanation.states().into_iter().map(|state| format!("given {state}")).collect();
    let (differences, more) = explanation.differences(DIFFERENCE_LIMIT);
    lines.extend(differences.iter().map(|mismatch| sentence(mismatch)));
    lines.extend(more);
    lines.extend(explanation.reasons().cloned());
    lines.extend(explanation.curl().map(|curl| curl.line));
    cut(&lines.join("\n"), MESSAGE_LIMIT)
}

fn annotation(level: &str, title: &str, message: &str) -> String {
    let title = data(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{}", data(message))
}

/// A text as the runner reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_stays_one_command_whatever_it_says() {
        assert_eq!(
            annotation("error", "a: b, 100%::\n::set-output", "c\r\n::error::d"),
            "::error title=a%3A b%2C 100%25%3A%3A%0A%3A%3Aset-output::c%0D%0A::error::d"
        );
    }
}
