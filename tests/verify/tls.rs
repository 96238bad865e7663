//! Providers behind TLS: whom the verifier trusts, and as whom it comes.

use serde_json::json;

use crate::authority::Authority;
use crate::observed_provider::ObservedProvider;
use crate::workspace::{Workspace, get, pact};

/// A provider that answers everything with `{"ok": true}`.
fn provider(authority: &Authority, asks_for_certificate: bool) -> String {
    authority.server(asks_for_certificate, r#"{"ok": true}"#.to_owned())
}

fn workspace(authority: &Authority) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", None, "/1", &json!({"ok": true}))]));
    workspace.write("ca.pem", authority.issuer.pem());
    workspace
}

#[test]
fn an_authority_of_the_users_own_is_trusted_and_no_other() {
    let authority = Authority::new();
    let url = provider(&authority, false);
    let workspace = workspace(&authority);
    workspace.write("other.pem", Authority::new().issuer.pem());
    workspace
        .verify_plain(&["p.json", "--provider-url", &url, "--ca-cert", "ca.pem"])
        .exits(0)
        .says("1 verified");
    workspace
        .verify_plain(&["p.json", "--provider-url", &url, "--ca-cert", "other.pem"])
        .exits(3)
        .says("invalid peer certificate");
    workspace.verify_plain(&["p.json", "--provider-url", &url, "--disable-ssl-verification"]).exits(0);
    workspace
        .verify_plain(&["p.json", "--provider-url", &url, "--ca-cert", "missing.pem"])
        .exits(2)
        .says("--ca-cert missing.pem: cannot be read");
    workspace.write("rubbish.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    workspace.verify_plain(&["p.json", "--provider-url", &url, "--ca-cert", "rubbish.pem"]).exits(2);
}

#[test]
fn a_provider_that_asks_who_comes_is_shown_our_certificate() {
    let authority = Authority::new();
    let url = provider(&authority, true);
    let workspace = workspace(&authority);
    let (certificate, key) = authority.vouch_for("verifier");
    workspace.write("me.pem", certificate.pem());
    workspace.write("me.key", key.serialize_pem());
    let arguments = ["p.json", "--provider-url", &url, "--ca-cert", "ca.pem"];
    workspace.verify_plain(&arguments).exits(3);
    let with: Vec<&str> =
        arguments.into_iter().chain(["--client-cert", "me.pem", "--client-key", "me.key"]).collect();
    workspace.verify_plain(&with).exits(0).says("1 verified");
    let half: Vec<&str> = arguments.into_iter().chain(["--client-cert", "me.pem"]).collect();
    workspace.verify_plain(&half).exits(2).says("--client-key");
}

/// A user would be told that a certificate is not trusted which is, because only the provider's address was looked at.
#[test]
fn certificates_are_for_the_steps_of_state_files_as_well() {
    let authority = Authority::new();
    let admin = provider(&authority, false);
    let workspace = workspace(&authority);
    workspace.write("p.json", pact(&[get("one", Some("S"), "/1", &json!({"ok": true}))]));
    workspace.write(
        "states/s.toml",
        format!("name = \"S\"\n[[setup]]\nrequest = {{ method = \"POST\", path = \"{admin}/s\" }}\n"),
    );
    let provider = ObservedProvider::start(|_, _| (200, r#"{"ok": true}"#.into()));
    let arguments = ["p.json", "--states", "states", "--provider-url", &provider.url];
    workspace.verify_plain(&[&arguments[..], &["--ca-cert", "ca.pem"]].concat()).exits(0);
    workspace.verify_plain(&arguments).exits(5).says("invalid peer certificate");
}

/// A team with an authority of its own could verify its provider, and not fetch its pacts.
#[test]
fn certificates_are_for_the_broker_as_well() {
    let authority = Authority::new();
    let workspace = workspace(&authority);
    let broker = authority.server(false, pact(&[get("one", None, "/1", &json!({"ok": true}))]));
    let provider = ObservedProvider::start(|_, _| (200, r#"{"ok": true}"#.into()));
    let source = format!("{broker}/pact");
    let arguments = [&source, "--provider-url", &provider.url];
    workspace.verify_plain(&[&arguments[..], &["--ca-cert", "ca.pem"]].concat()).exits(0).says("1 verified");
    workspace.verify_plain(&[&arguments[..], &["--disable-ssl-verification"]].concat()).exits(0);
    workspace.verify_plain(&arguments).exits(6).says("invalid peer certificate");
}
