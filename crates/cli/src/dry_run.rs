//! `--dry-run`: what would run when, and why.

use std::sync::Arc;

use billtest_contract::state::StateCatalogue;
use billtest_verifier::{Phase, PlannedInteraction, Schedule};

use crate::printer::{FAINT, Printer, STRONG};

pub(crate) fn show(schedule: &Schedule, states: &StateCatalogue, printer: &mut Printer) {
    for (number, phase) in schedule.phases.iter().enumerate() {
        let how = match phase {
            Phase::Tenants(_) => "at once, each under a tenant of its own",
            Phase::Shared(_) => "at once, under states that are set up once",
            Phase::Exclusive(_) => "one by one, with nothing beside them",
        };
        let count = phase.interactions().len();
        printer.line(format_args!("{STRONG}{}. {count} {how}{STRONG:#}", number + 1));
        for planned in phase.interactions() {
            printer.line(format_args!(
                "   {}  {FAINT}{}, because {}{FAINT:#}",
                planned.interaction.description,
                planned.source,
                reason(planned, states)
            ));
        }
    }
    printer.line("nothing was sent");
}

/// Which state decided, and where that is said.
fn reason(planned: &Arc<PlannedInteraction>, states: &StateCatalogue) -> String {
    let given = &planned.interaction.states;
    if given.is_empty() {
        return "it has no state, and --isolation decides".into();
    }
    for state in given {
        match states.get(&state.name) {
            Some(file) if file.isolation == planned.isolation => {
                return format!("{} says so", file.path.display());
            }
            _ => {}
        }
    }
    format!("no file describes \"{}\", and --isolation decides", given[0].name)
}
