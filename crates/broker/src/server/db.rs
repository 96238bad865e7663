//! The database: one file of SQLite, or a PostgreSQL server, behind one set of statements.
//!
//! Changes go one after another: SQLite has one connection that writes, PostgreSQL one lock that each change takes.
//! Brokers are read a hundred times for each change, and with changes in a row every rule ("one truth for a version")
//! is a plain look before a plain insert. Reads never wait for changes: SQLite keeps a write-ahead log.
//!
//! `synchronous` is FULL. With NORMAL the log is not synced when a change is committed: a killed process would lose
//! nothing, but a power failure would take changes that were already acknowledged.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _,
    SqlSafeStr as _,
};
use tokio::sync::RwLock;

use super::fault::{DatabaseFault, OpenError};

/// A connection of either kind.
pub(super) type Conn = AnyConnection;
/// A change, or a look at one state of everything; what is not committed has not happened.
pub(super) type Transaction = sqlx::Transaction<'static, Any>;

const SCHEMA: &str = include_str!("schema.sql");
/// How many may read at once.
const READERS: u32 = 8;
/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// The lock that a change on PostgreSQL holds; any number will do that nobody else uses.
const LOCK: &str = "SELECT pg_advisory_xact_lock(728163094)";

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
#[derive(Debug)]
struct Pools {
    reading: AnyPool,
    writing: AnyPool,
    /// Which file it is, by the file system's own number; a path can come to mean another.
    file: Option<FileId>,
}

/// The database of a broker.
#[derive(Debug)]
pub(super) struct Database {
    address: DatabaseAddress,
    pools: RwLock<Arc<Pools>>,
}

impl Database {
    /// Opens it, makes a file of SQLite that is not there, and brings the schema up to date.
    pub(super) async fn open(address: DatabaseAddress) -> Result<Self, OpenError> {
        use_drivers();
        let pools = connect(&address, true).await?;
        Ok(Self { address, pools: RwLock::new(Arc::new(pools)) })
    }

    /// A connection that reads; each statement sees what is committed.
    pub(super) async fn read(&self) -> Result<sqlx::pool::PoolConnection<Any>, DatabaseFault> {
        Ok(self.pools().await?.reading.acquire().await?)
    }

    /// A look at one state of everything, whatever is changed meanwhile.
    pub(super) async fn snapshot(&self) -> Result<Transaction, DatabaseFault> {
        let begin = match self.address {
            DatabaseAddress::Sqlite(_) => "BEGIN",
            DatabaseAddress::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.pools().await?.reading.begin_with(begin).await?)
    }

    /// A change, with every other change before it or after it.
    pub(super) async fn write(&self) -> Result<Transaction, DatabaseFault> {
        let pools = self.pools().await?;
        match self.address {
            DatabaseAddress::Sqlite(_) => Ok(pools.writing.begin_with("BEGIN IMMEDIATE").await?),
            DatabaseAddress::Postgres(_) => {
                let mut change = pools.writing.begin().await?;
                change.execute(LOCK).await?;
                Ok(change)
            }
        }
    }

    /// Ends all connections when what is under way is done.
    pub(super) async fn close(&self) {
        let pools = self.pools.read().await.clone();
        pools.reading.close().await;
        pools.writing.close().await;
    }

    /// The open connections, if they still lead to the file that the path names. A file that was removed can still be
    /// written to, and everything written would be lost with the process.
    async fn pools(&self) -> Result<Arc<Pools>, DatabaseFault> {
        let pools = self.pools.read().await.clone();
        let DatabaseAddress::Sqlite(path) = &self.address else { return Ok(pools) };
        let now = FileId::of(path).ok_or_else(|| DatabaseFault::Gone(path.clone()))?;
        if pools.file.as_ref() == Some(&now) {
            return Ok(pools);
        }
        let mut current = self.pools.write().await;
        if current.file.as_ref() != Some(&now) {
            tracing::warn!(file = %path.display(), "the database file is another one; opening it");
            *current = Arc::new(connect(&self.address, false).await.map_err(DatabaseFault::Reopen)?);
        }
        Ok(current.clone())
    }
}

async fn connect(address: &DatabaseAddress, create: bool) -> Result<Pools, OpenError> {
    match address {
        DatabaseAddress::Sqlite(path) => {
            let opened = |source| OpenError::Database { address: path.display().to_string(), source };
            if create {
                create_file(path).map_err(|source| OpenError::File { path: path.clone(), source })?;
            }
            let url = sqlite_url(path);
            let writing = sqlite_pool(1, &url).await.map_err(opened)?;
            migrate(&writing, "INTEGER PRIMARY KEY AUTOINCREMENT")
                .await
                .map_err(|source| OpenError::Schema { address: path.display().to_string(), source })?;
            let reading = sqlite_pool(READERS, &url).await.map_err(opened)?;
            Ok(Pools { reading, writing, file: FileId::of(path) })
        }
        DatabaseAddress::Postgres(url) => {
            let shown = without_password(url);
            let pool = AnyPoolOptions::new()
                .max_connections(READERS * 2)
                .acquire_timeout(PATIENCE)
                .connect(url)
                .await
                .map_err(|source| OpenError::Database { address: shown.clone(), source })?;
            migrate(&pool, "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
                .await
                .map_err(|source| OpenError::Schema { address: shown, source })?;
            Ok(Pools { reading: pool.clone(), writing: pool, file: None })
        }
    }
}

fn create_file(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new().create(true).append(true).open(path).map(drop)
}

fn sqlite_url(path: &Path) -> String {
    SqliteConnectOptions::new().filename(path).to_url_lossy().to_string()
}

async fn sqlite_pool(connections: u32, url: &str) -> Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connection, _| {
            // SQLite ends a transaction by itself when the disk is full. Then the driver cannot, and would take the
            // connection to be in one for ever.
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                                PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY";
                connection.execute(settings).await.map(drop)
            })
        })
        .connect(url)
        .await
}

async fn migrate(pool: &AnyPool, id: &str) -> Result<(), sqlx::migrate::MigrateError> {
    let sql = AssertSqlSafe(SCHEMA.replace("__ID__", id)).into_sql_str();
    let schema = Migration::new(1, "schema".into(), MigrationType::Simple, sql, false);
    Migrator::with_migrations(vec![schema]).run(pool).await
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
    let failed = |source| OpenError::File { path: to.to_owned(), source };
    if !path.exists() {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(OpenError::File { path: path.clone(), source });
    }
    let exists = || failed(std::io::ErrorKind::AlreadyExists.into());
    let text = to.to_str().ok_or_else(|| failed(std::io::ErrorKind::InvalidFilename.into()))?;
    if to.exists() {
        return Err(exists());
    }
    use_drivers();
    let opened = |source| OpenError::Database { address: path.display().to_string(), source };
    let pool = sqlite_pool(1, &sqlite_url(path)).await.map_err(opened)?;
    let copied = sqlx::query("VACUUM INTO $1").bind(text).execute(&pool).await.map_err(opened);
    pool.close().await;
    copied.map(drop)
}

fn use_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(install_default_drivers);
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
