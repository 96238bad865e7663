//! Publishing contracts: all of one version in one request, and all of them or none.

mod notices;
mod request;
mod similar;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};

use super::Broker;
use super::body::Body;
use super::content::Content;
use super::db::{Conn, statement};
use super::diff;
use super::events::{self, Event};
use super::links::{Base, named};
use super::media::{HAL, hal, offer};
use super::merge::merge;
use super::names::{
    make_pacticipant, make_version, pacticipant, put_on_branch, put_tag, set_build_url, version,
};
use super::publications::{self, Pact, Parties, of_version};
use super::refusal::Refusal;
use super::webhooks::{self, Cause};

use self::notices::Notices;
use self::request::{Contract, Publication};
use self::similar::similar;

/// Bodies longer than this are read on a thread of their own, so that others are answered meanwhile.
const LONG: usize = 256 * 1024;

pub(super) fn routes() -> Router<Broker> {
    Router::new()
        .route("/contracts/publish", post(publish))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

/// Does work that takes long for a long body.
pub(super) async fn reading<T: Send + 'static>(
    length: usize,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    if length <= LONG {
        return work();
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Refusal::Malformed("The body cannot be read."))?
}

async fn publish(State(broker): State<Broker>, base: Base, body: Body) -> Result<Response, Refusal> {
    let publication = reading(body.bytes.len(), move || Publication::read(&body.object()?)).await?;
    let mut change = broker.database().write().await?;
    refuse_similar_names(&mut change, &publication, &base).await?;
    let publication = match settle(&mut change, publication).await? {
        Ok(publication) => publication,
        Err(conflicts) => {
            // Others need not wait until the differences are found.
            drop(change);
            return Err(refused(conflicts).await);
        }
    };
    let document = keep(&mut change, &base, &publication).await?;
    change.commit().await?;
    broker.sender().wake();
    Ok(hal(StatusCode::OK, &document))
}

/// A new name that is like a known one is probably a mistake.
async fn refuse_similar_names(
    conn: &mut Conn,
    publication: &Publication,
    base: &Base,
) -> Result<(), Refusal> {
    let providers = publication.contracts.iter().map(|contract| &contract.provider);
    let mut new: Vec<&String> = Vec::new();
    for name in std::iter::once(&publication.consumer).chain(providers) {
        if !new.contains(&name) && pacticipant(conn, name).await?.is_none() {
            new.push(name);
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let rows = statement("SELECT name FROM pacticipant ORDER BY name").fetch_all(conn).await?;
    let known = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
    let mut notices = Notices::default();
    let mut errors = Vec::new();
    for name in new {
        let like = similar(name, &known);
        if like.is_empty() {
            continue;
        }
        let text = format!(
            "No pact was published for \"{name}\" before, and the name is very like {}.\nIf one of them is meant, \
             correct the name and publish again. If it is a new application, create it first, with\n\n\
             pact-broker create-or-update-pacticipant --name \"{name}\" --broker-base-url {}\n",
            like.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "),
            base.as_str()
        );
        notices.add("error", text.clone());
        errors.push(text);
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(unpublished(&notices, &errors))
}

fn unpublished(notices: &Notices, errors: &[String]) -> Refusal {
    Refusal::Unpublished(Box::new(json!({"notices": notices.document(), "errors": {"contracts": errors}})))
}

/// A contract that a version cannot have beside what it has.
struct Conflict {
    error: String,
    /// The contents that differ.
    contents: Option<(String, String)>,
}

async fn refused(conflicts: Vec<Conflict>) -> Refusal {
    let mut notices = Notices::default();
    let mut errors = Vec::new();
    for Conflict { error, contents } in conflicts {
        notices.add("error", error.clone());
        if let Some((old, new)) = contents {
            notices.add("info", diff::text(old, new).await);
        }
        errors.push(error);
    }
    unpublished(&notices, &errors)
}

/// Compares with what the version has already: joins where that is wanted, and tells what would change.
async fn settle(
    conn: &mut Conn,
    publication: Publication,
) -> Result<Result<Publication, Vec<Conflict>>, Refusal> {
    let mut conflicts = Vec::new();
    let mut contracts: Vec<Contract> = Vec::new();
    let owner = pacticipant(conn, &publication.consumer).await?;
    let known = match owner {
        Some(owner) => version(conn, owner, &publication.version).await?,
        None => None,
    };
    for contract in publication.contracts {
        // Parts of one pact may come in one request.
        if let Some(part) = contracts.iter_mut().find(|part| part.provider == contract.provider) {
            match join(&part.content.text, &contract.content.text) {
                Ok(content) => part.content = content,
                Err(why) => {
                    let provider = &contract.provider;
                    let error = format!("The contracts with provider {provider} cannot be merged: {why}.");
                    conflicts.push(Conflict { error, contents: None });
                }
            }
            continue;
        }
        let old = match (known, pacticipant(conn, &contract.provider).await?) {
            (Some(version), Some(provider)) => of_version(conn, version, provider).await?,
            _ => None,
        };
        match old {
            Some(old) if old.sha != contract.content.sha => {
                let text = publications::text(conn, old.content_id).await?;
                let error = immutable(&old);
                if !contract.merge {
                    conflicts.push(Conflict { error, contents: Some((text, contract.content.text)) });
                    continue;
                }
                match join(&text, &contract.content.text) {
                    Ok(content) => contracts.push(Contract { content, ..contract }),
                    Err(why) => {
                        let error = format!("{error} The pacts cannot be merged: {why}.");
                        conflicts.push(Conflict { error, contents: None });
                    }
                }
            }
            _ => contracts.push(contract),
        }
    }
    Ok(if conflicts.is_empty() { Ok(Publication { contracts, ..publication }) } else { Err(conflicts) })
}

fn join(old: &str, new: &str) -> Result<Content, String> {
    Content::read(merge(old, new)?.as_bytes())
}

/// Why the pact of a version stays as it is.
pub(super) fn immutable(pact: &Pact) -> String {
    format!(
        "Cannot change the content of the pact for {} version {} and provider {}: what was verified would not be what \
         is deployed. Publish it under a version of its own. If nothing was changed on purpose, the pact has random \
         examples; give each matcher an example value.",
        pact.consumer, pact.number, pact.provider
    )
}

async fn keep(conn: &mut Conn, base: &Base, publication: &Publication) -> Result<Value, Refusal> {
    let Publication { consumer, version: number, .. } = publication;
    let mut notices = Notices::default();
    let owner = make_pacticipant(conn, consumer).await?.id;
    let version = make_version(conn, owner, number).await?;
    if let Some(url) = &publication.build_url {
        set_build_url(conn, version.id, url).await?;
    }
    if let Some(branch) = &publication.branch {
        put_on_branch(conn, owner, version.id, branch).await?;
    }
    for tag in &publication.tags {
        put_tag(conn, owner, version.id, tag).await?;
    }
    notices.about_version(publication, version.new);
    let mut links = Vec::new();
    for contract in &publication.contracts {
        let pact = keep_one(conn, base, owner, version.id, contract, &mut notices).await?;
        links.push(named("Pact", &pact.title(), base.pact(consumer, &pact.provider, number)));
    }
    let tags = publication.tags.iter().map(|tag| named("Tag", tag, base.tag(consumer, number, tag)));
    let at = base.version(consumer, number);
    Ok(json!({
        "logs": notices.logs(), "notices": notices.document(),
        "_embedded": {
            "pacticipant": {"name": consumer, "_links": {"self": {"href": base.pacticipant(consumer)}}},
            "version": {"number": number, "_links": {"self": named("Version", number, at.clone())}}
        },
        "_links": {
            "pb:pacticipant": named("Pacticipant", consumer, base.pacticipant(consumer)),
            "pb:pacticipant-version": named("Pacticipant version", number, at),
            "pb:pacticipant-version-tags": tags.collect::<Vec<_>>(),
            "pb:contracts": links
        }
    }))
}

async fn keep_one(
    conn: &mut Conn,
    base: &Base,
    consumer: i64,
    version: i64,
    contract: &Contract,
    notices: &mut Notices,
) -> Result<Pact, Refusal> {
    let provider = make_pacticipant(conn, &contract.provider).await?.id;
    let parties = Parties { consumer, provider, version };
    let (pact, known) = keep_content(conn, parties, &contract.content).await?;
    notices.about_pact(base, &pact, known);
    announce(conn, base, &pact, known, notices).await?;
    notices.about_next_steps(conn, &pact).await?;
    Ok(pact)
}

/// Keeps a pact; says whether the version had it already.
async fn keep_content(conn: &mut Conn, parties: Parties, content: &Content) -> Result<(Pact, bool), Refusal> {
    if let Some(old) = of_version(conn, parties.version, parties.provider).await?
        && old.sha == content.sha
    {
        return Ok((old, true));
    }
    publications::put(conn, parties, content).await?;
    let pact = of_version(conn, parties.version, parties.provider).await?.ok_or(Refusal::NotFound)?;
    Ok((pact, false))
}

/// Keeps a pact and triggers the webhooks that wait for it; says whether the version had it already.
pub(super) async fn keep_and_announce(
    conn: &mut Conn,
    base: &Base,
    parties: Parties,
    content: &Content,
) -> Result<(Pact, bool), Refusal> {
    let (pact, known) = keep_content(conn, parties, content).await?;
    announce(conn, base, &pact, known, &mut Notices::default()).await?;
    Ok((pact, known))
}

async fn announce(
    conn: &mut Conn,
    base: &Base,
    pact: &Pact,
    known: bool,
    notices: &mut Notices,
) -> Result<(), Refusal> {
    let published = if known { None } else { Some(events::of_publication(conn, pact).await?) };
    notices.about_events(published.as_ref());
    let triggered = webhooks::trigger(conn, base, Cause::new(Event::ContractPublished, pact)).await?;
    notices.about_webhooks(base, Event::ContractPublished, &triggered);
    let Some(published) = published else { return Ok(()) };
    for provider_version in published.unverified {
        let event = Event::ContractRequiringVerification;
        let cause = Cause { provider_version: Some(provider_version), ..Cause::new(event, pact) };
        let triggered = webhooks::trigger(conn, base, cause).await?;
        notices.about_webhooks(base, event, &triggered);
    }
    if published.changed.is_some() {
        let triggered =
            webhooks::trigger(conn, base, Cause::new(Event::ContractContentChanged, pact)).await?;
        notices.about_webhooks(base, Event::ContractContentChanged, &triggered);
    }
    Ok(())
}
