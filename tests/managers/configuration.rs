use billtest::{Configuration, ConfigurationManager, SetupError};

use super::january;

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

/// A user would call the wrong provider, or for the wrong tenant.
#[test]
fn managers_are_made_for_what_is_configured() {
    let billing = ConfigurationManager::of(configuration(), january()).unwrap();
    assert_eq!((billing.tenant(), billing.month()), ("team-a", january()));
    assert_eq!(billing.region().unwrap().code, "jp");
    billing.contracts().unwrap();
    assert_eq!(billing.in_month("2025-02".parse().unwrap()).month().to_string(), "2025-02");
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
