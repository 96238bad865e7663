use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, answer, reading, wrong_fields};

/// Everything that one tenant of two does in its test run; the volume is its own.
async fn run(api: Api, tenant: String, volume: u32) {
    for _ in 0..20 {
        api.meter(&tenant, "storage.volume.ssd", &volume.to_string()).await;
    }
    api.grant(&tenant, "FREE", volume).await;
    let order = json!({"billingGroupId": "bg", "adjustment": volume, "adjustmentTypeCode": "FIXED_SURCHARGE", "monthFrom": "2025-01"});
    api.done(&tenant, Method::POST, "/billing/admin/billing-groups/adjustments", order).await;
    api.done(&tenant, Method::POST, "/billing/contracts", json!({"contractId": "C1", "discountRate": 0.5}))
        .await;
    assert_eq!(api.calculate(&tenant, "2025-01").await.0, 200);
    // 20 x volume x 100, half of it off, plus the surcharge, less the credit.
    let statement = api.statement(&tenant, "2025-01").await;
    assert_eq!(statement["charge"], json!(1000 * volume), "{tenant}: {statement}");
    let paid = api.done(&tenant, Method::POST, "/billing/payments/2025-01", json!({})).await;
    assert_eq!(paid["amount"], json!(1100 * volume));
    let found = api.done(&tenant, Method::GET, "/billing/contracts", Value::Null).await;
    assert_eq!(found["contracts"].as_array().unwrap().len(), 1);
}

/// A user would pay for what somebody else used.
#[tokio::test(flavor = "multi_thread")]
async fn tenants_at_work_at_once_never_see_each_other() {
    let api = Api::start().await;
    let runs: Vec<_> = (1..=8)
        .map(|number| tokio::spawn(run(api.clone(), format!("tenant-{number}"), number * 7)))
        .collect();
    for run in runs {
        run.await.unwrap();
    }
    let stranger = api.everything("stranger").await;
    assert_eq!(stranger[2]["statements"][0]["subtotal"], json!(0), "a fresh tenant is empty");
    assert_eq!(stranger[5]["totalItems"], json!(0));
}

/// A user would read, cancel or refund what belongs to another tenant by guessing its name.
#[tokio::test]
async fn ids_of_another_tenant_are_as_if_they_did_not_exist() {
    let api = Api::start().await;
    let meter = api.done("a", Method::POST, "/billing/meters", reading("compute.c2.c8m8", "1")).await;
    let meter = meter["meterId"].as_str().unwrap();
    api.done("a", Method::POST, "/billing/contracts", json!({"contractId": "C1"})).await;
    let order = json!({"projectId": "p", "adjustment": 1, "adjustmentTypeCode": "RATE_DISCOUNT", "monthFrom": "2025-01"});
    let adjustment = api.done("a", Method::POST, "/billing/admin/projects/adjustments", order).await;
    let adjustment = adjustment["adjustmentId"].as_str().unwrap();
    let paid = api.done("a", Method::POST, "/billing/payments/2025-01", json!({})).await;
    let payment = paid["paymentId"].as_str().unwrap();
    let before = api.everything("a").await;

    for path in [
        format!("/billing/meters/{meter}"),
        "/billing/contracts/C1".to_owned(),
        "/billing/admin/contracts/C1".to_owned(),
        format!("/billing/payment/{payment}"),
        format!("/billing/console/payment/{payment}"),
    ] {
        assert_eq!(api.get("b", &path).await.0, 404, "{path}");
    }
    assert_eq!(api.post("b", "/billing/refund", json!({"paymentId": payment, "amount": 1})).await.0, 404);
    assert_eq!(api.delete("b", &format!("/billing/payment/{payment}")).await.0, 404);
    assert_eq!(api.post("b", &format!("/billing/payment/{payment}/retry"), json!({})).await.0, 404);
    let deletions = [
        format!("/billing/admin/projects/adjustments?adjustmentIds={adjustment}"),
        "/billing/admin/contracts".to_owned(),
        "/billing/admin/meters?appKeys=app-1".to_owned(),
    ];
    for path in deletions {
        assert_eq!(api.done("b", Method::DELETE, &path, Value::Null).await["deletedCount"], 0, "{path}");
    }
    assert_eq!(api.everything("a").await, before);
}

/// A client that names its tenant in the query or the body would work on the data of another one.
#[tokio::test]
async fn a_tenant_is_named_in_header_query_or_body_and_only_one() {
    let api = Api::start().await;
    let mut own = reading("storage.volume.ssd", "1");
    own["uuid"] = json!("t");
    answer(api.request(Method::POST, "/billing/meters").json(&json!({"meterList": [own.clone()]}))).await;
    answer(api.request(Method::POST, "/billing/meters?uuid=t").json(&reading("storage.volume.ssd", "1")))
        .await;
    let calculation = json!({"month": "2025-01", "uuid": "t", "includeUsage": true});
    let (status, _) =
        answer(api.request(Method::POST, "/billing/admin/calculations").json(&calculation)).await;
    assert_eq!(status, 200);
    let plain = answer(api.request(Method::GET, "/billing/console/statements?uuid=t&month=2025-01")).await;
    assert_eq!(plain.1["statements"][0]["charge"], json!(200));

    let (status, refusal) = api.post("u", "/billing/meters", json!({"meterList": [own]})).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["meterList[0].uuid"]));
    let body = json!({"uuidList": ["t"], "credit": 5});
    let (status, refusal) = api.post("u", "/billing/admin/campaign/C/credits", body).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["uuidList[0]"]));
    let (status, _) = answer(api.request(Method::GET, "/billing/payments/2025-01/statements")).await;
    assert_eq!(status, 401);
    for tenant in ["a.b", "a b", "<kr_UUID>", "x;DROP", &"x".repeat(101)] {
        assert_eq!(api.get(tenant, "/billing/payments/2025-01/statements").await.0, 400, "{tenant}");
    }
    assert_eq!(
        api.get("vendor-1", "/billing/payments/2025-01/statements").await.0,
        200,
        "no word is forbidden"
    );
}

/// A test suite would find the rubbish of the run before.
#[tokio::test]
async fn a_reset_leaves_nothing_of_the_tenant() {
    let api = Api::start().await;
    let fresh = api.everything("t").await;
    run(api.clone(), "t".into(), 3).await;
    assert_ne!(api.everything("t").await, fresh);
    let response = api.request(Method::POST, "/test/reset").header("uuid", "t").send().await.unwrap();
    assert!(response.status().is_success());
    assert_eq!(api.everything("t").await, fresh);
}

/// A client that names one tenant here and another one there would change the wrong one's bill without a word.
#[tokio::test]
async fn names_of_a_tenant_that_differ_are_refused_wherever_they_stand() {
    let api = Api::start().await;
    let send = async |method: Method, path: &str, header: Option<&str>, body: Value| {
        let request = api.request(method, path).json(&body);
        answer(header.into_iter().fold(request, |request, name| request.header("uuid", name))).await
    };
    let conflict = "/billing/credits/balance?uuid=u";
    let (status, refusal) = answer(api.request(Method::GET, conflict).header("uuid", "t")).await;
    assert_eq!(status, 400);
    assert_eq!(refusal["header"]["resultMessage"], "the header names the tenant `t`, and the query `u`");
    assert_eq!(send(Method::GET, "/billing/credits/balance?uuid=t", Some("t"), Value::Null).await.0, 200);
    assert_eq!(send(Method::POST, "/batch/jobs?uuid=u", Some("t"), json!({})).await.0, 400);

    let contracts = json!({"contracts": [{"contractId": "C", "uuid": "u"}]});
    for (method, path, body, field) in [
        (Method::PUT, "/billing/admin/billing-groups/bg", contracts, "contracts[0].uuid"),
        (Method::POST, "/api/v1/batch/jobs", json!({"uuid": "u"}), "uuid"),
        // These routes read nothing of a body, but its tenant.
        (Method::POST, "/billing/admin/batch", json!({"uuid": "u"}), "uuid"),
        (Method::POST, "/billing/coupons/C", json!({"uuid": "u"}), "uuid"),
        (Method::PUT, "/billing/console/payment/PG-t-202501", json!({"uuid": "u"}), "uuid"),
    ] {
        let (status, refusal) = send(method.clone(), path, Some("t"), body.clone()).await;
        assert_eq!((status, wrong_fields(&refusal)), (422, vec![field]), "{method} {path}: {refusal}");
    }
    let jobs = async |tenant: &str| api.get(tenant, "/api/v1/batch/jobs").await.1["total"].clone();
    assert_eq!((jobs("t").await, jobs("u").await), (json!(0), json!(0)));

    // Who names nobody else is found under the one name, in both families.
    send(Method::POST, "/api/v1/batch/jobs", None, json!({"uuid": "v"})).await;
    send(Method::POST, "/billing/admin/batch", None, json!({"uuid": "v"})).await;
    assert_eq!((jobs("v").await, jobs("default").await), (json!(2), json!(0)));
}
