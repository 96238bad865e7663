//! The client on answers of the original broker, byte for byte.

use billtest_broker::client::{Credentials, InteractionResult, Moment, ProviderVersion, VerificationResult};

use crate::client;
use crate::fake::{FakeBroker, Fault, Setup};

/// The original's links, names and shapes, not ours.
#[tokio::test]
async fn what_the_original_broker_answers_is_understood_from_index_to_result() {
    let answer = |on, status, text: &str| Fault { on, times: 1, what: format!("{status} {text}") };
    let faults = vec![
        answer(
            "POST /pacts/provider/Bar/for-verification",
            200,
            include_str!("recorded/for-verification.json"),
        ),
        answer("GET /pacts/", 200, include_str!("recorded/pact.json")),
        answer("GET /pacticipants/Bar", 200, include_str!("recorded/pacticipant.json")),
        answer(
            "PUT /pacticipants/Bar/branches/main/versions/11",
            201,
            include_str!("recorded/branch-version.json"),
        ),
        answer("PUT /pacticipants/Bar/versions/11/tags/t1", 201, include_str!("recorded/tag.json")),
        answer("/verification-results", 201, include_str!("recorded/result.json")),
        answer("GET /", 200, include_str!("recorded/index.json")),
    ];
    let broker = FakeBroker::start(Setup { faults, ..Setup::default() });
    let client = client(&broker, Credentials::None);
    let fetched = client.pacts_for_verification(&crate::bar()).await.unwrap();
    let pact = &fetched.pacts[0];
    assert!(pact.pending && !pact.wip);
    assert_eq!(pact.name, "Pact between Foo (1.1.0) and Bar");
    assert_eq!(pact.file.interactions[0].states[0].name, "thing exists");
    assert_eq!(pact.interaction_ids[0].as_deref(), Some("c3ac6d0524526e3f0be0ce0cdffc4b9196aacf6a"));
    assert_eq!(pact.notices_at(Moment::Before).count(), 2);
    let published = Moment::After { success: true, published: true };
    assert!(
        pact.notices_at(published).next().unwrap().starts_with("This pact is no longer in pending state")
    );

    let version = ProviderVersion {
        number: "11".into(),
        branch: Some("main".into()),
        tags: vec!["t1".into()],
        build_url: None,
    };
    let one = |index| InteractionResult { index, success: true, ..InteractionResult::default() };
    let result = VerificationResult { interactions: vec![one(0), one(1)] };
    let published = client.publication(&version).publish(pact, &result).await.unwrap();
    let url = published.url.unwrap();
    assert!(url.starts_with(&broker.url) && url.contains("/verification-results/"), "{url}");
    assert_eq!(broker.requests().len(), 7);
}
