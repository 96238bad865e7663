//! What became of webhooks that were triggered.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use crate::server::Broker;
use crate::server::clock::shown;
use crate::server::db::{Conn, Error, Row, statement};
use crate::server::links::{Base, link, named};
use crate::server::media::{HAL, TEXT, hal, offer, text};
use crate::server::pacts::{Which, find_one};
use crate::server::publications::Pact;
use crate::server::refusal::Refusal;

use super::definition::Webhook;

pub(super) fn routes() -> Router<Broker> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    Router::new()
        .route(&format!("{pair}/webhooks/status"), get(of_latest_pact))
        .route(&format!("{pair}/version/{{number}}/triggered-webhooks"), get(of_pact))
        .route(
            &format!("{pair}/pact-version/{{sha}}/verification-results/{{number}}/triggered-webhooks"),
            get(of_verification),
        )
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
        .merge(
            Router::new()
                .route("/triggered-webhooks/{uuid}/logs", get(logs))
                .route_layer(from_fn(async |request, next| offer(&[TEXT], request, next).await)),
        )
}

const COLUMNS: &str = "SELECT t.uuid, w.uuid, t.event, t.status, t.attempts, t.created_at FROM triggered_webhook t JOIN \
                       webhook w ON w.id = t.webhook_id";

struct Sent {
    uuid: String,
    webhook: String,
    event: String,
    status: String,
    attempts: i64,
    created_at: i64,
}

impl Sent {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            uuid: row.text(0)?,
            webhook: row.text(1)?,
            event: row.text(2)?,
            status: row.text(3)?,
            attempts: row.int(4)?,
            created_at: row.int(5)?,
        })
    }

    fn document(&self, base: &Base, name: &str, most: i64) -> Value {
        let left =
            if matches!(self.status.as_str(), "success" | "failure") { 0 } else { most - self.attempts };
        let logs = base.at(["triggered-webhooks", &self.uuid, "logs"]);
        json!({
            "name": name, "status": self.status, "attemptsMade": self.attempts, "attemptsRemaining": left.max(0),
            "triggerType": "resource_creation", "eventName": self.event, "triggeredAt": shown(self.created_at),
            "_links": {
                "logs": named("Deprecated: use pb:logs", name, logs.clone()),
                "pb:logs": named("Webhook log", name, logs),
                "pb:webhook": named("Webhook", name, base.at(["webhooks", &self.webhook]))
            }
        })
    }
}

async fn documents(
    broker: &Broker,
    conn: &mut Conn,
    base: &Base,
    rest: &str,
    key: i64,
) -> Result<(Vec<Sent>, Vec<Value>), Refusal> {
    let sql = format!("{COLUMNS} {rest} ORDER BY t.id");
    let rows = statement(sql).bind(key).fetch_all(&mut *conn).await?;
    let sent = rows.iter().map(Sent::of).collect::<Result<Vec<_>, _>>()?;
    let most = i64::try_from(broker.settings().webhooks.pauses.len()).unwrap_or(0) + 1;
    let mut all = Vec::new();
    for one in &sent {
        let name = Webhook::known(conn, &one.webhook).await?.method_and_host();
        all.push(one.document(base, &name, most));
    }
    Ok((sent, all))
}

async fn of_latest_pact(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let pact = find_one(&mut conn, &consumer, &provider, Which::Latest).await?;
    let (sent, all) = documents(&broker, &mut conn, &base, "WHERE t.publication_id = $1", pact.id).await?;
    let count = |status: &[&str]| sent.iter().filter(|one| status.contains(&one.status.as_str())).count();
    let errors: Vec<Value> = sent
        .iter()
        .filter(|one| matches!(one.status.as_str(), "failure" | "retrying"))
        .map(|one| link("Webhook log", base.at(["triggered-webhooks", &one.uuid, "logs"])))
        .collect();
    let pair = base.pair(&consumer, &provider);
    Ok(hal(
        StatusCode::OK,
        &json!({
            "summary": {"successful": count(&["success"]), "failed": count(&["failure", "retrying"]),
                "notRun": count(&["not_run"])},
            "_embedded": {"triggeredWebhooks": all},
            "_links": {
                "self": link("Webhooks status", format!("{pair}/webhooks/status")),
                "pb:error-logs": errors,
                "pb:pact-webhooks":
                    link(&format!("Webhooks for the pact between {consumer} and {provider}"), format!("{pair}/webhooks")),
                "pb:pact-version": named("Pact", &pact.title(), base.pact(&consumer, &provider, &pact.number)),
                "pb:consumer": named("Consumer", &consumer, base.pacticipant(&consumer)),
                "pb:provider": named("Provider", &provider, base.pacticipant(&provider))
            }
        }),
    ))
}

fn listed(all: &[Value], title: &str, own: String) -> Response {
    hal(
        StatusCode::OK,
        &json!({"_embedded": {"triggeredWebhooks": all}, "_links": {"self": link(title, own)}}),
    )
}

async fn of_pact(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer, number)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let pact: Pact = find_one(&mut conn, &consumer, &provider, Which::Version(&number)).await?;
    let rest = "WHERE t.publication_id = $1 AND t.verification_id IS NULL";
    let (_, all) = documents(&broker, &mut conn, &base, rest, pact.id).await?;
    let title =
        format!("Webhooks triggered by the publication of the {}", pact.title().replacen("Pact", "pact", 1));
    Ok(listed(&all, &title, format!("{}/triggered-webhooks", base.pact(&consumer, &provider, &number))))
}

async fn of_verification(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer, sha, number)): Path<(String, String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let pact = find_one(&mut conn, &consumer, &provider, Which::Content(&sha)).await?;
    let number: i64 = number.parse().map_err(|_| Refusal::NotFound)?;
    let sql = "SELECT id FROM verification WHERE pact_version_id = $1 AND number = $2";
    let row = statement(sql).bind(pact.content_id).bind(number).fetch_optional(&mut conn).await?;
    let verification = row.ok_or(Refusal::NotFound)?.int(0)?;
    let rest = "WHERE t.verification_id = $1";
    let (_, all) = documents(&broker, &mut conn, &base, rest, verification).await?;
    let content = base.content(&consumer, &provider, &sha);
    let own = format!("{content}/verification-results/{number}/triggered-webhooks");
    Ok(listed(&all, &format!("Webhooks triggered by verification result {number}"), own))
}

/// Everything that was tried, as it happened.
async fn logs(State(broker): State<Broker>, Path(uuid): Path<String>) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let row = statement("SELECT id FROM triggered_webhook WHERE uuid = $1").bind(&uuid);
    let id = row.fetch_optional(&mut conn).await?.ok_or(Refusal::NotFound)?.int(0)?;
    let sql = "SELECT log FROM webhook_execution WHERE triggered_id = $1 ORDER BY id";
    let rows = statement(sql).bind(id).fetch_all(&mut conn).await?;
    let logs = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
    let all =
        if logs.is_empty() { "The webhook has not been sent yet.\n".to_owned() } else { logs.join("\n") };
    Ok(text(StatusCode::OK, TEXT, all))
}
