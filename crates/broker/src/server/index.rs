//! Where everything is.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::Broker;
use super::links::Base;
use super::media::{Accepted, HAL, HTML, hal, offer};
use super::pages;
use super::refusal::Refusal;

pub(super) fn routes() -> Router<Broker> {
    let readable = async |request: Request, next: Next| offer(&[HAL, HTML], request, next).await;
    Router::new().route("/", get(index)).route_layer(from_fn(readable))
}

/// Relation, path, title.
pub(super) const LINKS: [(&str, &str, &str); 34] = [
    (
        "pb:publish-pact",
        "/pacts/provider/{provider}/consumer/{consumer}/version/{consumerApplicationVersion}",
        "Publish a pact",
    ),
    ("pb:publish-contracts", "/contracts/publish", "Publish contracts"),
    ("pb:latest-pact-versions", "/pacts/latest", "Latest pacts"),
    (
        "pb:tagged-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/tag/{tag}",
        "All versions of a pact with a tag",
    ),
    (
        "pb:branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/{branch}",
        "All versions of a pact on a branch",
    ),
    (
        "pb:latest-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/{branch}/latest/versions",
        "Latest version of a pact on a branch",
    ),
    (
        "pb:main-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/versions",
        "All versions of a pact on the main branch",
    ),
    (
        "pb:latest-main-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/latest/versions",
        "Latest version of a pact on the main branch",
    ),
    (
        "pb:provider-pacts-with-main-branch",
        "/pacts/provider/{provider}/branch",
        "All pacts of a provider on main branches",
    ),
    (
        "pb:provider-pacts-with-branch",
        "/pacts/provider/{provider}/branch/{branch}",
        "All pacts of a provider on a branch",
    ),
    (
        "pb:latest-provider-pacts-with-main-branch",
        "/pacts/provider/{provider}/branch/latest",
        "Latest pacts of a provider on main branches",
    ),
    (
        "pb:latest-provider-pacts-with-branch",
        "/pacts/provider/{provider}/branch/{branch}/latest",
        "Latest pacts of a provider on a branch",
    ),
    ("pb:pacticipants", "/pacticipants", "Pacticipants"),
    ("pb:pacticipant", "/pacticipants/{pacticipant}", "A pacticipant"),
    ("pb:latest-provider-pacts", "/pacts/provider/{provider}/latest", "Latest pacts of a provider"),
    (
        "pb:latest-provider-pacts-with-tag",
        "/pacts/provider/{provider}/latest/{tag}",
        "Latest pacts of a provider with a tag",
    ),
    (
        "pb:provider-pacts-with-tag",
        "/pacts/provider/{provider}/tag/{tag}",
        "All pacts of a provider with a tag",
    ),
    ("pb:provider-pacts", "/pacts/provider/{provider}", "All pacts of a provider"),
    ("pb:latest-version", "/pacticipants/{pacticipant}/latest-version", "Latest version of a pacticipant"),
    (
        "pb:latest-tagged-version",
        "/pacticipants/{pacticipant}/latest-version/{tag}",
        "Latest version of a pacticipant with a tag",
    ),
    ("pb:webhooks", "/webhooks", "Webhooks"),
    ("pb:webhook", "/webhooks/{uuid}", "A webhook"),
    ("pb:integrations", "/integrations", "Integrations"),
    (
        "pb:pacticipant-version-tag",
        "/pacticipants/{pacticipant}/versions/{version}/tags/{tag}",
        "A tag of a version",
    ),
    ("pb:pacticipant-branch", "/pacticipants/{pacticipant}/branches/{branch}", "A branch of a pacticipant"),
    (
        "pb:pacticipant-branch-version",
        "/pacticipants/{pacticipant}/branches/{branch}/versions/{version}",
        "A version on a branch",
    ),
    (
        "pb:pacticipant-version",
        "/pacticipants/{pacticipant}/versions/{version}",
        "A version of a pacticipant",
    ),
    ("pb:metrics", "/metrics", "Counts of everything"),
    (
        "pb:can-i-deploy-pacticipant-version-to-tag",
        "/can-i-deploy?pacticipant={pacticipant}&version={version}&to={tag}",
        "Whether a version goes with those that have a tag",
    ),
    (
        "pb:can-i-deploy-pacticipant-version-to-environment",
        "/can-i-deploy?pacticipant={pacticipant}&version={version}&environment={environment}",
        "Whether a version may be deployed to an environment",
    ),
    (
        "pb:provider-pacts-for-verification",
        "/pacts/provider/{provider}/for-verification",
        "Pacts that a provider has to verify",
    ),
    (
        "beta:provider-pacts-for-verification",
        "/pacts/provider/{provider}/for-verification",
        "Deprecated: use pb:provider-pacts-for-verification",
    ),
    ("pb:environments", "/environments", "Environments"),
    ("pb:environment", "/environments/{uuid}", "An environment"),
];

async fn index(State(broker): State<Broker>, base: Base, headers: HeaderMap) -> Result<Response, Refusal> {
    if Accepted::of(&headers).is_browser() {
        return pages::integrations(&mut *broker.database().read().await?, &base).await;
    }
    Ok(hal(StatusCode::OK, &document(&base)))
}

fn document(base: &Base) -> Value {
    let mut links = Map::new();
    links.insert("self".to_owned(), json!({"href": base.as_str(), "title": "Index", "templated": false}));
    for (relation, path, title) in LINKS {
        let href = format!("{}{path}", base.as_str());
        let mut link = json!({"href": href, "title": title});
        if relation != "pb:metrics" {
            link["templated"] = json!(path.contains('{'));
        }
        if relation.starts_with("beta:") {
            link["name"] = json!("beta");
        }
        links.insert(relation.to_owned(), link);
    }
    let curie = |name: &str| json!({"name": name, "href": format!("{}/doc/{{rel}}", base.as_str()), "templated": true});
    links.insert("curies".to_owned(), json!([curie("pb"), curie("beta")]));
    json!({"_links": links})
}
