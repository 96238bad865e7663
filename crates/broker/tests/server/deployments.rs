//! Environments, deployments and releases.

use serde_json::{Value, json};

use super::running::{Pact, Running};

async fn now_there(broker: &Running, environment: &str) -> Vec<String> {
    let path = format!("/environments/{environment}/deployed-versions/currently-deployed");
    let answer = broker.get(&path).await.expect(200).json();
    let name = |one: &Value| {
        let version = one["_embedded"]["version"]["number"].as_str().unwrap();
        format!("{version} {}", one["applicationInstance"].as_str().unwrap_or("-"))
    };
    answer["_embedded"]["deployedVersions"].as_array().unwrap().iter().map(name).collect()
}

/// A version that is gone would go on to forbid deployments, or one that is there would not.
#[tokio::test]
async fn a_deployment_replaces_the_one_of_its_instance() {
    let broker = Running::start().await;
    let prod = broker.environment("prod").await;
    for version in ["1", "2"] {
        broker.publish(&Pact { version, ..Pact::default() }).await;
    }
    broker.deploy("Foo", "1", &prod, "blue").await;
    broker.deploy("Foo", "1", &prod, "green").await;
    broker.deploy("Foo", "2", &prod, "blue").await;
    assert_eq!(now_there(&broker, &prod).await, ["2 blue", "1 green"]);
    let again = broker.deploy("Foo", "2", &prod, "blue").await;
    assert_eq!(now_there(&broker, &prod).await, ["2 blue", "1 green"]);
    let path = format!("/deployed-versions/{}", again["uuid"].as_str().unwrap());
    let ended = broker.patch(&path, json!({"currentlyDeployed": false})).await.expect(200).json();
    assert!(ended["undeployedAt"].is_string());
    assert_eq!(now_there(&broker, &prod).await, ["1 green"]);
    broker.patch(&path, json!({"currentlyDeployed": true})).await.expect(422);
    let version = broker.get("/pacticipants/Foo/versions/1").await.json();
    assert_eq!(version["_links"]["pb:record-deployment"][0]["name"], "prod");
    assert_eq!(version["_links"]["pb:deployed-environments"].as_array().unwrap().len(), 1);
}

/// Released versions live on beside each other until their support ends.
#[tokio::test]
async fn releases_stay_until_their_support_ends() {
    let broker = Running::start().await;
    let prod = broker.environment("prod").await;
    let mut uuids = Vec::new();
    for version in ["1", "2"] {
        broker.publish(&Pact { version, ..Pact::default() }).await;
        let path = format!("/pacticipants/Foo/versions/{version}/released-versions/environment/{prod}");
        let made = broker.post(&path, json!({})).await.expect(201).json();
        let again = broker.post(&path, json!({})).await.expect(200).json();
        assert_eq!(made["uuid"], again["uuid"]);
        uuids.push(made["uuid"].as_str().unwrap().to_owned());
    }
    let supported = async || {
        let path = format!("/environments/{prod}/released-versions/currently-supported");
        broker.get(&path).await.json()["_embedded"]["releasedVersions"].as_array().unwrap().len()
    };
    assert_eq!(supported().await, 2);
    let path = format!("/released-versions/{}", uuids[0]);
    broker.patch(&path, json!({"currentlySupported": false})).await.expect(200);
    assert_eq!(supported().await, 1);
    broker.patch(&path, json!({"currentlySupported": true})).await.expect(422);
}

/// A renamed environment would lose what is deployed to it, or two would have one name.
#[tokio::test]
async fn environments_are_made_changed_and_removed() {
    let broker = Running::start().await;
    let body = json!({"name": "pre-prod", "production": false, "contacts": [{"name": "Team"}]});
    let made = broker.post("/environments", body).await.expect(201);
    let path = made.location().strip_prefix(&broker.url).unwrap().to_owned();
    assert_eq!(made.json()["displayName"], "Pre Prod");
    broker.post("/environments", json!({"name": "pre-prod", "production": true})).await.expect(400);
    let changed = broker.put(&path, json!({"name": "stage", "production": true})).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["production"]), (&json!("stage"), &json!(true)));
    assert!(changed.get("contacts").is_none(), "what is left out is removed");
    broker.put(&path, json!({"name": "a b"})).await.expect(400);
    broker.delete(&path).await.expect(204);
    broker.get(&path).await.expect(404);
}
