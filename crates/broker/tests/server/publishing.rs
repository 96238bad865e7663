//! Publishing: one truth for a version, whoever publishes and however often.

use serde_json::{Value, json};

use super::running::{Pact, Running, contract};

const CLIENTS: usize = 16;

fn shas(pact: &Value) -> &str {
    pact["_links"]["pb:pact-version"]["name"].as_str().unwrap()
}

/// Two builds of one commit would each think that their pact is the one, and a deployment would rest on the other.
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_clients_that_publish_one_version_end_in_one_truth() {
    let broker = std::sync::Arc::new(Running::start().await);
    for round in 0..5 {
        let version = format!("v{round}");
        let mut tasks = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let (broker, version) = (broker.clone(), version.clone());
            tasks.spawn(async move {
                let content = format!("c{client}");
                let pact = Pact { version: &version, content: &content, tags: &["dev"], ..Pact::default() };
                (client, broker.post("/contracts/publish", pact.body()).await.status)
            });
        }
        let answers = tasks.join_all().await;
        let taken: Vec<usize> =
            answers.iter().filter(|(_, status)| *status == 200).map(|(client, _)| *client).collect();
        assert_eq!(taken.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|(_, status)| matches!(status, 200 | 409)), "{answers:?}");
        let pact = broker.get(&format!("/pacts/provider/Bar/consumer/Foo/version/{version}")).await.json();
        assert_eq!(pact["interactions"][0]["description"], format!("get c{}", taken[0]));
    }
    let metrics = broker.get("/metrics").await.json();
    assert_eq!(metrics["pactPublications"]["count"], 5);
    assert_eq!(metrics["pacticipantVersions"]["count"], 5);
    assert_eq!(metrics["pacticipants"]["count"], 2);
}

/// The same build run twice would fail, or make a second version of the same.
#[tokio::test]
async fn equal_content_is_taken_again_and_kept_once() {
    let broker = Running::start().await;
    broker.publish(&Pact::default()).await;
    broker.publish(&Pact::default()).await;
    broker.publish(&Pact { version: "2", branch: Some("feat/x"), ..Pact::default() }).await;
    let metrics = broker.get("/metrics").await.json();
    assert_eq!(
        (&metrics["pactVersions"]["count"], &metrics["pactPublications"]["count"]),
        (&json!(1), &json!(2))
    );
    let first = broker.get("/pacts/provider/Bar/consumer/Foo/version/1").await.json();
    let second = broker.get("/pacts/provider/Bar/consumer/Foo/branch/feat%2Fx/latest").await.json();
    assert_eq!(shas(&first), shas(&second));
    assert_eq!(second["_links"]["self"]["name"], "Pact between Foo (2) and Bar");
}

/// Half of a publication would be deployed against the other half.
#[tokio::test]
async fn a_conflict_leaves_nothing_behind_and_shows_the_difference() {
    let broker = Running::start().await;
    broker.publish(&Pact::default()).await;
    let changed = Pact { content: "b", ..Pact::default() };
    let mut body = changed.body();
    let other = Pact { provider: "Baz", ..Pact::default() };
    body["contracts"]
        .as_array_mut()
        .unwrap()
        .insert(0, contract("Foo", "Baz", &other.document().to_string()));
    body["tags"] = json!(["new"]);
    let refused = broker.post("/contracts/publish", body).await.expect(409).json();
    let texts = refused["notices"].to_string();
    assert!(texts.contains("-      \\\"description\\\": \\\"get a\\\""), "{texts}");
    assert!(texts.contains("+      \\\"description\\\": \\\"get b\\\""), "{texts}");
    broker.get("/pacticipants/Baz").await.expect(404);
    broker.get("/pacticipants/Foo/versions/1/tags/new").await.expect(404);
}

/// A consumer whose tests run in several jobs would lose all but one job's interactions.
#[tokio::test]
async fn parts_of_a_pact_are_merged_where_that_is_asked_for() {
    let broker = Running::start().await;
    broker.publish(&Pact::default()).await;
    let mut body = Pact { content: "b", ..Pact::default() }.body();
    body["contracts"][0]["onConflict"] = json!("merge");
    broker.post("/contracts/publish", body.clone()).await.expect(200);
    let pact = broker.get("/pacts/provider/Bar/consumer/Foo/version/1").await.json();
    assert_eq!(pact["interactions"].as_array().unwrap().len(), 2);
    let mut contradicting = Pact { content: "b", ..Pact::default() }.document();
    contradicting["interactions"][0]["request"]["path"] = json!("/elsewhere");
    body["contracts"][0] = contract("Foo", "Bar", &contradicting.to_string());
    body["contracts"][0]["onConflict"] = json!("merge");
    let refused = broker.post("/contracts/publish", body).await.expect(409).json();
    assert!(refused.to_string().contains("cannot be merged"), "{refused}");
}

/// Two parts in one request would be answered with yes, and one of them would be lost.
#[tokio::test]
async fn parts_of_one_request_are_merged_too() {
    let broker = Running::start().await;
    let part = |content: &str| {
        let mut part = contract("Foo", "Bar", &Pact { content, ..Pact::default() }.document().to_string());
        part["onConflict"] = json!("merge");
        part
    };
    let body = |parts: &[Value]| json!({"pacticipantName": "Foo", "pacticipantVersionNumber": "1", "contracts": parts});
    broker.post("/contracts/publish", body(&[part("a"), part("b")])).await.expect(200);
    broker.post("/contracts/publish", body(&[part("c"), part("d"), part("a")])).await.expect(200);
    let pact = broker.get("/pacts/provider/Bar/consumer/Foo/version/1").await.json();
    let descriptions: Vec<&str> = pact["interactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|interaction| interaction["description"].as_str().unwrap())
        .collect();
    assert_eq!(descriptions, ["get a", "get b", "get c", "get d"]);
    let mut contradicting = Pact::default().document();
    contradicting["interactions"][0]["request"]["path"] = json!("/elsewhere");
    let mut other = contract("Foo", "Bar", &contradicting.to_string());
    other["onConflict"] = json!("merge");
    let refused = broker.post("/contracts/publish", body(&[part("e"), other])).await.expect(409).json();
    assert!(refused.to_string().contains("cannot be merged"), "{refused}");
    let again = broker.get("/pacts/provider/Bar/consumer/Foo/version/1").await.json();
    assert_eq!(shas(&pact), shas(&again), "nothing is kept of a request that is refused");
}

/// A provider that verifies a part while another is joined to it would fail for no reason of its own.
#[tokio::test]
async fn a_part_that_is_being_verified_outlives_the_merge() {
    let broker = Running::start().await;
    let first = Pact::default();
    broker.publish(&first).await;
    let asked = broker.post("/pacts/provider/Bar/for-verification", json!({})).await.expect(200).json();
    let href = asked["_embedded"]["pacts"][0]["_links"]["self"]["href"].as_str().unwrap();
    let path = href.strip_prefix(&broker.url).unwrap();
    let mut body = Pact { content: "b", ..first }.body();
    body["contracts"][0]["onConflict"] = json!("merge");
    broker.post("/contracts/publish", body).await.expect(200);
    let old = broker.get(path).await.expect(200).json();
    assert_eq!(old["interactions"].as_array().unwrap().len(), 1);
    let results = old["_links"]["pb:publish-verification-results"]["href"].as_str().unwrap();
    let result = json!({"success": true, "providerApplicationVersion": "10"});
    broker.post(results.strip_prefix(&broker.url).unwrap(), result).await.expect(201);
    let query = "/matrix?q[][pacticipant]=Foo&q[][version]=1&q[][pacticipant]=Bar&q[][version]=10";
    let answer = broker.get(query).await.expect(200).json();
    assert_eq!(answer["summary"]["deployable"], Value::Null, "the whole was not verified");
    broker.delete("/pacts/provider/Bar/consumer/Foo/version/1").await.expect(200);
    broker.get(path).await.expect(404);
}

/// One large conflict would keep everybody from publishing, and from being answered at all.
#[tokio::test]
async fn a_large_difference_takes_no_time_of_others() {
    let broker = std::sync::Arc::new(Running::start().await);
    let large = |step: usize| {
        let mut document = Pact::default().document();
        let lines: Vec<String> = (0..30_000).map(|line| format!("{}", line * step % 30_011)).collect();
        document["interactions"][0]["response"]["body"] = json!(lines);
        json!({"pacticipantName": "Foo", "pacticipantVersionNumber": "1",
            "contracts": [contract("Foo", "Bar", &document.to_string())]})
    };
    broker.post("/contracts/publish", large(7)).await.expect(200);
    let conflict = tokio::spawn({
        let (broker, body) = (broker.clone(), large(11));
        async move { broker.post("/contracts/publish", body).await }
    });
    let others = async {
        let mut taken = 0;
        while !conflict.is_finished() {
            let version = taken.to_string();
            let other = Pact { consumer: "Other", version: &version, ..Pact::default() };
            broker.publish(&other).await;
            taken += 1;
        }
        taken
    };
    let taken = tokio::time::timeout(std::time::Duration::from_secs(60), others).await.unwrap();
    assert!(taken > 0, "nobody was served meanwhile");
    let refused = conflict.await.unwrap().expect(409).json();
    assert!(refused["notices"].to_string().contains("-    "), "there is a difference to see");
}

/// A typing error would found an application that nobody verifies.
#[tokio::test]
async fn a_name_like_a_known_one_must_be_made_on_purpose() {
    let broker = Running::start().await;
    broker.publish(&Pact::default()).await;
    let typo = Pact { consumer: "foo-service", ..Pact::default() };
    broker.post("/contracts/publish", typo.body()).await.expect(409);
    broker.post("/pacticipants", json!({"name": "foo-service"})).await.expect(201);
    broker.post("/contracts/publish", typo.body()).await.expect(200);
}

/// Who publishes wrongly would learn of one mistake at a time.
#[tokio::test]
async fn everything_that_is_wrong_is_told_together() {
    let broker = Running::start().await;
    let content = Pact::default().document().to_string();
    let mut wrong = contract("Other", "Nope", &content);
    wrong["specification"] = json!("xyz");
    let body = json!({"pacticipantName": "Foo", "pacticipantVersionNumber": "1", "contracts": [wrong, 3]});
    let errors =
        broker.post("/contracts/publish", body).await.expect(400).json()["errors"]["contracts"].clone();
    let all = errors.to_string();
    for part in [
        "specification must be one of: pact (at index 0)",
        "consumerName ('Other') must match pacticipantName ('Foo') (at index 0)",
        "provider name in contract content ('Bar') must match providerName in contract params ('Nope') (at index 0)",
        "must be an object (at index 1)",
    ] {
        assert!(all.contains(part), "{part} in {all}");
    }
    for (body, field) in [
        (json!({"pacticipantName": 3, "pacticipantVersionNumber": "", "contracts": {}}), "pacticipantName"),
        (json!({"pacticipantName": "A", "pacticipantVersionNumber": "1", "contracts": []}), "contracts"),
        (
            json!({"pacticipantName": "A", "pacticipantVersionNumber": "1", "contracts": [], "tags": [""]}),
            "tags",
        ),
        (
            json!({"pacticipantName": "A\u{0}", "pacticipantVersionNumber": "1", "contracts": []}),
            "pacticipantName",
        ),
    ] {
        let errors = broker.post("/contracts/publish", body).await.expect(400).json();
        assert!(errors["errors"][field].is_array(), "{field}: {errors}");
    }
}

/// A webhook would verify a provider for nothing, or not at all.
#[tokio::test]
async fn what_counts_as_changed_content() {
    let broker = Running::start().await;
    let events = |answer: &Value| {
        let notices = answer["notices"].as_array().unwrap();
        let line = notices.iter().find(|one| one["text"].as_str().unwrap().contains("Events detected"));
        line.unwrap()["text"].as_str().unwrap().to_owned()
    };
    let changed = async |version: &str, branch: Option<&str>, tags: &[&str], content: &str| {
        let pact = Pact { version, branch, tags, content, ..Pact::default() };
        events(&broker.publish(&pact).await).contains("contract_content_changed")
    };
    assert!(changed("1", Some("main"), &[], "a").await, "the first");
    assert!(!changed("2", Some("main"), &[], "a").await, "the same on the branch");
    assert!(!changed("3", Some("feat"), &[], "a").await, "a new branch with the content of another");
    assert!(changed("4", Some("feat"), &[], "b").await, "other content");
    assert!(changed("5", Some("main"), &["prod"], "a").await, "the first with a tag");
    assert!(!changed("6", Some("main"), &["prod"], "a").await, "the same with the tag");
    assert!(changed("7", None, &[], "b").await, "other content than the newest");
}

/// What was deleted would still be verified, and a removed version would still count.
#[tokio::test]
async fn what_is_deleted_is_gone_from_everywhere() {
    let broker = Running::start().await;
    for (version, content) in [("1", "a"), ("2", "b")] {
        let pact = Pact { version, content, tags: &["dev"], ..Pact::default() };
        broker.publish(&pact).await;
        broker.verify(&pact, "10", true).await;
    }
    broker.delete("/pacticipants/Foo/versions/2").await.expect(204);
    for path in ["latest", "latest/dev", "branch/main/latest"] {
        let pact = broker.get(&format!("/pacts/provider/Bar/consumer/Foo/{path}")).await.expect(200).json();
        assert_eq!(pact["_links"]["self"]["name"], "Pact between Foo (1) and Bar", "{path}");
    }
    let metrics = broker.get("/metrics").await.json();
    assert_eq!(metrics["pactVersions"]["count"], 1, "content that no version has is forgotten");
    assert_eq!(metrics["verificationResults"]["count"], 1);
    broker.delete("/integrations/provider/Bar/consumer/Foo").await.expect(204);
    broker.get("/pacts/provider/Bar/consumer/Foo/latest").await.expect(404);
    broker.delete("/pacticipants/Foo").await.expect(204);
    assert_eq!(broker.get("/metrics").await.json()["pacticipantVersions"]["count"], 1, "the provider's");
    let again = broker
        .verify(
            &{
                let pact = Pact::default();
                broker.publish(&pact).await;
                pact
            },
            "11",
            true,
        )
        .await;
    assert!(again["_links"]["self"]["name"].as_str().unwrap().contains("Verification result 103"), "{again}");
}
