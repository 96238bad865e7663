//! Branches, and the versions on them.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Broker;
use super::body::wrong_name;
use super::clock::shown;
use super::db::{Conn, Error, Row, statement};
use super::links::{Base, link, named};
use super::media::{HAL, created, hal, offer};
use super::names::{self, known_pacticipant, known_version, make_pacticipant, make_version, put_on_branch};
use super::query::Query;
use super::refusal::{Fields, Refusal};
use super::versions::{self, Page};

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/pacticipants/{name}/branches", get(list))
        .route("/pacticipants/{name}/branches/{branch}", get(show).delete(remove))
        .route("/pacticipants/{name}/branches/{branch}/latest-version", get(latest))
        .route("/pacticipants/{name}/branches/{branch}/versions", get(list_versions))
        .route("/pacticipants/{name}/branches/{branch}/versions/{number}", get(show_version).put(put))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

/// The newest version on a branch.
pub(super) async fn newest(conn: &mut Conn, branch: i64) -> Result<Option<i64>, Error> {
    let sql = "SELECT MAX(version_id) FROM branch_version WHERE branch_id = $1";
    statement(sql).bind(branch).fetch_one(conn).await?.maybe_int(0)
}

async fn known_branch(conn: &mut Conn, name: &str, branch: &str) -> Result<i64, Refusal> {
    let owner = known_pacticipant(conn, name).await?;
    names::branch(conn, owner, branch).await?.ok_or(Refusal::NotFound)
}

fn document(base: &Base, owner: &str, row: &Row) -> Result<Value, Error> {
    let name = row.text(0)?;
    let own = base.branch(owner, &name);
    Ok(json!({"name": name, "createdAt": shown(row.int(1)?), "updatedAt": shown(row.int(2)?), "_links": {
        "self": link("Branch", own.clone()),
        "pb:latest-version": link("Latest version on this branch", format!("{own}/latest-version"))
    }}))
}

async fn list(
    State(broker): State<Broker>,
    base: Base,
    Path(name): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query)?;
    let mut conn = broker.database().read().await?;
    let owner = known_pacticipant(&mut conn, &name).await?;
    let like = query.filled("q").map_or_else(|| "%".to_owned(), |part| format!("%{}%", escaped(part)));
    let sql = "SELECT COUNT(*) FROM branch WHERE pacticipant_id = $1 AND name LIKE $2 ESCAPE '\\'";
    let total = statement(sql).bind(owner).bind(&like).fetch_one(&mut conn).await?.int(0)?;
    let sql = "SELECT name, created_at, updated_at FROM branch WHERE pacticipant_id = $1 AND name LIKE $2 ESCAPE '\\' \
               ORDER BY id DESC LIMIT $3 OFFSET $4";
    let rows = statement(sql).bind(owner).bind(&like).bind(page.size).bind(page.offset());
    let rows = rows.fetch_all(&mut conn).await?;
    let branches = rows.iter().map(|row| document(&base, &name, row)).collect::<Result<Vec<_>, _>>()?;
    let link = |branch: &Value| json!({"name": branch["name"], "href": branch["_links"]["self"]["href"]});
    let links: Vec<Value> = branches.iter().map(link).collect();
    let href = base.at(["pacticipants", &name, "branches"]);
    let own = json!({"title": format!("Branches of {name}"), "href": href});
    let mut document = json!({"page": page.document(total), "_embedded": {"branches": branches},
        "_links": {"self": own, "pb:branches": links}});
    page.link(&mut document["_links"], &href, total);
    Ok(hal(StatusCode::OK, &document))
}

/// A part of a name, with nothing in it that a pattern would read.
fn escaped(part: &str) -> String {
    part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

async fn show(
    State(broker): State<Broker>,
    base: Base,
    Path((name, branch)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let id = known_branch(&mut conn, &name, &branch).await?;
    let sql = "SELECT name, created_at, updated_at FROM branch WHERE id = $1";
    let row = statement(sql).bind(id).fetch_one(&mut conn).await?;
    Ok(hal(StatusCode::OK, &document(&base, &name, &row)?))
}

/// Removes the branch; its versions stay.
async fn remove(
    State(broker): State<Broker>,
    Path((name, branch)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let id = known_branch(&mut change, &name, &branch).await?;
    statement("DELETE FROM branch WHERE id = $1").bind(id).execute(&mut change).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn latest(
    State(broker): State<Broker>,
    base: Base,
    Path((name, branch)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let id = known_branch(&mut conn, &name, &branch).await?;
    let newest = newest(&mut conn, id).await?.ok_or(Refusal::NotFound)?;
    let version = versions::find(&mut conn, "WHERE v.id = $1", &[newest]).await?.pop();
    let version = version.ok_or(Refusal::NotFound)?;
    let mut document = versions::single(&mut conn, &base, &name, version).await?;
    document["_links"]["self"]["href"] = json!(format!("{}/latest-version", base.branch(&name, &branch)));
    Ok(hal(StatusCode::OK, &document))
}

async fn list_versions(
    State(broker): State<Broker>,
    base: Base,
    Path((name, branch)): Path<(String, String)>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query)?;
    let mut conn = broker.database().read().await?;
    let id = known_branch(&mut conn, &name, &branch).await?;
    let rest = "JOIN branch_version b ON b.version_id = v.id WHERE b.branch_id = $1 ORDER BY v.id DESC \
                LIMIT $2 OFFSET $3";
    let found = versions::find(&mut conn, rest, &[id, page.size, page.offset()]).await?;
    let own = json!({"href": format!("{}/versions", base.branch(&name, &branch)),
        "title": format!("Versions of {name} on branch {branch}")});
    let document = versions::listed(&mut conn, &base, &name, &found, own).await?;
    Ok(hal(StatusCode::OK, &document))
}

async fn version_document(
    conn: &mut Conn,
    base: &Base,
    name: &str,
    branch: &str,
    number: &str,
) -> Result<Value, Refusal> {
    let id = known_branch(conn, name, branch).await?;
    let version = known_version(conn, name, number).await?;
    let sql = "SELECT created_at, updated_at FROM branch_version WHERE branch_id = $1 AND version_id = $2";
    let row = statement(sql).bind(id).bind(version).fetch_optional(conn).await?.ok_or(Refusal::NotFound)?;
    let mut document = json!({"createdAt": shown(row.int(0)?), "_links": {
        "self": link("Branch version", base.branch_version(name, branch, number)),
        "pb:branch": named("Branch", branch, base.branch(name, branch)),
        "pb:version": named("Version", number, base.version(name, number))
    }});
    if let Some(moment) = row.maybe_int(1)? {
        document["updatedAt"] = json!(shown(moment));
    }
    Ok(document)
}

async fn show_version(
    State(broker): State<Broker>,
    base: Base,
    Path((name, branch, number)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    Ok(hal(StatusCode::OK, &version_document(&mut conn, &base, &name, &branch, &number).await?))
}

async fn put(
    State(broker): State<Broker>,
    base: Base,
    Path((name, branch, number)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut fields = Fields::default();
    for (field, text) in [("pacticipantName", &name), ("branch", &branch), ("number", &number)] {
        if let Some(wrong) = wrong_name(text) {
            fields.add(field, wrong);
        }
    }
    fields.check()?;
    let mut change = broker.database().write().await?;
    let owner = make_pacticipant(&mut change, &name).await?.id;
    let version = make_version(&mut change, owner, &number).await?.id;
    let new = put_on_branch(&mut change, owner, version, &branch).await?;
    let document = version_document(&mut change, &base, &name, &branch, &number).await?;
    change.commit().await?;
    if !new {
        return Ok(hal(StatusCode::OK, &document));
    }
    Ok(created(&base.branch_version(&name, &branch, &number), &document))
}
