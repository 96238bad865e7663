use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, reading};

/// The three views of a month, and `admin/statements` beside that of the console.
async fn views(api: &Api, tenant: &str, month: &str) -> [Value; 3] {
    let get = async |path: String| api.done(tenant, Method::GET, &path, Value::Null).await;
    let bill = get(format!("/billing/v5.0/bills/detail?month={month}")).await;
    let console = get(format!("/billing/console/statements?month={month}")).await;
    assert_eq!(get(format!("/billing/admin/statements?month={month}")).await, console);
    let payment = get(format!("/billing/payments/{month}/statements")).await;
    [bill, console, payment]
}

/// Checks that the views agree with each other, and their sums with their parts.
async fn agree(api: &Api, tenant: &str, month: &str) {
    let [bill, console, payment] = views(api, tenant, month).await;
    let (line, statement) = (&console["statements"][0], &payment["statements"][0]);
    for name in [
        "subtotal",
        "discount",
        "minimumCharge",
        "adjustmentTotal",
        "charge",
        "vat",
        "amount",
        "unpaidAmount",
        "lateFee",
        "totalAmount",
    ] {
        assert_eq!(bill[name], line[name], "{name}");
        assert_eq!(bill[name], statement[name], "{name}");
    }
    assert_eq!(statement["totalAmount"], statement["totalPayments"]);
    assert_eq!(bill["totalPayments"], console["totalPayments"]);
    assert_eq!(bill["totalPayments"], statement["totalPayments"]);
    assert_eq!(bill["totalCredit"], line["totalCredit"]);
    assert_eq!(bill["totalCredit"], statement["creditApplied"]);
    assert_eq!(bill["statements"], line["items"]);
    assert_eq!(payment["paymentGroupId"], line["paymentGroupId"]);
    assert_eq!(payment["paymentStatus"], line["paymentStatusCode"]);

    // In hundredths, so that sums of doubles are exact.
    let cents = |value: &Value| (value.as_f64().unwrap() * 100.0).round() as i64;
    let of = |name: &str| cents(&statement[name]);
    let sum = |list: &Value, name: &str| {
        list.as_array().unwrap().iter().map(|item| cents(&item[name])).sum::<i64>()
    };
    assert_eq!(sum(&statement["lineItems"], "amount"), of("subtotal"));
    assert_eq!(sum(&bill["statements"], "amount"), of("subtotal"));
    assert_eq!(sum(&bill["statements"], "discount"), of("discount"));
    assert_eq!(sum(&statement["appliedCredits"], "amountApplied"), of("creditApplied"));
    let before_credits = of("subtotal") - of("discount") + of("minimumCharge") + of("adjustmentTotal");
    assert_eq!(before_credits - of("creditApplied"), of("charge"));
    assert!(of("charge") >= 0);
    assert_eq!(of("charge") + of("vat"), of("amount"));
    assert_eq!(of("amount") + of("unpaidAmount") + of("lateFee"), of("totalPayments"));
}

async fn adjust(api: &Api, tenant: &str, project: Option<&str>, code: &str, value: f64) -> (u16, Value) {
    let path = format!(
        "/billing/admin/{}/adjustments",
        if project.is_some() { "projects" } else { "billing-groups" }
    );
    let body = json!({
        "adjustment": value, "adjustmentTypeCode": code, "monthFrom": "2025-01", "monthTo": "2025-01",
        "descriptions": [{"locale": "ko_KR", "message": "qa"}], "adjustmentId": null,
        "projectId": project, "billingGroupId": if project.is_some() { Value::Null } else { json!("bg-1") }
    });
    api.post(tenant, &path, body).await
}

/// Whoever reconciles two screens would find two totals.
#[tokio::test]
async fn a_hand_computed_bill_is_the_bill_of_every_view() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "100").await; // 100 x 397 = 39,700 in p1
    api.meter("t", "compute.g2.t4.c8m64", "300").await; // 300 x 166.67 = 50,001 in p1
    let mut disk = reading("storage.volume.ssd", "0.29"); // 0.29 x 100 = 29 in p2
    disk["projectId"] = json!("p2");
    api.done("t", Method::POST, "/billing/meters", disk).await;
    let contract = json!({"contractId": "C1", "name": "default", "defaultYn": "Y", "monthFrom": "2024-12", "discountRate": 0.3});
    api.done("t", Method::PUT, "/billing/admin/billing-groups/bg-1", contract).await;
    // 89,730 less 30 % = 62,811; of the 26,919 off, p1 has 26,910 and p2 has 9.
    assert_eq!(adjust(&api, "t", Some("p2"), "FIXED_DISCOUNT", 1000.0).await.0, 200); // all 20 of p2
    assert_eq!(adjust(&api, "t", None, "RATE_SURCHARGE", 10.0).await.0, 200); // 62,791 x 10 % = 6,279.1
    assert_eq!(adjust(&api, "t", None, "STATIC_DISCOUNT", 70.0).await.0, 200);
    api.grant("t", "FREE", 9000).await;
    let [bill, console, payment] = views(&api, "t", "2025-01").await;
    let statement = &payment["statements"][0];
    for (name, amount) in [
        ("subtotal", 89_730),
        ("discount", 26_919),
        ("adjustmentTotal", -20 + 6_279 - 70),
        ("creditApplied", 9_000),
        ("charge", 60_000),
        ("vat", 6_000),
        ("amount", 66_000),
        ("unpaidAmount", 0),
        ("lateFee", 0),
    ] {
        assert_eq!(statement[name], json!(amount), "{name}");
    }
    assert_eq!((&bill["currency"], &bill["totalPayments"]), (&json!("KRW"), &json!(66_000)));
    assert_eq!(console["totalPayments"], json!(66_000));
    assert_eq!(statement["appliedAdjustments"][0]["targetId"], "p2");
    assert_eq!(statement["appliedAdjustments"][0]["amount"], 20);
    assert_eq!(statement["appliedCredits"][0]["campaignName"], "Welcome");
    assert_eq!(
        (&bill["statements"][0]["productCode"], &bill["statements"][0]["amount"]),
        (&json!("COMPUTE"), &json!(89_701))
    );
    agree(&api, "t", "2025-01").await;
}

/// Whoever reads a bill twice would pay another amount the second time, or lose credit by looking.
#[tokio::test]
async fn reading_changes_nothing_and_credits_are_taken_once_when_the_month_is_calculated() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "100").await;
    api.grant("t", "FREE", 1000).await;
    let first = views(&api, "t", "2025-01").await;
    assert_eq!(views(&api, "t", "2025-01").await, first);
    let remaining = async || api.done("t", Method::GET, "/billing/credits/remaining", Value::Null).await;
    assert_eq!(remaining().await["remainingCredits"], json!(1000), "looking takes nothing");
    for _ in 0..3 {
        assert_eq!(api.calculate("t", "2025-01").await.0, 200);
        let left = remaining().await;
        assert_eq!((&left["remainingCredits"], &left["usedCredit"]), (&json!(0), &json!(1000)));
        let [bill, ..] = views(&api, "t", "2025-01").await;
        assert_eq!(bill["charge"], json!(38_700));
    }
    let progress = api.done("t", Method::GET, "/billing/admin/progress?month=2025-01", Value::Null).await;
    assert_eq!((&progress["status"], &progress["progress"]), (&json!("COMPLETED"), &json!(100)));
    let other = api.done("t", Method::GET, "/billing/admin/progress?month=2025-02", Value::Null).await;
    assert_eq!((&other["status"], &other["progress"]), (&json!("NOT_STARTED"), &json!(0)));
    // A credit pays once: the next month is charged in full.
    let mut later = reading("compute.c2.c8m8", "1");
    later["timestamp"] = json!("2025-02-05T13:00:00+09:00");
    api.done("t", Method::POST, "/billing/meters", later).await;
    assert_eq!(api.statement("t", "2025-02").await["charge"], json!(397));
}

/// A screen would show cents that another one has lost, in some region, with some mixture of discounts.
#[tokio::test]
async fn all_views_agree_for_any_input() {
    // A small generator: the same cases in every run.
    let mut seed = 0x2545_F491_u32;
    let mut random = move |below: u32| {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed % below
    };
    for region in ["kr", "jp", "us", "eu", "etc"] {
        let api = Api::in_region(region).await;
        for case in 0..8 {
            let tenant = format!("t{case}");
            for _ in 0..1 + random(6) {
                let counters =
                    ["compute.c2.c8m8", "compute.g2.t4.c8m64", "network.bandwidth", "storage.volume.ssd"];
                let counter = counters[random(4) as usize];
                let mut body = reading(counter, &format!("{}.{:03}", random(5000), random(1000)));
                body["projectId"] = json!(format!("p{}", random(3)));
                body["resourceId"] = json!(format!("r{}", random(3)));
                body["timestamp"] = json!("2025-01-15T12:00:00Z");
                api.done(&tenant, Method::POST, "/billing/meters", body).await;
            }
            if random(2) == 0 {
                let contract = json!({
                    "discountRate": f64::from(random(1001)) / 1000.0, "baseFee": random(100_000)
                });
                api.done(&tenant, Method::POST, "/billing/contracts", contract).await;
            }
            for _ in 0..random(4) {
                let codes = ["FIXED_DISCOUNT", "RATE_DISCOUNT", "FIXED_SURCHARGE", "RATE_SURCHARGE"];
                let project = format!("p{}", random(3));
                let project = Some(project.as_str()).filter(|_| random(2) == 0);
                let code = codes[random(4) as usize];
                let (status, refusal) = adjust(&api, &tenant, project, code, f64::from(random(101))).await;
                assert_eq!(status, 200, "{refusal}");
            }
            if random(2) == 0 {
                api.grant(&tenant, "FREE", 1 + random(100_000)).await;
            }
            agree(&api, &tenant, "2025-01").await;
            assert_eq!(api.calculate(&tenant, "2025-01").await.0, 200);
            agree(&api, &tenant, "2025-01").await;
            agree(&api, &tenant, "2025-02").await;
            if random(2) == 0 {
                api.done(&tenant, Method::POST, "/billing/payments/2025-01", json!({})).await;
                agree(&api, &tenant, "2025-01").await;
                agree(&api, &tenant, "2025-02").await;
            }
        }
    }
}

/// A tenant in Europe would be billed in won.
#[tokio::test]
async fn the_region_of_the_provider_decides_currency_tax_and_prices() {
    let api = Api::in_region("eu").await;
    api.meter("t", "compute.c2.c8m8", "10").await; // 10 x 0.28 = 2.80, and 20 % tax
    let statement = api.statement("t", "2025-01").await;
    assert_eq!((&statement["currency"], &statement["charge"]), (&json!("EUR"), &json!(2.8)));
    assert_eq!((&statement["vat"], &statement["amount"]), (&json!(0.56), &json!(3.36)));
}
