//! Things by their names: pacticipants and their versions, found or made.

use super::clock::now;
use super::db::{Conn, Error, statement};
use super::refusal::Refusal;

/// Branches that become a pacticipant's main branch when they are the first of it.
const MAIN_BRANCHES: [&str; 3] = ["develop", "main", "master"];
/// How long after a version was made its first tag says which branch it is of, for clients that know only tags.
const TAG_IS_BRANCH_FOR: i64 = 10_000_000;

/// A version by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) id: i64,
    /// Whether it was not there before.
    pub(super) new: bool,
}

pub(super) async fn pacticipant(conn: &mut Conn, name: &str) -> Result<Option<i64>, Error> {
    let row = statement("SELECT id FROM pacticipant WHERE name = $1").bind(name).fetch_optional(conn).await?;
    row.map(|row| row.int(0)).transpose()
}

/// The pacticipant, or that there is none.
pub(super) async fn known_pacticipant(conn: &mut Conn, name: &str) -> Result<i64, Refusal> {
    known(conn, "pacticipant", name).await
}

/// The provider, or that there is none.
pub(super) async fn known_provider(conn: &mut Conn, name: &str) -> Result<i64, Refusal> {
    known(conn, "provider", name).await
}

async fn known(conn: &mut Conn, role: &'static str, name: &str) -> Result<i64, Refusal> {
    pacticipant(conn, name).await?.ok_or_else(|| Refusal::Unnamed { role, name: name.to_owned() })
}

pub(super) async fn make_pacticipant(conn: &mut Conn, name: &str) -> Result<Made, Error> {
    if let Some(id) = pacticipant(conn, name).await? {
        return Ok(Made { id, new: false });
    }
    let sql = "INSERT INTO pacticipant (name, display_name, created_at) VALUES ($1, $2, $3) RETURNING id";
    let row = statement(sql).bind(name).bind(name).bind(now()).fetch_one(conn).await?;
    Ok(Made { id: row.int(0)?, new: true })
}

pub(super) async fn version(conn: &mut Conn, owner: i64, number: &str) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM version WHERE pacticipant_id = $1 AND number = $2";
    let row = statement(sql).bind(owner).bind(number).fetch_optional(conn).await?;
    row.map(|row| row.int(0)).transpose()
}

/// The version of a pacticipant, both by name.
pub(super) async fn known_version(conn: &mut Conn, name: &str, number: &str) -> Result<i64, Refusal> {
    let owner = pacticipant(conn, name).await?.ok_or(Refusal::NotFound)?;
    version(conn, owner, number).await?.ok_or(Refusal::NotFound)
}

pub(super) async fn make_version(conn: &mut Conn, owner: i64, number: &str) -> Result<Made, Error> {
    if let Some(id) = version(conn, owner, number).await? {
        return Ok(Made { id, new: false });
    }
    let sql = "INSERT INTO version (pacticipant_id, number, created_at) VALUES ($1, $2, $3) RETURNING id";
    let row = statement(sql).bind(owner).bind(number).bind(now()).fetch_one(conn).await?;
    Ok(Made { id: row.int(0)?, new: true })
}

pub(super) async fn set_build_url(conn: &mut Conn, version: i64, url: &str) -> Result<(), Error> {
    statement("UPDATE version SET build_url = $1 WHERE id = $2")
        .bind(url)
        .bind(version)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn branch(conn: &mut Conn, owner: i64, name: &str) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM branch WHERE pacticipant_id = $1 AND name = $2";
    let row = statement(sql).bind(owner).bind(name).fetch_optional(conn).await?;
    row.map(|row| row.int(0)).transpose()
}

/// Puts a version on a branch, which is made if it is not there; says whether the version is new on it.
pub(super) async fn put_on_branch(
    conn: &mut Conn,
    owner: i64,
    version: i64,
    name: &str,
) -> Result<bool, Error> {
    let now = now();
    let branch = match branch(conn, owner, name).await? {
        Some(id) => id,
        None => make_branch(conn, owner, name).await?,
    };
    let touch = "UPDATE branch_version SET updated_at = $1 WHERE branch_id = $2 AND version_id = $3";
    let touched = statement(touch).bind(now).bind(branch).bind(version).execute(&mut *conn).await?;
    if touched > 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO branch_version (branch_id, version_id, created_at) VALUES ($1, $2, $3)";
    statement(sql).bind(branch).bind(version).bind(now).execute(&mut *conn).await?;
    statement("UPDATE branch SET updated_at = $1 WHERE id = $2")
        .bind(now)
        .bind(branch)
        .execute(&mut *conn)
        .await?;
    let sql = "INSERT INTO branch_pact (branch_id, provider_id, version_id, publication_id) \
               SELECT $1, provider_id, version_id, id FROM pact_publication WHERE version_id = $2";
    statement(sql).bind(branch).bind(version).execute(conn).await?;
    Ok(true)
}

async fn make_branch(conn: &mut Conn, owner: i64, name: &str) -> Result<i64, Error> {
    let now = now();
    let sql = "INSERT INTO branch (pacticipant_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4) RETURNING id";
    let row = statement(sql).bind(owner).bind(name).bind(now).bind(now).fetch_one(&mut *conn).await?;
    if MAIN_BRANCHES.contains(&name) {
        let sql =
            "UPDATE pacticipant SET main_branch = $1, updated_at = $2 WHERE id = $3 AND main_branch IS NULL";
        statement(sql).bind(name).bind(now).bind(owner).execute(conn).await?;
    }
    row.int(0)
}

/// Tags a version; says whether the tag is new on it.
pub(super) async fn put_tag(conn: &mut Conn, owner: i64, version: i64, name: &str) -> Result<bool, Error> {
    let now = now();
    let sql = "INSERT INTO tag (pacticipant_id, name, version_id, created_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT DO NOTHING";
    let tagged = statement(sql).bind(owner).bind(name).bind(version).bind(now).execute(&mut *conn).await?;
    if tagged == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO tag_pact (consumer_id, tag, provider_id, version_id, publication_id) \
               SELECT consumer_id, $1, provider_id, version_id, id FROM pact_publication WHERE version_id = $2";
    statement(sql).bind(name).bind(version).execute(&mut *conn).await?;
    let sql = "SELECT v.created_at, (SELECT COUNT(*) FROM branch_version b WHERE b.version_id = v.id) FROM version v \
               WHERE v.id = $1";
    let row = statement(sql).bind(version).fetch_one(&mut *conn).await?;
    if row.int(1)? == 0 && now - row.int(0)? < TAG_IS_BRANCH_FOR {
        put_on_branch(conn, owner, version, name).await?;
    }
    Ok(true)
}
