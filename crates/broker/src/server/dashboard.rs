//! Where every integration stands: its newest pact, and the newest of each branch and tag.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::Broker;
use super::clock::shown;
use super::db::{Conn, Error, statement};
use super::details::Details;
use super::links::{Base, link};
use super::media::{HAL, hal, offer};
use super::publications::{Key, Pact, find_many};
use super::refusal::Refusal;

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/dashboard", get(all))
        .route("/dashboard/provider/{provider}/consumer/{consumer}", get(of_pair))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

const HEADS: &str = "AND (p.version_id = (SELECT MAX(x.version_id) FROM pact_publication x WHERE x.consumer_id = \
                     p.consumer_id AND x.provider_id = p.provider_id) OR EXISTS (SELECT 1 FROM branch_pact b WHERE \
                     b.publication_id = p.id AND b.version_id = (SELECT MAX(y.version_id) FROM branch_pact y WHERE \
                     y.branch_id = b.branch_id AND y.provider_id = b.provider_id)) OR EXISTS (SELECT 1 FROM tag_pact t \
                     WHERE t.publication_id = p.id AND t.version_id = (SELECT MAX(z.version_id) FROM tag_pact z WHERE \
                     z.consumer_id = t.consumer_id AND z.tag = t.tag AND z.provider_id = t.provider_id)))";

async fn all(State(broker): State<Broker>, base: Base) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    let rest = format!("WHERE 1 = 1 {HEADS} ORDER BY c.name, r.name, p.version_id DESC");
    let pacts = find_many(&mut conn, &rest, &[]).await?;
    respond(&mut conn, &base, &pacts).await
}

async fn of_pair(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    let rest = format!("WHERE c.name = $1 AND r.name = $2 {HEADS} ORDER BY p.version_id DESC");
    let pacts = find_many(&mut conn, &rest, &[Key::Text(&consumer), Key::Text(&provider)]).await?;
    respond(&mut conn, &base, &pacts).await
}

/// The newest result of each content.
pub(super) struct Newest {
    pub(super) provider_version: i64,
    pub(super) number: String,
    pub(super) success: bool,
    pub(super) created_at: i64,
}

/// The newest results of many contents, by content.
pub(super) async fn newest_results(
    conn: &mut Conn,
    contents: &[i64],
) -> Result<BTreeMap<i64, Newest>, Error> {
    let sql = "SELECT x.pact_version_id, x.provider_version_id, v.number, x.success, x.created_at FROM verification x JOIN \
               version v ON v.id = x.provider_version_id WHERE x.pact_version_id = ANY($1) AND x.id = (SELECT MAX(y.id) \
               FROM verification y WHERE y.pact_version_id = x.pact_version_id)";
    let rows = statement(sql).bind(contents).takes_long().fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let newest = Newest {
                provider_version: row.int(1)?,
                number: row.text(2)?,
                success: row.flag(3)?,
                created_at: row.int(4)?,
            };
            Ok((row.int(0)?, newest))
        })
        .collect()
}

async fn respond(conn: &mut Conn, base: &Base, pacts: &[Pact]) -> Result<Response, Refusal> {
    let contents: Vec<i64> = pacts.iter().map(|pact| pact.content_id).collect();
    let results = newest_results(conn, &contents).await?;
    let own = pacts.iter().map(|pact| pact.version_id);
    let versions: Vec<i64> = own.chain(results.values().map(|result| result.provider_version)).collect();
    let details = Details::marks(conn, &versions).await?;
    let mut items = Vec::new();
    for pact in pacts {
        let sent = webhook_status(conn, pact).await?;
        let tags = newest_of_tags(conn, pact).await?;
        items.push(item(base, pact, results.get(&pact.content_id), &details, (sent, tags)));
    }
    Ok(hal(StatusCode::OK, &json!({"items": items})))
}

/// The tags whose newest pact between the two this is.
async fn newest_of_tags(conn: &mut Conn, pact: &Pact) -> Result<Vec<String>, Error> {
    let sql = "SELECT t.tag FROM tag_pact t WHERE t.publication_id = $1 AND t.version_id = (SELECT MAX(x.version_id) FROM \
               tag_pact x WHERE x.consumer_id = t.consumer_id AND x.tag = t.tag AND x.provider_id = t.provider_id) \
               ORDER BY t.tag";
    statement(sql).bind(pact.id).fetch_all(conn).await?.iter().map(|row| row.text(0)).collect()
}

async fn webhook_status(conn: &mut Conn, pact: &Pact) -> Result<(String, Value), Error> {
    let sql = "SELECT t.status, (SELECT MAX(x.created_at) FROM webhook_execution x WHERE x.triggered_id = t.id) FROM \
               triggered_webhook t WHERE t.publication_id = $1 ORDER BY t.id DESC LIMIT 1";
    let Some(row) = statement(sql).bind(pact.id).fetch_optional(conn).await? else {
        return Ok(("none".to_owned(), Value::Null));
    };
    let execution = row.maybe_int(1)?.map(|moment| json!({"triggeredAt": shown(moment)}));
    Ok((row.text(0)?, execution.unwrap_or_default()))
}

fn item(
    base: &Base,
    pact: &Pact,
    result: Option<&Newest>,
    details: &Details,
    ((webhooks, execution), tags): ((String, Value), Vec<String>),
) -> Value {
    let Pact { consumer, provider, number, .. } = pact;
    let heads = |version: i64| -> Vec<&str> {
        let branches = details.branches(version).iter();
        branches.filter(|mark| mark.latest).map(|mark| mark.name.as_str()).collect()
    };
    let own = base.pact(consumer, provider, number);
    let tags: Vec<Value> = tags
        .iter()
        .map(|tag| {
            let at = base.tag(consumer, number, tag);
            json!({"name": tag, "latest": true, "_links": {"self": {"href": at}}})
        })
        .collect();
    let branch = |version: i64| heads(version).last().map(|name| (*name).to_owned());
    let provider_version = result.map(|result| {
        let id = result.provider_version;
        json!({"number": result.number, "branch": branch(id), "headBranchNames": heads(id)})
    });
    let result_tags: Vec<Value> = result
        .map(|result| details.tags(result.provider_version))
        .unwrap_or_default()
        .iter()
        .map(|mark| json!({"name": mark.name, "latest": mark.latest}))
        .collect();
    let latest = result.map(|result| {
        json!({"success": result.success, "verifiedAt": shown(result.created_at),
            "_links": {"self": {"href": format!("{own}/verification-results/latest")}}})
    });
    let status = match result {
        None => "never",
        Some(result) if result.success => "success",
        Some(_) => "failed",
    };
    let hooks = format!("{}/webhooks/status", base.pair(consumer, provider));
    json!({
        "consumer": {"name": consumer,
            "version": {"number": number, "branch": branch(pact.version_id), "headBranchNames": heads(pact.version_id),
                "_links": {"self": {"href": base.version(consumer, number)}}},
            "_links": {"self": {"href": base.pacticipant(consumer)}}},
        "provider": {"name": provider, "version": provider_version,
            "_links": {"self": {"href": base.pacticipant(provider)}}},
        "pact": {"createdAt": shown(pact.created_at), "_links": {"self": {"href": own}}},
        "pactTags": tags, "latestVerificationResult": latest, "latestVerificationResultTags": result_tags,
        "verificationStatus": status, "webhookStatus": webhooks, "latestWebhookExecution": execution,
        "_links": {"pb:webhook-status":
            link(&format!("Status of webhooks for the pact between {consumer} and {provider}"), hooks)}
    })
}
