//! Who asks, what stays secret, and what is configured.

use std::fs;

use serde_json::json;

use crate::fake::{FakeBroker, Fault, Setup};
use crate::{Broker, Run, billtest_broker};

/// A user's token would be read by everyone who can read the build's log.
#[test]
fn credentials_come_from_options_and_variables_and_are_never_printed() {
    let basic = "Basic Y2k6czNjcmV0";
    for (variables, options, header) in [
        (vec![("PACT_BROKER_TOKEN", "s3cret")], &[][..], "Bearer s3cret"),
        (vec![("PACT_BROKER_USERNAME", "ci"), ("PACT_BROKER_PASSWORD", "s3cret")], &[], basic),
        (vec![], &["-u", "ci", "-p", "s3cret"], basic),
        (vec![], &["--broker-username", "ci", "--broker-password", "s3cret"], basic),
        (vec![], &["-k", "s3cret"], "Bearer s3cret"),
        (vec![], &["--token", "s3cret"], "Bearer s3cret"),
    ] {
        for (wanted, code) in [(header, 0), ("Bearer other", 6)] {
            let answer = Fault {
                on: "GET /environments",
                times: usize::from(code == 0),
                what: r#"200 {"_embedded": {"environments": []}}"#.into(),
            };
            let setup =
                Setup { authorization: Some(wanted.into()), faults: vec![answer], ..Setup::default() };
            let broker = FakeBroker::start(setup);
            let mut command = billtest_broker(&[&["list-environments"], options].concat());
            command.env("PACT_BROKER_BASE_URL", &broker.url).envs(variables.clone());
            Run::of(&command.output().unwrap()).exits(code).says_nowhere("s3cret").says_nowhere("Y2k6");
        }
    }
    let both = ["list-environments", "-b", "http://b", "-k", "s3cret", "-u", "ci"];
    Run::of(&billtest_broker(&both).output().unwrap()).exits(2).says_nowhere("s3cret");
    let mut help = billtest_broker(&["list-environments", "--help"]);
    Run::of(&help.env("PACT_BROKER_TOKEN", "s3cret").output().unwrap()).exits(0).says_nowhere("s3cret");
}

/// A webhook would have the secrets of a header that is meant for the provider, or none of its own.
#[test]
fn a_webhook_has_what_is_said_to_it_and_nothing_that_is_configured_for_others() {
    let broker = FakeBroker::start(Setup {
        faults: vec![Fault {
            on: "POST /webhooks",
            times: 1,
            what: r#"201 {"uuid": "u", "description": "d"}"#.into(),
        }],
        ..Setup::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let configured = format!(
        "broker-url = \"{}\"\nuser = \"ci\"\npassword = \"pw\"\n[headers]\nAuthorization = \"of the provider\"\n",
        broker.url
    );
    fs::write(folder.path().join("billtest.toml"), configured).unwrap();
    fs::write(folder.path().join("body.json"), r#"{"ref": "main"}"#).unwrap();
    let mut command = billtest_broker(&[
        "webhooks",
        "create",
        "https://ci/build",
        "-X",
        "post",
        "-H",
        "Authorization: Bearer s3cret",
        "-H",
        "X-A:b",
        "--request-user",
        "u:p:q",
        "-d",
        "@body.json",
        "--description",
        "build Bar",
        "--provider",
        "Bar",
        "--consumer-label",
        "shop",
        "--contract-requiring-verification-published",
    ]);
    Run::of(&command.current_dir(folder.path()).output().unwrap())
        .exits(0)
        .says("id u")
        .says_nowhere("s3cret");
    let request = broker.requests().pop().unwrap();
    assert_eq!(request.authorization.as_deref(), Some("Basic Y2k6cHc="));
    assert_eq!(
        request.body,
        json!({
            "description": "build Bar", "provider": {"name": "Bar"}, "consumer": {"label": "shop"},
            "events": [{"name": "contract_requiring_verification_published"}],
            "request": {
                "method": "POST", "url": "https://ci/build", "username": "u", "password": "p:q",
                "headers": {"Authorization": "Bearer s3cret", "X-A": "b"}, "body": {"ref": "main"},
            },
        })
    );
    for (more, said) in [
        (&["-H", "s3cret"][..], "--header number 1"),
        (&["--request-user", "s3cret"], "--request-user is not"),
        (&["-d", "@nowhere"], "@nowhere: cannot be read"),
    ] {
        let common =
            ["webhooks", "create", "https://x", "-X", "POST", "--contract-published", "-b", &broker.url];
        let output = billtest_broker(&[&common[..], more].concat()).output().unwrap();
        Run::of(&output).exits(2).says(said).says_nowhere("s3cret");
    }
    let none = ["webhooks", "create", "https://x", "-X", "POST", "-b", &broker.url];
    Run::of(&billtest_broker(&none).output().unwrap()).exits(2).says("--contract-published");
}

/// Sent twice, it would be there twice.
#[test]
fn what_would_be_made_twice_is_not_sent_again() {
    for (on, arguments) in [
        ("POST /webhooks", &["webhooks", "create", "https://x", "-X", "POST", "--contract-published"][..]),
        ("POST /environments", &["create-environment", "--name", "x"]),
    ] {
        for (what, tries) in [("500 {}", 1), ("close", 1), ("503 {}", 4)] {
            let fault = Fault { on, times: 9, what: what.into() };
            let broker = FakeBroker::start(Setup { faults: vec![fault], ..Setup::default() });
            let output = billtest_broker(&[arguments, &["-b", &broker.url]].concat()).output().unwrap();
            Run::of(&output).exits(6);
            assert_eq!(broker.lines().iter().filter(|line| *line == on).count(), tries, "{on} {what}");
        }
    }
}

#[test]
fn webhooks_live_and_are_called() {
    let broker = Broker::start();
    let common =
        ["webhooks", "create-or-update", "--uuid", "0123456789abcdef", "https://127.0.0.1:1/x", "-X", "POST"];
    for event in ["--contract-published", "--provider-verification-failed"] {
        broker
            .run(&[&common[..], &[event, "-H", "X-Token: s3cret"]].concat())
            .exits(0)
            .says_nowhere("s3cret");
    }
    broker
        .run(&["webhooks", "list"])
        .exits(0)
        .says("provider_verification_failed")
        .says_nowhere("contract_published")
        .says("0123456789abcdef");
    let test = ["test-webhook", "--uuid", "0123456789abcdef"];
    broker.run(&test).exits(1).says("the call failed").says_nowhere("s3cret");
    broker.run(&["webhooks", "delete", "--uuid", "0123456789abcdef"]).exits(0);
    broker.run(&test).exits(6).says("the broker has no webhook");
}

/// A script written for another client would have to be written anew.
#[test]
fn the_names_and_flags_of_other_clients_are_understood() {
    let broker = Broker::start();
    for arguments in [
        &["create-or-update-pacticipant", "--name", "Foo", "-o", "text"][..],
        &["list-pacticipants", "--output", "table"],
        &["describe-pacticipant", "--name", "Foo"],
        &["list-environments", "--output", "pretty"],
        &[
            "create-webhook",
            "https://x",
            "--request",
            "POST",
            "--contract-content-changed",
            "--consumer",
            "Foo",
        ],
    ] {
        broker.run(arguments).exits(0);
    }
}
