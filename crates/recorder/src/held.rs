//! A pact and the ledger of the run, held under one lock.
//!
//! What was read is kept for the next test of this process: a suite of many interactions would otherwise read its whole
//! file for each. Whether somebody else has written meanwhile is told by a counter in the lock file, and by the size and
//! time of the pact.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use billtest_contract::write::{self, Identity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RecordError;
use crate::store::owner_of;

/// What a run has recorded, one line each.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) test: String,
    pub(crate) process: u32,
    pub(crate) identity: Identity,
    /// Stands for the interaction: the same number, the same content.
    pub(crate) content: u64,
}

/// What is in the files.
#[derive(Debug)]
struct Content {
    /// Of the lock file, when this was read or written.
    generation: u64,
    stamp: Option<(SystemTime, u64)>,
    interactions: BTreeMap<Identity, Value>,
    ledger: Vec<Entry>,
}

static KNOWN: LazyLock<Mutex<HashMap<PathBuf, Content>>> = LazyLock::new(Mutex::default);

/// The files, as long as nobody else may touch them.
#[derive(Debug)]
pub(crate) struct Held {
    pact: PathBuf,
    ledger: PathBuf,
    lock_path: PathBuf,
    lock: File,
    content: Content,
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> RecordError + use<> {
    let path = path.to_owned();
    move |source| RecordError::Io { path, source }
}

impl Held {
    /// Waits for the files, and reads what of them is not known.
    pub(crate) fn of(pact: &Path) -> Result<Self, RecordError> {
        let ledger = ledger_path(pact)?;
        let lock_path = ledger.with_extension("lock");
        let mut open = OpenOptions::new();
        open.read(true).write(true).create(true).truncate(false);
        let mut lock = open.open(&lock_path).map_err(io_at(&lock_path))?;
        lock.lock().map_err(io_at(&lock_path))?;
        let mut text = String::new();
        lock.read_to_string(&mut text).map_err(io_at(&lock_path))?;
        // A counter that cannot be read is a new one; nothing that is known has it.
        let generation = text.trim().parse().unwrap_or(0);
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).remove(pact);
        let is_current =
            |content: &Content| content.generation == generation && content.stamp == stamp_of(pact);
        let content = match known.filter(is_current) {
            Some(content) => content,
            None => Content {
                generation,
                stamp: stamp_of(pact),
                interactions: read_pact(pact)?,
                ledger: read_ledger(&ledger),
            },
        };
        Ok(Self { pact: pact.to_owned(), ledger, lock_path, lock, content })
    }

    pub(crate) fn interactions(&self) -> &BTreeMap<Identity, Value> {
        &self.content.interactions
    }

    pub(crate) fn ledger(&self) -> &[Entry] {
        &self.content.ledger
    }

    /// Puts the interaction of an entry in, and takes out what is not to be kept. A pact that is as it was is not written.
    pub(crate) fn put(
        mut self,
        (consumer, provider): (&str, &str),
        entry: Entry,
        interaction: Value,
        keep: impl Fn(&Identity, &Value) -> bool,
    ) -> Result<(), RecordError> {
        let interactions = &mut self.content.interactions;
        let before = interactions.len();
        interactions.retain(|identity, interaction| keep(identity, interaction));
        let mut changed = interactions.len() != before;
        changed |= interactions.get(&entry.identity) != Some(&interaction);
        if changed {
            interactions.insert(entry.identity.clone(), interaction);
            let list: Vec<Value> = interactions.values().cloned().collect();
            let bytes = write::to_bytes(consumer, provider, &list);
            write::replace(&self.pact, &bytes).map_err(io_at(&self.pact))?;
            self.content.stamp = stamp_of(&self.pact);
        }
        self.note(entry)?;
        self.content.generation = self.content.generation.wrapping_add(1);
        self.lock.rewind().map_err(io_at(&self.lock_path))?;
        self.lock.set_len(0).map_err(io_at(&self.lock_path))?;
        let text = self.content.generation.to_string();
        self.lock.write_all(text.as_bytes()).map_err(io_at(&self.lock_path))?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(self.pact, self.content);
        Ok(())
    }

    /// Adds a line to the ledger, or begins it anew.
    fn note(&mut self, entry: Entry) -> Result<(), RecordError> {
        let begins = self.content.ledger.is_empty();
        let mut lines = if begins { serde_json::to_vec(&run_id())? } else { Vec::new() };
        if begins {
            lines.push(b'\n');
        }
        serde_json::to_writer(&mut lines, &entry)?;
        lines.push(b'\n');
        let mut open = OpenOptions::new();
        let open = if begins { open.write(true).create(true).truncate(true) } else { open.append(true) };
        let written = open.open(&self.ledger).and_then(|mut file| file.write_all(&lines));
        written.map_err(io_at(&self.ledger))?;
        self.content.ledger.push(entry);
        Ok(())
    }
}

/// A number for an interaction's content.
pub(crate) fn content_of(interaction: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    write::sorted(interaction.clone()).to_string().hash(&mut hasher);
    hasher.finish()
}

fn stamp_of(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
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
    let mut document: Value =
        serde_json::from_slice(&bytes).map_err(|error| foreign(format!("is not JSON: {error}")))?;
    let Some(Value::Array(list)) = document.get_mut("interactions").map(Value::take) else {
        return Err(foreign("has no list of interactions".into()));
    };
    list.into_iter()
        .map(|interaction| {
            let identity = Identity::of(&interaction);
            if owner_of(&interaction).is_empty() {
                let reason = format!("interaction \"{}\" was not recorded by billtest", identity.description);
                return Err(foreign(reason));
            }
            Ok((identity, interaction))
        })
        .collect()
}

/// A ledger that cannot be read, as half a one after a crash, or is of another run, is an empty one: it only ever holds
/// what this run knows.
fn read_ledger(path: &Path) -> Vec<Entry> {
    let Ok(text) = fs::read_to_string(path) else { return Vec::new() };
    let mut lines = text.lines();
    let run = lines.next().and_then(|line| serde_json::from_str::<String>(line).ok());
    if run != Some(run_id()) {
        return Vec::new();
    }
    lines.map(serde_json::from_str).collect::<Result<_, _>>().unwrap_or_default()
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
    let folder = pact.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(io_at(folder))?;
    let folder = fs::canonicalize(folder).map_err(io_at(folder))?;
    let mut hasher = DefaultHasher::new();
    (folder, pact.file_name()).hash(&mut hasher);
    let user = env::var("USER").or_else(|_| env::var("USERNAME")).unwrap_or_default();
    let user: String = user.chars().filter(char::is_ascii_alphanumeric).collect();
    let directory = env::temp_dir().join(format!("billtest-recorder-{user}"));
    fs::create_dir_all(&directory).map_err(io_at(&directory))?;
    Ok(directory.join(format!("{:016x}.jsonl", hasher.finish())))
}
