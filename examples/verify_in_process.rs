//! A provider verifies itself inside its own test: no process, no command line. Its router serves on a free port,
//! its states are closures over its own data, and the results are values.
//!
//! ```text
//! cargo run --example verify_in_process
//! ```

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use billtest_contract::pact::PactFile;
use billtest_contract::state::{Isolation, StateCatalogue};
use billtest_verifier::{
    ClientOptions, Event, Executor, Filter, Interrupt, Jobs, Plan, PlanOptions, ProviderAddress, RunOptions,
    StateAction, StateFn, http_client, run,
};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// The provider's data: the plans it knows.
type Plans = Arc<Mutex<BTreeSet<String>>>;

async fn plan(State(plans): State<Plans>, Path(id): Path<String>) -> Result<Json<Value>, StatusCode> {
    let known = plans.lock().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.contains(&id);
    if known { Ok(Json(json!({"id": id, "seats": 3}))) } else { Err(StatusCode::NOT_FOUND) }
}

/// What some consumer recorded.
fn pact() -> Value {
    let interaction = |description: &str, states: Value, response: Value| {
        json!({
            "type": "Synchronous/HTTP", "description": description, "providerStates": states,
            "request": {"method": "GET", "path": "/plans/gold"}, "response": response,
        })
    };
    json!({
        "consumer": {"name": "shop"}, "provider": {"name": "PlanAPI"},
        "interactions": [
            interaction(
                "a request for a plan",
                json!([{"name": "A plan exists", "params": {"id": "gold"}}]),
                json!({
                    "status": 200,
                    "body": {"content": {"id": "gold", "seats": 1}, "contentType": "application/json", "encoded": false},
                    "matchingRules": {"body": {"$.seats": {"combine": "AND", "matchers": [{"match": "integer"}]}}}
                }),
            ),
            interaction("a request for a plan that is gone", json!([]), json!({"status": 404})),
        ],
        "metadata": {"pactSpecification": {"version": "4.0"}}
    })
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let plans = Plans::default();
    let router = Router::new().route("/plans/{id}", get(plan)).with_state(Arc::clone(&plans));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let provider = ProviderAddress::parse(&format!("http://{}", listener.local_addr()?))?;
    tokio::spawn(async move { axum::serve(listener, router).await });

    let states = StateFn::new(move |change| {
        let plans = Arc::clone(&plans);
        Box::pin(async move {
            let id = change.state.params.get("id").and_then(Value::as_str).ok_or("which plan?")?.to_owned();
            let mut plans = plans.lock().map_err(|error| error.to_string())?;
            match (change.state.name.as_str(), change.action) {
                ("A plan exists", StateAction::Setup) => plans.insert(id),
                ("A plan exists", StateAction::Teardown) => plans.remove(&id),
                (other, _) => return Err(format!("nobody knows the state {other}")),
            };
            Ok(Map::new())
        })
    });

    let pacts = [PactFile::parse("shop-PlanAPI.json", pact().to_string().as_bytes())?];
    let plan = Plan::new(
        &pacts,
        &PlanOptions {
            states: &StateCatalogue::default(),
            isolation: Isolation::Exclusive,
            filter: &Filter::default(),
            message_path: "/",
        },
    );
    let client = http_client(&ClientOptions { encrypted: false, ..ClientOptions::default() })?;
    let executor = Arc::new(Executor::new(client, vec![provider], vec![Arc::new(states)]));
    let options =
        RunOptions { jobs: Jobs::Adaptive, fail_fast: false, retries: 0, tenants: "example".into() };
    let (_interrupt, never) = Interrupt::channel();
    let summary = run(&plan, &executor, &options, never, |event| {
        if let Event::Result(result) = event {
            println!("{}: {}", result.planned.interaction.description, result.is_verified());
        }
    })
    .await;
    println!("{} verified, {} failed", summary.verified, summary.failed());
    if summary.failed() > 0 {
        return Err("the provider does not keep its contract".into());
    }
    Ok(())
}
