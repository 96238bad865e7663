//! The OpenAPI document, a user interface for it, and the page at `/`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use maud::{DOCTYPE, html};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{Provider, STATE_CHANGE_PATH, SetupError};

const JSON_PATH: &str = "/openapi.json";
const YAML_PATH: &str = "/openapi.yaml";
const DOCS_PATH: &str = "/docs/";
/// The user interface has its scripts and styles from here, and writes some styles into its page.
const DOCS_POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// The OpenAPI document as it is served.
#[derive(Debug, Default)]
pub(crate) struct Document {
    json: Bytes,
    yaml: Bytes,
}

impl Document {
    pub(crate) fn of(document: &OpenApi) -> Result<Self, SetupError> {
        let failed = |reason: &dyn std::error::Error| SetupError::Document(reason.to_string());
        Ok(Self {
            json: document.to_json().map_err(|error| failed(&error))?.into(),
            yaml: document.to_yaml().map_err(|error| failed(&error))?.into(),
        })
    }
}

pub(crate) fn routes() -> Router<Provider> {
    // The page would ask a server elsewhere whether the document is valid.
    let ui = SwaggerUi::new(DOCS_PATH).config(Config::from(JSON_PATH).validator_url("none"));
    let policy = HeaderValue::from_static(DOCS_POLICY);
    let ui = Router::from(ui).layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, policy));
    Router::new().route("/", get(page)).route(JSON_PATH, get(json)).route(YAML_PATH, get(yaml)).merge(ui)
}

async fn json(State(provider): State<Provider>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], provider.document.json.clone())
}

async fn yaml(State(provider): State<Provider>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/yaml")], provider.document.yaml.clone())
}

async fn page(State(provider): State<Provider>) -> impl IntoResponse {
    let states = provider.seeds.catalogue().iter().count();
    let region = &provider.region;
    Html(
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { "billtest mock provider" }
                }
                body {
                    h1 { "billtest mock provider" }
                    p {
                        "Version " (env!("CARGO_PKG_VERSION")) ". Tenants are billed in the region " code { (region.code) }
                        ", in " (region.currency.code()) "."
                    }
                    ul {
                        li { a href=(DOCS_PATH) { "The billing API" } ", to read and to try" }
                        li {
                            "Its OpenAPI document: " a href=(JSON_PATH) { "JSON" } ", " a href=(YAML_PATH) { "YAML" }
                        }
                        li { (states) " provider states, set up by " code { "POST " (STATE_CHANGE_PATH) } }
                        li { "Control routes: " code { "/_billtest/" } }
                    }
                }
            }
        }
        .into_string(),
    )
}
