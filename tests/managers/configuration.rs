use std::path::PathBuf;
use std::time::{Duration, Instant};

use billtest::{CalculationManager, Configuration, ConfigurationManager, RetryPolicy, SetupError};
use serde_json::json;

use super::authority::Authority;
use super::january;
use super::scripted::Script;

/// What a file would say.
fn configuration() -> Configuration {
    // The file is read by the commands' own tests; here it is about what becomes of it.
    let mut configuration = Configuration::load(None, Some("jp")).unwrap();
    configuration.provider_urls = vec!["http://127.0.0.1:1".into()];
    configuration.headers = vec![("Authorization".into(), "Bearer s3cret".into())];
    configuration.tenant = Some("team-a".into());
    configuration.billing_group = Some("group-1".into());
    configuration
}

/// A user would call the wrong provider, or for the wrong tenant, month or billing group.
#[tokio::test]
async fn managers_call_what_is_configured() {
    let refused = json!({"error": "NOT_FOUND", "message": "none", "code": 404});
    let (script, _) = Script::start([(404, refused)]).await;
    let configured = Configuration { provider_urls: vec![script.url.clone()], ..configuration() };
    let billing = ConfigurationManager::of(configured, january()).unwrap();
    assert_eq!(billing.region().unwrap().code, "jp");
    billing.statements().get().await.unwrap_err();
    billing.contracts().unwrap().delete_all().await.unwrap_err();
    billing.in_month("2025-02".parse().unwrap()).payments().cancel().await.unwrap_err();
    assert_eq!(
        script.seen(),
        [
            "/billing/payments/2025-01/statements",
            "/billing/admin/billing-groups/group-1/contracts",
            "/billing/admin/payments/2025-02"
        ]
    );
    let all = |value: &str| vec![Some(value.to_owned()); 3];
    assert_eq!(script.header("uuid"), all("team-a"));
    assert_eq!(script.header("authorization"), all("Bearer s3cret"));
}

/// A user would wait for longer than what is configured.
#[tokio::test]
async fn a_request_takes_no_longer_than_configured() {
    // It takes connections, and never answers.
    let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", hanging.local_addr().unwrap());
    let timeout = Some(Duration::from_millis(50));
    let configured = Configuration { provider_urls: vec![url], request_timeout: timeout, ..configuration() };
    let billing = ConfigurationManager::of(configured, january()).unwrap();
    let begun = Instant::now();
    let error = billing.statements().get().await.unwrap_err();
    assert!(error.to_string().ends_with("it took too long"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// A user whose provider has a certificate of the company's own could verify it, and not call it.
#[tokio::test]
async fn certificates_are_those_that_are_configured() {
    let authority = Authority::new();
    let answer = r#"{"header": {"isSuccessful": true, "resultCode": 0, "resultMessage": "SUCCESS"}, "status": "COMPLETED",
        "progress": 100, "maxProgress": 100, "list": []}"#;
    let url = authority.server(true, answer.to_owned());
    let (certificate, key) = authority.vouch_for("client");
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ca = file("ca.pem", &authority.issuer.pem());
    let pair = (file("client.pem", &certificate.pem()), file("client.key", &key.serialize_pem()));
    let called = async |ca: Option<&PathBuf>, pair: Option<&(PathBuf, PathBuf)>, any: bool| {
        let configured = Configuration {
            provider_urls: vec![url.clone()],
            ca_cert: ca.cloned(),
            client_cert: pair.cloned(),
            disable_ssl_verification: any,
            ..configuration()
        };
        let billing = ConfigurationManager::of(configured, january()).map_err(|error| error.to_string())?;
        let client = billing.client().with_retries(RetryPolicy::never());
        let calculation = CalculationManager::new(client, january(), "team-a").unwrap();
        calculation.progress().await.map_err(|error| error.to_string())
    };
    assert!(called(Some(&ca), Some(&pair), false).await.is_ok());
    assert!(called(None, Some(&pair), true).await.is_ok());
    assert!(called(None, Some(&pair), false).await.is_err(), "nobody vouches for the provider");
    assert!(called(Some(&ca), None, false).await.is_err(), "the provider asks who comes");
    let none = directory.path().join("none.pem");
    let error = called(Some(&none), None, false).await.unwrap_err();
    assert!(error.starts_with("`ca-cert` ") && error.contains("none.pem: cannot be read"), "{error}");
    let wrong = (file("no.pem", "no certificate"), pair.1.clone());
    assert!(
        called(Some(&ca), Some(&wrong), false).await.unwrap_err().contains("no HTTPS client can be made")
    );
}

/// A user would look for the missing value in the wrong place.
#[test]
fn what_is_missing_is_named_with_where_to_say_it() {
    let said = |change: fn(&mut Configuration)| {
        let mut configuration = configuration();
        change(&mut configuration);
        match ConfigurationManager::of(configuration, january()) {
            Ok(billing) => billing.contracts().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(
        said(|all| all.provider_urls.clear()),
        "the configuration has no `provider-url`; write it to billtest.toml, or set BILLTEST_PROVIDER_URL"
    );
    assert!(said(|all| all.tenant = None).contains("BILLTEST_TENANT"));
    assert!(said(|all| all.billing_group = None).contains("BILLTEST_BILLING_GROUP"));
}

/// A user would find a token in the log of a failed test.
#[test]
fn secrets_are_not_shown() {
    let billing = ConfigurationManager::of(configuration(), january()).unwrap();
    let shown = format!("{billing:?}");
    assert!(shown.contains("team-a") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn an_unknown_environment_is_told_with_the_nearest() {
    let error = ConfigurationManager::load(Some("moc"), None, january()).unwrap_err();
    assert!(matches!(error, SetupError::Configuration(_)));
    let told = error.to_string();
    assert!(told.contains("no environment `moc`") && told.contains("`mock`"), "{told}");
}
