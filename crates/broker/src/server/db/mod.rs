//! The database: one file of SQLite, or a PostgreSQL server, behind one set of statements.
//!
//! Changes go one after another: each broker has one connection that writes, and PostgreSQL, which may serve several
//! brokers, one lock that each change takes.
//! Brokers are read a hundred times for each change, and with changes in a row every rule ("one truth for a version")
//! is a plain look before a plain insert. Reads never wait for changes: SQLite keeps a write-ahead log.
//!
//! `synchronous` is FULL. With NORMAL the log is not synced when a change is committed: a killed process would lose
//! nothing, but a power failure would take changes that were already acknowledged.

mod postgres;
mod sqlite;
mod statement;

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgPool;
use tokio::sync::RwLock;

use super::fault::{DatabaseFault, OpenError};

pub(super) use statement::{Row, Statement, statement};

/// What brings a database from each version of the schema to the next; `__ID__` is a key that counts up.
const SCHEMA: [&str; 2] = [include_str!("1-schema.sql"), include_str!("2-revisions.sql")];
/// How many may read at once.
const READERS: u32 = 8;
/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection of either kind.
#[derive(Debug)]
pub(super) enum Conn {
    Sqlite(sqlite::Lease),
    Postgres(postgres::Connection),
}

/// Why a statement did not do what it says.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no such row")]
    NoRow,
    #[error("column {at} is not {wanted}")]
    Column { at: usize, wanted: &'static str },
    #[error("no connection was free for {} seconds", PATIENCE.as_secs())]
    Busy,
    #[error("the database was closed")]
    Closed,
    #[error("the database is of a newer version of billtest")]
    Newer,
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Postgres(#[from] sqlx::Error),
}

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A PostgreSQL server, by its URL.
    Postgres(String),
}

impl std::str::FromStr for DatabaseAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", file)) => {
                let file = file.strip_prefix("//").unwrap_or(file);
                if file.is_empty() || file == ":memory:" {
                    return Err("name a file, such as sqlite:broker.sqlite".to_owned());
                }
                Ok(Self::Sqlite(file.into()))
            }
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            _ => Err("write sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME".to_owned()),
        }
    }
}

/// Open connections.
#[derive(Debug, Clone)]
enum Pools {
    Sqlite {
        reading: Arc<sqlite::Pool>,
        writing: Arc<sqlite::Pool>,
        /// Which file it is, by the file system's own number; a path can come to mean another.
        file: Option<FileId>,
    },
    Postgres {
        reading: PgPool,
        writing: PgPool,
    },
}

/// The database of a broker.
#[derive(Debug)]
pub(super) struct Database {
    address: DatabaseAddress,
    pools: RwLock<Pools>,
}

/// A connection that reads; each statement sees what is committed.
#[derive(Debug)]
pub(super) struct Reading(Conn);

/// A change, or a look at one state of everything; what is not committed has not happened.
#[derive(Debug)]
pub(super) struct Transaction(Conn);

impl Transaction {
    pub(super) async fn commit(self) -> Result<(), Error> {
        match self.0 {
            Conn::Sqlite(lease) => lease.commit().await,
            Conn::Postgres(connection) => connection.commit().await,
        }
    }
}

impl Deref for Reading {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

impl Deref for Transaction {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

impl Database {
    /// Opens it, makes a file of SQLite that is not there, and brings the schema up to date.
    pub(super) async fn open(address: DatabaseAddress) -> Result<Self, OpenError> {
        if let DatabaseAddress::Sqlite(path) = &address {
            create_file(path).map_err(|source| OpenError::File { path: path.clone(), source })?;
        }
        let pools = connect(&address).await?;
        Ok(Self { address, pools: RwLock::new(pools) })
    }

    pub(super) async fn read(&self) -> Result<Reading, DatabaseFault> {
        Ok(Reading(match self.pools().await? {
            Pools::Sqlite { reading, .. } => Conn::Sqlite(reading.lease().await?),
            Pools::Postgres { reading, .. } => Conn::Postgres(postgres::Connection::of(&reading).await?),
        }))
    }

    /// A look at one state of everything, whatever is changed meanwhile.
    pub(super) async fn snapshot(&self) -> Result<Transaction, DatabaseFault> {
        Ok(Transaction(match self.pools().await? {
            Pools::Sqlite { reading, .. } => Conn::Sqlite(reading.lease().await?.snapshot()?),
            Pools::Postgres { reading, .. } => {
                Conn::Postgres(postgres::Connection::snapshot(&reading).await?)
            }
        }))
    }

    /// A change, with every other change before it or after it.
    pub(super) async fn write(&self) -> Result<Transaction, DatabaseFault> {
        Ok(Transaction(match self.pools().await? {
            Pools::Sqlite { writing, .. } => Conn::Sqlite(writing.lease().await?.change().await?),
            Pools::Postgres { writing, .. } => Conn::Postgres(postgres::Connection::change(&writing).await?),
        }))
    }

    /// Ends all connections when what is under way is done.
    pub(super) async fn close(&self) {
        match self.pools.read().await.clone() {
            Pools::Sqlite { reading, writing, .. } => {
                reading.close().await;
                writing.close().await;
            }
            Pools::Postgres { reading, writing } => {
                reading.close().await;
                writing.close().await;
            }
        }
    }

    /// The open connections, if they still lead to the file that the path names. A file that was removed can still be
    /// written to, and everything written would be lost with the process.
    async fn pools(&self) -> Result<Pools, DatabaseFault> {
        let pools = self.pools.read().await.clone();
        let (DatabaseAddress::Sqlite(path), Pools::Sqlite { file, .. }) = (&self.address, &pools) else {
            return Ok(pools);
        };
        let now = FileId::of(path).ok_or_else(|| DatabaseFault::Gone(path.clone()))?;
        if file.as_ref() == Some(&now) {
            return Ok(pools);
        }
        let mut current = self.pools.write().await;
        if !matches!(&*current, Pools::Sqlite { file: Some(known), .. } if *known == now) {
            tracing::warn!(file = %path.display(), "the database file is another one; opening it");
            *current = connect(&self.address).await.map_err(DatabaseFault::Reopen)?;
        }
        Ok(current.clone())
    }
}

async fn connect(address: &DatabaseAddress) -> Result<Pools, OpenError> {
    match address {
        DatabaseAddress::Sqlite(path) => {
            let address = || path.display().to_string();
            let connection = sqlite::open(path)
                .map_err(|source| OpenError::Database { address: address(), source: source.into() })?;
            sqlite::migrate(&connection)
                .map_err(|source| OpenError::Schema { address: address(), source: source.into() })?;
            let (reading, writing) = (sqlite::Pool::new(path, READERS), sqlite::Pool::new(path, 1));
            Ok(Pools::Sqlite { reading, writing, file: FileId::of(path) })
        }
        DatabaseAddress::Postgres(url) => {
            let address = || without_password(url);
            let failed =
                |source: sqlx::Error| OpenError::Database { address: address(), source: source.into() };
            let writing = postgres::connect(url, 1).await.map_err(failed)?;
            postgres::migrate(&writing)
                .await
                .map_err(|source| OpenError::Schema { address: address(), source: source.into() })?;
            let reading = postgres::connect(url, READERS).await.map_err(failed)?;
            Ok(Pools::Postgres { reading, writing })
        }
    }
}

fn create_file(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new().create(true).append(true).open(path).map(drop)
}

fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) => {
            // An address that cannot have a password has none.
            let _ = parsed.set_password(None);
            parsed.to_string()
        }
        Err(_) => "the PostgreSQL server".to_owned(),
    }
}

/// Copies everything in a database into a new file, as it is at one moment, while a broker goes on with it.
///
/// # Errors
/// [`OpenError`], also if the new file is there already.
pub async fn back_up(from: &DatabaseAddress, to: &Path) -> Result<(), OpenError> {
    let DatabaseAddress::Sqlite(path) = from else { return Err(OpenError::NotAFile) };
    if !path.exists() {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(OpenError::File { path: path.clone(), source });
    }
    let failed = |source| OpenError::Copy { path: to.to_owned(), source };
    let text = to.to_str().ok_or_else(|| failed(std::io::ErrorKind::InvalidFilename.into()))?;
    // SQLite fills an empty file as well as a new one, and tells less of what is wrong with the place.
    std::fs::OpenOptions::new().write(true).create_new(true).open(to).map_err(failed)?;
    let (file, copy) = (path.clone(), text.to_owned());
    let copied =
        tokio::task::spawn_blocking(move || sqlite::open(&file)?.execute("VACUUM INTO ?1", [copy]).map(drop));
    let source: Box<dyn std::error::Error + Send + Sync> = match copied.await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(source)) => source.into(),
        Err(source) => source.into(),
    };
    // Half a copy is none. Whatever keeps it there, the failure before is the one to tell.
    let _ = std::fs::remove_file(to);
    Err(OpenError::Database { address: path.display().to_string(), source })
}

/// What tells one file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).ok().map(|metadata| Self(metadata.dev(), metadata.ino()))
    }

    /// Elsewhere an open file cannot be removed, so that its being there is enough.
    #[cfg(not(unix))]
    fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|_| Self(0, 0))
    }
}
