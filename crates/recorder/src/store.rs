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

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use billtest_contract::write::Identity;
use serde_json::Value;

use crate::RecordError;
use crate::held::{Entry, Held, content_of};
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

pub(crate) fn record(recorded: &Recorded<'_>) -> Result<(), RecordError> {
    let tests = tests_of_this_binary();
    if let Some(tests) = tests
        && !tests.contains(&recorded.test.path)
    {
        return Err(RecordError::NotATest(recorded.test.full()));
    }
    let path = recorded.directory.join(format!("{}-{}.json", recorded.consumer, recorded.provider));
    let test = recorded.test.full();
    let (identity, content) = (Identity::of(&recorded.interaction), content_of(&recorded.interaction));
    let mut owner = test.clone();
    let gone = Gone::new(recorded.test, tests);
    let process = std::process::id();

    let held = Held::of(&path)?;
    for entry in held.ledger().iter().filter(|entry| entry.identity == identity) {
        // A test that is run again, in another process, may change its mind.
        let again = entry.test == test && entry.process != process;
        if entry.content != content && !again {
            return Err(RecordError::Conflict {
                description: identity.description,
                first: entry.test.clone(),
                second: test,
            });
        }
        // Two tests that record the same thing: the smaller name owns it, whichever came first.
        owner = owner.min(entry.test.clone());
    }
    if let Some(present) = held.interactions().get(&identity)
        && same_but_owner(present, &recorded.interaction)
        && !gone.contains(owner_of(present))
    {
        // The same in a run in which the other test has no turn.
        owner = owner.min(owner_of(present).to_owned());
    }
    let first_of_test = !held.ledger().iter().any(|entry| entry.test == test && entry.process == process);
    let mut interaction = recorded.interaction.clone();
    stamp(&mut interaction, &owner);
    let entry = Entry { test: test.clone(), process, identity: identity.clone(), content };
    held.put((recorded.consumer, recorded.provider), entry, interaction, |known, interaction| {
        let replaced = *known != identity && first_of_test && owner_of(interaction) == test;
        !replaced && !gone.contains(owner_of(interaction))
    })
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

pub(crate) fn owner_of(interaction: &Value) -> &str {
    interaction["comments"]["testname"].as_str().unwrap_or_default()
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
