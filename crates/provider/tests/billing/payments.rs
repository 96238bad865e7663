use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, reading, wrong_fields};

/// A tenant that owes 43,670 won for January 2025.
async fn owing(api: &Api, tenant: &str) {
    api.meter(tenant, "compute.c2.c8m8", "100").await;
    assert_eq!(api.calculate(tenant, "2025-01").await.0, 200);
}

async fn unpaid(api: &Api, tenant: &str) -> Value {
    let path = "/billing/payments/2025-12/statements/unpaid";
    let unpaid = api.done(tenant, Method::GET, path, Value::Null).await;
    let by_query = api.done(tenant, Method::GET, "/billing/unpaid?month=2025-12", Value::Null).await;
    assert_eq!(by_query, unpaid);
    unpaid
}

async fn move_to(api: &Api, tenant: &str, state: &str) -> (u16, Value) {
    let body = json!({"paymentStatusCode": state});
    api.put(tenant, "/billing/admin/payments/2025-01/status", body).await
}

async fn state(api: &Api, tenant: &str) -> Value {
    let path = "/billing/console/statements?month=2025-01";
    api.done(tenant, Method::GET, path, Value::Null).await["statements"][0]["paymentStatusCode"].clone()
}

/// A user who pays would be asked to pay again.
#[tokio::test]
async fn paying_a_month_settles_what_it_owes_once() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "100").await;
    assert_eq!(state(&api, "t").await, "PENDING");
    assert_eq!(unpaid(&api, "t").await["totalUnpaid"], json!(0), "what is not calculated is not owed");
    api.calculate("t", "2025-01").await;
    assert_eq!(state(&api, "t").await, "READY");
    let owed = unpaid(&api, "t").await;
    assert_eq!(owed["totalUnpaid"], json!(43_670));
    assert_eq!(owed["statements"][0]["dueDate"], "2025-02-28");

    let group = api.done("t", Method::GET, "/billing/console/payments?month=2025-01", Value::Null).await;
    let group = group["payments"][0]["paymentGroupId"].clone();
    let pay = json!({"paymentGroupId": group});
    let receipt = api.done("t", Method::POST, "/billing/payments/2025-01", pay.clone()).await;
    assert_eq!((&receipt["status"], &receipt["amount"]), (&json!("COMPLETED"), &json!(43_670)));
    assert_eq!(unpaid(&api, "t").await["totalUnpaid"], json!(0));
    let before = api.everything("t").await;
    let (status, refusal) = api.post("t", "/billing/payments/2025-01", pay).await;
    assert_eq!(status, 409);
    assert!(refusal["header"]["resultMessage"].as_str().unwrap().contains("from PAID to PAID"), "{refusal}");
    assert_eq!(api.calculate("t", "2025-01").await.0, 409);
    assert_eq!(api.post("t", "/billing/meters", reading("compute.c2.c8m8", "1")).await.0, 409, "closed");
    assert_eq!(api.everything("t").await, before);

    let id = receipt["paymentId"].as_str().unwrap();
    for path in
        [format!("/billing/payment/{id}"), format!("/billing/console/payment/{}", group.as_str().unwrap())]
    {
        let payment = &api.done("t", Method::GET, &path, Value::Null).await["payment"];
        assert_eq!((&payment["status"], &payment["paidAmount"]), (&json!("PAID"), &json!(43_670)));
    }
    let history = api.done("t", Method::GET, "/billing/payment/history", Value::Null).await;
    assert_eq!(history["totalItems"], 1);
}

/// A retry of a lost answer would be refused, or would pay another month's money.
#[tokio::test]
async fn a_payment_with_an_idempotency_key_is_answered_twice_and_made_once() {
    let api = Api::start().await;
    owing(&api, "t").await;
    let pay = async || {
        let request = api.request(Method::POST, "/billing/payments/2025-01").header("uuid", "t");
        crate::api::answer(request.header("Idempotency-Key", "k").json(&json!({}))).await
    };
    let first = pay().await;
    assert_eq!(first.0, 200);
    assert_eq!(pay().await, first);
}

/// A user who pays a part would owe everything, or nothing.
#[tokio::test]
async fn a_part_leaves_the_rest_open_and_no_more_than_that_can_be_paid() {
    let api = Api::start().await;
    owing(&api, "t").await;
    for (amount, field) in [(json!(-1), "amount"), (json!(0.5), "amount"), (json!(43_671), "amount")] {
        let (status, refusal) = api.post("t", "/billing/payments/2025-01", json!({"amount": amount})).await;
        assert_eq!((status, wrong_fields(&refusal)), (422, vec![field]), "{amount}");
    }
    assert_eq!(state(&api, "t").await, "READY");
    let receipt = api.done("t", Method::POST, "/billing/payments/2025-01", json!({"amount": 40_000})).await;
    assert_eq!(receipt["status"], "PARTIALLY_PAID");
    let owed = unpaid(&api, "t").await;
    assert_eq!(
        (&owed["totalUnpaid"], &owed["statements"][0]["totalAmount"], &owed["statements"][0]["amount"]),
        (&json!(3_670), &json!(3_670), &json!(43_670)),
        "existing clients add up `totalAmount`"
    );
    assert_eq!(api.post("t", "/billing/payments/2025-01", json!({"amount": 1})).await.0, 409);
    let make = json!({"month": "2025-01", "amount": 3_670});
    assert_eq!(api.done("t", Method::POST, "/billing/payment/make", make).await["status"], "COMPLETED");
    assert_eq!(unpaid(&api, "t").await["totalUnpaid"], json!(0));
}

/// A user would pay January twice: by itself, and with February.
#[tokio::test]
async fn what_january_owes_is_on_februarys_bill_and_is_paid_with_it() {
    let api = Api::start().await;
    owing(&api, "t").await;
    let mut later = reading("compute.c2.c8m8", "10");
    later["timestamp"] = json!("2025-02-05T13:00:00+09:00");
    api.done("t", Method::POST, "/billing/meters", later).await;
    let february = api.statement("t", "2025-02").await;
    assert_eq!((&february["amount"], &february["unpaidAmount"]), (&json!(4_367), &json!(43_670)));
    // Late by more than 1,000 days is not yet; by how many days depends on the day of the test.
    let late_fee = february["lateFee"].as_u64().unwrap();
    assert!((1..=43_670).contains(&late_fee), "{late_fee}");
    let receipt = api.done("t", Method::POST, "/billing/payments/2025-02", json!({})).await;
    assert_eq!(receipt["amount"], json!(4_367 + 43_670 + late_fee));
    assert_eq!(unpaid(&api, "t").await["totalUnpaid"], json!(0));
    assert_eq!(state(&api, "t").await, "PAID");
    assert_eq!(api.post("t", "/billing/payments/2025-01", json!({})).await.0, 409);
}

/// A user would see a cancelled bill paid, or a paid one cancelled.
#[tokio::test]
async fn payments_move_only_as_the_table_of_states_says() {
    let all = [
        "UNKNOWN",
        "PENDING",
        "READY",
        "REGISTERED",
        "PARTIALLY_PAID",
        "PAID",
        "FAILED",
        "CANCELLED",
        "REFUNDED",
    ];
    let api = Api::start().await;
    for (way, allowed) in [
        (&[][..], &["REGISTERED", "CANCELLED"][..]),
        (&["REGISTERED"], &["PAID", "FAILED", "CANCELLED"]),
        (&["REGISTERED", "FAILED"], &["REGISTERED"]),
        (&["REGISTERED", "PAID"], &["REFUNDED"]),
        (&["CANCELLED"], &[]),
        (&["REGISTERED", "PAID", "REFUNDED"], &[]),
    ] {
        for to in all {
            let tenant = format!("{}-{to}", way.join("-"));
            owing(&api, &tenant).await;
            for step in way {
                let (status, moved) = move_to(&api, &tenant, step).await;
                assert_eq!((status, &moved["payment"]["status"]), (200, &json!(step)), "{tenant}");
            }
            let before = state(&api, &tenant).await;
            let (status, _) = move_to(&api, &tenant, to).await;
            let expected = match to {
                // Without an amount nobody can say which part.
                "PARTIALLY_PAID" if way == ["REGISTERED"] => 422,
                _ if allowed.contains(&to) || (to == "READY" && way.is_empty()) => status,
                _ => 409,
            };
            assert_eq!(status, expected, "{tenant}");
            if allowed.contains(&to) {
                assert_eq!(status, 200, "{tenant}");
                assert_eq!(state(&api, &tenant).await, to);
            } else {
                assert_eq!(state(&api, &tenant).await, before, "{tenant}");
            }
        }
    }
}

/// A user would lose the way back from a failed payment, or be refunded more than was paid.
#[tokio::test]
async fn a_failed_payment_is_tried_again_and_a_paid_one_paid_back() {
    let api = Api::start().await;
    owing(&api, "t").await;
    let payment = api.done("t", Method::GET, "/billing/console/payments?month=2025-01", Value::Null).await;
    let (group, id) =
        (payment["payments"][0]["paymentGroupId"].clone(), payment["payments"][0]["paymentId"].clone());
    let (group, id) = (group.as_str().unwrap(), id.as_str().unwrap());
    let retry = format!("/billing/payment/{id}/retry");
    assert_eq!(api.post("t", &retry, json!({"retryCount": 1})).await.0, 409);
    let refund = |amount: u32| json!({"paymentId": id, "amount": amount, "reason": "qa"});
    assert_eq!(api.post("t", "/billing/refund", refund(1)).await.0, 409, "nothing is paid");
    let body = json!({"month": "2025-01", "status": "REGISTERED"});
    api.done("t", Method::PUT, &format!("/billing/payment/{group}/status"), body).await;
    move_to(&api, "t", "FAILED").await;
    assert_eq!(unpaid(&api, "t").await["totalUnpaid"], json!(43_670));
    assert_eq!(api.done("t", Method::POST, &retry, json!({"retryCount": 1})).await["amount"], json!(43_670));
    let (status, refusal) = api.post("t", "/billing/refund", refund(43_671)).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["amount"]));
    assert_eq!(state(&api, "t").await, "PAID", "a refused refund changes nothing");
    let refunded = api.done("t", Method::POST, "/billing/refund", refund(43_670)).await;
    assert_eq!((&refunded["status"], &refunded["amount"]), (&json!("REFUNDED"), &json!(43_670)));
    assert_eq!(api.post("t", "/billing/refund", refund(1)).await.0, 409);
    let (status, refusal) =
        api.post("t", "/billing/refund", json!({"paymentId": "PAY_0", "amount": 1})).await;
    assert_eq!((status, wrong_fields(&refusal)), (404, vec!["paymentId"]));
}

/// A client that cancels by another name would cancel nothing, or another month.
#[tokio::test]
async fn a_payment_is_cancelled_and_registered_under_the_name_of_its_month() {
    let api = Api::start().await;
    owing(&api, "t").await;
    assert_eq!(api.delete("t", "/billing/admin/payments/2025-01?paymentGroupId=PG-other").await.0, 404);
    assert_eq!(api.delete("t", "/billing/payment/PG-t-202502?month=2025-01").await.0, 404);
    let registered = api.call("t", Method::PUT, "/billing/console/payment/PG-t-202501", None).await;
    assert_eq!((registered.0, &registered.1["payment"]["status"]), (200, &json!("REGISTERED")));
    let path = "/billing/admin/payments/2025-01?paymentGroupId=PG-t-202501";
    assert_eq!(api.done("t", Method::DELETE, path, Value::Null).await["payment"]["status"], "CANCELLED");
    assert_eq!(unpaid(&api, "t").await["totalUnpaid"], json!(0), "what is given up is not owed");
    assert_eq!(api.post("t", "/billing/payments/2025-01", json!({})).await.0, 409);
    let found = api
        .done(
            "t",
            Method::GET,
            "/billing/admin/payments?page=1&itemsPerPage=10&monthFrom=2025-01&monthTo=2025-01",
            Value::Null,
        )
        .await;
    assert_eq!(
        (&found["totalItems"], &found["statements"][0]["paymentStatusCode"]),
        (&json!(1), &json!("CANCELLED"))
    );
}

/// A user would be told that a payment cannot go where it is, and not what to do.
#[tokio::test]
async fn what_is_left_of_a_payment_is_paid_at_once() {
    let api = Api::start().await;
    owing(&api, "t").await;
    let pay = async |amount: u32| api.post("t", "/billing/payments/2025-01", json!({"amount": amount})).await;
    assert_eq!(pay(1000).await.1["status"], "PARTIALLY_PAID");
    let (status, refusal) = pay(1000).await;
    let message = refusal["header"]["resultMessage"].as_str().unwrap();
    assert_eq!(status, 409, "{refusal}");
    assert!(message.contains("paid at once") && message.contains("42670 KRW"), "{message}");
    assert_eq!(pay(42_670).await.1["status"], "COMPLETED");
}

/// A client that names its tenant only in the body would be told that another client's key is its own.
#[tokio::test]
async fn a_key_belongs_to_the_tenant_that_the_body_names() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for tenant in ["a", "b", "a"] {
        let body = json!({"uuid": tenant, "amount": 5});
        let request =
            api.request(Method::POST, "/billing/admin/campaign/C/give").header("Idempotency-Key", "k");
        let (status, answer) = crate::api::answer(request.json(&body)).await;
        assert_eq!(status, 200, "{tenant}: {answer}");
        ids.push(answer["creditId"].clone());
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[0], ids[2]);
    let left = api.done("a", Method::GET, "/billing/credits/remaining", Value::Null).await;
    assert_eq!(left["remainingCredits"], json!(5));
}
