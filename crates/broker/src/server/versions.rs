//! Versions of pacticipants, in the order in which they were made.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Broker;
use super::body::{Body, optional_text, wrong_name};
use super::clock::{day, now, shown};
use super::db::{Conn, Error, Row, statement};
use super::details::Details;
use super::links::{Base, named, template};
use super::media::{HAL, hal, located, offer};
use super::names::{known_pacticipant, make_pacticipant, make_version, pacticipant};
use super::query::Query;
use super::refusal::{Fields, Refusal};

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/pacticipants/{name}/versions", get(list))
        .route("/pacticipants/{name}/versions/{number}", get(show).put(put).patch(put).delete(remove))
        .route("/pacticipants/{name}/latest-version", get(latest))
        .route("/pacticipants/{name}/latest-version/{tag}", get(latest_with_tag))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

const COLUMNS: &str = "SELECT v.id, v.number, v.build_url, v.created_at, v.updated_at FROM version v";

/// A version of some pacticipant.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) id: i64,
    pub(super) number: String,
    build_url: Option<String>,
    pub(super) created_at: i64,
    updated_at: Option<i64>,
}

impl Version {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.int(0)?,
            number: row.text(1)?,
            build_url: row.maybe_text(2)?,
            created_at: row.int(3)?,
            updated_at: row.maybe_int(4)?,
        })
    }
}

/// Versions by a condition on `v`, newest first.
pub(super) async fn find(conn: &mut Conn, rest: &str, keys: &[i64]) -> Result<Vec<Version>, Error> {
    let sql = format!("{COLUMNS} {rest}");
    let query = keys.iter().fold(statement(sql), |query, key| query.bind(*key));
    query.fetch_all(conn).await?.iter().map(Version::of).collect()
}

/// The documents of versions of one pacticipant.
pub(super) async fn documents(
    conn: &mut Conn,
    base: &Base,
    name: &str,
    versions: &[Version],
) -> Result<Vec<Value>, Error> {
    let keys: Vec<i64> = versions.iter().map(|version| version.id).collect();
    let details = Details::marks(conn, &keys).await?;
    let sql = "SELECT p.version_id, r.name FROM pact_publication p JOIN pacticipant r ON r.id = p.provider_id \
               WHERE p.version_id = ANY($1) ORDER BY r.name";
    let mut providers: HashMap<i64, Vec<String>> = HashMap::new();
    for row in statement(sql).bind(&keys).fetch_all(conn).await? {
        providers.entry(row.int(0)?).or_default().push(row.text(1)?);
    }
    let document = |version: &Version| {
        let none = Vec::new();
        document(base, name, version, &details, providers.get(&version.id).unwrap_or(&none))
    };
    Ok(versions.iter().map(document).collect())
}

fn document(base: &Base, name: &str, version: &Version, details: &Details, providers: &[String]) -> Value {
    let number = &version.number;
    let own = base.version(name, number);
    let tag = |mark: &super::details::Mark| json!({"name": mark.name, "_links": {"self": named("Tag", &mark.name, base.tag(name, number, &mark.name))}});
    let pact = |provider: &String| {
        let title = format!("Pact between {name} ({number}) and {provider}");
        named("Pact", &title, base.pact(name, provider, number))
    };
    let mut document = json!({
        "number": number, "createdAt": shown(version.created_at),
        "_embedded": {
            "branchVersions": details.branch_versions(base, name, number, version.id),
            "tags": details.tags(version.id).iter().map(tag).collect::<Vec<_>>()
        },
        "_links": {
            "self": named("Version", number, own.clone()),
            "pb:pacticipant": named("Pacticipant", name, base.pacticipant(name)),
            "pb:tag": template("Get, create or delete a tag for this version", format!("{own}/tags/{{tag}}")),
            "pb:latest-verification-results-where-pacticipant-is-consumer": {
                "title": "Latest verification results for this consumer version",
                "href": base.at(["verification-results", "consumer", name, "version", number, "latest"])
            },
            "pb:pact-versions": providers.iter().map(pact).collect::<Vec<_>>(),
            "curies": base.curies(),
        }
    });
    if let Some(url) = &version.build_url {
        document["buildUrl"] = json!(url);
    }
    if let Some(moment) = version.updated_at {
        document["updatedAt"] = json!(shown(moment));
    }
    document
}

/// A version by itself also tells where it is, and where that is recorded.
pub(super) async fn single(
    conn: &mut Conn,
    base: &Base,
    name: &str,
    version: Version,
) -> Result<Value, Refusal> {
    let (id, number) = (version.id, version.number.clone());
    let mut document = documents(conn, base, name, &[version]).await?.pop().ok_or(Refusal::NotFound)?;
    let sql = "SELECT uuid, name, display_name FROM environment ORDER BY name";
    let (mut deployments, mut releases) = (Vec::new(), Vec::new());
    for row in statement(sql).fetch_all(&mut *conn).await? {
        let (uuid, environment, shown) = (row.text(0)?, row.text(1)?, row.text(2)?);
        let at = |kind| base.at(["pacticipants", name, "versions", &number, kind, "environment", &uuid]);
        deployments.push(named(
            &format!("Record deployment to {shown}"),
            &environment,
            at("deployed-versions"),
        ));
        releases.push(named(&format!("Record release to {shown}"), &environment, at("released-versions")));
    }
    let deployed = places(conn, base, id, "deployed").await?;
    let released = places(conn, base, id, "released").await?;
    let links = &mut document["_links"];
    links["pb:record-deployment"] = json!(deployments);
    links["pb:record-release"] = json!(releases);
    links["pb:deployed-environments"] = json!(deployed);
    links["pb:released-environments"] = json!(released);
    Ok(document)
}

async fn places(conn: &mut Conn, base: &Base, version: i64, kind: &str) -> Result<Vec<Value>, Error> {
    let sql = format!(
        "SELECT d.uuid, e.display_name FROM {kind}_version d JOIN environment e ON e.id = d.environment_id \
         WHERE d.version_id = $1 AND d.active = 1 ORDER BY e.name, d.id"
    );
    let mut all = Vec::new();
    for row in statement(sql).bind(version).fetch_all(conn).await? {
        let (uuid, environment) = (row.text(0)?, row.text(1)?);
        let href = base.at([&format!("{kind}-versions"), &uuid]);
        let flag = if kind == "deployed" { "currently_deployed" } else { "currently_supported" };
        let mut link = named(&format!("Version {kind} to {environment}"), &environment, href);
        link[flag] = json!(true);
        all.push(link);
    }
    Ok(all)
}

/// A list of versions, with links.
pub(super) async fn listed(
    conn: &mut Conn,
    base: &Base,
    name: &str,
    versions: &[Version],
    own: Value,
) -> Result<Value, Error> {
    let all = documents(conn, base, name, versions).await?;
    let link = |version: &Version, deprecated: bool| {
        let title = format!("Version {} - {}", version.number, day(version.created_at));
        let title = if deprecated { "Deprecated: use pb:versions" } else { &title };
        json!({"href": base.version(name, &version.number), "title": title})
    };
    let owner = base.pacticipant(name);
    Ok(json!({"_embedded": {"versions": all}, "_links": {
        "self": own,
        "pb:pacticipant": {"href": owner, "title": name},
        "pb:versions": versions.iter().map(|version| link(version, false)).collect::<Vec<_>>(),
        "pacticipant": {"href": owner, "title": "Deprecated: use pb:pacticipant"},
        "versions": versions.iter().map(|version| link(version, true)).collect::<Vec<_>>(),
    }}))
}

/// Which part of a list is wanted.
pub(super) struct Page {
    pub(super) number: i64,
    pub(super) size: i64,
}

impl Page {
    pub(super) fn of(query: &Query) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let mut read = |name, default| match query.get(name).map(str::parse::<i64>) {
            None => default,
            Some(Ok(value)) if value >= 1 => value,
            Some(Ok(_)) => {
                fields.add(name, "must be greater than or equal to 1");
                default
            }
            Some(Err(_)) => {
                fields.add(name, "must be an integer");
                default
            }
        };
        let (number, size) = (read("pageNumber", 1), read("pageSize", 100).min(10_000));
        fields.check()?;
        Ok(Self { number, size })
    }

    pub(super) fn offset(&self) -> i64 {
        (self.number - 1).saturating_mul(self.size)
    }

    pub(super) fn document(&self, total: i64) -> Value {
        let pages = (total + self.size - 1) / self.size;
        json!({"number": self.number, "size": self.size, "totalElements": total, "totalPages": pages})
    }

    /// Adds the links to the pages before and after.
    pub(super) fn link(&self, links: &mut Value, own: &str, total: i64) {
        let at = |number: i64, title: &str| json!({"href": format!("{own}?pageNumber={number}&pageSize={}", self.size), "title": title});
        if self.offset().saturating_add(self.size) < total {
            links["next"] = at(self.number + 1, "Next page");
        }
        if self.number > 1 {
            links["previous"] = at(self.number - 1, "Previous page");
        }
    }
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
    let sql = "SELECT COUNT(*) FROM version WHERE pacticipant_id = $1";
    let total = statement(sql).bind(owner).fetch_one(&mut conn).await?.int(0)?;
    let rest = "WHERE v.pacticipant_id = $1 ORDER BY v.id DESC LIMIT $2 OFFSET $3";
    let versions = find(&mut conn, rest, &[owner, page.size, page.offset()]).await?;
    let href = format!("{}/versions", base.pacticipant(&name));
    let own = json!({"href": href, "title": format!("All versions of {name}")});
    let mut document = listed(&mut conn, &base, &name, &versions, own).await?;
    document["page"] = page.document(total);
    page.link(&mut document["_links"], &href, total);
    Ok(hal(StatusCode::OK, &document))
}

async fn one(conn: &mut Conn, name: &str, number: &str) -> Result<Version, Refusal> {
    let id = super::names::known_version(conn, name, number).await?;
    find(conn, "WHERE v.id = $1", &[id]).await?.pop().ok_or(Refusal::NotFound)
}

async fn show(
    State(broker): State<Broker>,
    base: Base,
    Path((name, number)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let version = one(&mut conn, &name, &number).await?;
    Ok(hal(StatusCode::OK, &single(&mut conn, &base, &name, version).await?))
}

async fn put(
    State(broker): State<Broker>,
    base: Base,
    Path((name, number)): Path<(String, String)>,
    body: Body,
) -> Result<Response, Refusal> {
    let body = body.object_or_nothing()?;
    let mut fields = Fields::default();
    let url = optional_text(&body, "buildUrl", &mut fields);
    for (field, text) in [("pacticipantName", &name), ("number", &number)] {
        if let Some(wrong) = wrong_name(text) {
            fields.add(field, wrong);
        }
    }
    fields.check()?;
    let mut change = broker.database().write().await?;
    let owner = make_pacticipant(&mut change, &name).await?;
    let made = make_version(&mut change, owner.id, &number).await?;
    if body.contains_key("buildUrl") {
        let sql = "UPDATE version SET build_url = $1 WHERE id = $2";
        statement(sql).bind(url).bind(made.id).execute(&mut change).await?;
    }
    if !made.new {
        let sql = "UPDATE version SET updated_at = $1 WHERE id = $2";
        statement(sql).bind(now()).bind(made.id).execute(&mut change).await?;
    }
    let version = one(&mut change, &name, &number).await?;
    let document = single(&mut change, &base, &name, version).await?;
    change.commit().await?;
    let status = if made.new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(located(status, &base.version(&name, &number), &document))
}

async fn remove(
    State(broker): State<Broker>,
    Path((name, number)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let version = one(&mut change, &name, &number).await?;
    statement("DELETE FROM version WHERE id = $1").bind(version.id).takes_long().execute(&mut change).await?;
    if let Some(consumer) = pacticipant(&mut change, &name).await? {
        super::pacts::forget_unused_content(&mut change, consumer).await?;
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn latest(
    State(broker): State<Broker>,
    base: Base,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let owner = known_pacticipant(&mut conn, &name).await?;
    let rest = "WHERE v.pacticipant_id = $1 ORDER BY v.id DESC LIMIT 1";
    let version = find(&mut conn, rest, &[owner]).await?.pop().ok_or(Refusal::NotFound)?;
    let mut document = single(&mut conn, &base, &name, version).await?;
    document["_links"]["self"]["href"] = json!(format!("{}/latest-version", base.pacticipant(&name)));
    Ok(hal(StatusCode::OK, &document))
}

async fn latest_with_tag(
    State(broker): State<Broker>,
    base: Base,
    Path((name, tag)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let owner = known_pacticipant(&mut conn, &name).await?;
    let id = super::tags::newest(&mut conn, owner, &tag).await?.ok_or(Refusal::NotFound)?;
    let version = find(&mut conn, "WHERE v.id = $1", &[id]).await?.pop().ok_or(Refusal::NotFound)?;
    let mut document = single(&mut conn, &base, &name, version).await?;
    document["_links"]["self"]["href"] = json!(base.at(["pacticipants", &name, "latest-version", &tag]));
    Ok(hal(StatusCode::OK, &document))
}
