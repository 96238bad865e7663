//! Pages for people. They come from the server as they are: no script is needed to read or use them.

mod document;
mod frame;
mod integrations;
mod matrix;
mod network;
mod pact;

use axum::Router;

use super::Broker;

pub(super) use integrations::integrations;
pub(super) use matrix::matrix;
pub(super) use pact::pact;

pub(super) fn routes() -> Router<Broker> {
    Router::new().merge(document::routes()).merge(network::routes()).merge(matrix::routes())
}
