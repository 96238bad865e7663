//! Break any one field of any of the five responses: verification fails and names that field.
//!
//! A user would ship a provider that its consumers cannot read.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use billtest_provider::{Provider, StateSeeds, app};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::workspace::{Workspace, pact, project};

/// The happy interaction of each operation.
const OPERATIONS: [&str; 5] = [
    "a request for a contract",
    "a request for a payment",
    "a request to grant a credit",
    "a request to discount an invoice",
    "a meter reading",
];

/// What is done to a response before it leaves the provider.
#[derive(Debug, Clone)]
enum Damage {
    None,
    Status(u16),
    /// The value at the pointer is replaced.
    Set(String, Value),
    /// The value at the pointer is taken out.
    Remove(String),
}

type Current = Arc<Mutex<Damage>>;

async fn damaged(State(current): State<Current>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let damage = current.lock().unwrap().clone();
    if !api {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let mut json: Value = serde_json::from_slice(&bytes).unwrap();
    match damage {
        Damage::None => {}
        Damage::Status(status) => parts.status = StatusCode::from_u16(status).unwrap(),
        Damage::Set(pointer, value) => *json.pointer_mut(&pointer).unwrap() = value,
        Damage::Remove(pointer) => {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            json.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        }
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(json.to_string()))
}

/// The real provider behind something that damages its answers.
fn start(runtime: &Runtime) -> (String, Current) {
    let current: Current = Arc::new(Mutex::new(Damage::None));
    let states = billtest_contract::state::StateCatalogue::load(&project().join("provider-states")).unwrap();
    let provider = Provider::new(StateSeeds::new(states).unwrap()).unwrap();
    let router = app(provider).layer(from_fn_with_state(Arc::clone(&current), damaged));
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move { axum::serve(listener, router).await });
    (url, current)
}

/// Every place in a body, as JSON pointer and as the path of Pact.
fn places(value: &Value, pointer: String, path: String, all: &mut Vec<(String, String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                places(member, format!("{pointer}/{name}"), format!("{path}.{name}"), all);
            }
        }
        Value::Array(items) => places(&items[0], format!("{pointer}/0"), format!("{path}[0]"), all),
        _ => {}
    }
    all.push((pointer, path, value.clone()));
}

/// Something of another type.
fn of_another_type(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(17),
        Value::Object(_) => json!("no object"),
        Value::Array(_) => json!({"no": "list"}),
        _ => json!("no number"),
    }
}

#[test]
fn every_field_of_every_response_is_under_contract() {
    let runtime = Runtime::new().unwrap();
    let (url, current) = start(&runtime);
    let workspace = Workspace::new();
    let recorded: Value =
        serde_json::from_slice(&std::fs::read(project().join("pacts/billtest-BillingAPI.json")).unwrap())
            .unwrap();

    let mut tried = 0;
    for operation in OPERATIONS {
        let interaction = recorded["interactions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|interaction| interaction["description"] == operation)
            .unwrap_or_else(|| panic!("{operation} is not recorded"));
        workspace.write("p.json", pact(std::slice::from_ref(interaction)));
        let verify = |damage: Damage| {
            *current.lock().unwrap() = damage;
            workspace.verify(&["p.json", "--provider-url", &url, "--json", "r.json"])
        };
        let mismatches = || -> Vec<Value> {
            let report: Value =
                serde_json::from_slice(&std::fs::read(workspace.path("r.json")).unwrap()).unwrap();
            report["interactions"][0]["mismatches"].as_array().unwrap().clone()
        };
        verify(Damage::None).exits(0);
        verify(Damage::Status(500)).exits(1).says("status  expected");
        assert_eq!(mismatches()[0]["part"], "status");

        let mut all = Vec::new();
        places(&interaction["response"]["body"]["content"], String::new(), "$".into(), &mut all);
        for (pointer, path, value) in all {
            let mut damages = vec![Damage::Set(pointer.clone(), of_another_type(&value))];
            if pointer.rsplit('/').next().is_some_and(|name| !name.is_empty() && name != "0") {
                damages.push(Damage::Remove(pointer.clone()));
            }
            let rule =
                &interaction["response"]["matchingRules"]["body"][&path.replace("[0]", "[*]")]["matchers"][0];
            let closed = matches!(rule["match"].as_str(), Some("regex" | "date" | "equality"));
            if closed && value.is_string() {
                damages.push(Damage::Set(pointer.clone(), json!("Outside Of Every Enum And Pattern!")));
            }
            for damage in damages {
                let told = format!("{damage:?}");
                verify(damage).exits(1);
                let found = mismatches();
                assert!(
                    found.iter().any(|one| one["path"] == json!(path)),
                    "{operation}: {told}: {found:#?}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 80, "only {tried} damages were tried");
}
