//! What is to be verified, decided before anything is sent.

use std::collections::BTreeMap;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use billtest_contract::pact::{Interaction, PactFile};
use billtest_contract::state::{Isolation, StateCatalogue};
use pact_models::interaction::Interaction as PactInteraction;
use pact_models::v4::synch_http::SynchronousHttp;

/// The interactions of a run, in the order of their pacts.
#[derive(Debug, Default)]
pub struct Plan {
    /// The pacts, each with its interactions.
    pub pacts: Vec<PlannedPact>,
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
    /// What is to be verified of it.
    pub interactions: Vec<Arc<PlannedInteraction>>,
}

/// One interaction of a plan.
#[derive(Debug)]
pub struct PlannedInteraction {
    /// Where its pact came from.
    pub source: String,
    /// Who wrote its pact.
    pub consumer: String,
    /// Who is to keep its pact.
    pub provider: String,
    /// The interaction as it stands in the pact.
    pub interaction: Arc<Interaction>,
    /// What may run beside it: the strictest of its states.
    pub isolation: Isolation,
    pub(crate) http: Option<Http>,
}

/// An HTTP interaction in the two forms that its replay needs, made once.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) content: SynchronousHttp,
    pub(crate) boxed: Box<dyn PactInteraction + Send + Sync + RefUnwindSafe>,
}

/// A state that some interaction needs and no file describes.
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
    /// Plans every interaction of these pacts. The catalogue says what may run beside what.
    #[must_use]
    pub fn new(pacts: &[PactFile], states: &StateCatalogue) -> Self {
        let pacts = pacts
            .iter()
            .map(|pact| PlannedPact {
                source: pact.source.clone(),
                consumer: pact.consumer.clone(),
                provider: pact.provider.clone(),
                interactions: pact
                    .interactions
                    .iter()
                    .map(|interaction| Arc::new(PlannedInteraction::new(pact, interaction, states)))
                    .collect(),
            })
            .collect();
        Self { pacts }
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

    /// Whether any interaction needs a provider state.
    #[must_use]
    pub fn needs_states(&self) -> bool {
        self.interactions().any(|planned| !planned.interaction.states.is_empty())
    }

    /// The states that no file describes, each once, with the interactions that need it.
    #[must_use]
    pub fn unknown_states(&self, states: &StateCatalogue) -> Vec<UnknownState> {
        let mut unknown: BTreeMap<&str, UnknownState> = BTreeMap::new();
        for planned in self.interactions() {
            for state in &planned.interaction.states {
                if states.get(&state.name).is_none() {
                    unknown
                        .entry(&state.name)
                        .or_insert_with(|| UnknownState {
                            name: state.name.clone(),
                            nearest: states.nearest(&state.name).map(ToOwned::to_owned),
                            needed_by: Vec::new(),
                        })
                        .needed_by
                        .push((planned.source.clone(), planned.interaction.description.clone()));
                }
            }
        }
        unknown.into_values().collect()
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
    fn new(pact: &PactFile, interaction: &Arc<Interaction>, states: &StateCatalogue) -> Self {
        let of = |name: &str| states.get(name).map_or(Isolation::Exclusive, |file| file.isolation);
        let declared: Vec<Isolation> = interaction.states.iter().map(|state| of(&state.name)).collect();
        let isolation = if declared.is_empty() || declared.contains(&Isolation::Exclusive) {
            Isolation::Exclusive
        } else if declared.contains(&Isolation::Shared) {
            Isolation::Shared
        } else {
            Isolation::Tenant
        };
        let http = interaction.content.as_v4_http().map(|content| Http { boxed: content.boxed(), content });
        Self {
            source: pact.source.clone(),
            consumer: pact.consumer.clone(),
            provider: pact.provider.clone(),
            interaction: Arc::clone(interaction),
            isolation,
            http,
        }
    }
}
