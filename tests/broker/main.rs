//! Whole programs and a broker: `billtest-verify` and `billtest broker`, with a fake that fails as it is told to, and
//! with the embedded one.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod asking;
mod deploying;
#[path = "../../crates/broker/tests/client/fake.rs"]
mod fake;
mod managing;
mod publishing;
mod scripts;
mod serving;
mod verifying;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A command with none of the user's environment that would change what it does, in a folder without pacts.
fn command(binary: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if ["PACT_", "BILLTEST_", "GITHUB_", "GITLAB_", "CI"]
            .iter()
            .any(|ours| name.to_string_lossy().starts_with(ours))
        {
            command.env_remove(name);
        }
    }
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign"));
    command
}

fn billtest_verify(arguments: &[&str]) -> Command {
    command(env!("CARGO_BIN_EXE_billtest-verify"), arguments)
}

/// `billtest broker`.
fn billtest_broker(arguments: &[&str]) -> Command {
    command(env!("CARGO_BIN_EXE_billtest"), &[&["broker"], arguments].concat())
}

struct Run {
    code: Option<i32>,
    text: String,
    stdout: String,
}

impl Run {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(!stderr.contains("panicked"), "{stderr}");
        Self { code: output.status.code(), text: format!("{stdout}{stderr}"), stdout }
    }

    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.text);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.text.contains(text), "`{text}` is not in:\n{}", self.text);
        self
    }

    #[track_caller]
    fn says_nowhere(self, text: &str) -> Self {
        assert!(!self.text.contains(text), "`{text}` is in:\n{}", self.text);
        self
    }
}

/// The embedded broker in a process of its own, with a database of its own.
struct Broker {
    process: Child,
    url: String,
    folder: TempDir,
}

impl Broker {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("broker.sqlite").display());
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
        let mut process = billtest_broker(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { process, url, folder }
    }

    /// A command that talks to it, in a folder that is the test's.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = billtest_broker(arguments);
        command.env("PACT_BROKER_BASE_URL", &self.url).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&self.command(arguments).output().unwrap())
    }

    /// What a sequence of commands says and how each ends, as a user sees it.
    fn session(&self, lines: &[&str]) -> String {
        let mut all = String::new();
        for line in lines {
            let output = self.command(&words(line)).output().unwrap();
            let run = Run::of(&output);
            let stderr = String::from_utf8(output.stderr).unwrap();
            all.push_str(&format!("$ billtest broker {line}\n{}{stderr}", run.stdout));
            all.push_str(&format!("-> {}\n\n", run.code.unwrap()));
        }
        all.replace(&self.url, "http://BROKER")
    }

    fn write(&self, name: &str, content: &serde_json::Value) {
        std::fs::write(self.folder.path().join(name), content.to_string()).unwrap();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The words of a line; `'` keeps some together.
fn words(line: &str) -> Vec<&str> {
    let mut all = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 { all.push(part) } else { all.extend(part.split_whitespace()) }
    }
    all
}

/// A pact that the mock provider keeps, or does not.
fn pact(consumer: &str, provider: &str, status: &str) -> serde_json::Value {
    serde_json::json!({
        "consumer": {"name": consumer}, "provider": {"name": provider},
        "interactions": [{
            "description": "a look at the health", "request": {"method": "GET", "path": "/health"},
            "response": {"status": 200, "body": {"status": status}},
        }],
        "metadata": {"pactSpecification": {"version": "2.0.0"}},
    })
}
