//! The clients that users have, unchanged, against the embedded broker: the Ruby and Rust command lines from npm and
//! PyPI publish, verify, record and ask.
//!
//! They are installed from the registries that `npm` and `pip` are configured for, and kept for the next run; where
//! that fails the test says so, and is skipped, unless REQUIRE_CLIENTS names the registry: `npm`, `pypi`, or both.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use axum::Router;
use serde_json::{Value, json};

/// A broker as a process of its own.
struct Served {
    process: Child,
    url: String,
}

impl Served {
    fn start(folder: &Path) -> Self {
        let database = format!("sqlite:{}", folder.join("broker.sqlite").display());
        let mut process = Command::new(env!("CARGO_BIN_EXE_billtest"))
            .args([
                "broker",
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--user",
                "ci",
                "--password",
                "s3cret",
                "--database",
            ])
            .arg(database)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("Pact Broker ready at ").unwrap().to_owned();
        thread::spawn(move || output.lines().count());
        Self { process, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves `{"id": 1}` at every path; gives the address.
fn provide() -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async || axum::Json(json!({"id": 1})));
    thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await }));
    url
}

/// Where what was installed is kept.
fn installed(
    registry: &str,
    version: &str,
    install: impl FnOnce(&Path) -> Result<(), String>,
) -> Option<PathBuf> {
    let name = format!("{registry}-{version}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(&name);
    let complete = folder.join("complete");
    if !complete.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        if let Err(reason) = install(&folder) {
            let required = std::env::var("REQUIRE_CLIENTS").unwrap_or_default();
            let is_required = required.split_whitespace().any(|one| one == registry);
            assert!(!is_required, "{name} is required and cannot be installed: {reason}");
            // Past the harness, which shows nothing that a test prints and passes.
            let skipped = format!("skipped: {name} cannot be installed: {reason}\n");
            std::io::stderr().write_all(skipped.as_bytes()).unwrap();
            return None;
        }
        std::fs::write(complete, "").unwrap();
    }
    Some(folder)
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

fn from_npm(version: &str) -> Option<PathBuf> {
    let package = format!("@pact-foundation/pact-cli@{version}");
    let folder = installed("npm", version, |folder| {
        done(
            Command::new("npm")
                .args(["install", "--no-fund", "--no-audit", &package, "--prefix"])
                .arg(folder),
        )
    })?;
    Some(folder.join("node_modules/.bin"))
}

fn from_pypi(version: &str) -> Option<PathBuf> {
    let package = format!("pact-python-cli=={version}");
    let folder = installed("pypi", &version.replace('!', "-"), |folder| {
        done(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let options = ["install", "--disable-pip-version-check", &package];
        done(Command::new(folder.join("bin/pip")).args(options))
    })?;
    Some(folder.join("bin"))
}

/// How a client is called.
struct Client {
    broker: Call,
    verifier: Call,
    /// Whether the verifier is Ruby's, which has other options than Rust's.
    ruby: bool,
}

/// A program, and the words before its options.
struct Call {
    program: PathBuf,
    words: &'static [&'static str],
}

fn call(program: PathBuf, words: &'static [&'static str]) -> Call {
    Call { program, words }
}

struct Session<'a> {
    client: &'a Client,
    served: &'a Served,
    folder: &'a Path,
    provider: &'a str,
}

impl Session<'_> {
    fn command(&self, Call { program, words }: &Call) -> Command {
        let mut command = Command::new(program);
        command.args(*words).current_dir(self.folder).env("PACT_DO_NOT_TRACK", "true").env("NO_COLOR", "1");
        for name in
            ["PACT_BROKER_BASE_URL", "PACT_BROKER_USERNAME", "PACT_BROKER_PASSWORD", "PACT_BROKER_TOKEN"]
        {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command of the broker client; gives whether it succeeded, and what it said.
    fn broker(&self, arguments: &[&str]) -> (bool, String) {
        let login =
            ["--broker-base-url", &self.served.url, "--broker-username", "ci", "--broker-password", "s3cret"];
        said(self.command(&self.client.broker).args(arguments).args(login))
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str], says: &str) {
        let (success, text) = self.broker(arguments);
        assert!(success && text.contains(says), "{arguments:?}: {text}");
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str], says: &str) {
        let (success, text) = self.broker(arguments);
        assert!(!success && text.contains(says), "{arguments:?}: {text}");
    }

    fn publish(&self, version: &str, description: &str, path: &str, id: i64) {
        let pact = json!({
            "consumer": {"name": "Foo"}, "provider": {"name": "Bar"},
            "interactions": [{"description": description, "request": {"method": "GET", "path": path},
                "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"id": id}}}],
            "metadata": {"pactSpecification": {"version": "2.0.0"}}
        });
        let file = self.folder.join(format!("{version}.json"));
        std::fs::write(&file, pact.to_string()).unwrap();
        let file = file.to_str().unwrap();
        let arguments =
            ["publish", file, "--consumer-app-version", version, "--branch", "main", "--tag", "dev"];
        self.succeeds(&arguments, "successfully published");
    }

    /// Verifies the newest pact of the main branch, and publishes the result.
    fn verify(&self, version: &str) -> (bool, String) {
        let mut command = self.command(&self.client.verifier);
        let port = self.provider.rsplit(':').next().unwrap();
        if self.client.ruby {
            command.args(["--pact-broker-base-url", &self.served.url, "--provider", "Bar"]);
            command.args(["--broker-username", "ci", "--broker-password", "s3cret"]);
            command.args(["--provider-base-url", self.provider, "--publish-verification-results"]);
            command.args(["--provider-app-version", version, "--provider-version-branch", "main"]);
            command.args(["--consumer-version-selector", r#"{"mainBranch":true}"#]);
        } else {
            command.args(["--broker-url", &self.served.url, "--provider-name", "Bar"]);
            command.args(["--user", "ci", "--password", "s3cret"]);
            command.args(["--hostname", "127.0.0.1", "--port", port, "--publish"]);
            command.args(["--provider-version", version, "--provider-branch", "main"]);
            command.args(["--consumer-version-selectors", r#"{"mainBranch":true}"#]);
        }
        said(&mut command)
    }

    fn can_i_deploy(version: &str) -> [&str; 7] {
        ["can-i-deploy", "--pacticipant", "Foo", "--version", version, "--to-environment", "prod"]
    }
}

fn said(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// What a team does in a week.
fn work(client: &Client) {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let provider = provide();
    let session = Session { client, served: &served, folder: folder.path(), provider: &provider };
    session.publish("1", "a thing", "/thing", 1);
    let named = ["create-environment", "--name", "prod", "--display-name", "Production", "--production"];
    session.succeeds(&named, "prod");
    session.fails(&Session::can_i_deploy("1"), "There is no verified pact between version 1 of Foo");
    let (verified, text) = session.verify("b1");
    assert!(verified, "{text}");
    session.fails(&Session::can_i_deploy("1"), "no version is currently recorded");
    let record = |version| {
        ["record-deployment", "--pacticipant", "Bar", "--version", version, "--environment", "prod"]
    };
    session.succeeds(&record("b1"), "prod");
    session.succeeds(&Session::can_i_deploy("1"), "All required verification results");
    session.publish("2", "another thing", "/other", 2);
    let (verified, text) = session.verify("b2");
    assert!(!verified, "the provider does not answer so: {text}");
    session.succeeds(&record("b2"), "prod");
    session.fails(&Session::can_i_deploy("2"), "failed");
    session.succeeds(&["create-version-tag", "--pacticipant", "Foo", "--version", "1", "--tag", "live"], "");
    session.succeeds(&["list-latest-pact-versions"], "Foo");
    session.succeeds(&["record-undeployment", "--pacticipant", "Bar", "--environment", "prod"], "Bar");
    session.fails(&Session::can_i_deploy("1"), "no version is currently recorded");
}

/// A team that uses the Ruby command line could not use the broker.
#[test]
fn the_ruby_clients_of_npm_work() {
    let Some(programs) = from_npm("16.1.7") else { return };
    let verifier = call(programs.join("pact-provider-verifier"), &[]);
    work(&Client { broker: call(programs.join("pact-broker"), &[]), verifier, ruby: true });
}

/// A team that uses the Rust command line could not.
#[test]
fn the_rust_clients_of_npm_work() {
    let Some(programs) = from_npm("18.1.2") else { return };
    let verifier = call(programs.join("pact-verifier"), &[]);
    work(&Client { broker: call(programs.join("pact"), &["broker"]), verifier, ruby: false });
}

/// A team that installs them with pip could not.
#[test]
fn the_clients_of_pypi_work() {
    let Some(programs) = from_pypi("1!0.10.9") else { return };
    let verifier = || call(programs.join("pact"), &["verifier"]);
    work(&Client { broker: call(programs.join("pact"), &["broker"]), verifier: verifier(), ruby: false });
    // The Ruby broker client; the verifier of this package does not start.
    let Some(older) = from_pypi("2.6.4.0") else { return };
    work(&Client { broker: call(older.join("pact-broker"), &[]), verifier: verifier(), ruby: false });
}

/// A team that verifies with billtest could not.
#[test]
fn billtest_verify_works() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let provider = provide();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ask = |method: reqwest::Method, path: &str, body: Option<Value>| {
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let mut request =
            client.request(method, format!("{}{path}", served.url)).basic_auth("ci", Some("s3cret"));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        runtime.block_on(async { request.send().await.unwrap().json::<Value>().await.unwrap() })
    };
    let pact = json!({"consumer": {"name": "Foo"}, "provider": {"name": "Bar"}, "interactions": [{
        "description": "a thing", "request": {"method": "GET", "path": "/thing"},
        "response": {"status": 200, "body": {"id": 1}}}], "metadata": {"pactSpecification": {"version": "2.0.0"}}});
    ask(reqwest::Method::PUT, "/pacts/provider/Bar/consumer/Foo/version/1", Some(pact));
    let (verified, text) = said(
        Command::new(env!("CARGO_BIN_EXE_billtest-verify"))
            .args([
                "--broker-url",
                &served.url,
                "--user",
                "ci",
                "--password",
                "s3cret",
                "--provider-name",
                "Bar",
            ])
            .args([
                "--provider-url",
                &provider,
                "--publish",
                "--provider-version",
                "b1",
                "--provider-branch",
                "main",
            ])
            .args(["--consumer-version-selectors", r#"{"latest":true}"#, "--enable-pending"])
            .current_dir(folder.path()),
    );
    assert!(verified, "{text}");
    let matrix = "/matrix?q[][pacticipant]=Foo&q[][version]=1&q[][pacticipant]=Bar&q[][version]=b1";
    assert_eq!(ask(reqwest::Method::GET, matrix, None)["summary"]["deployable"], true);
    let metrics = ask(reqwest::Method::GET, "/metrics", None);
    assert_eq!(metrics["pacticipantVersions"]["withBranchCount"], 1, "the branch of the provider is known");
}
