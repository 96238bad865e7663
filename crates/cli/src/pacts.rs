//! Where the pacts of a run come from.

use std::path::Path;

use billtest_contract::pact::{self, PactFile};

use crate::args::PACTS;
use crate::broker;
use crate::exit::CliError;
use crate::printer::Printer;
use crate::report::Reports;

/// The pacts that could be read, and what is wrong with the others.
#[derive(Debug, Default)]
pub(crate) struct Pacts {
    pub(crate) files: Vec<PactFile>,
    pub(crate) problems: Vec<String>,
}

/// Reads every pact that can be read, and tells about every one that cannot.
///
/// `default`: no sources mean the default directory. A pact that a report would overwrite is none of these.
pub(crate) fn read(
    sources: &[String],
    default: bool,
    reports: Option<&Reports>,
    printer: &mut Printer,
) -> Result<Pacts, CliError> {
    let mut pacts = Pacts::default();
    let sources: Vec<String> = if sources.is_empty() && default && Path::new(PACTS).exists() {
        vec![PACTS.to_owned()]
    } else {
        sources.iter().filter(|source| !broker::is_address(source)).cloned().collect()
    };
    let found = pact::find(&sources)?;
    let found = match reports {
        Some(reports) => reports.refuse(found)?,
        None => found,
    };
    for path in found {
        match PactFile::read(&path) {
            Ok(pact) => pacts.files.push(pact),
            Err(error) => {
                printer.error(&error);
                pacts.problems.push(error.to_string());
            }
        }
    }
    Ok(pacts)
}

/// The sources in words.
pub(crate) fn named(sources: &[String]) -> String {
    if sources.is_empty() { PACTS.to_owned() } else { sources.join(", ") }
}
