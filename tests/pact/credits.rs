use billtest::models::{Credit, CreditRequest, ErrorCode};
use billtest::recorder::{Body, RecordError, Request, Response, example};
use billtest::{BillingClient, ClientError, pact, v1};

use crate::{CONSUMER, PROVIDER, refusal, refused};

#[tokio::test]
async fn a_credit_is_granted() -> Result<(), RecordError> {
    let (request, credit): (CreditRequest, Credit) = (example()?, example()?);
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to grant a credit")
        .given("Customer exists")
        .request(Request::post("/api/v1/credits").json(Body::typed(&request)))
        .response(Response::created().json(Body::typed(&credit).exact("$.customer_id").exact("$.amount")))
        .run(async |url| {
            let granted = v1::Credits::new(BillingClient::new(url)?).grant(&request).await?;
            assert_eq!(granted, credit);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_credit_for_an_unknown_customer_is_not_found() -> Result<(), RecordError> {
    let request = CreditRequest { customer_id: "CUST999".into(), ..example()? };
    let error = refusal(ErrorCode::NotFound, "Customer not found", Some("customer_id"));
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to grant a credit to an unknown customer")
        .given("Customer does not exist")
        .request(Request::post("/api/v1/credits").json(Body::typed(&request).exact("$.customer_id")))
        .response(Response::status(404).json(Body::typed(&error).exact("$.error").exact("$.field")))
        .run(async |url| {
            let result = v1::Credits::new(BillingClient::new(url)?).grant(&request).await;
            assert_eq!(refused(result), (404, ErrorCode::NotFound, Some("customer_id".into())));
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_credit_below_zero_breaks_a_rule() -> Result<(), RecordError> {
    let request = CreditRequest { amount: "-100".parse().unwrap(), ..example()? };
    let error = refusal(ErrorCode::ValidationError, "-100 is less than the minimum of 0", Some("amount"));
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to grant a credit below zero")
        .given("Customer exists")
        .request(Request::post("/api/v1/credits").json(Body::typed(&request).exact("$.amount")))
        .response(Response::status(422).json(Body::typed(&error).exact("$.error").exact("$.field")))
        .run(async |url| {
            let result = v1::Credits::new(BillingClient::new(url)?).grant(&request).await;
            assert_eq!(refused(result), (422, ErrorCode::ValidationError, Some("amount".into())));
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_credit_finer_than_its_currency_breaks_a_rule() -> Result<(), RecordError> {
    let request = CreditRequest { amount: "10.005".parse().unwrap(), ..example()? };
    let error =
        refusal(ErrorCode::ValidationError, "10.005 has more than the 2 decimals of USD", Some("amount"));
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to grant a credit finer than its currency")
        .given("Customer exists")
        .request(
            Request::post("/api/v1/credits")
                .json(Body::typed(&request).exact("$.amount").exact("$.currency")),
        )
        .response(Response::status(422).json(Body::typed(&error).exact("$.error").exact("$.field")))
        .run(async |url| {
            let result = v1::Credits::new(BillingClient::new(url)?).grant(&request).await;
            assert_eq!(refused(result), (422, ErrorCode::ValidationError, Some("amount".into())));
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_granted_credit_is_read_again() -> Result<(), RecordError> {
    let credit: Credit = example()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a credit")
        .given("Credit exists")
        .request(Request::get("/api/v1/credits/CREDIT_5D4CE8EA"))
        .response(Response::ok().json(Body::typed(&credit).exact("$.id")))
        .run(async |url| {
            let found = v1::Credits::new(BillingClient::new(url)?).get(&"CREDIT_5D4CE8EA".into()).await?;
            assert_eq!(found, credit);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn an_unknown_credit_is_not_found() -> Result<(), RecordError> {
    let error = refusal(ErrorCode::NotFound, "Credit not found", None);
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a credit that does not exist")
        .request(Request::get("/api/v1/credits/CREDIT_00000000"))
        .response(Response::status(404).json(Body::typed(&error).exact("$.error").exact("$.code")))
        .run(async |url| {
            let result = v1::Credits::new(BillingClient::new(url)?).get(&"CREDIT_00000000".into()).await;
            assert_eq!(refused(result), (404, ErrorCode::NotFound, None));
            Ok::<_, ClientError>(())
        })
        .await
}
