//! What a provider consists of.

use std::sync::Arc;

use billtest_models::Region;

use crate::clock::Clock;
use crate::edge::Origin;
use crate::faults::Faults;
use crate::ids::Ids;
use crate::limits::Limits;
use crate::pages::Document;
use crate::schemas::Schemas;
use crate::seeds::StateSeeds;
use crate::store::Store;

/// The parts of a provider. Every request takes the provider several times, so that is one count and not one a part.
#[derive(Debug, Clone)]
pub struct Parts {
    pub(crate) region: Arc<Region>,
    pub(crate) store: Arc<Store>,
    pub(crate) seeds: Arc<StateSeeds>,
    pub(crate) schemas: Arc<Schemas>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) ids: Arc<Ids>,
    /// Of requests; they leave the others as they are.
    pub(crate) request_ids: Arc<Ids>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) limits: Option<Arc<Limits>>,
    pub(crate) document: Arc<Document>,
    pub(crate) origins: Arc<[Origin]>,
}
