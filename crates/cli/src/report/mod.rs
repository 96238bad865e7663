//! Reports. An [`Account`] explains a run once; every report gives that another form.

mod account;
pub(crate) mod exchange;
mod explain;
mod github;
mod html;
pub(crate) mod human;
mod json;
mod junit;
mod markdown;
mod target;
pub(crate) mod wording;

use std::io;
use std::path::PathBuf;

pub(crate) use account::Account;
pub(crate) use json::failed_in;

use crate::args::ReportArgs;
use crate::exit::CliError;
use crate::printer::Printer;
use github::GitHub;
use target::Targets;

/// The form of a report file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Junit,
    Html,
    Markdown,
}

impl Form {
    /// The option that asks for it.
    fn option(self) -> &'static str {
        match self {
            Self::Json => "--json",
            Self::Junit => "--junit",
            Self::Html => "--html",
            Self::Markdown => "--markdown",
        }
    }

    fn render(self, account: &Account<'_>) -> io::Result<String> {
        match self {
            Self::Json => Ok(json::render(account)),
            Self::Junit => junit::render(account),
            Self::Html => Ok(html::render(account)),
            Self::Markdown => Ok(markdown::render(account, usize::MAX)),
        }
    }
}

/// The reports that a run is to leave behind, each at a place of its own that can be written.
pub(crate) struct Reports {
    targets: Targets,
    github: Option<GitHub>,
}

impl Reports {
    /// Makes sure, before anything runs, that no report overwrites another and that each can be written.
    pub(crate) fn prepare(args: &ReportArgs, printer: &mut Printer) -> Result<Self, CliError> {
        let github = GitHub::from_environment();
        let wanted = [
            (Form::Json, &args.json),
            (Form::Junit, &args.junit),
            (Form::Html, &args.html),
            (Form::Markdown, &args.markdown),
        ];
        let wanted = wanted.into_iter().filter_map(|(form, path)| path.clone().map(|path| (form, path)));
        let summary = github.as_ref().and_then(GitHub::summary);
        let targets = Targets::prepare(wanted, summary)?;
        if let Some(github) = &github {
            github.hold(printer);
        }
        Ok(Self { targets, github })
    }

    /// These pacts, unless a report would overwrite one of them.
    pub(crate) fn refuse(&self, pacts: Vec<PathBuf>) -> Result<Vec<PathBuf>, CliError> {
        self.targets.refuse(&pacts)?;
        Ok(pacts)
    }

    /// Writes every report. One that cannot be written does not keep the others from being written.
    pub(crate) fn write_all(&self, account: &Account<'_>, printer: &mut Printer) -> Result<(), CliError> {
        printer.document(|| json::render(account));
        let mut result = Ok(());
        for target in self.targets.iter() {
            let written = target.form.render(account).and_then(|text| target.write(text.as_bytes()));
            result = result.and(written.map_err(|source| target.failed(source)));
        }
        if let Some(github) = &self.github {
            github.annotate(account, printer);
            result = result.and(github.summarize(account));
        }
        result
    }

    /// Writes that the run ended before its work, so that no earlier report is taken for this run's.
    pub(crate) fn write_failure(&self, error: &CliError, printer: &mut Printer) {
        let problems = [error.to_string()];
        let account = Account::failed(&problems, error.exit());
        let written = match (error, &self.github) {
            // All that can be written was written.
            (CliError::Report { .. }, _) | (CliError::ReportOverPact { .. }, None) => Ok(()),
            (CliError::ReportOverPact { .. }, Some(github)) => {
                github.annotate(&account, printer);
                github.summarize(&account)
            }
            _ => self.write_all(&account, printer),
        };
        if let Err(error) = written {
            printer.error(error);
        }
    }
}
