use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, reading, wrong_fields};

/// A provider whose clock stands.
async fn at(now: &str) -> Api {
    let api = Api::start().await;
    set(&api, now).await;
    api
}

async fn set(api: &Api, now: &str) {
    let request = api.request(Method::PUT, "/_billtest/clock").json(&json!({"now": now}));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

/// Meters hours at 397 won each.
async fn meter(api: &Api, month: &str, hours: u32) {
    let mut body = reading("compute.c2.c8m8", &hours.to_string());
    body["timestamp"] = json!(format!("{month}-05T13:00:00+09:00"));
    api.done("t", Method::POST, "/billing/meters", body).await;
}

async fn get(api: &Api, path: &str) -> Value {
    api.done("t", Method::GET, path, Value::Null).await
}

async fn owed(api: &Api) -> Value {
    get(api, "/billing/unpaid?month=2025-12").await["totalUnpaid"].clone()
}

async fn payment(api: &Api, month: &str) -> Value {
    get(api, &format!("/billing/console/payments?month={month}")).await["payments"][0].clone()
}

async fn status(api: &Api, month: &str) -> Value {
    payment(api, month).await["status"].clone()
}

async fn move_to(api: &Api, month: &str, state: &str) -> u16 {
    let path = format!("/billing/admin/payments/{month}/status");
    api.put("t", &path, json!({"paymentStatusCode": state})).await.0
}

async fn pay(api: &Api, month: &str, body: Value) -> (u16, Value) {
    api.post("t", &format!("/billing/payments/{month}"), body).await
}

async fn paid(api: &Api, month: &str, body: Value) -> Value {
    let (status, receipt) = pay(api, month, body).await;
    assert_eq!(status, 200, "{receipt}");
    receipt["amount"].clone()
}

async fn refund(api: &Api, month: &str, amount: u32) -> (u16, Value) {
    let id = payment(api, month).await["paymentId"].clone();
    api.post("t", "/billing/refund", json!({"paymentId": id, "amount": amount})).await
}

/// What every view says that a calculated month comes to.
async fn amounts(api: &Api, month: &str) -> Vec<Value> {
    let of_month = |list: &Value| {
        let one = list.as_array().unwrap().iter().find(|item| item["month"] == month);
        one.cloned().unwrap_or_default()
    };
    let v1 = api.get("t", &format!("/api/v1/payments/statements?month={month}")).await.1;
    vec![
        api.statement("t", month).await["amount"].clone(),
        get(api, &format!("/billing/v5.0/bills/detail?month={month}")).await["amount"].clone(),
        get(api, &format!("/billing/console/statements?month={month}")).await["statements"][0]["amount"]
            .clone(),
        payment(api, month).await["amount"].clone(),
        of_month(&get(api, "/billing/admin/payments").await["payments"])["amount"].clone(),
        of_month(&get(api, "/billing/unpaid?month=2025-12").await["statements"])["unpaidAmount"].clone(),
        v1["statements"][0]["total_amount"].clone(),
        v1["total"].clone(),
    ]
}

/// A user would never be billed for what was metered after the calculation, or would see another sum on every screen.
#[tokio::test]
async fn what_is_metered_after_a_calculation_is_billed_in_every_view() {
    let api = at("2025-02-10T12:00:00+09:00").await;
    meter(&api, "2025-01", 100).await;
    api.calculate("t", "2025-01").await;
    meter(&api, "2025-01", 900).await;
    meter(&api, "2025-02", 10).await;
    assert_eq!(amounts(&api, "2025-01").await, vec![json!(436_700); 8]);
    assert_eq!(api.statement("t", "2025-02").await["unpaidAmount"], json!(436_700));
    assert_eq!(paid(&api, "2025-02", json!({})).await, json!(441_067));
    assert_eq!((status(&api, "2025-01").await, owed(&api).await), (json!("PAID"), json!(0)));
    assert_eq!(api.post("t", "/billing/meters", reading("compute.c2.c8m8", "1")).await.0, 409, "it is paid");
}

/// A user would pay a debt that is not there any more.
#[tokio::test]
async fn what_is_deleted_after_a_calculation_is_not_owed() {
    let api = at("2025-02-10T12:00:00+09:00").await;
    meter(&api, "2025-01", 100).await;
    api.calculate("t", "2025-01").await;
    meter(&api, "2025-02", 10).await;
    assert_eq!(move_to(&api, "2025-02", "REGISTERED").await, 200);
    assert_eq!(payment(&api, "2025-02").await["amount"], json!(48_037));
    api.done("t", Method::DELETE, "/billing/admin/resources?month=2025-01", Value::Null).await;
    assert_eq!(owed(&api).await, json!(4_367));
    assert_eq!(paid(&api, "2025-02", json!({})).await, json!(4_367), "although its statement shows more");
    assert_eq!(status(&api, "2025-02").await, "PAID");
}

/// A user would get January for what it came to when February was registered.
#[tokio::test]
async fn a_debt_that_grew_since_a_statement_was_fixed_is_settled_in_part() {
    let api = at("2025-02-10T12:00:00+09:00").await;
    meter(&api, "2025-01", 100).await;
    api.calculate("t", "2025-01").await;
    meter(&api, "2025-02", 10).await;
    assert_eq!(move_to(&api, "2025-02", "REGISTERED").await, 200);
    meter(&api, "2025-01", 900).await;
    assert_eq!(paid(&api, "2025-02", json!({})).await, json!(48_037));
    assert_eq!((status(&api, "2025-01").await, owed(&api).await), (json!("PARTIALLY_PAID"), json!(393_030)));
    assert_eq!(paid(&api, "2025-01", json!({})).await, json!(393_030));
    assert_eq!(owed(&api).await, json!(0));
}

/// A user would see one credit pay two months, and be charged for one of them.
#[tokio::test]
async fn a_credit_pays_one_of_two_open_months_and_the_balance_says_so() {
    let api = at("2025-03-10T12:00:00+09:00").await;
    for month in ["2025-01", "2025-02"] {
        meter(&api, month, 10).await;
        api.calculate("t", month).await;
    }
    api.grant("t", "FREE", 5_000).await;
    let mut applied = Vec::new();
    for month in ["2025-01", "2025-02"] {
        applied.push(api.statement("t", month).await["creditApplied"].clone());
    }
    assert_eq!(applied, [json!(3_970), json!(1_030)], "the oldest first");
    let credits = get(&api, "/billing/credits/remaining").await;
    assert_eq!((&credits["usedCredit"], &credits["remainingCredits"]), (&json!(5_000), &json!(0)));
}

/// A user would pay the same late fee with every month that shows it.
#[tokio::test]
async fn a_late_fee_is_paid_once() {
    let api = at("2025-04-10T12:00:00+09:00").await;
    for (month, hours) in [("2025-01", 1000), ("2025-02", 10), ("2025-03", 10)] {
        meter(&api, month, hours).await;
        api.calculate("t", month).await;
    }
    for month in ["2025-02", "2025-03"] {
        assert_eq!(move_to(&api, month, "REGISTERED").await, 200);
    }
    // January is 41 days late: 436,700 x 4.1 %. February is ten: 4,367 x 1 %.
    let fees = [api.statement("t", "2025-02").await, api.statement("t", "2025-03").await];
    assert_eq!([&fees[0]["lateFee"], &fees[1]["lateFee"]], [&json!(17_905), &json!(17_949)]);
    assert_eq!(paid(&api, "2025-02", json!({})).await, json!(458_972));
    assert_eq!(paid(&api, "2025-03", json!({})).await, json!(4_367 + 44));
    assert_eq!(owed(&api).await, json!(0));
    assert_eq!(api.statement("t", "2025-04").await["lateFee"], json!(0));
}

/// A user would be told that all is paid while a late fee is open, and nobody would ever ask for it.
#[tokio::test]
async fn a_late_fee_that_is_left_open_is_asked_for_again() {
    let api = at("2025-04-10T12:00:00+09:00").await;
    meter(&api, "2025-01", 1000).await;
    api.calculate("t", "2025-01").await;
    meter(&api, "2025-02", 10).await;
    assert_eq!(paid(&api, "2025-02", json!({"amount": 441_067})).await, json!(441_067));
    assert_eq!((status(&api, "2025-02").await, owed(&api).await), (json!("PARTIALLY_PAID"), json!(0)));
    assert_eq!(status(&api, "2025-01").await, "PAID");
    let march = api.statement("t", "2025-03").await;
    assert_eq!((&march["lateFee"], &march["totalPayments"]), (&json!(17_905), &json!(17_905)));
    assert_eq!(paid(&api, "2025-02", json!({})).await, json!(17_905));
    assert_eq!(status(&api, "2025-02").await, "PAID");
    assert_eq!(api.statement("t", "2025-03").await["totalPayments"], json!(0));
}

/// A user would lose a debt that was declared, once a part of its month is paid.
#[tokio::test]
async fn a_declared_debt_is_carried_on_until_it_is_paid() {
    let api = at("2025-02-10T12:00:00+09:00").await;
    meter(&api, "2025-02", 10).await;
    let body = json!({"month": "2025-02", "unpaidAmount": 1_000});
    api.done("t", Method::POST, "/billing/admin/calculate", body).await;
    assert_eq!(paid(&api, "2025-02", json!({"amount": 4_367})).await, json!(4_367));
    assert_eq!((status(&api, "2025-02").await, owed(&api).await), (json!("PARTIALLY_PAID"), json!(1_000)));
    assert_eq!(api.statement("t", "2025-03").await["unpaidAmount"], json!(1_000));
    // March is not over: nothing would be billed of what is still metered in it.
    assert_eq!(move_to(&api, "2025-03", "REGISTERED").await, 409);
    meter(&api, "2025-03", 10).await;
    assert_eq!(move_to(&api, "2025-03", "REGISTERED").await, 200);
    assert_eq!(paid(&api, "2025-03", json!({})).await, json!(5_367));
    assert_eq!((status(&api, "2025-02").await, owed(&api).await), (json!("PAID"), json!(0)));
}

/// A user would get all money back and owe nothing.
#[tokio::test]
async fn a_refund_opens_again_what_the_payment_settled_of_other_months() {
    let api = at("2025-04-10T12:00:00+09:00").await;
    meter(&api, "2025-01", 1000).await;
    api.calculate("t", "2025-01").await;
    meter(&api, "2025-02", 10).await;
    let before = api.statement("t", "2025-03").await;
    assert_eq!(paid(&api, "2025-02", json!({})).await, json!(458_972));
    assert_eq!(refund(&api, "2025-02", 458_973).await.0, 422);
    assert_eq!(refund(&api, "2025-01", 1).await.0, 409, "it was not paid by itself");
    assert_eq!(move_to(&api, "2025-01", "REFUNDED").await, 409);
    assert_eq!(refund(&api, "2025-02", 458_972).await.0, 200);
    assert_eq!(payment(&api, "2025-02").await["refundedAmount"], json!(458_972));
    assert_eq!((status(&api, "2025-01").await, owed(&api).await), (json!("REGISTERED"), json!(436_700)));
    let after = api.statement("t", "2025-03").await;
    assert_eq!([&after["unpaidAmount"], &after["lateFee"]], [&before["unpaidAmount"], &before["lateFee"]]);
    assert_eq!(paid(&api, "2025-01", json!({})).await, json!(436_700));
    assert_eq!(status(&api, "2025-01").await, "PAID");
}

/// A user who gets one won back would be let off all the rest.
#[tokio::test]
async fn what_was_never_paid_is_owed_after_a_refund() {
    let api = at("2025-02-10T12:00:00+09:00").await;
    meter(&api, "2025-01", 1000).await;
    paid(&api, "2025-01", json!({"amount": 1_000})).await;
    assert_eq!(refund(&api, "2025-01", 1).await.0, 200);
    assert_eq!((status(&api, "2025-01").await, owed(&api).await), (json!("REFUNDED"), json!(435_700)));
    meter(&api, "2025-02", 10).await;
    assert_eq!(paid(&api, "2025-02", json!({})).await, json!(440_067), "with the next month");
    assert_eq!((status(&api, "2025-01").await, owed(&api).await), (json!("REFUNDED"), json!(0)));
}

/// A user would lose the credits of a month that is given up.
#[tokio::test]
async fn a_cancelled_month_gives_its_credits_back() {
    let api = at("2025-03-10T12:00:00+09:00").await;
    meter(&api, "2025-02", 10).await;
    api.grant("t", "FREE", 1_000).await;
    assert_eq!(api.delete("t", "/billing/admin/payments/2025-02").await.0, 200);
    let credits = get(&api, "/billing/credits/remaining").await;
    assert_eq!((&credits["usedCredit"], &credits["remainingCredits"]), (&json!(0), &json!(1_000)));
    meter(&api, "2025-03", 10).await;
    assert_eq!(api.statement("t", "2025-03").await["creditApplied"], json!(1_000));
}

/// A user who mistypes a month would close it for good: nothing could be metered in it any more.
#[tokio::test]
async fn a_month_that_has_nothing_cannot_be_given_up() {
    let api = at("2025-03-10T12:00:00+09:00").await;
    for path in ["/billing/admin/payments/2025-03", "/billing/payment/PG-t-202503"] {
        assert_eq!(api.delete("t", path).await.0, 404, "{path}");
    }
    let batch = json!({"paymentIds": ["PG-t-202503"], "action": "cancel"});
    assert_eq!(api.post("t", "/billing/payment/batch", batch).await.0, 404);
    meter(&api, "2025-03", 10).await;
    assert_eq!(api.statement("t", "2025-03").await["subtotal"], json!(3_970));
}

/// A user would find all payments where those of a quarter were asked for.
#[tokio::test]
async fn payments_are_found_by_their_day() {
    let api = at("2025-03-10T12:00:00+09:00").await;
    for month in ["2025-01", "2025-02"] {
        meter(&api, month, 10).await;
        paid(&api, month, json!({})).await;
        api.done("t", Method::PUT, "/_billtest/clock", json!({"now": "2025-04-10T12:00:00+09:00"})).await;
    }
    for (query, count) in [
        ("", 2),
        ("?startDate=2025-03-10&endDate=2025-03-10", 1),
        ("?startDate=2025-03-11", 1),
        ("?endDate=2025-03-09", 0),
        ("?startDate=2025-03-10&endDate=2025-04-10", 2),
    ] {
        let (_, found) = api.get("t", &format!("/billing/payment/history{query}")).await;
        assert_eq!(found["totalItems"], count, "{query}: {found}");
    }
    for (path, field) in [
        ("/billing/payment/history?startDate=zzz", "startDate"),
        ("/billing/payment/history?startDate=2025-04-01&endDate=2025-03-01", "endDate"),
        ("/billing/admin/payments?monthFrom=2025-02&monthTo=2025-01", "monthTo"),
    ] {
        let (status, refusal) = api.get("t", path).await;
        assert_eq!((status, wrong_fields(&refusal)), (422, vec![field]), "{path}");
    }
    let (status, refusal) = api.delete("t", "/billing/admin/meters?from=x&to=y").await;
    assert_eq!((status, wrong_fields(&refusal)), (400, vec!["appKey", "from", "to"]));
}

/// A user who pays by name would pay another month.
#[tokio::test]
async fn a_name_stands_for_one_payment() {
    let api = at("2025-03-10T12:00:00+09:00").await;
    for month in ["2025-01", "2025-02"] {
        meter(&api, month, 10).await;
    }
    let before = api.everything("t").await;
    for name in ["PG-t-202502", "PG-t-203001"] {
        let body = json!({"paymentGroupId": name, "amount": 1});
        assert_eq!(pay(&api, "2025-01", body).await.0, 409, "{name}");
    }
    assert_eq!(api.everything("t").await, before);
    paid(&api, "2025-01", json!({"paymentGroupId": "mine"})).await;
    let body = json!({"paymentGroupId": "mine"});
    assert_eq!(pay(&api, "2025-02", body).await.0, 409, "January's");
    paid(&api, "2025-02", json!({"paymentGroupId": "PG-t-202502"})).await;
    assert_eq!(get(&api, "/billing/payment/PG-t-202502").await["payment"]["month"], "2025-02");
}

/// A user would plan with credit that has expired, or throw away some on its last day.
#[tokio::test]
async fn expired_credit_is_in_no_balance() {
    let api = at("2025-01-10T12:00:00+09:00").await;
    let grant = async |credit: u32, from: &str, to: &str| {
        let body = json!({"credit": credit, "expirationDateFrom": from, "expirationDateTo": to});
        api.done("t", Method::POST, "/billing/admin/campaign/C/credits", body).await;
    };
    grant(1_000, "2025-01-01", "2025-01-31").await;
    grant(500, "2025-01-01", "2025-03-31").await;
    grant(70, "2025-02-06", "2025-04-30").await;
    let balance = get(&api, "/billing/credits/balance").await;
    assert_eq!(balance["balances"][0]["expiryDate"], "2025-01-31", "the last day on which it can be used");
    set(&api, "2025-02-05T12:00:00+09:00").await;
    let balance = get(&api, "/billing/credits/balance").await;
    assert_eq!(
        [&balance["totalBalance"], &balance["availableBalance"], &balance["pendingBalance"]],
        [&json!(570), &json!(500), &json!(70)]
    );
    assert_eq!(balance["balances"][0]["expiryDate"], "2025-03-31");
    assert_eq!(get(&api, "/billing/credits/remaining").await["remainingCredits"], json!(570));
    assert_eq!(get(&api, "/billing/v5.0/credits").await["restCredit"], json!(570));
    let history = get(&api, "/billing/credits/history").await;
    let entries = history["history"].as_array().unwrap();
    assert_eq!(entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum::<i64>(), 570);
    assert_eq!(history["totalCreditAmt"], json!(570));
    let cancelled = api.done("t", Method::DELETE, "/billing/credits/cancel", Value::Null).await;
    assert_eq!(cancelled["cancelledAmount"], json!(570));
}

/// A user would pay more for January once a job has been run.
#[tokio::test]
async fn writing_off_expired_credit_changes_no_month() {
    let api = at("2025-01-10T12:00:00+09:00").await;
    meter(&api, "2025-01", 10).await;
    for (credit, to) in [(1_000, "2025-01-31"), (500, "2025-03-31")] {
        let body = json!({"credit": credit, "expirationDateFrom": "2025-01-01", "expirationDateTo": to});
        api.done("t", Method::POST, "/billing/admin/campaign/C/credits", body).await;
    }
    set(&api, "2025-02-05T12:00:00+09:00").await;
    let before = api.statement("t", "2025-01").await;
    assert_eq!(before["creditApplied"], json!(1_500));
    let job = json!({"batchJobCode": "BATCH_CREDIT_EXPIRY", "date": "2025-02-05"});
    api.done("t", Method::POST, "/billing/admin/batches", job).await;
    assert_eq!(api.statement("t", "2025-01").await, before);
    paid(&api, "2025-01", json!({})).await;
    assert_eq!(api.statement("t", "2025-01").await["creditApplied"], json!(1_500));
    let credits = get(&api, "/billing/credits/remaining").await;
    assert_eq!((&credits["usedCredit"], &credits["totalCredit"]), (&json!(1_500), &json!(1_500)));
}

/// A user who sends a zero would pay everything, or close a month that has not begun.
#[tokio::test]
async fn nothing_is_paid_only_where_nothing_is_open() {
    let api = at("2025-02-10T12:00:00+09:00").await;
    meter(&api, "2025-01", 10).await;
    let (code, refusal) = pay(&api, "2025-01", json!({"amount": 0})).await;
    assert_eq!((code, wrong_fields(&refusal)), (422, vec!["amount"]));
    let batch = json!({"requests": [{"month": "2025-01", "amount": 0}]});
    assert_eq!(api.post("t", "/billing/payment/batch", batch).await.0, 422);
    assert_eq!(owed(&api).await, json!(0), "it is not calculated either");
    for month in ["2025-02", "2030-01"] {
        for body in [json!({}), json!({"amount": 0})] {
            assert_eq!(pay(&api, month, body).await.0, 409, "{month}");
        }
    }
    meter(&api, "2025-02", 1).await;
    api.grant("t", "FREE", 10_000).await;
    assert_eq!(paid(&api, "2025-01", json!({"amount": 0})).await, json!(0), "the credit pays for it");
    assert_eq!(status(&api, "2025-01").await, "PAID");
}
