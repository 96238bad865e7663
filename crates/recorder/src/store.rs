//! The one place where recorded interactions meet their file.
//!
//! Writers are threads and processes that know nothing of each other. What each does, under one lock:
//!
//! 1. read the file as it is;
//! 2. compare with what *this run* has recorded so far: the same description and states with another content is an
//!    error that names both tests. What earlier runs recorded does not count, a test may change its mind;
//! 3. take out what this test recorded in earlier runs, once, when it records for the first time in this run;
//! 4. take out what belongs to tests that do not exist any more. The test binary itself is asked which tests it
//!    has (`--list`), and Cargo which binaries there are; a test that was merely not run is still listed;
//! 5. put the interaction in and replace the file in one step.
//!
//! A run is one nextest run, or the children of one `cargo test`. What it has recorded so far is kept in a ledger in the
//! system's folder for temporary files, never beside the pact.
//!
//! Two limits: a test that stays but records nothing at all any more never comes here, so that its interactions stay
//! until the file is removed; and a test that is killed half-way leaves what it had recorded until then.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use billtest_contract::write::{self, Identity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RecordError;
use crate::interaction::stamp;

/// Set for the child that is asked for its list of tests, so that a harness which ignores `--list` and runs them
/// instead records nothing and asks no child of its own.
const LISTING: &str = "BILLTEST_LISTING";

/// The full name of a test: package, target and path, `shop::consumer::plans::a_plan_is_read`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestName {
    binary: String,
    path: String,
}

impl TestName {
    /// The test in which `here` is defined; used by [`pact!`](crate::pact!).
    #[must_use]
    pub fn of<T>(package: &str, target: &str, _here: &T) -> Self {
        let full = std::any::type_name::<T>();
        let path = full.strip_suffix("::here").unwrap_or(full).replace("::{{closure}}", "");
        let path = path.split_once("::").map_or(path.as_str(), |(_, inside)| inside).to_owned();
        Self { binary: format!("{package}::{target}"), path }
    }

    fn full(&self) -> String {
        format!("{}::{}", self.binary, self.path)
    }
}

/// One interaction to be recorded.
pub(crate) struct Recorded<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) consumer: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) test: &'a TestName,
    pub(crate) interaction: Value,
}

/// What this run has recorded so far.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Ledger {
    run: String,
    entries: Vec<LedgerEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LedgerEntry {
    test: String,
    process: u32,
    interaction: Value,
}

pub(crate) fn record(recorded: &Recorded<'_>) -> Result<(), RecordError> {
    let tests = tests_of_this_binary();
    if let Some(tests) = tests
        && !tests.contains(&recorded.test.path)
    {
        return Err(RecordError::NotATest(recorded.test.full()));
    }
    let path = recorded.directory.join(format!("{}-{}.json", recorded.consumer, recorded.provider));
    let ledger_path = ledger_path(&path)?;
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RecordError::Io { path, source }
    };
    let lock_path = ledger_path.with_extension("lock");
    let lock = File::create(&lock_path).map_err(io(&lock_path))?;
    lock.lock().map_err(io(&lock_path))?;

    let mut ledger = read_ledger(&ledger_path);
    let mut interactions = read_pact(&path)?;
    let test = recorded.test.full();
    let identity = Identity::of(&recorded.interaction);
    let mut owner = test.clone();

    let process = std::process::id();
    for entry in ledger.entries.iter().filter(|entry| Identity::of(&entry.interaction) == identity) {
        // A test that is run again, in another process, may change its mind.
        let again = entry.test == test && entry.process != process;
        if entry.interaction != recorded.interaction && !again {
            return Err(RecordError::Conflict {
                description: identity.description,
                first: entry.test.clone(),
                second: test,
            });
        }
        // Two tests that record the same thing: the smaller name owns it, whichever came first.
        owner = owner.min(entry.test.clone());
    }

    let first_of_test = !ledger.entries.iter().any(|entry| entry.test == test && entry.process == process);
    let gone = Gone::new(recorded.test, tests);
    if let Some(present) = interactions.get(&identity)
        && same_but_owner(present, &recorded.interaction)
        && !gone.contains(owner_of(present))
    {
        // The same in a run in which the other test has no turn.
        owner = owner.min(owner_of(present).to_owned());
    }
    interactions.retain(|known, interaction| {
        let replaced = *known == identity || (first_of_test && owner_of(interaction) == test);
        !replaced && !gone.contains(owner_of(interaction))
    });
    let mut interaction = recorded.interaction.clone();
    stamp(&mut interaction, &owner);
    interactions.insert(identity, interaction);

    let interactions: Vec<Value> = interactions.into_values().collect();
    let bytes = write::to_bytes(recorded.consumer, recorded.provider, &interactions);
    write::replace(&path, &bytes).map_err(io(&path))?;

    ledger.entries.push(LedgerEntry { test, process, interaction: recorded.interaction.clone() });
    let bytes = serde_json::to_vec(&ledger)?;
    // Half a ledger, after a crash, counts as none.
    fs::write(&ledger_path, bytes).map_err(io(&ledger_path))
}

/// Whether two interactions differ in nothing but whose they are.
fn same_but_owner(one: &Value, other: &Value) -> bool {
    let without_owner = |interaction: &Value| {
        let mut members = interaction.as_object().cloned().unwrap_or_default();
        members.remove("comments");
        members
    };
    without_owner(one) == without_owner(other)
}

fn owner_of(interaction: &Value) -> &str {
    interaction["comments"]["testname"].as_str().unwrap_or_default()
}

fn read_pact(path: &Path) -> Result<BTreeMap<Identity, Value>, RecordError> {
    let foreign = |reason: String| RecordError::ForeignFile {
        path: path.to_owned(),
        reason: format!("{reason}\n  remove the file, or give the consumer another name"),
    };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(source) => return Err(RecordError::Io { path: path.to_owned(), source }),
    };
    let document: Value =
        serde_json::from_slice(&bytes).map_err(|error| foreign(format!("is not JSON: {error}")))?;
    let Some(list) = document["interactions"].as_array() else {
        return Err(foreign("has no list of interactions".into()));
    };
    list.iter()
        .map(|interaction| {
            let identity = Identity::of(interaction);
            if owner_of(interaction).is_empty() {
                let reason = format!("interaction \"{}\" was not recorded by billtest", identity.description);
                return Err(foreign(reason));
            }
            Ok((identity, interaction.clone()))
        })
        .collect()
}

/// A ledger that cannot be read, or is of another run, is an empty one: it only ever holds what this run knows.
fn read_ledger(path: &Path) -> Ledger {
    let run = run_id();
    fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Ledger>(&bytes).ok())
        .filter(|ledger| ledger.run == run)
        .unwrap_or(Ledger { run, entries: Vec::new() })
}

/// What all tests of one run have in common: the id that nextest gives, or the process that started them, which is
/// told from an earlier one of the same number by when it began.
fn run_id() -> String {
    env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| {
        let parent = parent_id();
        let stat = fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
        // Field 22 of proc(5), counted after the name in parentheses, which may have spaces.
        let began =
            stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19)).unwrap_or_default();
        format!("parent {parent} {began}")
    })
}

#[cfg(unix)]
fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

#[cfg(not(unix))]
fn parent_id() -> u32 {
    std::process::id()
}

/// Beside no binary and in no build directory: whoever writes this pact, from whatever build, takes the same lock.
fn ledger_path(pact: &Path) -> Result<PathBuf, RecordError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RecordError::Io { path, source }
    };
    let folder = pact.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(io(folder))?;
    let folder = fs::canonicalize(folder).map_err(io(folder))?;
    let mut hasher = DefaultHasher::new();
    (folder, pact.file_name()).hash(&mut hasher);
    let user = env::var("USER").or_else(|_| env::var("USERNAME")).unwrap_or_default();
    let user: String = user.chars().filter(char::is_ascii_alphanumeric).collect();
    let directory = env::temp_dir().join(format!("billtest-recorder-{user}"));
    fs::create_dir_all(&directory).map_err(io(&directory))?;
    Ok(directory.join(format!("{:016x}.json", hasher.finish())))
}

/// Whose tests are gone.
struct Gone<'a> {
    binary: &'a str,
    tests: Option<&'a BTreeSet<String>>,
}

impl<'a> Gone<'a> {
    fn new(test: &'a TestName, tests: Option<&'a BTreeSet<String>>) -> Self {
        Self { binary: &test.binary, tests }
    }

    fn contains(&self, owner: &str) -> bool {
        match owner.strip_prefix(self.binary).and_then(|rest| rest.strip_prefix("::")) {
            Some(path) => self.tests.is_some_and(|tests| !tests.contains(path)),
            None => binaries().is_some_and(|binaries| {
                let mut parts = owner.split("::");
                let binary = parts.next().zip(parts.next());
                binary.is_some_and(|(package, target)| !binaries.contains(&format!("{package}::{target}")))
            }),
        }
    }
}

/// The tests of the running binary, asked from itself; `None` under a harness that has no `--list`.
fn tests_of_this_binary() -> Option<&'static BTreeSet<String>> {
    static TESTS: OnceLock<Option<BTreeSet<String>>> = OnceLock::new();
    TESTS
        .get_or_init(|| {
            if env::var_os(LISTING).is_some() {
                return None;
            }
            let output = Command::new(env::current_exe().ok()?)
                .args(["--list", "--format", "terse"])
                .env(LISTING, "1")
                .output()
                .ok()
                .filter(|output| output.status.success())?;
            let text = String::from_utf8(output.stdout).ok()?;
            text.lines().map(|line| line.strip_suffix(": test").map(ToOwned::to_owned)).collect()
        })
        .as_ref()
}

/// Every target of the workspace, asked from Cargo; `None` where there is no Cargo to ask.
fn binaries() -> Option<&'static BTreeSet<String>> {
    static BINARIES: OnceLock<Option<BTreeSet<String>>> = OnceLock::new();
    BINARIES
        .get_or_init(|| {
            let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
            if let Some(directory) = env::var_os("CARGO_MANIFEST_DIR") {
                cargo.current_dir(directory);
            }
            let output = cargo.output().ok().filter(|output| output.status.success())?;
            let metadata: Value = serde_json::from_slice(&output.stdout).ok()?;
            let mut targets = BTreeSet::new();
            for package in metadata["packages"].as_array()? {
                for target in package["targets"].as_array()? {
                    let (package, target) = (package["name"].as_str()?, target["name"].as_str()?);
                    targets.insert(format!("{package}::{}", target.replace('-', "_")));
                }
            }
            Some(targets)
        })
        .as_ref()
}
