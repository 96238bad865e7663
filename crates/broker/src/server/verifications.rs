//! Verification results.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use super::Broker;
use super::body::{Body, optional_text, required_name};
use super::clock::{now, shown};
use super::db::{Conn, Error, Row, statement};
use super::events::Event;
use super::links::{Base, link, named};
use super::media::{HAL, created, hal, offer};
use super::names::{known_version, make_version};
use super::pacts::{Metadata, Which, find_one};
use super::publications::{Key, Pact, find};
use super::refusal::{Fields, Refusal};
use super::webhooks::{self, Cause};

type Names = (String, String, String);

pub(super) fn routes() -> Router<Broker> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    let content = format!("{pair}/pact-version/{{sha}}");
    let results = "verification-results";
    Router::new()
        .route(&format!("{content}/{results}"), post(publish))
        .route(&format!("{content}/metadata/{{metadata}}/{results}"), post(publish_with_metadata))
        .route(&format!("{content}/{results}/{{number}}"), get(show))
        .route(&format!("{content}/metadata/{{metadata}}/{results}/{{number}}"), get(show_with_metadata))
        .route(&format!("{content}/{results}/latest"), get(latest_of_content))
        .route(&format!("{pair}/version/{{number}}/{results}/latest"), get(latest_of_version))
        .route(&format!("{pair}/latest/{results}/latest"), get(latest_of_latest))
        .route(
            &format!("/{results}/consumer/{{consumer}}/version/{{number}}/latest"),
            get(of_consumer_version),
        )
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

const COLUMNS: &str = "SELECT x.id, x.number, x.success, v.number, x.build_url, x.test_results, x.verified_by, \
                       x.created_at FROM verification x JOIN version v ON v.id = x.provider_version_id";

/// What became of a content with a version of its provider.
#[derive(Debug)]
pub(super) struct Verification {
    pub(super) id: i64,
    pub(super) number: i64,
    pub(super) success: bool,
    pub(super) provider_version: String,
    build_url: Option<String>,
    test_results: Option<String>,
    verified_by: Option<String>,
    pub(super) created_at: i64,
}

impl Verification {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.int(0)?,
            number: row.int(1)?,
            success: row.flag(2)?,
            provider_version: row.text(3)?,
            build_url: row.maybe_text(4)?,
            test_results: row.maybe_text(5)?,
            verified_by: row.maybe_text(6)?,
            created_at: row.int(7)?,
        })
    }

    fn document(&self, base: &Base, pact: &Pact) -> Value {
        let content = base.content(&pact.consumer, &pact.provider, &pact.sha);
        let own = format!("{content}/verification-results/{}", self.number);
        let json =
            |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let title = pact.title();
        let mut document = json!({
            "providerName": pact.provider, "providerApplicationVersion": self.provider_version,
            "success": self.success, "verificationDate": shown(self.created_at),
            "verifiedBy": json(&self.verified_by).unwrap_or_else(|| json!({})),
            "_links": {
                "self": named("Verification result", &format!("Verification result {} for {title}", self.number), own.clone()),
                "pb:pact-version":
                    named("Pact", &title, format!("{content}/metadata/{}", Metadata::naming(&pact.number))),
                "pb:triggered-webhooks":
                    link("Webhooks triggered by this verification result", format!("{own}/triggered-webhooks"))
            }
        });
        if let Some(url) = &self.build_url {
            document["buildUrl"] = json!(url);
        }
        if let Some(results) = json(&self.test_results) {
            document["testResults"] = results;
        }
        document
    }
}

async fn select(conn: &mut Conn, rest: &str, keys: [i64; 2]) -> Result<Option<Verification>, Error> {
    let sql = format!("{COLUMNS} {rest}");
    let row = statement(sql).bind(keys[0]).bind(keys[1]).fetch_optional(conn).await?;
    row.as_ref().map(Verification::of).transpose()
}

/// The newest result of a content.
pub(super) async fn latest(conn: &mut Conn, content: i64) -> Result<Option<Verification>, Error> {
    let rest = "WHERE x.pact_version_id = $1 AND x.id <> $2 ORDER BY x.id DESC LIMIT 1";
    select(conn, rest, [content, -1]).await
}

/// What a provider sends.
struct Outcome {
    success: bool,
    version: String,
    build_url: Option<String>,
    test_results: Option<String>,
    verified_by: Option<String>,
}

fn read(body: &Map<String, Value>) -> Result<Outcome, Refusal> {
    let mut fields = Fields::default();
    let success = match body.get("success") {
        Some(Value::Bool(success)) => *success,
        Some(_) => {
            fields.add("success", "must be boolean");
            false
        }
        None => {
            fields.add("success", "is missing");
            false
        }
    };
    let version = required_name(body, "providerApplicationVersion", &mut fields);
    let build_url = optional_text(body, "buildUrl", &mut fields);
    fields.check()?;
    let test_results = body.get("testResults").filter(|it| !it.is_null()).map(ToString::to_string);
    let verified_by = body.get("verifiedBy").and_then(Value::as_object).map(|by| flat(by).to_string());
    Ok(Outcome { success, version, build_url, test_results, verified_by })
}

/// Who verified, with what its client said of itself beside it.
fn flat(by: &Map<String, Value>) -> Value {
    let mut all = by.clone();
    if let Some(Value::Object(client)) = all.remove("clientLanguage") {
        for (own, flat) in [
            ("name", "client_implementation"),
            ("testFramework", "client_test_framework"),
            ("version", "client_version"),
        ] {
            if let Some(value) = client.get(own) {
                all.insert(flat.to_owned(), value.clone());
            }
        }
    }
    Value::Object(all)
}

async fn keep(conn: &mut Conn, pact: &Pact, result: &Outcome) -> Result<(i64, i64, i64), Error> {
    let version = make_version(conn, pact.provider_id, &result.version).await?.id;
    let sql = "UPDATE sequence SET value = value + 1 WHERE name = 'verification' RETURNING value";
    let number = statement(sql).fetch_one(&mut *conn).await?.int(0)?;
    let (success, now) = (i64::from(result.success), now());
    let sql = "INSERT INTO verification (pact_version_id, provider_version_id, number, success, build_url, test_results, \
               verified_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let row = statement(sql)
        .bind(pact.content_id)
        .bind(version)
        .bind(number)
        .bind(success)
        .bind(&result.build_url)
        .bind(&result.test_results)
        .bind(&result.verified_by)
        .bind(now)
        .fetch_one(&mut *conn)
        .await?;
    let id = row.int(0)?;
    let sql = "INSERT INTO latest_verification (pact_version_id, provider_version_id, verification_id, number, success, \
               created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (pact_version_id, provider_version_id) DO UPDATE \
               SET verification_id = excluded.verification_id, number = excluded.number, success = excluded.success, \
               created_at = excluded.created_at";
    statement(sql)
        .bind(pact.content_id)
        .bind(version)
        .bind(id)
        .bind(number)
        .bind(success)
        .bind(now)
        .execute(conn)
        .await?;
    Ok((id, version, number))
}

async fn publish(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer, sha)): Path<Names>,
    body: Body,
) -> Result<Response, Refusal> {
    let mut change = broker.database().write().await?;
    let pact = find_one(&mut change, &consumer, &provider, Which::Content(&sha)).await?;
    let result = read(&body.object()?)?;
    let (id, version, number) = keep(&mut change, &pact, &result).await?;
    let outcome = if result.success { Event::VerificationSucceeded } else { Event::VerificationFailed };
    for event in [Event::VerificationPublished, outcome] {
        let cause =
            Cause { provider_version: Some(version), verification: Some(id), ..Cause::new(event, &pact) };
        webhooks::trigger(&mut change, &base, cause).await?;
    }
    let kept = by_number(&mut change, &pact, number).await?;
    change.commit().await?;
    broker.sender().wake();
    let at = format!("{}/verification-results/{number}", base.content(&consumer, &provider, &sha));
    Ok(created(&at, &kept.document(&base, &pact)))
}

async fn publish_with_metadata(
    state: State<Broker>,
    base: Base,
    Path((provider, consumer, sha, _)): Path<(String, String, String, String)>,
    body: Body,
) -> Result<Response, Refusal> {
    publish(state, base, Path((provider, consumer, sha)), body).await
}

async fn by_number(conn: &mut Conn, pact: &Pact, number: i64) -> Result<Verification, Refusal> {
    let rest = "WHERE x.pact_version_id = $1 AND x.number = $2";
    select(conn, rest, [pact.content_id, number]).await?.ok_or(Refusal::NotFound)
}

async fn show(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer, sha, number)): Path<(String, String, String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let pact = find_one(&mut conn, &consumer, &provider, Which::Content(&sha)).await?;
    let number = number.parse().map_err(|_| Refusal::NotFound)?;
    let found = by_number(&mut conn, &pact, number).await?;
    Ok(hal(StatusCode::OK, &found.document(&base, &pact)))
}

async fn show_with_metadata(
    state: State<Broker>,
    base: Base,
    Path((provider, consumer, sha, _, number)): Path<(String, String, String, String, String)>,
) -> Result<Response, Refusal> {
    show(state, base, Path((provider, consumer, sha, number))).await
}

async fn respond_latest(
    broker: &Broker,
    base: &Base,
    names: &Names,
    which: Which<'_>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let pact = find_one(&mut conn, &names.1, &names.0, which).await?;
    let found = latest(&mut conn, pact.content_id).await?.ok_or(Refusal::NotFound)?;
    Ok(hal(StatusCode::OK, &found.document(base, &pact)))
}

async fn latest_of_content(
    State(broker): State<Broker>,
    base: Base,
    Path(names): Path<Names>,
) -> Result<Response, Refusal> {
    respond_latest(&broker, &base, &names, Which::Content(&names.2)).await
}

async fn latest_of_version(
    State(broker): State<Broker>,
    base: Base,
    Path(names): Path<Names>,
) -> Result<Response, Refusal> {
    respond_latest(&broker, &base, &names, Which::Version(&names.2)).await
}

async fn latest_of_latest(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    respond_latest(&broker, &base, &(provider, consumer, String::new()), Which::Latest).await
}

/// The newest result of each pact of a consumer version.
async fn of_consumer_version(
    State(broker): State<Broker>,
    base: Base,
    Path((consumer, number)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let version = known_version(&mut conn, &consumer, &number).await?;
    let pacts = find(&mut conn, "WHERE p.version_id = $1 ORDER BY r.name", &[Key::Id(version)]).await?;
    let mut summary: BTreeMap<&str, Vec<String>> =
        BTreeMap::from([("successful", Vec::new()), ("failed", Vec::new()), ("unknown", Vec::new())]);
    let mut results = Vec::new();
    for pact in &pacts {
        let found = latest(&mut conn, pact.content_id).await?;
        let verdict = match &found {
            Some(result) if result.success => "successful",
            Some(_) => "failed",
            None => "unknown",
        };
        summary.entry(verdict).or_default().push(pact.provider.clone());
        results.extend(found.map(|found| found.document(&base, pact)));
    }
    let success = summary["failed"].is_empty() && summary["unknown"].is_empty();
    let own = base.at(["verification-results", "consumer", &consumer, "version", &number, "latest"]);
    let title = format!("Latest verification results of {consumer} version {number}");
    Ok(hal(
        StatusCode::OK,
        &json!({"success": success, "providerSummary": summary, "_embedded": {"verificationResults": results},
            "_links": {"self": {"href": own, "title": title}}}),
    ))
}
