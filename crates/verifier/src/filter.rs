//! Which interactions of the pacts are to be verified.

use regex::Regex;

use billtest_contract::pact::{Interaction, PactFile};

/// What must hold for an interaction to be verified; all of it.
#[derive(Debug, Default)]
pub struct Filter {
    /// The description matches.
    pub description: Option<Regex>,
    /// One of the states matches.
    pub state: Option<Regex>,
    /// It needs no state.
    pub no_state: bool,
    /// Its pact is of one of these consumers; of any, if there are none.
    pub consumers: Vec<String>,
    /// It is one of these.
    pub only: Option<Vec<InteractionName>>,
}

/// What an interaction is known by between runs, whether or not its pact gives it a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InteractionName {
    /// Whose pact it is in.
    pub consumer: String,
    /// Who is to keep that pact.
    pub provider: String,
    /// Its description.
    pub description: String,
    /// Its states with their parameters, as JSON.
    pub states: String,
}

impl InteractionName {
    /// The name of an interaction of a pact.
    #[must_use]
    pub fn of(pact: &PactFile, interaction: &Interaction) -> Self {
        let states: Vec<serde_json::Value> = interaction
            .states
            .iter()
            .map(|state| {
                let mut params: Vec<_> = state.params.iter().collect();
                params.sort_by_key(|(name, _)| name.as_str());
                let params: serde_json::Map<_, _> =
                    params.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                serde_json::json!({"name": state.name, "params": params})
            })
            .collect();
        Self {
            consumer: pact.consumer.clone(),
            provider: pact.provider.clone(),
            description: interaction.description.clone(),
            states: serde_json::Value::Array(states).to_string(),
        }
    }
}

impl Filter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.description.is_none()
            && self.state.is_none()
            && !self.no_state
            && self.consumers.is_empty()
            && self.only.is_none()
    }

    pub(crate) fn lets_through(&self, pact: &PactFile, interaction: &Interaction) -> bool {
        let states = &interaction.states;
        self.consumers.iter().all(|_| self.consumers.contains(&pact.consumer))
            && self.description.as_ref().is_none_or(|regex| regex.is_match(&interaction.description))
            && self.state.as_ref().is_none_or(|regex| states.iter().any(|state| regex.is_match(&state.name)))
            && (!self.no_state || states.is_empty())
            && self.only.as_ref().is_none_or(|only| only.contains(&InteractionName::of(pact, interaction)))
    }
}
