//! Pacts for verification, and pacts at an address.

use billtest_broker::Selectors;
use billtest_broker::client::{BrokerClient, BrokerError, Credentials, ForVerification, Moment};
use serde_json::json;

use crate::fake::{FakeBroker, FakePact, Fault, Setup};
use crate::{bar, client, first_pact};

#[tokio::test]
async fn the_broker_is_asked_in_its_own_words_and_followed_where_it_leads() {
    let broker = FakeBroker::start(Setup::default());
    let asked = ForVerification {
        selectors:
            r#"[{"mainBranch": true}, {"tag": "dev", "latest": true}]"#.parse::<Selectors>().unwrap().0,
        provider_branch: Some("main".into()),
        provider_tags: vec!["v1".into()],
        include_pending: true,
        wip_since: Some("2020-01-01".into()),
        ..bar()
    };
    let fetched = client(&broker, Credentials::None).pacts_for_verification(&asked).await.unwrap();
    assert_eq!(
        broker.lines(),
        [
            "GET /",
            "POST /pacts/provider/Bar/for-verification",
            "GET /pacts/provider/Bar/consumer/Foo/pact-version/sha/metadata/bWV0YQ",
        ]
    );
    assert_eq!(
        broker.requests()[1].body,
        json!({
            "consumerVersionSelectors": [{"mainBranch": true}, {"tag": "dev", "latest": true}],
            "providerVersionBranch": "main", "providerVersionTags": ["v1"],
            "includePendingStatus": true, "includeWipPactsSince": "2020-01-01",
        })
    );
    // Two headers, or `application/json` alone, are answered 406 by one broker or another.
    assert!(
        broker.requests().iter().all(|request| request.accept == ["application/hal+json, application/json"])
    );

    let pact = &fetched.pacts[0];
    assert_eq!(pact.name, "Pact between Foo (1.1.0) and Bar");
    assert_eq!(
        pact.file.source,
        format!("{}/pacts/provider/Bar/consumer/Foo/pact-version/sha/metadata/bWV0YQ", broker.url)
    );
    assert_eq!(pact.interaction_ids, [Some("id-thing".into()), Some("id-list".into())]);
    assert_eq!(pact.file.interactions[1].description, "get list");
    let before: Vec<&str> = pact.notices_at(Moment::Before).collect();
    assert_eq!(before, ["The pact of Foo is being verified because it is the latest"]);
    let after = Moment::After { success: false, published: true };
    assert_eq!(pact.notices_at(after).collect::<Vec<_>>(), ["still pending, published"]);
    assert!(pact.is_publishable());
}

/// A pact that a provider never kept would break its build.
#[tokio::test]
async fn pending_and_unfinished_pacts_are_marked_in_every_interaction() {
    let pending = FakePact { pending: true, ..FakePact::new("New") };
    let wip = FakePact { wip: true, ..FakePact::new("Unfinished") };
    let broker =
        FakeBroker::start(Setup { pacts: vec![FakePact::new("Foo"), pending, wip], ..Setup::default() });
    let client = client(&broker, Credentials::None);

    let fetched = client.pacts_for_verification(&bar()).await.unwrap();
    assert_eq!(fetched.pacts.len(), 2);
    assert!(fetched.pacts.iter().all(|pact| !pact.pending), "nobody asked for the pending state");

    let asked = ForVerification { include_pending: true, wip_since: Some("2020-01-01".into()), ..bar() };
    let fetched = client.pacts_for_verification(&asked).await.unwrap();
    let marks: Vec<_> = fetched
        .pacts
        .iter()
        .map(|pact| {
            let interactions = pact.file.interactions.iter().all(|interaction| interaction.pending);
            (pact.file.consumer.as_str(), pact.pending, pact.wip, interactions)
        })
        .collect();
    assert_eq!(
        marks,
        [("Foo", false, false, false), ("New", true, false, true), ("Unfinished", true, true, true)]
    );
}

#[tokio::test]
async fn names_prefixes_and_relative_links_lead_to_the_right_place() {
    let provider = "Billing/API ünï & co?";
    for (prefix, slash, relative) in
        [("", "", false), ("/deep/broker", "", false), ("/deep/broker", "/", true), ("", "/", true)]
    {
        let setup = Setup {
            provider: provider.into(),
            pacts: vec![FakePact::new("Shop/Web")],
            prefix: prefix.into(),
            relative,
            ..Setup::default()
        };
        let broker = FakeBroker::start(setup);
        let client = BrokerClient::new(format!("{}{slash}", broker.url), Credentials::None).unwrap();
        let asked = ForVerification { provider: provider.into(), ..ForVerification::default() };
        let fetched = client.pacts_for_verification(&asked).await.unwrap();
        assert_eq!(fetched.pacts[0].file.consumer, "Shop/Web");
        let lines = broker.lines();
        assert_eq!(lines[0], format!("GET {prefix}/"));
        let name = "Billing%2FAPI%20%C3%BCn%C3%AF%20%26%20co%3F";
        assert_eq!(lines[1], format!("POST {prefix}/pacts/provider/{name}/for-verification"));
        assert!(
            lines[2].starts_with(&format!("GET {prefix}/pacts/provider/{name}/consumer/Shop%2FWeb/")),
            "{lines:?}"
        );
    }
}

#[tokio::test]
async fn every_kind_of_credentials_is_sent_with_every_request() {
    for (credentials, header) in [
        (Credentials::Bearer("t0ken".into()), "Bearer t0ken"),
        (Credentials::Basic { user: "ci".into(), password: "s3cret".into() }, "Basic Y2k6czNjcmV0"),
    ] {
        let broker = FakeBroker::start(Setup { authorization: Some(header.into()), ..Setup::default() });
        first_pact(&client(&broker, credentials)).await;
        assert_eq!(broker.requests().len(), 3);
    }
}

/// A token would go to whoever the broker, or one who stands between, points to.
#[tokio::test]
async fn credentials_do_not_follow_a_link_or_a_redirect_to_another_address() {
    let other = FakeBroker::start(Setup { authorization: Some("Bearer t0ken".into()), ..Setup::default() });
    let redirect = Fault { on: "GET /", times: 1, what: format!("302 {}/", other.url) };
    let broker = FakeBroker::start(Setup { faults: vec![redirect], ..Setup::default() });
    let error = client(&broker, Credentials::Bearer("t0ken".into()))
        .pacts_for_verification(&bar())
        .await
        .unwrap_err();
    assert_eq!(broker.requests()[0].authorization.as_deref(), Some("Bearer t0ken"));
    assert_eq!(other.requests()[0].authorization, None);
    let text = error.to_string();
    assert!(text.contains("credentials go to http://127.0.0.1:") && !text.contains("t0ken"), "{text}");
}

#[tokio::test]
async fn a_redirect_is_followed_where_it_changes_nothing() {
    let faults = vec![
        Fault { on: "GET /", times: 1, what: "301 /moved/..".into() },
        Fault { on: "POST /pacts", times: 1, what: "307 /pacts/provider/Bar/for-verification".into() },
    ];
    let broker = FakeBroker::start(Setup { faults, ..Setup::default() });
    first_pact(&client(&broker, Credentials::None)).await;
    assert_eq!(
        broker.lines()[..4],
        [
            "GET /",
            "GET /",
            "POST /pacts/provider/Bar/for-verification",
            "POST /pacts/provider/Bar/for-verification"
        ]
    );
    assert_eq!(broker.requests()[3].body, json!({"includePendingStatus": false}));

    let endless = Fault { on: "GET /", times: 1000, what: "302 /".into() };
    let broker = FakeBroker::start(Setup { faults: vec![endless], ..Setup::default() });
    let error = client(&broker, Credentials::None).pacts_for_verification(&bar()).await.unwrap_err();
    assert!(error.to_string().contains("redirected more than 10 times"), "{error}");
}

#[tokio::test]
async fn a_pact_at_an_address_comes_with_the_links_of_its_broker_if_it_has_one() {
    let broker = FakeBroker::start(Setup::default());
    let client = client(&broker, Credentials::None);
    let pact =
        client.pact_at(&format!("{}/pacts/provider/Bar/consumer/Foo/latest", broker.url)).await.unwrap();
    assert_eq!((pact.name.as_str(), pact.is_publishable()), ("Pact between Foo (1.1.0) and Bar", true));
    assert_eq!(broker.lines(), ["GET /pacts/provider/Bar/consumer/Foo/latest"]);

    let plain = r#"200 {"consumer": {"name": "C"}, "provider": {"name": "P"}, "interactions": []}"#;
    let files = Fault { on: "GET /pact.json", times: 1, what: plain.into() };
    let server = FakeBroker::start(Setup { faults: vec![files], ..Setup::default() });
    let pact = client.pact_at(&format!("{}/pact.json", server.url)).await.unwrap();
    assert!(!pact.is_publishable());
    assert_eq!(pact.name, format!("{}/pact.json", server.url));
}

/// A run would seem complete that left out a pact.
#[tokio::test]
async fn a_pact_that_cannot_be_read_is_told_by_its_address_and_the_others_come() {
    let mut broken = FakePact::new("Broken");
    broken.interactions = vec![json!({"request": {}, "response": {}})];
    let broker = FakeBroker::start(Setup { pacts: vec![broken, FakePact::new("Foo")], ..Setup::default() });
    let client = client(&broker, Credentials::None);
    let fetched = client.pacts_for_verification(&bar()).await.unwrap();
    assert_eq!((fetched.pacts.len(), fetched.unreadable.len()), (1, 1));
    let text = fetched.unreadable[0].to_string();
    assert!(
        text.contains(&broker.url) && text.contains("$.interactions[0].description is missing"),
        "{text}"
    );
    let at = format!("{}/pacts/provider/Bar/consumer/Broken/latest", broker.url);
    assert!(matches!(client.pact_at(&at).await, Err(BrokerError::Pact(_))));
}
