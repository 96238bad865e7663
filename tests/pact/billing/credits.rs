use billtest::models::billing::{
    CampaignCreditRequest, CancelCreditsRequest, CouponRedeemed, CreditBalance, CreditGranted, CreditHistory,
    CreditOverview, CreditRemaining, CreditsCancelled, GiveCreditRequest,
};
use billtest::models::{Amount, CreditType, ErrorCode};
use billtest::recorder::{Body, RecordError, Request, Response, example};
use billtest::{BillingClient, CampaignCredit, ClientError, CreditManager, enveloped};

use super::{TENANT, check, interaction, refusal};

fn manager(client: BillingClient) -> Result<CreditManager, ClientError> {
    CreditManager::new(client, TENANT)
}

fn credit(amount: &str) -> CampaignCredit {
    let day = |text: &str| text.to_owned().try_into().unwrap();
    CampaignCredit::new("CAMPAIGN-001", amount.parse().unwrap())
        .of_type(CreditType::Promotional)
        .named("Welcome")
        .from(day("2025-01-01"))
        .until(day("2025-12-31"))
}

fn request(amount: &str) -> CampaignCreditRequest {
    CampaignCreditRequest {
        credit: Some(amount.parse().unwrap()),
        credit_type: CreditType::Promotional,
        expiration_date_from: Some("2025-01-01".to_owned().try_into().unwrap()),
        expiration_date_to: Some("2025-12-31".to_owned().try_into().unwrap()),
        ..example().unwrap()
    }
}

interaction!(
    a_campaign_credit_is_granted, "a request to grant a campaign credit", given "An account without records",
    Request::post("/billing/admin/campaign/CAMPAIGN-001/credits").json(Body::typed(&request("1000"))),
    Response::ok().json(enveloped(&CreditGranted { credit_id: "CREDIT_5D4CE8EA".into() })),
    async |client| {
        assert_eq!(manager(client)?.grant(&credit("1000")).await?, "CREDIT_5D4CE8EA".into());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_campaign_credit_finer_than_its_currency_breaks_a_rule,
    "a request to grant a campaign credit finer than the currency", given "An account without records",
    Request::post("/billing/admin/campaign/CAMPAIGN-001/credits")
        .json(Body::typed(&request("0.5")).exact("$.credit")),
    refusal(422, "credit: 0.5 has more than the 0 decimals of KRW", Some("credit")),
    async |client| {
        check(manager(client)?.grant(&credit("0.5")).await, ErrorCode::ValidationError, Some("credit"))
    }
);

interaction!(
    a_free_credit_is_given, "a request to give a free credit", given "An account without records",
    Request::post("/billing/admin/campaign/CAMPAIGN-001/give").json(Body::typed(&given("1000")?)),
    Response::ok().json(enveloped(&CreditGranted { credit_id: "CREDIT_5D4CE8EA".into() })),
    async |client| {
        let id = manager(client)?.give("CAMPAIGN-001", Amount::from(1000)).await?;
        assert_eq!(id, "CREDIT_5D4CE8EA".into());
        Ok::<_, ClientError>(())
    }
);

fn given(amount: &str) -> Result<GiveCreditRequest, RecordError> {
    Ok(GiveCreditRequest { amount: amount.parse().unwrap(), uuid: None })
}

interaction!(
    a_free_credit_finer_than_its_currency_breaks_a_rule,
    "a request to give a free credit finer than the currency", given "An account without records",
    Request::post("/billing/admin/campaign/CAMPAIGN-001/give")
        .json(Body::typed(&given("0.5")?).exact("$.amount")),
    refusal(422, "amount: 0.5 has more than the 0 decimals of KRW", Some("amount")),
    async |client| {
        let result = manager(client)?.give("CAMPAIGN-001", "0.5".parse().unwrap()).await;
        check(result, ErrorCode::ValidationError, Some("amount"))
    }
);

fn redeemed() -> CouponRedeemed {
    example().unwrap()
}

interaction!(
    a_coupon_is_redeemed, "a request to redeem a coupon", given "An account without records",
    Request::post("/billing/coupons/CAMPAIGN-001"),
    Response::ok().json(enveloped(&redeemed()).exact("$.couponCode")),
    async |client| {
        assert_eq!(manager(client)?.redeem("CAMPAIGN-001").await?, redeemed());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    an_unknown_coupon_is_not_found, "a request to redeem an unknown coupon", given "An account without records",
    Request::post("/billing/coupons/NO-SUCH-COUPON"),
    refusal(404, "Coupon not found", None),
    async |client| check(manager(client)?.redeem("NO-SUCH-COUPON").await, ErrorCode::NotFound, None)
);

interaction!(
    a_coupon_is_redeemed_once, "a request to redeem a coupon again", given "A coupon is redeemed",
    Request::post("/billing/coupons/CAMPAIGN-001"),
    refusal(409, "coupon CAMPAIGN-001 is already redeemed", None),
    async |client| check(manager(client)?.redeem("CAMPAIGN-001").await, ErrorCode::Conflict, None)
);

fn balance() -> CreditBalance {
    let mut balance: CreditBalance = example().unwrap();
    for kind in &mut balance.balances {
        kind.expiry_date = Some("2025-12-31".to_owned().try_into().unwrap());
    }
    balance
}

interaction!(
    the_balance_of_credits_is_read, "a request for the balance of credits", given "A campaign credit exists",
    Request::get("/billing/credits/balance"),
    Response::ok().json(enveloped(&balance())),
    async |client| {
        assert_eq!(manager(client)?.balance().await?, balance());
        Ok::<_, ClientError>(())
    }
);

fn history() -> CreditHistory {
    example().unwrap()
}

interaction!(
    the_history_of_credits_is_read, "a request for the history of credits", given "A campaign credit exists",
    Request::get("/billing/credits/history")
        .query("creditType", "PROMOTIONAL")
        .query("page", "1")
        .query("itemsPerPage", "100"),
    Response::ok().json(enveloped(&history())),
    async |client| {
        let found = manager(client)?.history(Some(CreditType::Promotional)).await?;
        assert_eq!(found, history().credit_histories);
        Ok::<_, ClientError>(())
    }
);

fn remaining() -> CreditRemaining {
    example().unwrap()
}

interaction!(
    what_is_left_of_credits_is_read, "a request for what is left of credits", given "A campaign credit exists",
    Request::get("/billing/credits/remaining"),
    Response::ok().json(enveloped(&remaining())),
    async |client| {
        assert_eq!(manager(client)?.remaining().await?, remaining());
        Ok::<_, ClientError>(())
    }
);

fn overview() -> CreditOverview {
    example().unwrap()
}

interaction!(
    the_overview_of_credits_is_read, "a request for the overview of credits", given "A campaign credit exists",
    Request::get("/billing/v5.0/credits"),
    Response::ok().json(enveloped(&overview())),
    async |client| {
        assert_eq!(manager(client)?.overview().await?, overview());
        Ok::<_, ClientError>(())
    }
);

fn cancelled(campaign: Option<&str>) -> CreditsCancelled {
    CreditsCancelled { campaign_id: campaign.map(ToOwned::to_owned), ..example().unwrap() }
}

interaction!(
    credits_of_a_campaign_are_cancelled, "a request to cancel the credits of a campaign",
    given "A campaign credit exists",
    Request::delete("/billing/admin/campaign/CAMPAIGN-001/credits").query("reason", "test"),
    Response::ok().json(enveloped(&cancelled(Some("CAMPAIGN-001"))).exact("$.reason")),
    async |client| {
        let result = manager(client)?.cancel("CAMPAIGN-001", "test").await?;
        assert_eq!(result, cancelled(Some("CAMPAIGN-001")));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_campaign_is_cancelled, "a request to cancel a campaign", given "A campaign credit exists",
    Request::delete("/billing/admin/credits/CAMPAIGN-001/cancel").query("reason", "test"),
    Response::ok().json(enveloped(&cancelled(Some("CAMPAIGN-001"))).exact("$.reason")),
    async |client| {
        let result = manager(client)?.cancel_campaign("CAMPAIGN-001", "test").await?;
        assert_eq!(result, cancelled(Some("CAMPAIGN-001")));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    all_credits_are_cancelled, "a request to cancel all credits", given "A campaign credit exists",
    Request::post("/billing/credits/cancel").json(Body::typed(&CancelCreditsRequest { uuid: None })),
    Response::ok().json(enveloped(&cancelled(None))),
    async |client| {
        assert_eq!(manager(client)?.cancel_all().await?, cancelled(None));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    all_credits_are_deleted, "a request to delete all credits", given "A campaign credit exists",
    Request::delete("/billing/credits/cancel"),
    Response::ok().json(enveloped(&cancelled(None))),
    async |client| {
        assert_eq!(manager(client)?.delete_all().await?, cancelled(None));
        Ok::<_, ClientError>(())
    }
);
