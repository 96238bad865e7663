use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::thread;

use pact_consumer::builders::{HttpPartBuilder as _, InteractionBuilder as PactInteraction};
use pact_consumer::patterns::JsonPattern;
use pact_mock_server::builder::MockServerBuilder;
use pact_mock_server::matching::MatchResult;
use pact_mock_server::mock_server::MockServer;
use pact_models::v4::interaction::V4Interaction as _;
use pact_models::v4::pact::V4Pact;
use serde_json::{Value, json};

use crate::store::{self, Recorded};
use crate::{Body, RecordError, TestName};

/// A pact between two parties, as one test sees it. Made by [`pact!`](crate::pact!).
#[derive(Debug)]
pub struct Pact {
    consumer: String,
    provider: String,
    test: TestName,
    directory: PathBuf,
}

impl Pact {
    /// A pact of which `test` records interactions, into `PACT_OUTPUT_DIR` or `pacts/` of its package.
    #[must_use]
    pub fn new(consumer: &str, provider: &str, test: TestName) -> Self {
        let directory = env::var_os("PACT_OUTPUT_DIR").filter(|value| !value.is_empty()).map_or_else(
            || env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from).join("pacts"),
            PathBuf::from,
        );
        Self { consumer: consumer.to_owned(), provider: provider.to_owned(), test, directory }
    }

    /// Writes to another directory.
    #[must_use]
    pub fn in_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Begins an interaction: what the consumer asks for, in words. With the states it is the interaction's
    /// identity.
    pub fn interaction(self, description: &str) -> InteractionBuilder {
        InteractionBuilder {
            pact: self,
            description: description.to_owned(),
            states: Vec::new(),
            request: Request::get("/"),
            response: Response::ok(),
        }
    }
}

/// The request a consumer sends.
#[derive(Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    path_from_state: Option<String>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Payload,
}

#[derive(Debug)]
enum Payload {
    None,
    Json(Body),
    Text { text: String, content_type: String },
}

impl Request {
    fn new(method: &'static str, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            path_from_state: None,
            query: Vec::new(),
            headers: Vec::new(),
            body: Payload::None,
        }
    }

    /// A GET request.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST request.
    #[must_use]
    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// A PUT request.
    #[must_use]
    pub fn put(path: &str) -> Self {
        Self::new("PUT", path)
    }

    /// A PATCH request.
    #[must_use]
    pub fn patch(path: &str) -> Self {
        Self::new("PATCH", path)
    }

    /// A DELETE request.
    #[must_use]
    pub fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    /// Takes the path from the provider state when the provider is verified: `/contracts/${id}`.
    #[must_use]
    pub fn path_from_state(mut self, expression: &str) -> Self {
        self.path_from_state = Some(expression.to_owned());
        self
    }

    /// A query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A header that the consumer must send with this value.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(mut self, body: Body) -> Self {
        self.body = Payload::Json(body);
        self
    }

    /// A body that is exactly this text, for instance one that is no JSON at all.
    #[must_use]
    pub fn text(mut self, text: &str, content_type: &str) -> Self {
        self.body = Payload::Text { text: text.to_owned(), content_type: content_type.to_owned() };
        self
    }
}

/// The response a consumer reads.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Payload,
}

impl Response {
    /// A response with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Payload::None }
    }

    /// 200 OK.
    #[must_use]
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// 201 Created.
    #[must_use]
    pub fn created() -> Self {
        Self::status(201)
    }

    /// A header that the provider must send with this value.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(mut self, body: Body) -> Self {
        self.body = Payload::Json(body);
        self
    }
}

/// An interaction that is being described.
#[derive(Debug)]
#[must_use = "an interaction is recorded by `run`"]
pub struct InteractionBuilder {
    pact: Pact,
    description: String,
    states: Vec<(String, Option<Value>)>,
    request: Request,
    response: Response,
}

impl InteractionBuilder {
    /// A provider state that must hold. May be repeated; the order is kept.
    pub fn given(mut self, state: &str) -> Self {
        self.states.push((state.to_owned(), None));
        self
    }

    /// A provider state with parameters, a JSON object.
    pub fn given_with(mut self, state: &str, params: Value) -> Self {
        self.states.push((state.to_owned(), Some(params)));
        self
    }

    /// What the consumer sends.
    pub fn request(mut self, request: Request) -> Self {
        self.request = request;
        self
    }

    /// What the consumer reads.
    pub fn response(mut self, response: Response) -> Self {
        self.response = response;
        self
    }

    /// Runs the client against a pact mock server at the given URL (it ends in `/`) and records the interaction if
    /// the client did exactly what it says.
    ///
    /// # Errors
    /// Every [`RecordError`]; nothing is recorded then.
    pub async fn run<F, E>(self, client: F) -> Result<(), RecordError>
    where
        F: AsyncFnOnce(String) -> Result<(), E>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { pact, description, states, request, response } = self;
        let interaction = build(&description, states, request, response)?;
        let server = MockServerBuilder::new()
            .with_v4_pact(V4Pact { interactions: vec![interaction.boxed_v4()], ..V4Pact::default() })
            .bind_to_ip4_port(0)
            .start()
            .await
            .map_err(|error| RecordError::Server(error.to_string()))?;

        let url = format!("{}/", server.url().trim_end_matches('/'));
        let mut running = Running { server: Some(server) };
        let outcome = client(url).await;
        let outcome = outcome.map_err(|error| with_causes(error.into().as_ref()));
        let differences = running.finish();

        match (differences.is_empty(), outcome) {
            (true, Ok(())) => store::record(&Recorded {
                directory: &pact.directory,
                consumer: &pact.consumer,
                provider: &pact.provider,
                test: &pact.test,
                interaction: interaction.to_json(),
            }),
            (true, Err(error)) => Err(RecordError::Client { description, error }),
            (false, outcome) => {
                let outcome = match outcome {
                    Ok(()) => String::new(),
                    Err(error) => format!("  so the client ended with: {error}\n"),
                };
                Err(RecordError::Differences { description, differences, outcome })
            }
        }
    }
}

fn build(
    description: &str,
    states: Vec<(String, Option<Value>)>,
    request: Request,
    response: Response,
) -> Result<pact_models::v4::synch_http::SynchronousHttp, RecordError> {
    let incomplete = |reason: String| RecordError::Incomplete { description: description.to_owned(), reason };
    if description.trim().is_empty() {
        return Err(incomplete("it needs a description".into()));
    }
    if !request.path.starts_with('/') {
        return Err(incomplete(format!("the path `{}` must begin with a slash", request.path)));
    }
    let mut builder = PactInteraction::new(description, "");
    builder.transport("http");
    for (name, params) in states {
        match params {
            None => builder.given(name),
            Some(params @ Value::Object(_)) => builder.given_with_params(name, &params),
            Some(other) => {
                return Err(incomplete(format!("parameters of state \"{name}\" are {other}, not an object")));
            }
        };
    }

    let part = &mut builder.request;
    part.method(request.method);
    match &request.path_from_state {
        Some(expression) => part.path_from_provider_state(expression, request.path.as_str()),
        None => part.path(request.path.as_str()),
    };
    for (name, value) in request.query {
        part.query_param(name, value);
    }
    for (name, value) in request.headers {
        part.header(name, value);
    }
    add_body(part, request.body)?;

    let part = &mut builder.response;
    part.status(response.status);
    for (name, value) in response.headers {
        part.header(name, value);
    }
    add_body(part, response.body)?;
    Ok(builder.build_v4())
}

fn add_body(
    part: &mut impl pact_consumer::builders::HttpPartBuilder,
    body: Payload,
) -> Result<(), RecordError> {
    match body {
        Payload::None => {}
        Payload::Text { text, content_type } => {
            part.content_type(content_type.as_str());
            part.body(text);
        }
        Payload::Json(body) => {
            let content = body.into_content()?;
            for (path, generator) in content.generators() {
                part.body_generator(path, generator);
            }
            part.content_type("application/json");
            part.json_body(JsonPattern::pattern(content));
        }
    }
    Ok(())
}

/// A pact mock server whose differences are told even when the client panics, in an assertion of the test.
struct Running {
    server: Option<MockServer>,
}

impl Running {
    /// What was different; nothing the second time.
    fn finish(&mut self) -> String {
        let Some(mut server) = self.server.take() else { return String::new() };
        let differences = server.mismatches().iter().map(describe).collect();
        // Ending it waits for tasks of this very thread's runtime, a tenth of a second and in vain.
        thread::spawn(move || drop(server.shutdown()));
        differences
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let differences = self.finish();
        if thread::panicking() && !differences.is_empty() {
            #[expect(clippy::print_stderr, reason = "the test is ending by a panic; this is its explanation")]
            {
                eprintln!("the client did not do what the pact says:\n{differences}");
            }
        }
    }
}

fn describe(result: &MatchResult) -> String {
    let mut text = String::new();
    match result {
        MatchResult::RequestMatch(..) => {}
        MatchResult::RequestMismatch(_, actual, mismatches) => {
            let _ = writeln!(text, "  it sent {} {}, which differs:", actual.method, actual.path);
            for mismatch in mismatches {
                let _ = writeln!(text, "    {}", mismatch.description());
            }
        }
        MatchResult::RequestNotFound(actual) => {
            let _ = writeln!(
                text,
                "  it sent {} {}, which is not in the interaction",
                actual.method, actual.path
            );
        }
        MatchResult::MissingRequest(expected) => {
            let _ = writeln!(text, "  it did not send {} {}", expected.method, expected.path);
        }
    }
    text
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            let _ = write!(text, ": {inner_text}");
        }
        cause = inner.source();
    }
    text
}

/// What is written into `comments`: the test's name and nothing that changes between runs.
pub(crate) fn stamp(interaction: &mut Value, test: &str) {
    interaction["comments"] = json!({"testname": test});
}
