//! Who consumes from whom.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get};
use serde_json::{Value, json};

use super::Broker;
use super::db::{Conn, Error, statement};
use super::links::{Base, link};
use super::media::{HAL, JSON, hal, offer};
use super::names::pacticipant;
use super::refusal::Refusal;

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/integrations", get(list).delete(remove_all))
        .route_layer(from_fn(async |request: Request, next: Next| offer(&[HAL], request, next).await))
        .merge(
            Router::new()
                .route("/integrations/provider/{provider}/consumer/{consumer}", delete(remove))
                .route_layer(from_fn(async |request: Request, next: Next| {
                    offer(&[HAL, JSON], request, next).await
                })),
        )
        .merge(
            Router::new().route("/relationships", get(relationships)).route_layer(from_fn(
                async |request: Request, next: Next| offer(&[CSV], request, next).await,
            )),
        )
}

const CSV: &str = "text/csv;charset=utf-8";

/// Names of consumers and providers, in order.
pub(super) async fn pairs(conn: &mut Conn) -> Result<Vec<(String, String)>, Error> {
    let sql = "SELECT c.name, p.name FROM integration i JOIN pacticipant c ON c.id = i.consumer_id \
               JOIN pacticipant p ON p.id = i.provider_id ORDER BY c.name, p.name";
    statement(sql).fetch_all(conn).await?.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

async fn list(State(broker): State<Broker>, base: Base) -> Result<Response, Refusal> {
    let pairs = pairs(&mut *broker.database().read().await?).await?;
    let document = |(consumer, provider): &(String, String)| {
        let at = |first: &str| base.at([first, "provider", provider, "consumer", consumer]);
        let both = format!("{consumer} and {provider}");
        json!({"consumer": {"name": consumer}, "provider": {"name": provider}, "_links": {
            "pb:dashboard": link("Pacts of this integration", at("dashboard")),
            "pb:matrix": link(&format!("Matrix of {both}"), at("matrix")),
            "pb:group": {"href": base.pacticipant(consumer)},
            "pb:delete_integration": link(&format!("Delete the integration of {both}"), at("integrations"))
        }})
    };
    let all: Vec<Value> = pairs.iter().map(document).collect();
    let own = json!({"href": base.at(["integrations"]), "title": "All integrations"});
    Ok(hal(StatusCode::OK, &json!({"_embedded": {"integrations": all}, "_links": {"self": own}})))
}

/// Removes the pacts of two pacticipants, with their results, and the pacticipants themselves if nothing else is
/// known of them.
async fn remove(
    State(broker): State<Broker>,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let ids = (pacticipant(&mut change, &consumer).await?, pacticipant(&mut change, &provider).await?);
    let (Some(consumer), Some(provider)) = ids else { return Err(Refusal::NotFound) };
    let sql = "DELETE FROM integration WHERE consumer_id = $1 AND provider_id = $2";
    let removed = statement(sql).bind(consumer).bind(provider).execute(&mut change).await?;
    if removed == 0 {
        return Err(Refusal::NotFound);
    }
    for sql in [
        "DELETE FROM pact_publication WHERE consumer_id = $1 AND provider_id = $2",
        "DELETE FROM pact_version WHERE consumer_id = $1 AND provider_id = $2",
        "DELETE FROM webhook WHERE consumer_id = $1 AND provider_id = $2",
    ] {
        statement(sql).bind(consumer).bind(provider).takes_long().execute(&mut change).await?;
    }
    for id in [consumer, provider] {
        let sql = "DELETE FROM pacticipant WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM version WHERE pacticipant_id = $1) \
                   AND NOT EXISTS (SELECT 1 FROM integration WHERE consumer_id = $1 OR provider_id = $1)";
        statement(sql).bind(id).execute(&mut change).await?;
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove_all(State(broker): State<Broker>) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    for sql in [
        "DELETE FROM pact_publication",
        "DELETE FROM pact_version",
        "DELETE FROM integration",
        "DELETE FROM pacticipant WHERE NOT EXISTS (SELECT 1 FROM version v WHERE v.pacticipant_id = pacticipant.id)",
    ] {
        statement(sql).takes_long().execute(&mut change).await?;
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn relationships(State(broker): State<Broker>) -> Result<Response, Refusal> {
    let pairs = pairs(&mut *broker.database().read().await?).await?;
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line =
        |(consumer, provider): &(String, String)| format!("{},{}\n", quoted(consumer), quoted(provider));
    let text = pairs.iter().map(line).fold(String::from("consumer,provider\n"), |all, line| all + &line);
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(CSV))], text).into_response())
}
