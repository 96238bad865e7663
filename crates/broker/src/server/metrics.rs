//! Counts of everything.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::Broker;
use super::clock::shown_or_null;
use super::db::{Conn, Error, statement};
use super::media::{HAL, hal, offer};
use super::refusal::Refusal;

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/metrics", get(metrics))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

async fn numbers<const N: usize>(conn: &mut Conn, sql: &'static str) -> Result<[i64; N], Error> {
    let row = statement(sql).takes_long().fetch_one(conn).await?;
    let mut all = [0; N];
    for (at, number) in all.iter_mut().enumerate() {
        *number = row.maybe_int(at)?.unwrap_or(0);
    }
    Ok(all)
}

/// The first and the last moment in a table.
async fn span(conn: &mut Conn, table: &str) -> Result<[Value; 2], Error> {
    let sql = format!("SELECT MIN(created_at), MAX(created_at) FROM {table}");
    let row = statement(sql).takes_long().fetch_one(conn).await?;
    Ok([shown_or_null(row.maybe_int(0)?), shown_or_null(row.maybe_int(1)?)])
}

/// How many groups have how many members.
async fn distribution(conn: &mut Conn, sql: &'static str) -> Result<Value, Error> {
    let mut all = Map::new();
    for row in statement(sql).takes_long().fetch_all(conn).await? {
        all.insert(row.int(0)?.to_string(), json!(row.int(1)?));
    }
    Ok(json!({"distribution": all}))
}

async fn metrics(State(broker): State<Broker>) -> Result<Response, Refusal> {
    let mut conn = broker.database().snapshot().await?;
    let mut document = contracts(&mut conn).await?;
    document.append(&mut applications(&mut conn).await?);
    Ok(hal(StatusCode::OK, &Value::Object(document)))
}

async fn contracts(conn: &mut Conn) -> Result<Map<String, Value>, Error> {
    let mut all = Map::new();
    let sql = "SELECT CAST(SUM(k.interactions) AS BIGINT), CAST(SUM(k.messages) AS BIGINT) FROM pact_publication p JOIN \
               pact_version k ON k.id = p.pact_version_id WHERE p.version_id = (SELECT MAX(x.version_id) FROM \
               pact_publication x WHERE x.consumer_id = p.consumer_id AND x.provider_id = p.provider_id)";
    let [requests, messages] = numbers(conn, sql).await?;
    all.insert(
        "interactions".to_owned(),
        json!({"latestInteractionsCount": requests, "latestMessagesCount": messages,
            "latestInteractionsAndMessagesCount": requests + messages}),
    );
    let sql = "SELECT (SELECT COUNT(*) FROM integration), (SELECT CAST(SUM(revision) AS BIGINT) FROM pact_publication), \
               (SELECT COUNT(*) FROM pact_version)";
    let [integrations, publications, contents] = numbers(conn, sql).await?;
    all.insert("integrations".to_owned(), json!({"count": integrations}));
    let [first, last] = span(conn, "pact_publication").await?;
    all.insert("pactPublications".to_owned(), json!({"count": publications, "first": first, "last": last}));
    all.insert("pactVersions".to_owned(), json!({"count": contents}));
    let sql = "SELECT revision, COUNT(*) FROM pact_publication GROUP BY revision ORDER BY revision";
    all.insert("pactRevisionsPerConsumerVersion".to_owned(), distribution(conn, sql).await?);
    let sql = "SELECT COUNT(*), CAST(SUM(success) AS BIGINT), (SELECT COUNT(*) FROM latest_verification) FROM verification";
    let [count, success, distinct] = numbers(conn, sql).await?;
    let [first, last] = span(conn, "verification").await?;
    all.insert(
        "verificationResults".to_owned(),
        json!({"count": count, "successCount": success, "failureCount": count - success, "distinctCount": distinct,
            "first": first, "last": last}),
    );
    let sql = "SELECT n, COUNT(*) FROM (SELECT COUNT(*) AS n FROM verification GROUP BY pact_version_id) x GROUP BY n \
               ORDER BY n";
    all.insert("verificationResultsPerPactVersion".to_owned(), distribution(conn, sql).await?);
    all.insert("matrix".to_owned(), json!({"count": distinct}));
    Ok(all)
}

async fn applications(conn: &mut Conn) -> Result<Map<String, Value>, Error> {
    let mut all = Map::new();
    let [count, with_main] = numbers(conn, "SELECT COUNT(*), COUNT(main_branch) FROM pacticipant").await?;
    all.insert("pacticipants".to_owned(), json!({"count": count, "withMainBranchSetCount": with_main}));
    let sql =
        "SELECT (SELECT COUNT(*) FROM version), (SELECT COUNT(DISTINCT version_id) FROM branch_version)";
    let [count, with_branch] = numbers(conn, sql).await?;
    all.insert(
        "pacticipantVersions".to_owned(),
        json!({"count": count, "withUserCreatedBranchCount": with_branch, "withBranchCount": with_branch,
            "withBranchSetCount": with_branch}),
    );
    let sql = "SELECT COUNT(*), COUNT(DISTINCT name), (SELECT COUNT(*) FROM (SELECT DISTINCT pacticipant_id, name FROM \
               tag) x) FROM tag";
    let [count, distinct, with_owner] = numbers(conn, sql).await?;
    all.insert(
        "tags".to_owned(),
        json!({"count": count, "distinctCount": distinct, "distinctWithPacticipantCount": with_owner}),
    );
    let sql = "SELECT (SELECT COUNT(*) FROM webhook), (SELECT COUNT(*) FROM triggered_webhook), \
               (SELECT COUNT(*) FROM webhook_execution)";
    let [webhooks, triggered, executions] = numbers(conn, sql).await?;
    all.insert("webhooks".to_owned(), json!({"count": webhooks}));
    all.insert("triggeredWebhooks".to_owned(), json!({"count": triggered}));
    all.insert("webhookExecutions".to_owned(), json!({"count": executions}));
    let sql = "SELECT (SELECT COUNT(*) FROM environment), (SELECT COUNT(*) FROM deployed_version), (SELECT COUNT(*) FROM \
               deployed_version WHERE active = 1), (SELECT COUNT(*) FROM released_version), (SELECT COUNT(*) FROM \
               released_version WHERE active = 1)";
    let [environments, deployed, active, released, supported] = numbers(conn, sql).await?;
    all.insert("environments".to_owned(), json!({"count": environments}));
    all.insert(
        "deployedVersions".to_owned(),
        json!({"count": deployed, "userCreatedCount": deployed, "currentlyDeployedCount": active}),
    );
    all.insert(
        "releasedVersions".to_owned(),
        json!({"count": released, "currentlySupportedCount": supported}),
    );
    Ok(all)
}
