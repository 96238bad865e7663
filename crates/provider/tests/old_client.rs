//! The provider as the clients of the older Python mock server speak to it: their paths, methods, headers and bodies, and
//! the fields of the answers that they read.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod published;

use billtest_provider::{Provider, StateSeeds, serve};
use chrono::{Datelike as _, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the client library sends with most requests.
const JSON: &str = "application/json";
const JSON_UTF8: &str = "application/json;charset=UTF-8";

/// The older client: a base address to which paths are added.
struct Old {
    base: String,
    http: Client,
}

impl Old {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let provider = Provider::new(StateSeeds::default()).unwrap();
        tokio::spawn(serve(listener, provider, std::future::pending()));
        Self { base, http: Client::builder().tls_certs_only([]).build().unwrap() }
    }

    /// Sends what the library's `request` would send: a body as JSON with its content type, or none.
    async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> (u16, Value) {
        let mut map = HeaderMap::new();
        if !body.is_null() {
            map.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        }
        for (name, value) in headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        let mut request = self.http.request(method, format!("{}/{path}", self.base)).headers(map);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        published::send(request).await
    }

    /// The library takes an answer for a success if its header says so; then the status is 200 or 201.
    async fn done(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> Value {
        let (status, answer) = self.request(method, path, headers, body).await;
        assert!(status == 200 || status == 201, "{path}: {answer}");
        let header = &answer["header"];
        assert_eq!(
            (&header["isSuccessful"], &header["resultCode"], &header["resultMessage"]),
            (&json!(true), &json!(0), &json!("SUCCESS")),
            "{path}"
        );
        answer
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        self.done(Method::GET, path, headers, Value::Null).await
    }
}

/// One meter as `send_metering` makes it: the volume is text, the time is one o'clock on the first, Korean time.
fn meter(app_key: &str, counter: &str, unit: &str, volume: &str, month: &str) -> Value {
    json!({
        "appKey": app_key, "counterName": counter, "counterType": "DELTA", "counterUnit": unit,
        "counterVolume": volume, "parentResourceId": "test", "resourceId": "test", "resourceName": "test",
        "source": "qa.billing.test", "timestamp": format!("{month}-01T13:00:00.000+09:00")
    })
}

fn this_month() -> String {
    let now = Utc::now();
    format!("{:04}-{:02}", now.year(), now.month())
}

/// A suite of the library's managers could not be pointed at this provider: meters, a contract, adjustments, calculation,
/// payment, and everything deleted again.
#[tokio::test]
async fn a_run_of_the_managers_goes_through() {
    let old = Old::start().await;
    let uuid = ("uuid", "kr-uuid-1");
    let month = "2024-01";
    // Metering: one post a meter, the tenant in the header of the session.
    for (counter, unit, volume) in [
        ("compute.c2.c8m8", "HOURS", "100"),
        ("compute.g2.t4.c8m64", "HOURS", "10.5"),
        ("storage.volume.ssd", "GB", "0.29"),
        ("network.floating_ip", "hours", "1.5"),
    ] {
        let body = json!({"meterList": [meter("app-1", counter, unit, volume, month)]});
        let sent = old.done(Method::POST, "billing/meters", &[uuid], body).await;
        assert_eq!(sent["meterIds"].as_array().unwrap().len(), 1);
        let id = sent["meterIds"][0].as_str().unwrap();
        let found = &old.get(&format!("billing/meters/{id}"), &[uuid]).await["meter"];
        assert_eq!((&found["id"], &found["uuid"]), (&json!(id), &json!("kr-uuid-1")));
    }
    // Contract.
    let json_headers = [("accept", JSON), ("content-type", JSON), uuid];
    let contract = json!({"contractId": "C-kr-1", "defaultYn": "Y", "monthFrom": month, "name": "billing group default"});
    old.done(Method::PUT, "billing/admin/billing-groups/bg-kr-1", &json_headers, contract).await;
    let details = old.get("billing/admin/contracts/C-kr-1", &json_headers).await;
    assert_eq!(details["contract"]["baseFee"], json!(0));
    let price = "billing/admin/contracts/C-kr-1/products/prices?counterNames=compute.c2.c8m8";
    let prices = &old.get(price, &json_headers).await["prices"];
    assert_eq!((&prices["price"], &prices["originalPrice"]), (&json!(397), &json!(397)));
    // Adjustments: floats, nulls for what does not apply, and both ends of the month.
    let mut ids = Vec::new();
    for (path, group, project, code) in [
        ("billing/admin/projects/adjustments", Value::Null, json!("app-1"), "RATE_DISCOUNT"),
        ("billing/admin/billing-groups/adjustments", json!("bg-kr-1"), Value::Null, "FIXED_SURCHARGE"),
    ] {
        let body = json!({
            "adjustment": 10.0, "adjustmentTypeCode": code, "monthFrom": month, "monthTo": month,
            "descriptions": [{"locale": "ko_KR", "message": "QA billing automation test"}],
            "adjustmentId": null, "billingGroupId": group, "projectId": project
        });
        let made = old.done(Method::POST, path, &[uuid], body).await;
        let target = if project.is_null() { "billingGroupId=bg-kr-1" } else { "projectId=app-1" };
        let list = old.get(&format!("{path}?page=1&itemsPerPage=50&{target}"), &[uuid]).await;
        assert_eq!(list["adjustments"][0]["adjustmentId"], made["adjustmentId"]);
        ids.push((path, made["adjustmentId"].as_str().unwrap().to_owned()));
    }
    // Calculation, with the tenant in body and query.
    let body = json!({"includeUsage": true, "month": month, "uuid": "kr-uuid-1"});
    let job = old.done(Method::POST, "billing/admin/calculations", &[], body).await;
    assert!(job["batchJobCode"].is_string());
    let progress = old.get(&format!("billing/admin/progress?month={month}&uuid=kr-uuid-1"), &[]).await;
    assert_eq!(
        (&progress["status"], &progress["progress"], &progress["maxProgress"]),
        (&json!("COMPLETED"), &json!(100), &json!(100))
    );

    // 100 x 397 = 39,700; 10.5 x 166.67 = 1,750; 0.29 x 100 = 29; 1.5 x 25 = 38 (37.5). 10 % off 41,517 is 4,152; and 10 on top.
    let statement = old.get(&format!("billing/console/statements?uuid=kr-uuid-1&month={month}"), &[]).await;
    let line = &statement["statements"][0];
    assert_eq!(
        (&line["charge"], &line["vat"], &line["totalAmount"]),
        (&json!(37_375), &json!(3_738), &json!(41_113))
    );
    assert_eq!((&statement["totalPayments"], &line["paymentStatusCode"]), (&json!(41_113), &json!("READY")));
    let group = line["paymentGroupId"].as_str().unwrap();
    // Payment: by the plain client's routes, then seen by those of the payment client.
    let unpaid = format!("billing/payments/{month}/statements/unpaid");
    let owed = old.get(&unpaid, &[("lang", "kr"), uuid]).await;
    assert_eq!(owed["statements"][0]["totalAmount"], json!(41_113));
    let pay = format!("billing/payments/{month}");
    let paid = old.done(Method::POST, &pay, &[uuid], json!({"paymentGroupId": group})).await;
    assert_eq!(
        (&paid["status"], &paid["amount"], &paid["month"]),
        (&json!("COMPLETED"), &json!(41_113), &json!(month))
    );
    assert!(paid["paymentDate"].is_string() && paid["paymentId"].as_str().unwrap().starts_with("PAY"));
    assert_eq!(old.get(&unpaid, &[("lang", "kr"), uuid]).await["statements"], json!([]));
    let (status, again) = old.request(Method::POST, &pay, &[uuid], json!({"paymentGroupId": group})).await;
    assert_eq!((status, &again["header"]["isSuccessful"]), (409, &json!(false)), "paid once");
    let list = format!(
        "billing/admin/payments?page=1&itemsPerPage=10&monthFrom={month}&monthTo={month}&uuid=kr-uuid-1"
    );
    assert_eq!(old.get(&list, &[]).await["statements"][0]["paymentStatusCode"], "PAID");
    // Clean-up, as the library's fixtures do it.
    for (path, id) in ids {
        let deleted =
            old.done(Method::DELETE, &format!("{path}?adjustmentIds={id}"), &[uuid], Value::Null).await;
        assert_eq!(deleted["deletedCount"], 1);
    }
    let path = "billing/admin/billing-groups/bg-kr-1/contracts";
    assert_eq!(old.done(Method::DELETE, path, &json_headers, Value::Null).await["deletedCount"], 1);
    let path = format!("billing/admin/meters?appKey=app-1&from={month}-01&to={month}-31");
    assert_eq!(old.done(Method::DELETE, &path, &[uuid], Value::Null).await["deletedCount"], 4);
    let path = format!("billing/admin/resources?month={month}");
    old.done(Method::DELETE, &path, &[uuid], Value::Null).await;
}

/// A suite of the credit manager would see balances that are always zero.
#[tokio::test]
async fn credits_are_granted_read_and_cancelled_as_the_library_does() {
    let old = Old::start().await;
    let uuid = ("uuid", "credit-tenant");
    let utf8 = [("accept", JSON_UTF8), uuid];
    // A coupon is posted without a body, and without a content type.
    let coupon = old.done(Method::POST, "billing/coupons/CAMPAIGN-001", &utf8, Value::Null).await;
    assert_eq!((&coupon["amount"], &coupon["couponCode"]), (&json!(100_000), &json!("CAMPAIGN-001")));
    let today = Utc::now().date_naive();
    let body = json!({
        "credit": 1000, "creditName": "QA Billing Test Credit", "expirationDateFrom": today.to_string(),
        "expirationDateTo": (today + chrono::Days::new(360)).to_string(), "expirationPeriod": 12,
        "uuidList": ["credit-tenant"], "emailList": [], "creditType": "PAID"
    });
    let headers = [("accept", JSON_UTF8), ("content-type", JSON), uuid];
    old.done(Method::POST, "billing/admin/campaign/PAID-1732290000/credits", &headers, body).await;
    let simple = json!({"uuid": "credit-tenant", "amount": 500, "creditType": "PROMOTIONAL"});
    old.done(Method::POST, "billing/admin/campaign/CMP/credits", &[], simple).await;
    let give = json!({"uuid": "credit-tenant", "amount": 7});
    old.done(Method::POST, "billing/admin/campaign/CMP/give", &[], give).await;
    for (kind, sum) in [("FREE", 100_007), ("PAID", 1000), ("PROMOTIONAL", 500), ("REFUND", 0)] {
        let path =
            format!("billing/credits/history?uuid=credit-tenant&creditType={kind}&page=1&itemsPerPage=100");
        let history = old.get(&path, &[("accept", JSON_UTF8)]).await;
        let entries = history["creditHistories"].as_array().unwrap();
        assert_eq!(entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum::<i64>(), sum, "{kind}");
        assert!(entries.iter().all(|entry| entry["creditType"] == kind && entry["campaignId"].is_string()));
    }
    let balance = old.get("billing/credits/balance", &utf8).await;
    assert_eq!((&balance["totalBalance"], &balance["availableBalance"]), (&json!(101_507), &json!(101_507)));
    let remaining = old.get("billing/credits/remaining?uuid=credit-tenant", &[]).await;
    assert_eq!((&remaining["remainingCredits"], &remaining["usedCredit"]), (&json!(101_507), &json!(0)));
    let overview = old.get("billing/v5.0/credits", &utf8).await;
    assert_eq!(
        (&overview["restCredit"], &overview["stats"]["totalAmount"]),
        (&json!(101_507), &json!(101_507))
    );
    // It pays for the present month, and for none that was over before it was there.
    let metered = json!({"counterName": "compute.c2.c8m8", "counterVolume": 1});
    old.done(Method::POST, "billing/meters", &[uuid], metered).await;
    let before = json!({"meterList": [meter("app-1", "compute.c2.c8m8", "HOURS", "1", "2024-01")]});
    old.done(Method::POST, "billing/meters", &[uuid], before).await;
    let applied = async |month: &str| {
        let path = format!("billing/payments/{month}/statements");
        old.get(&path, &[uuid]).await["statements"][0]["creditApplied"].clone()
    };
    // In Korea the month may be a day ahead of this machine's.
    let present = old.get("billing/admin/batch/progress", &[uuid]).await;
    assert_eq!(present["list"], json!([]));
    let job = old.done(Method::POST, "billing/admin/batch", &[uuid], Value::Null).await;
    let job =
        old.get(&format!("billing/admin/batches/{}", job["batchJobCode"].as_str().unwrap()), &[uuid]).await;
    assert_eq!(applied(job["batch"]["month"].as_str().unwrap()).await, json!(397));
    assert_eq!(applied("2024-01").await, json!(0));

    let path = "billing/admin/credits/PAID-1732290000/cancel?reason=test";
    let cancelled = old.done(Method::DELETE, path, &[uuid], Value::Null).await;
    assert_eq!(
        (&cancelled["status"], &cancelled["campaignId"], &cancelled["reason"]),
        (&json!("CANCELLED"), &json!("PAID-1732290000"), &json!("test"))
    );
    old.done(Method::DELETE, "billing/admin/campaign/CMP/credits?reason=test", &headers, Value::Null).await;
    old.done(Method::POST, "billing/credits/cancel", &[], json!({"uuid": "credit-tenant"})).await;
    old.done(Method::DELETE, "billing/credits/cancel?uuid=credit-tenant", &[], Value::Null).await;
}

/// A suite of the payment client would fail where it should read a status, pay, refund or retry.
#[tokio::test]
async fn the_payment_clients_routes_answer_what_it_reads() {
    let old = Old::start().await;
    let uuid = ("uuid", "payer");
    for month in ["2024-01", "2024-02", "2024-03"] {
        let body = json!({"meterList": [meter("app-1", "storage.volume.ssd", "GB", "10", month)]});
        old.done(Method::POST, "billing/meters", &[uuid], body).await;
        let body = json!({"month": month, "jobCode": "API_CALCULATE_USAGE_AND_PRICE"});
        let job = old.done(Method::POST, "batch/jobs", &[uuid], body).await;
        assert_eq!(
            (&job["status"], &job["progress"], &job["month"]),
            (&json!("COMPLETED"), &json!(100), &json!(month))
        );
        let id = job["batchJobId"].as_str().unwrap();
        assert_eq!(old.get(&format!("batch/jobs/{id}/status"), &[uuid]).await["jobCode"], job["jobCode"]);
    }
    let admin = old.get("billing/admin/statements?uuid=payer&month=2024-01", &[]).await;
    let first = &admin["statements"][0];
    let (group, state) = (first["paymentGroupId"].as_str().unwrap(), &first["paymentStatusCode"]);
    assert_eq!(state, "READY");
    let path = format!("billing/payment/{group}/status");
    let body = json!({"month": "2024-01", "status": "REGISTERED"});
    old.done(Method::PUT, &path, &[uuid], body).await;
    let body = json!({"month": "2024-01", "paymentGroupId": group, "uuid": "payer"});
    let paid = old.done(Method::POST, "billing/payment/make", &[], body).await;
    let id = paid["paymentId"].as_str().unwrap();
    assert_eq!(paid["amount"], json!(1100));
    // A payment record of the second month, by its group: a float, and a method.
    let second = old.get("billing/console/payments?uuid=payer&month=2024-02", &[]).await;
    let second = second["payments"][0]["paymentGroupId"].clone();
    let body = json!({"paymentGroupId": second, "amount": 1100.0, "paymentMethod": "CREDIT_CARD"});
    let record = old.done(Method::POST, "billing/payment", &[uuid], body).await;
    assert_eq!((&record["status"], &record["method"]), (&json!("COMPLETED"), &json!("CREDIT_CARD")));
    let details = old.get(&format!("billing/payment/{id}"), &[uuid]).await;
    assert_eq!(details["payment"]["paymentId"], json!(id));
    let unpaid = old.get("billing/unpaid?month=2024-03&uuid=payer", &[]).await;
    assert_eq!(unpaid["statements"].as_array().unwrap().len(), 1);
    let history = "billing/payment/history?startDate=2024-01-01&endDate=2099-12-31&page=1";
    assert_eq!(old.get(history, &[uuid]).await["payments"].as_array().unwrap().len(), 2);
    // Batches, in both of the client's forms.
    let third = old.get("billing/console/payments?uuid=payer&month=2024-03", &[]).await;
    let third = third["payments"][0]["paymentGroupId"].clone();
    let body =
        json!({"requests": [{"paymentGroupId": third, "amount": 500, "paymentMethod": "BANK_TRANSFER"}]});
    let done = old.done(Method::POST, "billing/payment/batch", &[uuid], body).await;
    assert_eq!(
        (&done["processedCount"], &done["results"][0]["status"]),
        (&json!(1), &json!("PARTIALLY_PAID"))
    );
    let body = json!({"paymentIds": [third], "action": "process"});
    let done = old.done(Method::POST, "billing/payment/batch", &[uuid], body).await;
    assert_eq!(done["results"][0]["status"], "PAID");
    let refund = json!({"paymentId": id, "amount": 100.0, "reason": "qa"});
    assert_eq!(old.done(Method::POST, "billing/refund", &[uuid], refund).await["status"], "REFUNDED");
    let (status, _) = old
        .request(Method::POST, &format!("billing/payment/{id}/retry"), &[uuid], json!({"retryCount": 1}))
        .await;
    assert_eq!(status, 409, "a payment that did not fail is not tried again");
    let (status, _) = old
        .request(Method::DELETE, &format!("billing/payment/{group}?month=2024-01"), &[uuid], Value::Null)
        .await;
    assert_eq!(status, 409, "what is paid back is not cancelled");
    for path in ["billing/console/payment/statements/bg-9", "billing/console/billing-info/bg-9"] {
        assert_eq!(
            old.request(Method::GET, path, &[uuid], Value::Null).await.0,
            404,
            "nobody named that group"
        );
    }
    let agreed = json!({"contractId": "C9", "defaultYn": "Y", "monthFrom": "2024-01", "name": "n"});
    old.done(Method::PUT, "billing/admin/billing-groups/bg-9", &[uuid], agreed).await;
    let shown = old.get("billing/console/payment/statements/bg-9", &[uuid]).await;
    assert_eq!((&shown["paymentGroupId"], &shown["paymentStatus"]), (&third, &json!("PAID")));
    let info = old.get("billing/console/billing-info/bg-9", &[uuid]).await;
    assert_eq!((&info["billingGroupId"], &info["paymentStatus"]), (&json!("bg-9"), &json!("PAID")));
}

/// The web client could not complete a calculation, or would pay another amount than it shows.
#[tokio::test]
async fn the_web_client_calculates_and_pays() {
    let old = Old::start().await;
    let month = this_month();
    let web = [("content-type", JSON), ("uuid", "test-uuid-e2e-001"), ("origin", "http://localhost:3000")];
    // What its form sends: ids that mean nothing here, nulls and empty texts, a time as the day.
    let usage = |id: &str, counter: &str, kind: &str, unit: &str, volume: f64| {
        json!({"id": id, "counterName": counter, "counterType": kind, "counterUnit": unit, "counterVolume": volume,
            "resourceId": format!("resource-{id}"), "resourceName": "", "appKey": "app-kr", "projectId": ""})
    };
    let form = json!({
        "targetDate": format!("{month}-15T03:00:00.000Z"), "uuid": "test-uuid-e2e-001", "billingGroupId": "bg-kr-e2e",
        "usage": [
            usage("1", "compute.c2.c8m8", "DELTA", "HOURS", 100.0),
            usage("2", "storage.volume.ssd", "GAUGE", "GB", 50.5),
            usage("3", "network.floating_ip", "CUMULATIVE", "HOURS", 4.0),
        ],
        "credits": [
            {"type": "PAID", "amount": 10_000, "name": "bought"},
            {"type": "FREE", "amount": 5000, "name": "Welcome", "campaignId": "CMP", "expirationDate": "2099-12-31T00:00:00.000Z"},
            {"type": "PROMOTIONAL", "amount": 1000, "name": "promo"},
            {"type": "FREE", "amount": 0, "name": ""},
        ],
        "adjustments": [
            {"type": "DISCOUNT", "level": "BILLING_GROUP", "method": "RATE", "value": 10, "description": "ten off"},
            {"type": "SURCHARGE", "level": "PROJECT", "method": "FIXED", "value": 200, "description": "", "targetProjectId": ""},
            {"adjustmentType": "DISCOUNT", "method": "FIXED", "adjustmentValue": 55, "level": "PROJECT", "targetProjectId": "app-kr"},
        ],
        "unpaidAmount": 50_001, "isOverdue": false,
    });
    // 39,700 + 5,050 + 100 = 44,850. Of the project 55 off: 44,795; of the whole 4,480 off (4,479.5), and 200 on top: 40,515.
    let bill = old.done(Method::POST, "billing/admin/calculate", &web, form.clone()).await;
    for (name, amount) in [
        ("subtotal", 44_850),
        ("adjustmentTotal", -55 - 4_480 + 200),
        ("creditApplied", 16_000),
        ("charge", 24_515),
        ("vat", 2_452),
        ("amount", 26_967),
        ("unpaidAmount", 50_001),
        ("lateFee", 0),
        ("totalAmount", 76_968),
    ] {
        assert_eq!(bill[name], json!(amount), "{name}: {bill}");
    }
    assert_eq!((&bill["month"], &bill["currency"]), (&json!(month), &json!("KRW")));
    assert!(bill["statementId"].is_string() && bill["batchJobCode"].is_string());
    assert_eq!(
        (bill["lineItems"].as_array().unwrap().len(), &bill["uuid"]),
        (3, &json!("test-uuid-e2e-001"))
    );
    let kinds: Vec<&Value> =
        bill["appliedCredits"].as_array().unwrap().iter().map(|credit| &credit["type"]).collect();
    assert_eq!(kinds, ["PROMOTIONAL", "FREE", "PAID"], "not in the order of the request");
    assert_eq!(bill["appliedAdjustments"].as_array().unwrap().len(), 3);

    // Again: the same, and nothing twice. It is also there under the path of its other back end.
    let again = old.done(Method::POST, "api/billing/admin/calculate", &web, form.clone()).await;
    for name in ["subtotal", "adjustmentTotal", "creditApplied", "totalAmount", "paymentGroupId"] {
        assert_eq!(again[name], bill[name], "{name}");
    }
    let path = format!("billing/payments/{month}/statements");
    let shown = old.get(&path, &[("uuid", "test-uuid-e2e-001")]).await;
    assert_eq!(shown["statements"][0]["totalAmount"], json!(76_968), "every view shows it");
    let balance = old.get("billing/credits/balance", &[("uuid", "test-uuid-e2e-001")]).await;
    assert_eq!(balance["totalBalance"], json!(0), "16,000 granted, 16,000 used");

    // It pays what it shows, under the name of its billing group.
    let pay = json!({"amount": bill["totalAmount"], "paymentGroupId": "bg-kr-e2e"});
    let paid = old.done(Method::POST, &format!("api/billing/payments/{month}"), &web, pay).await;
    assert!(paid["paymentId"].is_string() && paid["transactionDate"].is_string());
    assert_eq!((&paid["status"], &paid["amount"]), (&json!("COMPLETED"), &json!(76_968)));
    let (status, _) = old.request(Method::POST, "billing/admin/calculate", &web, form).await;
    assert_eq!(status, 409, "a paid month stays as it is");
}

/// The load scripts, which meter for the present month without a time, would count errors.
#[tokio::test]
async fn the_load_scripts_find_what_they_check() {
    let old = Old::start().await;
    let headers = [("accept", JSON_UTF8), ("content-type", JSON), ("uuid", "TEST_K6_TEST_1732290000000_1_1")];
    let meters: Vec<Value> = (0..50)
        .map(|index| {
            json!({"counterName": "compute.c2.c8m8", "counterType": "DELTA", "counterUnit": "HOURS",
                "counterVolume": 10 * index, "resourceId": format!("resource-{index}"),
                "projectId": "test-project", "serviceName": "compute"})
        })
        .collect();
    let sent = old.done(Method::POST, "billing/meters", &headers, json!({"meterList": meters})).await;
    assert_eq!(
        (sent["meterIds"].as_array().unwrap().len(), &sent["message"]),
        (50, &json!("Created 50 meters"))
    );
    let path = format!("billing/payments/{}/statements", this_month());
    assert!(old.get(&path, &headers).await["statements"].is_array());
    let body = json!({"month": this_month(), "jobCode": "API_CALCULATE_USAGE_AND_PRICE"});
    let (status, job) = old.request(Method::POST, "batch/jobs", &[("content-type", JSON)], body).await;
    assert_eq!((status, &job["maxProgress"]), (201, &json!(100)), "without a tenant");
    // The batch manager: flags as text, and a day that no February has.
    let headers = [("accept", JSON), ("lang", "ko")];
    let body = json!({"is_async": "true", "batchJobCode": "BATCH_GENERATE_STATEMENT", "date": "2024-02-31T00:00:00+09:00"});
    assert!(old.done(Method::POST, "billing/admin/batches", &headers, body).await["batchId"].is_string());
    // An address with a slash at its end makes a path with two; it is no route, and that is said in JSON.
    let (status, _) = old.request(Method::GET, "/billing/contracts", &[], Value::Null).await;
    assert_eq!(status, 404);
}

/// The clients' ways to write the same thing would be refused.
#[tokio::test]
async fn what_clients_send_in_good_faith_is_accepted() {
    let old = Old::start().await;
    let uuid = ("uuid", "t");
    // Times with and without an offset, fractions of a second, nulls, empty texts, fields that nobody knows.
    for time in [
        "2024-01-01T13:00:00",
        "2024-01-01T13:00:00.123456",
        "2024-01-01T13:00:00+0900",
        "2024-01-01T04:00:00Z",
        "2024-01-01T13:00:00.000+09:00",
    ] {
        let mut body = meter("app-1", "compute.c2.c8m8", "HOURS", "1", "2024-01");
        body["timestamp"] = json!(time);
        body["serviceName"] = json!("compute");
        body["parentResourceId"] = Value::Null;
        body["projectId"] = Value::Null;
        body["counterUnit"] = json!("");
        old.done(Method::POST, "billing/meters", &[uuid], json!({"meterList": [body], "trailing": true}))
            .await;
    }
    for volume in [json!(1), json!(1.5), json!("1"), json!("1.50"), json!("0"), json!("1e2"), json!(1e2)] {
        let body = json!({"counterName": "compute.c2.c8m8", "counterVolume": volume, "timestamp": "2024-01-01T13:00:00", "uuid": null});
        let (status, answer) = old.request(Method::POST, "billing/meters", &[uuid], body).await;
        assert_eq!(status, 200, "{volume}: {answer}");
    }
    // Bodies that nobody reads may be missing, or be anything.
    for (method, path) in [
        (Method::POST, "billing/admin/batch"),
        (Method::PUT, "billing/console/payment/PG-t-202401"),
        (Method::DELETE, "billing/admin/contracts"),
        (Method::DELETE, "billing/credits/cancel"),
    ] {
        let url = format!("{}/{path}", old.base);
        let request = old.http.request(method, url).header("uuid", "t").header("content-type", "text/plain");
        let (status, answer) = published::send(request.body("not JSON")).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    // JSON by any of its names.
    for content_type in [
        "application/json",
        JSON_UTF8,
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/problem+json",
    ] {
        let body = json!({"month": "2024-02"});
        old.done(Method::POST, "billing/admin/calculations", &[("content-type", content_type), uuid], body)
            .await;
    }
    // Without a tenant everywhere but here: the tenant is `default`.
    let (status, _) = old.request(Method::GET, "billing/payments/2024-01/statements", &[], Value::Null).await;
    assert_eq!(status, 401);
    old.get("billing/credits/balance", &[]).await;
    old.get("billing/contracts?billingGroupId=", &[]).await;
    old.get("billing/admin/projects/adjustments?projectId=&month=", &[]).await;
}

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
