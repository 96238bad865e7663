//! What runs beside what, in which order, and how often.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::observed_provider::ObservedProvider;
use crate::workspace::{Workspace, get, pact};

/// So many interactions, each given the state `S`.
fn several(count: usize) -> String {
    let all: Vec<Value> = (0..count)
        .map(|n| get(&format!("number {n}"), Some("S"), &format!("/{n}"), &json!({"ok": true})))
        .collect();
    pact(&all)
}

fn ok() -> (u16, String) {
    (200, r#"{"ok": true}"#.into())
}

/// A workspace whose state `S` has this isolation.
fn workspace(isolation: &str, count: usize) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("p.json", several(count));
    workspace.write("states/s.toml", format!("name = \"S\"\nisolation = \"{isolation}\"\n"));
    workspace
}

/// A user would wait for each interaction in turn, or see them disturb each other.
#[test]
fn tenants_run_at_once_each_with_a_name_of_its_own_in_state_change_and_request() {
    let provider = ObservedProvider::gated(4, |_, _| ok());
    let workspace = workspace("tenant", 8);
    workspace
        .verify_plain(&[
            "p.json",
            "--states",
            "states",
            "--provider-url",
            &provider.url,
            "--jobs",
            "4", //
            "--state-change-url",
            &format!("{}/state", provider.url),
            "--state-change-teardown",
        ])
        .exits(0)
        .says("8 verified");
    let seen = provider.seen();
    let mut tenants = BTreeSet::new();
    for number in 0..8 {
        let request = seen.iter().position(|seen| seen.target == format!("/{number}")).unwrap();
        let tenant = seen[request].tenant.clone().unwrap();
        let of_tenant: Vec<&str> = seen
            .iter()
            .filter(|seen| seen.tenant.as_ref() == Some(&tenant))
            .map(|seen| if seen.body.contains("teardown") { "teardown" } else { seen.method.as_str() })
            .collect();
        assert_eq!(of_tenant, ["POST", "GET", "teardown"]);
        assert!(tenants.insert(tenant));
    }
}

#[test]
fn without_a_declared_isolation_the_order_is_that_of_the_pact_and_nothing_runs_beside() {
    for isolation in ["exclusive", "undeclared"] {
        let provider = ObservedProvider::start(|_, _| ok());
        let workspace = workspace("exclusive", 5);
        if isolation == "undeclared" {
            std::fs::remove_file(workspace.path("states/s.toml")).unwrap();
        }
        workspace
            .verify_plain(&[
                "p.json",
                "--states",
                "states",
                "--provider-url",
                &provider.url,
                "--jobs",
                "8", //
                "--state-change-url",
                &format!("{}/state", provider.url),
            ])
            .exits(0);
        let expected: Vec<String> = (0..5).flat_map(|n| ["setup S".into(), format!("GET /{n}")]).collect();
        assert_eq!(provider.targets(), expected);
        assert_eq!(provider.most_at_once(), 1);
        assert!(provider.seen().iter().all(|seen| seen.tenant.is_none()));
    }
}

#[test]
fn shared_states_are_set_up_once_for_all_that_run_under_them() {
    let provider = ObservedProvider::gated(3, |_, _| ok());
    let workspace = workspace("shared", 3);
    workspace
        .verify_plain(&[
            "p.json",
            "--states",
            "states",
            "--provider-url",
            &provider.url,
            "--jobs",
            "3", //
            "--state-change-url",
            &format!("{}/state", provider.url),
            "--state-change-teardown",
        ])
        .exits(0)
        .says("3 verified");
    let targets = provider.targets();
    assert_eq!(
        (targets.first().unwrap().as_str(), targets.last().unwrap().as_str()),
        ("setup S", "teardown S")
    );
    assert_eq!(targets.len(), 5);
}

/// A user would see one tenant's interactions fail for want of a state that another tenant has, or that another
/// instance has.
#[test]
fn shared_states_are_set_up_for_each_tenant_that_requests_name_where_those_requests_go() {
    let (one, two) = (ObservedProvider::start(|_, _| ok()), ObservedProvider::start(|_, _| ok()));
    let workspace = workspace("shared", 0);
    let all: Vec<Value> = ["a", "b", "a", "b"]
        .iter()
        .enumerate()
        .map(|(n, tenant)| {
            let mut interaction =
                get(&format!("number {n}"), Some("S"), &format!("/{n}"), &json!({"ok": true}));
            interaction["request"]["headers"] = json!({"uuid": [tenant]});
            interaction
        })
        .collect();
    workspace.write("p.json", pact(&all));
    workspace
        .verify_plain(&[
            "p.json",
            "--states",
            "states",
            "--provider-url",
            &one.url,
            "--provider-url",
            &two.url,
            "--state-change-url",
            &format!("{}/state", one.url),
            "--state-change-teardown",
        ])
        .exits(0)
        .says("4 verified");
    let seen = one.seen();
    let order = |tenant: &str| -> Vec<&str> {
        let of_tenant = seen.iter().filter(|seen| seen.tenant.as_deref() == Some(tenant));
        of_tenant
            .map(|seen| match seen.body.contains("teardown") {
                true => "teardown",
                false => seen.method.as_str(),
            })
            .collect()
    };
    assert_eq!(order("a"), ["POST", "GET", "GET", "teardown"]);
    assert_eq!(order("b"), ["POST", "GET", "GET", "teardown"]);
    assert!(two.seen().is_empty());
}

/// A user would count one interaction more than the pact has.
#[test]
fn a_failed_tear_down_of_shared_states_fails_one_of_their_interactions() {
    let provider = ObservedProvider::start(|seen, _| {
        if seen.body.contains("teardown") { (500, r#"{"error": "locked"}"#.into()) } else { ok() }
    });
    let workspace = workspace("shared", 3);
    workspace
        .verify_plain(&[
            "p.json",
            "--states",
            "states",
            "--provider-url",
            &provider.url,
            "--json",
            "r.json",
            "--state-change-url",
            &format!("{}/state", provider.url),
            "--state-change-teardown",
        ])
        .exits(5)
        .says("teardown of state \"S\" failed")
        .says("2 verified, 1 without their state");
    let report: Value = serde_json::from_str(&workspace.read("r.json")).unwrap();
    assert_eq!(report["interactions"].as_array().unwrap().len(), 3);
}

/// A run would end well that left its states behind, because a pending interaction may fail.
#[test]
fn a_failed_tear_down_of_shared_states_counts_although_the_last_is_pending() {
    let provider = ObservedProvider::start(|seen, _| {
        if seen.body.contains("teardown") { (500, r#"{"error": "locked"}"#.into()) } else { ok() }
    });
    let workspace = workspace("shared", 0);
    let mut all: Vec<Value> = (0..4)
        .map(|n| get(&format!("number {n}"), Some("S"), &format!("/{n}"), &json!({"ok": true})))
        .collect();
    all[2]["pending"] = json!(true);
    all[3]["pending"] = json!(true);
    workspace.write("p.json", pact(&all));
    workspace
        .verify_plain(&[
            "p.json",
            "--states",
            "states",
            "--provider-url",
            &provider.url,
            "--state-change-url",
            &format!("{}/state", provider.url),
            "--state-change-teardown",
        ])
        .exits(5)
        .says("3 verified, 1 without their state");
}

#[test]
fn isolation_of_what_no_file_describes_is_said_on_the_command_line() {
    let provider = ObservedProvider::gated(2, |_, _| ok());
    let workspace = Workspace::new();
    workspace.write("p.json", several(2));
    workspace
        .verify_plain(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--isolation",
            "tenant",
            "--tenant-header",
            "X-Tenant", //
            "--state-change-url",
            &format!("{}/state", provider.url),
        ])
        .exits(0);
    assert!(provider.seen().iter().all(|seen| seen.tenant.is_none()), "the header has another name");
}

#[test]
fn several_instances_share_the_work() {
    let (one, two) = (ObservedProvider::start(|_, _| ok()), ObservedProvider::start(|_, _| ok()));
    let workspace = Workspace::new();
    workspace.write("p.json", several(6).replace("[{\"name\":\"S\"}]", "[]"));
    workspace
        .verify_plain(&[
            "p.json",
            "--provider-url",
            &one.url,
            "--provider-url",
            &two.url,
            "--isolation",
            "tenant",
        ])
        .exits(0)
        .says("6 verified");
    assert_eq!((one.seen().len(), two.seen().len()), (3, 3));
}

#[test]
fn a_dry_run_shows_the_phases_with_the_reason_and_sends_nothing() {
    let provider = ObservedProvider::start(|_, _| ok());
    let workspace = workspace("tenant", 1);
    let mut all: Value = serde_json::from_str(&several(1)).unwrap();
    all["interactions"].as_array_mut().unwrap().push(get("stateless", None, "/x", &json!({})));
    workspace.write("p.json", all.to_string());
    workspace
        .verify_plain(&["p.json", "--states", "states", "--provider-url", &provider.url, "--dry-run"])
        .exits(0)
        .says("1. 1 at once, each under a tenant of its own")
        .says("number 0  p.json, because states/s.toml says so")
        .says("2. 1 one by one, with nothing beside them")
        .says("stateless  p.json, because it has no state, and --isolation decides")
        .says("nothing was sent");
    assert!(provider.seen().is_empty());
}

#[test]
fn the_first_failure_ends_the_run_if_that_is_asked_for() {
    let provider =
        ObservedProvider::start(|seen, _| if seen.target == "/1" { (500, "{}".into()) } else { ok() });
    let workspace = Workspace::new();
    workspace.write("p.json", several(4).replace("[{\"name\":\"S\"}]", "[]"));
    workspace
        .verify_plain(&["p.json", "--provider-url", &provider.url, "--fail-fast"])
        .exits(1)
        .says("1 verified, 1 mismatched, 2 not verified after the first failure");
    assert_eq!(provider.targets(), ["GET /0", "GET /1"]);
}

#[test]
fn what_passes_at_a_later_try_is_reported_as_flaky() {
    let provider = ObservedProvider::start(|_, before| if before == 0 { (503, "{}".into()) } else { ok() });
    let workspace = Workspace::new();
    workspace.write("p.json", several(1).replace("[{\"name\":\"S\"}]", "[]"));
    workspace.verify_plain(&["p.json", "--provider-url", &provider.url]).exits(1);
    let provider = ObservedProvider::start(|_, before| if before == 0 { (503, "{}".into()) } else { ok() });
    workspace
        .verify_plain(&["p.json", "--provider-url", &provider.url, "--retries", "2", "--json", "r.json"])
        .exits(0)
        .says("flaky   number 0")
        .says("at try 2")
        .says("1 verified, 1 of them flaky");
    let report: Value = serde_json::from_slice(&std::fs::read(workspace.path("r.json")).unwrap()).unwrap();
    assert_eq!((&report["summary"]["flaky"], &report["interactions"][0]["attempts"]), (&json!(1), &json!(2)));
}
