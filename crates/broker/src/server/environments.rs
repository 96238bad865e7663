//! Environments to which versions are deployed or released.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::Broker;
use super::body::{Body, optional_text, required_name};
use super::clock::{now, shown};
use super::db::{Conn, Error, Row, statement};
use super::links::{Base, link, named};
use super::media::{HAL, created, hal, offer};
use super::refusal::{Fields, Refusal};

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/environments", get(list).post(create))
        .route("/environments/{uuid}", get(show).put(replace).delete(remove))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

const COLUMNS: &str =
    "SELECT id, uuid, name, display_name, production, contacts, created_at, updated_at FROM environment";

/// An environment.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) id: i64,
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) display_name: String,
    production: bool,
    contacts: Option<String>,
    created_at: i64,
    updated_at: Option<i64>,
}

impl Environment {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.int(0)?,
            uuid: row.text(1)?,
            name: row.text(2)?,
            display_name: row.text(3)?,
            production: row.flag(4)?,
            contacts: row.maybe_text(5)?,
            created_at: row.int(6)?,
            updated_at: row.maybe_int(7)?,
        })
    }

    pub(super) fn document(&self, base: &Base) -> Value {
        let own = base.environment(&self.uuid);
        let title = &self.display_name;
        let mut document = json!({
            "uuid": self.uuid, "name": self.name, "displayName": title, "production": self.production,
            "createdAt": shown(self.created_at),
            "_links": {
                "self": named("Environment", &self.name, own.clone()),
                "pb:currently-deployed-deployed-versions": link(
                    &format!("Versions deployed to {title}"), format!("{own}/deployed-versions/currently-deployed")),
                "pb:currently-supported-released-versions": link(
                    &format!("Versions released to {title} and supported"),
                    format!("{own}/released-versions/currently-supported")),
                "pb:environments": link("Environments", base.at(["environments"]))
            }
        });
        if let Some(contacts) =
            self.contacts.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok())
        {
            document["contacts"] = contacts;
        }
        if let Some(moment) = self.updated_at {
            document["updatedAt"] = json!(shown(moment));
        }
        document
    }
}

async fn find(conn: &mut Conn, rest: &str, key: Option<&str>) -> Result<Vec<Environment>, Error> {
    let sql = format!("{COLUMNS} {rest}");
    let query = key.into_iter().fold(statement(sql), |query, key| query.bind(key.to_owned()));
    query.fetch_all(conn).await?.iter().map(Environment::of).collect()
}

/// The environment with this UUID.
pub(super) async fn known(conn: &mut Conn, uuid: &str) -> Result<Environment, Refusal> {
    find(conn, "WHERE uuid = $1", Some(uuid)).await?.pop().ok_or(Refusal::NotFound)
}

/// What a body says of an environment.
struct Attributes {
    name: String,
    display_name: String,
    production: bool,
    contacts: Option<String>,
}

async fn read(conn: &mut Conn, body: &Map<String, Value>, own: Option<i64>) -> Result<Attributes, Refusal> {
    let mut fields = Fields::default();
    let name = required_name(body, "name", &mut fields);
    if name.contains(char::is_whitespace) {
        fields.add("name", "cannot contain spaces");
    }
    let production = match body.get("production") {
        Some(Value::Bool(production)) => *production,
        Some(Value::Null) | None => {
            fields.add("production", "is missing");
            false
        }
        Some(_) => {
            fields.add("production", "must be one of: true, false");
            false
        }
    };
    let display_name = optional_text(body, "displayName", &mut fields).filter(|text| !text.is_empty());
    let contacts = contacts(body, &mut fields);
    let others = find(conn, "WHERE name = $1", Some(&name)).await?;
    if others.iter().any(|other| Some(other.id) != own) {
        fields.add("name", format!("name '{name}' is already used by an existing environment."));
    }
    fields.check()?;
    Ok(Attributes { display_name: display_name.unwrap_or_else(|| titled(&name)), name, production, contacts })
}

fn contacts(body: &Map<String, Value>, fields: &mut Fields) -> Option<String> {
    let list = match body.get("contacts") {
        None | Some(Value::Null) => return None,
        Some(Value::Array(list)) => list,
        Some(_) => {
            fields.add("contacts", "must be an array");
            return None;
        }
    };
    for (index, contact) in list.iter().enumerate() {
        if !contact.get("name").is_some_and(Value::is_string) {
            fields.add("contacts", format!("name is missing (at index {index})"));
        }
    }
    Some(Value::from(list.clone()).to_string())
}

/// `pre-prod` as `Pre Prod`.
fn titled(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        first + letters.as_str()
    };
    name.split(['-', '_']).filter(|part| !part.is_empty()).map(word).collect::<Vec<_>>().join(" ")
}

async fn list(State(broker): State<Broker>, base: Base) -> Result<Response, Refusal> {
    let found = find(&mut *broker.database().read().await?, "ORDER BY name", None).await?;
    let all: Vec<Value> = found.iter().map(|one| one.document(&base)).collect();
    let links: Vec<Value> =
        found.iter().map(|one| named("Environment", &one.name, base.environment(&one.uuid))).collect();
    let own = link("Environments", base.at(["environments"]));
    Ok(hal(
        StatusCode::OK,
        &json!({"_embedded": {"environments": all}, "_links": {"self": own, "pb:environments": links}}),
    ))
}

async fn show(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let found = known(&mut *broker.database().read().await?, &uuid).await?;
    Ok(hal(StatusCode::OK, &found.document(&base)))
}

async fn create(State(broker): State<Broker>, base: Base, body: Body) -> Result<Response, Refusal> {
    let body = body.object()?;
    let mut change = broker.database().write().await?;
    let given = read(&mut change, &body, None).await?;
    let uuid = uuid::Uuid::new_v4().to_string();
    let sql = "INSERT INTO environment (uuid, name, display_name, production, contacts, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    statement(sql)
        .bind(&uuid)
        .bind(&given.name)
        .bind(&given.display_name)
        .bind(i64::from(given.production))
        .bind(&given.contacts)
        .bind(now())
        .execute(&mut change)
        .await?;
    let document = known(&mut change, &uuid).await?.document(&base);
    change.commit().await?;
    Ok(created(&base.environment(&uuid), &document))
}

async fn replace(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    let body = body.object()?;
    let mut change = broker.database().write().await?;
    let old = known(&mut change, &uuid).await?;
    let given = read(&mut change, &body, Some(old.id)).await?;
    let sql = "UPDATE environment SET name = $1, display_name = $2, production = $3, contacts = $4, updated_at = $5 \
               WHERE id = $6";
    statement(sql)
        .bind(&given.name)
        .bind(&given.display_name)
        .bind(i64::from(given.production))
        .bind(&given.contacts)
        .bind(now())
        .bind(old.id)
        .execute(&mut change)
        .await?;
    let document = known(&mut change, &uuid).await?.document(&base);
    change.commit().await?;
    Ok(hal(StatusCode::OK, &document))
}

async fn remove(State(broker): State<Broker>, Path(uuid): Path<String>) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let old = known(&mut change, &uuid).await?;
    statement("DELETE FROM environment WHERE id = $1").bind(old.id).execute(&mut change).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
