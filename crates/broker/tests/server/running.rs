//! A broker that runs, and requests to it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use billtest_broker::server::{Broker, DatabaseAddress, Settings, serve};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const HAL: &str = "application/hal+json";
/// Names a PostgreSQL server, as `postgres://USER:PASSWORD@HOST`, whose user may create schemas in the database `postgres`.
const POSTGRES: &str = "BILLTEST_TEST_POSTGRES";

/// Data of one test: a file, or a schema.
pub(crate) enum Data {
    File(TempDir),
    Postgres { server: String, name: String },
}

/// A change that goes on.
#[expect(dead_code, reason = "it is held until it is dropped")]
pub(crate) enum Held {
    File(rusqlite::Connection),
    Postgres(sqlx::PgConnection),
}

impl Data {
    pub(crate) async fn new() -> Self {
        match std::env::var(POSTGRES) {
            Ok(server) if !server.is_empty() => {
                let name = format!("billtest_{}", uuid::Uuid::new_v4().simple());
                let mut admin = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
                let sql = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}"));
                sqlx::query(sql).execute(&mut admin).await.unwrap();
                Self::Postgres { server, name }
            }
            _ => Self::File(tempfile::tempdir().unwrap()),
        }
    }

    /// Begins a change, as another broker on the same data would; it ends when this is dropped.
    pub(crate) async fn hold(&self) -> Held {
        match self {
            Self::File(_) => {
                let other = rusqlite::Connection::open(self.file()).unwrap();
                other.execute_batch("BEGIN IMMEDIATE").unwrap();
                Held::File(other)
            }
            Self::Postgres { server, .. } => {
                let mut other = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
                sqlx::query("SELECT pg_advisory_lock(728163094)").execute(&mut other).await.unwrap();
                Held::Postgres(other)
            }
        }
    }

    pub(crate) fn is_postgres() -> bool {
        std::env::var(POSTGRES).is_ok_and(|server| !server.is_empty())
    }

    pub(crate) fn address(&self) -> DatabaseAddress {
        match self {
            Self::File(_) => DatabaseAddress::Sqlite(self.file()),
            Self::Postgres { server, name } => {
                DatabaseAddress::Postgres(format!("{server}/postgres?options[search_path]={name}"))
            }
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::File(folder) => folder.path().join("broker.sqlite"),
            Self::Postgres { .. } => panic!("PostgreSQL has no file"),
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::new(self.address())
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let Self::Postgres { server, name } = self else { return };
        let (server, name) = (server.clone(), name.clone());
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok(mut admin) = sqlx::PgConnection::connect(&format!("{server}/postgres")).await {
                    let sql = sqlx::AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {name} CASCADE"));
                    // What stays behind is removed with the server.
                    let _ = sqlx::query(sql).execute(&mut admin).await;
                }
            });
        };
        let _ = std::thread::spawn(drop).join();
    }
}

/// A broker on a free port, with its data.
pub(crate) struct Running {
    pub(crate) url: String,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
    pub(crate) data: Data,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::with(|settings| settings).await
    }

    pub(crate) async fn with(change: impl FnOnce(Settings) -> Settings) -> Self {
        let data = Data::new().await;
        let settings = change(data.settings());
        Self::on(data, settings).await
    }

    pub(crate) async fn on(data: Data, settings: Settings) -> Self {
        let broker = Broker::open(settings).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            serve(listener, broker, shutdown).await.unwrap();
        });
        Self { url, client: client(), stop: Some(stop), served, data }
    }

    /// Ends the broker as a signal would; its data stays.
    pub(crate) async fn stop(mut self) -> Data {
        drop(self.stop.take());
        (&mut self.served).await.unwrap();
        self.data
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, HAL, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, HAL, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, HAL, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, HAL, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, HAL, Some(body)).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, accept: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).header(ACCEPT, accept);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        self.send(request).await
    }

    /// A request of one's own making.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    /// Publishes one pact, and expects that it is taken.
    pub(crate) async fn publish(&self, pact: &Pact<'_>) -> Value {
        self.post("/contracts/publish", pact.body()).await.expect(200).json()
    }

    /// Publishes a result for the pact of a consumer version.
    pub(crate) async fn verify(&self, pact: &Pact<'_>, version: &str, success: bool) -> Value {
        let path =
            format!("/pacts/provider/{}/consumer/{}/version/{}", pact.provider, pact.consumer, pact.version);
        let served = self.get(&path).await.expect(200).json();
        let results = served["_links"]["pb:publish-verification-results"]["href"].as_str().unwrap();
        let body = json!({"success": success, "providerApplicationVersion": version});
        self.post(results.strip_prefix(&self.url).unwrap(), body).await.expect(201).json()
    }

    /// Makes an environment; gives its UUID.
    pub(crate) async fn environment(&self, name: &str) -> String {
        let body = json!({"name": name, "production": name == "prod"});
        let made = self.post("/environments", body).await.expect(201).json();
        made["uuid"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn deploy(&self, name: &str, version: &str, environment: &str, instance: &str) -> Value {
        let path =
            format!("/pacticipants/{name}/versions/{version}/deployed-versions/environment/{environment}");
        self.post(&path, json!({"applicationInstance": instance})).await.expect(201).json()
    }

    /// The answer of can-i-deploy.
    pub(crate) async fn can_i_deploy(&self, name: &str, version: &str, environment: &str) -> Value {
        let path = format!("/can-i-deploy?pacticipant={name}&version={version}&environment={environment}");
        self.get(&path).await.expect(200).json()["summary"]["deployable"].clone()
    }
}

/// A client that follows no redirect and knows no proxy.
pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .no_proxy()
        .build()
        .unwrap()
}

/// A pact to publish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pact<'a> {
    pub(crate) consumer: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) version: &'a str,
    pub(crate) branch: Option<&'a str>,
    pub(crate) tags: &'a [&'a str],
    /// What tells its content from another.
    pub(crate) content: &'a str,
}

impl Default for Pact<'_> {
    fn default() -> Self {
        Self { consumer: "Foo", provider: "Bar", version: "1", branch: Some("main"), tags: &[], content: "a" }
    }
}

impl Pact<'_> {
    pub(crate) fn document(&self) -> Value {
        json!({
            "consumer": {"name": self.consumer}, "provider": {"name": self.provider},
            "interactions": [{
                "description": format!("get {}", self.content), "providerState": "a thing exists",
                "request": {"method": "GET", "path": format!("/{}", self.content)}, "response": {"status": 200}
            }],
            "metadata": {"pactSpecification": {"version": "2.0.0"}}
        })
    }

    pub(crate) fn body(&self) -> Value {
        json!({
            "pacticipantName": self.consumer, "pacticipantVersionNumber": self.version, "branch": self.branch,
            "tags": self.tags, "contracts": [contract(self.consumer, self.provider, &self.document().to_string())]
        })
    }
}

pub(crate) fn contract(consumer: &str, provider: &str, content: &str) -> Value {
    json!({"consumerName": consumer, "providerName": provider, "specification": "pact",
        "contentType": "application/json", "content": STANDARD.encode(content)})
}
