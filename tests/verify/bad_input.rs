//! Bad input: each kind has its own message, that names file, place and remedy, and its own exit code.

use serde_json::json;

use crate::fault_provider::{Fault, FaultProvider};
use crate::observed_provider::ObservedProvider;
use crate::workspace::{FreeAddress, Workspace, get, pact};

fn healthy() -> String {
    pact(&[get("health", None, "/health", &json!({"status": "healthy"}))])
}

#[test]
fn what_is_no_pact_is_told_and_the_others_are_still_verified() {
    let workspace = Workspace::new();
    workspace.write("p/good.json", healthy());
    workspace.write("p/broken.json", "{\n  \"consumer\": {\"name\"");
    workspace.write("p/other.json", r#"{"name": "not-a-pact"}"#);
    workspace.write("p/future.json", healthy().replace("\"4.0\"", "\"7.0\""));
    workspace.write("p/odd.json", healthy().replace("Synchronous/HTTP", "Semaphore"));
    workspace
        .verify(&["--mock", "p"])
        .exits(7)
        .says("p/broken.json:2:21: is not JSON")
        .says("p/other.json: is not a pact: $.consumer.name is missing")
        .says("p/future.json: has Pact specification version `7.0`, which is unknown")
        .says("p/odd.json: $.interactions[0].type (\"health\") is `Semaphore`")
        .says("1 verified, 4 pacts could not be read");
}

#[test]
fn finding_nothing_to_verify_is_a_failure_unless_it_is_expected() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path("empty")).unwrap();
    workspace.write("hollow.json", pact(&[]));
    workspace.verify(&["--mock", "empty"]).exits(4).says("no pact in empty").says("--ignore-no-pacts");
    workspace.verify(&["--mock", "nothing-*.json"]).exits(4).says("no pact in nothing-*.json");
    workspace.verify(&["--mock", "hollow.json"]).exits(4).says("no interaction in them");
    workspace.verify(&["--mock"]).exits(4).says("no pact in pacts");
    workspace.verify(&["--mock", "empty", "--ignore-no-pacts"]).exits(0).says("nothing to verify");
}

#[test]
fn wrong_usage_is_told_before_anything_is_done() {
    let workspace = Workspace::new();
    workspace.write("p.json", healthy());
    workspace.verify(&["p.json"]).exits(2).says("--provider-url <URL>");
    workspace.verify(&["--mock", "missing.json"]).exits(2).says("missing.json: no such file or directory");
    workspace.verify(&["--mock", "[", "p.json"]).exits(2).says("is not a valid pattern");
    workspace.verify(&["--mock", "--provider-ulr", "x"]).exits(2).says("--provider-url");
    workspace
        .verify(&["p.json", "--provider-url", "localhost:80"])
        .exits(2)
        .says("neither http:// nor https://");
    workspace
        .verify(&["p.json", "--provider-url", "http://user:s3cret@127.0.0.1:1"])
        .exits(2)
        .says("send them by --header authorization=...")
        .hides("s3cret");
    workspace
        .verify(&["p.json", "--provider-url", "http://"])
        .exits(2)
        .says("is not the address of a provider");
    workspace.verify(&["--mock", "p.json", "--header", "no-value"]).exits(2).says("NAME=VALUE");
    workspace.verify(&["--mock", "p.json", "--header", "a b=c"]).exits(2).says("is not the name of a header");
    workspace
        .verify(&["--mock", "p.json", "--tenant-header", "a b"])
        .exits(2)
        .says("is not the name of a header");
    workspace
        .verify_plain(&["--mock", "p.json", "--states", "nowhere"])
        .exits(2)
        .says("nowhere is not a directory");
    workspace
        .verify(&["--mock", "p.json", "--json", "p.json/x"])
        .exits(2)
        .says("p.json/x: cannot be written");
}

#[test]
fn a_provider_that_is_down_is_told_once() {
    let nobody = FreeAddress::new();
    let url = nobody.url();
    let workspace = Workspace::new();
    workspace.write("p.json", healthy());
    workspace
        .verify(&["p.json", "--provider-url", &url])
        .exits(3)
        .says("cannot be reached: Connection refused")
        .says("start it, or correct --provider-url");
    workspace.write("broken.json", "{");
    workspace.verify(&["p.json", "broken.json", "--provider-url", &url]).exits(7).says("cannot be reached");
}

#[test]
fn a_state_that_nobody_knows_is_told_before_anything_is_replayed() {
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("a", Some("A contract exist"), "/a", &json!({}))]));
    workspace
        .verify(&["--mock", "p.json"])
        .exits(5)
        .says("\"A contract exist\", did you mean \"A contract exists\"?")
        .says("needed by \"a\" in p.json")
        .says("--states DIR");

    let provider = FaultProvider::start(Fault::Empty);
    workspace.verify(&["p.json", "--provider-url", &provider.url]).exits(5).says("did you mean");
    workspace.write("known.json", pact(&[get("a", Some("A contract exists"), "/a", &json!({}))]));
    workspace
        .verify(&["known.json", "--provider-url", &provider.url])
        .exits(5)
        .says("is no billtest mock provider")
        .says("--state-change-url");
    assert_eq!(provider.requests(), 0);
}

#[test]
fn a_state_file_with_a_wrong_field_is_told_with_its_line() {
    let workspace = Workspace::new();
    workspace.write("p.json", healthy());
    let state = "name = \"S\"\n\n[[seed.invoice]]\nid = \"I\"\namount = 1.0\ncurrency = \"USD\"\n";
    for (from, to, place, reason) in [
        ("name", "nmae", "s/s.toml:1:1", "unknown field `nmae`"),
        ("currency", "curency", "s/s.toml:3:", "missing field `currency`"),
        ("\"USD\"", "\"USX\"", "s/s.toml:6:1", "unknown variant `USX`"),
        ("1.0", "\"one\"", "s/s.toml:5:1", "`amount`: invalid type"),
        ("amount = 1.0", "amount = 1.0\ncolour = 1", "s/s.toml:6:1", "a invoice has no field `colour`"),
        ("seed.invoice", "seed.invoices", "s/s.toml:3:8", "there is no kind of record `invoices`"),
        ("\"I\"", "\"{id}\"", "s/s.toml:4:1", "placeholder `{id}` is no parameter"),
        (
            "[[seed.invoice]]",
            "[absent]\naccount = 1\n[[seed.invoice]]",
            "s/s.toml:4:1",
            "write [[absent.account]]",
        ),
        ("[[seed.invoice]]", "[[absent.account]]", "s/s.toml:3:", "a tenant has one account"),
        (
            "[[seed.invoice]]",
            "[absent]\ninvoice = true\n[[seed.invoice]]",
            "s/s.toml:4:1",
            "said by its `id`",
        ),
        ("[[seed", "[[[seed", "s/s.toml:3:", ""),
    ] {
        workspace.write("s/s.toml", state.replace(from, to));
        workspace.verify_plain(&["--mock", "p.json", "--states", "s"]).exits(7).says(place).says(reason);
    }
    workspace.write("s/s.toml", state);
    workspace.write("s/t.toml", state);
    workspace
        .verify_plain(&["--mock", "p.json", "--states", "s"])
        .exits(7)
        .says("describes the state `S`, and so does");
}

#[test]
fn a_parameter_that_the_state_cannot_use_fails_that_interaction_alone() {
    let workspace = Workspace::new();
    let mut wrong = get("wrong", Some("Invoice exists"), "/health", &json!({}));
    wrong["providerStates"][0]["params"] = json!({"amount": "much"});
    let mut odd = get("odd", Some("Invoice exists"), "/health", &json!({}));
    odd["providerStates"][0]["params"] = json!({"colour": "blue"});
    workspace.write("p.json", pact(&[wrong, odd]));
    workspace
        .verify(&["--mock", "p.json"])
        .exits(5)
        .says("parameter `amount` of state `Invoice exists` is \"much\"")
        .says("a pact passes `colour` to state \"Invoice exists\"")
        .says("1 verified, 1 without their state");
}

#[test]
fn an_interaction_that_no_request_can_be_made_of_is_not_turned_into_another() {
    let workspace = Workspace::new();
    let mut header = get("header", None, "/health", &json!({}));
    header["request"]["headers"] = json!({"bad name": ["x"]});
    let mut path = get("path", None, "/health", &json!({}));
    path["request"]["path"] = json!("health");
    for other in ["/a#frag", "/a/../b", "/a\\b", "//x/y", "/a\tb"] {
        let mut interaction = get("path", None, other, &json!({}));
        interaction["response"] = json!({"status": 404});
        workspace.write("other.json", pact(&[interaction]));
        workspace
            .verify(&["--mock", "other.json"])
            .exits(7)
            .says("the interaction cannot be replayed: the path");
    }
    let mut value = get("value", None, "/health", &json!({}));
    value["request"]["generators"] =
        json!({"path": {"type": "ProviderState", "expression": "/a/${id}", "dataType": "STRING"}});
    workspace.write("p.json", pact(&[header, path, value]));
    workspace
        .verify(&["--mock", "p.json"])
        .exits(7)
        .says("`bad name` is not the name of a header")
        .says("the path `health` does not begin with a slash")
        .says("it takes `id` from its provider states, and they give no values")
        .says("0 verified, 3 without a verdict");
}

/// Pipelines are full of variables that are set and empty.
#[test]
fn a_variable_that_is_empty_says_nothing() {
    let workspace = Workspace::new();
    workspace.write("p.json", healthy());
    let empty = ["PACT_PROVIDER_REQUEST_TIMEOUT", "PACT_WEBHOOK_CALLBACK_URL", "PACT_BROKER_BASE_URL"];
    workspace.verify_under(&empty.map(|name| (name, "")), &["--mock", "p.json"]).exits(0);
    workspace
        .verify(&["--mock", "p.json", "--request-timeout", "0"])
        .exits(2)
        .says("whole number of milliseconds");
}

/// Another resource would be asked for than the one that was agreed on, and its answer taken for it.
#[test]
fn a_path_with_directions_in_any_spelling_is_refused() {
    let workspace = Workspace::new();
    for path in ["/d/../secret", "/d/%2e%2e/secret", "/d/.%2E/secret", "/d/%2e/secret"] {
        workspace.write("p.json", pact(&[get("a", None, path, &json!({}))]));
        workspace.verify(&["--mock", "p.json"]).exits(7).says("has a part `.` or `..`");
    }
}

/// A user would believe that pending pacts were asked for.
#[test]
fn what_needs_a_broker_is_refused_if_its_variable_is_empty() {
    let workspace = Workspace::new();
    workspace.write("p.json", healthy());
    workspace
        .verify_under(&[("PACT_BROKER_BASE_URL", "")], &["--mock", "p.json", "--enable-pending"])
        .exits(2)
        .says("--broker-url <URL>");
    workspace
        .verify_under(&[("PACT_PROVIDER_STATE", "")], &["--mock", "p.json", "--filter-no-state"])
        .exits(0);
    workspace.verify(&["--mock", "p.json", "--header", "Auth s3cret"]).exits(2).hides("s3cret");
}

/// A token would be in the log of every build.
#[test]
fn the_address_of_a_pact_is_shown_without_its_secrets() {
    let workspace = Workspace::new();
    let provider = ObservedProvider::start(|seen, _| match seen.target.starts_with("/pact") {
        true => (200, pact(&[get("one", None, "/1", &json!({"ok": true}))])),
        false => (200, r#"{"ok": false}"#.into()),
    });
    let source = format!("{}/pact?token=s3cret&x-api-key=s3cret", provider.url);
    let reports = ["--json", "r.json", "--html", "r.html", "--junit", "r.xml", "--markdown", "r.md"];
    let arguments = [&source, "--provider-url", &provider.url];
    workspace.verify(&[&arguments[..], &reports].concat()).exits(1).hides("s3cret").says("token=***");
    for name in ["r.json", "r.html", "r.xml", "r.md"] {
        assert!(!workspace.read(name).contains("s3cret"), "{name}");
    }
    let nobody = FreeAddress::new();
    let unreachable = format!("{}/pact?token=s3cret", nobody.url());
    workspace.verify(&[&unreachable, "--provider-url", &provider.url]).exits(6).hides("s3cret");
}
