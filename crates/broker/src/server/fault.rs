//! What can go wrong with the database, and what to do about it.

use std::path::PathBuf;

use axum::http::StatusCode;

/// Why a broker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database file cannot be made or opened.
    #[error("{}: the database file cannot be opened: {source}\n  name another with --database sqlite:FILE", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database does not answer, or it is none.
    #[error("{address}: the database cannot be opened: {source}")]
    Database {
        /// Which, without a password.
        address: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The schema cannot be brought up to date.
    #[error("{address}: the schema of the database cannot be brought up to date: {source}")]
    Schema {
        /// Which database, without a password.
        address: String,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// Only a file can be copied.
    #[error("a PostgreSQL database is backed up with its own tools, such as pg_dump")]
    NotAFile,
}

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum DatabaseFault {
    #[error("{}: the database file is gone", .0.display())]
    Gone(PathBuf),
    #[error(transparent)]
    Reopen(OpenError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

impl DatabaseFault {
    /// The status, and what a client is told: the cause in general words, for the log has the rest.
    pub(super) fn told(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Gone(_) | Self::Reopen(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The database is not there. The broker goes on when it is back.",
            ),
            Self::Sql(error) => told_by_sql(error),
        }
    }
}

fn told_by_sql(error: &sqlx::Error) -> (StatusCode, &'static str) {
    match error {
        sqlx::Error::PoolTimedOut => {
            (StatusCode::SERVICE_UNAVAILABLE, "The database is busy or cannot be reached. Try again.")
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The database cannot be reached. Try again.")
        }
        sqlx::Error::Database(error) => told_by_code(error.code().as_deref(), error.message()),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "The broker failed."),
    }
}

/// SQLite numbers its results, the low eight bits telling the kind; PostgreSQL has SQLSTATE.
fn told_by_code(code: Option<&str>, message: &str) -> (StatusCode, &'static str) {
    const FULL: (StatusCode, &str) =
        (StatusCode::INSUFFICIENT_STORAGE, "The disk of the database is full. Nothing was changed.");
    const READ_ONLY: (StatusCode, &str) =
        (StatusCode::SERVICE_UNAVAILABLE, "The database cannot be written to. Nothing was changed.");
    const UNREACHABLE: (StatusCode, &str) =
        (StatusCode::SERVICE_UNAVAILABLE, "The database cannot be read or written. Nothing was changed.");
    match code {
        Some("53100") => FULL,
        Some("25006") => READ_ONLY,
        Some("57P01" | "57P02" | "57P03" | "53300") => UNREACHABLE,
        _ => match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
            // SQLITE_FULL; a write that the system refuses for want of space is an SQLITE_IOERR.
            Some(13) => FULL,
            Some(10) if message.contains("full") => FULL,
            Some(8) => READ_ONLY,
            Some(5 | 6 | 10 | 11 | 14 | 26) => UNREACHABLE,
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "The broker failed."),
        },
    }
}
