use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, wrong_fields};

/// A user would see spent credit come back with the next grant, or a balance that no entry explains.
#[tokio::test]
async fn every_view_of_the_credits_comes_from_one_ledger() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "1").await; // 397
    api.grant("t", "FREE", 300).await;
    api.grant("t", "PAID", 1_000).await;
    let registered = json!({"paymentStatusCode": "REGISTERED"});
    api.done("t", Method::PUT, "/billing/admin/payments/2025-01/status", registered).await;
    api.grant("t", "FREE", 1).await;
    let get = async |path: &str| api.done("t", Method::GET, path, Value::Null).await;
    let remaining = get("/billing/credits/remaining").await;
    assert_eq!(
        (&remaining["remainingCredits"], &remaining["usedCredit"], &remaining["totalCredit"]),
        (&json!(904), &json!(397), &json!(1301))
    );
    let balance = get("/billing/credits/balance").await;
    assert_eq!((&balance["totalBalance"], &balance["availableBalance"]), (&json!(904), &json!(904)));
    let overview = get("/billing/v5.0/credits").await;
    assert_eq!(
        overview["stats"]["restCreditsByBalancePriceTypeCode"],
        json!([{"balancePriceTypeCode": "FREE", "restAmount": 1}, {"balancePriceTypeCode": "PAID", "restAmount": 903}])
    );
    for (kind, left, entries) in [("FREE", 1, 3), ("PAID", 903, 2), ("BONUS", 0, 0)] {
        let history =
            get(&format!("/billing/credits/history?creditType={kind}&page=1&itemsPerPage=100")).await;
        let list = history["creditHistories"].as_array().unwrap();
        let sum: i64 = list.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum();
        assert_eq!((sum, list.len()), (left, entries), "{history}");
        assert_eq!(
            (&history["totalCreditAmt"], &history["history"]),
            (&json!(left), &history["creditHistories"])
        );
    }
    let second = get("/billing/credits/history?page=2&itemsPerPage=2").await;
    assert_eq!((second["creditHistories"].as_array().unwrap().len(), &second["totalItems"]), (2, &json!(5)));
    let cancelled =
        api.done("t", Method::DELETE, "/billing/admin/credits/CMP-1/cancel?reason=test", Value::Null).await;
    assert_eq!((&cancelled["cancelledAmount"], &cancelled["reason"]), (&json!(904), &json!("test")));
    let again = api.done("t", Method::DELETE, "/billing/credits/cancel", Value::Null).await;
    assert_eq!(again["cancelledAmount"], json!(0));
    assert_eq!(
        get("/billing/credits/remaining").await["totalCredit"],
        json!(397),
        "what was used stays used"
    );
}

/// A coupon would be money without end.
#[tokio::test]
async fn a_coupon_is_redeemed_once_and_an_unknown_one_never() {
    let api = Api::start().await;
    let redeem = async |tenant: &str, code: &str| {
        api.call(tenant, Method::POST, &format!("/billing/coupons/{code}"), None).await
    };
    assert_eq!(redeem("t", "CAMPAIGN-002").await.1["amount"], json!(2_000_000));
    assert_eq!(redeem("t", "CAMPAIGN-002").await.0, 409);
    assert_eq!(redeem("u", "CAMPAIGN-002").await.0, 200, "each tenant has its own");
    assert_eq!(redeem("t", "FREE-MONEY").await.0, 404);
}

/// A user would pay with credit that begins next year, or ended last year.
#[tokio::test]
async fn a_credit_pays_only_between_its_days() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "1").await;
    for (from, to) in [("2025-02-01", "2099-01-01"), ("2024-01-01", "2025-01-30")] {
        let body = json!({"credit": 100, "expirationDateFrom": from, "expirationDateTo": to});
        api.done("t", Method::POST, "/billing/admin/campaign/C/credits", body).await;
    }
    assert_eq!(api.statement("t", "2025-01").await["creditApplied"], json!(0));
    let body = json!({"credit": 100, "expirationDateFrom": "2025-01-31", "expirationDateTo": "2025-01-31"});
    api.done("t", Method::POST, "/billing/admin/campaign/C/credits", body).await;
    let statement = api.statement("t", "2025-01").await;
    assert_eq!(statement["creditApplied"], json!(100), "its last day is the month's last");
    let body = json!({"credit": 1, "expirationDateFrom": "2025-01-31", "expirationDateTo": "2025-01-30"});
    let (status, refusal) = api.post("t", "/billing/admin/campaign/C/credits", body).await;
    assert_eq!((status, wrong_fields(&refusal)), (422, vec!["expirationDateTo"]));
}

/// A contract would change a bill that it is not for, or could not be found again.
#[tokio::test]
async fn contracts_are_read_priced_replaced_and_deleted() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "100").await;
    let list = json!({"contracts": [{"contractId": "C1", "monthFrom": "2025-01", "monthTo": "2025-01", "discountRate": 0.25}]});
    let applied = api.done("t", Method::PUT, "/billing/admin/billing-groups/bg-1", list).await;
    assert_eq!((&applied["billingGroupId"], &applied["contractIds"]), (&json!("bg-1"), &json!(["C1"])));
    for path in ["/billing/contracts/C1", "/billing/admin/contracts/C1"] {
        let contract = &api.done("t", Method::GET, path, Value::Null).await["contract"];
        assert_eq!((&contract["discountRate"], &contract["billingGroupId"]), (&json!(0.25), &json!("bg-1")));
    }
    let path = "/billing/admin/contracts/C1/products/prices?counterNames=compute.c2.c8m8";
    let price = &api.done("t", Method::GET, path, Value::Null).await["prices"];
    assert_eq!((&price["price"], &price["originalPrice"]), (&json!(297.75), &json!(397)));
    assert_eq!(api.get("t", "/billing/admin/contracts/C1/products/prices?counterNames=no").await.0, 404);
    assert_eq!(api.statement("t", "2025-01").await["discount"], json!(9_925));

    let minimum = json!({"contractId": "C1", "monthFrom": "2025-01", "baseFee": 50_000});
    api.done("t", Method::POST, "/billing/contracts", minimum).await;
    let statement = api.statement("t", "2025-01").await;
    assert_eq!(
        (&statement["discount"], &statement["minimumCharge"], &statement["charge"]),
        (&json!(0), &json!(10_300), &json!(50_000))
    );
    assert_eq!(
        api.done("t", Method::GET, "/billing/contracts", Value::Null).await["contracts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        api.done("t", Method::DELETE, "/billing/admin/contracts/C1", Value::Null).await["deletedCount"],
        1
    );
    assert_eq!(api.get("t", "/billing/contracts/C1").await.0, 404);
    assert_eq!(
        api.done("t", Method::DELETE, "/billing/admin/billing-groups/bg-1/contracts", Value::Null).await["deletedCount"],
        0
    );
}

/// A user would be charged the list price in spite of a contract, or could not see what was agreed.
#[tokio::test]
async fn the_prices_of_a_contract_are_those_of_the_bill() {
    let api = Api::start().await;
    api.meter("t", "compute.c2.c8m8", "100").await;
    api.meter("t", "storage.volume.ssd", "30").await;
    let prices = json!([
        {"counterName": "compute.c2.c8m8", "unitPrice": 300.5},
        {"counterName": "storage.volume.ssd", "tiers": [{"from": 0, "to": 10, "unitPrice": 100}, {"from": 10, "unitPrice": 50}]}
    ]);
    let contract =
        json!({"contractId": "C1", "monthFrom": "2025-01", "discountRate": 0.1, "prices": prices.clone()});
    api.done("t", Method::POST, "/billing/contracts", contract).await;
    let statement = api.statement("t", "2025-01").await;
    // 100 x 300.5 = 30,050; 10 x 100 + 20 x 50 = 2,000; less 10 %.
    assert_eq!((&statement["subtotal"], &statement["charge"]), (&json!(32_050), &json!(28_845)));
    let shown = api.done("t", Method::GET, "/billing/contracts/C1", Value::Null).await;
    assert_eq!(shown["contract"]["prices"], prices);
    let path = "/billing/admin/contracts/C1/products/prices?counterNames=compute.c2.c8m8";
    let price = &api.done("t", Method::GET, path, Value::Null).await["prices"];
    assert_eq!((&price["price"], &price["originalPrice"]), (&json!(270.45), &json!(397)));

    let before = api.everything("t").await;
    let tiers = |tiers: Value| json!({"counterName": "storage.volume.ssd", "tiers": tiers});
    for (price, field) in [
        (json!({"counterName": "no.such", "unitPrice": 1}), "counterName"),
        (json!({"counterName": "storage.volume.ssd"}), "unitPrice"),
        (json!({"counterName": "storage.volume.ssd", "unitPrice": -1}), "unitPrice"),
        (json!({"counterName": "compute.c2.c8m8", "unitPrice": 2}), "counterName"),
        (tiers(json!([{"from": 0, "to": 10, "unitPrice": 1}, {"from": 11, "unitPrice": 1}])), "tiers"),
    ] {
        let order = json!({"contractId": "C1", "prices": [{"counterName": "compute.c2.c8m8", "unitPrice": 1}, price]});
        let (status, refusal) = api.post("t", "/billing/contracts", order.clone()).await;
        assert_eq!(
            (status, wrong_fields(&refusal)),
            (422, vec![format!("prices[1].{field}").as_str()]),
            "{order}"
        );
    }
    assert_eq!(api.everything("t").await, before);
}

/// An adjustment of a project could be made and never taken back.
#[tokio::test]
async fn adjustments_of_either_kind_are_listed_and_deleted() {
    let api = Api::start().await;
    let order = |target: &str| json!({target: "x", "adjustmentValue": 5, "adjustmentType": "PERCENT_DISCOUNT", "month": "2025-01", "description": "d"});
    let mut ids = Vec::new();
    for (path, target) in [("projects", "projectId"), ("billing-groups", "billingGroupId")] {
        let path = format!("/billing/admin/{path}/adjustments");
        ids.push(
            api.done("t", Method::POST, &path, order(target)).await["adjustmentId"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        let found = api
            .done(
                "t",
                Method::GET,
                &format!("{path}?{target}=x&month=2025-01&page=1&itemsPerPage=50"),
                Value::Null,
            )
            .await;
        let first = &found["adjustments"][0];
        assert_eq!(
            (&found["totalItems"], &first[target], &first["adjustmentType"]),
            (&json!(1), &json!("x"), &json!("RATE_DISCOUNT"))
        );
        let missing = json!({});
        let (status, refusal) = api.post("t", &path, missing).await;
        assert_eq!(
            (status, wrong_fields(&refusal)),
            (400, vec!["adjustment", "adjustmentTypeCode", "monthFrom", target])
        );
    }
    assert_eq!(api.done("t", Method::GET, "/billing/admin/adjustments", Value::Null).await["totalItems"], 2);
    let path = format!("/billing/admin/projects/adjustments?adjustmentIds={}", ids.join(","));
    assert_eq!(api.done("t", Method::DELETE, &path, Value::Null).await["deletedCount"], 2);
    assert_eq!(api.done("t", Method::DELETE, &path, Value::Null).await["deletedCount"], 0);
}
