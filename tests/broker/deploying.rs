//! A consumer and a provider with the embedded broker, from the first pact to what is deployed.

use crate::{Broker, Run, billtest_verify, pact};

/// Outputs without what differs from run to run.
fn snapshot(name: &str, session: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UUID");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "TIME");
    settings.add_filter(r"[0-9a-f]{40}", "SHA");
    settings.add_filter(r"metadata/[\w-]+", "metadata/META");
    settings.bind(|| insta::assert_snapshot!(name, session));
}

fn verify(broker: &Broker, version: &str) -> Run {
    let arguments = ["--mock", "--provider-name", "Bar", "--publish", "--provider-version", version];
    let mut command = billtest_verify(&[&arguments[..], &["--provider-branch", "main"]].concat());
    Run::of(&command.env("PACT_BROKER_BASE_URL", &broker.url).output().unwrap())
}

/// A version that breaks its consumer would be deployed, or one that breaks nothing would not.
#[test]
fn a_consumer_and_its_provider_ask_before_they_deploy() {
    let broker = Broker::start();
    broker.write("foo.json", &pact("Foo", "Bar", "healthy"));
    broker.write("new.json", &pact("Foo", "Bar", "poorly"));
    let mut said = broker.session(&[
        "create-environment --name production --production",
        "publish foo.json -a 1 --branch main --tag dev --build-url http://ci/1",
        "can-i-deploy -a Foo -e 1 --to-environment production",
        "can-i-deploy -a Foo -e 1 --to-environment prod",
        "can-i-merge -a Foo -e 1",
    ]);
    verify(&broker, "b1").exits(0).says("published success of version b1");
    said += &broker.session(&[
        "can-i-deploy -a Bar -e b1 --to-environment production",
        "record-deployment -a Bar -e b1 --environment production",
        "can-i-deploy -a Foo -e 1 --to-environment production",
        "can-i-merge -a Foo -e 1",
        "can-i-deploy --pacticipant=Foo --version=1 --pacticipant=Bar --latest",
        "record-deployment -a Foo -e 1 --environment production --application-instance blue",
        "describe-version -a Foo -e 1",
        "publish new.json -a 2 --branch feat/x",
    ]);
    verify(&broker, "b1").exits(0);
    let mut selected = billtest_verify(&[
        "--mock",
        "--broker-url",
        &broker.url,
        "--provider-name",
        "Bar",
        "--publish",
        "--provider-version",
        "b1",
        "--consumer-version-selectors",
        r#"{"branch": "feat/x"}"#,
    ]);
    Run::of(&selected.output().unwrap()).exits(1).says("published failure of version b1");
    said += &broker.session(&[
        "can-i-deploy -a Foo -e 2 --to-environment production",
        "can-i-deploy -a Foo -e 2 --to-environment production --ignore Bar",
        "can-i-deploy -a Foo -e 2 --to-environment production --dry-run",
        "record-undeployment -a Foo --environment production",
        "record-undeployment -a Foo --environment production --application-instance blue",
        "record-undeployment -a Foo --environment production --application-instance blue",
        "record-release -a Foo -e 1 --environment production",
        "record-support-ended -a Foo -e 2 --environment production",
        "record-support-ended -a Foo -e 1 --environment production",
        "record-deployment -a Foo -e 9 --environment production",
        "record-deployment -a Foo -e 1 --environment productoin",
    ]);
    snapshot("deploying", &said);
}

/// A pipeline that reads JSON would deploy what must not be.
#[test]
fn no_and_not_known_are_exit_code_1_in_every_format() {
    let broker = Broker::start();
    broker.write("foo.json", &pact("Foo", "Bar", "poorly"));
    broker.run(&["create-environment", "--name", "production"]).exits(0);
    broker.run(&["publish", "foo.json", "-a", "1", "--branch", "main"]).exits(0);
    for known in [false, true] {
        if known {
            verify(&broker, "b1").exits(1);
            broker
                .run(&["record-deployment", "-a", "Bar", "-e", "b1", "--environment", "production"])
                .exits(0);
        }
        for format in ["text", "table", "json"] {
            let asked = ["can-i-deploy", "-a", "Foo", "-e", "1", "--to-environment", "production"];
            let run = broker.run(&[&asked[..], &["--output", format]].concat()).exits(1);
            if format == "json" {
                let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
                let expected = if known { serde_json::json!(false) } else { serde_json::Value::Null };
                assert_eq!(json["summary"]["deployable"], expected);
            }
        }
    }
}

/// A user could not set the broker up from a script, or would not see what is there.
#[test]
fn what_the_broker_keeps_can_be_managed() {
    let broker = Broker::start();
    broker.write("foo.json", &pact("Foo", "Bar", "healthy"));
    let said = broker.session(&[
        "publish foo.json -a 1 --branch main",
        "create-environment --name uat --display-name 'User tests' --contact-name Ops --contact-email-address ops@example.com",
        "create-environment --name uat",
        "list-environments",
        "create-version-tag -a Foo -e 1 --tag prod --tag x",
        "create-version-tag -a Foo -e 2 --tag prod",
        "create-version-tag -a Foo -e 2 --tag prod --auto-create-version",
        "describe-version -a Foo --latest prod",
        "describe-version -a Foo --branch main",
        "describe-version -a Foo -e 7",
        "list-latest-pact-versions",
        "pacticipants create-or-update --name Shop --main-branch main --repository-url http://code/shop",
        "create-or-update-pacticipant --name Shop --display-name 'The shop'",
        "pacticipants describe --name Shop",
        "pacticipants list",
        "pacticipants delete --name Shop",
        "pacticipants delete --name Shop",
        "branches list --pacticipant Foo",
        "branches delete --pacticipant Foo --branch main",
        "branches delete --pacticipant Foo --branch main",
        "delete-branch --pacticipant Foo --branch main --no-error-when-not-found",
    ]);
    snapshot("managing", &said);
    let list = broker.run(&["list-environments", "-o", "json"]).exits(0);
    let list: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    let uuid = list["_embedded"]["environments"][0]["uuid"].as_str().unwrap();
    broker
        .run(&["update-environment", "--uuid", uuid, "--production"])
        .exits(0)
        .says("changed environment uat");
    broker
        .run(&["describe-environment", "--uuid", uuid])
        .exits(0)
        .says("User tests")
        .says("production    yes")
        .says("Ops");
    broker.run(&["delete-environment", "--uuid", uuid]).exits(0);
    broker.run(&["describe-environment", "--uuid", uuid]).exits(6).says("no environment with the id");
}

/// A user would correct the version, or look for an option that the command does not have.
#[test]
fn what_the_broker_does_not_know_is_named() {
    let broker = Broker::start();
    broker.write("foo.json", &pact("Foo", "Bar", "healthy"));
    broker.run(&["publish", "foo.json", "-a", "1", "--branch", "main"]).exits(0);
    broker.run(&["create-environment", "--name", "production"]).exits(0);
    for arguments in [
        &["record-deployment", "-a", "Fo", "-e", "1", "--environment", "production"][..],
        &["record-release", "-a", "Fo", "-e", "1", "--environment", "production"],
        &["record-undeployment", "-a", "Fo", "--environment", "production"],
        &["create-version-tag", "-a", "Fo", "-e", "1", "-t", "x"],
        &["describe-version", "-a", "Fo", "-e", "1"],
        &["describe-version", "-a", "Fo", "--latest"],
        &["describe-version", "-a", "Fo", "--latest", "prod"],
        &["describe-version", "-a", "Fo", "--branch", "main"],
        &["branches", "delete", "-a", "Fo", "--branch", "main"],
    ] {
        broker
            .run(arguments)
            .exits(6)
            .says("the broker has no pacticipant `Fo`")
            .says("pacticipants list")
            .says_nowhere("--version");
    }
    broker
        .run(&["describe-version", "-a", "Foo", "--latest", "prod"])
        .exits(6)
        .says("no version `Foo, the latest with tag prod`");
    broker
        .run(&["fetch", "--provider", "Nope"])
        .exits(4)
        .says("knows no provider `Nope`")
        .says_nowhere("--provider-name");
}
