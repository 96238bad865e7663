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
//! Everything belongs to a tenant, named by the `uuid` header, the query parameter of that name, or the body of a change;
//! names that differ are refused, and who names none is the tenant `default`. A tenant starts empty and sees nothing of another.
//!
//! # Changes that are sent twice
//!
//! A POST with an `Idempotency-Key` happens once for each key of a tenant; sent again, it is answered as before. The
//! last 1,000 keys of a tenant are kept.
//!
//! # Time and chance
//!
//! The clock can be made to stand, and the source of ids be given a seed ([`Options`]): then the same requests, one after
//! the other, get the same answers. How long an idle tenant is kept, and how many requests a second are answered, goes by
//! real time.
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
mod clock;
mod connection;
mod control;
mod document;
mod edge;
mod faults;
mod idempotency;
mod ids;
mod limits;
mod options;
mod pages;
mod parts;
mod refusal;
mod schemas;
mod seeds;
mod store;
mod tenant;
mod views;

use std::future::Future;
use std::io;
use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use billtest_engine::price::Prices;
use billtest_models::Region;
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use clock::OutOfYears;
pub use edge::{Origin, OriginError};
pub use options::Options;
pub use schemas::SetupError;
pub use seeds::{StateSeeds, WrongSeed};

use crate::clock::Clock;
use crate::connection::{Connections, Peer};
use crate::faults::Faults;
use crate::ids::Ids;
use crate::limits::Limits;
use crate::pages::Document;
use crate::parts::Parts;
use crate::schemas::Schemas;
use crate::store::{Keeping, Store};

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
pub struct Provider(Arc<Parts>);

impl Deref for Provider {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Provider {
    /// An empty provider that knows these states, with the default [`Options`]: its tenants are billed in the region `kr`.
    ///
    /// # Errors
    /// [`SetupError`] if a model has no usable schema, which is a defect of the models.
    pub fn new(seeds: StateSeeds) -> Result<Self, SetupError> {
        Self::with_options(seeds, Options::default())
    }

    /// An empty provider that knows these states.
    ///
    /// ```
    /// use billtest_models::Region;
    /// use billtest_provider::{Options, Provider, StateSeeds};
    ///
    /// let options = Options { region: Region::named("eu"), seed: Some(7), ..Options::default() };
    /// let provider = Provider::with_options(StateSeeds::default(), options)?;
    /// # Ok::<(), billtest_provider::SetupError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Provider::new`]; [`SetupError::Clock`] if the clock cannot stand at the time of the options, and
    /// [`SetupError::Price`] if a price of the region is none.
    pub fn with_options(seeds: StateSeeds, options: Options) -> Result<Self, SetupError> {
        let region = options.region.or_else(|| Region::named("kr")).ok_or(SetupError::NoRegion)?;
        for counter in region.prices.keys() {
            let price = Prices::of_table(&region.prices).of(counter);
            price.map_err(|source| SetupError::Price { region: region.code.clone(), source })?;
        }
        let clock = Clock::default();
        if let Some(time) = options.now {
            clock.stop_at(time)?;
        }
        let keeping = Keeping { idle: options.tenant_idle, most: options.tenants };
        let mut parts = Parts {
            store: Arc::new(Store::new(region.currency, keeping)),
            region: Arc::new(region),
            seeds: Arc::new(seeds),
            schemas: Arc::new(Schemas::of_requests()?),
            clock: Arc::new(clock),
            ids: Arc::new(Ids::new(options.seed)),
            request_ids: Arc::new(Ids::new(options.seed)),
            faults: Arc::new(Faults::new(options.seed)),
            limits: options.rate_limit.map(|limit| Arc::new(Limits::new(limit))),
            document: Arc::default(),
            origins: options.cors_origins.into(),
        };
        parts.document =
            Arc::new(Document::of(&document::completed(api(&Self(Arc::new(parts.clone()))).to_openapi()))?);
        Ok(Self(Arc::new(parts)))
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
        let store = Arc::new(self.store.empty(region.currency));
        Self(Arc::new(Parts { store, region: Arc::new(region), ..Parts::clone(&self) }))
    }

    /// The present, to the second.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now().value()
    }

    /// A new id; see [`Ids::prefixed`].
    pub(crate) fn new_id(&self, prefix: &str) -> String {
        self.ids.prefixed(prefix)
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Billing API",
    description = "The billing API as billtest's mock provider serves it. Every request may name its tenant in the \
                   `uuid` header."
))]
struct Described;

/// The routes of the billing API with their document.
fn api(provider: &Provider) -> OpenApiRouter<Provider> {
    let mut routes = OpenApiRouter::with_openapi(Described::openapi())
        .merge(api::routes(provider))
        .merge(billing::routes(provider));
    limits::describe(routes.get_openapi_mut());
    routes
}

/// The provider as a router, with its OpenAPI document at `/openapi.json`.
pub fn app(provider: Provider) -> Router {
    let (router, _) = api(&provider).split_for_parts();
    // A page may read every refusal, that of a limit as well; what browsers ask beforehand counts for none.
    let around = ServiceBuilder::new()
        .option_layer(edge::cors(&provider.origins))
        .layer(from_fn_with_state(provider.clone(), edge::pass));
    router
        .merge(control::routes())
        .merge(pages::routes())
        .fallback(refusal::no_such_route)
        .method_not_allowed_fallback(refusal::no_such_method)
        .layer(around)
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
    let service = app(provider).into_make_service_with_connect_info::<Peer>();
    axum::serve(Connections(listener), service).with_graceful_shutdown(shutdown).await
}
