//! Lists of pacts: of a provider, of two pacticipants, of all.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use crate::server::Broker;
use crate::server::clock::{day, shown};
use crate::server::db::Conn;
use crate::server::links::{Base, named};
use crate::server::media::{HAL, hal, offer};
use crate::server::names::{known_provider, pacticipant};
use crate::server::publications::{self, Key, Pact, find_many};
use crate::server::refusal::Refusal;

use super::PAIR;

/// The newest pact of each pair that a branch or tag has.
const NEWEST_ON_BRANCH: &str = "AND b.version_id = (SELECT MAX(x.version_id) FROM branch_pact x WHERE x.branch_id = b.branch_id AND \
     x.provider_id = b.provider_id)";
const NEWEST_WITH_TAG: &str = "AND t.version_id = (SELECT MAX(x.version_id) FROM tag_pact x WHERE x.consumer_id = t.consumer_id AND \
     x.tag = t.tag AND x.provider_id = t.provider_id)";
const ON_BRANCH: &str = "JOIN branch_pact b ON b.publication_id = p.id JOIN branch n ON n.id = b.branch_id";
const WITH_TAG: &str = "JOIN tag_pact t ON t.publication_id = p.id";
pub(in crate::server) const NEWEST: &str = "AND p.version_id = (SELECT MAX(x.version_id) FROM pact_publication x WHERE x.consumer_id = p.consumer_id AND \
     x.provider_id = p.provider_id)";

pub(super) fn routes() -> Router<Broker> {
    let provider = "/pacts/provider/{provider}";
    Router::new()
        .route("/pacts/latest", get(latest))
        .route(provider, get(all_of_provider))
        .route(&format!("{provider}/latest"), get(latest_of_provider))
        .route(&format!("{provider}/latest/{{tag}}"), get(latest_of_provider_with_tag))
        .route(&format!("{provider}/tag/{{tag}}"), get(all_of_provider_with_tag))
        .route(&format!("{provider}/branch"), get(main_branches_of_provider))
        .route(&format!("{provider}/branch/latest"), get(latest_of_provider_on_main_branches))
        .route(&format!("{provider}/branch/{{branch}}"), get(all_of_provider_on_branch))
        .route(&format!("{provider}/branch/{{branch}}/latest"), get(latest_of_provider_on_branch))
        .route(&format!("{provider}/provider-states"), get(states))
        .route(&format!("{PAIR}/versions"), get(versions))
        .route(&format!("{PAIR}/tag/{{tag}}"), get(versions_with_tag))
        .route(&format!("{PAIR}/branch/versions"), get(versions_on_main_branch))
        .route(&format!("{PAIR}/branch/latest/versions"), get(latest_on_main_branch))
        .route(&format!("{PAIR}/branch/{{branch}}"), get(versions_on_branch))
        .route(&format!("{PAIR}/branch/{{branch}}/latest/versions"), get(latest_on_branch))
        .route_layer(from_fn(async |request, next| offer(&[HAL], request, next).await))
}

async fn of_provider(
    broker: &Broker,
    base: &Base,
    provider: &str,
    condition: (&str, &str, Option<&str>),
    own: String,
    title: String,
) -> Result<Response, Refusal> {
    let (joins, and, value) = condition;
    let mut conn = broker.database().read().await?;
    let id = known_provider(&mut conn, provider).await?;
    let rest = format!("{joins} WHERE p.provider_id = $1 {and} ORDER BY c.name, p.version_id");
    let mut keys = vec![Key::Id(id)];
    keys.extend(value.map(Key::Text));
    let pacts = find_many(&mut conn, &rest, &keys).await?;
    let link = |pact: &Pact, deprecated: bool| {
        let title =
            if deprecated { format!("Deprecated: use pb:pacts. {}", pact.title()) } else { pact.title() };
        named(&title, &pact.consumer, base.pact(&pact.consumer, provider, &pact.number))
    };
    let at = base.pacticipant(provider);
    Ok(hal(
        StatusCode::OK,
        &json!({"_links": {
            "self": {"href": own, "title": title},
            "pb:provider": {"href": at, "name": provider},
            "pb:pacts": pacts.iter().map(|pact| link(pact, false)).collect::<Vec<_>>(),
            "provider": {"href": at, "title": provider, "name": "Deprecated: use pb:provider"},
            "pacts": pacts.iter().map(|pact| link(pact, true)).collect::<Vec<_>>()
        }}),
    ))
}

async fn all_of_provider(
    State(broker): State<Broker>,
    base: Base,
    Path(provider): Path<String>,
) -> Result<Response, Refusal> {
    let own = base.at(["pacts", "provider", &provider]);
    let title = format!("All pacts of the provider {provider}");
    of_provider(&broker, &base, &provider, ("", "", None), own, title).await
}

async fn latest_of_provider(
    State(broker): State<Broker>,
    base: Base,
    Path(provider): Path<String>,
) -> Result<Response, Refusal> {
    let own = base.at(["pacts", "provider", &provider, "latest"]);
    let title = format!("Latest pacts of the provider {provider}");
    of_provider(&broker, &base, &provider, ("", NEWEST, None), own, title).await
}

async fn latest_of_provider_with_tag(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, tag)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let own = base.at(["pacts", "provider", &provider, "latest", &tag]);
    let title = format!("Latest pacts of the provider {provider} with consumer version tag '{tag}'");
    let and = format!("AND t.tag = $2 {NEWEST_WITH_TAG}");
    of_provider(&broker, &base, &provider, (WITH_TAG, &and, Some(&tag)), own, title).await
}

async fn all_of_provider_with_tag(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, tag)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let own = base.at(["pacts", "provider", &provider, "tag", &tag]);
    let title = format!("All pacts of the provider {provider} with consumer version tag '{tag}'");
    of_provider(&broker, &base, &provider, (WITH_TAG, "AND t.tag = $2", Some(&tag)), own, title).await
}

async fn main_branches_of_provider(
    State(broker): State<Broker>,
    base: Base,
    Path(provider): Path<String>,
) -> Result<Response, Refusal> {
    let own = base.at(["pacts", "provider", &provider, "branch"]);
    let title = format!("All pacts of the provider {provider} on main branches");
    let condition = (ON_BRANCH, "AND n.name = c.main_branch", None);
    of_provider(&broker, &base, &provider, condition, own, title).await
}

async fn latest_of_provider_on_main_branches(
    State(broker): State<Broker>,
    base: Base,
    Path(provider): Path<String>,
) -> Result<Response, Refusal> {
    let own = base.at(["pacts", "provider", &provider, "branch", "latest"]);
    let title = format!("Latest pacts of the provider {provider} on main branches");
    let and = format!("AND n.name = c.main_branch {NEWEST_ON_BRANCH}");
    of_provider(&broker, &base, &provider, (ON_BRANCH, &and, None), own, title).await
}

async fn all_of_provider_on_branch(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, branch)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let own = base.at(["pacts", "provider", &provider, "branch", &branch]);
    let title = format!("All pacts of the provider {provider} with consumer version branch '{branch}'");
    let condition = (ON_BRANCH, "AND n.name = $2", Some(branch.as_str()));
    of_provider(&broker, &base, &provider, condition, own, title).await
}

async fn latest_of_provider_on_branch(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, branch)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let own = base.at(["pacts", "provider", &provider, "branch", &branch, "latest"]);
    let title = format!("Latest pacts of the provider {provider} with consumer version branch '{branch}'");
    let and = format!("AND n.name = $2 {NEWEST_ON_BRANCH}");
    of_provider(&broker, &base, &provider, (ON_BRANCH, &and, Some(&branch)), own, title).await
}

/// The newest pact of every integration.
async fn latest(State(broker): State<Broker>, base: Base) -> Result<Response, Refusal> {
    let rest = format!("WHERE 1 = 1 {NEWEST} ORDER BY c.name, r.name");
    let pacts = find_many(&mut *broker.database().read().await?, &rest, &[]).await?;
    let at = |pact: &Pact| format!("{}/latest", base.pair(&pact.consumer, &pact.provider));
    let document = |pact: &Pact| {
        let version = json!({"number": pact.number, "_links": {
            "self": named("Version", &pact.number, base.version(&pact.consumer, &pact.number))}});
        json!({"createdAt": shown(pact.created_at),
            "_embedded": {
                "consumer": {"name": pact.consumer, "_embedded": {"version": version},
                    "_links": {"self": {"href": base.pacticipant(&pact.consumer)}}},
                "provider": {"name": pact.provider, "_links": {"self": {"href": base.pacticipant(&pact.provider)}}}},
            "_links": {"self": [{"href": at(pact)}, {"href": base.pact(&pact.consumer, &pact.provider, &pact.number)}]}})
    };
    let link = |pact: &Pact| {
        let title = format!("Latest pact between {} and {}", pact.consumer, pact.provider);
        json!({"href": at(pact), "title": title})
    };
    let deprecated = |pact: &Pact| {
        let mut link = link(pact);
        link["name"] = json!("Deprecated: use pb:pacts");
        link
    };
    Ok(hal(
        StatusCode::OK,
        &json!({"pacts": pacts.iter().map(document).collect::<Vec<_>>(), "_links": {
            "self": {"href": base.at(["pacts", "latest"])},
            "pb:pacts": pacts.iter().map(link).collect::<Vec<_>>(),
            "pacts": pacts.iter().map(deprecated).collect::<Vec<_>>(),
            "curies": base.curies()
        }}),
    ))
}

/// Provider states that the newest pacts need, and who needs them.
async fn states(State(broker): State<Broker>, Path(provider): Path<String>) -> Result<Response, Refusal> {
    let mut conn = broker.database().read().await?;
    let id = known_provider(&mut conn, &provider).await?;
    let rest = format!("WHERE p.provider_id = $1 {NEWEST}");
    let mut states: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for pact in find_many(&mut conn, &rest, &[Key::Id(id)]).await? {
        let text = publications::text(&mut conn, pact.content_id).await?;
        let content: Value = serde_json::from_str(&text).unwrap_or_default();
        let lists = ["interactions", "messages"].into_iter().filter_map(|list| content.get(list)?.as_array());
        for interaction in lists.flatten() {
            for state in of_interaction(interaction) {
                states.entry(state).or_default().insert(pact.consumer.clone());
            }
        }
    }
    let all: Vec<Value> =
        states.into_iter().map(|(name, consumers)| json!({"name": name, "consumers": consumers})).collect();
    Ok(hal(StatusCode::OK, &json!({"providerStates": all})))
}

fn of_interaction(interaction: &Value) -> Vec<String> {
    let single = ["providerState", "provider_state"].into_iter().filter_map(|member| interaction.get(member));
    let several = interaction.get("providerStates").and_then(Value::as_array).into_iter().flatten();
    let named = several.filter_map(|state| state.get("name"));
    single.chain(named).filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// How the members of a list of two pacticipants' pacts are named: older lists have no curie.
struct Style {
    prefix: &'static str,
    link_title: &'static str,
}

const PLAIN: Style = Style { prefix: "", link_title: "Pact" };
const CURIED: Style = Style { prefix: "pb:", link_title: "Pact version" };

async fn of_pair(
    conn: &mut Conn,
    base: &Base,
    (provider, consumer): (&str, &str),
    condition: (&str, &str, Option<&str>),
    own: Value,
    style: Style,
) -> Result<Response, Refusal> {
    for name in [consumer, provider] {
        pacticipant(conn, name).await?.ok_or(Refusal::NotFound)?;
    }
    let (joins, and, value) = condition;
    let rest = format!("{joins} WHERE c.name = $1 AND r.name = $2 {and} ORDER BY p.version_id DESC");
    let mut keys = vec![Key::Text(consumer), Key::Text(provider)];
    keys.extend(value.map(Key::Text));
    let pacts = find_many(conn, &rest, &keys).await?;
    let document = |pact: &Pact| {
        let version = named("Version", &pact.number, base.version(consumer, &pact.number));
        json!({"createdAt": shown(pact.created_at),
            "_embedded": {"consumerVersion": {"number": pact.number, "_links": {"self": version}}},
            "_links": {"self": {"href": base.pact(consumer, provider, &pact.number), "title": pact.title()}}})
    };
    let link = |pact: &Pact| {
        let name = format!("Version {} - {}", pact.number, day(pact.created_at));
        named(style.link_title, &name, base.pact(consumer, provider, &pact.number))
    };
    let Style { prefix, .. } = style;
    Ok(hal(
        StatusCode::OK,
        &json!({"_embedded": {"pacts": pacts.iter().map(document).collect::<Vec<_>>()}, "_links": {
            "self": own,
            format!("{prefix}consumer"): named("Consumer", consumer, base.pacticipant(consumer)),
            format!("{prefix}provider"): named("Provider", provider, base.pacticipant(provider)),
            format!("{prefix}pact-versions"): pacts.iter().map(link).collect::<Vec<_>>()
        }}),
    ))
}

fn own(base: &Base, (provider, consumer): (&str, &str), rest: &str, which: &str) -> Value {
    let title = format!("{which} of the pact between {consumer} and {provider}");
    json!({"href": format!("{}/{rest}", base.pair(consumer, provider)), "title": title})
}

async fn versions(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let pair = (provider.as_str(), consumer.as_str());
    let own = own(&base, pair, "versions", "All versions");
    let mut conn = broker.database().read().await?;
    of_pair(&mut conn, &base, pair, ("", "", None), own, PLAIN).await
}

async fn versions_with_tag(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer, tag)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let pair = (provider.as_str(), consumer.as_str());
    let rest = format!("tag/{}", crate::server::links::encoded(&tag));
    let own = own(&base, pair, &rest, &format!("All versions with tag {tag}"));
    let mut conn = broker.database().read().await?;
    of_pair(&mut conn, &base, pair, (WITH_TAG, "AND t.tag = $3", Some(&tag)), own, CURIED).await
}

async fn versions_on_main_branch(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let pair = (provider.as_str(), consumer.as_str());
    let own = own(&base, pair, "branch/versions", "All versions on the main branch");
    let mut conn = broker.database().read().await?;
    of_pair(&mut conn, &base, pair, (ON_BRANCH, "AND n.name = c.main_branch", None), own, PLAIN).await
}

async fn latest_on_main_branch(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let pair = (provider.as_str(), consumer.as_str());
    let own = own(&base, pair, "branch/latest/versions", "Latest version on the main branch");
    let and = format!("AND n.name = c.main_branch {NEWEST_ON_BRANCH}");
    let mut conn = broker.database().read().await?;
    of_pair(&mut conn, &base, pair, (ON_BRANCH, &and, None), own, PLAIN).await
}

async fn versions_on_branch(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer, branch)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let pair = (provider.as_str(), consumer.as_str());
    let rest = format!("branch/{}", crate::server::links::encoded(&branch));
    let own = own(&base, pair, &rest, &format!("All versions on branch {branch}"));
    let mut conn = broker.database().read().await?;
    of_pair(&mut conn, &base, pair, (ON_BRANCH, "AND n.name = $3", Some(&branch)), own, PLAIN).await
}

async fn latest_on_branch(
    State(broker): State<Broker>,
    base: Base,
    Path((provider, consumer, branch)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let pair = (provider.as_str(), consumer.as_str());
    let rest = format!("branch/{}/latest/versions", crate::server::links::encoded(&branch));
    let own = own(&base, pair, &rest, &format!("Latest version on branch {branch}"));
    let and = format!("AND n.name = $3 {NEWEST_ON_BRANCH}");
    let mut conn = broker.database().read().await?;
    of_pair(&mut conn, &base, pair, (ON_BRANCH, &and, Some(&branch)), own, PLAIN).await
}
