//! The routes of `/api/v1`.

mod adjustments;
mod batch;
mod contracts;
mod credits;
mod metering;
mod meters;
mod payments;
mod refused;
mod statements;

use std::collections::BTreeMap;

use axum::middleware::from_fn_with_state;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::billing::MOST_RECORDS;
use crate::refusal::Refusal;
use crate::{Provider, idempotency};

/// How many bytes of what a client wants kept are kept with each record.
const MOST_KEPT: usize = 4096;

/// Refuses what a client wants kept if it is too much.
fn check_kept(field: &str, kept: &impl Serialize) -> Result<(), Refusal> {
    let is_small = serde_json::to_vec(kept).is_ok_and(|json| json.len() <= MOST_KEPT);
    if is_small { Ok(()) } else { Err(Refusal::rule(field, format!("are more than {MOST_KEPT} bytes"))) }
}

/// Keeps a record, if the tenant has room for it.
fn keep<K: Ord, V>(records: &mut BTreeMap<K, V>, what: &str, id: K, record: V) -> Result<(), Refusal> {
    if records.len() >= MOST_RECORDS {
        return Err(Refusal::conflict(format!("a tenant has at most {MOST_RECORDS} {what}")));
    }
    records.insert(id, record);
    Ok(())
}

pub(crate) fn routes(provider: &Provider) -> OpenApiRouter<Provider> {
    OpenApiRouter::new()
        .routes(routes!(adjustments::apply))
        .routes(routes!(adjustments::get))
        .routes(routes!(contracts::get))
        .routes(routes!(credits::grant))
        .routes(routes!(credits::get))
        .routes(routes!(meters::send))
        .routes(routes!(meters::get))
        .routes(routes!(metering::send, metering::get))
        .routes(routes!(payments::statements))
        .routes(routes!(payments::get, payments::update))
        .routes(routes!(batch::create, batch::list))
        .routes(routes!(batch::get))
        .routes(routes!(batch::status))
        .route_layer(from_fn_with_state(provider.clone(), idempotency::once))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tenant that is never idle would fill the memory of a provider that others use.
    #[test]
    fn a_tenant_has_room_for_so_many_records_and_one_more_is_refused() {
        let mut records = BTreeMap::new();
        for id in 0..MOST_RECORDS {
            keep(&mut records, "credits", id, ()).unwrap();
        }
        let refusal = keep(&mut records, "credits", MOST_RECORDS, ()).unwrap_err();
        assert_eq!(refusal.message(), "a tenant has at most 10000 credits");
        assert_eq!(records.len(), MOST_RECORDS);
    }
}
