//! Which version of a consumer has which pact with which provider.

use super::clock::now;
use super::content::Content;
use super::db::{Conn, Error, Row, Statement, statement};

const COLUMNS: &str = "SELECT p.id, c.id, c.name, r.id, r.name, v.id, v.number, k.id, k.sha, p.created_at";
const TABLES: &str = "pact_publication p JOIN pacticipant c ON c.id = p.consumer_id \
                      JOIN pacticipant r ON r.id = p.provider_id JOIN version v ON v.id = p.version_id \
                      JOIN pact_version k ON k.id = p.pact_version_id";

/// A pact of one consumer version.
#[derive(Debug, Clone)]
pub(super) struct Pact {
    pub(super) id: i64,
    pub(super) consumer_id: i64,
    pub(super) consumer: String,
    pub(super) provider_id: i64,
    pub(super) provider: String,
    pub(super) version_id: i64,
    pub(super) number: String,
    pub(super) content_id: i64,
    pub(super) sha: String,
    pub(super) created_at: i64,
}

impl Pact {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.int(0)?,
            consumer_id: row.int(1)?,
            consumer: row.text(2)?,
            provider_id: row.int(3)?,
            provider: row.text(4)?,
            version_id: row.int(5)?,
            number: row.text(6)?,
            content_id: row.int(7)?,
            sha: row.text(8)?,
            created_at: row.int(9)?,
        })
    }

    /// `Pact between Foo (1.0.0) and Bar`.
    pub(super) fn title(&self) -> String {
        format!("Pact between {} ({}) and {}", self.consumer, self.number, self.provider)
    }
}

/// A value of a condition.
#[derive(Debug, Clone)]
pub(super) enum Key<'a> {
    Id(i64),
    Text(&'a str),
}

/// Pacts by joins and conditions on `p` (publication), `c` (consumer), `r` (provider), `v` (version), `k` (content).
pub(super) async fn find(conn: &mut Conn, rest: &str, keys: &[Key<'_>]) -> Result<Vec<Pact>, Error> {
    find_from(conn, &format!("{TABLES} {rest}"), keys).await
}

/// The same, for many pacts or for those that are hard to find.
pub(super) async fn find_many(conn: &mut Conn, rest: &str, keys: &[Key<'_>]) -> Result<Vec<Pact>, Error> {
    let sql = format!("{COLUMNS} FROM {TABLES} {rest}");
    bound(sql, keys).takes_long().fetch_all(conn).await?.iter().map(Pact::of).collect()
}

/// The same from tables in an order of one's own; `CROSS JOIN` makes SQLite keep to it.
pub(super) async fn find_from(conn: &mut Conn, tables: &str, keys: &[Key<'_>]) -> Result<Vec<Pact>, Error> {
    bound(format!("{COLUMNS} FROM {tables}"), keys).fetch_all(conn).await?.iter().map(Pact::of).collect()
}

/// The same, each with a text beside it.
pub(super) async fn find_marked(
    conn: &mut Conn,
    mark: &str,
    tables: &str,
    keys: &[Key<'_>],
) -> Result<Vec<(Pact, String)>, Error> {
    let rows = bound(format!("{COLUMNS}, {mark} FROM {tables}"), keys).fetch_all(conn).await?;
    rows.iter().map(|row| Ok((Pact::of(row)?, row.text(10)?))).collect()
}

fn bound(sql: String, keys: &[Key<'_>]) -> Statement {
    keys.iter().fold(statement(sql), |statement, key| match key {
        Key::Id(id) => statement.bind(*id),
        Key::Text(text) => statement.bind(*text),
    })
}

/// The pact of a version with a provider.
pub(super) async fn of_version(conn: &mut Conn, version: i64, provider: i64) -> Result<Option<Pact>, Error> {
    let keys = [Key::Id(version), Key::Id(provider)];
    Ok(find(conn, "WHERE p.version_id = $1 AND p.provider_id = $2", &keys).await?.pop())
}

/// The newest pact that had a content, by the names of the two and the content's SHA, before it was joined with others.
pub(super) async fn find_superseded(conn: &mut Conn, keys: &[Key<'_>]) -> Result<Option<Pact>, Error> {
    let tables = "pact_revision s JOIN pact_publication p ON p.id = s.publication_id JOIN pacticipant c ON \
                  c.id = p.consumer_id JOIN pacticipant r ON r.id = p.provider_id JOIN version v ON v.id = p.version_id \
                  JOIN pact_version k ON k.id = s.pact_version_id WHERE c.name = $1 AND r.name = $2 AND k.sha = $3 \
                  ORDER BY p.version_id DESC LIMIT 1";
    Ok(find_from(conn, tables, keys).await?.pop())
}

/// The text that is served for a content.
pub(super) async fn text(conn: &mut Conn, content: i64) -> Result<String, Error> {
    statement("SELECT content FROM pact_version WHERE id = $1").bind(content).fetch_one(conn).await?.text(0)
}

/// Whose pact it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parties {
    pub(super) consumer: i64,
    pub(super) provider: i64,
    pub(super) version: i64,
}

/// Keeps the pact of a version; one that is there is replaced.
pub(super) async fn put(conn: &mut Conn, parties: Parties, content: &Content) -> Result<(), Error> {
    let Parties { consumer, provider, version } = parties;
    let now = now();
    let sql = "INSERT INTO integration (consumer_id, provider_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    statement(sql).bind(consumer).bind(provider).bind(now).execute(&mut *conn).await?;
    let content = keep(conn, consumer, provider, content).await?;
    let old = of_version(conn, version, provider).await?;
    let sql = "INSERT INTO pact_publication (consumer_id, provider_id, version_id, pact_version_id, revision, created_at) \
               VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (version_id, provider_id) DO UPDATE SET \
               pact_version_id = excluded.pact_version_id, created_at = excluded.created_at, \
               revision = pact_publication.revision + 1 RETURNING id, revision";
    let row = statement(sql).bind(consumer).bind(provider).bind(version).bind(content).bind(now);
    let row = row.fetch_one(&mut *conn).await?;
    let (publication, revision) = (row.int(0)?, row.int(1)?);
    if let Some(old) = old {
        let sql = "INSERT INTO pact_revision (publication_id, revision, pact_version_id) VALUES ($1, $2, $3)";
        statement(sql).bind(publication).bind(revision - 1).bind(old.content_id).execute(conn).await?;
        return Ok(());
    }
    let sql = "INSERT INTO branch_pact (branch_id, provider_id, version_id, publication_id) \
               SELECT branch_id, $1, $2, $3 FROM branch_version WHERE version_id = $2";
    statement(sql).bind(provider).bind(version).bind(publication).execute(&mut *conn).await?;
    let sql = "INSERT INTO tag_pact (consumer_id, tag, provider_id, version_id, publication_id) \
               SELECT pacticipant_id, name, $1, $2, $3 FROM tag WHERE version_id = $2";
    statement(sql).bind(provider).bind(version).bind(publication).execute(conn).await?;
    Ok(())
}

/// The key of a content, which is kept if it is new.
async fn keep(conn: &mut Conn, consumer: i64, provider: i64, content: &Content) -> Result<i64, Error> {
    let sql = "SELECT id FROM pact_version WHERE consumer_id = $1 AND provider_id = $2 AND sha = $3";
    let known =
        statement(sql).bind(consumer).bind(provider).bind(&content.sha).fetch_optional(&mut *conn).await?;
    if let Some(row) = known {
        return row.int(0);
    }
    let sql = "INSERT INTO pact_version (consumer_id, provider_id, sha, content, interactions, messages, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let row = statement(sql)
        .bind(consumer)
        .bind(provider)
        .bind(&content.sha)
        .bind(&content.text)
        .bind(count(content.interactions))
        .bind(count(content.messages))
        .bind(now())
        .fetch_one(conn)
        .await?;
    row.int(0)
}
