//! Scripts that were written for the clients that users have.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fake::{FakeBroker, Fault, Setup};
use crate::{Broker, Run, billtest_broker, pact, words};

fn answered(what: &str, times: usize) -> FakeBroker {
    let fault = Fault { on: "GET /environments", times, what: what.into() };
    FakeBroker::start(Setup { faults: vec![fault], ..Setup::default() })
}

fn list(broker: &FakeBroker, more: &[&str]) -> Run {
    let arguments = [&["list-environments", "-b", &broker.url], more].concat();
    Run::of(&billtest_broker(&arguments).output().unwrap())
}

const EMPTY: &str = r#"200 {"_embedded": {"environments": []}}"#;

/// A script would have to be written anew.
#[test]
fn what_is_said_to_other_clients_is_understood() {
    let broker = Broker::start();
    broker.write("foo.json", &pact("Foo", "Bar", "healthy"));
    for line in [
        "version",
        "publish foo.json -a 1 -h main -r --verbose --no-merge --skip-tag-with-git-branch",
        "create-version-tag -a Foo -e 1 -t dev -v --no-auto-create-version --no-tag-with-git-branch",
        "create-or-update-version -a Foo -e 2 --branch main -t x -t y --verbose",
        "describe-version -a Foo -e 2 -v",
        "delete-version-tag -a Foo -e 2 -t x",
        "can-i-deploy -a Bar -e b1 --dry-run --no-verbose --to-environment production",
        "delete-branch -a Foo --branch none --error-when-not-found --no-error-when-not-found",
        "delete-branch -a Foo --branch none --error-when-not-found false",
        "list-environments --skip-ssl-verification --retries 2",
        "get-pacts --provider Bar --download --download-dir got",
        "get-pacts --provider Bar --branch main --latest",
    ] {
        broker.run(&words(line)).exits(0);
    }
    broker
        .run(&words("delete-branch -a Foo --branch none --error-when-not-found"))
        .exits(6)
        .says("no branch `none`");
    broker.run(&words("create-version-tag -a Foo -e 3 -t x --no-auto-create-version")).exits(6);
    broker.run(&words("list-environments -c nowhere.pem")).exits(2).says("nowhere.pem");
    broker.run(&words("list-environments --ssl-certificate nowhere.pem")).exits(2).says("nowhere.pem");
}

/// A version would not have the branch that others select it by.
#[test]
fn a_version_is_made_with_branch_and_tags() {
    let broker = Broker::start();
    let version =
        |line: &str| -> Value { serde_json::from_str(&broker.run(&words(line)).exits(0).stdout).unwrap() };
    let names = |version: &Value, pointer: &str| -> BTreeSet<String> {
        let all = version.pointer(pointer).unwrap().as_array().unwrap();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let bare = version("create-or-update-version -a Foo -e 1 -o json");
    assert_eq!((bare["number"].as_str(), names(&bare, "/_embedded/tags").len()), (Some("1"), 0));
    broker
        .run(&words("create-or-update-version -a Foo -e 1 --branch main --tag a,b --tag c"))
        .exits(0)
        .says("the broker has Foo 1 of branch main with a, b, c");
    broker
        .run(&words("delete-version-tag -a Foo -e 1 --tag b"))
        .exits(0)
        .says("Foo 1 is tagged with b no more");
    // It says nothing, and changes nothing.
    let made = version("create-or-update-version -a Foo -e 1 -o json");
    assert_eq!(names(&made, "/_embedded/tags"), set(&["a", "c"]));
    assert_eq!(names(&made, "/_embedded/branchVersions"), set(&["main"]));
    broker.run(&words("delete-version-tag -a Foo -e 1 --tag b")).exits(6).says("no tag `b`");
    broker.run(&words("delete-version-tag -a Fo -e 1 --tag b")).exits(6).says("no pacticipant `Fo`");
}

/// A script that keeps the id would keep a sentence, and a webhook have the id of another one.
#[test]
fn ids_are_told_alone() {
    let broker = Broker::start();
    let id = broker.run(&words("create-environment --name production -o id")).exits(0).stdout;
    assert_eq!(id.trim().len(), 36, "{id}");
    broker.run(&["describe-environment", "--uuid", id.trim()]).exits(0).says("production");
    broker.run(&words("list-environments -o id")).exits(2).says("[possible values: text, json]");
    let made = [(); 2].map(|()| broker.run(&["generate-uuid"]).exits(0).stdout);
    assert!(made.iter().all(|id| id.trim().len() == 36) && made[0] != made[1], "{made:?}");
}

/// A script would be refused for a word that says what is meant anyway.
#[test]
fn the_latest_version_of_a_branch_may_be_asked_for_with_latest() {
    let broker = Broker::start();
    broker.write("foo.json", &pact("Foo", "Bar", "healthy"));
    broker.run(&words("publish foo.json -a 1 --branch main")).exits(0);
    for line in [
        "can-i-deploy -a Foo --branch main --latest -a Bar --latest",
        "can-i-deploy -a Foo --latest --branch main -a Bar --latest",
    ] {
        broker
            .run(&words(line))
            .exits(1)
            .says("Foo (latest of branch main) and Bar (latest) cannot be deployed");
    }
    for line in ["can-i-deploy -a Foo -e 1 --latest", "can-i-deploy -a Foo --branch main --latest tag"] {
        broker.run(&words(line)).exits(2).says("--latest is of the --pacticipant before it");
    }
}

/// A user could not see why a broker says no, or everyone would see the token.
#[test]
fn requests_are_told_and_secrets_are_not() {
    let broker = answered(EMPTY, 1);
    let run =
        list(&broker, &["-v", "-o", "json", "-k", "s3cret", "--custom-header", "X-Gate: s3cret"]).exits(0);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(json["_embedded"]["environments"].is_array());
    let line = format!("GET {}/environments 200", broker.url);
    run.says(&line).says_nowhere("s3cret");
    list(&answered(EMPTY, 1), &[]).exits(0).says_nowhere("GET ");
}

/// A build would wait for a broker that is down, or a broker behind a gateway could not be reached.
#[test]
fn how_often_and_with_which_headers_is_the_users_to_say() {
    for (retries, tries) in [("0", 1), ("1", 2)] {
        let broker = answered("503 {}", 9);
        list(&broker, &["--retries", retries]).exits(6);
        assert_eq!(broker.lines().iter().filter(|line| *line == "GET /environments").count(), tries);
    }
    let broker = answered(EMPTY, 1);
    list(&broker, &["-u", "ci", "-p", "pw", "--custom-header", "Authorization: Gate s3cret"]).exits(0);
    let request = broker.requests().pop().unwrap();
    assert_eq!(request.authorization.as_deref(), Some("Gate s3cret"));
    for wrong in ["s3cret", "X s3cret: a", "X-A: s3\ncret"] {
        list(&broker, &["--custom-header", wrong]).exits(2).says("--custom-header").says_nowhere("cret");
    }
}
