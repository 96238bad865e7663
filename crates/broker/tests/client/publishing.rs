//! Results: what is sent, in which order, and what is never sent.

use billtest_broker::client::{
    Attribute, BrokerError, Credentials, InteractionResult, MismatchReport, ProviderVersion,
    VerificationResult,
};
use serde_json::json;

use crate::fake::{FakeBroker, FakePact, Fault, Setup};
use crate::{bar, client, first_pact};

fn version() -> ProviderVersion {
    ProviderVersion {
        number: "1/2 ü".into(),
        branch: Some("feat/x".into()),
        tags: vec!["dev".into(), "a b".into()],
        build_url: Some("http://ci/9".into()),
    }
}

fn good() -> VerificationResult {
    let one = |index: usize, name: &str| InteractionResult {
        index,
        description: format!("get {name}"),
        success: true,
        ..InteractionResult::default()
    };
    VerificationResult { interactions: vec![one(0, "thing"), one(1, "list")] }
}

/// "Can I deploy?" would be answered without the branch for a moment, or for ever.
#[tokio::test]
async fn the_branch_comes_first_then_the_tags_then_the_result() {
    let broker = FakeBroker::start(Setup::default());
    let client = client(&broker, Credentials::None);
    let pact = first_pact(&client).await;
    let version = version();
    let published = client.publication(&version).publish(&pact, &good()).await.unwrap();
    assert!(published.success);
    assert_eq!(published.url, Some(format!("{}/results/101", broker.url)));
    assert_eq!(
        broker.lines()[3..],
        [
            "GET /pacticipants/Bar",
            "PUT /pacticipants/Bar/branches/feat%2Fx/versions/1%2F2%20%C3%BC",
            "PUT /pacticipants/Bar/versions/1%2F2%20%C3%BC/tags/dev",
            "PUT /pacticipants/Bar/versions/1%2F2%20%C3%BC/tags/a%20b",
            "POST /pacts/provider/Bar/consumer/Foo/pact-version/sha/metadata/bWV0YQ/verification-results",
        ]
    );
    assert_eq!(
        broker.results(),
        [json!({
            "success": true, "providerApplicationVersion": "1/2 ü", "buildUrl": "http://ci/9",
            "testResults": [
                {"interactionId": "id-thing", "interactionDescription": "get thing", "success": true},
                {"interactionId": "id-list", "interactionDescription": "get list", "success": true},
            ],
            "verifiedBy": {"implementation": "billtest", "version": env!("CARGO_PKG_VERSION")},
        })]
    );
}

#[tokio::test]
async fn one_failed_interaction_makes_the_result_a_failure_and_says_why() {
    let broker = FakeBroker::start(Setup { relative: true, ..Setup::default() });
    let client = client(&broker, Credentials::None);
    let pact = first_pact(&client).await;
    let mut result = good();
    result.interactions[0].success = false;
    result.interactions[0].mismatches = vec![MismatchReport {
        attribute: Attribute::Body,
        identifier: Some("$.name".into()),
        description: "expected x".into(),
    }];
    result.interactions[1].success = false;
    result.interactions[1].exception = Some("no answer".into());
    let version = ProviderVersion { number: "12".into(), ..ProviderVersion::default() };
    let published = client.publication(&version).publish(&pact, &result).await.unwrap();
    assert!(!published.success);
    let sent = &broker.results()[0];
    assert_eq!(sent["success"], false);
    assert_eq!(
        sent["testResults"],
        json!([
            {
                "interactionId": "id-thing", "interactionDescription": "get thing", "success": false,
                "mismatches": [{"attribute": "body", "identifier": "$.name", "description": "expected x"}],
            },
            {
                "interactionId": "id-list", "interactionDescription": "get list", "success": false,
                "exceptions": [{"message": "no answer"}],
            },
        ])
    );
    // Without branch and tags there is nothing to ask the provider's page for.
    assert_eq!(broker.requests().len(), 4);
}

#[tokio::test]
async fn branch_and_tags_are_sent_once_for_all_pacts_of_a_run() {
    let broker =
        FakeBroker::start(Setup { pacts: vec![FakePact::new("A"), FakePact::new("B")], ..Setup::default() });
    let client = client(&broker, Credentials::None);
    let fetched = client.pacts_for_verification(&bar()).await.unwrap();
    let version = version();
    let mut publication = client.publication(&version);
    for pact in &fetched.pacts {
        publication.publish(pact, &good()).await.unwrap();
    }
    assert_eq!(broker.lines().iter().filter(|line| line.starts_with("PUT")).count(), 3);
    assert_eq!(broker.results().len(), 2);
}

/// A broker would take a part, or nothing, for a success.
#[tokio::test]
async fn a_result_that_does_not_judge_the_whole_pact_is_not_sent() {
    let empty = FakePact { interactions: Vec::new(), ..FakePact::new("Empty") };
    let broker = FakeBroker::start(Setup { pacts: vec![FakePact::new("Foo"), empty], ..Setup::default() });
    let client = client(&broker, Credentials::None);
    let pacts = client.pacts_for_verification(&bar()).await.unwrap().pacts;
    let before = broker.requests().len();
    let (mut part, mut twice) = (good(), good());
    part.interactions.pop();
    twice.interactions[1].index = 0;
    let version = version();
    for (pact, result, reason) in [
        (&pacts[0], part, "1 of its 2 interactions were verified"),
        (&pacts[0], twice, "1 of its 2 interactions were verified"),
        (&pacts[0], VerificationResult::default(), "0 of its 2 interactions were verified"),
        (&pacts[1], VerificationResult::default(), "it has no interaction"),
    ] {
        let error = client.publication(&version).publish(pact, &result).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(broker.requests().len(), before);
    assert!(!VerificationResult::default().is_success());
}

/// A user would read "published" and wait for a result that the broker does not have.
#[tokio::test]
async fn nothing_is_published_that_the_broker_did_not_take() {
    for (on, what, said) in [
        ("PUT /pacticipants/Bar/branches", "403 {\"error\": \"read only\"}", "refused with 403: read only"),
        ("POST", "409 {\"errors\": {\"success\": [\"is odd\"]}}", "refused with 409: success: is odd"),
        (
            "POST",
            "404 {\"error\": \"The requested document was not found on this server.\"}",
            "with 404: The requested document",
        ),
        ("POST", "302 /login", "redirected with 302 to http://"),
        ("POST", "html <title>Sign in</title>", "a page titled \"Sign in\""),
        ("POST", "200 {}", "`success` was sent as true and comes back as nothing"),
        ("POST", "201 {\"success\": true, \"providerApplicationVersion\": \"9\"}", "comes back as \"9\""),
        ("POST", "500 {\"error\": {\"message\": \"An error has occurred.\"}}", "500: An error has occurred."),
        ("POST", "close", "whether it took what was sent is not known"),
        ("POST", "hang", "it took too long"),
    ] {
        let broker = FakeBroker::start(Setup::default());
        let client = client(&broker, Credentials::None);
        let mut pact = first_pact(&client).await;
        // Only the results are refused, not the question for pacts.
        let faulty = FakeBroker::start(Setup {
            faults: vec![Fault { on, times: 100, what: what.into() }],
            ..Setup::default()
        });
        let source = pact.file.source.replace(&broker.url, &faulty.url);
        pact = crate::client(&faulty, Credentials::None).pact_at(&source).await.unwrap();
        let version = version();
        let client = crate::client(&faulty, Credentials::None);
        let error = client.publication(&version).publish(&pact, &good()).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(said) && text.contains(&faulty.url), "{what}: {text}");
        let posts = faulty.lines().iter().filter(|line| line.starts_with("POST")).count();
        assert!(posts <= 1, "{what} was sent {posts} times");
        assert!(!on.starts_with("PUT") || posts == 0, "a result without its branch");
    }
}

#[tokio::test]
async fn a_result_is_sent_again_only_if_it_was_not_taken() {
    let broker = FakeBroker::start(Setup {
        faults: vec![Fault { on: "verification-results", times: 2, what: "503 ".into() }],
        ..Setup::default()
    });
    let client = client(&broker, Credentials::None);
    let pact = first_pact(&client).await;
    let version = version();
    client.publication(&version).publish(&pact, &good()).await.unwrap();
    assert_eq!(broker.results().len(), 3);
}

#[tokio::test]
async fn a_pact_of_no_broker_and_an_impossible_name_are_refused() {
    let plain = r#"200 {"consumer": {"name": "C"}, "provider": {"name": "P"}, "interactions": []}"#;
    let files = Fault { on: "GET /pact.json", times: 1, what: plain.into() };
    let broker = FakeBroker::start(Setup { faults: vec![files], ..Setup::default() });
    let client = client(&broker, Credentials::None);
    let version = ProviderVersion { branch: Some("..".into()), ..version() };
    let pact = client.pact_at(&format!("{}/pact.json", broker.url)).await.unwrap();
    let error = client.publication(&version).publish(&pact, &good()).await.unwrap_err();
    assert!(error.to_string().contains("it is no pact of a broker"), "{error}");
    let pact = first_pact(&client).await;
    let error = client.publication(&version).publish(&pact, &good()).await.unwrap_err();
    assert!(matches!(error, BrokerError::InvalidName(_)), "{error}");
    assert!(broker.results().is_empty());
}
