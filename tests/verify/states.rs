//! Setting states up at a live provider: by the steps of their files, by an endpoint, by commands around the run.

use std::fs;

use serde_json::{Value, json};

use crate::observed_provider::ObservedProvider;
use crate::workspace::{Workspace, get, pact};

/// A pact of one interaction that reads what the state created.
fn by_state(params: &Value) -> String {
    let mut interaction = get("read", Some("S"), "/items/placeholder", &json!({"ok": true}));
    interaction["providerStates"][0]["params"] = params.clone();
    interaction["request"]["generators"] =
        json!({"path": {"type": "ProviderState", "expression": "/items/${id}", "dataType": "STRING"}});
    pact(&[interaction])
}

const PARAM: &str = "[params.plan]\ntype = \"string\"\ndefault = \"basic\"\n";

#[test]
fn steps_of_a_file_are_requests_and_programs_whose_values_reach_the_request() {
    let provider = ObservedProvider::start(|seen, _| match seen.target.as_str() {
        "/admin/items" => (201, r#"{"id": 77}"#.into()),
        _ => (200, r#"{"ok": true}"#.into()),
    });
    let workspace = Workspace::new();
    workspace.write("p.json", by_state(&json!({"plan": "gold"})));
    workspace.write(
        "states/s.toml",
        format!(
            r#"name = "S"
isolation = "tenant"
{PARAM}
[[setup]]
request = {{ method = "POST", path = "/admin/items", headers = {{ X-Plan = "{{plan}}" }}, body = {{ plan = "{{plan}}" }} }}

[[setup]]
program = ["sh", "-c", "cat > input.json; echo '{{\"extra\": 1}}'"]

[[teardown]]
request = {{ method = "DELETE", path = "/admin/items/{{id}}" }}
"#
        ),
    );
    workspace
        .verify_plain(&["p.json", "--states", "states", "--provider-url", &provider.url])
        .exits(0)
        .says("provider states: the steps in their files");
    assert_eq!(provider.targets(), ["POST /admin/items", "GET /items/77", "DELETE /admin/items/77"]);
    assert_eq!(provider.seen()[0].body, r#"{"plan":"gold"}"#);
    let input: Value = serde_json::from_slice(&fs::read(workspace.path("input.json")).unwrap()).unwrap();
    assert_eq!(
        (&input["state"], &input["action"], &input["params"]["plan"]),
        (&json!("S"), &json!("setup"), &json!("gold"))
    );
    assert_eq!(input["tenant"], json!(provider.seen()[1].tenant));
}

/// A user would hunt in the provider for what was a slip in a script.
#[test]
fn a_step_that_fails_fails_its_interaction_with_its_own_words_and_the_others_go_on() {
    for (step, reason) in [
        (
            r#"request = { method = "GET", path = "/admin/{thing}" }"#,
            "`{thing}` is no parameter, and nothing returned it",
        ),
        (
            r#"program = ["sh", "-c", "echo no database >&2; exit 3"]"#,
            "ended with exit status: 3: no database",
        ),
        (r#"program = ["sh", "-c", "echo rubbish"]"#, "printed something that is no JSON"),
        (r#"program = ["sh", "-c", "echo '[1]'"]"#, "printed JSON that is no object"),
        (r#"program = ["./no-such-program"]"#, "cannot be run"),
        ("program = [\"sleep\", \"60\"]\ntimeout_ms = 200", "sleep 60 took longer than 200 ms"),
        (
            r#"request = { method = "POST", path = "/admin/fails" }"#,
            "POST /admin/fails answered 500 Internal Server Error: out of plans",
        ),
    ] {
        let provider = ObservedProvider::start(|seen, _| match seen.target.as_str() {
            "/admin/fails" => (500, r#"{"message": "out of plans"}"#.into()),
            _ => (200, r#"{"ok": true}"#.into()),
        });
        let workspace = Workspace::new();
        let body = json!({"ok": true});
        workspace.write("p.json", pact(&[get("one", Some("S"), "/1", &body), get("two", None, "/2", &body)]));
        workspace.write("states/s.toml", format!("name = \"S\"\n[[setup]]\n{step}\n"));
        workspace
            .verify_plain(&["p.json", "--states", "states", "--provider-url", &provider.url])
            .exits(5)
            .says("setup of state \"S\" failed")
            .says(reason)
            .says("1 verified, 1 without their state");
        assert!(
            !provider.targets().contains(&"GET /1".to_owned()),
            "a request without its state proves nothing"
        );
    }
}

/// A user would find the leftovers of a broken set-up in the next run.
#[test]
fn what_a_broken_set_up_created_is_torn_down_and_every_tear_down_step_runs() {
    let provider = ObservedProvider::start(|seen, _| match seen.target.as_str() {
        "/create" => (201, r#"{"id": 7}"#.into()),
        "/fails" => (500, "{}".into()),
        _ => (200, r#"{"ok": true}"#.into()),
    });
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", Some("S"), "/1", &json!({"ok": true}))]));
    let step =
        |method: &str, path: &str| format!("request = {{ method = \"{method}\", path = \"{path}\" }}\n");
    workspace.write(
        "states/s.toml",
        format!(
            "name = \"S\"\n[[setup]]\n{}[[setup]]\n{}[[teardown]]\n{}[[teardown]]\n{}",
            step("POST", "/create"),
            step("POST", "/fails"),
            step("DELETE", "/fails"),
            step("DELETE", "/create/{id}"),
        ),
    );
    workspace
        .verify_plain(&["p.json", "--states", "states", "--provider-url", &provider.url])
        .exits(5)
        .says("POST /fails answered 500")
        .says("DELETE /fails answered 500");
    assert_eq!(provider.targets(), ["POST /create", "POST /fails", "DELETE /fails", "DELETE /create/7"]);
}

/// A difference would be taken for all that is wrong, while the provider keeps what the state left there; and a retry
/// would make it forgotten.
#[test]
fn a_failed_tear_down_is_told_whatever_else_came_of_the_interaction() {
    for (answer, retries, said) in
        [(r#"{"ok": 1}"#, "0", "1 mismatched"), (r#"{"ok": true}"#, "2", "1 without")]
    {
        let provider = ObservedProvider::start(move |seen, _| match seen.method.as_str() {
            "DELETE" => (500, "{}".into()),
            _ => (200, answer.into()),
        });
        let workspace = Workspace::new();
        workspace.write("p.json", pact(&[get("one", Some("S"), "/1", &json!({"ok": true}))]));
        workspace.write(
            "states/s.toml",
            "name = \"S\"\n[[setup]]\nrequest = { method = \"POST\", path = \"/s\" }\n\
             [[teardown]]\nrequest = { method = \"DELETE\", path = \"/s\" }\n",
        );
        workspace
            .verify_plain(&[
                "p.json",
                "--states",
                "states",
                "--retries",
                retries,
                "--provider-url",
                &provider.url,
            ])
            .exits(5)
            .says("DELETE /s answered 500")
            .says(said);
    }
}

/// A user would clean up after one state, and find the leftovers of another in the next run.
#[test]
fn every_failed_tear_down_is_told_even_if_it_failed_like_a_set_up() {
    let provider = ObservedProvider::start(|seen, _| match seen.target.as_str() {
        "/state" if seen.body.contains("teardown") || seen.body.contains("\"B\"") => (500, "boom".into()),
        _ => (200, r#"{"ok": true}"#.into()),
    });
    let workspace = Workspace::new();
    let states = format!("{}/state", provider.url);
    let run = |states_of: &[&str]| {
        let mut interaction = get("one", None, "/1", &json!({"ok": true}));
        interaction["providerStates"] = states_of.iter().map(|name| json!({"name": name})).collect();
        workspace.write("p.json", pact(&[interaction]));
        workspace
            .verify_plain(&[
                "p.json",
                "--provider-url",
                &provider.url,
                "--state-change-url",
                &states,
                "--state-change-teardown",
            ])
            .exits(5)
    };
    run(&["A", "C"]).says("teardown of state \"A\" failed").says("teardown of state \"C\" failed");
    run(&["A", "B"]).says("setup of state \"B\" failed").says("teardown of state \"A\" failed");
}

/// A broker would end the pending status of an interaction that nobody tested.
#[test]
fn a_pending_interaction_whose_state_nothing_sets_up_is_not_verified() {
    let provider = ObservedProvider::start(|_, _| (200, r#"{"ok": true}"#.into()));
    let workspace = Workspace::new();
    let mut interaction = get("one", Some("Never heard of"), "/1", &json!({"ok": true}));
    interaction["pending"] = json!(true);
    workspace.write("p.json", pact(&[interaction]));
    workspace
        .verify_plain(&["p.json", "--provider-url", &provider.url])
        .exits(0)
        .says("nothing sets it up")
        .says("1 pending");
    assert!(provider.targets().is_empty());
}

/// A run that ended well would have left a state behind, and a comparison out.
#[test]
fn an_expression_that_takes_too_many_steps_fails_its_interaction_and_the_state_is_torn_down() {
    let text = format!("{}b", "a".repeat(60));
    let provider = ObservedProvider::start(move |_, _| (200, json!({"x": text}).to_string()));
    let workspace = Workspace::new();
    let mut interaction = get("one", Some("S"), "/1", &json!({"x": "aaa"}));
    interaction["response"]["matchingRules"] =
        json!({"body": {"$.x": {"matchers": [{"match": "regex", "regex": "^(a|a|aa)+$"}]}}});
    workspace.write("p.json", pact(&[interaction]));
    workspace
        .verify_plain(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--state-change-url",
            &format!("{}/state?token=s3cret", provider.url),
            "--state-change-teardown",
        ])
        .exits(7)
        .says("comparing it broke off: Onig: Regex match error: retry-limit-in-match over")
        .hides("s3cret");
    assert_eq!(provider.targets(), ["setup S", "GET /1", "teardown S"]);
}

/// A request would name the tenant of the recording, and find nothing of what the state created for another.
#[test]
fn a_tenant_that_a_state_returns_reaches_the_request() {
    let provider = ObservedProvider::start(|seen, _| match seen.target.as_str() {
        "/state" => (200, r#"{"tenant": "fresh"}"#.into()),
        _ => (200, r#"{"ok": true}"#.into()),
    });
    let workspace = Workspace::new();
    let mut interaction = get("one", Some("S"), "/1", &json!({"ok": true}));
    interaction["request"]["headers"] = json!({"uuid": ["recorded"]});
    interaction["request"]["generators"] = json!({"header": {"uuid": {"type": "ProviderState", "expression": "${tenant}", "dataType": "STRING"}}});
    workspace.write("p.json", pact(&[interaction]));
    let states = format!("{}/state", provider.url);
    workspace
        .verify_plain(&["p.json", "--provider-url", &provider.url, "--state-change-url", &states])
        .exits(0);
    let tenants: Vec<Option<String>> = provider.seen().into_iter().map(|seen| seen.tenant).collect();
    assert_eq!(tenants, [Some("recorded".to_owned()), Some("fresh".to_owned())]);
}

#[test]
fn an_endpoint_may_want_everything_in_the_query() {
    let provider = ObservedProvider::start(|_, _| (200, r#"{"ok": true, "id": "from-endpoint"}"#.into()));
    let workspace = Workspace::new();
    workspace.write("p.json", by_state(&json!({"n": 1})));
    workspace
        .verify_plain(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--state-change-as-query", //
            "--state-change-url",
            &format!("{}/state", provider.url),
        ])
        .exits(0);
    assert_eq!(provider.targets(), ["POST /state?state=S&action=setup&n=1", "GET /items/from-endpoint"]);
}

#[test]
fn states_check_tells_used_missing_and_unused() {
    let workspace = Workspace::new();
    workspace.write(
        "pacts/p.json",
        pact(&[
            get("a", Some("A contract exists"), "/", &json!({})),
            get("b", Some("A contrct exists"), "/", &json!({})),
        ]),
    );
    workspace.write("provider-states/a.toml", "name = \"A contract exists\"");
    workspace.write("provider-states/b.toml", "name = \"Winter\"");
    workspace
        .billtest(&["states", "check"])
        .exits(5)
        .says("used     A contract exists  provider-states/a.toml, for pacts/p.json")
        .says("missing  A contrct exists, did you mean A contract exists?")
        .says("unused   Winter  provider-states/b.toml")
        .says("1 used, 1 missing, 1 unused");
    workspace.write("pacts/p.json", pact(&[get("a", Some("A contract exists"), "/", &json!({}))]));
    workspace.billtest(&["states", "check"]).exits(0);
    workspace.billtest(&["states", "check", "nowhere-*"]).exits(4);
}
