//! One interaction, from set-up to tear-down.

use std::collections::HashMap;
use std::error::Error;
use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use billtest_contract::state::Isolation;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use pact_matching::{generate_request, match_response};
use pact_models::bodies::OptionalBody;
use pact_models::generators::GeneratorTestMode;
use pact_models::pact::Pact;
use pact_models::v4::http_parts::{HttpRequest, HttpResponse};
use pact_models::v4::pact::V4Pact;
use pact_verifier::provider_client::{join_paths, make_provider_request};
use pact_verifier::{NullRequestFilterExecutor, ProviderInfo, ProviderTransport, VerificationOptions};
use reqwest::Client;
use serde_json::{Map, Value};
use url::Url;

use crate::plan::Http;
use crate::run::Interrupt;
use crate::state::{StateAction, params};
use crate::{
    Exchange, Failure, InteractionResult, Outcome, PlannedInteraction, ProviderAddress, Received, Sent,
    StateChangeUrl, StateError, Timings, mismatch,
};

/// Takes interactions through their verification. It keeps nothing of one for the next, and can be shared.
#[derive(Debug)]
pub struct Executor {
    client: Client,
    provider: ProviderInfo,
    transport: ProviderTransport,
    base: String,
    states: Option<StateChangeUrl>,
    headers: Vec<(String, String)>,
    tenant_header: String,
    /// What matching asks for and, without plugins, never looks at.
    no_pact: Box<dyn Pact + Send + Sync + RefUnwindSafe>,
}

impl Executor {
    /// How long a request, or a state change, may take unless said otherwise.
    pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

    /// An executor for one provider. Without a state-change endpoint, interactions that need a state fail.
    #[must_use]
    pub fn new(client: Client, provider: &ProviderAddress, states: Option<StateChangeUrl>) -> Self {
        pact_matching::matchingrules::configure_core_catalogue();
        let (info, transport) = provider.info("provider");
        Self {
            client,
            provider: info,
            transport,
            base: provider.as_text().to_owned(),
            states,
            headers: Vec::new(),
            tenant_header: "uuid".into(),
            no_pact: Box::new(V4Pact::default()),
        }
    }

    /// Headers that every request carries, over those of the pact.
    ///
    /// # Errors
    /// The first header that no request can carry, with the reason.
    pub fn with_headers(mut self, headers: Vec<(String, String)>) -> Result<Self, String> {
        for (name, value) in &headers {
            if HeaderName::try_from(name).is_err() {
                return Err(format!("`{name}` is not the name of a header"));
            }
            if HeaderValue::try_from(value).is_err() {
                return Err(format!("header `{name}` has a value that no request can carry"));
            }
        }
        self.headers = headers;
        Ok(self)
    }

    /// The header by which interactions under `tenant` isolation are kept apart; `uuid` unless said otherwise.
    ///
    /// # Errors
    /// If it is not the name of a header.
    pub fn with_tenant_header(mut self, name: &str) -> Result<Self, String> {
        HeaderName::try_from(name).map_err(|_| format!("`{name}` is not the name of a header"))?;
        name.clone_into(&mut self.tenant_header);
        Ok(self)
    }

    /// Verifies one interaction. `tenant` is used if its states are of `tenant` isolation.
    ///
    /// Whatever happens between, every state that was set up is torn down.
    pub async fn verify(
        &self,
        planned: &Arc<PlannedInteraction>,
        tenant: &str,
        mut interrupt: Interrupt,
    ) -> InteractionResult {
        let mut result = InteractionResult {
            planned: Arc::clone(planned),
            outcome: Outcome::Verified,
            exchange: None,
            teardown: None,
            timings: Timings::default(),
        };
        let tenant =
            (planned.isolation == Isolation::Tenant).then_some((self.tenant_header.as_str(), tenant));

        let started = Instant::now();
        let mut attempted = 0;
        let values = self.set_up(planned, tenant, &mut attempted).await;
        result.timings.state = started.elapsed();

        match (values, &planned.http) {
            (Err(error), _) => result.outcome = Outcome::Failed(Failure::State(error)),
            (Ok(_), None) => {
                let reason = "it is a message, and only HTTP interactions can be verified yet";
                result.outcome = Outcome::Failed(Failure::Invalid(reason.into()));
            }
            (Ok(values), Some(http)) => {
                tokio::select! {
                    biased;
                    () = interrupt.wait() => result.outcome = Outcome::Interrupted,
                    () = self.exchange(http, &values, tenant, &mut result) => {}
                }
            }
        }

        let started = Instant::now();
        let teardown = self.tear_down(planned, tenant, attempted).await;
        // An endpoint that refused a state refuses it again for the same reason; that is told once.
        result.teardown = teardown.filter(|error| match &result.outcome {
            Outcome::Failed(Failure::State(setup)) => setup.reason != error.reason,
            _ => true,
        });
        result.timings.state += started.elapsed();
        result
    }

    /// Sets up the states in order; gives the values for generators: parameters, and over them what came back.
    async fn set_up(
        &self,
        planned: &PlannedInteraction,
        tenant: Option<(&str, &str)>,
        attempted: &mut usize,
    ) -> Result<Map<String, Value>, StateError> {
        let mut values = params(&planned.interaction);
        for state in &planned.interaction.states {
            let Some(endpoint) = &self.states else {
                return Err(StateError {
                    state: state.name.clone(),
                    action: "setup".into(),
                    reason: "there is no state-change endpoint; name one with --state-change-url".into(),
                });
            };
            // A set-up that failed may have done half of its work: it is torn down as well.
            *attempted += 1;
            let returned =
                endpoint.change(&self.client, state, StateAction::Setup, &planned.consumer, tenant).await?;
            values.extend(returned);
        }
        Ok(values)
    }

    async fn tear_down(
        &self,
        planned: &PlannedInteraction,
        tenant: Option<(&str, &str)>,
        attempted: usize,
    ) -> Option<StateError> {
        let endpoint = self.states.as_ref().filter(|endpoint| endpoint.teardown)?;
        let mut first = None;
        for state in planned.interaction.states.iter().take(attempted).rev() {
            let changed =
                endpoint.change(&self.client, state, StateAction::Teardown, &planned.consumer, tenant).await;
            first = first.or(changed.err());
        }
        first
    }

    async fn exchange(
        &self,
        http: &Http,
        values: &Map<String, Value>,
        tenant: Option<(&str, &str)>,
        result: &mut InteractionResult,
    ) {
        let context: HashMap<&str, Value> =
            values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let mut request =
            generate_request(&http.content.request, &GeneratorTestMode::Provider, &context).await;
        for (name, value) in &self.headers {
            set_header(&mut request, name, value);
        }
        if let Some((name, value)) = tenant {
            set_header(&mut request, name, value);
        }
        if let Err(reason) = sendable(&request) {
            result.outcome = Outcome::Failed(Failure::Invalid(reason));
            return;
        }
        result.exchange = Some(Exchange { sent: sent(&request, &self.base), received: None });

        let started = Instant::now();
        let options = VerificationOptions::<NullRequestFilterExecutor>::default();
        let response = make_provider_request(
            &self.provider,
            &request,
            &options,
            &self.client,
            Some(self.transport.clone()),
        )
        .await;
        result.timings.request = started.elapsed();
        let response = match response {
            Ok(response) => response,
            Err(error) => {
                result.outcome = Outcome::Failed(Failure::NoAnswer(reason_of(error.as_ref())));
                return;
            }
        };
        if let Some(exchange) = &mut result.exchange {
            exchange.received = Some(received(&response));
        }

        let started = Instant::now();
        let compared =
            match_response(http.content.response.clone(), response, &self.no_pact, &http.boxed).await;
        result.timings.matching = started.elapsed();
        result.outcome = match compared {
            Ok(mismatches) if mismatches.is_empty() => Outcome::Verified,
            Ok(mismatches) => {
                let expected = bytes_of(&http.content.response.body);
                Outcome::Mismatched(mismatch::from_pact(&mismatches, expected.as_deref()))
            }
            Err(error) => Outcome::Failed(Failure::Invalid(error.to_string())),
        };
    }
}

/// Sets a header, in place of whatever the pact has under that name in any spelling.
fn set_header(request: &mut HttpRequest, name: &str, value: &str) {
    let headers = request.headers.get_or_insert_default();
    headers.retain(|present, _| !present.eq_ignore_ascii_case(name));
    headers.insert(name.to_owned(), vec![value.to_owned()]);
}

/// What would be changed or dropped on the way to the wire is refused here: an unknown method is not a GET.
fn sendable(request: &HttpRequest) -> Result<(), String> {
    Method::from_bytes(request.method.as_bytes())
        .map_err(|_| format!("`{}` is not an HTTP method", request.method))?;
    if !request.path.is_empty() && !request.path.starts_with('/') {
        return Err(format!("the path `{}` does not begin with a slash", request.path));
    }
    for (name, values) in request.headers.iter().flatten() {
        if HeaderName::try_from(name).is_err() {
            return Err(format!("`{name}` is not the name of a header"));
        }
        if values.iter().any(|value| HeaderValue::try_from(value).is_err()) {
            return Err(format!("header `{name}` has a value that no request can carry"));
        }
    }
    Ok(())
}

fn sent(request: &HttpRequest, base: &str) -> Sent {
    let mut url = join_paths(base, &request.path);
    if let (Some(query), Ok(mut parsed)) = (&request.query, Url::parse(&url)) {
        let mut names: Vec<&String> = query.keys().collect();
        names.sort();
        let mut pairs = parsed.query_pairs_mut();
        for name in names {
            for value in &query[name] {
                pairs.append_pair(name, value.as_deref().unwrap_or_default());
            }
        }
        drop(pairs);
        url = parsed.to_string();
    }
    Sent {
        method: request.method.to_uppercase(),
        url,
        headers: sorted_headers(request.headers.as_ref()),
        body: bytes_of(&request.body),
    }
}

fn received(response: &HttpResponse) -> Received {
    Received {
        status: response.status,
        headers: sorted_headers(response.headers.as_ref()),
        body: bytes_of(&response.body).unwrap_or_default(),
    }
}

fn sorted_headers(headers: Option<&HashMap<String, Vec<String>>>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        headers.into_iter().flatten().map(|(name, values)| (name.clone(), values.join(", "))).collect();
    all.sort();
    all
}

fn bytes_of(body: &OptionalBody) -> Option<Bytes> {
    match body {
        OptionalBody::Present(bytes, ..) => Some(bytes.clone()),
        OptionalBody::Null => Some(Bytes::from_static(b"null")),
        OptionalBody::Empty | OptionalBody::Missing => None,
    }
}

/// The reason in a chain of errors that a person can use: a time-out, or the innermost cause.
pub(crate) fn reason_of(error: &(dyn Error + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<reqwest::Error>()
        && error.is_timeout()
    {
        return "no complete answer within the time limit; raise it with --request-timeout".into();
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.to_string().as_str() {
        "connection closed before message completed" => "it closed the connection before answering".into(),
        other => other.to_owned(),
    }
}
