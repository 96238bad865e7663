//! Providers behind TLS: whom the verifier trusts, and as whom it comes.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::observed_provider::ObservedProvider;
use crate::workspace::{Workspace, get, pact};

/// An authority, and whom it vouches for.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn vouch_for(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// A provider on this machine that answers everything with `{"ok": true}`.
    fn provider(&self, asks_for_certificate: bool) -> String {
        self.server(asks_for_certificate, r#"{"ok": true}"#.to_owned())
    }

    fn server(&self, asks_for_certificate: bool, body: String) -> String {
        let (certificate, key) = self.vouch_for("127.0.0.1");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if asks_for_certificate {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let body = body.clone();
                thread::spawn(move || {
                    let mut stream = StreamOwned::new(connection, stream);
                    let mut head = Vec::new();
                    let mut byte = [0];
                    while !head.ends_with(b"\r\n\r\n") {
                        match std::io::Read::read(&mut stream, &mut byte) {
                            Ok(1) => head.push(byte[0]),
                            _ => return,
                        }
                    }
                    let length = body.len();
                    let _ = write!(
                        stream,
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                    );
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                });
            }
        });
        url
    }
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
    let url = authority.provider(false);
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
    let url = authority.provider(true);
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
    let admin = authority.provider(false);
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
