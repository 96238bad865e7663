//! Meter readings: `/billing/meters`.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::{CounterType, MeterId, Quantity, Timestamp};

/// The highest reading: a billion.
const HIGHEST_VOLUME: u32 = 1_000_000_000;
/// A decimal number that is not negative, as text.
const VOLUME_PATTERN: &str = r"^[0-9]{1,10}(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?$";

/// A reading as a number, or as the text of one: existing BillingTest clients send text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CounterVolume(pub Quantity);

impl<'de> Deserialize<'de> for CounterVolume {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;

        impl Visitor<'_> for NumberOrText {
            type Value = Quantity;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, or the text of one")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Quantity, E> {
                Quantity::deserialize(de::value::U64Deserializer::new(value))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Quantity, E> {
                Quantity::deserialize(de::value::I64Deserializer::new(value))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Quantity, E> {
                Quantity::deserialize(de::value::F64Deserializer::new(value))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
                text.parse().map_err(E::custom)
            }
        }

        let volume = deserializer.deserialize_any(NumberOrText)?;
        // The schema limits numbers; the text of one is only limited here.
        if volume < Quantity::ZERO || volume > Quantity::from(HIGHEST_VOLUME) {
            return Err(de::Error::custom(format!("{volume} is not between 0 and {HIGHEST_VOLUME}")));
        }
        Ok(Self(volume))
    }
}

impl PartialSchema for CounterVolume {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Number, Type::String]))
            .description(Some("The reading, as a number or as the text of one."))
            .minimum(Some(0.0))
            .maximum(Some(f64::from(HIGHEST_VOLUME)))
            .pattern(Some(VOLUME_PATTERN))
            .examples([json!(100.5)])
            .into()
    }
}

impl ToSchema for CounterVolume {}

/// A reading to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CounterReading {
    /// Which counter: a name in the price table.
    #[schema(min_length = 1, max_length = 200, example = "compute.c2.c8m8")]
    pub counter_name: String,
    /// How readings of this counter add up; `DELTA` unless said otherwise.
    #[serde(default = "delta")]
    #[schema(required = false)]
    pub counter_type: CounterType,
    /// The unit of the reading; that of the price unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "HOURS")]
    pub counter_unit: Option<String>,
    /// The reading.
    pub counter_volume: CounterVolume,
    /// The project that pays; the app key unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "app-1")]
    pub project_id: Option<String>,
    /// The key of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "app-1")]
    pub app_key: Option<String>,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "vm-1")]
    pub resource_id: Option<String>,
    /// How people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "web server")]
    pub resource_name: Option<String>,
    /// What it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub parent_resource_id: Option<String>,
    /// Who measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub source: Option<String>,
    /// When it was read; the present unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time", example = "2025-01-01T13:00:00+09:00")]
    pub timestamp: Option<Timestamp>,
    /// The tenant, once more; it must be that of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub uuid: Option<String>,
}

impl CounterReading {
    /// A reading of what was used since the last one: they are added up.
    ///
    /// ```
    /// use billtest_models::billing::CounterReading;
    ///
    /// let reading = CounterReading::delta("compute.c2.c8m8", "100".parse()?)
    ///     .of_project("shop")
    ///     .of_resource("vm-1")
    ///     .at("2025-01-15T12:00:00+09:00".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn delta(counter: &str, volume: Quantity) -> Self {
        Self {
            counter_name: counter.to_owned(),
            counter_type: CounterType::Delta,
            counter_unit: None,
            counter_volume: CounterVolume(volume),
            project_id: None,
            app_key: None,
            resource_id: None,
            resource_name: None,
            parent_resource_id: None,
            source: None,
            timestamp: None,
            uuid: None,
        }
    }

    /// A reading of what is in use: the last one counts.
    #[must_use]
    pub fn gauge(counter: &str, volume: Quantity) -> Self {
        Self { counter_type: CounterType::Gauge, ..Self::delta(counter, volume) }
    }

    /// A reading of a counter that only rises: its last less its first counts.
    #[must_use]
    pub fn cumulative(counter: &str, volume: Quantity) -> Self {
        Self { counter_type: CounterType::Cumulative, ..Self::delta(counter, volume) }
    }

    /// In a unit other than that of the price.
    #[must_use]
    pub fn in_unit(self, unit: &str) -> Self {
        Self { counter_unit: Some(unit.to_owned()), ..self }
    }

    /// That this project pays.
    #[must_use]
    pub fn of_project(self, project: &str) -> Self {
        Self { project_id: Some(project.to_owned()), ..self }
    }

    /// Of this application.
    #[must_use]
    pub fn of_app(self, app_key: &str) -> Self {
        Self { app_key: Some(app_key.to_owned()), ..self }
    }

    /// Of this resource.
    #[must_use]
    pub fn of_resource(self, resource: &str) -> Self {
        Self { resource_id: Some(resource.to_owned()), ..self }
    }

    /// That was read at this time.
    #[must_use]
    pub fn at(self, time: Timestamp) -> Self {
        Self { timestamp: Some(time), ..self }
    }
}

fn delta() -> CounterType {
    CounterType::Delta
}

/// Several readings, stored all or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeterBatch {
    /// The readings.
    #[schema(min_items = 1, max_items = 1000)]
    pub meter_list: Vec<CounterReading>,
}

/// What `POST /billing/meters` takes: a list of readings, or a single one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum MeterSubmission {
    /// A list.
    Batch(MeterBatch),
    /// A single one.
    Single(Box<CounterReading>),
}

/// A list was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeteredBatch {
    /// How many, for people.
    #[schema(example = "Created 2 meters")]
    pub message: String,
    /// The ids of the stored readings, in the order of the list.
    pub meter_ids: Vec<MeterId>,
}

/// What `POST /billing/meters` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Metered {
    /// To a list.
    Batch(MeteredBatch),
    /// To a single reading.
    #[serde(rename_all = "camelCase")]
    Single {
        /// The id of the stored reading.
        meter_id: MeterId,
    },
}

/// A stored reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredReading {
    /// The stored reading.
    pub id: MeterId,
    /// Whose it is.
    #[schema(example = "tenant-1")]
    pub uuid: String,
    /// Which counter.
    #[schema(example = "compute.c2.c8m8")]
    pub counter_name: String,
    /// How readings of this counter add up.
    pub counter_type: CounterType,
    /// The unit of the reading.
    #[schema(example = "HOURS")]
    pub counter_unit: String,
    /// The reading.
    pub counter_volume: Quantity,
    /// The project that pays; empty for none.
    #[schema(example = "app-1")]
    pub project_id: String,
    /// The key of the application; empty for none.
    #[schema(example = "app-1")]
    pub app_key: String,
    /// What was measured; empty for nothing in particular.
    #[schema(example = "vm-1")]
    pub resource_id: String,
    /// How people call it; may be empty.
    #[schema(example = "web server")]
    pub resource_name: String,
    /// What it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_resource_id: Option<String>,
    /// Who measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it was read.
    pub timestamp: Timestamp,
}

/// A stored reading was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredReadingFound {
    /// The reading.
    pub meter: StoredReading,
}
