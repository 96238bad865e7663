//! `/_billtest/clock`: reads and moves the clock.

use axum::Json;
use axum::extract::State;
use billtest_models::{ErrorCode, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Provider;
use crate::body::Valid;
use crate::clock::OutOfYears;
use crate::refusal::Refusal;

/// A change of the clock: one of these.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockChange {
    /// It stands still at this time.
    #[serde(default)]
    now: Option<Timestamp>,
    /// It goes on by so many seconds, back if negative, and stands still there.
    #[serde(default)]
    advance: Option<i64>,
    /// It goes with the system's clock.
    #[serde(default)]
    system: Option<bool>,
}

/// The clock.
#[derive(Debug, Serialize)]
pub(super) struct ShownClock {
    now: Timestamp,
    /// Whether it goes with the system's clock, or stands still.
    system: bool,
}

pub(super) async fn get(State(provider): State<Provider>) -> Json<ShownClock> {
    let stands = provider.clock.stands_at();
    Json(ShownClock { now: provider.clock.now(), system: stands.is_none() })
}

pub(super) async fn put(
    State(provider): State<Provider>,
    Valid(change): Valid<ClockChange>,
) -> Result<Json<ShownClock>, Refusal> {
    let clock = &provider.clock;
    let out_of_years = |field| move |error: OutOfYears| Refusal::rule(field, error.to_string());
    match change {
        ClockChange { now: Some(time), advance: None, system: None } => {
            clock.stop_at(time).map_err(out_of_years("now"))?;
        }
        ClockChange { now: None, advance: Some(seconds), system: None } => {
            clock.advance(seconds).map_err(out_of_years("advance"))?;
        }
        ClockChange { now: None, advance: None, system: Some(true) } => clock.follow_system(),
        _ => {
            let message =
                r#"give one of {"now": "2025-01-31T09:00:00Z"}, {"advance": 3600}, {"system": true}"#;
            return Err(Refusal::new(ErrorCode::ValidationError, message));
        }
    }
    Ok(get(State(provider)).await)
}
