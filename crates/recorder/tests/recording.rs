//! Recording with real clients, in this process and in others: what is written, and above all what is not.
//!
//! The tests marked as ignored are fixtures: they record, and are run one by one, each in a process of its own, by
//! the tests that look at what came of it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use billtest_recorder::{Body, Pact, RecordError, Request, Response, pact};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
struct Plan {
    #[schema(example = "basic", pattern = "^[a-z]+$")]
    name: String,
    #[schema(example = 3)]
    seats: u32,
}

fn plan() -> Plan {
    Plan { name: "basic".into(), seats: 3 }
}

fn http() -> reqwest::Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

async fn read(url: &str, path: &str) -> Result<Plan, reqwest::Error> {
    http().get(format!("{url}{path}")).send().await?.error_for_status()?.json().await
}

/// Records that a plan is read.
async fn record(pact: Pact, description: &str, plan: &Plan) -> Result<(), RecordError> {
    pact.interaction(description)
        .given("A plan exists")
        .request(Request::get("/plans/1").query("expand", "all").header("X-Shop", "s"))
        .response(Response::ok().json(Body::typed(plan).exact("$.name")))
        .run(async |url| {
            let response =
                http().get(format!("{url}plans/1?expand=all")).header("X-Shop", "s").send().await?;
            assert_eq!(&response.json::<Plan>().await?, plan);
            Ok::<_, reqwest::Error>(())
        })
        .await
}

fn written(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("shop-PlanAPI.json")).unwrap()).unwrap()
}

fn descriptions(directory: &Path) -> Vec<String> {
    let pact = written(directory);
    let list = pact["interactions"].as_array().unwrap();
    list.iter().map(|interaction| interaction["description"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_the_client_did_is_written_with_rules_state_and_test() -> Result<(), RecordError> {
    let directory = tempfile::tempdir().unwrap();
    record(pact!("shop", "PlanAPI").in_directory(directory.path()), "a plan", &plan()).await?;
    let pact = written(directory.path());
    let interaction = &pact["interactions"][0];
    assert_eq!(interaction["providerStates"], json!([{"name": "A plan exists"}]));
    assert_eq!(interaction["request"]["query"], json!({"expand": ["all"]}));
    assert_eq!(interaction["request"]["headers"], json!({"X-Shop": ["s"]}));
    assert_eq!(interaction["response"]["body"]["content"], json!({"name": "basic", "seats": 3}));
    assert_eq!(
        interaction["response"]["matchingRules"]["body"],
        json!({
            "$.name": {"combine": "AND", "matchers": [{"match": "equality"}]},
            "$.seats": {"combine": "AND", "matchers": [{"match": "integer"}]},
        })
    );
    assert_eq!(
        interaction["comments"],
        json!({"testname": "billtest-recorder::recording::what_the_client_did_is_written_with_rules_state_and_test"})
    );
    assert_eq!(pact["metadata"], json!({"pactSpecification": {"version": "4.0"}}), "no clock, no versions");
    Ok(())
}

#[tokio::test]
async fn a_client_that_does_something_else_is_told_what_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let interaction = || {
        pact!("shop", "PlanAPI")
            .in_directory(directory.path())
            .interaction("a plan")
            .request(Request::post("/plans").json(Body::typed(&plan())))
            .response(Response::created().json(Body::typed(&plan())))
    };
    let error = interaction().run(async |_| Ok::<_, reqwest::Error>(())).await.unwrap_err().to_string();
    assert!(error.contains("it did not send POST /plans"), "{error}");

    let error =
        interaction().run(async |url| read(&url, "plans/2").await.map(drop)).await.unwrap_err().to_string();
    assert!(error.contains("it sent GET /plans/2, which is not in the interaction"), "{error}");
    assert!(error.contains("so the client ended with: HTTP status server error (500"), "{error}");

    let error = interaction()
        .run(async |url| {
            let wrong = json!({"name": "BASIC", "seats": 3});
            http().post(format!("{url}plans")).json(&wrong).send().await.map(drop)
        })
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("it sent POST /plans, which differs") && error.contains("$.name"), "{error}");

    let error = interaction()
        .run(async |url| {
            http().post(format!("{url}plans")).json(&plan()).send().await.unwrap();
            Err::<(), _>("the client did not like it")
        })
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(error, "interaction \"a plan\": the client failed: the client did not like it");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_description_that_makes_no_interaction_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let pact = || pact!("shop", "PlanAPI").in_directory(directory.path());
    let body = || Body::typed(&plan());
    for (interaction, reason) in [
        (pact().interaction(" "), "it needs a description"),
        (pact().interaction("d").request(Request::get("plans")), "must begin with a slash"),
        (pact().interaction("d").given_with("s", json!([1])), "are [1], not an object"),
        (
            pact().interaction("d").response(Response::ok().json(body().exact("$.nmae"))),
            "$.nmae is not in the example, so nothing can be pinned there; its fields are: $, $.name, $.seats",
        ),
        (
            pact()
                .interaction("d")
                .response(Response::ok().json(Body::typed(&Plan { name: "B4".into(), seats: 1 }))),
            "the example at $.name breaks its own schema: \"B4\" does not match ^[a-z]+$",
        ),
    ] {
        let error = interaction.run(async |_| Ok::<_, reqwest::Error>(())).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_pact_must_stand_in_the_test_itself() {
    fn somewhere_else(directory: &Path) -> Pact {
        pact!("shop", "PlanAPI").in_directory(directory)
    }
    let directory = tempfile::tempdir().unwrap();
    let error = record(somewhere_else(directory.path()), "a plan", &plan()).await.unwrap_err();
    assert!(matches!(&error, RecordError::NotATest(name) if name.ends_with("::somewhere_else")), "{error}");
}

#[tokio::test]
async fn a_file_that_others_wrote_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop-PlanAPI.json");
    for (content, reason) in [
        ("{", "is not JSON"),
        ("{}", "has no list of interactions"),
        (r#"{"interactions": [{"description": "theirs"}]}"#, "\"theirs\" was not recorded by billtest"),
    ] {
        fs::write(&path, content).unwrap();
        let error = record(pact!("shop", "PlanAPI").in_directory(directory.path()), "a plan", &plan()).await;
        assert!(error.unwrap_err().to_string().contains(reason));
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

/// The folder a fixture records into, and what it calls the interaction.
fn fixture() -> (PathBuf, String) {
    let folder = env::var_os("RECORDING_FOLDER").unwrap();
    (folder.into(), env::var("RECORDING_DESCRIPTION").unwrap_or_else(|_| "a plan".into()))
}

#[tokio::test]
#[ignore = "fixture"]
async fn fixture_one() -> Result<(), RecordError> {
    let (folder, description) = fixture();
    record(pact!("shop", "PlanAPI").in_directory(folder), &description, &plan()).await
}

#[tokio::test]
#[ignore = "fixture"]
async fn fixture_two() -> Result<(), RecordError> {
    let (folder, description) = fixture();
    let seats = env::var("RECORDING_SEATS").map_or(3, |seats| seats.parse().unwrap());
    record(pact!("shop", "PlanAPI").in_directory(folder), &description, &Plan { seats, ..plan() }).await
}

#[tokio::test]
#[ignore = "fixture"]
async fn fixture_twenty() -> Result<(), RecordError> {
    let (folder, _) = fixture();
    for number in 0..20 {
        record(pact!("shop", "PlanAPI").in_directory(&folder), &format!("plan {number}"), &plan()).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "fixture"]
async fn fixture_crash() -> Result<(), RecordError> {
    let (folder, _) = fixture();
    pact!("shop", "PlanAPI")
        .in_directory(folder)
        .interaction("crash")
        .run(async |_| -> Result<(), reqwest::Error> { std::process::abort() })
        .await
}

/// Fixtures as a test runner runs them: all in one run, or each in its own.
struct Runner {
    folder: tempfile::TempDir,
}

impl Runner {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, run: &str, fixture: &str) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--ignored", "--exact", fixture, "--nocapture"])
            .env("RECORDING_FOLDER", self.folder.path())
            .env("NEXTEST_RUN_ID", format!("{run} of {}", self.folder.path().display()))
            .env_remove("RUST_BACKTRACE");
        command
    }

    fn run(&self, run: &str, fixture: &str, settings: &[(&str, &str)]) -> (bool, String) {
        let output = self.command(run, fixture).envs(settings.iter().copied()).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn bytes(&self) -> String {
        fs::read_to_string(self.folder.path().join("shop-PlanAPI.json")).unwrap()
    }

    fn descriptions(&self) -> Vec<String> {
        descriptions(self.folder.path())
    }
}

/// A user would see a change in the pact whenever only some tests were run.
#[test]
fn what_two_tests_agree_on_keeps_its_owner_when_only_one_of_them_is_run() {
    let runner = Runner::new();
    for fixture in ["fixture_one", "fixture_two"] {
        assert!(runner.run("first", fixture, &[]).0);
    }
    let both = runner.bytes();
    for fixture in ["fixture_two", "fixture_one"] {
        assert!(runner.run(fixture, fixture, &[]).0);
        assert_eq!(runner.bytes(), both, "{fixture}");
    }
}

#[test]
fn a_test_may_be_run_again_in_the_same_run_with_another_result() {
    let runner = Runner::new();
    assert!(runner.run("r", "fixture_two", &[]).0);
    assert!(runner.run("r", "fixture_two", &[("RECORDING_SEATS", "9")]).0);
    assert!(runner.run("r", "fixture_two", &[("RECORDING_DESCRIPTION", "another plan")]).0);
    assert_eq!(runner.descriptions(), ["another plan"]);
}

/// A user would see one of two contracts vanish, whichever test was slower.
#[test]
fn two_tests_that_disagree_in_one_run_are_both_named() {
    let runner = Runner::new();
    assert!(runner.run("r", "fixture_one", &[]).0);
    let before = runner.bytes();
    let (passed, stderr) = runner.run("r", "fixture_two", &[("RECORDING_SEATS", "9")]);
    assert!(!passed);
    assert!(stderr.contains("interaction \"a plan\" is recorded differently by two tests"), "{stderr}");
    assert!(
        stderr.contains("recording::fixture_one") && stderr.contains("recording::fixture_two"),
        "{stderr}"
    );
    assert_eq!(runner.bytes(), before);
}

#[test]
fn two_tests_that_agree_give_the_same_bytes_in_either_order() {
    let (one, two) = (Runner::new(), Runner::new());
    for (runner, order) in [(&one, ["fixture_one", "fixture_two"]), (&two, ["fixture_two", "fixture_one"])] {
        for fixture in order {
            assert!(runner.run("r", fixture, &[]).0);
        }
    }
    assert_eq!(one.bytes(), two.bytes());
}

#[test]
fn a_test_that_was_not_run_keeps_its_interactions_and_one_that_is_gone_loses_them() {
    let runner = Runner::new();
    assert!(runner.run("first", "fixture_one", &[]).0);
    assert!(runner.run("first", "fixture_two", &[("RECORDING_DESCRIPTION", "another plan")]).0);
    assert_eq!(runner.descriptions(), ["a plan", "another plan"]);
    let both = runner.bytes();
    assert!(runner.run("second", "fixture_one", &[]).0);
    assert_eq!(runner.bytes(), both, "only one of them was run");

    // As if `fixture_two` had had another name, or its file had been another, before.
    for gone in ["recording::fixture_zero", "demolished::fixture_two"] {
        let text = both.replace("recording::fixture_two", gone);
        fs::write(runner.folder.path().join("shop-PlanAPI.json"), text).unwrap();
        assert!(runner.run(gone, "fixture_one", &[]).0);
        assert_eq!(runner.descriptions(), ["a plan"], "{gone}");
    }
}

#[test]
fn a_test_that_changes_its_mind_leaves_nothing_behind() {
    let runner = Runner::new();
    assert!(runner.run("first", "fixture_two", &[]).0);
    assert!(runner.run("second", "fixture_two", &[("RECORDING_DESCRIPTION", "a better plan")]).0);
    assert_eq!(runner.descriptions(), ["a better plan"]);
    assert!(runner.run("third", "fixture_two", &[("RECORDING_SEATS", "9")]).0);
    assert_eq!(written(runner.folder.path())["interactions"][0]["response"]["body"]["content"]["seats"], 9);
}

#[test]
fn many_processes_at_once_lose_nothing_and_end_in_the_same_bytes() {
    let (alone, together) = (Runner::new(), Runner::new());
    for fixture in ["fixture_one", "fixture_twenty"] {
        assert!(alone.run("r", fixture, &[]).0);
    }
    let running: Vec<_> = ["fixture_one", "fixture_twenty", "fixture_one", "fixture_twenty", "fixture_two"]
        .iter()
        .map(|fixture| together.command("r", fixture).spawn().unwrap())
        .collect();
    for mut process in running {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(together.descriptions().len(), 21);
    assert_eq!(together.bytes(), alone.bytes());
}

#[test]
fn a_crash_leaves_the_file_as_it_was() {
    let runner = Runner::new();
    assert!(runner.run("first", "fixture_one", &[]).0);
    let before = runner.bytes();
    assert!(!runner.run("second", "fixture_crash", &[]).0);
    assert_eq!(runner.bytes(), before);
    assert_eq!(fs::read_dir(runner.folder.path()).unwrap().count(), 1);
}
