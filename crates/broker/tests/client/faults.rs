//! Brokers on a bad day: each failure names the address, the cause and what to do.

use std::net::TcpListener;
use std::time::Duration;

use billtest_broker::client::{BrokerClient, BrokerError, Credentials, ForVerification};

use crate::fake::{FakeBroker, Fault, Setup};
use crate::{bar, client, first_pact};

async fn fails(setup: Setup, asked: &ForVerification, credentials: Credentials) -> (BrokerError, usize) {
    let broker = FakeBroker::start(setup);
    let error = client(&broker, credentials).pacts_for_verification(asked).await.unwrap_err();
    assert!(error.to_string().contains(&broker.url), "{error}");
    (error, broker.requests().len())
}

fn always(on: &'static str, what: &str) -> Setup {
    Setup { faults: vec![Fault { on, times: usize::MAX, what: what.into() }], ..Setup::default() }
}

#[tokio::test]
async fn a_refusal_is_told_with_the_brokers_words_and_a_remedy() {
    for (what, said, remedy) in [
        (
            "400 {\"errors\": {\"includeWipPactsSince\": [\"must be a date\"]}}",
            "refused with 400: includeWipPactsSince: must be a date",
            "correct what the broker names",
        ),
        ("403 ", "refused with 403", "the credentials do not allow this"),
        ("409 {\"error\": \"no\"}", "refused with 409: no", "publish under a new version"),
        ("406 ", "refused with 406", "no proxy changes headers"),
        ("429 ", "refused with 429", "try again later"),
    ] {
        let (error, requests) = fails(always("POST", what), &bar(), Credentials::None).await;
        let text = error.to_string();
        assert!(text.contains(said) && text.contains(remedy), "{text}");
        assert_eq!(requests, 2, "a refusal is not repeated");
    }
}

#[tokio::test]
async fn an_unknown_provider_is_told_by_its_name() {
    let asked = ForVerification { provider: "Baz".into(), ..ForVerification::default() };
    let (error, _) = fails(Setup::default(), &asked, Credentials::None).await;
    assert!(matches!(&error, BrokerError::UnknownProvider { provider, .. } if provider == "Baz"));
    let text = error.to_string();
    assert!(
        text.contains("No provider with name 'Baz' found") && text.contains("correct its name"),
        "{text}"
    );
}

/// A user would not know which of five settings to look at, or would find the token in the log.
#[tokio::test]
async fn a_401_says_which_credentials_are_missing_or_wrong_and_shows_none() {
    let closed = || Setup { authorization: Some("Bearer right".into()), ..Setup::default() };
    for (credentials, said) in [
        (Credentials::None, "give credentials with --token (PACT_BROKER_TOKEN), or --user and --password"),
        (Credentials::Bearer("wr0ng".into()), "the token given are not accepted"),
        (
            Credentials::Basic { user: "ci".into(), password: "wr0ng".into() },
            "the user name and password given are not accepted; it asks for Basic authentication",
        ),
    ] {
        let (error, requests) = fails(closed(), &bar(), credentials).await;
        let text = format!("{error} {error:?}");
        assert!(
            text.contains("refused with 401") && text.contains(said) && !text.contains("wr0ng"),
            "{text}"
        );
        assert_eq!((error.status(), requests), (Some(401), 1));
    }
}

#[tokio::test]
async fn what_is_no_broker_is_not_taken_for_one() {
    for (on, what, said) in [
        ("GET /", "html <title>Sign in</title>", "a page titled \"Sign in\""),
        ("GET /", "200 nonsense", "it is not JSON: expected"),
        ("GET /", "200 {}", "has no link `pb:provider-pacts-for-verification`"),
        ("POST", "200 {}", "it has no list `_embedded.pacts`"),
        ("POST", "200 {\"_embedded\": {\"pacts\": [{}]}}", "has no link `_embedded.pacts[].self`"),
        ("GET /pacts", "html <p>", "a page of HTML"),
        ("GET /pacts", "404 {\"error\": \"gone\"}", "refused with 404: gone"),
    ] {
        let (error, _) = fails(always(on, what), &bar(), Credentials::None).await;
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// One hiccup of the broker would fail a build, and a dead broker would be asked for ever.
#[tokio::test]
async fn server_errors_and_broken_connections_are_tried_again_a_few_times() {
    for what in ["500 {\"error\": {\"message\": \"An error has occurred.\"}}", "503 ", "close", "half"] {
        for on in ["GET / ", "POST", "GET /pacts"] {
            let on = on.trim_end();
            let faults = vec![Fault { on, times: 2, what: what.into() }];
            let broker = FakeBroker::start(Setup { faults, ..Setup::default() });
            first_pact(&client(&broker, Credentials::None)).await;
            assert_eq!(broker.requests().len(), 5, "{what} on {on}");
        }
        let (error, requests) = fails(always("GET /", what), &bar(), Credentials::None).await;
        assert_eq!(requests, 3, "{error}");
    }
}

#[tokio::test]
async fn a_broker_that_is_slow_or_not_there_is_told_within_the_time_limit() {
    let (error, requests) = fails(always("GET /", "hang"), &bar(), Credentials::None).await;
    assert!(error.to_string().contains("it took too long") && error.is_unreachable(), "{error}");
    assert_eq!(requests, 1, "who is slow is not asked again");

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = BrokerClient::new(format!("http://{nobody}"), Credentials::None).unwrap();
    let client = client.with_retries(1, Duration::from_millis(1));
    let error = client.pacts_for_verification(&bar()).await.unwrap_err().to_string();
    assert!(error.contains("Connection refused") && error.contains("correct --broker-url"), "{error}");

    let plain = FakeBroker::start(Setup::default());
    let client = BrokerClient::new(plain.url.replace("http:", "https:"), Credentials::None).unwrap();
    let error =
        client.with_retries(0, Duration::ZERO).pacts_for_verification(&bar()).await.unwrap_err().to_string();
    assert!(error.contains("does not speak TLS"), "{error}");
}
