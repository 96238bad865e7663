use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, reading, wrong_fields};

/// A user who sends ten hours and then five would be billed for five.
#[tokio::test]
async fn readings_add_up_over_several_requests_single_and_listed() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "10").await;
    let single = api.done("t", Method::POST, "/billing/meters", reading("compute.c2.c8m8", "5.5")).await;
    let id = single["meterId"].as_str().unwrap();
    let list = json!({"meterList": [reading("compute.c2.c8m8", "1"), reading("storage.volume.ssd", "2")]});
    let listed = api.done("t", Method::POST, "/billing/meters", list).await;
    assert_eq!(listed["message"], "Created 2 meters");
    assert_eq!(listed["meterIds"].as_array().unwrap().len(), 2);

    let meter = &api.done("t", Method::GET, &format!("/billing/meters/{id}"), Value::Null).await["meter"];
    assert_eq!((&meter["counterVolume"], &meter["uuid"]), (&json!(5.5), &json!("t")));
    assert_eq!(meter["timestamp"], "2025-01-05T04:00:00+00:00", "its own time");
    assert_eq!(meter["counterUnit"], "HOURS", "the unit of the price");

    let statement = api.statement("t", "2025-01").await;
    let quantities: Vec<_> =
        statement["lineItems"].as_array().unwrap().iter().map(|item| &item["quantity"]).collect();
    assert_eq!(quantities, [&json!(16.5), &json!(2)]);
}

/// A user would pay for the sum of a level, or for the whole life of a counter.
#[tokio::test]
async fn each_counter_type_adds_up_its_own_way_and_each_month_by_its_own_readings() {
    let api = Api::start().await;
    let at = |kind: &str, resource: &str, volume: u32, time: &str| {
        json!({
            "counterName": "storage.volume.ssd", "counterType": kind, "counterUnit": "GB", "counterVolume": volume,
            "projectId": "p", "resourceId": resource, "timestamp": time
        })
    };
    let list = json!({"meterList": [
        at("GAUGE", "level", 300, "2025-01-31T23:59:59+09:00"),
        at("GAUGE", "level", 900, "2025-01-10T00:00:00+09:00"),
        at("CUMULATIVE", "total", 1000, "2025-01-01T00:00:00+09:00"),
        at("CUMULATIVE", "total", 1250, "2025-01-31T00:00:00+09:00"),
        at("GAUGE", "level", 7, "2025-02-01T00:00:00+09:00"),
    ]});
    api.done("t", Method::POST, "/billing/meters", list).await;
    let lines = async |month: &str| {
        let statement = api.statement("t", month).await;
        let items = statement["lineItems"].as_array().unwrap().clone();
        items.iter().map(|item| (item["resourceId"].clone(), item["quantity"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(lines("2025-01").await, [(json!("level"), json!(300)), (json!("total"), json!(250))]);
    assert_eq!(lines("2025-02").await, [(json!("level"), json!(7))]);
    assert!(lines("2024-12").await.is_empty());
}

/// A user would find half of a list stored, and the other half refused.
#[tokio::test]
async fn a_list_is_stored_whole_or_not_at_all_and_every_problem_is_named() {
    let api = Api::start().await;
    let mut wrong_unit = reading("compute.c2.c8m8", "1");
    wrong_unit["counterUnit"] = json!("GB");
    let mut other_type = reading("storage.volume.ssd", "1");
    other_type["counterType"] = json!("GAUGE");
    let list = json!({"meterList": [
        reading("storage.volume.ssd", "1"), reading("compute.unknown", "1"), wrong_unit, other_type
    ]});
    let (status, refusal) = api.post("t", "/billing/meters", list).await;
    assert_eq!(status, 422);
    assert_eq!(
        wrong_fields(&refusal),
        ["meterList[1].counterName", "meterList[2].counterUnit", "meterList[3].counterType"]
    );
    assert_eq!(api.statement("t", "2025-01").await["subtotal"], json!(0));

    // A cumulative counter that runs backwards could never be billed.
    let mut first = reading("network.floating_ip", "50");
    first["counterType"] = json!("CUMULATIVE");
    api.done("t", Method::POST, "/billing/meters", first.clone()).await;
    first["counterVolume"] = json!(49);
    first["timestamp"] = json!("2025-01-06T00:00:00+09:00");
    let (status, refusal) = api.post("t", "/billing/meters", first).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["counterVolume"]));
}

/// A user would clean up after a test and be billed for it all the same.
#[tokio::test]
async fn readings_are_deleted_by_application_and_day_or_by_month() {
    let api = Api::start().await;
    let other = |key: &str, time: &str| {
        let mut other = reading("compute.c2.c8m8", "1");
        (other["appKey"], other["timestamp"]) = (json!(key), json!(time));
        other
    };
    let list = json!({"meterList": [
        other("a", "2025-01-01T00:00:00+09:00"), other("a", "2025-01-31T23:00:00+09:00"),
        other("b", "2025-01-02T00:00:00+09:00"), other("c", "2025-02-02T00:00:00+09:00"),
    ]});
    api.done("t", Method::POST, "/billing/meters", list).await;
    let delete = async |query: &str| {
        let path = format!("/billing/admin/meters{query}");
        api.done("t", Method::DELETE, &path, Value::Null).await["deletedCount"].clone()
    };
    assert_eq!(delete("?appKey=a&from=2025-01-02&to=2025-01-31").await, 1);
    assert_eq!(delete("?appKeys=a&appKeys=b").await, 2);
    assert_eq!(delete("?appKeys=a,b,nobody").await, 0);
    let path = "/billing/admin/resources?month=2025-02";
    assert_eq!(api.done("t", Method::DELETE, path, Value::Null).await["deletedCount"], 1);
    assert_eq!(api.delete("t", "/billing/admin/meters").await.0, 400);
    let (status, refusal) = api.delete("t", "/billing/admin/meters?appKeys=a&from=yesterday").await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["from"]));
}

/// A reading could not be found any more after others were deleted, or another one be shown in its place.
#[tokio::test]
async fn every_reading_is_found_by_its_id_whatever_was_deleted() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for index in 0..6 {
        let mut body = reading("compute.c2.c8m8", &index.to_string());
        body["appKey"] = json!(format!("app-{}", index % 2));
        body["timestamp"] = json!(format!("2025-0{}-05T00:00:00Z", 1 + index / 3));
        let sent = api.done("t", Method::POST, "/billing/meters", body).await;
        ids.push(sent["meterId"].as_str().unwrap().to_owned());
    }
    api.done("t", Method::DELETE, "/billing/admin/meters?appKeys=app-0", Value::Null).await;
    for (index, id) in ids.iter().enumerate() {
        let (status, found) = api.get("t", &format!("/billing/meters/{id}")).await;
        assert_eq!(status, if index % 2 == 0 { 404 } else { 200 });
        assert!(status == 404 || found["meter"]["counterVolume"] == json!(index), "{found}");
    }
    // A day that is empty would delete everything.
    assert_eq!(api.delete("t", "/billing/admin/meters?appKeys=app-1&to=").await.0, 422);
}

/// A user would lose the list or the reading, and not be told which.
#[tokio::test]
async fn a_list_and_a_reading_cannot_be_one_body() {
    let api = Api::start().await;
    let mut both = reading("compute.c2.c8m8", "1");
    both["meterList"] = json!([reading("compute.c2.c8m8", "2")]);
    let (status, refusal) = api.post("t", "/billing/meters", both.clone()).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["meterList"]));
    both["meterList"] = json!("of January");
    api.done("t", Method::POST, "/billing/meters", both).await;
    assert_eq!(api.statement("t", "2025-01").await["lineItems"][0]["quantity"], json!(1));
}

/// A user would find the names of one reading at another one of the same counter.
#[tokio::test]
async fn every_reading_shows_what_it_came_with() {
    let api = Api::start().await;
    let fields = ["counterUnit", "resourceName", "source", "parentResourceId", "appKey"];
    let names = |values: [&'static str; 5]| fields.into_iter().zip(values).collect::<Vec<_>>();
    let sent = [
        names(["HOURS", "web", "agent", "host-1", "app-1"]),
        names(["HOURS", "web", "agent", "host-1", "app-1"]),
        names(["MINUTES", "web", "agent", "host-1", "app-1"]),
        names(["HOURS", "shop", "agent", "host-1", "app-1"]),
        names(["HOURS", "web", "import", "host-1", "app-1"]),
        names(["HOURS", "web", "agent", "host-2", "app-1"]),
        names(["HOURS", "web", "agent", "host-1", "app-2"]),
        names(["HOURS", "web", "agent", "host-1", "app-1"]),
    ];
    let list: Vec<Value> = sent
        .iter()
        .map(|names| {
            let mut body = reading("compute.c2.c8m8", "1");
            body["projectId"] = json!("p");
            names.iter().for_each(|(field, value)| body[*field] = json!(value));
            body
        })
        .collect();
    let answer = api.done("t", Method::POST, "/billing/meters", json!({ "meterList": list })).await;
    for (id, names) in answer["meterIds"].as_array().unwrap().iter().zip(&sent) {
        let (_, found) = api.get("t", &format!("/billing/meters/{}", id.as_str().unwrap())).await;
        for (field, value) in names {
            assert_eq!(found["meter"][*field], json!(value), "{found}");
        }
    }
    let statement = api.statement("t", "2025-01").await;
    assert_eq!(statement["lineItems"].as_array().unwrap().len(), 1, "it is one counter of one resource");
}
