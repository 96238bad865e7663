use std::sync::Arc;
use std::time::Duration;

use billtest_contract::state::{
    HookAction, HookRequest, HookStep, StateCatalogue, fill, first_without_value,
};
use futures::future::{BoxFuture, FutureExt as _};
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use super::{Handled, StateAction, StateChange, StateError, StateHandler, excerpt, told};
use crate::Program;
use crate::exchange::{read_text, reason_of};

/// What state files say about setting states up at a live provider: requests to it, and programs.
#[derive(Debug, Clone)]
pub struct FileHooks {
    /// The files.
    pub states: Arc<StateCatalogue>,
    /// The client by which requests are sent.
    pub client: Client,
}

impl StateHandler for FileHooks {
    fn change<'a>(
        &'a self,
        change: StateChange<'a>,
        returned: &'a mut Map<String, Value>,
    ) -> BoxFuture<'a, Result<Handled, StateError>> {
        self.run(change, returned).boxed()
    }
}

impl FileHooks {
    async fn run(
        &self,
        change: StateChange<'_>,
        returned: &mut Map<String, Value>,
    ) -> Result<Handled, StateError> {
        let Some(file) = self.states.get(&change.state.name) else { return Ok(Handled::Unknown) };
        let steps = match change.action {
            StateAction::Setup => &file.setup,
            StateAction::Teardown => &file.teardown,
        };
        if steps.is_empty() {
            return Ok(Handled::Unknown);
        }
        let given: Map<String, Value> = change.state.params.clone().into_iter().collect();
        let params = file.resolve(&given).map_err(|error| change.failed(error.to_string()))?;
        // Later steps may use what earlier ones returned. Before a tear-down that is what the set-up returned, even
        // where it differs from the parameters; before a set-up it is what other states returned, and is not.
        let (mut known, over) = match change.action {
            StateAction::Setup => (change.values.clone(), &params),
            StateAction::Teardown => (params.clone(), change.values),
        };
        known.extend(over.clone());
        returned.extend(params.clone());
        let mut failed = None;
        for step in steps {
            let limit = Duration::from_millis(step.timeout_ms);
            let work = async {
                match &step.action {
                    HookAction::Request(request) => self.request(&change, request, &known, limit).await,
                    HookAction::Program(program) => run_program(&change, program, &params).await,
                }
            };
            let done = timeout(limit, work)
                .await
                .unwrap_or_else(|_| Err(format!("took longer than {} ms", step.timeout_ms)));
            match done {
                Ok(values) => {
                    known.extend(values.clone());
                    returned.extend(values);
                }
                Err(reason) => {
                    let error = change.failed(format!("{} {reason}", named(step)));
                    if change.action == StateAction::Setup {
                        return Err(error);
                    }
                    // What the other steps clean up is cleaned up all the same.
                    failed = StateError::and(failed, Some(error));
                }
            }
        }
        failed.map_or(Ok(Handled::Changed), Err)
    }

    async fn request(
        &self,
        change: &StateChange<'_>,
        hook: &HookRequest,
        values: &Map<String, Value>,
        limit: Duration,
    ) -> Result<Map<String, Value>, String> {
        let full = |template: &Value| match first_without_value(template, values) {
            None => Ok(fill(template, values)),
            Some(name) => Err(format!("`{{{name}}}` is no parameter, and nothing returned it")),
        };
        let filled = |text: &str| match full(&Value::String(text.to_owned()))? {
            Value::String(text) => Ok::<_, String>(text),
            other => Ok(other.to_string()),
        };
        let path = filled(&hook.path)?;
        let url = if path.starts_with('/') { format!("{}{path}", change.provider) } else { path };
        let method = Method::from_bytes(hook.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut request = self.client.request(method, &url).timeout(limit);
        for (name, value) in &hook.headers {
            request = request.header(name, filled(value)?);
        }
        if let Some((name, value)) = change.tenant {
            request = request.header(name, value);
        }
        if let Some(body) = &hook.body {
            request = request.json(&full(body)?);
        }
        let response = request.send().await.map_err(|error| reason_of(&error))?;
        let status = response.status();
        let text = read_text(response).await?;
        if !status.is_success() {
            return Err(format!("answered {status}: {}", told(&text)));
        }
        // A resource that was created may be answered; what it is called goes into the request.
        Ok(match serde_json::from_str(&text) {
            Ok(Value::Object(values)) => values,
            _ => Map::new(),
        })
    }
}

fn named(step: &HookStep) -> String {
    match &step.action {
        HookAction::Request(request) => format!("{} {}", request.method, request.path),
        HookAction::Program(program) => program.join(" "),
    }
}

/// Runs a program: JSON on its standard input, a JSON object or nothing on its standard output.
async fn run_program(
    change: &StateChange<'_>,
    program: &[String],
    params: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let Some((command, arguments)) = program.split_first() else { return Err("names no program".into()) };
    let input = json!({
        "state": change.state.name,
        "params": params,
        "action": change.action.word(),
        "consumer": change.consumer,
        "tenant": change.tenant.map(|(_, name)| name),
        "provider_url": change.provider,
        "values": change.values,
    });
    let mut program = Command::new(command);
    program.args(arguments);
    let output = Program::run(program, input.to_string().as_bytes())
        .await
        .map_err(|error| format!("cannot be run: {error}"))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        let said = if stderr.trim().is_empty() { &stdout } else { &stderr };
        return Err(format!("ended with {}: {}", output.status, told(said)));
    }
    if stdout.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(&stdout) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(format!("printed JSON that is no object: {}", excerpt(&stdout))),
        Err(error) => Err(format!("printed something that is no JSON ({error}): {}", excerpt(&stdout))),
    }
}
