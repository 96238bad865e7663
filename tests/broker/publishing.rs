//! `billtest broker publish` and `fetch`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::fake::{FakeBroker, Fault, Setup};
use crate::{Broker, Run, billtest_broker, pact};

fn fake(faults: Vec<Fault>) -> FakeBroker {
    FakeBroker::start(Setup { faults, ..Setup::default() })
}

/// A folder with pacts of these consumers.
fn folder(consumers: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for consumer in consumers {
        let file = folder.path().join(format!("{consumer}.json"));
        fs::write(file, pact(consumer, "Bar", "healthy").to_string()).unwrap();
    }
    folder
}

fn publish(broker: &FakeBroker, folder: &Path, more: &[&str]) -> Command {
    let mut command = billtest_broker(&[&["publish", "."], more].concat());
    command.env("PACT_BROKER_BASE_URL", &broker.url).current_dir(folder);
    command
}

fn run(mut command: Command) -> Run {
    Run::of(&command.output().unwrap())
}

fn published(broker: &FakeBroker) -> Vec<Value> {
    let is_publish = |line: &str| line == "POST /contracts/publish";
    broker
        .requests()
        .into_iter()
        .filter(|request| is_publish(&request.line))
        .map(|request| request.body)
        .collect()
}

/// The broker would have some pacts of a version and not the others.
#[test]
fn all_pacts_of_a_consumer_go_in_one_request() {
    let broker = fake(Vec::new());
    let folder = folder(&["Foo"]);
    fs::write(folder.path().join("other.json"), pact("Foo", "Baz", "healthy").to_string()).unwrap();
    let more = ["-a", "1", "--branch", "main", "-t", "a,b", "-g", "--build-url", "http://ci/1", "--merge"];
    run(publish(&broker, folder.path(), &more)).exits(0).says("published Foo 1 with Bar, Baz");
    let bodies = published(&broker);
    assert_eq!(bodies.len(), 1);
    let mut body = bodies[0].clone();
    for contract in body["contracts"].as_array_mut().unwrap() {
        assert!(contract["content"].as_str().unwrap().len() > 100);
        contract["content"] = json!("...");
    }
    let contract = |provider: &str| {
        json!({
            "consumerName": "Foo", "providerName": provider, "specification": "pact",
            "contentType": "application/json", "content": "...", "onConflict": "merge",
        })
    };
    assert_eq!(
        body,
        json!({
            "pacticipantName": "Foo", "pacticipantVersionNumber": "1", "branch": "main", "tags": ["a", "b", "main"],
            "buildUrl": "http://ci/1", "contracts": [contract("Bar"), contract("Baz")],
        })
    );
}

/// A script that says the branch as it always did would publish nothing, and its build be green.
#[test]
fn the_branch_has_its_short_name() {
    let broker = fake(Vec::new());
    let folder = folder(&["Foo"]);
    run(publish(&broker, folder.path(), &["-a", "1", "-h", "main"])).exits(0).says("published Foo 1");
    assert_eq!(published(&broker)[0]["branch"], "main");
    run(publish(&broker, folder.path(), &["--help"])).exits(0).says("-h, --branch <BRANCH>");
    assert_eq!(published(&broker).len(), 1);
}

/// A user whose tests write a file each could not publish their pact, or would publish a part of it.
#[test]
fn several_files_of_one_pair_are_published_as_one_pact() {
    let broker = Broker::start();
    let part = |description: &str, path: &str| {
        let mut part = pact("Foo", "Bar", "healthy");
        part["interactions"][0]["description"] = json!(description);
        part["interactions"][0]["request"]["path"] = json!(path);
        part
    };
    fs::create_dir(broker.folder.path().join("pacts")).unwrap();
    broker.write("pacts/1.json", &part("one", "/1"));
    let mut second = part("two", "/2");
    // What both say alike is said once.
    let shared = part("one", "/1")["interactions"][0].clone();
    second["interactions"].as_array_mut().unwrap().push(shared);
    broker.write("pacts/2.json", &second);
    broker
        .run(&["publish", "pacts", "-a", "1", "--branch", "main"])
        .exits(0)
        .says("published Foo 1 with Bar");
    broker.run(&["fetch", "--provider", "Bar", "--dir", "got"]).exits(0);
    let got = fs::read_to_string(broker.folder.path().join("got/Foo-Bar.json")).unwrap();
    let got: Value = serde_json::from_str(&got).unwrap();
    let paths: Vec<&Value> =
        got["interactions"].as_array().unwrap().iter().map(|one| &one["request"]["path"]).collect();
    assert_eq!(paths, ["/1", "/2"]);
}

/// A build would fail for a moment's trouble, or hammer a broker that said no.
#[test]
fn only_server_errors_and_broken_connections_are_tried_again() {
    for (what, times, tries, code) in [
        ("503 {}", 2, 3, 0),
        ("500 {}", 1, 2, 0),
        ("close", 1, 2, 0),
        ("502 {}", 9, 4, 6),
        ("400 {\"errors\": {\"contracts\": [\"no\"]}}", 9, 1, 6),
        ("401 {}", 9, 1, 6),
        ("409 {\"errors\": {\"contracts\": [\"no\"]}}", 9, 1, 6),
    ] {
        let broker = fake(vec![Fault { on: "POST /contracts", times, what: what.into() }]);
        let folder = folder(&["Foo"]);
        run(publish(&broker, folder.path(), &["-a", "1", "--branch", "main"])).exits(code);
        assert_eq!(published(&broker).len(), tries, "{what}");
    }
}

#[test]
fn what_is_published_and_what_is_not_is_told_exactly() {
    let broker = fake(Vec::new());
    let folder = folder(&["A", "B", "C"]);
    run(publish(&broker, folder.path(), &["-a", "1"])).exits(0).says("published C 1");
    let refusal =
        json!({"notices": [{"type": "error", "text": "This is the first time a pact has been published"}]});
    let faults = vec![
        // The first is taken.
        Fault {
            on: "POST /contracts",
            times: 1,
            what: "200 {\"_embedded\": {\"version\": {\"number\": \"1\"}}}".into(),
        },
        Fault { on: "POST /contracts", times: 1, what: format!("409 {refusal}") },
    ];
    let broker = fake(faults);
    run(publish(&broker, folder.path(), &["-a", "1"]))
        .exits(6)
        .says("published A 1 with Bar")
        .says("published are the pacts of A; not of B, C")
        .says("pacticipants create-or-update --name NAME");
    assert_eq!(published(&broker).len(), 2);
    // An answer about another version is none about this one.
    let broker = fake(vec![Fault {
        on: "POST /contracts",
        times: 1,
        what: "200 {\"_embedded\": {\"version\": {\"number\": \"7\"}}}".into(),
    }]);
    run(publish(&broker, folder.path(), &["-a", "1"]))
        .exits(6)
        .says("version 1 was sent, and 7 comes back")
        .says("published are the pacts of nobody");
}

#[test]
fn nothing_is_sent_unless_all_of_it_can_be() {
    let broker = fake(Vec::new());
    let folder = folder(&["A"]);
    fs::write(folder.path().join("b.json"), "{").unwrap();
    run(publish(&broker, folder.path(), &["-a", "1"])).exits(7).says("b.json");
    fs::write(folder.path().join("b.json"), pact("A", "Bar", "poorly").to_string()).unwrap();
    run(publish(&broker, folder.path(), &["-a", "1"]))
        .exits(7)
        .says("A.json and ./b.json: are pacts of A with Bar, and contradict each other: two interactions")
        .says("\"a look at the health\"");
    let empty = tempfile::tempdir().unwrap();
    run(publish(&broker, empty.path(), &["-a", "1"])).exits(4).says("nothing to publish");
    run(publish(&broker, empty.path(), &["nowhere.json", "-a", "1"])).exits(2).says("nowhere.json");
    let mut nobody = billtest_broker(&["publish", "-a", "1"]);
    Run::of(&nobody.current_dir(folder.path()).output().unwrap()).exits(2).says("PACT_BROKER_BASE_URL");
    assert!(broker.lines().is_empty());
}

fn git(folder: &Path, arguments: &[&str]) {
    let always = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    let status = Command::new("git").args(always).args(arguments).current_dir(folder).output().unwrap();
    assert!(status.status.success(), "{status:?}");
}

/// The pacts would be known under a version that nobody asks about.
#[test]
fn version_and_branch_are_those_of_ci_or_of_git() {
    let broker = fake(Vec::new());
    let folder = folder(&["Foo"]);
    // Above a temporary folder there may be a repository.
    let alone = |mut command: Command| {
        command.env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap());
        run(command)
    };
    alone(publish(&broker, folder.path(), &[])).exits(2).says("--consumer-app-version");
    git(folder.path(), &["init", "-q", "-b", "feat/x"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "x"]);
    alone(publish(&broker, folder.path(), &[])).exits(0).says("from git").says_nowhere("files are changed");
    let mut command = publish(&broker, folder.path(), &["-g"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_SHA", "abc").env("GITHUB_REF_NAME", "main");
    let link = [("GITHUB_SERVER_URL", "http://g"), ("GITHUB_REPOSITORY", "o/r"), ("GITHUB_RUN_ID", "7")];
    alone({
        command.envs(link);
        command
    })
    .exits(0)
    .says("the version is abc, from GitHub Actions");
    fs::write(folder.path().join("Foo.json"), pact("Foo", "Bar", "poorly").to_string()).unwrap();
    alone(publish(&broker, folder.path(), &["--branch", "b"])).exits(0).says("files are changed");
    alone(publish(&broker, folder.path(), &["-a", "1", "--no-auto-detect-version-properties"]))
        .exits(0)
        .says("the branch is not known");
    let bodies = published(&broker);
    let number = bodies[0]["pacticipantVersionNumber"].as_str().unwrap();
    assert!(number.len() == 40 && number.chars().all(|c| c.is_ascii_hexdigit()), "{number}");
    assert_eq!(bodies[0]["branch"], "feat/x");
    let ci = &bodies[1];
    assert_eq!((&ci["pacticipantVersionNumber"], &ci["branch"]), (&json!("abc"), &json!("main")));
    assert_eq!((&ci["tags"], &ci["buildUrl"]), (&json!(["main"]), &json!("http://g/o/r/actions/runs/7")));
    assert_eq!((&bodies[2]["branch"], &bodies[2]["pacticipantVersionNumber"]), (&json!("b"), &json!(number)));
    assert_eq!((&bodies[3]["branch"], &bodies[3]["buildUrl"]), (&Value::Null, &Value::Null));
}

/// A user would look for what changed in two files of thousands of lines.
#[test]
fn a_changed_pact_under_an_old_version_shows_what_differs_and_what_to_do() {
    let broker = Broker::start();
    broker.write("foo.json", &pact("Foo", "Bar", "healthy"));
    broker.run(&["publish", "foo.json", "-a", "1", "--branch", "main"]).exits(0);
    broker.run(&["publish", "foo.json", "-a", "1", "--branch", "main"]).exits(0).says("no content changes");
    broker.write("foo.json", &pact("Foo", "Bar", "poorly"));
    broker
        .run(&["publish", "foo.json", "-a", "1", "--branch", "main"])
        .exits(6)
        .says("Cannot change the content")
        .says("-          \"status\": \"healthy\"")
        .says("+          \"status\": \"poorly\"")
        .says("publish what changed under a version of its own");
    let run = broker.run(&["publish", "foo.json", "-a", "1", "--branch", "main", "-o", "json"]).exits(6);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(json["errors"]["contracts"][0].as_str().unwrap().contains("Cannot change"));
    broker.run(&["publish", "foo.json", "-a", "2", "--branch", "main"]).exits(0);
}

/// A user would be told to correct what is right, and not how to say that the name is meant.
#[test]
fn a_name_that_the_broker_takes_for_a_slip_of_the_pen_can_be_kept() {
    let broker = Broker::start();
    broker.write("shop.json", &pact("Shop", "Bar", "healthy"));
    broker.run(&["publish", "shop.json", "-a", "1", "--branch", "main"]).exits(0);
    broker.write("shop.json", &pact("shop", "Bar", "healthy"));
    let publish = ["publish", "shop.json", "-a", "1", "--branch", "main"];
    broker.run(&publish).exits(6).says("takes a name for a slip of the pen").says("--name NAME");
    broker.run(&["pacticipants", "create-or-update", "--name", "shop"]).exits(0);
    broker.run(&publish).exits(0).says("published shop 1");
}

/// A repository that keeps fetched pacts would see them change when nothing did.
#[test]
fn what_is_fetched_is_what_was_published_to_the_byte() {
    let broker = Broker::start();
    let pacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("pacts");
    broker.run(&["publish", pacts.to_str().unwrap(), "-a", "1", "--branch", "main"]).exits(0);
    let fetch = ["fetch", "--provider", "BillingAPI", "--dir", "got"];
    broker.run(&fetch).exits(0).says("fetched got/billtest-BillingAPI.json");
    let name = "billtest-BillingAPI.json";
    let got = broker.folder.path().join("got");
    assert!(fs::read(got.join(name)).unwrap() == fs::read(pacts.join(name)).unwrap(), "the bytes differ");
    for more in [&["--branch", "main"][..], &["--latest"], &["--consumer", "billtest"]] {
        broker.run(&[&fetch[..], more].concat()).exits(0);
    }
    broker.run(&[&fetch[..], &["--tag", "x"]].concat()).exits(4).says("nothing to fetch");
    broker.run(&["fetch", "--provider", "Nobody"]).exits(4).says("the broker knows no provider");
    let files: Vec<_> = fs::read_dir(&got).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, [name]);
}

/// A consumer's pact would be missing, and the provider be verified without it.
#[test]
fn consumers_whose_names_make_the_same_file_name_have_a_file_each() {
    let broker = Broker::start();
    let consumers = ["a/b", "a_b", "A_B", "c"];
    for (number, consumer) in consumers.iter().enumerate() {
        broker.run(&["pacticipants", "create-or-update", "--name", consumer]).exits(0);
        broker.write("pact.json", &pact(consumer, "Pq", "healthy"));
        let version = number.to_string();
        broker.run(&["publish", "pact.json", "-a", &version, "--branch", "main"]).exits(0);
    }
    for _ in 0..2 {
        broker.run(&["fetch", "--provider", "Pq", "--dir", "got"]).exits(0);
    }
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        let pact: Value = serde_json::from_str(&fs::read_to_string(entry.path()).unwrap()).unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, pact["consumer"]["name"].as_str().unwrap().to_owned())
    };
    let files: Vec<(String, String)> =
        fs::read_dir(broker.folder.path().join("got")).unwrap().map(read).collect();
    let mut found: Vec<&str> = files.iter().map(|(_, consumer)| consumer.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, ["A_B", "a/b", "a_b", "c"], "{files:?}");
    let folded: std::collections::BTreeSet<String> =
        files.iter().map(|(name, _)| name.to_lowercase()).collect();
    assert_eq!(folded.len(), consumers.len(), "on disks that know no case, too: {files:?}");
    assert!(folded.contains("c-pq.json"), "{files:?}");
}

/// Half a pact would be verified as a whole one.
#[test]
fn a_fetch_that_fails_writes_nothing() {
    let pacts = ["Foo", "Baz"].map(crate::fake::FakePact::new).into();
    let faults = vec![Fault { on: "GET /pacts/provider/Bar/consumer/Baz", times: 9, what: "half".into() }];
    let broker = FakeBroker::start(Setup { pacts, faults, ..Setup::default() });
    let folder = tempfile::tempdir().unwrap();
    let mut command = billtest_broker(&["fetch", "--provider", "Bar", "-b", &broker.url]);
    run({
        command.current_dir(folder.path());
        command
    })
    .exits(6);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
