//! Pacts that need a plugin: refused by a billtest that has none, kept to the word by one that has.

#[cfg(feature = "plugins")]
mod loaded;

use std::sync::Arc;

use billtest_contract::pact::PactFile;
use billtest_contract::state::{Isolation, StateCatalogue};
use billtest_verifier::{
    ClientOptions, Executor, Filter, Interrupt, Jobs, Plan, PlanOptions, ProviderAddress, RunOptions,
    http_client, run,
};
use serde_json::{Value, json};

use crate::observed_provider::ObservedProvider;
use crate::workspace::Workspace;

/// A pact that needs this version of the plugin `bill-lines`.
fn pact(version: &str, interactions: &[Value]) -> String {
    json!({
        "consumer": {"name": "Shop"}, "provider": {"name": "BillingAPI"}, "interactions": interactions,
        "metadata": {
            "pactSpecification": {"version": "4.0"},
            "plugins": [{"name": "bill-lines", "version": version, "configuration": {"currency": "EUR"}}]
        }
    })
    .to_string()
}

fn bill(text: &str) -> Value {
    json!({"content": text, "contentType": "application/x-bill-lines", "encoded": false})
}

/// A GET of a bill.
fn reads_bill() -> Value {
    json!({
        "type": "Synchronous/HTTP", "description": "read a bill",
        "request": {"method": "GET", "path": "/bills/7"},
        "response": {
            "status": 200, "headers": {"Content-Type": ["application/x-bill-lines"]},
            "body": bill("id=7\ntotal=10 EUR\nprinted=monday\n")
        },
        "pluginConfiguration": {"bill-lines": {"any": "printed"}}
    })
}

/// A body would be compared byte by byte, or not at all, where the consumer agreed on something else.
#[cfg(not(feature = "plugins"))]
#[test]
fn a_pact_that_needs_a_plugin_is_refused_by_a_billtest_without_plugins() {
    let workspace = Workspace::new();
    workspace.write("p.json", pact("1.2.0", &[reads_bill()]));
    let provider = ObservedProvider::start(|_, _| (200, String::new()));
    workspace
        .verify_plain(&["p.json", "--provider-url", &provider.url])
        .exits(2)
        .says("p.json: needs plugin bill-lines 1.2.0; this billtest was built without plugins")
        .says("build it with --features plugins");
    assert!(provider.seen().is_empty());
}

/// A program that drives the verifier itself and loads no plugins would have bytes compared.
#[tokio::test]
async fn a_program_that_loads_no_plugins_gets_no_verdict() {
    let pacts = [PactFile::parse("p.json", pact("1.2.0", &[reads_bill()]).as_bytes()).unwrap()];
    let provider = tokio::task::spawn_blocking(|| ObservedProvider::start(|_, _| (200, String::new())));
    let provider = provider.await.unwrap();
    let options = PlanOptions {
        states: &StateCatalogue::default(),
        isolation: Isolation::Exclusive,
        filter: &Filter::default(),
        message_path: "/",
    };
    let address = ProviderAddress::parse(&provider.url).unwrap();
    let client = http_client(&ClientOptions { encrypted: false, ..ClientOptions::default() }).unwrap();
    let executor = Arc::new(Executor::new(client, vec![address], Vec::new()));
    let run_options = RunOptions { jobs: Jobs::Adaptive, fail_fast: false, retries: 0, tenants: "t".into() };
    let (_tell, never) = Interrupt::channel();
    let summary = run(&Plan::new(&pacts, &options), &executor, &run_options, never, |_| {}).await;
    assert_eq!((summary.invalid, summary.verified), (1, 0));
    assert!(provider.seen().is_empty());
}

/// An unreadable entry would be a plugin that nobody loads.
#[test]
fn plugins_that_cannot_be_read_make_the_pact_invalid() {
    let workspace = Workspace::new();
    let provider = ObservedProvider::start(|_, _| (200, String::new()));
    for (plugins, said) in [
        (json!({"bill-lines": "1.2.0"}), "$.metadata.plugins is not a list"),
        (json!([{"name": "bill-lines"}]), "$.metadata.plugins[0] is no plugin: missing field `version`"),
    ] {
        let mut document: Value = serde_json::from_str(&pact("1.2.0", &[reads_bill()])).unwrap();
        document["metadata"]["plugins"] = plugins;
        workspace.write("p.json", document.to_string());
        workspace.verify_plain(&["p.json", "--provider-url", &provider.url]).exits(7).says(said);
    }
    assert!(provider.seen().is_empty());
}

/// A call by gRPC would be sent as a GET, and its answer taken for the provider's.
#[test]
fn an_interaction_over_another_transport_is_not_sent_over_http() {
    let workspace = Workspace::new();
    let mut call = reads_bill();
    call["transport"] = json!("grpc");
    let mut document: Value = serde_json::from_str(&pact("1.2.0", &[call])).unwrap();
    document["metadata"].as_object_mut().unwrap().remove("plugins");
    workspace.write("p.json", document.to_string());
    let provider = ObservedProvider::start(|_, _| (200, String::new()));
    workspace
        .verify_plain(&["p.json", "--provider-url", &provider.url])
        .exits(7)
        .says("it goes over the transport `grpc`, and billtest replays over HTTP only");
    assert!(provider.seen().is_empty());
}
