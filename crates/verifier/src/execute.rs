//! One interaction, from set-up to tear-down.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use billtest_contract::state::Isolation;
use futures::future::FutureExt as _;
use http::{HeaderName, HeaderValue};
use pact_models::provider_states::ProviderState;
use reqwest::Client;
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::exchange::{Answer, NoResponse, header};
use crate::run::Interrupt;
use crate::state::{Handled, StateAction, StateChange, StateHandler};
use crate::{
    Exchange, Failure, InteractionResult, Mismatch, Outcome, PlannedInteraction, ProviderAddress, StateError,
    Timings,
};

/// Takes interactions through their verification. It keeps nothing of one for the next, and can be shared.
#[derive(Debug)]
pub struct Executor {
    client: Client,
    providers: Vec<ProviderAddress>,
    states: Vec<Arc<dyn StateHandler>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    tenant_header: HeaderName,
    comparison_timeout: Duration,
}

/// States that were set up, or half of them.
#[derive(Debug, Default)]
pub(crate) struct SetUp {
    /// Parameters, and over them what the handlers returned.
    values: Map<String, Value>,
    /// What the handlers returned for each state that was begun.
    returned: Vec<Map<String, Value>>,
    error: Option<StateError>,
    took: Duration,
}

/// Where and for whom an interaction is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    provider: &'a str,
    tenant: Option<(&'a str, &'a str)>,
}

impl Executor {
    /// How long a request, or a state change, may take unless said otherwise.
    pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
    /// How long comparing one answer may take unless said otherwise.
    pub const COMPARISON_TIMEOUT: Duration = Duration::from_secs(30);

    /// An executor for one provider, or several instances of one that share the work.
    ///
    /// Without a handler for states, interactions that need a state fail.
    #[must_use]
    pub fn new(client: Client, providers: Vec<ProviderAddress>, states: Vec<Arc<dyn StateHandler>>) -> Self {
        pact_matching::matchingrules::configure_core_catalogue();
        Self {
            client,
            providers,
            states,
            headers: Vec::new(),
            tenant_header: HeaderName::from_static("uuid"),
            comparison_timeout: Self::COMPARISON_TIMEOUT,
        }
    }

    /// How long comparing one answer may take; some answers, such as deeply nested XML, would take for ever.
    #[must_use]
    pub fn with_comparison_timeout(mut self, limit: Duration) -> Self {
        self.comparison_timeout = limit;
        self
    }

    /// Headers that every request carries, over those of the pact. Their values may be secrets, and are shown
    /// nowhere.
    ///
    /// # Errors
    /// The first header that no request can carry, with the reason.
    pub fn with_headers(mut self, headers: &[(String, String)]) -> Result<Self, String> {
        self.headers = headers.iter().map(|(name, value)| header(name, value)).collect::<Result<_, _>>()?;
        self.headers.iter_mut().for_each(|(_, value)| value.set_sensitive(true));
        Ok(self)
    }

    /// The header by which interactions under `tenant` isolation are kept apart; `uuid` unless said otherwise.
    ///
    /// # Errors
    /// If it is not the name of a header.
    pub fn with_tenant_header(mut self, name: &str) -> Result<Self, String> {
        self.tenant_header =
            HeaderName::try_from(name).map_err(|_| format!("`{name}` is not the name of a header"))?;
        Ok(self)
    }

    /// Where an interaction goes, and for which tenant: its own under `tenant` isolation, else the one that its
    /// request names anyway, so that states are set up where they are looked for.
    pub(crate) fn place<'a>(
        &'a self,
        planned: &'a PlannedInteraction,
        tenant: &'a str,
        instance: usize,
    ) -> Place<'a> {
        let provider =
            self.providers.get(instance % self.providers.len().max(1)).map_or("", ProviderAddress::as_text);
        let given = self.headers.iter().find(|(name, _)| *name == self.tenant_header);
        let named = match (planned.isolation, given) {
            (Isolation::Tenant, _) => Some(tenant),
            (_, Some((_, value))) => value.to_str().ok(),
            (_, None) => planned.replay.header(&self.tenant_header),
        };
        Place { provider, tenant: named.map(|name| (self.tenant_header.as_str(), name)) }
    }

    /// Verifies one interaction, states and all. `tenant` is used if its states are of `tenant` isolation.
    ///
    /// Whatever happens between, every state that was set up is torn down.
    pub async fn verify(
        &self,
        planned: &Arc<PlannedInteraction>,
        tenant: &str,
        interrupt: Interrupt,
    ) -> InteractionResult {
        let place = self.place(planned, tenant, planned.number);
        let set_up = self.set_up(planned, place, interrupt.clone()).await;
        let mut result = self.replay(planned, place, &set_up, interrupt).await;
        result.timings.state = set_up.took;
        let started = Instant::now();
        let teardown = self.tear_down(planned, place, &set_up).await;
        // An endpoint that refused a state refuses it again for the same reason; that is told once.
        result.teardown = teardown.filter(|error| match &result.outcome {
            Outcome::Failed(Failure::State(setup)) => {
                (&setup.state, &setup.reason) != (&error.state, &error.reason)
            }
            _ => true,
        });
        result.timings.state += started.elapsed();
        result
    }

    /// Sets the states up in order. An interrupt ends it; what was begun is torn down like all else.
    pub(crate) async fn set_up(
        &self,
        planned: &PlannedInteraction,
        place: Place<'_>,
        mut interrupt: Interrupt,
    ) -> SetUp {
        let started = Instant::now();
        let interaction = &planned.interaction;
        let params = interaction.states.iter().flat_map(|state| state.params.clone());
        let mut set_up = SetUp { values: params.collect(), ..SetUp::default() };
        for state in &interaction.states {
            // What was not begun has nothing to be torn down.
            if interrupt.is_told() {
                break;
            }
            let mut returned = Map::new();
            let action = StateAction::Setup;
            let changed = tokio::select! {
                biased;
                () = interrupt.wait() => None,
                changed = self.change(planned, place, state, action, &set_up.values, &mut returned) => Some(changed),
            };
            set_up.values.extend(returned.clone());
            // A set-up that failed may have done half of its work: it is torn down as well.
            set_up.returned.push(returned);
            match changed {
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    set_up.error = Some(error);
                    break;
                }
                None => break,
            }
        }
        set_up.took = started.elapsed();
        set_up
    }

    pub(crate) async fn tear_down(
        &self,
        planned: &PlannedInteraction,
        place: Place<'_>,
        set_up: &SetUp,
    ) -> Option<StateError> {
        let mut first = None;
        for (state, own) in planned.interaction.states.iter().zip(&set_up.returned).rev() {
            let mut values = set_up.values.clone();
            values.extend(own.clone());
            let action = StateAction::Teardown;
            let changed = self.change(planned, place, state, action, &values, &mut Map::new()).await;
            first = StateError::and(first, changed.err());
        }
        first
    }

    async fn change(
        &self,
        planned: &PlannedInteraction,
        place: Place<'_>,
        state: &ProviderState,
        action: StateAction,
        values: &Map<String, Value>,
        returned: &mut Map<String, Value>,
    ) -> Result<(), StateError> {
        if self.states.is_empty() {
            let reason = "nothing is there that could change it; name an endpoint with --state-change-url";
            return Err(StateError { state: state.name.clone(), action, reason: reason.into() });
        }
        let mut failed = None;
        let mut known = false;
        for handler in &self.states {
            let change = StateChange {
                state,
                action,
                consumer: &planned.consumer,
                tenant: place.tenant,
                provider: place.provider,
                values,
            };
            match handler.change(change, returned).await {
                Ok(handled) => known |= handled == Handled::Changed,
                // A tear-down goes on: what can be cleaned up is cleaned up.
                Err(error) if action == StateAction::Teardown => {
                    failed = StateError::and(failed, Some(error))
                }
                Err(error) => return Err(error),
            }
        }
        if !known && action == StateAction::Setup {
            let reason = "nothing sets it up; write [[setup]] steps into its file, or name an endpoint with \
                          --state-change-url";
            return Err(StateError { state: state.name.clone(), action, reason: reason.into() });
        }
        failed.map_or(Ok(()), Err)
    }

    /// The part between set-up and tear-down.
    pub(crate) async fn replay(
        &self,
        planned: &Arc<PlannedInteraction>,
        place: Place<'_>,
        set_up: &SetUp,
        mut interrupt: Interrupt,
    ) -> InteractionResult {
        let mut result = InteractionResult::new(Arc::clone(planned), Outcome::Interrupted);
        if let Some(error) = &set_up.error {
            result.outcome = Outcome::Failed(Failure::State(error.clone()));
            return result;
        }
        let work = self.exchange(planned, place, &set_up.values, &mut result.exchange, &mut result.timings);
        let outcome = tokio::select! {
            biased;
            () = interrupt.wait() => None,
            outcome = AssertUnwindSafe(work).catch_unwind() => Some(outcome.unwrap_or_else(|panic| {
                // The states are torn down all the same.
                Outcome::Failed(Failure::Invalid(format!("replaying it broke off: {}", said(&*panic))))
            })),
        };
        if let Some(outcome) = outcome {
            result.outcome = outcome;
        }
        result
    }

    async fn exchange(
        &self,
        planned: &Arc<PlannedInteraction>,
        place: Place<'_>,
        values: &Map<String, Value>,
        exchange: &mut Option<Exchange>,
        timings: &mut Timings,
    ) -> Outcome {
        let invalid = |reason| Outcome::Failed(Failure::Invalid(reason));
        let mut request = match planned.replay.request(&planned.interaction, values).await {
            Ok(request) => request,
            Err(reason) => return invalid(reason),
        };
        for (name, value) in &self.headers {
            request.set_header(name.clone(), value.clone());
        }
        // Elsewhere the request names its tenant itself, maybe by what a state returned.
        if planned.isolation == Isolation::Tenant
            && let Some((_, tenant)) = place.tenant
            && let Ok(value) = HeaderValue::try_from(tenant)
        {
            request.set_header(self.tenant_header.clone(), value);
        }

        let started = Instant::now();
        let answer = request.send(&self.client, place.provider).await;
        timings.request = started.elapsed();
        let answer = match answer {
            Ok(answer) => answer,
            Err(reason) => {
                *exchange = Some(Exchange { sent: request.sent(place.provider), received: None });
                return match reason {
                    NoResponse::Invalid(reason) => invalid(reason),
                    NoResponse::Failed(reason) => Outcome::Failed(Failure::NoAnswer(reason)),
                };
            }
        };

        let started = Instant::now();
        let answer = Arc::new(answer);
        let compared = if planned.replay.accepts(&answer) {
            Ok(Vec::new())
        } else {
            self.compare(planned, values, &answer).await
        };
        timings.matching = started.elapsed();
        if compared.as_ref().is_ok_and(Vec::is_empty) {
            return Outcome::Verified;
        }
        let received = Some(answer.received());
        *exchange = Some(Exchange { sent: request.sent(place.provider), received });
        match compared {
            Ok(mismatches) => Outcome::Mismatched(mismatches),
            Err(reason) => Outcome::Failed(Failure::NotCompared(reason)),
        }
    }

    /// Compares on a thread where it holds nobody up: it may take long, and nothing in it can be interrupted. Past
    /// its time it is given up, and its thread left to itself.
    async fn compare(
        &self,
        planned: &Arc<PlannedInteraction>,
        values: &Map<String, Value>,
        answer: &Arc<Answer>,
    ) -> Result<Vec<Mismatch>, String> {
        let (planned, values, answer) = (Arc::clone(planned), values.clone(), Arc::clone(answer));
        let runtime = Handle::current();
        let work = spawn_blocking(move || {
            runtime.block_on(planned.replay.compare(&planned.interaction, &values, &answer))
        });
        match timeout(self.comparison_timeout, work).await {
            Ok(Ok(compared)) => compared,
            Ok(Err(error)) => match error.try_into_panic() {
                Ok(panic) => Err(format!("comparing it broke off: {}", said(&*panic))),
                Err(error) => Err(format!("comparing it broke off: {error}")),
            },
            Err(_) => Err(format!(
                "comparing it took longer than {} s, and was given up",
                self.comparison_timeout.as_secs_f64()
            )),
        }
    }
}

/// What a library said when it gave up, such as that an expression takes too many steps.
fn said(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason was given")
}
