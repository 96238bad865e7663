//! The mock provider: a billing API that really keeps what it is given, computes what it answers, and can be put
//! into any state that `provider-states/` describes.
//!
//! [`app`] is the whole of it as an axum [`Router`], for use inside a test; [`serve`] puts it behind a listener.
//!
//! ```
//! use billtest_contract::state::StateCatalogue;
//! use billtest_provider::{Provider, StateSeeds, app};
//!
//! let states = StateSeeds::new(StateCatalogue::default()).unwrap();
//! let router = app(Provider::new(states)?);
//! # let _: axum::Router = router;
//! # Ok::<(), billtest_provider::SetupError>(())
//! ```
//!
//! # Tenants
//!
//! Everything belongs to a tenant, named by the `uuid` header, or by the query parameter of that name; who names
//! none is the tenant `default`. A tenant starts empty and sees nothing of another.
//!
//! # Changes that are sent twice
//!
//! A POST with an `Idempotency-Key` happens once for each key of a tenant; sent again, it is answered as before. The
//! last 1,000 keys of a tenant are kept.
//!
//! # Two families of routes
//!
//! `/api/v1` has resources in plain JSON. `/billing` is what existing BillingTest clients speak: meters, credits,
//! contracts and adjustments of a tenant, from which one function calculates the bill that every route shows. A GET
//! never changes anything.
//!
//! # Errors
//!
//! Every answer is JSON, in the shape of its family. A body is judged in two steps: whether it is JSON of the published shape (400 if not),
//! then whether its values keep the rules (422). All that is wrong is listed, not the first.

mod api;
mod billing;
mod body;
mod control;
mod document;
mod idempotency;
mod refusal;
mod schemas;
mod seeds;
mod store;
mod tenant;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::get;
use axum::{Json, Router};
use billtest_models::Region;
use tokio::net::TcpListener;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use schemas::SetupError;
pub use seeds::{StateSeeds, WrongSeed};

use crate::schemas::Schemas;
use crate::store::Store;

/// The header that names the tenant.
pub const TENANT_HEADER: &str = "uuid";
/// How the provider calls itself at `/_billtest/health`, so that a verifier knows whom it speaks to.
pub const SERVICE: &str = "billtest-mock-provider";
/// Where provider states are set up and torn down.
pub const STATE_CHANGE_PATH: &str = "/_billtest/state";
/// Bodies above this many bytes are refused with 413.
const BODY_LIMIT: usize = 1024 * 1024;

/// A provider with its data; clones share it.
#[derive(Debug, Clone)]
pub struct Provider {
    pub(crate) region: Arc<Region>,
    pub(crate) store: Arc<Store>,
    pub(crate) seeds: Arc<StateSeeds>,
    pub(crate) schemas: Arc<Schemas>,
}

impl Provider {
    /// An empty provider that knows these states. Its tenants are billed in the region `kr`.
    ///
    /// # Errors
    /// [`SetupError`] if a model has no usable schema, which is a defect of the models.
    pub fn new(seeds: StateSeeds) -> Result<Self, SetupError> {
        let region = Region::named("kr").ok_or(SetupError::NoRegion)?;
        Ok(Self {
            store: Arc::new(Store::new(region.currency)),
            region: Arc::new(region),
            seeds: Arc::new(seeds),
            schemas: Arc::new(Schemas::of_requests()?),
        })
    }

    /// The same provider, empty, with its tenants billed in another region.
    ///
    /// ```
    /// use billtest_models::Region;
    /// use billtest_provider::{Provider, StateSeeds};
    ///
    /// let provider = Provider::new(StateSeeds::default())?.in_region(Region::named("eu").unwrap());
    /// # Ok::<(), billtest_provider::SetupError>(())
    /// ```
    #[must_use]
    pub fn in_region(self, region: Region) -> Self {
        Self { store: Arc::new(Store::new(region.currency)), region: Arc::new(region), ..self }
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Billing API",
    description = "The billing API as billtest's mock provider serves it. Every request may name its tenant in the \
                   `uuid` header."
))]
struct Document;

/// The provider as a router, with its OpenAPI document at `/openapi.json`.
pub fn app(provider: Provider) -> Router {
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(api::routes(&provider))
        .merge(billing::routes(&provider))
        .split_for_parts();
    let document = document::completed(document);
    router
        .merge(control::routes())
        .route("/openapi.json", get(async || Json(document)))
        .fallback(refusal::no_such_route)
        .method_not_allowed_fallback(refusal::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(billing::in_family))
        .with_state(provider)
}

/// Serves the provider on a bound listener until `shutdown` is ready.
///
/// # Errors
/// What the listener says.
pub async fn serve(
    listener: TcpListener,
    provider: Provider,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, app(provider)).with_graceful_shutdown(shutdown).await
}
