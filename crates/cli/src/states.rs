//! `billtest states check`: the states that pacts need beside the files that describe them.

use std::collections::{BTreeMap, BTreeSet};

use crate::args::StatesCheckArgs;
use crate::exit::{CliError, Exit};
use crate::printer::{BAD, FAINT, GOOD, NOTICE, Printer};
use crate::{mock, pacts};

pub(crate) fn exec_check(args: &StatesCheckArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let seeds = mock::load_states(args.states.as_deref())?;
    let states = seeds.catalogue();
    let read = pacts::read(&args.sources, true, None, printer)?;
    if read.files.is_empty() && read.problems.is_empty() {
        return Err(CliError::Nothing(format!("no pact in {}", pacts::named(&args.sources))));
    }

    let mut needed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for pact in &read.files {
        for state in pact.interactions.iter().flat_map(|interaction| &interaction.states) {
            needed.entry(&state.name).or_default().insert(&pact.source);
        }
    }
    let mut missing = 0;
    for (name, pacts) in &needed {
        let pacts = pacts.iter().copied().collect::<Vec<_>>().join(", ");
        if let Some(file) = states.get(name) {
            printer.line(format_args!(
                "{GOOD}used{GOOD:#}     {name}  {FAINT}{}, for {pacts}{FAINT:#}",
                file.path.display()
            ));
        } else {
            missing += 1;
            let hint =
                states.nearest(name).map_or_else(String::new, |near| format!(", did you mean {near}?"));
            printer.line(format_args!("{BAD}missing{BAD:#}  {name}{hint}  {FAINT}for {pacts}{FAINT:#}"));
        }
    }
    let mut unused = 0;
    for file in states.iter().filter(|file| !needed.contains_key(file.name.as_str())) {
        unused += 1;
        printer.line(format_args!(
            "{NOTICE}unused{NOTICE:#}   {}  {FAINT}{}{FAINT:#}",
            file.name,
            file.path.display()
        ));
    }
    printer.line(format_args!("{} used, {missing} missing, {unused} unused", needed.len() - missing));
    Ok(if missing > 0 {
        Exit::State
    } else if read.problems.is_empty() {
        Exit::Verified
    } else {
        Exit::Invalid
    })
}
