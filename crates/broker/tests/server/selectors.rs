//! Pacts for verification.

use serde_json::{Value, json};

use super::running::{Pact, Running};

struct Chosen {
    /// Names of the pacts, such as `Foo 1`.
    names: Vec<String>,
    pacts: Vec<Value>,
}

async fn ask(broker: &Running, body: Value) -> Chosen {
    let answer = broker.post("/pacts/provider/Bar/for-verification", body).await.expect(200).json();
    let pacts = answer["_embedded"]["pacts"].as_array().unwrap().clone();
    let name = |pact: &Value| {
        let name = pact["_links"]["self"]["name"].as_str().unwrap();
        let name = name.strip_prefix("Pact between ").unwrap().strip_suffix(") and Bar").unwrap();
        name.replace(" (", " ")
    };
    Chosen { names: pacts.iter().map(name).collect(), pacts }
}

async fn select(broker: &Running, selector: Value) -> Vec<String> {
    ask(broker, json!({"consumerVersionSelectors": [selector], "providerVersionBranch": "main"})).await.names
}

async fn filled() -> Running {
    let broker = Running::start().await;
    for (consumer, version, branch, tags, content) in [
        ("Foo", "1", "main", &["dev", "prod"][..], "a"),
        ("Foo", "2", "main", &["dev"][..], "b"),
        ("Foo", "3", "feat", &[][..], "c"),
        ("Zoo", "1", "main", &[][..], "z"),
        ("Zoo", "2", "other", &["dev"][..], "y"),
    ] {
        broker
            .publish(&Pact { consumer, version, branch: Some(branch), tags, content, ..Pact::default() })
            .await;
    }
    broker
}

/// A provider would verify other pacts than it asked for.
#[tokio::test]
async fn every_selector_chooses_what_it_says() {
    let broker = filled().await;
    let prod = broker.environment("prod").await;
    broker.deploy("Foo", "1", &prod, "blue").await;
    broker.deploy("Foo", "2", &prod, "green").await;
    let path = format!("/pacticipants/Zoo/versions/1/released-versions/environment/{prod}");
    broker.post(&path, json!({})).await.expect(201);
    for (selector, expected) in [
        (json!({"mainBranch": true}), &["Foo 2", "Zoo 1"][..]),
        (json!({"mainBranch": true, "consumer": "Zoo"}), &["Zoo 1"]),
        (json!({"branch": "feat"}), &["Foo 3"]),
        (json!({"branch": "feat", "fallbackBranch": "main"}), &["Foo 3", "Zoo 1"]),
        (json!({"branch": "nope"}), &[]),
        (json!({"matchingBranch": true}), &["Foo 2", "Zoo 1"]),
        (json!({"tag": "dev", "latest": true}), &["Foo 2", "Zoo 2"]),
        (json!({"tag": "dev"}), &["Foo 1", "Foo 2", "Zoo 2"]),
        (json!({"tag": "prod", "latest": true, "fallbackTag": "dev"}), &["Foo 1", "Zoo 2"]),
        (json!({"latest": true}), &["Foo 3", "Zoo 2"]),
        (json!({"deployed": true}), &["Foo 1", "Foo 2"]),
        (json!({"deployed": true, "environment": "prod", "consumer": "Zoo"}), &[]),
        (json!({"released": true}), &["Zoo 1"]),
        (json!({"deployedOrReleased": true}), &["Foo 1", "Foo 2", "Zoo 1"]),
        (json!({"environment": "prod"}), &["Foo 1", "Foo 2", "Zoo 1"]),
    ] {
        assert_eq!(select(&broker, selector.clone()).await, expected, "{selector}");
    }
    assert_eq!(ask(&broker, json!({})).await.names, ["Foo 2", "Zoo 1"]);
    assert_eq!(select(&broker, json!({"deployed": true})).await.len(), 2);
    let description =
        &ask(&broker, json!({"consumerVersionSelectors": [{"environment": "prod"}]})).await.pacts[0];
    assert_eq!(description["shortDescription"], "deployed to prod");
}

/// A pact that is chosen for two reasons would be verified twice.
#[tokio::test]
async fn equal_contents_are_one_pact_with_all_reasons() {
    let broker = filled().await;
    broker.publish(&Pact { version: "4", branch: Some("copy"), content: "b", ..Pact::default() }).await;
    let selectors = json!([{"branch": "copy"}, {"mainBranch": true, "consumer": "Foo"}, {"branch": "copy"}]);
    let chosen = ask(&broker, json!({"consumerVersionSelectors": selectors})).await;
    assert_eq!(chosen.names, ["Foo 4"]);
    assert_eq!(chosen.pacts[0]["shortDescription"], "latest from branch copy, latest from main branch");
    let href = chosen.pacts[0]["_links"]["self"]["href"].as_str().unwrap();
    let pact = broker.get(href.strip_prefix(&broker.url).unwrap()).await.expect(200).json();
    let versions = pact["_links"]["pb:consumer-versions"].as_array().unwrap();
    assert_eq!(versions.iter().map(|link| link["name"].as_str().unwrap()).collect::<Vec<_>>(), ["4", "2"]);
    assert!(
        pact["_links"]["pb:publish-verification-results"]["href"].as_str().unwrap().contains("/metadata/")
    );
}

/// A new expectation would break a provider's build, or a broken promise would not.
#[tokio::test]
async fn a_pact_is_pending_until_the_branch_kept_it_once() {
    let broker = filled().await;
    let first = Pact { version: "2", content: "b", ..Pact::default() };
    let pending = async |branch: &str| {
        let body = json!({"consumerVersionSelectors": [{"mainBranch": true, "consumer": "Foo"}],
            "providerVersionBranch": branch, "includePendingStatus": true});
        ask(&broker, body).await.pacts[0]["verificationProperties"]["pending"].clone()
    };
    broker.put("/pacticipants/Bar/branches/old/versions/0", json!({})).await.expect(201);
    assert_eq!(pending("main").await, true);
    broker.put("/pacticipants/Bar/branches/main/versions/10", json!({})).await.expect(201);
    broker.verify(&first, "10", false).await;
    assert_eq!(pending("main").await, true, "a failure keeps nothing");
    broker.verify(&first, "10", true).await;
    assert_eq!(pending("main").await, false);
    assert_eq!(pending("old").await, true, "a branch that was there before has to keep it itself");
    assert_eq!(pending("new").await, false, "a branch that begins now begins with what main has kept");
    broker.verify(&first, "10", false).await;
    assert_eq!(pending("main").await, false, "once kept, it must be kept");
    let silent = json!({"consumerVersionSelectors": [{"latest": true}], "includePendingStatus": false});
    assert!(ask(&broker, silent).await.pacts[0]["verificationProperties"].get("pending").is_none());
}

/// A provider would not see what its consumers work on, or fail because of it.
#[tokio::test]
async fn work_in_progress_is_added_as_pending_until_it_is_verified() {
    let broker = filled().await;
    broker.put("/pacticipants/Bar/branches/main/versions/10", json!({})).await.expect(201);
    let wip = async |since: &str| {
        let body = json!({"consumerVersionSelectors": [{"mainBranch": true}], "providerVersionBranch": "main",
            "includePendingStatus": true, "includeWipPactsSince": since});
        let chosen = ask(&broker, body).await;
        let is_wip = |pact: &&Value| pact["verificationProperties"]["wip"] == true;
        assert!(
            chosen.pacts.iter().filter(is_wip).all(|pact| pact["verificationProperties"]["pending"] == true)
        );
        let all = chosen.names.iter().zip(&chosen.pacts);
        all.filter(|(_, pact)| pact["verificationProperties"]["wip"] == true)
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(wip("2020-01-01").await, ["Foo 3", "Zoo 2", "Foo 1"], "heads of feat, other and prod");
    assert!(wip("2100-01-01").await.is_empty());
    broker.verify(&Pact { version: "3", content: "c", ..Pact::default() }, "10", true).await;
    assert_eq!(wip("2020-01-01").await, ["Zoo 2", "Foo 1"]);
}

/// A wrong selector would choose nothing, and a green build would have verified nothing.
#[tokio::test]
async fn selectors_that_cannot_be_are_refused() {
    let broker = filled().await;
    for (selector, says) in [
        (json!({"branch": "a", "latest": false}), "latest=false"),
        (json!({"fallbackTag": "a", "latest": true}), "fallbackTag"),
        (json!({"fallbackBranch": "a", "latest": true}), "fallbackBranch"),
        (json!({"environment": "nope"}), "environment with name 'nope' does not exist (at index 0)"),
        (json!({"matchingBranch": true, "tag": "a"}), "matchingBranch=true"),
        (json!({"deployed": true, "branch": "a"}), "deployed or released"),
        (json!("main"), "must be a hash"),
        (json!({"tag": 3}), "tag must be a name"),
    ] {
        let body = json!({"consumerVersionSelectors": [selector], "providerVersionBranch": "main"});
        let refused = broker.post("/pacts/provider/Bar/for-verification", body).await.expect(400);
        assert!(refused.text.contains(says), "{selector}: {}", refused.text);
    }
    let body = json!({"providerVersionBranch": "", "includePendingStatus": true});
    broker.post("/pacts/provider/Bar/for-verification", body).await.expect(400);
}

/// A branch that a build goes on with would hide behind one whose newest version is younger.
#[tokio::test]
async fn the_newest_of_a_branch_is_its_newest_version_that_has_the_pact() {
    let broker = filled().await;
    broker.put("/pacticipants/Foo/branches/main/versions/9", json!({})).await.expect(201);
    assert_eq!(select(&broker, json!({"mainBranch": true, "consumer": "Foo"})).await, ["Foo 2"]);
    broker.put("/pacticipants/Foo/branches/main/versions/3", json!({})).await.expect(201);
    assert_eq!(select(&broker, json!({"mainBranch": true, "consumer": "Foo"})).await, ["Foo 3"]);
    broker.delete("/pacticipants/Foo/branches/feat").await.expect(204);
    assert!(select(&broker, json!({"branch": "feat"})).await.is_empty());
}
