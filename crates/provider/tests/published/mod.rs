//! Sends requests, and holds every answer against the OpenAPI document that the provider publishes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::sync::OnceCell;

/// The document is made from the code: every provider of a test run has the same.
static DOCUMENT: OnceCell<Document> = OnceCell::const_new();

struct Document {
    json: Value,
    validators: Mutex<HashMap<(String, String, u16), Arc<Validator>>>,
}

/// Sends a request. Its answer must be one that the document describes, and no 5xx.
pub(crate) async fn send(request: RequestBuilder) -> (u16, Value) {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let (method, url) = (request.method().clone(), request.url().clone());
    let response = client.execute(request).await.unwrap();
    let address = url.join("/openapi.json").unwrap();
    let document = DOCUMENT
        .get_or_init(async || {
            let json = client.get(address).send().await.unwrap().json().await.unwrap();
            Document { json, validators: Mutex::default() }
        })
        .await;
    let (status, answer) = read(response).await;
    document.check(&method, url.path(), status, &answer);
    (status, answer)
}

/// Reads an answer, which must be JSON, or nothing with a status that says so.
async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert!(status < 500, "{status} {}", response.url());
    if status == 204 {
        return (status, Value::Null);
    }
    assert_eq!(response.headers()["content-type"].to_str().unwrap(), "application/json");
    (status, response.json().await.unwrap())
}

impl Document {
    fn check(&self, method: &Method, path: &str, status: u16, answer: &Value) {
        let method = method.as_str().to_lowercase();
        let Some(template) = self.template(path) else {
            assert!(
                !is_published(path) || status == 404,
                "{method} {path}: {status} by a route that is not described"
            );
            return;
        };
        let operation = &self.json["paths"][&template][&method];
        if operation.is_null() {
            assert_eq!(status, 405, "{method} {path}: by a method that {template} does not describe");
            return;
        }
        let described = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
        assert!(described.is_object(), "{method} {template} does not describe {status}: {answer}");
        let validator = self.validator(described, (template.clone(), method.clone(), status));
        let errors: Vec<String> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{method} {template} {status}: {errors:?} in {answer}");
    }

    /// The described path that a path belongs to: the one with the fewest placeholders.
    fn template(&self, path: &str) -> Option<String> {
        // The same routes are there once more under `/api`, which the document says in words.
        let path = path.strip_prefix("/api").filter(|rest| is_ours(rest)).unwrap_or(path);
        let steps: Vec<&str> = path.split('/').collect();
        let fits = |template: &str| {
            let places: Vec<&str> = template.split('/').collect();
            places.len() == steps.len()
                && places
                    .iter()
                    .zip(&steps)
                    .all(|(place, step)| (place.starts_with('{') && !step.is_empty()) || place == step)
        };
        let paths = self.json["paths"].as_object().unwrap().keys();
        paths.filter(|template| fits(template)).min_by_key(|template| template.matches('{').count()).cloned()
    }

    fn validator(&self, described: &Value, key: (String, String, u16)) -> Arc<Validator> {
        let compile = || {
            let mut schema = described.clone();
            schema["components"] = self.json["components"].clone();
            Arc::new(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
        };
        Arc::clone(self.validators.lock().unwrap().entry(key).or_insert_with(compile))
    }
}

fn is_ours(path: &str) -> bool {
    ["/billing", "/batch"].iter().any(|family| path == *family || path.starts_with(&format!("{family}/")))
}

/// Whether all routes at such a path are in the document. Control routes are not.
fn is_published(path: &str) -> bool {
    is_ours(path) || path.starts_with("/api/")
}
