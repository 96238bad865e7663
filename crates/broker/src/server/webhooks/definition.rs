//! A webhook: when it is sent, where, and what.

use axum::http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use crate::server::body::optional_text;
use crate::server::clock::{now, shown};
use crate::server::db::{Conn, Error, Row, statement};
use crate::server::events::Event;
use crate::server::links::{Base, link, named};
use crate::server::names::pacticipant;
use crate::server::refusal::{Fields, Refusal};
use crate::server::settings::WebhookRules;

use super::{is_labelled, rules};

/// What stands in place of a secret.
pub(super) const HIDDEN: &str = "**********";

const COLUMNS: &str = "SELECT w.id, w.uuid, w.description, c.name, p.name, w.consumer_label, w.provider_label, w.enabled, \
                       w.events, w.request, w.created_at, w.updated_at, w.consumer_id, w.provider_id FROM webhook w \
                       LEFT JOIN pacticipant c ON c.id = w.consumer_id LEFT JOIN pacticipant p ON p.id = w.provider_id";

/// A webhook as it is kept.
#[derive(Debug)]
pub(super) struct Webhook {
    pub(super) id: i64,
    pub(super) uuid: String,
    pub(super) description: Option<String>,
    pub(super) consumer: Option<String>,
    pub(super) provider: Option<String>,
    consumer_label: Option<String>,
    provider_label: Option<String>,
    pub(super) enabled: bool,
    pub(super) events: Vec<String>,
    pub(super) request: Map<String, Value>,
    created_at: i64,
    updated_at: Option<i64>,
}

impl Webhook {
    fn of(row: &Row) -> Result<Self, Error> {
        let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
        let events = match json(row.text(8)?) {
            Value::Array(list) => list.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            _ => Vec::new(),
        };
        let request = match json(row.text(9)?) {
            Value::Object(request) => request,
            _ => Map::new(),
        };
        Ok(Self {
            id: row.int(0)?,
            uuid: row.text(1)?,
            description: row.maybe_text(2)?,
            consumer: row.maybe_text(3)?,
            provider: row.maybe_text(4)?,
            consumer_label: row.maybe_text(5)?,
            provider_label: row.maybe_text(6)?,
            enabled: row.flag(7)?,
            events,
            request,
            created_at: row.int(10)?,
            updated_at: row.maybe_int(11)?,
        })
    }

    pub(super) async fn find(conn: &mut Conn, rest: &str, key: Option<&str>) -> Result<Vec<Self>, Error> {
        let sql = format!("{COLUMNS} {rest} ORDER BY w.id");
        let query = key.into_iter().fold(statement(sql), |query, key| query.bind(key.to_owned()));
        query.fetch_all(conn).await?.iter().map(Self::of).collect()
    }

    pub(super) async fn known(conn: &mut Conn, uuid: &str) -> Result<Self, Refusal> {
        Self::find(conn, "WHERE w.uuid = $1", Some(uuid)).await?.pop().ok_or(Refusal::NotFound)
    }

    /// Those that are about the pacts of two pacticipants.
    pub(super) async fn of_pair(conn: &mut Conn, consumer: i64, provider: i64) -> Result<Vec<Self>, Error> {
        let sql = format!(
            "{COLUMNS} WHERE (w.consumer_id IS NULL OR w.consumer_id = $1) AND (w.provider_id IS NULL OR \
             w.provider_id = $2) ORDER BY w.id"
        );
        let rows = statement(sql).bind(consumer).bind(provider).fetch_all(&mut *conn).await?;
        let mut all = Vec::new();
        for row in &rows {
            let webhook = Self::of(row)?;
            let fits = match &webhook.consumer_label {
                Some(label) => is_labelled(conn, consumer, label).await?,
                None => true,
            } && match &webhook.provider_label {
                Some(label) => is_labelled(conn, provider, label).await?,
                None => true,
            };
            if fits {
                all.push(webhook);
            }
        }
        Ok(all)
    }

    fn text(&self, member: &str) -> &str {
        self.request.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// What it is called in lists: the description, or the method and the host.
    pub(super) fn title(&self) -> String {
        self.description.clone().unwrap_or_else(|| self.method_and_host())
    }

    pub(super) fn method_and_host(&self) -> String {
        let url = self.text("url");
        let host = url.split("://").nth(1).unwrap_or(url);
        let host = host.split(['/', '?', ':']).next().unwrap_or(host);
        format!("{} {host}", self.text("method"))
    }

    /// `the pact between Foo and Bar`, `all pacts with provider Bar`.
    pub(super) fn scope(&self) -> String {
        match (&self.consumer, &self.provider) {
            (Some(consumer), Some(provider)) => format!("the pact between {consumer} and {provider}"),
            (Some(consumer), None) => format!("all pacts of consumer {consumer}"),
            (None, Some(provider)) => format!("all pacts with provider {provider}"),
            (None, None) => "all pacts".to_owned(),
        }
    }

    /// The request without its secrets.
    fn shown_request(&self) -> Value {
        let mut request = self.request.clone();
        if request.contains_key("password") {
            request.insert("password".to_owned(), json!(HIDDEN));
        }
        if let Some(Value::Object(headers)) = request.get_mut("headers") {
            for (name, value) in headers.iter_mut() {
                if rules::is_secret(name) {
                    *value = json!(HIDDEN);
                }
            }
        }
        Value::Object(request)
    }

    pub(super) fn document(&self, base: &Base) -> Value {
        let own = base.at(["webhooks", &self.uuid]);
        let title = self.title();
        let events: Vec<Value> = self.events.iter().map(|name| json!({"name": name})).collect();
        let mut document = json!({
            "uuid": self.uuid, "description": title, "enabled": self.enabled, "request": self.shown_request(),
            "events": events, "createdAt": shown(self.created_at),
            "_links": {
                "self": link(&title, own.clone()),
                "pb:execute": link("POST here to send this webhook for the latest pact", format!("{own}/execute")),
                "pb:webhooks": link("All webhooks", base.at(["webhooks"]))
            }
        });
        for (role, title, name, label) in [
            ("consumer", "Consumer", &self.consumer, &self.consumer_label),
            ("provider", "Provider", &self.provider, &self.provider_label),
        ] {
            if let Some(name) = name {
                document[role] = json!({"name": name});
                document["_links"][format!("pb:{role}")] = named(title, name, base.pacticipant(name));
            } else if let Some(label) = label {
                document[role] = json!({"label": label});
            }
        }
        if let (Some(consumer), Some(provider)) = (&self.consumer, &self.provider) {
            let title = format!("All webhooks for consumer {consumer} and provider {provider}");
            let at = base.at(["webhooks", "provider", provider, "consumer", consumer]);
            document["_links"]["pb:pact-webhooks"] = link(&title, at);
        }
        if let Some(moment) = self.updated_at {
            document["updatedAt"] = json!(shown(moment));
        }
        document
    }
}

/// What a client says of a webhook.
pub(super) struct Given {
    description: Option<String>,
    consumer: Party,
    provider: Party,
    enabled: bool,
    events: Vec<String>,
    request: Map<String, Value>,
}

#[derive(Default)]
struct Party {
    id: Option<i64>,
    label: Option<String>,
}

impl Given {
    /// Reads and checks a definition; a pair in the path goes before the one in the body.
    pub(super) async fn read(
        conn: &mut Conn,
        body: &Map<String, Value>,
        pair: (Option<&str>, Option<&str>),
        rules: &WebhookRules,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let description = optional_text(body, "description", &mut fields).filter(|text| !text.is_empty());
        let request = request(body, rules, &mut fields);
        let events = events(body, &mut fields);
        let enabled = match body.get("enabled") {
            None | Some(Value::Null) => true,
            Some(Value::Bool(enabled)) => *enabled,
            Some(_) => {
                fields.add("enabled", "must be one of: true, false");
                false
            }
        };
        let consumer = party(conn, body, "consumer", pair.0, &mut fields).await?;
        let provider = party(conn, body, "provider", pair.1, &mut fields).await?;
        fields.check()?;
        Ok(Self { description, consumer, provider, enabled, events, request })
    }

    /// Keeps it under a UUID; says whether that is new.
    pub(super) async fn keep(self, conn: &mut Conn, uuid: &str) -> Result<bool, Error> {
        let sql = "INSERT INTO webhook (uuid, description, consumer_id, provider_id, consumer_label, provider_label, \
                   enabled, events, request, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                   ON CONFLICT (uuid) DO UPDATE SET description = excluded.description, \
                   consumer_id = excluded.consumer_id, provider_id = excluded.provider_id, \
                   consumer_label = excluded.consumer_label, provider_label = excluded.provider_label, \
                   enabled = excluded.enabled, events = excluded.events, request = excluded.request, \
                   updated_at = excluded.created_at RETURNING updated_at";
        let mut request = self.request;
        if let Some(old) = Webhook::find(conn, "WHERE w.uuid = $1", Some(uuid)).await?.pop() {
            restore(&mut request, &old.request);
            let headers = request.get_mut("headers").and_then(Value::as_object_mut);
            if let (Some(headers), Some(Value::Object(known))) = (headers, old.request.get("headers")) {
                restore(headers, known);
            }
        }
        let row = statement(sql)
            .bind(uuid)
            .bind(self.description)
            .bind(self.consumer.id)
            .bind(self.provider.id)
            .bind(self.consumer.label)
            .bind(self.provider.label)
            .bind(i64::from(self.enabled))
            .bind(Value::from(self.events).to_string())
            .bind(Value::Object(request).to_string())
            .bind(now())
            .fetch_one(conn)
            .await?;
        Ok(row.maybe_int(0)?.is_none())
    }
}

/// What was shown hidden is no new value.
fn restore(given: &mut Map<String, Value>, known: &Map<String, Value>) {
    for (name, value) in given.iter_mut().filter(|(_, value)| value.as_str() == Some(HIDDEN)) {
        if let Some(old) = known.get(name) {
            value.clone_from(old);
        }
    }
}

fn events(body: &Map<String, Value>, fields: &mut Fields) -> Vec<String> {
    let list = match body.get("events") {
        Some(Value::Array(list)) if list.is_empty() => {
            fields.add("events", "size cannot be less than 1");
            return Vec::new();
        }
        Some(Value::Array(list)) => list,
        Some(Value::Null) | None => {
            fields.add("events", "is missing");
            return Vec::new();
        }
        Some(_) => {
            fields.add("events", "must be an array");
            return Vec::new();
        }
    };
    let mut events = Vec::new();
    for (index, event) in list.iter().enumerate() {
        match event.get("name").and_then(Value::as_str) {
            Some(name) if Event::names().any(|known| known == name) => events.push(name.to_owned()),
            _ => {
                let names = Event::names().collect::<Vec<_>>().join(", ");
                fields.add("events", format!("name must be one of: {names} (at index {index})"));
            }
        }
    }
    events
}

fn request(body: &Map<String, Value>, rules: &WebhookRules, fields: &mut Fields) -> Map<String, Value> {
    let given = match body.get("request") {
        Some(Value::Object(given)) if !given.is_empty() => given,
        Some(_) => {
            fields.add("request", "must be filled");
            return Map::new();
        }
        None => {
            fields.add("request", "is missing");
            return Map::new();
        }
    };
    let mut request = Map::new();
    for member in ["method", "url"] {
        match given.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()) {
            Some(text) => drop(request.insert(member.to_owned(), json!(text))),
            None => fields.add(&format!("request.{member}"), "is missing"),
        }
    }
    if let (Some(Value::String(method)), Some(Value::String(url))) =
        (request.get("method"), request.get("url"))
    {
        rules::check(method, url, rules, fields);
    }
    if let Some(headers) = headers(given, fields) {
        request.insert("headers".to_owned(), headers.into());
    }
    for member in ["username", "password"] {
        match given.get(member) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => drop(request.insert(member.to_owned(), json!(text))),
            Some(_) => fields.add(&format!("request.{member}"), "must be a string"),
        }
    }
    if let Some(value) = given.get("body").filter(|value| !value.is_null()) {
        request.insert("body".to_owned(), value.clone());
    }
    request
}

/// Headers that can be sent, their names in small letters.
fn headers(given: &Map<String, Value>, fields: &mut Fields) -> Option<Map<String, Value>> {
    let headers = match given.get("headers") {
        None | Some(Value::Null) => return None,
        Some(Value::Object(headers)) => headers,
        Some(_) => {
            fields.add("request.headers", "must be an object");
            return None;
        }
    };
    let mut all = Map::new();
    for (name, value) in headers {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => {
                fields.add("request.headers", format!("{name} must be a string"));
                continue;
            }
        };
        if name.parse::<HeaderName>().is_err() || HeaderValue::from_str(&text).is_err() {
            fields.add("request.headers", format!("{name:?} cannot be sent as a header"));
        }
        all.insert(name.to_ascii_lowercase(), json!(text));
    }
    Some(all)
}

async fn party(
    conn: &mut Conn,
    body: &Map<String, Value>,
    role: &str,
    in_path: Option<&str>,
    fields: &mut Fields,
) -> Result<Party, Refusal> {
    if let Some(name) = in_path {
        let id = pacticipant(conn, name).await?.ok_or(Refusal::NotFound)?;
        return Ok(Party { id: Some(id), label: None });
    }
    let given = match body.get(role) {
        None | Some(Value::Null) => return Ok(Party::default()),
        Some(Value::Object(given)) => given,
        // One that is not understood would be a webhook for all pacts.
        Some(_) => {
            fields.add(role, "must be an object");
            return Ok(Party::default());
        }
    };
    match given.get("label") {
        None | Some(Value::Null) => {}
        Some(Value::String(label)) => return Ok(Party { id: None, label: Some(label.clone()) }),
        Some(_) => fields.add(&format!("{role}.label"), "must be a string"),
    }
    let Some(name) = given.get("name").and_then(Value::as_str) else {
        fields.add(&format!("{role}.name"), "is missing");
        return Ok(Party::default());
    };
    let id = pacticipant(conn, name).await?;
    if id.is_none() {
        fields.add(&format!("{role}.name"), "does not match an existing pacticipant");
    }
    Ok(Party { id, label: None })
}
