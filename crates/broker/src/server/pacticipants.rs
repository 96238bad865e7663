//! Applications: who consumes, who provides.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::Broker;
use super::body::{Body, optional_text, required_name, wrong_name};
use super::clock::{now, shown};
use super::db::{Conn, Error, Row, statement};
use super::links::{Base, link, named, template};
use super::media::{HAL, created, hal, offer};
use super::names::{known_pacticipant, make_pacticipant};
use super::refusal::{Fields, Refusal};

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/pacticipants", get(list).post(create))
        .route("/pacticipants/label/{label}", get(list_with_label))
        .route("/pacticipants/{name}", get(show).put(replace).patch(change).delete(remove))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

const COLUMNS: &str = "SELECT p.id, p.name, p.display_name, p.repository_url, p.main_branch, p.created_at, \
                       p.updated_at, (SELECT v.number FROM version v WHERE v.pacticipant_id = p.id ORDER BY v.id DESC \
                       LIMIT 1) FROM pacticipant p";

struct Pacticipant {
    id: i64,
    name: String,
    display_name: String,
    repository_url: Option<String>,
    main_branch: Option<String>,
    created_at: i64,
    updated_at: Option<i64>,
    latest: Option<String>,
    labels: Vec<String>,
}

impl Pacticipant {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.int(0)?,
            name: row.text(1)?,
            display_name: row.text(2)?,
            repository_url: row.maybe_text(3)?,
            main_branch: row.maybe_text(4)?,
            created_at: row.int(5)?,
            updated_at: row.maybe_int(6)?,
            latest: row.maybe_text(7)?,
            labels: Vec::new(),
        })
    }

    fn document(&self, base: &Base) -> Value {
        let name = &self.name;
        let own = base.pacticipant(name);
        let mut document = json!({
            "name": name, "displayName": self.display_name, "createdAt": shown(self.created_at),
            "_embedded": {"labels": self.labels.iter().map(|label| json!({
                "name": label, "_links": {"self": named("Label", label, base.at(["pacticipants", name, "labels", label]))}
            })).collect::<Vec<_>>()},
            "_links": {
                "self": {"href": own},
                "pb:versions": {"href": format!("{own}/versions")},
                "pb:branches": {"href": format!("{own}/branches")},
                "pb:version": template(
                    "Get, create or delete a pacticipant version", format!("{own}/versions/{{version}}")),
                "pb:version-tag": template(
                    &format!("Get, create or delete a tag for a version of {name}"),
                    format!("{own}/versions/{{version}}/tags/{{tag}}")),
                "pb:branch-version": template(
                    &format!("Get or add/create a version for a branch of {name}"),
                    format!("{own}/branches/{{branch}}/versions/{{version}}")),
                "pb:label": template(
                    &format!("Get, create or delete a label for {name}"), format!("{own}/labels/{{label}}")),
                "versions": link("Deprecated: use pb:versions", format!("{own}/versions")),
                "pb:can-i-deploy-badge": template(
                    &format!("Badge: can {name} be deployed"),
                    format!("{own}/latest-version/{{tag}}/can-i-deploy/to/{{environmentTag}}/badge")),
                "pb:can-i-deploy-branch-to-environment-badge": template(
                    &format!("Badge: can a branch of {name} be deployed to an environment"),
                    format!("{own}/branches/{{branch}}/latest-version/can-i-deploy/to-environment/{{environment}}/badge")),
                "curies": base.curies(),
            }
        });
        for (member, value) in [("repositoryUrl", &self.repository_url), ("mainBranch", &self.main_branch)] {
            if let Some(value) = value {
                document[member] = json!(value);
            }
        }
        if let Some(moment) = self.updated_at {
            document["updatedAt"] = json!(shown(moment));
        }
        if let Some(number) = &self.latest {
            let latest = json!({"number": number, "_links": {"self": named("Version", number, base.version(name, number))}});
            document["_embedded"]["latestVersion"] = latest.clone();
            document["_embedded"]["latest-version"] = latest;
            for member in ["title", "name"] {
                document["_embedded"]["latest-version"][member] = json!("Deprecated: use latestVersion");
            }
        }
        document
    }
}

async fn find(conn: &mut Conn, filter: &str, value: Option<&str>) -> Result<Vec<Pacticipant>, Error> {
    let sql = format!("{COLUMNS} {filter} ORDER BY p.name");
    let query = value.into_iter().fold(statement(sql), |query, value| query.bind(value.to_owned()));
    let rows = query.fetch_all(&mut *conn).await?;
    let mut found = rows.iter().map(Pacticipant::of).collect::<Result<Vec<_>, _>>()?;
    let keys: Vec<i64> = found.iter().map(|one| one.id).collect();
    let sql = "SELECT pacticipant_id, name FROM label WHERE pacticipant_id = ANY($1) ORDER BY name";
    for row in statement(sql).bind(&keys).fetch_all(conn).await? {
        let id = row.int(0)?;
        if let Some(owner) = found.iter_mut().find(|one| one.id == id) {
            owner.labels.push(row.text(1)?);
        }
    }
    Ok(found)
}

async fn find_one(conn: &mut Conn, name: &str) -> Result<Pacticipant, Refusal> {
    let found = find(conn, "WHERE p.name = $1", Some(name)).await?;
    found.into_iter().next().ok_or_else(|| Refusal::Unnamed { role: "pacticipant", name: name.to_owned() })
}

/// A pacticipant by itself also tells where it is deployed.
async fn single(conn: &mut Conn, base: &Base, name: &str) -> Result<Value, Refusal> {
    let found = find_one(conn, name).await?;
    let sql = "SELECT d.uuid, e.display_name FROM deployed_version d JOIN environment e ON e.id = d.environment_id \
               WHERE d.pacticipant_id = $1 AND d.active = 1 ORDER BY e.name, d.id";
    let mut deployed = Vec::new();
    for row in statement(sql).bind(found.id).fetch_all(conn).await? {
        let (uuid, environment) = (row.text(0)?, row.text(1)?);
        let mut link = named(
            &format!("Version deployed to {environment}"),
            &environment,
            base.at(["deployed-versions", &uuid]),
        );
        link["currently_deployed"] = json!(true);
        deployed.push(link);
    }
    let mut document = found.document(base);
    document["_links"]["pb:deployed-environments"] = json!(deployed);
    Ok(document)
}

fn listed(base: &Base, found: &[Pacticipant]) -> Value {
    let links = |deprecated: bool| -> Value {
        let link = |one: &Pacticipant| {
            let (title, name) = if deprecated {
                (one.name.as_str(), "Deprecated: use pb:pacticipants")
            } else {
                ("Pacticipant", one.name.as_str())
            };
            named(title, name, base.pacticipant(&one.name))
        };
        found.iter().map(link).collect()
    };
    let all: Vec<Value> = found.iter().map(|one| one.document(base)).collect();
    json!({"_embedded": {"pacticipants": all}, "_links": {
        "self": {"href": base.at(["pacticipants"])},
        "pb:pacticipants-with-label":
            template("Find pacticipants by label", format!("{}/pacticipants/label/{{label}}", base.as_str())),
        "pb:pacticipants": links(false), "pacticipants": links(true)
    }})
}

async fn list(State(broker): State<Broker>, base: Base) -> Result<Response, Refusal> {
    let found = find(&mut *broker.database().read().await?, "", None).await?;
    let mut document = listed(&base, &found);
    // Older clients read the list beside `_embedded`.
    let mut again = document["_embedded"]["pacticipants"].clone();
    for one in again.as_array_mut().into_iter().flatten() {
        one["title"] = json!("Deprecated: use the embedded pacticipants");
    }
    document["pacticipants"] = again;
    Ok(hal(StatusCode::OK, &document))
}

async fn list_with_label(
    State(broker): State<Broker>,
    base: Base,
    Path(label): Path<String>,
) -> Result<Response, Refusal> {
    let filter = "JOIN label l ON l.pacticipant_id = p.id AND l.name = $1";
    let found = find(&mut *broker.database().read().await?, filter, Some(&label)).await?;
    Ok(hal(StatusCode::OK, &listed(&base, &found)))
}

async fn show(
    State(broker): State<Broker>,
    base: Base,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let document = single(&mut *broker.database().read().await?, &base, &name).await?;
    Ok(hal(StatusCode::OK, &document))
}

/// What a body may say of a pacticipant: absent members are not there, null ones are none.
fn attributes(body: &Map<String, Value>) -> Result<Vec<(&'static str, Option<String>)>, Refusal> {
    let mut fields = Fields::default();
    let mut given = Vec::new();
    for (member, column) in
        [("displayName", "display_name"), ("repositoryUrl", "repository_url"), ("mainBranch", "main_branch")]
    {
        if body.contains_key(member) {
            let value = optional_text(body, member, &mut fields).filter(|text| !text.is_empty());
            if member == "mainBranch" && value.as_deref().is_some_and(|name| wrong_name(name).is_some()) {
                fields.add(member, "is not a name");
            }
            given.push((column, value));
        }
    }
    fields.check()?;
    Ok(given)
}

async fn set(
    conn: &mut Conn,
    id: i64,
    name: &str,
    given: Vec<(&'static str, Option<String>)>,
    touch: bool,
) -> Result<(), Error> {
    for (column, value) in given {
        // The display name is the name where there is none.
        let value =
            if column == "display_name" { Some(value.unwrap_or_else(|| name.to_owned())) } else { value };
        let sql = format!("UPDATE pacticipant SET {column} = $1 WHERE id = $2");
        statement(sql).bind(value).bind(id).execute(&mut *conn).await?;
    }
    if touch {
        statement("UPDATE pacticipant SET updated_at = $1 WHERE id = $2")
            .bind(now())
            .bind(id)
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Makes a pacticipant. One that is there stays as it is: clients make sure that theirs exists.
async fn create(State(broker): State<Broker>, base: Base, body: Body) -> Result<Response, Refusal> {
    let body = body.object()?;
    let mut fields = Fields::default();
    let name = required_name(&body, "name", &mut fields);
    fields.check()?;
    let given = attributes(&body)?;
    let mut change = broker.database().write().await?;
    let made = make_pacticipant(&mut change, &name).await?;
    if made.new {
        set(&mut change, made.id, &name, given, false).await?;
    }
    let document = find_one(&mut change, &name).await?.document(&base);
    change.commit().await?;
    Ok(created(&base.pacticipant(&name), &document))
}

async fn replace(
    State(broker): State<Broker>,
    base: Base,
    Path(name): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    let given = attributes(&body.object()?)?;
    let mut change = broker.database().write().await?;
    let id = known_pacticipant(&mut change, &name).await?;
    set(&mut change, id, &name, given, true).await?;
    let document = single(&mut change, &base, &name).await?;
    change.commit().await?;
    Ok(hal(StatusCode::OK, &document))
}

async fn change(
    State(broker): State<Broker>,
    base: Base,
    Path(name): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    let given = attributes(&body.object()?)?;
    if let Some(wrong) = wrong_name(&name) {
        return Err(Fields::one("name", wrong));
    }
    let mut change = broker.database().write().await?;
    let made = make_pacticipant(&mut change, &name).await?;
    set(&mut change, made.id, &name, given, !made.new).await?;
    let document = single(&mut change, &base, &name).await?;
    change.commit().await?;
    let status = if made.new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(hal(status, &document))
}

async fn remove(State(broker): State<Broker>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let id = known_pacticipant(&mut change, &name).await?;
    statement("DELETE FROM pacticipant WHERE id = $1").bind(id).takes_long().execute(&mut change).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
