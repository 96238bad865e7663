//! `billtest broker can-i-deploy` with a broker that answers as it is told to.

use serde_json::json;

use crate::fake::{FakeBroker, Fault, Setup};
use crate::{Run, billtest_broker};

const ASKED: [&str; 5] = ["can-i-deploy", "-a", "Foo", "-e", "1"];

fn answer(deployable: Option<bool>) -> Fault {
    let json =
        json!({"summary": {"deployable": deployable, "reason": "said so"}, "notices": [], "matrix": []});
    Fault { on: "GET /matrix", times: 1, what: format!("200 {json}") }
}

fn ask(broker: &FakeBroker, more: &[&str]) -> Run {
    let mut command = billtest_broker(&[&ASKED[..], more].concat());
    Run::of(&command.env("PACT_BROKER_BASE_URL", &broker.url).output().unwrap())
}

fn fake(faults: Vec<Fault>) -> FakeBroker {
    FakeBroker::start(Setup { faults, ..Setup::default() })
}

/// A deployment would not wait for the provider's build, or wait for what is known already.
#[test]
fn it_asks_again_only_while_the_answer_is_not_known() {
    let patience = ["--retry-while-unknown", "2", "--retry-interval", "0"];
    for (answers, code, asked) in [
        (vec![None, Some(true)], 0, 2),
        (vec![None, Some(false), Some(true)], 1, 2),
        (vec![None, None, None, Some(true)], 1, 3),
        (vec![Some(true), None], 0, 1),
    ] {
        let broker = fake(answers.iter().copied().map(answer).collect());
        ask(&broker, &patience).exits(code).says("said so");
        assert_eq!(broker.lines().len(), asked, "{answers:?}");
        assert_eq!(broker.lines()[0], "GET /matrix?q[][pacticipant]=Foo&q[][version]=1&latestby=cvp");
    }
    let broker = fake(vec![answer(None), answer(Some(true))]);
    ask(&broker, &[]).exits(1).says("not known: Foo 1 cannot be deployed");
    assert_eq!(broker.lines().len(), 1);
}

/// A pipeline that is being set up would be blocked, or one that is set up would not be.
#[test]
fn a_dry_run_ends_well_and_says_that_it_was_one() {
    for faults in [vec![answer(Some(false))], vec![answer(None)], vec![]] {
        let broker = fake(faults);
        ask(&broker, &["--dry-run"]).exits(0).says("a dry run");
    }
    for (value, code) in [("true", 0), ("false", 1), ("", 1)] {
        let broker = fake(vec![answer(Some(false))]);
        let mut command = billtest_broker(&ASKED);
        command.env("PACT_BROKER_BASE_URL", &broker.url).env("PACT_BROKER_CAN_I_DEPLOY_DRY_RUN", value);
        Run::of(&command.output().unwrap()).exits(code);
    }
    let broker = fake(vec![answer(Some(true))]);
    ask(&broker, &["--dry-run"]).exits(0).says_nowhere("a dry run");
}

/// What is no answer would be taken for a yes.
#[test]
fn an_answer_without_a_verdict_is_none() {
    for what in [
        r#"200 {"summary": {}, "matrix": []}"#,
        r#"200 {"summary": {"deployable": "yes"}, "matrix": []}"#,
        r#"200 {"summary": {"deployable": true}, "matrix": [{}]}"#,
        "html <title>Sign in</title>",
        r#"400 {"errors": ["Pacticipant Foo not found"]}"#,
    ] {
        let broker = fake(vec![Fault { on: "GET /matrix", times: 9, what: what.into() }]);
        ask(&broker, &[]).exits(6).says_nowhere("yes:");
    }
}

#[test]
fn what_does_not_count_is_told_by_options_and_the_variable() {
    let broker = fake(vec![answer(Some(true))]);
    let mut command =
        billtest_broker(&[&ASKED[..], &["--ignore", "A", "--version", "2", "--to", "prod"]].concat());
    command.env("PACT_BROKER_BASE_URL", &broker.url).env("PACT_BROKER_CAN_I_DEPLOY_IGNORE", "B, C");
    Run::of(&command.output().unwrap()).exits(0);
    assert_eq!(
        broker.lines(),
        ["GET /matrix?q[][pacticipant]=Foo&q[][version]=1&latestby=cvp&latest=true&tag=prod&\
          ignore[][pacticipant]=A&ignore[][version]=2&ignore[][pacticipant]=B&ignore[][pacticipant]=C"]
    );
}

#[test]
fn a_question_that_cannot_be_meant_is_wrong_usage() {
    let broker = fake(vec![]);
    ask(&broker, &["--to", "a", "--to-environment", "b"]).exits(2);
    ask(&broker, &["-a", "Bar"]).exits(2).says("which version of Bar is meant");
    assert!(broker.lines().is_empty());
}
