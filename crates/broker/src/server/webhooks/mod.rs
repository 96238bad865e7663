//! Webhooks: who is told when a pact or a result is published.
//!
//! What is to be sent is written down with the change that causes it, in the same transaction. It is sent afterwards,
//! and again after a pause if that fails, until it is done or has been tried often enough; a restart changes nothing.

mod definition;
mod routes;
mod rules;
mod sender;
mod status;
mod template;

use serde_json::Value;

use super::clock::now;
use super::db::{Conn, Error, statement};
use super::events::Event;
use super::links::Base;
use super::publications::Pact;

pub(super) use routes::routes;
pub(super) use sender::{Sender, send_all};

use self::definition::Webhook;

/// Why webhooks are triggered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause<'a> {
    pub(super) event: Event,
    pub(super) pact: &'a Pact,
    pub(super) provider_version: Option<i64>,
    pub(super) verification: Option<i64>,
}

impl<'a> Cause<'a> {
    pub(super) fn new(event: Event, pact: &'a Pact) -> Self {
        Self { event, pact, provider_version: None, verification: None }
    }
}

/// A webhook that will be sent.
#[derive(Debug)]
pub(super) struct Triggered {
    pub(super) uuid: String,
    pub(super) name: String,
}

/// Writes down every webhook that waits for this.
pub(super) async fn trigger(conn: &mut Conn, base: &Base, cause: Cause<'_>) -> Result<Vec<Triggered>, Error> {
    let event = cause.event.name();
    let mut all = Vec::new();
    for webhook in Webhook::of_pair(conn, cause.pact.consumer_id, cause.pact.provider_id).await? {
        if !webhook.enabled || !webhook.events.iter().any(|name| name == event) {
            continue;
        }
        let parameters = template::parameters(conn, base, cause).await?;
        let uuid = uuid::Uuid::new_v4().to_string();
        let sql = "INSERT INTO triggered_webhook (uuid, webhook_id, consumer_id, provider_id, publication_id, \
                   verification_id, event, parameters, status, attempts, next_at, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'not_run', 0, $9, $10)";
        let now = now();
        statement(sql)
            .bind(&uuid)
            .bind(webhook.id)
            .bind(cause.pact.consumer_id)
            .bind(cause.pact.provider_id)
            .bind(cause.pact.id)
            .bind(cause.verification)
            .bind(event)
            .bind(Value::Object(parameters).to_string())
            .bind(now)
            .bind(now)
            .execute(&mut *conn)
            .await?;
        let name = webhook.description.as_ref().map_or(webhook.uuid.clone(), |text| format!("\"{text}\""));
        all.push(Triggered { uuid, name });
    }
    Ok(all)
}

/// The label of a webhook's consumer or provider, or the name.
async fn is_labelled(conn: &mut Conn, pacticipant: i64, label: &str) -> Result<bool, Error> {
    let sql = "SELECT COUNT(*) FROM label WHERE pacticipant_id = $1 AND name = $2";
    Ok(statement(sql).bind(pacticipant).bind(label).fetch_one(conn).await?.int(0)? > 0)
}
