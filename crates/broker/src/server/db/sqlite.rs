//! A file of SQLite, in this process.
//!
//! Statements run where they are asked: most take some microseconds, and a hop to another thread and back takes more
//! than that. What may wait for others or for the disk, the beginning and the end of a change, and what reads or changes
//! much, has a thread of its own.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::ToSqlOutput;
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql, Transaction, TransactionBehavior};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::coop::consume_budget;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::statement::{Row, Statement, Value};
use super::{Error, PATIENCE, SCHEMA};

const KEY: &str = "INTEGER PRIMARY KEY AUTOINCREMENT";
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                        PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY";
/// Statements that each connection keeps prepared.
const STATEMENTS: usize = 256;

/// Connections to one file, so many at most.
#[derive(Debug)]
pub(super) struct Pool {
    file: PathBuf,
    connections: u32,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(file: &Path, connections: u32) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(connections as usize));
        Arc::new(Self { file: file.to_owned(), connections, permits, idle: Mutex::default() })
    }

    /// A connection, when one is free.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, Error> {
        let permit = timeout(PATIENCE, self.permits.clone().acquire_owned());
        let permit = permit.await.map_err(|_| Error::Busy)?.map_err(|_| Error::Closed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open(&self.file)?,
        };
        Ok(Lease { connection: Some(connection), pool: self.clone(), _permit: permit })
    }

    /// Ends all connections when what is under way is done.
    pub(super) async fn close(&self) {
        // A pool that is closed already has nothing under way.
        let _ = self.permits.acquire_many(self.connections).await;
        self.permits.close();
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a file that is there.
pub(super) fn open(file: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.execute_batch(SETTINGS)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Brings the schema up to date.
pub(super) fn migrate(connection: &Connection) -> Result<(), Error> {
    let change = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let mut version: u32 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // The first version did not write its number down.
    if version == 0 && change.table_exists(None, "pacticipant")? {
        version = 1;
    }
    let steps = SCHEMA.get(version as usize..).ok_or(Error::Newer)?;
    for step in steps {
        change.execute_batch(&step.replace("__ID__", KEY))?;
        version += 1;
    }
    change.pragma_update(None, "user_version", version)?;
    Ok(change.commit()?)
}

/// A connection that goes back when it is dropped; a transaction that was not committed is undone.
#[derive(Debug)]
pub(in crate::server) struct Lease {
    /// There until it is dropped.
    connection: Option<Connection>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Begins a look at one state of everything.
    pub(super) fn snapshot(self) -> Result<Self, Error> {
        self.connection()?.execute_batch("BEGIN")?;
        Ok(self)
    }

    /// Begins a change, after those of other processes.
    pub(super) async fn change(self) -> Result<Self, Error> {
        self.aside("BEGIN IMMEDIATE").await
    }

    pub(super) async fn commit(self) -> Result<(), Error> {
        self.aside("COMMIT").await.map(drop)
    }

    async fn aside(self, sql: &'static str) -> Result<Self, Error> {
        let run = move || {
            self.connection()?.execute_batch(sql)?;
            Ok(self)
        };
        spawn_blocking(run).await.map_err(|_| Error::Closed)?
    }

    pub(super) async fn rows(&mut self, statement: Statement, limit: usize) -> Result<Vec<Row>, Error> {
        self.run(statement, move |connection, statement| {
            let mut prepared = connection.prepare_cached(&in_own_words(&statement.sql))?;
            bind(&mut prepared, &statement.values)?;
            let columns = prepared.column_count();
            let mut found = prepared.raw_query();
            let mut rows = Vec::new();
            while rows.len() < limit
                && let Some(row) = found.next()?
            {
                rows.push(Row::Sqlite((0..columns).map(|at| row.get(at)).collect::<Result<_, _>>()?));
            }
            Ok(rows)
        })
        .await
    }

    pub(super) async fn execute(&mut self, statement: Statement) -> Result<u64, Error> {
        self.run(statement, |connection, statement| {
            let mut prepared = connection.prepare_cached(&in_own_words(&statement.sql))?;
            bind(&mut prepared, &statement.values)?;
            Ok(prepared.raw_execute()? as u64)
        })
        .await
    }

    /// Runs a statement here, or on a thread of its own. If nobody waits for that one any more, the connection ends
    /// with it, and what it did is undone.
    async fn run<T: Send + 'static>(
        &mut self,
        statement: Statement,
        work: impl FnOnce(&Connection, &Statement) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Error> {
        // Many short statements in a row are a long one.
        consume_budget().await;
        if !statement.takes_long {
            return Ok(work(self.connection()?, &statement)?);
        }
        let connection = self.connection.take().ok_or(Error::Closed)?;
        let aside = move || {
            let done = work(&connection, &statement);
            (connection, done)
        };
        let (connection, done) = spawn_blocking(aside).await.map_err(|_| Error::Closed)?;
        self.connection = Some(connection);
        Ok(done?)
    }

    fn connection(&self) -> Result<&Connection, Error> {
        self.connection.as_ref().ok_or(Error::Closed)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // SQLite ends a transaction by itself when the disk is full. One that cannot be ended ends with its connection.
        let ended = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        if ended && !self.pool.permits.is_closed() {
            self.pool.idle().push(connection);
        }
    }
}

/// SQLite has no lists, but reads those of JSON.
fn in_own_words(sql: &str) -> Cow<'_, str> {
    const LIST: &str = "= ANY(";
    if !sql.contains(LIST) {
        return Cow::Borrowed(sql);
    }
    let mut parts = sql.split(LIST);
    let mut own = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (key, rest) = part.split_once(')').unwrap_or((part, ""));
        own.push_str(&format!("IN (SELECT value FROM json_each({key})){rest}"));
    }
    Cow::Owned(own)
}

/// SQLite numbers `$1` and `$2` in the order in which they come, so that each is bound by its name.
fn bind(statement: &mut CachedStatement<'_>, values: &[Value]) -> Result<(), rusqlite::Error> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).and_then(|name| name.get(1..));
        let place = name.and_then(|name| name.parse().ok()).unwrap_or(index);
        let value = values.get(place.wrapping_sub(1));
        let value = value.ok_or(rusqlite::Error::InvalidParameterCount(values.len(), place))?;
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(value) => value.to_sql(),
            Self::Text(value) => value.to_sql(),
            Self::Keys(keys) => {
                let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
                Ok(format!("[{}]", keys.join(",")).into())
            }
        }
    }
}
