use billtest::models::{Adjustment, AdjustmentRequest, AdjustmentType, ErrorCode};
use billtest::recorder::{Body, RecordError, Request, Response, example};
use billtest::{BillingClient, ClientError, pact, v1};

use crate::{CONSUMER, PROVIDER, refusal, refused};

#[tokio::test]
async fn a_discount_lowers_the_invoice() -> Result<(), RecordError> {
    let (request, adjustment): (AdjustmentRequest, Adjustment) = (example()?, example()?);
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to discount an invoice")
        .given("Invoice exists")
        .request(Request::post("/api/v1/adjustments").json(Body::typed(&request)))
        .response(
            Response::created()
                .json(Body::typed(&adjustment).exact("$.original_amount").exact("$.adjusted_amount")),
        )
        .run(async |url| {
            let applied = v1::Adjustments::new(BillingClient::new(url)?).apply(&request).await?;
            assert_eq!(applied, adjustment);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_surcharge_raises_the_invoice() -> Result<(), RecordError> {
    let request = AdjustmentRequest { adjustment_type: AdjustmentType::Surcharge, ..example()? };
    let adjustment = Adjustment { adjusted_amount: "1600.0".parse().unwrap(), ..example()? };
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to surcharge an invoice")
        .given_with("Invoice exists", serde_json::json!({"id": "INV001", "amount": 1500.0}))
        .request(Request::post("/api/v1/adjustments").json(Body::typed(&request).exact("$.type")))
        .response(
            Response::created()
                .json(Body::typed(&adjustment).exact("$.original_amount").exact("$.adjusted_amount")),
        )
        .run(async |url| {
            let applied = v1::Adjustments::new(BillingClient::new(url)?).apply(&request).await?;
            assert_eq!(applied, adjustment);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn an_adjustment_of_an_unknown_invoice_is_not_found() -> Result<(), RecordError> {
    let request = AdjustmentRequest { target_invoice: "INV999".into(), ..example()? };
    let error = refusal(ErrorCode::NotFound, "Invoice not found", Some("target_invoice"));
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to adjust an unknown invoice")
        .given("Invoice does not exist")
        .request(Request::post("/api/v1/adjustments").json(Body::typed(&request).exact("$.target_invoice")))
        .response(Response::status(404).json(Body::typed(&error).exact("$.error").exact("$.field")))
        .run(async |url| {
            let result = v1::Adjustments::new(BillingClient::new(url)?).apply(&request).await;
            assert_eq!(refused(result), (404, ErrorCode::NotFound, Some("target_invoice".into())));
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_discount_larger_than_the_invoice_breaks_a_rule() -> Result<(), RecordError> {
    let request = AdjustmentRequest { amount: "1500.01".parse().unwrap(), ..example()? };
    let error = refusal(
        ErrorCode::ValidationError,
        "1500.01 USD is more than the invoice's 1500.00 USD",
        Some("amount"),
    );
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to discount an invoice below zero")
        .given("Invoice exists")
        .request(
            Request::post("/api/v1/adjustments")
                .json(Body::typed(&request).exact("$.type").exact("$.amount")),
        )
        .response(Response::status(422).json(Body::typed(&error).exact("$.error").exact("$.field")))
        .run(async |url| {
            let result = v1::Adjustments::new(BillingClient::new(url)?).apply(&request).await;
            assert_eq!(refused(result), (422, ErrorCode::ValidationError, Some("amount".into())));
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn an_applied_adjustment_is_read_again() -> Result<(), RecordError> {
    let adjustment: Adjustment = example()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for an adjustment")
        .given("Adjustment exists")
        .request(Request::get("/api/v1/adjustments/ADJ_0FF1D9E3"))
        .response(Response::ok().json(Body::typed(&adjustment).exact("$.adjustment_id")))
        .run(async |url| {
            let found = v1::Adjustments::new(BillingClient::new(url)?).get(&"ADJ_0FF1D9E3".into()).await?;
            assert_eq!(found, adjustment);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn an_unknown_adjustment_is_not_found() -> Result<(), RecordError> {
    let error = refusal(ErrorCode::NotFound, "Adjustment not found", None);
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for an adjustment that does not exist")
        .request(Request::get("/api/v1/adjustments/ADJ_00000000"))
        .response(Response::status(404).json(Body::typed(&error).exact("$.error").exact("$.code")))
        .run(async |url| {
            let result = v1::Adjustments::new(BillingClient::new(url)?).get(&"ADJ_00000000".into()).await;
            assert_eq!(refused(result), (404, ErrorCode::NotFound, None));
            Ok::<_, ClientError>(())
        })
        .await
}
