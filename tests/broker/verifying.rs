//! `billtest-verify` with a Pact Broker, as a user runs it: what is fetched, what is published, and what never is.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::fake::{FakeBroker, FakePact, Fault, Setup};
use crate::{Run, billtest_verify};

fn run(arguments: &[&str]) -> Run {
    Run::of(&billtest_verify(arguments).output().unwrap())
}

/// Runs against the mock provider with the pacts of a broker.
fn verify(broker: &FakeBroker, more: &[&str]) -> Run {
    run(&[&["--mock", "--broker-url", &broker.url, "--provider-name", "Bar"], more].concat())
}

const PUBLISH: [&str; 3] = ["--publish", "--provider-version", "12"];

/// An interaction that the mock provider keeps, or does not.
fn interaction(name: &str, status: &str) -> Value {
    json!({
        "_id": format!("id-{name}"), "description": name,
        "request": {"method": "GET", "path": "/health"},
        "response": {"status": 200, "body": {"status": status}},
    })
}

fn good(consumer: &str) -> FakePact {
    FakePact {
        interactions: vec![interaction("one", "healthy"), interaction("two", "healthy")],
        ..FakePact::new(consumer)
    }
}

fn bad(consumer: &str) -> FakePact {
    FakePact {
        interactions: vec![interaction("one", "healthy"), interaction("two", "poorly")],
        ..FakePact::new(consumer)
    }
}

fn broker(pacts: Vec<FakePact>) -> FakeBroker {
    FakeBroker::start(Setup { pacts, ..Setup::default() })
}

#[test]
fn the_pacts_that_selectors_choose_are_verified_and_a_pending_one_may_fail() {
    let broker = broker(vec![
        good("Foo"),
        FakePact { pending: true, ..bad("New") },
        FakePact { wip: true, ..bad("Wip") },
    ]);
    let more = [
        "--consumer-version-selectors",
        r#"{"mainBranch": true}"#,
        "--consumer-version-selectors",
        r#"[{"deployedOrReleased": true, "environment": "prod"}]"#,
        "--enable-pending",
        "--include-wip-pacts-since",
        "2026-01-01",
        "--provider-branch",
        "main",
    ];
    verify(&broker, &more)
        .exits(0)
        .says("Pact between New (1.1.0) and Bar, pending")
        .says("Pact between Wip (1.1.0) and Bar, work in progress")
        .says("The pact of Foo is being verified because it is the latest")
        .says("4 verified, 2 pending")
        .says("still pending");
    assert_eq!(
        broker.requests()[1].body,
        json!({
            "consumerVersionSelectors": [{"mainBranch": true}, {"deployedOrReleased": true, "environment": "prod"}],
            "providerVersionBranch": "main", "includePendingStatus": true, "includeWipPactsSince": "2026-01-01",
        })
    );
    assert!(broker.results().is_empty(), "nobody asked for it");
    verify(&broker, &[]).exits(1).says("3 verified, 1 mismatched");
}

#[test]
fn a_success_is_published_with_branch_tags_and_build() {
    let broker = broker(vec![good("Foo"), good("Baz")]);
    let more = ["--provider-branch", "feat/x", "--provider-tag", "a,b", "--build-url", "http://ci/9"];
    verify(&broker, &[&PUBLISH[..], &more].concat())
        .exits(0)
        .says(&format!(
            "published success of version 12 for Pact between Foo (1.1.0) and Bar  {}/results/101",
            broker.url
        ))
        .says("published success of version 12 for Pact between Baz (1.1.0) and Bar")
        .says("no longer pending");
    let puts: Vec<String> = broker.lines().into_iter().filter(|line| line.starts_with("PUT")).collect();
    assert_eq!(
        puts,
        [
            "PUT /pacticipants/Bar/branches/feat%2Fx/versions/12",
            "PUT /pacticipants/Bar/versions/12/tags/a",
            "PUT /pacticipants/Bar/versions/12/tags/b"
        ]
    );
    let results = broker.results();
    assert_eq!(results.len(), 2);
    for result in results {
        assert_eq!((&result["success"], &result["buildUrl"]), (&json!(true), &json!("http://ci/9")));
        assert_eq!(result["testResults"][1]["interactionId"], "id-two");
    }
}

/// "Can I deploy?" would say yes to a provider that breaks its consumer.
#[test]
fn a_failure_is_published_as_one_also_when_the_pact_is_pending() {
    for (pending, code) in [(false, 1), (true, 0)] {
        let broker = broker(vec![good("Foo"), FakePact { pending, ..bad("New") }]);
        verify(&broker, &[&PUBLISH[..], &["--enable-pending"]].concat())
            .exits(code)
            .says("published success of version 12 for Pact between Foo")
            .says("published failure of version 12 for Pact between New");
        let result = &broker.results()[1];
        assert_eq!(result["success"], false);
        let failed = &result["testResults"][1];
        assert_eq!((&failed["interactionId"], &failed["success"]), (&json!("id-two"), &json!(false)));
        assert_eq!(failed["mismatches"][0]["attribute"], "body");
        assert_eq!(failed["mismatches"][0]["identifier"], "$.status");
        assert_eq!(result["testResults"][0]["success"], true);
    }
}

/// The build would be green and the broker would know nothing of it.
#[test]
fn a_result_that_the_broker_refuses_fails_the_run() {
    for (on, what, pact, said) in [
        (
            "POST /pacts/provider/Bar/consumer",
            "403 {\"error\": \"read only\"}",
            good("Foo"),
            "refused with 403: read only",
        ),
        ("POST /pacts/provider/Bar/consumer", "409 {\"error\": \"no\"}", bad("Foo"), "refused with 409: no"),
        (
            "PUT",
            "400 {\"errors\": {\"branch\": [\"is odd\"]}}",
            good("Foo"),
            "refused with 400: branch: is odd",
        ),
        (
            "POST /pacts/provider/Bar/consumer",
            "html <title>Sign in</title>",
            good("Foo"),
            "a page titled \"Sign in\"",
        ),
    ] {
        let faults = vec![Fault { on, times: 1, what: what.into() }];
        let broker = FakeBroker::start(Setup { pacts: vec![pact], faults, ..Setup::default() });
        verify(&broker, &[&PUBLISH[..], &["--provider-branch", "main"]].concat())
            .exits(6)
            .says(said)
            .says("its result is not published")
            .says_nowhere("published success")
            .says_nowhere("published failure");
    }
    // What one pact is refused another is not.
    let faults = vec![Fault { on: "verification-results", times: 1, what: "409 {}".into() }];
    let broker =
        FakeBroker::start(Setup { pacts: vec![good("Foo"), good("Baz")], faults, ..Setup::default() });
    verify(&broker, &PUBLISH).exits(6).says("published success of version 12 for Pact between Baz");
}

#[test]
fn what_was_not_all_judged_is_not_published() {
    let unreadable = FakePact { interactions: vec![json!({"request": {}})], ..FakePact::new("Broken") };
    let unsendable = FakePact {
        interactions: vec![json!({
            "_id": "x", "description": "d", "request": {"method": "GET", "path": "no-slash"}, "response": {"status": 200},
        })],
        ..FakePact::new("Odd")
    };
    let empty = FakePact { interactions: Vec::new(), ..FakePact::new("Empty") };
    for (pacts, code, said) in [
        (vec![good("Foo"), unreadable], 7, "nothing is published: 1 of the pacts could not be read"),
        (vec![good("Foo"), unsendable], 7, "nothing is published: 1 interactions could not be replayed"),
        (vec![empty.clone()], 4, "nothing to verify"),
        (vec![], 4, "no pact in the broker at http://127.0.0.1:"),
    ] {
        let broker = broker(pacts);
        verify(&broker, &PUBLISH).exits(code).says(said);
        assert!(broker.results().is_empty());
    }
    let broker = broker(vec![good("Foo"), empty]);
    verify(&broker, &PUBLISH).exits(0).says("it has no interaction that could prove anything");
    assert_eq!(broker.results().len(), 1);
}

#[test]
fn an_answer_that_never_came_is_published_as_a_failure_with_the_reason() {
    let provider = FakeBroker::start(Setup {
        faults: vec![Fault { on: "GET /health", times: usize::MAX, what: "close".into() }],
        ..Setup::default()
    });
    let broker = broker(vec![good("Foo")]);
    let common = ["--provider-url", &provider.url, "--broker-url", &broker.url, "--provider-name", "Bar"];
    run(&[&common[..], &PUBLISH].concat()).exits(3).says("published failure of version 12");
    let exception = &broker.results()[0]["testResults"][0]["exceptions"][0]["message"];
    assert!(exception.as_str().unwrap().contains("the provider gave no answer"), "{exception}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_is_not_published() {
    let provider = FakeBroker::start(Setup {
        faults: vec![Fault { on: "GET /health", times: usize::MAX, what: "hang".into() }],
        ..Setup::default()
    });
    let broker = broker(vec![good("Foo")]);
    let common = ["--provider-url", &provider.url, "--broker-url", &broker.url, "--provider-name", "Bar"];
    let process = billtest_verify(&[&common[..], &PUBLISH, &["--request-timeout", "60000"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !provider.lines().iter().any(|line| line == "GET /health") {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap().success());
    Run::of(&process.wait_with_output().unwrap())
        .exits(130)
        .says("nothing is published: the run was interrupted");
    assert!(broker.results().is_empty());
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_publishing_ends_it_at_once() {
    let faults = vec![Fault { on: "verification-results", times: 1, what: "hang".into() }];
    let broker = FakeBroker::start(Setup { pacts: vec![good("Foo")], faults, ..Setup::default() });
    let common = ["--mock", "--broker-url", &broker.url, "--provider-name", "Bar"];
    let process = billtest_verify(&[&common[..], &PUBLISH].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while broker.results().is_empty() {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap().success());
    Run::of(&process.wait_with_output().unwrap())
        .exits(130)
        .says("interrupted: what is not named above as published may not be")
        .says_nowhere("published success");
}

#[test]
fn a_broker_that_goes_away_while_publishing_leaves_no_doubt_about_what_it_has() {
    let faults = vec![Fault {
        on: "consumer/Baz/pact-version/sha/metadata/bWV0YQ/verification-results",
        times: 1,
        what: "close".into(),
    }];
    let pacts = vec![good("Foo"), good("Baz"), good("Qux")];
    let broker = FakeBroker::start(Setup { pacts, faults, ..Setup::default() });
    verify(&broker, &PUBLISH)
        .exits(6)
        .says("published success of version 12 for Pact between Foo")
        .says("Pact between Baz (1.1.0) and Bar: its result is not published")
        .says("whether it took what was sent is not known")
        .says("the results of 1 more pacts are not published either");
    assert_eq!(broker.results().len(), 2);
}

/// A user's token would be read by everyone who can read the build's log.
#[test]
fn credentials_come_from_the_environment_and_are_never_printed() {
    let basic = "Basic Y2k6czNjcmV0";
    for (variables, header) in [
        (vec![("PACT_BROKER_TOKEN", "t0ken")], "Bearer t0ken"),
        (vec![("PACT_BROKER_USERNAME", "ci"), ("PACT_BROKER_PASSWORD", "s3cret")], basic),
    ] {
        for (wanted, code) in [(header, 0), ("Bearer other", 6)] {
            let setup =
                Setup { pacts: vec![good("Foo")], authorization: Some(wanted.into()), ..Setup::default() };
            let broker = FakeBroker::start(setup);
            let output = billtest_verify(&["--mock"])
                .args(PUBLISH)
                .env("PACT_BROKER_BASE_URL", &broker.url)
                .env("PACT_PROVIDER_NAME", "Bar")
                .envs(variables.clone())
                .output()
                .unwrap();
            let run = Run::of(&output)
                .exits(code)
                .says_nowhere("t0ken")
                .says_nowhere("s3cret")
                .says_nowhere("Y2k6");
            if code == 6 {
                run.says("refused with 401").says("PACT_BROKER_TOKEN");
            }
        }
    }
    let setup = Setup { pacts: vec![good("Foo")], authorization: Some(basic.into()), ..Setup::default() };
    let broker = FakeBroker::start(setup);
    let address = broker.url.replace("http://", "http://ci:s3cret@");
    run(&["--mock", "--broker-url", &address, "--provider-name", "Bar"]).exits(0).says_nowhere("s3cret");
    run(&["--mock", "--broker-url", &address, "--provider-name", "Nobody"]).exits(4).says_nowhere("s3cret");
    let help = billtest_verify(&["--help"]).env("PACT_BROKER_TOKEN", "t0ken").output().unwrap();
    Run::of(&help).exits(0).says_nowhere("t0ken").says("PACT_BROKER_TOKEN");
}

#[test]
fn a_broker_that_cannot_be_asked_ends_the_run() {
    // Taken and not listened on: nobody else can be there meanwhile.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = format!("http://{}", nobody.local_addr().unwrap());
    run(&["--mock", "--broker-url", &address, "--provider-name", "Bar"])
        .exits(6)
        .says("got no answer from the broker: Connection refused");
    let page = vec![Fault { on: "GET /", times: 1, what: "html <title>Sign in</title>".into() }];
    let broker = FakeBroker::start(Setup { faults: page, ..Setup::default() });
    verify(&broker, &[]).exits(6).says("check that this is the address of a Pact Broker");
    run(&["--mock", "--broker-url", "ftp://b", "--provider-name", "Bar"])
        .exits(2)
        .says("neither http:// nor https://");
}

#[test]
fn a_provider_that_no_broker_knows_has_nothing_to_verify() {
    let broker = broker(vec![good("Foo")]);
    let unknown = ["--mock", "--broker-url", &broker.url, "--provider-name", "Nobody"];
    run(&unknown).exits(4).says("the broker knows no provider `Nobody`").says("correct its name");
    run(&[&unknown[..], &["--ignore-no-pacts"]].concat()).exits(0).says("nothing to verify");
}

#[test]
fn a_webhooks_pact_and_addresses_beside_files_are_verified() {
    let broker = broker(vec![good("Foo")]);
    let pact = format!("{}/pacts/provider/Bar/consumer/Foo/latest", broker.url);
    run(&[&["--mock", "--webhook-callback-url", &pact, "--broker-url", &broker.url], &PUBLISH[..]].concat())
        .exits(0)
        .says("2 verified")
        .says("published success of version 12");
    assert_eq!(broker.lines()[0], "GET /pacts/provider/Bar/consumer/Foo/latest");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.json");
    let document = json!({
        "consumer": {"name": "Shop"}, "provider": {"name": "Bar"}, "interactions": [interaction("three", "healthy")],
        "metadata": {"pactSpecification": {"version": "2.0.0"}},
    });
    fs::write(&file, document.to_string()).unwrap();
    let report = folder.path().join("r.json");
    run(&["--mock", file.to_str().unwrap(), &pact, "--json", report.to_str().unwrap()])
        .exits(0)
        .says("3 verified");
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(report["interactions"][1]["pact"], pact.as_str());

    // Named twice, it is one pact; its result is not refused for having too many interactions.
    run(&[&["--mock", &pact, &pact][..], &PUBLISH].concat()).exits(0).says("2 verified");

    run(&["--mock", &format!("{}/nowhere", broker.url)]).exits(6).says("refused with 404");
}

/// A user would wait for results that can never come, or verify other pacts than were meant.
#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.json");
    fs::write(&file, "{}").unwrap();
    let file = file.to_str().unwrap();
    run(&["--mock", "--publish"]).exits(2).says("--provider-version");
    run(&["--mock", file, "--publish", "--provider-version", "1"])
        .exits(2)
        .says("--publish needs pacts of a broker");
    run(&["--mock", "--broker-url", "http://b"]).exits(2).says("--provider-name");
    // A variable that is set for other tools changes nothing, and that is told.
    let output = billtest_verify(&["--mock"]).env("PACT_BROKER_BASE_URL", "http://b").output().unwrap();
    let run = Run::of(&output)
        .exits(4)
        .says("the broker is not asked for pacts, because --provider-name is not given");
    assert!(!run.stdout.contains("verifying"));
}
