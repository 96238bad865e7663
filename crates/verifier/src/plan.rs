//! What is to be verified, decided before anything is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use billtest_contract::pact::{Interaction, PactFile};
use billtest_contract::state::{Isolation, StateCatalogue};

use pact_models::plugins::PluginData;

use crate::compare::Replay;
use crate::filter::{Filter, InteractionName};

/// What a plan is made with.
#[derive(Debug)]
pub struct PlanOptions<'a> {
    /// The state files, which say what may run beside what.
    pub states: &'a StateCatalogue,
    /// What may run beside an interaction that no state file describes.
    pub isolation: Isolation,
    /// Which interactions are to be verified.
    pub filter: &'a Filter,
    /// The path at the provider that gives messages.
    pub message_path: &'a str,
}

/// The interactions of a run, in the order of their pacts.
#[derive(Debug, Default)]
pub struct Plan {
    /// The pacts, each with its interactions.
    pub pacts: Vec<PlannedPact>,
    /// How many interactions the filter left out.
    pub left_out: usize,
}

/// One pact of a plan.
#[derive(Debug)]
pub struct PlannedPact {
    /// Where it came from.
    pub source: String,
    /// Who wrote it.
    pub consumer: String,
    /// Who is to keep it.
    pub provider: String,
    /// The plugins that it cannot be understood without.
    pub plugins: Vec<PluginData>,
    /// What is to be verified of it.
    pub interactions: Vec<Arc<PlannedInteraction>>,
}

/// One interaction of a plan.
#[derive(Debug)]
pub struct PlannedInteraction {
    /// Position in the plan, from 0.
    pub number: usize,
    /// Where its pact came from.
    pub source: String,
    /// Who wrote its pact.
    pub consumer: String,
    /// Who is to keep its pact.
    pub provider: String,
    /// The interaction as it stands in the pact.
    pub interaction: Arc<Interaction>,
    /// What it is known by between runs.
    pub name: InteractionName,
    /// What may run beside it: the strictest of its states.
    pub isolation: Isolation,
    pub(crate) replay: Replay,
}

/// A state that some interaction needs and nothing can set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownState {
    /// The state.
    pub name: String,
    /// The known state whose name is most like it.
    pub nearest: Option<String>,
    /// The interactions that need it: pact and description.
    pub needed_by: Vec<(String, String)>,
}

impl Plan {
    /// Plans the interactions of these pacts that the filter lets through.
    #[must_use]
    pub fn new(pacts: &[PactFile], options: &PlanOptions<'_>) -> Self {
        let mut plan = Self::default();
        let mut number = 0;
        for pact in pacts {
            let mut planned = PlannedPact {
                source: pact.source.clone(),
                consumer: pact.consumer.clone(),
                provider: pact.provider.clone(),
                plugins: pact.plugins.clone(),
                interactions: Vec::new(),
            };
            for interaction in &pact.interactions {
                if options.filter.lets_through(pact, interaction) {
                    planned.interactions.push(Arc::new(PlannedInteraction::new(
                        number,
                        pact,
                        interaction,
                        options,
                    )));
                    number += 1;
                } else {
                    plan.left_out += 1;
                }
            }
            plan.pacts.push(planned);
        }
        plan
    }

    /// How many interactions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pacts.iter().map(|pact| pact.interactions.len()).sum()
    }

    /// Whether there is nothing to verify.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All interactions, in order.
    pub fn interactions(&self) -> impl Iterator<Item = &Arc<PlannedInteraction>> {
        self.pacts.iter().flat_map(|pact| &pact.interactions)
    }

    /// The plugins that what is to be verified cannot be understood without, each with its pact.
    pub fn plugins(&self) -> impl Iterator<Item = (&PlannedPact, &PluginData)> {
        let pacts = self.pacts.iter().filter(|pact| !pact.interactions.is_empty());
        pacts.flat_map(|pact| pact.plugins.iter().map(move |plugin| (pact, plugin)))
    }

    /// Whether any interaction needs a provider state.
    #[must_use]
    pub fn needs_states(&self) -> bool {
        self.interactions().any(|planned| !planned.interaction.states.is_empty())
    }

    /// The states that no file describes, each once, with the interactions that need it.
    #[must_use]
    pub fn unknown_states(&self, states: &StateCatalogue) -> Vec<UnknownState> {
        self.states_that(states, |name| states.get(name).is_none())
    }

    /// The states that no file knows how to set up at a live provider.
    #[must_use]
    pub fn states_without_setup(&self, states: &StateCatalogue) -> Vec<UnknownState> {
        self.states_that(states, |name| states.get(name).is_none_or(|file| file.setup.is_empty()))
    }

    fn states_that(&self, states: &StateCatalogue, lacks: impl Fn(&str) -> bool) -> Vec<UnknownState> {
        let mut found: BTreeMap<&str, UnknownState> = BTreeMap::new();
        // A pending interaction may need what is not there yet; that is what it is pending for.
        for planned in self.interactions().filter(|planned| !planned.interaction.pending) {
            for state in planned.interaction.states.iter().filter(|state| lacks(&state.name)) {
                let unknown = found.entry(&state.name).or_insert_with(|| UnknownState {
                    name: state.name.clone(),
                    nearest: states
                        .nearest(&state.name)
                        .filter(|near| *near != state.name)
                        .map(ToOwned::to_owned),
                    needed_by: Vec::new(),
                });
                unknown.needed_by.push((planned.source.clone(), planned.interaction.description.clone()));
            }
        }
        found.into_values().collect()
    }

    /// Parameters that pacts pass and state files do not declare: state, file, parameters.
    #[must_use]
    pub fn undeclared_params(&self, states: &StateCatalogue) -> Vec<(String, String, Vec<String>)> {
        let mut found = Vec::new();
        for planned in self.interactions() {
            for state in &planned.interaction.states {
                let Some(file) = states.get(&state.name) else { continue };
                let names: Vec<String> =
                    file.undeclared(state.params.keys()).into_iter().map(ToOwned::to_owned).collect();
                let entry = (state.name.clone(), file.path.display().to_string(), names);
                if !entry.2.is_empty() && !found.contains(&entry) {
                    found.push(entry);
                }
            }
        }
        found
    }
}

impl PlannedInteraction {
    fn new(
        number: usize,
        pact: &PactFile,
        interaction: &Arc<Interaction>,
        options: &PlanOptions<'_>,
    ) -> Self {
        let of = |name: &str| options.states.get(name).map_or(options.isolation, |file| file.isolation);
        let declared: Vec<Isolation> = interaction.states.iter().map(|state| of(&state.name)).collect();
        let isolation = if declared.is_empty() {
            options.isolation
        } else if declared.contains(&Isolation::Exclusive) {
            Isolation::Exclusive
        } else if declared.contains(&Isolation::Shared) {
            Isolation::Shared
        } else {
            Isolation::Tenant
        };
        Self {
            number,
            source: pact.source.clone(),
            consumer: pact.consumer.clone(),
            provider: pact.provider.clone(),
            interaction: Arc::clone(interaction),
            name: InteractionName::of(pact, interaction),
            isolation,
            replay: Replay::new(interaction, options.message_path),
        }
    }
}
