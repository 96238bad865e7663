//! What is where: deployments, which replace each other, and releases, which do not.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::Broker;
use super::body::{Body, optional_text};
use super::clock::{now, shown};
use super::db::{Conn, Error, Row, statement};
use super::environments::{self, Environment};
use super::links::{Base, named};
use super::media::{HAL, created, hal, located, offer};
use super::names::{known_version, pacticipant};
use super::query::Query;
use super::refusal::{Fields, Refusal};

pub(super) fn routes() -> Router<Broker> {
    let version = "/pacticipants/{name}/versions/{number}";
    let environment = "/environments/{uuid}";
    Router::new()
        .route(
            &format!("{version}/deployed-versions/environment/{{uuid}}"),
            get(deployments_of_version).post(deploy),
        )
        .route(
            &format!("{version}/released-versions/environment/{{uuid}}"),
            get(releases_of_version).post(release),
        )
        .route(&format!("{environment}/deployed-versions/currently-deployed"), get(currently_deployed))
        .route(&format!("{environment}/released-versions/currently-supported"), get(currently_supported))
        .route("/deployed-versions/{uuid}", get(show_deployment).patch(undeploy))
        .route("/released-versions/{uuid}", get(show_release).patch(end_support))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

/// Deployments and releases differ in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deployed,
    Released,
}

impl Kind {
    const fn path(self) -> &'static str {
        if matches!(self, Self::Deployed) { "deployed-versions" } else { "released-versions" }
    }

    const fn list(self) -> &'static str {
        if matches!(self, Self::Deployed) { "deployedVersions" } else { "releasedVersions" }
    }

    const fn flag(self) -> &'static str {
        if matches!(self, Self::Deployed) { "currentlyDeployed" } else { "currentlySupported" }
    }

    const fn ended(self) -> &'static str {
        if matches!(self, Self::Deployed) { "undeployedAt" } else { "supportEndedAt" }
    }

    fn columns(self) -> String {
        let (table, instance, ended) = match self {
            Self::Deployed => ("deployed_version", "d.instance", "d.undeployed_at"),
            Self::Released => ("released_version", "''", "d.ended_at"),
        };
        format!(
            "SELECT d.uuid, {instance}, d.active, d.created_at, {ended}, p.name, v.number, e.uuid FROM {table} d \
             JOIN pacticipant p ON p.id = d.pacticipant_id JOIN version v ON v.id = d.version_id \
             JOIN environment e ON e.id = d.environment_id"
        )
    }
}

/// That a version is, or was, in an environment.
struct Record {
    uuid: String,
    instance: String,
    active: bool,
    created_at: i64,
    ended_at: Option<i64>,
    name: String,
    number: String,
    environment: String,
}

impl Record {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            uuid: row.text(0)?,
            instance: row.text(1)?,
            active: row.maybe_int(2)?.is_some(),
            created_at: row.int(3)?,
            ended_at: row.maybe_int(4)?,
            name: row.text(5)?,
            number: row.text(6)?,
            environment: row.text(7)?,
        })
    }

    fn document(&self, base: &Base, kind: Kind) -> Value {
        let mut document = json!({
            "uuid": self.uuid, kind.flag(): self.active, "createdAt": shown(self.created_at),
            "_links": {"self": {"href": base.at([kind.path(), &self.uuid])}}
        });
        if !self.instance.is_empty() {
            // The older name of the same.
            document["target"] = json!(self.instance);
            document["applicationInstance"] = json!(self.instance);
        }
        if let Some(moment) = self.ended_at {
            document[kind.ended()] = json!(shown(moment));
        }
        document
    }

    /// With whose version it is.
    fn with_version(&self, base: &Base, kind: Kind) -> Value {
        let mut document = self.document(base, kind);
        let version = named("Version", &self.number, base.version(&self.name, &self.number));
        document["_embedded"] = json!({
            "pacticipant": {"name": self.name, "_links": {"self": {"href": base.pacticipant(&self.name)}}},
            "version": {"number": self.number, "_links": {"self": version}}
        });
        document
    }
}

async fn find(conn: &mut Conn, kind: Kind, rest: &str, keys: [i64; 2]) -> Result<Vec<Record>, Error> {
    let sql = format!("{} {rest}", kind.columns());
    statement(sql).bind(keys[0]).bind(keys[1]).fetch_all(conn).await?.iter().map(Record::of).collect()
}

async fn known(conn: &mut Conn, kind: Kind, uuid: &str) -> Result<Record, Refusal> {
    let sql = format!("{} WHERE d.uuid = $1", kind.columns());
    let row = statement(sql).bind(uuid).fetch_optional(conn).await?.ok_or(Refusal::NotFound)?;
    Ok(Record::of(&row)?)
}

/// The whole record, with its environment.
async fn single(conn: &mut Conn, base: &Base, kind: Kind, uuid: &str) -> Result<Value, Refusal> {
    let record = known(conn, kind, uuid).await?;
    let mut document = record.with_version(base, kind);
    let environment = environments::known(conn, &record.environment).await?;
    document["_embedded"]["environment"] = environment.document(base);
    Ok(document)
}

async fn deploy(
    State(broker): State<Broker>,
    base: Base,
    Path((name, number, environment)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Refusal> {
    let body = body.object_or_nothing()?;
    let mut fields = Fields::default();
    let instance = optional_text(&body, "applicationInstance", &mut fields);
    let target = optional_text(&body, "target", &mut fields);
    fields.check()?;
    let instance = instance.or(target).unwrap_or_default();
    let mut change = broker.database().write().await?;
    let version = known_version(&mut change, &name, &number).await?;
    let environment = environments::known(&mut change, &environment).await?;
    let owner = pacticipant(&mut change, &name).await?.ok_or(Refusal::NotFound)?;
    let now = now();
    let sql = "UPDATE deployed_version SET active = NULL, undeployed_at = $1 WHERE environment_id = $2 AND \
               pacticipant_id = $3 AND instance = $4 AND active = 1";
    statement(sql).bind(now).bind(environment.id).bind(owner).bind(&instance).execute(&mut change).await?;
    let uuid = uuid::Uuid::new_v4().to_string();
    let sql = "INSERT INTO deployed_version (uuid, environment_id, pacticipant_id, version_id, instance, active, \
               created_at) VALUES ($1, $2, $3, $4, $5, 1, $6)";
    statement(sql)
        .bind(&uuid)
        .bind(environment.id)
        .bind(owner)
        .bind(version)
        .bind(&instance)
        .bind(now)
        .execute(&mut change)
        .await?;
    let document = single(&mut change, &base, Kind::Deployed, &uuid).await?;
    change.commit().await?;
    Ok(created(&base.at(["deployed-versions", &uuid]), &document))
}

async fn release(
    State(broker): State<Broker>,
    base: Base,
    Path((name, number, environment)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let version = known_version(&mut change, &name, &number).await?;
    let environment = environments::known(&mut change, &environment).await?;
    let owner = pacticipant(&mut change, &name).await?.ok_or(Refusal::NotFound)?;
    let rest = "WHERE d.version_id = $1 AND d.environment_id = $2";
    let old = find(&mut change, Kind::Released, rest, [version, environment.id]).await?.pop();
    let (status, uuid) = match old {
        Some(old) => {
            // A support that ended begins again.
            let sql = "UPDATE released_version SET active = 1, ended_at = NULL WHERE uuid = $1";
            statement(sql).bind(&old.uuid).execute(&mut change).await?;
            (StatusCode::OK, old.uuid)
        }
        None => {
            let uuid = uuid::Uuid::new_v4().to_string();
            let sql = "INSERT INTO released_version (uuid, environment_id, pacticipant_id, version_id, active, \
                       created_at) VALUES ($1, $2, $3, $4, 1, $5)";
            let insert =
                statement(sql).bind(&uuid).bind(environment.id).bind(owner).bind(version).bind(now());
            insert.execute(&mut change).await?;
            (StatusCode::CREATED, uuid)
        }
    };
    let document = single(&mut change, &base, Kind::Released, &uuid).await?;
    change.commit().await?;
    Ok(located(status, &base.at(["released-versions", &uuid]), &document))
}

async fn of_version(
    broker: &Broker,
    base: &Base,
    kind: Kind,
    (name, number, uuid): (&str, &str, &str),
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let version = known_version(&mut conn, name, number).await?;
    let environment = environments::known(&mut conn, uuid).await?;
    let rest = "WHERE d.version_id = $1 AND d.environment_id = $2 ORDER BY d.id DESC";
    let found = find(&mut conn, kind, rest, [version, environment.id]).await?;
    let all: Vec<Value> = found.iter().map(|record| record.document(base, kind)).collect();
    let own = base.at(["pacticipants", name, "versions", number, kind.path(), "environment", uuid]);
    let title = format!("{name} version {number} in {}", environment.display_name);
    Ok(hal(
        StatusCode::OK,
        &json!({"_embedded": {kind.list(): all}, "_links": {"self": {"href": own, "title": title}}}),
    ))
}

async fn deployments_of_version(
    State(broker): State<Broker>,
    base: Base,
    Path((name, number, uuid)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    of_version(&broker, &base, Kind::Deployed, (&name, &number, &uuid)).await
}

async fn releases_of_version(
    State(broker): State<Broker>,
    base: Base,
    Path((name, number, uuid)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    of_version(&broker, &base, Kind::Released, (&name, &number, &uuid)).await
}

async fn current(
    broker: &Broker,
    base: &Base,
    kind: Kind,
    uuid: &str,
    query: &Query,
    path: &str,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let environment: Environment = environments::known(&mut conn, uuid).await?;
    let rest = "WHERE d.environment_id = $1 AND d.active = $2 ORDER BY d.id DESC";
    let mut found = find(&mut conn, kind, rest, [environment.id, 1]).await?;
    if let Some(name) = query.filled("pacticipant") {
        found.retain(|record| record.name == name);
    }
    if let Some(number) = query.filled("version") {
        found.retain(|record| record.number == number);
    }
    if let Some(instance) = query.get("target").or_else(|| query.get("applicationInstance")) {
        found.retain(|record| record.instance == instance);
    }
    let all: Vec<Value> = found.iter().map(|record| record.with_version(base, kind)).collect();
    let title = format!("What is now in {}", environment.display_name);
    let own = json!({"href": format!("{}{path}", base.as_str()), "title": title});
    Ok(hal(StatusCode::OK, &json!({"_embedded": {kind.list(): all}, "_links": {"self": own}})))
}

async fn currently_deployed(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
    query: Query,
    uri: Uri,
) -> Result<Response, Refusal> {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    current(&broker, &base, Kind::Deployed, &uuid, &query, path).await
}

async fn currently_supported(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
    query: Query,
    uri: Uri,
) -> Result<Response, Refusal> {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    current(&broker, &base, Kind::Released, &uuid, &query, path).await
}

async fn show_deployment(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let document = single(&mut *broker.database().read().await?, &base, Kind::Deployed, &uuid).await?;
    Ok(hal(StatusCode::OK, &document))
}

async fn show_release(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let document = single(&mut *broker.database().read().await?, &base, Kind::Released, &uuid).await?;
    Ok(hal(StatusCode::OK, &document))
}

/// Ends a deployment or a support; what is over does not begin again.
async fn end(broker: &Broker, base: &Base, kind: Kind, uuid: &str, body: &Body) -> Result<Response, Refusal> {
    let wanted = body.object()?.get(kind.flag()).cloned();
    let mut change = broker.database().write().await?;
    let record = known(&mut change, kind, uuid).await?;
    match wanted {
        Some(Value::Bool(false)) if record.active => {
            let sql = match kind {
                Kind::Deployed => {
                    "UPDATE deployed_version SET active = NULL, undeployed_at = $1 WHERE uuid = $2"
                }
                Kind::Released => "UPDATE released_version SET active = NULL, ended_at = $1 WHERE uuid = $2",
            };
            statement(sql).bind(now()).bind(uuid).execute(&mut change).await?;
        }
        Some(Value::Bool(true)) if !record.active => {
            let flag = kind.flag();
            let again = if kind == Kind::Deployed { "deployment" } else { "release" };
            let mut fields = Fields::default();
            fields.add(
                flag,
                format!("The {flag} property cannot be set back to true. Please record a new {again}."),
            );
            return Err(Refusal::Forbidden(fields));
        }
        Some(Value::Bool(_)) | None => {}
        Some(_) => return Err(Fields::one(kind.flag(), "must be one of: true, false")),
    }
    let document = single(&mut change, base, kind, uuid).await?;
    change.commit().await?;
    Ok(hal(StatusCode::OK, &document))
}

async fn undeploy(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    end(&broker, &base, Kind::Deployed, &uuid, &body).await
}

async fn end_support(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    end(&broker, &base, Kind::Released, &uuid, &body).await
}
