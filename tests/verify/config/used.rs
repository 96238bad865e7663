//! That the commands do what is configured, as if it had been said by options.

use serde_json::json;

use crate::observed_provider::ObservedProvider;
use crate::workspace::{Mock, Workspace, get, pact, project};

fn workspace() -> (Workspace, ObservedProvider) {
    let workspace = Workspace::new();
    workspace.write("contracts/p.json", pact(&[get("thing", Some("A thing"), "/thing", &json!({"id": 1}))]));
    (workspace, ObservedProvider::start(|_, _| (200, r#"{"id": 1}"#.into())))
}

/// A team would keep a file that nothing reads.
#[test]
fn a_run_without_options_does_what_is_configured() {
    let (workspace, provider) = workspace();
    let url = &provider.url;
    workspace.write(
        "billtest.toml",
        format!(
            r#"
            environment = "alpha"
            sources = ["contracts"]
            json = "out/report.json"
            format = "quiet"

            [environments.alpha]
            provider-url = "{url}"
            state-change-url = "{url}/states"
            state-change-teardown = true
            isolation = "tenant"
            tenant-header = "X-Tenant"
            jobs = 1

            [environments.alpha.headers]
            X-Stage = "alpha"
            Authorization = {{ env = "ALPHA_AUTHORIZATION" }}
            "#
        ),
    );
    let token = ("ALPHA_AUTHORIZATION", "Bearer s3cret");
    let run = workspace.verify_plain_under(&[token], &[]).exits(0).says("1 verified").hides("s3cret");
    assert!(!run.stdout.contains("verifying"), "the configured format is quiet:\n{}", run.stdout);
    assert_eq!(provider.targets(), ["setup A thing", "GET /thing", "teardown A thing"]);
    let seen = &provider.seen()[1];
    assert!(seen.headers["x-tenant"].to_str().unwrap().starts_with("billtest-"));
    assert_eq!(seen.headers["x-stage"], "alpha");
    assert_eq!(seen.headers["authorization"], "Bearer s3cret");
    assert!(workspace.read("out/report.json").contains("\"thing\""));
}

/// A user would not be able to try something without changing the file.
#[test]
fn options_go_before_what_is_configured() {
    let (workspace, provider) = workspace();
    let (url, states) = (&provider.url, project().join("provider-states"));
    workspace.write("other.json", pact(&[get("health", None, "/health", &json!({"status": "healthy"}))]));
    workspace.write(
        "billtest.toml",
        format!(
            "provider-url = 'http://127.0.0.1:1'\nsources = 'contracts'\nstates = '{}'\nstart-command = 'exit 1'\n\
             [environments.here]\nstart-command = ''\n",
            states.display()
        ),
    );
    workspace
        .verify_plain(&["other.json", "--mock"])
        .exits(0)
        .says("embedded mock provider")
        .says("1 verified");
    workspace.verify_plain(&["--mock", "--", "other.json"]).exits(0).says("1 verified");
    workspace.verify_plain(&["other.json", "--env", "mock"]).exits(0).says("embedded mock provider");
    let state = format!("{url}/states");
    workspace
        .verify_plain(&["--env=here", "--provider-url", url, "--state-change-url", &state])
        .exits(0)
        .says("1 verified");
    assert_eq!(provider.targets(), ["setup A thing", "GET /thing"]);
    // What excludes itself is refused as ever.
    workspace.verify_plain(&["--mock", "--provider-url", url]).exits(2).says("cannot be used with");
    let variables = [("BILLTEST_PROVIDER_URL", url.as_str()), ("BILLTEST_STATE_CHANGE_URL", &state)];
    workspace.verify_plain_under(&variables, &["--env=here"]).exits(0).says("1 verified");
}

/// A user would have a refusal about an option that nobody wrote, and not know where to look.
#[test]
fn a_rule_that_configured_values_break_is_told_with_their_place() {
    let (workspace, _provider) = workspace();
    workspace.write("billtest.toml", "mock = true\nclient-cert = 'c.pem'\n");
    workspace
        .verify_plain(&["contracts"])
        .exits(2)
        .says("billtest.toml:2:1: `client-cert` cannot be used without `client-key`");
    workspace.billtest(&["config", "show", "--", "--client-key", "k.pem"]).exits(0).has(
        "client-cert",
        "c.pem",
        "billtest.toml:2",
    );
    workspace.write("billtest.toml", "mock = true\nprovider-url = 'http://127.0.0.1:1'\n");
    workspace
        .verify_plain(&["contracts"])
        .exits(2)
        .says("billtest.toml:2:1: `provider-url` cannot be used with `mock` (billtest.toml:1:1)");
    workspace.write("billtest.toml", "jobs = 1\n");
    workspace.verify_plain(&["contracts"]).exits(2).says("--provider-url <URL>");
}

/// A team's broker would be asked without a word, or a run without it fail for lack of a name.
#[test]
fn a_configured_broker_without_a_provider_is_told_and_not_asked() {
    let workspace = Workspace::new();
    workspace.write("pacts/p.json", pact(&[get("health", None, "/health", &json!({"status": "healthy"}))]));
    workspace.write("billtest.toml", "[environments.mock]\nbroker-url = 'http://127.0.0.1:1'\n");
    workspace
        .verify_plain(&["--env", "mock"])
        .exits(0)
        .says("billtest.toml:2 [environments.mock] names a broker, and the broker is not asked for pacts");
}

/// `billtest mock` would listen where nobody looks for it, or not start for lack of what it does not use.
#[test]
fn the_mock_provider_listens_where_it_is_configured() {
    let workspace = Workspace::new();
    workspace.write(
        "billtest.toml",
        "listen = '127.0.0.1:0'\ntoken = { env = 'BROKER_TOKEN_OF_NOBODY' }\njobs = 3\n[environments.bad]\nlisten = 'x'\n",
    );
    workspace
        .billtest(&["mock"])
        .exits(2)
        .says("billtest.toml:5:1: `listen` cannot be taken: an address is written");
    workspace.write(
        "billtest.toml",
        "listen = '127.0.0.1:0'\ntoken = { env = 'BROKER_TOKEN_OF_NOBODY' }\njobs = 3\n",
    );
    let mock = Mock::start_in(&workspace.path("."), &[]);
    assert!(!mock.url.ends_with(":8080"), "{}", mock.url);
    workspace.billtest(&["states", "check"]).exits(4).says("no pact in pacts");
    workspace.verify_plain(&["--mock"]).exits(2).says("BROKER_TOKEN_OF_NOBODY");
}
