//! `billtest broker serve` as a process: killed, out of disk, interrupted.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// How many publish at once while the broker is killed.
const CLIENTS: usize = 6;
/// How often it is killed.
const ROUNDS: usize = 4;
/// How many publications are acknowledged before it is.
const ACKNOWLEDGED: usize = 40;

/// The program with none of the user's environment that would change what it does.
fn billtest() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_billtest"));
    for (name, _) in std::env::vars_os() {
        if ["PACT_", "BILLTEST_"].iter().any(|ours| name.to_string_lossy().starts_with(ours)) {
            command.env_remove(name);
        }
    }
    command
}

/// A broker as a process of its own.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Pact Broker ready at http://").unwrap_or_default().to_owned();
        assert!(!address.is_empty(), "{line}");
        // Who reads no more would end the program when it writes.
        thread::spawn(move || output.lines().count());
        Self { process, address }
    }

    fn on(file: &Path) -> Self {
        let database = format!("sqlite:{}", file.display());
        Self::start(billtest().args(["broker", "serve", "--listen", "127.0.0.1:0", "--database", &database]))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One request over a connection of its own; `None` if there was no whole answer.
fn call(address: &str, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    use std::io::Read as _;
    let body = body.map(ToString::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/hal+json\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    Some((status, serde_json::from_str(body).unwrap_or_default()))
}

/// A publication of two contracts, so that half of it could be seen.
fn publication(version: &str, size: usize) -> Value {
    let contract = |provider: &str| {
        let pact = json!({"consumer": {"name": "Foo"}, "provider": {"name": provider}, "interactions": [{
            "description": version, "request": {"method": "GET", "path": "/"},
            "response": {"status": 200, "body": "x".repeat(size)}}]});
        json!({"consumerName": "Foo", "providerName": provider, "specification": "pact",
            "contentType": "application/json", "content": STANDARD.encode(pact.to_string())})
    };
    json!({"pacticipantName": "Foo", "pacticipantVersionNumber": version, "branch": "main", "tags": ["dev"],
        "contracts": [contract("Bar"), contract("Baz")]})
}

/// Publishes until the broker is gone; gives what was acknowledged.
fn publish_until_killed(served: &mut Served, round: usize) -> Vec<String> {
    let (count, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (count, over, acknowledged) = (count.clone(), over.clone(), acknowledged.clone());
            let address = served.address.clone();
            thread::spawn(move || {
                for number in 0.. {
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    let version = format!("{round}-{client}-{number}");
                    let body = publication(&version, 2000);
                    if let Some((200, _)) = call(&address, "POST", "/contracts/publish", Some(&body)) {
                        acknowledged.lock().unwrap().push(version);
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    while count.load(Ordering::SeqCst) < ACKNOWLEDGED {
        thread::yield_now();
    }
    // `Child::kill` sends SIGKILL.
    served.process.kill().unwrap();
    over.store(true, Ordering::SeqCst);
    clients.into_iter().for_each(|client| client.join().unwrap());
    served.process.wait().unwrap();
    Arc::try_unwrap(acknowledged).unwrap().into_inner().unwrap()
}

/// A contract that a build was told is published would not be there, or half of it.
#[test]
fn a_killed_broker_has_everything_that_it_acknowledged_and_nothing_by_halves() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broker.sqlite");
    let mut all = Vec::new();
    for round in 0..ROUNDS {
        let mut served = Served::on(&file);
        all.extend(publish_until_killed(&mut served, round));
    }
    let served = Served::on(&file);
    let get = |path: &str| call(&served.address, "GET", path, None).unwrap();
    for version in &all {
        for provider in ["Bar", "Baz"] {
            let (status, pact) = get(&format!("/pacts/provider/{provider}/consumer/Foo/version/{version}"));
            assert_eq!((status, &pact["interactions"][0]["description"]), (200, &json!(version)));
        }
    }
    let mut page = 1;
    let mut kept = 0;
    loop {
        let (_, list) = get(&format!("/pacticipants/Foo/versions?pageNumber={page}&pageSize=500"));
        let versions = list["_embedded"]["versions"].as_array().unwrap();
        for version in versions {
            let links = version["_links"]["pb:pact-versions"].as_array().unwrap().len();
            let marks = &version["_embedded"];
            let (branches, tags) =
                (marks["branchVersions"].as_array().unwrap(), marks["tags"].as_array().unwrap());
            assert_eq!((links, branches.len(), tags.len()), (2, 1, 1), "{version}");
        }
        kept += versions.len();
        page += 1;
        if versions.is_empty() {
            break;
        }
    }
    assert!(
        kept >= all.len() && all.len() >= ROUNDS * ACKNOWLEDGED,
        "{kept} kept, {} acknowledged",
        all.len()
    );
}

/// A build server that stops its jobs would wait for ever, or see a failure where there is none.
#[test]
fn a_signal_ends_it_in_order_and_a_second_broker_finds_the_port_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut served = Served::on(&folder.path().join("broker.sqlite"));
    let database = format!("sqlite:{}", folder.path().join("other.sqlite").display());
    let second = billtest()
        .args(["broker", "serve", "--listen", &served.address, "--database", &database])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&second.stderr).contains("choose another address with --listen"));
    // A connection that is open and idle does not hold it up.
    let _idle = TcpStream::connect(&served.address).unwrap();
    let pid = served.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(served.process.wait().unwrap().code(), Some(0));
    assert!(!folder.path().join("broker.sqlite-wal").exists(), "the log is put into the file at the end");
}

/// Secrets that are given by halves would leave a broker open that was to be closed.
#[test]
fn users_are_given_whole_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    let refused = |arguments: &[&str], says: &str| {
        let database = format!("sqlite:{}", folder.path().join("broker.sqlite").display());
        let output = billtest()
            .args(["broker", "serve", "--listen", "127.0.0.1:0", "--database", &database])
            .args(arguments)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
    };
    refused(&["--user", "ci"], "--user needs a name and a password");
    refused(&["--read-only-password", "s3cret"], "--read-only-user needs a name");
    std::fs::write(&users, "# nobody\n").unwrap();
    refused(&["--users", users.to_str().unwrap()], "open to everybody");
    std::fs::write(&users, "ci:s3cret\nteam\n").unwrap();
    refused(&["--users", users.to_str().unwrap()], "line 2 is not NAME:PASSWORD");
    std::fs::write(&users, "ci:s3cret:x\nteam:look:read-only\n").unwrap();
    let database = format!("sqlite:{}", folder.path().join("broker.sqlite").display());
    let served = Served::start(
        billtest()
            .args(["broker", "serve", "--listen", "127.0.0.1:0", "--database", &database, "--users"])
            .arg(&users),
    );
    assert_eq!(call(&served.address, "GET", "/", None).unwrap().0, 401);
}

/// A broker in a mount namespace of its own, on a disk of `size`, and the shell that owns the disk.
fn on_a_small_disk(folder: &Path, size: &str) -> Option<Served> {
    let allowed = Command::new("unshare")
        .args(["--mount", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs"])
        .arg(folder)
        .output();
    let pipe = Command::new("mkfifo").arg(done(folder)).status();
    if !allowed.is_ok_and(|output| output.status.success()) || !pipe.is_ok_and(|status| status.success()) {
        return None;
    }
    let script = format!(
        "mount -t tmpfs -o size={size} tmpfs '{folder}' && \
         {{ '{program}' broker serve --listen 127.0.0.1:0 --database sqlite:'{folder}/broker.sqlite' & }} && \
         while read -r command; do eval \"$command\"; echo done > '{done}'; done; kill $!; wait",
        folder = folder.display(),
        done = done(folder).display(),
        program = env!("CARGO_BIN_EXE_billtest"),
    );
    Some(Served::start(Command::new("unshare").args([
        "--mount",
        "--map-root-user",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        &script,
    ])))
}

/// The pipe through which the shell of a small disk says that it is done.
fn done(folder: &Path) -> std::path::PathBuf {
    folder.with_extension("done")
}

impl Served {
    /// Has the shell run this, and waits until it is done.
    fn shell(&mut self, folder: &Path, command: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{command}").unwrap();
        assert_eq!(std::fs::read_to_string(done(folder)).unwrap(), "done\n");
    }
}

/// A full disk would end the broker, or make it acknowledge what it did not keep.
#[test]
fn a_full_disk_is_told_and_recovered_from_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let Some(mut served) = on_a_small_disk(&disk, "3m") else {
        println!("skipped: this system lets nobody mount a disk of their own");
        return;
    };
    let address = served.address.clone();
    let publish = |version: &str, size: usize| {
        call(&address, "POST", "/contracts/publish", Some(&publication(version, size))).unwrap()
    };
    let mut kept = Vec::new();
    let refused = (0..200).find_map(|number| {
        let version = format!("full-{number}");
        let (status, answer) = publish(&version, 100_000);
        if status == 200 {
            kept.push(version);
            return None;
        }
        Some((status, answer))
    });
    let (status, answer) = refused.unwrap();
    assert_eq!(status, 507, "{answer}");
    assert!(
        answer["error"]["message"].as_str().unwrap().contains("disk of the database is full"),
        "{answer}"
    );
    assert_eq!(call(&address, "GET", "/pacticipants/Foo", None).unwrap().0, 200, "it can still be read");
    served.shell(&disk, &format!("mount -o remount,size=60m '{}'", disk.display()));
    assert_eq!(publish("after", 100_000).0, 200);
    kept.push("after".into());
    for version in &kept {
        let path = format!("/pacts/provider/Baz/consumer/Foo/version/{version}");
        assert_eq!(call(&address, "GET", &path, None).unwrap().0, 200, "{version}");
    }
}

/// Files that the system lets nobody change, until this is dropped.
struct Frozen(Vec<std::path::PathBuf>);

impl Frozen {
    fn new(files: &[std::path::PathBuf]) -> Option<Self> {
        let frozen = Self(files.to_vec());
        let done = Command::new("chattr").arg("+i").args(files).output();
        done.is_ok_and(|output| output.status.success()).then_some(frozen)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        // What was never frozen is not thawed either.
        let _ = Command::new("chattr").arg("-i").args(&self.0).output();
    }
}

/// A file system that turned read-only would end the broker, or make it acknowledge what it did not keep.
#[test]
fn files_that_cannot_be_written_are_told_and_recovered_from_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broker.sqlite");
    let served = Served::on(&file);
    let publish = |version: &str| {
        call(&served.address, "POST", "/contracts/publish", Some(&publication(version, 10))).unwrap()
    };
    assert_eq!(publish("before").0, 200);
    let Some(frozen) = Frozen::new(&[file.clone(), folder.path().join("broker.sqlite-wal")]) else {
        println!("skipped: this system has no chattr, or lets nobody freeze a file");
        return;
    };
    let (status, answer) = publish("during");
    assert_eq!(status, 503, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("Nothing was changed"), "{answer}");
    assert_eq!(call(&served.address, "GET", "/pacticipants/Foo/versions/before", None).unwrap().0, 200);
    drop(frozen);
    assert_eq!(call(&served.address, "GET", "/pacticipants/Foo/versions/during", None).unwrap().0, 404);
    assert_eq!(publish("after").0, 200);
}
