//! May it be deployed? The answers, and a simple model that must agree with them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::running::{Pact, Running};

/// The original said yes while a deployed version had never verified the pact: production would break.
#[tokio::test]
async fn every_deployed_version_counts() {
    let broker = Running::start().await;
    let prod = broker.environment("prod").await;
    let first = Pact::default();
    broker.publish(&first).await;
    for (version, instance) in [("b1", "green"), ("b2", "blue")] {
        broker.put(&format!("/pacticipants/Bar/versions/{version}"), json!({})).await.expect(201);
        broker.deploy("Bar", version, &prod, instance).await;
    }
    assert_eq!(broker.can_i_deploy("Foo", "1", "prod").await, Value::Null, "nobody verified it");
    broker.verify(&first, "b2", true).await;
    assert_eq!(broker.can_i_deploy("Foo", "1", "prod").await, Value::Null, "b1 did not verify it");
    for latest_by in ["cvp", "cvpv"] {
        let path =
            format!("/matrix?q[][pacticipant]=Foo&q[][version]=1&latestby={latest_by}&environment=prod");
        let answer = broker.get(&path).await.expect(200).json();
        assert_eq!(answer["summary"]["deployable"], Value::Null, "{latest_by}");
        let reason = answer["summary"]["reason"].as_str().unwrap();
        assert!(
            reason.contains("version of Bar currently in prod (b1)") && !reason.contains("b2"),
            "{reason}"
        );
    }
    broker.verify(&first, "b1", false).await;
    assert_eq!(broker.can_i_deploy("Foo", "1", "prod").await, false);
    broker.verify(&first, "b1", true).await;
    assert_eq!(broker.can_i_deploy("Foo", "1", "prod").await, true, "the newest result counts");
    broker.publish(&Pact { version: "2", ..first }).await;
    assert_eq!(broker.can_i_deploy("Foo", "2", "prod").await, true, "the same content is verified already");
}

/// Every kind of question that command lines ask.
#[tokio::test]
async fn questions_are_answered() {
    let broker = Running::start().await;
    broker.environment("prod").await;
    let first = Pact { tags: &["dev"], ..Pact::default() };
    broker.publish(&first).await;
    broker.put("/pacticipants/Bar/branches/main/versions/10", json!({})).await.expect(201);
    broker.verify(&first, "10", true).await;
    broker.verify(&first, "11", false).await;
    broker.put("/pacticipants/Bar/versions/10/tags/live", json!({})).await.expect(201);
    let q = "q[][pacticipant]=Foo&q[][version]=1";
    for (query, deployable) in [
        (format!("{q}&mainBranch=true&latest=true&latestby=cvp"), json!(true)),
        (format!("{q}&tag=live&latest=true&latestby=cvp"), json!(true)),
        (format!("{q}&tag=nope&latest=true&latestby=cvp"), Value::Null),
        (format!("{q}&latest=true&latestby=cvp"), json!(false)),
        (format!("{q}&latestby=cvp"), json!(false)),
        (format!("{q}&q[][pacticipant]=Bar&q[][version]=10"), json!(true)),
        (format!("{q}&q[][pacticipant]=Bar&q[][version]=11"), json!(false)),
        (format!("{q}&q[][pacticipant]=Bar&q[][version]=12"), json!(false)),
        (format!("{q}&environment=prod"), Value::Null),
        (format!("{q}&environment=prod&ignore[][pacticipant]=Bar"), json!(true)),
        ("q[][pacticipant]=Foo&q[][latest]=true&q[][tag]=dev&tag=live&latest=true".into(), json!(true)),
        ("q[][pacticipant]=Bar&q[][version]=10&environment=prod".into(), json!(true)),
        ("q[][pacticipant]=Bar&q[][version]=11&latestby=cvp".into(), json!(false)),
        ("q[][pacticipant]=Bar&q[][branch]=main&q[][latest]=true&latestby=cvp".into(), json!(true)),
        ("q[][pacticipant]=Foo&q[][pacticipant]=Bar&latestby=cvpv".into(), json!(false)),
    ] {
        let answer = broker.get(&format!("/matrix?{query}")).await.expect(200).json();
        assert_eq!(answer["summary"]["deployable"], deployable, "{query}: {}", answer["summary"]);
    }
    let can_merge =
        broker.get("/pacticipants/Bar/branches/main/latest-version/can-i-deploy/to-environment/prod").await;
    assert_eq!(can_merge.expect(200).json()["summary"]["deployable"], true);
    let badge = broker
        .call(
            reqwest::Method::GET,
            "/pacticipants/Bar/branches/main/latest-version/can-i-deploy/to-environment/prod/badge",
            "image/svg+xml",
            None,
        )
        .await
        .expect(200);
    assert!(badge.text.starts_with("<svg") && badge.text.contains(">yes<"), "{}", badge.text);
}

/// A command line that names a pacticipant twice would get a yes for one version and deploy both.
#[tokio::test]
async fn a_pacticipant_that_is_named_twice_is_judged_by_both_versions() {
    let broker = Running::start().await;
    let first = Pact::default();
    broker.publish(&first).await;
    broker.verify(&first, "good", true).await;
    broker.verify(&first, "bad", false).await;
    let foo = "q[][pacticipant]=Foo&q[][version]=1";
    let bar = |version: &str| format!("q[][pacticipant]=Bar&q[][version]={version}");
    for (query, deployable, rows) in [
        (format!("{foo}&{}&{}", bar("good"), bar("bad")), json!(false), 2),
        (format!("{foo}&{}&{}", bar("bad"), bar("good")), json!(false), 2),
        (format!("{foo}&{}&{}", bar("good"), bar("good")), json!(true), 1),
        (format!("{foo}&{foo}&{}", bar("good")), json!(true), 1),
    ] {
        let answer = broker.get(&format!("/matrix?{query}")).await.expect(200).json();
        assert_eq!(answer["summary"]["deployable"], deployable, "{query}: {answer}");
        assert_eq!(answer["matrix"].as_array().unwrap().len(), rows, "{query}");
    }
}

/// A failure that stands further down than a list is long would be deployed.
#[tokio::test]
async fn what_is_not_shown_is_judged_all_the_same() {
    let broker = Running::start().await;
    for number in 0..103 {
        let (version, content) = (format!("v{number}"), format!("c{number}"));
        let pact = Pact { version: &version, content: &content, ..Pact::default() };
        broker.publish(&pact).await;
        broker.verify(&pact, "p", number != 0).await;
    }
    for limit in ["", "&limit=1", "&limit=1000"] {
        let query = format!("q[][pacticipant]=Bar&q[][version]=p&latestby=cvp{limit}");
        let answer = broker.get(&format!("/matrix?{query}")).await.expect(200).json();
        assert_eq!(answer["summary"]["deployable"], false, "{query}: {}", answer["summary"]);
        assert_eq!(answer["summary"]["failed"], 1);
        let shown = answer["matrix"].as_array().unwrap().len();
        assert_eq!(
            shown,
            if limit == "&limit=1" {
                1
            } else if limit.is_empty() {
                100
            } else {
                103
            }
        );
    }
}

const APPS: usize = 3;
const VERSIONS: usize = 3;
/// Few, so that versions share them and one of two deployed versions has often verified what the other has not.
const CONTENTS: usize = 2;

/// Something that happens to a broker.
#[derive(Debug, Clone)]
enum Step {
    Publish { consumer: usize, provider: usize, version: usize, content: usize },
    Verify { consumer: usize, provider: usize, content: usize, version: usize, success: bool },
    Deploy { app: usize, version: usize, instance: usize },
    Release { app: usize, version: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let pair = (0..APPS, 1..APPS).prop_map(|(one, more)| (one, (one + more) % APPS));
    prop_oneof![
        4 => (pair.clone(), 0..VERSIONS, 0..CONTENTS).prop_map(|((consumer, provider), version, content)| {
            Step::Publish { consumer, provider, version, content }
        }),
        5 => (pair, 0..CONTENTS, 0..VERSIONS, prop::bool::weighted(0.9)).prop_map(
            |((consumer, provider), content, version, success)| {
                Step::Verify { consumer, provider, content, version, success }
            }
        ),
        3 => (0..APPS, 0..VERSIONS, 0..2_usize).prop_map(|(app, version, instance)| Step::Deploy { app, version, instance }),
        1 => (0..APPS, 0..VERSIONS).prop_map(|(app, version)| Step::Release { app, version }),
    ]
}

/// What happened, as plainly as it can be kept.
#[derive(Debug, Default)]
struct Model {
    versions: BTreeSet<(usize, usize)>,
    /// Consumer, version and provider: content.
    pacts: BTreeMap<(usize, usize, usize), usize>,
    /// Consumer, provider, content and provider version: newest result.
    results: BTreeMap<(usize, usize, usize, usize), bool>,
    deployed: BTreeMap<(usize, usize), usize>,
    released: BTreeSet<(usize, usize)>,
}

impl Model {
    fn there(&self, app: usize) -> BTreeSet<usize> {
        let deployed = self.deployed.iter().filter(|((own, _), _)| *own == app).map(|(_, version)| *version);
        deployed
            .chain(self.released.iter().filter(|(own, _)| *own == app).map(|(_, version)| *version))
            .collect()
    }

    fn result(&self, consumer: usize, provider: usize, content: usize, version: usize) -> Option<bool> {
        self.results.get(&(consumer, provider, content, version)).copied()
    }

    /// Goes through everything that must hold, one by one.
    fn can_deploy(&self, app: usize, version: usize) -> Option<bool> {
        if !self.versions.contains(&(app, version)) {
            return Some(false);
        }
        let mut needed = Vec::new();
        for ((consumer, own, provider), content) in &self.pacts {
            if (*consumer, *own) == (app, version) {
                let there = self.there(*provider);
                if there.is_empty() {
                    needed.push(None);
                }
                needed.extend(there.iter().map(|version| self.result(app, *provider, *content, *version)));
            }
            if *provider == app && self.there(*consumer).contains(own) {
                needed.push(self.result(*consumer, app, *content, version));
            }
        }
        if needed.contains(&None) { None } else { Some(!needed.contains(&Some(false))) }
    }
}

fn app(number: usize) -> &'static str {
    ["Ant", "Bee", "Cat"][number]
}

async fn take(broker: &Running, prod: &str, model: &mut Model, step: &Step) {
    match *step {
        Step::Publish { consumer, provider, version, content } => {
            let (number, text) = (version.to_string(), content.to_string());
            let pact = Pact {
                consumer: app(consumer),
                provider: app(provider),
                version: &number,
                branch: None,
                content: &text,
                ..Pact::default()
            };
            let known = model.pacts.get(&(consumer, version, provider)).copied();
            let status = if known.is_none_or(|known| known == content) { 200 } else { 409 };
            broker.post("/contracts/publish", pact.body()).await.expect(status);
            if status == 200 {
                model.versions.insert((consumer, version));
                model.pacts.insert((consumer, version, provider), content);
            }
        }
        Step::Verify { consumer, provider, content, version, success } => {
            let mut all = model.pacts.iter();
            let known =
                all.find(|((own, _, other), has)| (*own, *other, **has) == (consumer, provider, content));
            let Some(((_, number, _), _)) = known else { return };
            let number = number.to_string();
            let pact = Pact {
                consumer: app(consumer),
                provider: app(provider),
                version: &number,
                ..Pact::default()
            };
            broker.verify(&pact, &version.to_string(), success).await;
            model.versions.insert((provider, version));
            model.results.insert((consumer, provider, content, version), success);
        }
        Step::Deploy { app: own, version, instance } if model.versions.contains(&(own, version)) => {
            broker.deploy(app(own), &version.to_string(), prod, &instance.to_string()).await;
            model.deployed.insert((own, instance), version);
        }
        Step::Release { app: own, version } if model.versions.contains(&(own, version)) => {
            let path =
                format!("/pacticipants/{}/versions/{version}/released-versions/environment/{prod}", app(own));
            broker.post(&path, json!({})).await;
            model.released.insert((own, version));
        }
        _ => {}
    }
}

/// One combination that is forgotten is one deployment that breaks production.
#[test]
fn can_i_deploy_agrees_with_a_model_that_goes_through_everything() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 40, ..Config::default() });
    let mut verdicts = BTreeMap::new();
    let seen = std::cell::RefCell::new(&mut verdicts);
    let steps = prop::collection::vec(step(), 30..90);
    runner
        .run(&steps, |steps| {
            runtime.block_on(async {
                let broker = Running::start().await;
                let prod = broker.environment("prod").await;
                for name in 0..APPS {
                    broker.post("/pacticipants", json!({"name": app(name)})).await.expect(201);
                }
                let mut model = Model::default();
                for step in &steps {
                    take(&broker, &prod, &mut model, step).await;
                }
                for (number, version) in
                    (0..APPS).flat_map(|app| (0..VERSIONS).map(move |version| (app, version)))
                {
                    let expected = model.can_deploy(number, version);
                    let answer = broker.can_i_deploy(app(number), &version.to_string(), "prod").await;
                    assert_eq!(answer, json!(expected), "{} {version}: {model:?}", app(number));
                    *seen.borrow_mut().entry(expected).or_insert(0) += 1;
                }
                broker.stop().await;
            });
            Ok(())
        })
        .unwrap();
    assert_eq!(verdicts.len(), 3, "some verdict never came: {verdicts:?}");
    assert!(verdicts.values().all(|count| *count > 5), "{verdicts:?}");
}
