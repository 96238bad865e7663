//! Readings, units, and figures about them.

use std::collections::BTreeMap;

use billtest_engine::Reading;
use billtest_engine::report::{Bucket, Dimension, by_time, delta_sum, group, latest_gauges};
use billtest_engine::trend::{deviation, growth, outliers, projection};
use billtest_engine::unit::{UnitError, convert, human_readable, parse_quantity};
use billtest_engine::usage::{UsageError, aggregate};
use billtest_models::{CounterType, Price, Region};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Adapter;
use super::bills::refusal;
use super::compare::Refusal;
use super::inputs::{Given, amount, decimal, list, number, quantity, reading, text, time};

pub(crate) fn adapter(function: &str) -> Option<Adapter> {
    Some(match function {
        "MeteringCalculator.parse_volume" => |inputs| match parse_quantity(text(&inputs["volume_str"])) {
            Ok(quantity) => Ok(number(quantity.value())),
            Err(_) => Err(Refusal("Invalid volume format")),
        },
        "MeteringCalculator.convert_units" => |inputs| match convert(
            decimal(&inputs["value"]),
            text(&inputs["from_unit"]),
            text(&inputs["to_unit"]),
        ) {
            Ok(value) => Ok(number(value)),
            Err(UnitError::Incompatible { .. }) => Err(Refusal("Incompatible units")),
            Err(UnitError::Unknown(_)) => Err(Refusal("Cannot convert")),
            Err(error) => panic!("{error}"),
        },
        "MeteringCalculator.format_volume_human_readable" => {
            |inputs| Ok(human_readable(decimal(&inputs["volume"]), text(&inputs["unit"])).unwrap().into())
        }
        "MeteringCalculator.aggregate_usage" => |inputs| {
            let volumes = list(&inputs["volumes_in_order"]);
            let readings: Vec<_> = volumes
                .iter()
                .zip(0..)
                .map(|(volume, hour)| {
                    let first = reading("x", quantity(volume));
                    let timestamp = (first.timestamp.value() + TimeDelta::hours(hour)).into();
                    Reading { timestamp, counter_type: counter_type(&inputs["counter_type"]), ..first }
                })
                .collect();
            Ok(json!({"total_volume": used(&readings)?, "record_count": readings.len()}))
        },
        "UsageAggregation.get_usage_by_counter" => |inputs| {
            let counter_type = counter_type(&inputs["counter_type"]);
            let readings: Vec<_> = list(&inputs["readings"])
                .iter()
                .map(|row| Reading {
                    counter_type,
                    timestamp: time(&format!("{}T00:00:00Z", text(&row[1]))),
                    ..reading("x", quantity(&row[0]))
                })
                .collect();
            used(&readings)
        },
        "UsageAggregation.get_usage_by_app" => |inputs| {
            let readings: Vec<_> = list(&inputs["meters"])
                .iter()
                .map(|row| Reading { project: text(&row[0]), ..reading(text(&row[1]), quantity(&row[2])) })
                .collect();
            let mut apps = json!({});
            for usage in aggregate(&readings).unwrap() {
                apps[usage.project][usage.counter] = number(usage.volume.value().unwrap());
            }
            Ok(apps)
        },
        "MeteringCalculator.calculate_cost" => calculate_cost,
        "MeteringCalculator.calculate_monthly_projection" => |inputs| {
            let days = |name: &str| inputs[name].as_u64().unwrap().try_into().unwrap();
            let usage = decimal(&inputs["daily_usage"]);
            Ok(number(projection(usage, days("days_elapsed"), days("days_in_month")).unwrap()))
        },
        "MeteringCalculator.detect_usage_anomalies" => |inputs| {
            let threshold = inputs.get("threshold_percentage").map_or(Decimal::from(50), decimal);
            let found = deviation(
                decimal(&inputs["current_usage"]),
                decimal(&inputs["historical_average"]),
                threshold,
            );
            let found = found.unwrap();
            let percentage = found.percentage.map_or("Infinity".into(), number);
            Ok(json!({"is_anomaly": found.is_anomaly, "deviation_percentage": percentage}))
        },
        "MeteringAggregator.aggregate_by_dimensions" => by_dimensions,
        "MeteringAggregator.aggregate_by_time_bucket"
        | "MeteringAggregator.aggregate_by_time_bucket (counts per bucket)" => |inputs| {
            let bucket: Bucket =
                text(&inputs["bucket_size"]).parse().map_err(|_| Refusal("Invalid bucket size"))?;
            let readings: Vec<_> = list(&inputs["timestamps"])
                .iter()
                .map(|at| Reading { timestamp: time(text(at)), ..reading("x", 1.into()) })
                .collect();
            let buckets = by_time(&readings, bucket, Region::named("kr").unwrap().time_zone).unwrap();
            Ok(buckets.into_iter().map(|(key, totals)| (key, Value::from(totals.count))).collect())
        },
        "MeteringAggregator.calculate_delta_sum" => |inputs| {
            let sum = delta_sum(&records(inputs), inputs["counter_name"].as_str());
            Ok(number(sum.unwrap()))
        },
        "MeteringAggregator.get_latest_gauge_values" => |inputs| {
            let latest = latest_gauges(&records(inputs)).into_iter();
            Ok(latest.map(|(counter, value)| (counter.to_owned(), number(value))).collect())
        },
        "MeteringAggregator.detect_outliers" => |inputs| {
            let volumes: Vec<_> = list(&inputs["volumes"]).iter().map(decimal).collect();
            let found =
                outliers(&volumes, inputs.get("std_dev_threshold").map_or(Decimal::TWO, decimal)).unwrap();
            Ok(found.into_iter().map(number).collect::<Vec<_>>().into())
        },
        "MeteringAggregator.calculate_growth_rate" => |inputs| {
            let sum = |name: &str| {
                let readings: Vec<_> =
                    list(&inputs[name]).iter().map(|volume| reading("cpu.usage", quantity(volume))).collect();
                delta_sum(&readings, inputs["counter_name"].as_str()).unwrap()
            };
            let growth = growth(sum("previous"), sum("current")).unwrap();
            // From nothing there is no rate, which the older reports wrote as 0.
            let percentage = growth.percentage.unwrap_or_default();
            Ok(json!({"absolute": number(growth.absolute), "percentage": number(percentage)}))
        },
        "MeteringAggregator.create_usage_summary" => summary,
        _ => return None,
    })
}

fn counter_type(value: &Value) -> CounterType {
    serde_json::from_value(value.clone()).unwrap()
}

/// What one counter came to.
fn used(readings: &[Reading<'_>]) -> Result<Value, Refusal> {
    match aggregate(readings) {
        Ok(usage) => Ok(number(usage[0].volume.value().unwrap())),
        Err(UsageError::RanBackwards { .. }) => Err(Refusal("the counter ran backwards")),
        Err(error) => panic!("{error}"),
    }
}

fn calculate_cost(inputs: &Value) -> Result<Value, Refusal> {
    let mut given = Given::new();
    let unit = text(&inputs["unit"]);
    if let Some(rates) = inputs["rates"].as_object() {
        for (counter, rate) in rates {
            given.contract.prices.insert(counter.clone(), Price::flat(unit, amount(rate)));
        }
        assert!(!given.prices().is_empty());
    }
    let readings = [Reading { unit, ..reading(text(&inputs["counter_name"]), quantity(&inputs["volume"])) }];
    let bill = given.bill(&readings).map_err(refusal)?;
    Ok(number(bill.line_items[0].amount.value()))
}

fn by_dimensions(inputs: &Value) -> Result<Value, Refusal> {
    let readings: Vec<_> = list(&inputs["records"])
        .iter()
        .map(|row| Reading { project: text(&row[0]), ..reading("x", quantity(&row[1])) })
        .collect();
    assert_eq!(inputs["dimensions"], json!(["app_key"]));
    let groups = group(&readings, &[Dimension::Project]).unwrap();
    let wanted = text(&inputs["key"]).strip_prefix("app:").unwrap();
    let (_, totals) = groups.iter().find(|(key, _)| key.project == Some(wanted)).unwrap();
    Ok(json!({
        "total_volume": number(totals.total),
        "record_count": totals.count,
        "min_volume": number(totals.minimum),
        "max_volume": number(totals.maximum),
        "avg_volume": number(totals.average().unwrap()),
    }))
}

fn records(inputs: &Value) -> Vec<Reading<'_>> {
    list(&inputs["records"])
        .iter()
        .map(|record| {
            let first = reading(text(&record["counterName"]), quantity(&record["counterVolume"]));
            Reading {
                counter_type: counter_type(&record["counterType"]),
                timestamp: record["timestamp"].as_str().map_or(first.timestamp, time),
                resource: record["resourceId"].as_str().unwrap_or(first.resource),
                ..first
            }
        })
        .collect()
}

fn summary(inputs: &Value) -> Result<Value, Refusal> {
    let readings = records(inputs);
    let gauges = latest_gauges(&readings);
    let counters: BTreeMap<&str, Value> = group(&readings, &[Dimension::Counter])
        .unwrap()
        .into_keys()
        .filter_map(|key| key.counter)
        .map(|counter| {
            let delta = delta_sum(&readings, Some(counter)).unwrap();
            let gauge = gauges.get(counter).copied().map(number);
            (counter, json!({"delta_total": number(delta), "latest_gauge": gauge}))
        })
        .collect();
    let resources: Vec<_> = group(&readings, &[Dimension::Resource])
        .unwrap()
        .into_keys()
        .filter_map(|key| key.resource)
        .collect();
    let times = readings.iter().map(|reading| reading.timestamp);
    let range = times.clone().min().zip(times.max()).map(|(from, to)| json!([from, to]));
    Ok(json!({
        "total_records": readings.len(), "counters": counters, "resources": resources, "time_range": range,
    }))
}
