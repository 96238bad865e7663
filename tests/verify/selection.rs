//! Which interactions are verified.

use serde_json::{Value, json};

use crate::observed_provider::ObservedProvider;
use crate::workspace::{Workspace, get, pact};

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let body = json!({"ok": true});
    let shop = pact(&[
        get("read a plan", None, "/plan", &body),
        get("read an invoice", Some("An invoice exists"), "/invoice", &body),
    ]);
    workspace.write("p/shop.json", &shop);
    workspace.write(
        "p/till.json",
        pact(&[get("read a till", None, "/till", &body)]).replace("\"Shop\"", "\"Till\""),
    );
    workspace
}

fn provider() -> ObservedProvider {
    ObservedProvider::start(|_, _| (200, r#"{"ok": true}"#.into()))
}

#[test]
fn a_filter_selects_by_description_state_and_consumer() {
    for (filter, verified) in [
        (&["--filter-description", "invoice|till"][..], 2),
        (&["--filter-description", "^read a plan$"], 1),
        (&["--filter-state", "invoice"], 1),
        (&["--filter-no-state"], 2),
        (&["--filter-consumer", "Till"], 1),
        (&["--filter-consumer", "Till", "--filter-consumer", "Shop"], 3),
    ] {
        let (provider, workspace) = (provider(), workspace());
        let state = format!("{}/state", provider.url);
        let mut arguments = vec!["p", "--provider-url", &provider.url, "--state-change-url", &state];
        arguments.extend(filter);
        let run = workspace.verify_plain(&arguments).exits(0).says(&format!("{verified} verified"));
        if verified < 3 {
            run.says("left out by the filter");
        }
    }
}

/// A user whose pipeline sets a variable to nothing would see green, with interactions left out.
#[test]
fn a_filter_variable_that_is_empty_selects_everything() {
    let (provider, workspace) = (provider(), workspace());
    let state = format!("{}/state", provider.url);
    workspace
        .verify_under(
            &[("PACT_PROVIDER_STATE", ""), ("PACT_DESCRIPTION", "")],
            &["p", "--provider-url", &provider.url, "--state-change-url", &state],
        )
        .exits(0)
        .says("3 verified");
}

/// A user would see green, and nothing was verified.
#[test]
fn a_filter_that_selects_nothing_is_a_failure_even_where_no_pacts_would_be_well() {
    let (provider, workspace) = (provider(), workspace());
    for filter in [&["--filter-description", "plam"][..], &["--filter-consumer", "shop"]] {
        let mut arguments = vec!["p", "--provider-url", &provider.url, "--ignore-no-pacts"];
        arguments.extend(filter);
        workspace.verify_plain(&arguments).exits(4).says("the filter selects none of the 3 interactions");
    }
    workspace
        .verify_plain(&["p", "--provider-url", &provider.url, "--filter-description", "("])
        .exits(2)
        .says("unclosed group");
    assert!(provider.seen().is_empty());
}

#[test]
fn what_failed_last_is_verified_again_although_its_pact_has_no_keys() {
    let workspace = workspace();
    let broken = ObservedProvider::start(|seen, _| {
        (200, if seen.target == "/till" { r#"{"ok": false}"# } else { r#"{"ok": true}"# }.into())
    });
    let arguments = |url: &str| -> Vec<String> {
        ["p", "--provider-url", url, "--state-change-url", &format!("{url}/state"), "--json", "r.json"]
            .map(ToOwned::to_owned)
            .to_vec()
    };
    let run = |arguments: &[String], more: &[&str]| {
        let all: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        workspace.verify_plain(&all)
    };
    run(&arguments(&broken.url), &["--last-failed"]).exits(2).says("--last-failed reads the report");
    run(&arguments(&broken.url), &[]).exits(1).says("2 verified, 1 mismatched");
    run(&arguments(&broken.url), &["--last-failed"]).exits(1).says("0 verified, 1 mismatched");
    let mended = provider();
    run(&arguments(&mended.url), &["--last-failed"]).exits(0).says("1 verified, 2 left out by the filter");
    assert_eq!(mended.targets(), ["GET /till"]);
    let report = std::fs::read(workspace.path("r.json")).unwrap();
    run(&arguments(&mended.url), &["--last-failed"]).exits(4).says("the filter selects none");
    assert_eq!(
        std::fs::read(workspace.path("r.json")).unwrap(),
        report,
        "nothing was learned, nothing is written"
    );
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["interactions"].as_array().unwrap().len(), 1);
}
