//! The consumer side of contract testing: run a client against a pact mock server, and record what it really
//! sent and really read.
//!
//! A test names an interaction, the provider states it needs, and an example of request and response as values of
//! the types it uses anyway. The matching rules are derived from the types' schemas ([`rules`]), so a test states
//! nothing twice:
//!
//! ```
//! use billtest_recorder::{Body, RecordError, Request, Response, pact};
//! use serde::{Deserialize, Serialize};
//! use utoipa::ToSchema;
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
//! struct Plan {
//!     #[schema(example = "basic", pattern = "^[a-z]+$")]
//!     name: String,
//! }
//!
//! # async fn a_plan_is_read() -> Result<(), RecordError> {
//! let plan = Plan { name: "basic".into() };
//! pact!("shop", "PlanAPI")
//!     .interaction("a request for a plan")
//!     .given("A plan exists")
//!     .request(Request::get("/plans/1"))
//!     .response(Response::ok().json(Body::typed(&plan)))
//!     .run(async |url| {
//!         let read: Plan = reqwest::get(format!("{url}plans/1")).await?.json().await?;
//!         assert_eq!(read, plan);
//!         Ok::<(), reqwest::Error>(())
//!     })
//!     .await
//! # }
//! ```
//!
//! The interaction is written to `pacts/shop-PlanAPI.json` only if the client did all of it, and nothing else.
//!
//! # The same bytes every time
//!
//! Tests run in any order, on many threads, one process each under nextest, and often only a few of them. The file
//! must come out the same every time, hold nothing of a test that is gone, and never be half written. So each
//! recorded interaction carries the name of its test (`comments.testname`, a Pact V4 field), each writer takes a
//! lock, adds its interaction, removes what no longer has a test, and replaces the file in one step. See [`store`].

mod body;
mod error;
mod held;
mod interaction;
pub mod rules;
pub mod store;

pub use billtest_contract::schema::{SchemaError, example};
pub use body::Body;
pub use error::RecordError;
pub use interaction::{InteractionBuilder, Pact, Request, Response};
pub use store::TestName;

/// Begins an interaction between a consumer and a provider, recorded by the test in which this stands.
///
/// It must stand in the test function itself: what it records belongs to that test, and goes when the test goes.
#[macro_export]
macro_rules! pact {
    ($consumer:expr, $provider:expr) => {{
        fn here() {}
        $crate::Pact::new(
            $consumer,
            $provider,
            $crate::TestName::of(env!("CARGO_PKG_NAME"), env!("CARGO_CRATE_NAME"), &here),
        )
    }};
}
