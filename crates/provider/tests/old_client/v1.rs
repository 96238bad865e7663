use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Old;

/// A client of `/api/v1` would read other usage, statements and payments than were stored.
#[tokio::test]
async fn the_resources_of_v1_are_of_the_same_tenant() {
    let old = Old::start().await;
    let uuid = ("uuid", "v1");
    let call = async |method: Method, path: &str, body: Value| old.request(method, path, &[uuid], body).await;
    // The fewest fields that were accepted, and a usage of nothing.
    for body in [
        json!({"resource_id": "vm-001", "usage": 744, "project_id": "PROJ001", "timestamp": "2025-01-05T00:00:00Z", "unit": "hours"}),
        json!({"resource_id": "disk-1", "usage": "10", "project_id": "PROJ001", "timestamp": "2025-01-05T00:00:00", "resource_type": "storage.volume.ssd"}),
        json!({"resource_id": "vm-002", "usage": 0, "project_id": "PROJ002", "timestamp": "2025-01-05T00:00:00Z"}),
    ] {
        let (status, receipt) = call(Method::POST, "api/v1/metering", body).await;
        assert_eq!((status, &receipt["status"]), (201, &json!("accepted")), "{receipt}");
        let id = receipt["id"].as_str().unwrap();
        assert_eq!(call(Method::GET, &format!("billing/meters/{id}"), Value::Null).await.0, 200);
    }
    let (status, refusal) = call(Method::POST, "api/v1/metering", json!({"usage": 1})).await;
    assert_eq!((status, &refusal["field"]), (400, &json!("resource_id")));
    let (_, usage) = call(Method::GET, "api/v1/metering?project_id=PROJ001&month=2025-01", Value::Null).await;
    assert_eq!(
        usage["period"],
        json!({"start": "2025-01-01T00:00:00+09:00", "end": "2025-01-31T23:59:59+09:00"})
    );
    let items: Vec<_> = usage["usage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["resource_type"], &item["resource_id"], &item["cost"]))
        .collect();
    assert_eq!(
        items,
        [
            (&json!("storage"), &json!("disk-1"), &json!(1000)),
            (&json!("compute"), &json!("vm-001"), &json!(295_368))
        ]
    );
    assert_eq!(usage["total_cost"], json!(296_368));
    let (status, empty) = call(Method::GET, "api/v1/metering", Value::Null).await;
    assert_eq!((status, &empty["usage"]), (200, &json!([])), "the present month of all projects");

    let (_, none) =
        call(Method::GET, "api/v1/payments/statements?month=2025-01&user_id=U1", Value::Null).await;
    assert_eq!(
        (&none["total"], &none["statements"], &none["user_id"]),
        (&json!(0), &json!([]), &json!("U1")),
        "not calculated"
    );
    let job = json!({"type": "BILLING_CALCULATION", "parameters": {"month": "2025-01", "note": [1]}});
    let (status, job) = call(Method::POST, "api/v1/batch/jobs", job).await;
    assert_eq!(
        (status, &job["type"], &job["result"]["month"]),
        (201, &json!("BILLING_CALCULATION"), &json!("2025-01"))
    );
    assert_eq!(job["parameters"]["note"], json!([1]));
    let id = job["id"].as_str().unwrap();
    for path in [format!("api/v1/batch/jobs/{id}"), format!("api/v1/batch/jobs/{id}/status")] {
        assert_eq!(call(Method::GET, &path, Value::Null).await, (200, job.clone()));
    }
    let (_, jobs) = call(Method::GET, "api/v1/batch/jobs", Value::Null).await;
    assert_eq!((&jobs["total"], &jobs["jobs"]), (&json!(1), &json!([job])));

    let (_, billed) = call(Method::GET, "api/v1/payments/statements?month=2025-01", Value::Null).await;
    let statement = &billed["statements"][0];
    assert_eq!((&billed["total"], &billed["user_id"]), (&json!(326_005), &json!("v1")));
    let lines = statement["line_items"].as_array().unwrap();
    assert_eq!(
        lines.iter().map(|line| line["amount"].as_i64().unwrap()).sum::<i64>(),
        326_005,
        "the lines add up"
    );

    // The payment of the month is one of this family as well.
    let payments = old.get("billing/console/payments?month=2025-01", &[uuid]).await;
    let id = payments["payments"][0]["paymentId"].as_str().unwrap().to_owned();
    let path = format!("api/v1/payments/{id}");
    let (status, payment) = call(Method::GET, &path, Value::Null).await;
    assert_eq!((status, &payment["status"], &payment["amount"]), (200, &json!("PENDING"), &json!(326_005)));
    let patch = async |status: &str| {
        let body =
            json!({"status": status, "transaction_id": "TXN1", "completed_at": "2025-02-01T00:00:00Z"});
        call(Method::PATCH, &path, body).await
    };
    assert_eq!(patch("COMPLETED").await.0, 409, "not before it is processed");
    assert_eq!(patch("PENDING").await.0, 409, "where it is");
    let (status, moved) = patch("PROCESSING").await;
    assert_eq!(
        (status, &moved["status"], &moved["transaction_id"]),
        (200, &json!("PROCESSING"), &json!("TXN1"))
    );
    let (_, moved) = patch("COMPLETED").await;
    assert_eq!(
        (&moved["status"], &moved["updated_at"]),
        (&json!("COMPLETED"), &json!("2025-02-01T00:00:00+00:00"))
    );
    assert_eq!(patch("FAILED").await.0, 409);
    assert_eq!(patch("DONE").await.0, 422);
    let paid = old.get("billing/console/payments?month=2025-01", &[uuid]).await;
    assert_eq!(paid["payments"][0]["paidAmount"], json!(326_005));
    for path in [path.as_str(), "api/v1/batch/jobs/none", "api/v1/batch/jobs/none/status"] {
        assert_eq!(old.request(Method::GET, path, &[("uuid", "other")], Value::Null).await.0, 404, "{path}");
    }
    let (status, refusal) = old.request(Method::GET, "api/v1/info", &[uuid], Value::Null).await;
    assert_eq!((status, &refusal["error"]), (404, &json!("NOT_FOUND")));
}
