//! A folder for one test, and the commands run in it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpSocket;

/// The project's own folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A command with none of the user's environment that would change what it does.
pub(crate) fn billtest_verify() -> Command {
    quiet(Command::new(env!("CARGO_BIN_EXE_billtest-verify")))
}

fn quiet(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["BILLTEST_", "GITHUB_", "PACT_"].iter().any(|ours| text.starts_with(ours)) {
            command.env_remove(name);
        }
    }
    command
}

/// A folder that goes with the test.
pub(crate) struct Workspace {
    folder: TempDir,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs `billtest-verify` here with the project's states.
    pub(crate) fn verify(&self, arguments: &[&str]) -> Run {
        let states = project().join("provider-states").display().to_string();
        let all: Vec<&str> = arguments.iter().copied().chain(["--states", &states]).collect();
        self.verify_plain(&all)
    }

    /// Runs `billtest` here.
    pub(crate) fn billtest(&self, arguments: &[&str]) -> Run {
        let mut command = quiet(Command::new(env!("CARGO_BIN_EXE_billtest")));
        Run::of(&command.current_dir(self.folder.path()).args(arguments).output().unwrap())
    }

    /// The same under these environment variables.
    pub(crate) fn verify_under(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = billtest_verify();
        command.envs(environment.iter().copied()).current_dir(self.folder.path()).args(arguments);
        Run::of(&command.arg("--states").arg(project().join("provider-states")).output().unwrap())
    }

    /// Runs `billtest` here under these environment variables.
    pub(crate) fn billtest_under(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = quiet(Command::new(env!("CARGO_BIN_EXE_billtest")));
        command.envs(environment.iter().copied()).current_dir(self.folder.path());
        Run::of(&command.args(arguments).output().unwrap())
    }

    /// Runs `billtest-verify` here under these environment variables, and nothing said that is not said.
    pub(crate) fn verify_plain_under(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = billtest_verify();
        command.envs(environment.iter().copied()).current_dir(self.folder.path());
        Run::of(&command.args(arguments).output().unwrap())
    }

    /// Starts `billtest-verify` here, to be told something while it runs.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = billtest_verify();
        command.current_dir(self.folder.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running { process: command.spawn().unwrap() }
    }

    /// A pipe by which a test hears from programs that others started: [`Pipe::ALIVE`] makes one say it.
    pub(crate) fn pipe(&self, name: &str) -> Pipe {
        let path = self.path(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        Pipe { path }
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `billtest-verify` here, and nothing said that is not said.
    pub(crate) fn verify_plain(&self, arguments: &[&str]) -> Run {
        let output = billtest_verify().current_dir(self.folder.path()).args(arguments).output().unwrap();
        Run::of(&output)
    }
}

/// A `billtest-verify` that is under way.
pub(crate) struct Running {
    process: Child,
}

impl Running {
    /// Sends it a signal, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    pub(crate) fn end(self) -> Run {
        Run::of(&self.process.wait_with_output().unwrap())
    }
}

/// A named pipe. It is at its end when every program that has it open for writing is gone.
pub(crate) struct Pipe {
    path: PathBuf,
}

impl Pipe {
    /// A piece of shell that opens the pipe, for the shell and all that it starts, and says so.
    pub(crate) const ALIVE: &str = "exec 9>alive; echo up >&9";

    /// Waits until a program says that it is up.
    pub(crate) fn up(&self) -> BufReader<File> {
        let mut reader = BufReader::new(File::open(&self.path).unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, "up\n");
        reader
    }

    /// Lets a program go on that waits to read the pipe.
    pub(crate) fn open_for_writing(&self) {
        File::options().write(true).open(&self.path).unwrap();
    }

    /// Waits beside a run for a program that is up, and then until it and all it started are gone.
    pub(crate) fn up_and_gone(&self) -> JoinHandle<()> {
        let pipe = Self { path: self.path.clone() };
        std::thread::spawn(move || gone(pipe.up()))
    }
}

/// Waits until every program that was up is gone.
pub(crate) fn gone(mut pipe: BufReader<File>) {
    std::io::copy(&mut pipe, &mut std::io::sink()).unwrap();
}

/// An address of this machine at which nothing answers, and that nobody else is given meanwhile.
pub(crate) struct FreeAddress {
    _reserved: TcpSocket,
    pub(crate) text: String,
}

impl FreeAddress {
    pub(crate) fn new() -> Self {
        // Bound and not listening: connections are refused, and whoever listens there with SO_REUSEADDR, as servers
        // do, still can.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let text = socket.local_addr().unwrap().to_string();
        Self { _reserved: socket, text }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.text)
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        let run = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        };
        assert!(!run.stderr.contains("panicked"), "{run:?}");
        run
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn hides(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(!all.contains(text), "`{text}` is in:\n{all}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(all.contains(text), "`{text}` is not in:\n{all}");
        self
    }
}

/// A running `billtest mock`.
pub(crate) struct Mock {
    process: Child,
    pub(crate) url: String,
}

impl Mock {
    pub(crate) fn start() -> Self {
        Self::start_in(project(), &["--listen", "127.0.0.1:0"])
    }

    /// In this folder, with these arguments.
    pub(crate) fn start_in(folder: &Path, arguments: &[&str]) -> Self {
        let mut process = quiet(Command::new(env!("CARGO_BIN_EXE_billtest")))
            .arg("mock")
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Self { process, url }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A V4 pact with these interactions.
pub(crate) fn pact(interactions: &[Value]) -> String {
    json!({
        "consumer": {"name": "Shop"}, "provider": {"name": "BillingAPI"}, "interactions": interactions,
        "metadata": {"pactSpecification": {"version": "4.0"}}
    })
    .to_string()
}

/// A V4 interaction: a GET that answers 200 with a JSON body.
pub(crate) fn get(description: &str, state: Option<&str>, path: &str, body: &Value) -> Value {
    let states: Vec<Value> = state.into_iter().map(|name| json!({"name": name})).collect();
    json!({
        "type": "Synchronous/HTTP", "description": description, "providerStates": states,
        "request": {"method": "GET", "path": path},
        "response": {"status": 200, "body": {"content": body, "contentType": "application/json", "encoded": false}}
    })
}
