//! What can go wrong with the database, and what to do about it.

use std::path::PathBuf;

use axum::http::StatusCode;
use rusqlite::ErrorCode;

use super::db::Error;

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
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The schema cannot be brought up to date.
    #[error("{address}: the schema of the database cannot be brought up to date: {source}")]
    Schema {
        /// Which database, without a password.
        address: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Only a file can be copied.
    #[error("a PostgreSQL database is backed up with its own tools, such as pg_dump")]
    NotAFile,
    /// The copy of a database file cannot be written.
    #[error("{}: the copy cannot be written: {source}\n  name a new file in a directory that is there", path.display())]
    Copy {
        /// The copy.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum DatabaseFault {
    #[error("{}: the database file is gone", .0.display())]
    Gone(PathBuf),
    #[error(transparent)]
    Reopen(OpenError),
    #[error(transparent)]
    Statement(#[from] Error),
}

impl DatabaseFault {
    /// The status, and what a client is told: the cause in general words, for the log has the rest.
    pub(super) fn told(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Gone(_) | Self::Reopen(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The database is not there. The broker goes on when it is back.",
            ),
            Self::Statement(error) => told_by(error),
        }
    }
}

const BUSY: (StatusCode, &str) =
    (StatusCode::SERVICE_UNAVAILABLE, "The database is busy or cannot be reached. Try again.");
const LOST: (StatusCode, &str) =
    (StatusCode::SERVICE_UNAVAILABLE, "The database cannot be reached. Try again.");
const FULL: (StatusCode, &str) =
    (StatusCode::INSUFFICIENT_STORAGE, "The disk of the database is full. Nothing was changed.");
const READ_ONLY: (StatusCode, &str) =
    (StatusCode::SERVICE_UNAVAILABLE, "The database cannot be written to. Nothing was changed.");
const UNREACHABLE: (StatusCode, &str) =
    (StatusCode::SERVICE_UNAVAILABLE, "The database cannot be read or written. Nothing was changed.");
const FAILED: (StatusCode, &str) = (StatusCode::INTERNAL_SERVER_ERROR, "The broker failed.");

fn told_by(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Busy | Error::Postgres(sqlx::Error::PoolTimedOut) => BUSY,
        Error::Closed => LOST,
        Error::Sqlite(rusqlite::Error::SqliteFailure(error, message)) => {
            told_by_sqlite(error.code, message.as_deref().unwrap_or_default())
        }
        Error::Postgres(error) => told_by_postgres(error),
        Error::NoRow | Error::Column { .. } | Error::Newer | Error::Sqlite(_) => FAILED,
    }
}

fn told_by_sqlite(code: ErrorCode, message: &str) -> (StatusCode, &'static str) {
    match code {
        ErrorCode::DiskFull => FULL,
        // What the system refuses for want of space.
        ErrorCode::SystemIoFailure if message.contains("full") => FULL,
        ErrorCode::ReadOnly => READ_ONLY,
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::SystemIoFailure
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::CannotOpen
        | ErrorCode::NotADatabase => UNREACHABLE,
        _ => FAILED,
    }
}

fn told_by_postgres(error: &sqlx::Error) -> (StatusCode, &'static str) {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::Protocol(_) => LOST,
        // Its SQLSTATE.
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("53100") => FULL,
            Some("25006") => READ_ONLY,
            // A change of another broker goes on for too long.
            Some("55P03") => BUSY,
            Some("57P01" | "57P02" | "57P03" | "53300") => UNREACHABLE,
            _ => FAILED,
        },
        _ => FAILED,
    }
}
