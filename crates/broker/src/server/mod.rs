//! An embedded Pact Broker: the HTTP API that Pact clients speak, over one file of SQLite or a PostgreSQL server.
//!
//! [`Broker::open`] opens the data, [`app`] is the whole broker as an axum [`Router`], [`serve`] puts it behind a
//! listener. Resources have a file each: its routes, its statements, and the documents that it answers with.
//!
//! # What is kept
//!
//! The content of a pact is kept once for a pair of pacticipants, under its SHA; versions refer to it, and so do
//! verification results. That is why a new version with known content is verified at once. Everything that a question
//! is often asked about stands ready in a table of its own: the newest result of each content and provider version,
//! and the place of each pact on branches and among tags. No answer reads the whole history.
//!
//! # Where the original is not followed
//!
//! `docs/broker.md` lists it, with reasons.

mod auth;
mod badges;
mod body;
mod branches;
mod clock;
mod content;
mod conventions;
mod dashboard;
mod db;
mod deploy;
mod details;
mod diagnostics;
mod diff;
mod environments;
mod events;
mod fault;
mod index;
mod integrations;
mod labels;
mod links;
mod matrix;
mod media;
mod merge;
mod metrics;
mod names;
mod pacticipants;
mod pacts;
mod pages;
mod publications;
mod publish;
mod query;
mod refusal;
mod selection;
mod settings;
mod tags;
mod verifications;
mod versions;
mod webhooks;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

pub use db::{DatabaseAddress, back_up};
pub use fault::OpenError;
pub use settings::{Settings, User, WebhookRules};

use self::db::Database;
use self::links::Base;
use self::webhooks::Sender;

/// A broker with its data; clones share it.
#[derive(Debug, Clone)]
pub struct Broker(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    settings: Settings,
    sender: Sender,
}

impl Broker {
    /// Opens the database, makes it if it is a file that is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let database = Database::open(settings.database.clone()).await?;
        Ok(Self(Arc::new(Inner { database, settings, sender: Sender::default() })))
    }

    fn database(&self) -> &Database {
        &self.0.database
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn sender(&self) -> &Sender {
        &self.0.sender
    }

    fn body_limit(&self) -> usize {
        self.settings().body_limit
    }

    /// Where this broker is for a client that named this host.
    fn base(&self, host: Option<&str>) -> Base {
        match (&self.settings().public_url, host) {
            (Some(url), _) => Base::new(url),
            (None, host) => Base::new(&format!("http://{}", host.unwrap_or("localhost"))),
        }
    }
}

/// The broker as a router. Webhooks are sent only while [`serve`] runs.
pub fn app(broker: Broker) -> Router {
    let resources = Router::new()
        .merge(index::routes())
        .merge(pacticipants::routes())
        .merge(labels::routes())
        .merge(versions::routes())
        .merge(branches::routes())
        .merge(tags::routes())
        .merge(publish::routes())
        .merge(pacts::routes())
        .merge(diff::routes())
        .merge(selection::routes())
        .merge(verifications::routes())
        .merge(matrix::routes())
        .merge(badges::routes())
        .merge(environments::routes())
        .merge(deploy::routes())
        .merge(integrations::routes())
        .merge(dashboard::routes())
        .merge(webhooks::routes())
        .merge(metrics::routes())
        .merge(diagnostics::routes())
        .merge(pages::routes())
        .fallback(conventions::unknown)
        .layer(from_fn_with_state(broker.clone(), auth::admit))
        .layer(from_fn(conventions::readable))
        .with_state(broker.clone());
    // A router adds `Allow` to its answers last; from around it that can be seen.
    Router::new().fallback_service(resources).layer(from_fn_with_state(broker, conventions::answer))
}

/// Serves the broker on a bound listener, and sends its webhooks, until `shutdown` is ready. Requests that are under
/// way then are answered first.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    listener: TcpListener,
    broker: Broker,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let sending = tokio::spawn(webhooks::send_all(broker.clone(), ended));
    let listener = listener.tap_io(|stream| {
        // Answers are small: each goes out at once. A socket that cannot be told so works all the same.
        let _ = stream.set_nodelay(true);
    });
    let served = axum::serve(listener, app(broker.clone())).with_graceful_shutdown(shutdown).await;
    drop(end);
    // What is being sent is written down; what takes too long is sent again at the next start.
    let _ = tokio::time::timeout(broker.settings().webhooks.timeout, sending).await;
    broker.database().close().await;
    served
}
