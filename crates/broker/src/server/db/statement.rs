//! Statements, in the words that both databases understand, and the rows that they answer with.

use std::borrow::Cow;

use sqlx::postgres::PgRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

use super::{Conn, Error};

/// A statement with placeholders `$1`, `$2`, and so on. `= ANY($1)` is true of each key in a list.
pub(in crate::server) fn statement(sql: impl Into<Cow<'static, str>>) -> Statement {
    Statement { sql: sql.into(), values: Vec::new(), takes_long: false }
}

/// A statement, and what stands for its placeholders.
#[derive(Debug, Clone)]
pub(in crate::server) struct Statement {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value>,
    pub(super) takes_long: bool,
}

impl Statement {
    /// The value of the next placeholder.
    pub(in crate::server) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// It reads or changes much, and others are to be answered meanwhile.
    pub(in crate::server) fn takes_long(mut self) -> Self {
        self.takes_long = true;
        self
    }

    /// Every row.
    pub(in crate::server) async fn fetch_all(self, conn: &mut Conn) -> Result<Vec<Row>, Error> {
        match conn {
            Conn::Sqlite(lease) => lease.rows(self, usize::MAX).await,
            Conn::Postgres(connection) => connection.rows(self).await,
        }
    }

    /// The first row, if there is one.
    pub(in crate::server) async fn fetch_optional(self, conn: &mut Conn) -> Result<Option<Row>, Error> {
        match conn {
            Conn::Sqlite(lease) => Ok(lease.rows(self, 1).await?.pop()),
            Conn::Postgres(connection) => connection.row(self).await,
        }
    }

    /// The first row of a statement that always has one.
    pub(in crate::server) async fn fetch_one(self, conn: &mut Conn) -> Result<Row, Error> {
        self.fetch_optional(conn).await?.ok_or(Error::NoRow)
    }

    /// How many rows it changed.
    pub(in crate::server) async fn execute(self, conn: &mut Conn) -> Result<u64, Error> {
        match conn {
            Conn::Sqlite(lease) => lease.execute(self).await,
            Conn::Postgres(connection) => connection.execute(self).await,
        }
    }
}

/// What stands for a placeholder; nothing has a type too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Keys(Vec<i64>),
}

impl From<&[i64]> for Value {
    fn from(value: &[i64]) -> Self {
        Self::Keys(value.to_owned())
    }
}

impl From<&Vec<i64>> for Value {
    fn from(value: &Vec<i64>) -> Self {
        value.as_slice().into()
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        value.as_str().into()
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&Option<String>> for Value {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

/// A row; its values are read by their place.
#[derive(Debug)]
pub(in crate::server) enum Row {
    Sqlite(Vec<rusqlite::types::Value>),
    Postgres(PgRow),
}

impl Row {
    pub(in crate::server) fn int(&self, at: usize) -> Result<i64, Error> {
        self.maybe_int(at)?.ok_or(Error::Column { at, wanted: "a number" })
    }

    pub(in crate::server) fn maybe_int(&self, at: usize) -> Result<Option<i64>, Error> {
        match self {
            Self::Sqlite(values) => match values.get(at) {
                Some(rusqlite::types::Value::Integer(value)) => Ok(Some(*value)),
                Some(rusqlite::types::Value::Null) => Ok(None),
                _ => Err(Error::Column { at, wanted: "a number" }),
            },
            // A constant in a statement has four bytes.
            Self::Postgres(row) if row.try_get_raw(at)?.type_info().name() == "INT4" => {
                Ok(row.try_get::<Option<i32>, _>(at)?.map(i64::from))
            }
            Self::Postgres(row) => Ok(row.try_get(at)?),
        }
    }

    pub(in crate::server) fn text(&self, at: usize) -> Result<String, Error> {
        self.maybe_text(at)?.ok_or(Error::Column { at, wanted: "a text" })
    }

    pub(in crate::server) fn maybe_text(&self, at: usize) -> Result<Option<String>, Error> {
        match self {
            Self::Sqlite(values) => match values.get(at) {
                Some(rusqlite::types::Value::Text(value)) => Ok(Some(value.clone())),
                Some(rusqlite::types::Value::Null) => Ok(None),
                _ => Err(Error::Column { at, wanted: "a text" }),
            },
            Self::Postgres(row) => Ok(row.try_get(at)?),
        }
    }

    pub(in crate::server) fn flag(&self, at: usize) -> Result<bool, Error> {
        self.int(at).map(|value| value != 0)
    }
}
