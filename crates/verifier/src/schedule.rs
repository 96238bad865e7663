//! What runs when, and beside what.
//!
//! Three phases, from the most parallel to the least:
//!
//! 1. interactions under `tenant` isolation, all at once: each has its tenant to itself;
//! 2. interactions under `shared` isolation, a group for each set of states: the states are set up once, the group
//!    runs at once, the states are torn down;
//! 3. interactions under `exclusive` isolation, one by one in the order of their pacts, with nothing beside them.
//!
//! Without a declared isolation there is only the third, which is the order every other verifier has.

use std::sync::Arc;

use billtest_contract::state::Isolation;

use crate::{Plan, PlannedInteraction};

/// The interactions of a plan in the order of their phases.
#[derive(Debug)]
pub struct Schedule {
    /// The phases, none of them empty.
    pub phases: Vec<Phase>,
}

/// Interactions that are started together, or one by one.
#[derive(Debug)]
pub enum Phase {
    /// All at once, each under its own tenant.
    Tenants(Vec<Arc<PlannedInteraction>>),
    /// All at once, under states that are set up once.
    Shared(Vec<Arc<PlannedInteraction>>),
    /// One by one.
    Exclusive(Vec<Arc<PlannedInteraction>>),
}

impl Phase {
    /// Its interactions.
    #[must_use]
    pub fn interactions(&self) -> &[Arc<PlannedInteraction>] {
        match self {
            Self::Tenants(all) | Self::Shared(all) | Self::Exclusive(all) => all,
        }
    }
}

impl Schedule {
    /// Lays a plan out in phases.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let (mut tenants, mut exclusive) = (Vec::new(), Vec::new());
        let mut shared: Vec<Vec<Arc<PlannedInteraction>>> = Vec::new();
        for planned in plan.interactions() {
            let planned = Arc::clone(planned);
            match planned.isolation {
                Isolation::Tenant => tenants.push(planned),
                Isolation::Exclusive => exclusive.push(planned),
                Isolation::Shared => {
                    // The states of another consumer may be set up differently.
                    let same = |group: &&mut Vec<Arc<PlannedInteraction>>| {
                        group.first().is_some_and(|first| {
                            first.name.states == planned.name.states && first.consumer == planned.consumer
                        })
                    };
                    match shared.iter_mut().find(same) {
                        Some(group) => group.push(planned),
                        None => shared.push(vec![planned]),
                    }
                }
            }
        }
        let mut phases = Vec::new();
        if !tenants.is_empty() {
            phases.push(Phase::Tenants(tenants));
        }
        phases.extend(shared.into_iter().map(Phase::Shared));
        if !exclusive.is_empty() {
            phases.push(Phase::Exclusive(exclusive));
        }
        Self { phases }
    }
}
