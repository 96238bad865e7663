//! Webhooks over HTTP.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::server::Broker;
use crate::server::body::Body;
use crate::server::db::{Conn, statement};
use crate::server::events::Event;
use crate::server::links::{Base, link, named};
use crate::server::media::{HAL, created, hal, offer};
use crate::server::names::pacticipant;
use crate::server::publications::{self, Key};
use crate::server::refusal::{Fields, Refusal};
use crate::server::verifications;

use super::definition::{Given, Webhook};
use super::sender::attempt;
use super::{Cause, status, template};

pub(in crate::server) fn routes() -> Router<Broker> {
    Router::new()
        .route("/webhooks", get(list).post(create))
        .route("/webhooks/{uuid}", get(show).put(put).delete(remove))
        .route("/webhooks/{uuid}/execute", post(execute))
        .route("/webhooks/provider/{provider}/consumer/{consumer}", get(list_of_pair).post(create_for_pair))
        .route(
            "/pacts/provider/{provider}/consumer/{consumer}/webhooks",
            get(list_of_pact).post(create_for_pair),
        )
        .route("/webhooks/provider/{provider}", get(list_of_provider).post(create_for_provider))
        .route("/webhooks/consumer/{consumer}", get(list_of_consumer).post(create_for_consumer))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
        .merge(status::routes())
}

fn listed(base: &Base, webhooks: &[Webhook], title: &str, own: String) -> Response {
    let links: Vec<Value> = webhooks
        .iter()
        .map(|webhook| {
            let title = format!("A webhook for {}", webhook.scope());
            named(&title, &webhook.title(), base.at(["webhooks", &webhook.uuid]))
        })
        .collect();
    hal(
        StatusCode::OK,
        &json!({"_links": {"self": link(title, own.clone()), "pb:create": link("POST here to create a webhook", own),
            "pb:webhooks": links, "curies": base.curies()}}),
    )
}

async fn list(State(broker): State<Broker>, base: Base) -> Result<Response, Refusal> {
    let found = Webhook::find(&mut *broker.database().read().await?, "", None).await?;
    Ok(listed(&base, &found, "Webhooks", base.at(["webhooks"])))
}

async fn pair(conn: &mut Conn, provider: &str, consumer: &str) -> Result<Vec<Webhook>, Refusal> {
    for name in [provider, consumer] {
        pacticipant(conn, name).await?.ok_or(Refusal::NotFound)?;
    }
    let mut found = Webhook::find(conn, "WHERE p.name = $1", Some(provider)).await?;
    found.retain(|webhook| webhook.consumer.as_deref() == Some(consumer));
    Ok(found)
}

async fn list_of_pair(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let found = pair(&mut *broker.database().read().await?, &provider, &consumer).await?;
    let own = base.at(["webhooks", "provider", &provider, "consumer", &consumer]);
    Ok(listed(&base, &found, "Webhooks of this pact", own))
}

async fn list_of_pact(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let found = pair(&mut *broker.database().read().await?, &provider, &consumer).await?;
    let own = format!("{}/webhooks", base.pair(&consumer, &provider));
    Ok(listed(&base, &found, "Webhooks of this pact", own))
}

async fn list_of_provider(
    State(broker): State<Broker>,
    base: Base,
    Path(provider): Path<String>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    pacticipant(&mut conn, &provider).await?.ok_or(Refusal::NotFound)?;
    let found = Webhook::find(&mut conn, "WHERE p.name = $1", Some(&provider)).await?;
    Ok(listed(&base, &found, "Webhooks of this provider", base.at(["webhooks", "provider", &provider])))
}

async fn list_of_consumer(
    State(broker): State<Broker>,
    base: Base,
    Path(consumer): Path<String>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    pacticipant(&mut conn, &consumer).await?.ok_or(Refusal::NotFound)?;
    let found = Webhook::find(&mut conn, "WHERE c.name = $1", Some(&consumer)).await?;
    Ok(listed(&base, &found, "Webhooks of this consumer", base.at(["webhooks", "consumer", &consumer])))
}

async fn make(
    broker: &Broker,
    base: &Base,
    body: &Body,
    pair: (Option<&str>, Option<&str>),
) -> Result<Response, Refusal> {
    let body = body.object()?;
    let mut change = broker.database().write().await?;
    let given = Given::read(&mut change, &body, pair, &broker.settings().webhooks).await?;
    let uuid = URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes());
    given.keep(&mut change, &uuid).await?;
    let document = Webhook::known(&mut change, &uuid).await?.document(base);
    change.commit().await?;
    Ok(created(&base.at(["webhooks", &uuid]), &document))
}

async fn create(State(broker): State<Broker>, base: Base, body: Body) -> Result<Response, Refusal> {
    make(&broker, &base, &body, (None, None)).await
}

async fn create_for_pair(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
    body: Body,
) -> Result<Response, Refusal> {
    make(&broker, &base, &body, (Some(&consumer), Some(&provider))).await
}

async fn create_for_provider(
    State(broker): State<Broker>,
    base: Base,
    Path(provider): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    make(&broker, &base, &body, (None, Some(&provider))).await
}

async fn create_for_consumer(
    State(broker): State<Broker>,
    base: Base,
    Path(consumer): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    make(&broker, &base, &body, (Some(&consumer), None)).await
}

async fn show(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let found = Webhook::known(&mut *broker.database().read().await?, &uuid).await?;
    Ok(hal(StatusCode::OK, &found.document(&base)))
}

async fn put(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
    body: Body,
) -> Result<Response, Refusal> {
    let valid = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if uuid.len() < 16 || uuid.len() > 100 || !uuid.chars().all(valid) {
        let text = "can only have the characters A-Z, a-z, 0-9, _ and -, and must be 16 to 100 of them";
        return Err(Fields::one("uuid", text));
    }
    let body = body.object()?;
    let mut change = broker.database().write().await?;
    let given = Given::read(&mut change, &body, (None, None), &broker.settings().webhooks).await?;
    let new = given.keep(&mut change, &uuid).await?;
    let document = Webhook::known(&mut change, &uuid).await?.document(&base);
    change.commit().await?;
    if new {
        return Ok(created(&base.at(["webhooks", &uuid]), &document));
    }
    Ok(hal(StatusCode::OK, &document))
}

async fn remove(State(broker): State<Broker>, Path(uuid): Path<String>) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let found = Webhook::known(&mut change, &uuid).await?;
    statement("DELETE FROM webhook WHERE id = $1").bind(found.id).execute(&mut change).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Sends a webhook once, for the newest pact that it is about, and shows everything that happened.
async fn execute(
    State(broker): State<Broker>,
    base: Base,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let webhook = Webhook::known(&mut conn, &uuid).await?;
    let (mut rest, mut keys) = ("WHERE 1 = 1".to_owned(), Vec::new());
    for (column, name) in [("c", &webhook.consumer), ("r", &webhook.provider)] {
        if let Some(name) = name {
            keys.push(Key::Text(name));
            rest.push_str(&format!(" AND {column}.name = ${}", keys.len()));
        }
    }
    rest.push_str(" ORDER BY p.version_id DESC, p.id DESC LIMIT 1");
    let pact = publications::find(&mut conn, &rest, &keys).await?.pop();
    let parameters = match &pact {
        Some(pact) => {
            let cause = Cause {
                verification: verifications::latest(&mut conn, pact.content_id)
                    .await?
                    .map(|result| result.id),
                ..Cause::new(Event::ContractPublished, pact)
            };
            template::parameters(&mut conn, &base, cause).await?
        }
        None => serde_json::Map::new(),
    };
    drop(conn);
    let done = attempt(broker.sender(), &webhook.request, &parameters, &broker.settings().webhooks).await;
    let own = base.at(["webhooks", &uuid]);
    Ok(hal(
        StatusCode::OK,
        &json!({"request": done.request, "response": done.response, "logs": done.log, "success": done.success,
            "_links": {"webhook": {"href": own}, "try-again": link("Send it again", format!("{own}/execute"))}}),
    ))
}
