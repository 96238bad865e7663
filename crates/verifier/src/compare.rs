//! What is sent for an interaction, and how the answer is judged.
//!
//! All that can be decided before the run is decided once, here: the request is made ready, and the expected
//! response is laid out for a quick "as agreed" ([`crate::accept`]). What that does not know is compared by
//! `pact_matching`, from the text of the pact.

use std::collections::HashMap;
use std::panic::RefUnwindSafe;

use base64::Engine as _;
use billtest_contract::pact::{Content, Interaction};
use http::header::{CONTENT_TYPE, HeaderName};
use pact_matching::generators::apply_generators_to_sync_message;
use pact_matching::{
    generate_request, generate_response, match_message, match_response, match_sync_message_response,
};
use pact_models::bodies::OptionalBody;
use pact_models::generators::{Generator, GeneratorCategory, GeneratorTestMode, Generators};
use pact_models::http_parts::HttpPart as _;
use pact_models::interaction::Interaction as PactInteraction;
use pact_models::matchingrules::{MatchingRule, RuleList};
use pact_models::pact::Pact;
use pact_models::path_exp::DocPath;
use pact_models::v4::async_message::AsynchronousMessage;
use pact_models::v4::http_parts::HttpResponse;
use pact_models::v4::message_parts::MessageContents;
use pact_models::v4::pact::V4Pact;
use serde_json::{Map, Value, json};

use crate::accept::Expected;
use crate::exchange::{Answer, Template, as_pact, bytes_of};
use crate::{Mismatch, depth, mismatch, plugin};

/// How an interaction is replayed and judged.
#[derive(Debug)]
pub(crate) enum Replay {
    /// An HTTP request whose parts are all fixed.
    Fixed { request: Template, quick: Option<Quick> },
    /// An HTTP request that is made anew each time, with values from provider states or generators.
    Generated { recorded: Option<Template>, quick: Option<Quick> },
    /// A message, asked for by its description.
    Message { request: Template },
    /// The answer to a message which is made anew each time. `question` is all but that message.
    Answered { path: String, question: Value },
    /// It cannot be replayed.
    Impossible(String),
}

/// A response that can be recognised at a glance.
#[derive(Debug)]
pub(crate) struct Quick {
    status: u16,
    headers: Vec<(HeaderName, String)>,
    /// The body and the essence of its content type; nothing if any body will do.
    body: Option<(Expected, String)>,
}

impl Replay {
    pub(crate) fn new(interaction: &Interaction, message_path: &str) -> Self {
        let content = match interaction.content() {
            Ok(content) => content,
            Err(error) => return Self::Impossible(error.to_string()),
        };
        if let Some(reason) = unknown_transport(&content) {
            return Self::Impossible(reason);
        }
        if let Some(http) = content.as_v4_http() {
            if let Err(reason) = depth::check(&http.response.body, http.response.content_type().as_ref()) {
                return Self::Impossible(reason);
            }
            // What a plugin owns, only the plugin can judge.
            let quick = if interaction.plugins().is_empty() { Quick::new(&http.response) } else { None };
            if http.request.generators.is_not_empty() {
                return Self::Generated { recorded: Template::new(&http.request).ok(), quick };
            }
            return match Template::new(&http.request) {
                Ok(request) => Self::Fixed { request, quick },
                Err(reason) => Self::Impossible(reason),
            };
        }
        let mut body = json!({"description": interaction.description});
        if !interaction.states.is_empty() {
            body["providerStates"] = interaction.states.iter().map(|state| state.to_json()).collect();
        }
        let sync = content.as_v4_sync_message();
        let response = sync.as_ref().and_then(|message| message.response.first().cloned());
        let contents = response.or_else(|| content.as_v4_async_message().map(|message| message.contents));
        if let Some(contents) = contents
            && let Err(reason) = depth::check(&contents.contents, contents.message_content_type().as_ref())
        {
            return Self::Impossible(reason);
        }
        if let Some(message) = sync {
            if message.request.generators.is_not_empty() {
                return Self::Answered { path: message_path.to_owned(), question: body };
            }
            body["request"] = message.request.to_json();
        } else if !content.is_message() {
            return Self::Impossible(format!("there is no way to replay a {}", content.type_of()));
        }
        Self::Message { request: Template::post_json(message_path, body.to_string()) }
    }

    /// Whether the answer is certainly as agreed; whoever says no has to compare.
    pub(crate) fn accepts(&self, answer: &Answer) -> bool {
        match self {
            Self::Fixed { quick, .. } | Self::Generated { quick, .. } => {
                quick.as_ref().is_some_and(|quick| quick.accepts(answer))
            }
            Self::Message { .. } | Self::Answered { .. } | Self::Impossible(_) => false,
        }
    }

    /// The request, with the values that the provider states gave.
    pub(crate) async fn request(
        &self,
        interaction: &Interaction,
        values: &Map<String, Value>,
    ) -> Result<Template, String> {
        plugin::require(interaction.plugins())?;
        match self {
            Self::Fixed { request, .. } | Self::Message { request } => Ok(request.clone()),
            Self::Impossible(reason) => Err(reason.clone()),
            Self::Generated { .. } => {
                let content = interaction.content().map_err(|error| error.to_string())?;
                let http = content.as_v4_http().ok_or("it is no HTTP interaction")?;
                has_values(&http.request.generators, values)?;
                Template::new(
                    &generate_request(&http.request, &GeneratorTestMode::Provider, &context(values)).await,
                )
            }
            Self::Answered { path, question } => {
                let content = interaction.content().map_err(|error| error.to_string())?;
                let message = content.as_v4_sync_message().ok_or("it is no message that is answered")?;
                has_values(&message.request.generators, values)?;
                let mode = GeneratorTestMode::Provider;
                let (request, _) = apply_generators_to_sync_message(
                    &message,
                    &mode,
                    &context(values),
                    &Vec::new(),
                    &HashMap::new(),
                )
                .await;
                let mut body = question.clone();
                body["request"] = request.to_json();
                Ok(Template::post_json(path, body.to_string()))
            }
        }
    }

    /// What the pact has under a header of its request.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        match self {
            Self::Fixed { request, .. } => request.header(name),
            Self::Generated { recorded, .. } => recorded.as_ref()?.header(name),
            _ => None,
        }
    }

    /// What differs between the answer and what was agreed.
    pub(crate) async fn compare(
        &self,
        interaction: &Interaction,
        values: &Map<String, Value>,
        answer: &Answer,
    ) -> Result<Vec<Mismatch>, String> {
        let content = interaction.content().map_err(|error| error.to_string())?;
        // All that matching looks for in the pact around an interaction is what it has for plugins.
        let pact: Box<dyn Pact + Send + Sync + RefUnwindSafe> =
            Box::new(V4Pact { plugin_data: interaction.plugins().to_vec(), ..V4Pact::default() });
        if let Some(http) = content.as_v4_http() {
            let boxed: Box<dyn PactInteraction + Send + Sync + RefUnwindSafe> = http.boxed();
            let response = with_state_values(http.response, values).await;
            let expected = bytes_of(&response.body);
            let rules = response.matching_rules.rules_for_category("body");
            let found = match_response(response, as_pact(answer), &pact, &boxed)
                .await
                .map_err(|error| error.to_string())?;
            return Ok(mismatch::from_pact(&found, expected.as_deref(), rules.as_ref()));
        }
        if !(200..300).contains(&answer.status) {
            return Ok(vec![mismatch::status(200, answer.status)]);
        }
        let actual = match message_contents(answer) {
            Ok(actual) => actual,
            Err(unreadable) => return Ok(vec![*unreadable]),
        };
        let (found, contents) = if let Some(mut message) = content.as_v4_sync_message() {
            for response in &mut message.response {
                give_state_values(response, values).await;
            }
            let actual = [actual];
            let found = match_sync_message_response(&message, &message.response, &actual, &pact).await;
            (found, message.response.into_iter().next())
        } else {
            let actual = AsynchronousMessage { contents: actual, ..AsynchronousMessage::default() };
            let mut expected = content.as_v4_async_message().ok_or("it is no message")?;
            give_state_values(&mut expected.contents, values).await;
            let found = match_message(&expected.boxed(), &actual.boxed(), &pact).await;
            (found, Some(expected.contents))
        };
        let expected = contents.as_ref().and_then(|contents| bytes_of(&contents.contents));
        let rules = contents.as_ref().and_then(|contents| contents.matching_rules.rules_for_category("body"));
        Ok(mismatch::from_pact(&found, expected.as_deref(), rules.as_ref()))
    }
}

/// Why an interaction cannot be replayed over HTTP, if its pact says that it goes over something else.
fn unknown_transport(content: &Content) -> Option<String> {
    let transport = content.transport()?;
    let known = ["http", "https", "message", "async-message", "sync-message"];
    (!known.contains(&transport.as_str())).then(|| {
        format!(
            "it goes over the transport `{transport}`, and billtest replays over HTTP only; verify it with the verifier \
             that brings this transport, and leave it out here with --filter-description"
        )
    })
}

/// A message as an HTTP endpoint gives it: the body, and metadata in a header, base64 of a JSON object.
///
/// A header that is something else is an error: without it, metadata that was sent would be told to be missing.
fn message_contents(answer: &Answer) -> Result<MessageContents, Box<Mismatch>> {
    let response = as_pact(answer);
    let mut metadata = HashMap::new();
    if let Some(content_type) = response.lookup_content_type() {
        metadata.insert("contentType".to_owned(), Value::String(content_type));
    }
    if let Some(value) = answer.headers.get("pact-message-metadata") {
        let unreadable = |reason: String| {
            Box::new(mismatch::metadata_unreadable(&String::from_utf8_lossy(value.as_bytes()), &reason))
        };
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(value.as_bytes())
            .map_err(|error| unreadable(format!("is not base64: {error}")))?;
        let given: HashMap<String, Value> = serde_json::from_slice(&bytes)
            .map_err(|error| unreadable(format!("is not the base64 of a JSON object: {error}")))?;
        metadata.extend(given);
    }
    Ok(MessageContents { metadata, contents: response.body, ..MessageContents::default() })
}

fn from_state(generators: &Generators) -> impl Iterator<Item = (&DocPath, &str)> {
    generators.categories.get(&GeneratorCategory::BODY).into_iter().flatten().filter_map(
        |(path, generator)| match generator {
            Generator::ProviderStateGenerator(expression, _) => Some((path, expression.as_str())),
            _ => None,
        },
    )
}

/// A field of the response that is taken from a provider state must be the value that the state gave. Where the state
/// gave none, the field is what its rules say, as with every other verifier.
async fn with_state_values(mut response: HttpResponse, values: &Map<String, Value>) -> HttpResponse {
    let known: HashMap<DocPath, Generator> = from_state(&response.generators)
        .filter(|(_, expression)| names_in(expression).iter().all(|name| values.contains_key(*name)))
        .map(|(path, expression)| {
            (path.clone(), Generator::ProviderStateGenerator(expression.to_owned(), None))
        })
        .collect();
    if known.is_empty() {
        return response;
    }
    let paths: Vec<DocPath> = known.keys().cloned().collect();
    response.generators = Generators { categories: HashMap::from([(GeneratorCategory::BODY, known)]) };
    let mut expected = generate_response(&response, &GeneratorTestMode::Provider, &context(values)).await;
    let rules = expected.matching_rules.add_category("body");
    for path in paths {
        rules.rules.insert(path, RuleList::new(MatchingRule::Equality));
    }
    expected
}

/// The same for what a message holds.
async fn give_state_values(contents: &mut MessageContents, values: &Map<String, Value>) {
    let response = HttpResponse {
        body: contents.contents.clone(),
        matching_rules: contents.matching_rules.clone(),
        generators: contents.generators.clone(),
        ..HttpResponse::default()
    };
    let HttpResponse { body, matching_rules, .. } = with_state_values(response, values).await;
    (contents.contents, contents.matching_rules) = (body, matching_rules);
}

/// The values in the form that generators look them up in.
fn context(values: &Map<String, Value>) -> HashMap<&str, Value> {
    values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
}

/// The names in an expression: those in `${}`, or the expression itself.
fn names_in(expression: &str) -> Vec<&str> {
    if expression.contains("${") {
        expression.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
    } else {
        vec![expression]
    }
}

/// Generation keeps the recorded value where a provider state gives none. That is no test of the state, so it is
/// an error.
fn has_values(generators: &Generators, values: &Map<String, Value>) -> Result<(), String> {
    for generator in generators.categories.values().flat_map(HashMap::values) {
        let Generator::ProviderStateGenerator(expression, _) = generator else { continue };
        if let Some(missing) = names_in(expression).iter().find(|name| !values.contains_key(**name)) {
            let known: Vec<&str> = values.keys().map(String::as_str).collect();
            return Err(format!(
                "it takes `{missing}` from its provider states, and they give {}",
                if known.is_empty() { "no values".into() } else { format!("only {}", known.join(", ")) }
            ));
        }
    }
    Ok(())
}

impl Quick {
    fn new(response: &HttpResponse) -> Option<Self> {
        let has_rules = |category: &str| {
            response.matching_rules.rules_for_category(category).is_some_and(|rules| !rules.rules.is_empty())
        };
        if has_rules("status") || has_rules("header") || from_state(&response.generators).next().is_some() {
            return None;
        }
        let mut headers = Vec::new();
        for (name, values) in response.headers.iter().flatten() {
            let [value] = values.as_slice() else { return None };
            headers.push((HeaderName::try_from(name).ok()?, value.clone()));
        }
        let body = match &response.body {
            OptionalBody::Missing => None,
            OptionalBody::Present(bytes, ..) => {
                let content_type =
                    response.content_type().filter(|kind| kind.is_json() && kind.attributes.is_empty())?;
                let expected: Value = serde_json::from_slice(bytes).ok()?;
                let rules = response.matching_rules.rules_for_category("body");
                Some((Expected::new(&expected, rules.as_ref())?, content_type.to_string()))
            }
            OptionalBody::Null | OptionalBody::Empty => return None,
        };
        Some(Self { status: response.status, headers, body })
    }

    fn accepts(&self, answer: &Answer) -> bool {
        let text = |name: &HeaderName| answer.headers.get(name).and_then(|value| value.to_str().ok());
        answer.status == self.status
            && self.headers.iter().all(|(name, expected)| {
                answer.headers.get_all(name).iter().count() == 1 && text(name) == Some(expected.as_str())
            })
            && self.body.as_ref().is_none_or(|(expected, kind)| {
                let actual =
                    text(&CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default();
                actual.trim().eq_ignore_ascii_case(kind)
                    && serde_json::from_slice(&answer.body).is_ok_and(|actual| expected.accepts(&actual))
            })
    }
}
