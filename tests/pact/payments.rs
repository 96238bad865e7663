use billtest::models::{ErrorCode, Payment, PaymentStatus, PaymentUpdate, Statements, UpdatedPayment};
use billtest::recorder::{Body, RecordError, Request, Response, example};
use billtest::{BillingClient, ClientError, pact, v1};

use crate::{CONSUMER, PROVIDER, refusal, refused};

#[tokio::test]
async fn a_payment_is_read_with_its_invoice() -> Result<(), RecordError> {
    let payment: Payment = example()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a payment")
        .given("Payment exists")
        .request(Request::get("/api/v1/payments/PAY_ABC123"))
        .response(Response::ok().json(Body::typed(&payment).exact("$.payment_id")))
        .run(async |url| {
            let found = v1::Payments::new(BillingClient::new(url)?).get(&"PAY_ABC123".into()).await?;
            assert_eq!(found, payment);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn an_unknown_payment_is_not_found() -> Result<(), RecordError> {
    let error = refusal(ErrorCode::NotFound, "Payment not found", None);
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a payment that does not exist")
        .given("Payment does not exist")
        .request(Request::get("/api/v1/payments/PAY_000000"))
        .response(Response::status(404).json(Body::typed(&error).exact("$.error").exact("$.code")))
        .run(async |url| {
            let result = v1::Payments::new(BillingClient::new(url)?).get(&"PAY_000000".into()).await;
            assert_eq!(refused(result), (404, ErrorCode::NotFound, None));
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_payment_is_changed() -> Result<(), RecordError> {
    let update = PaymentUpdate {
        status: PaymentStatus::Processing,
        transaction_id: Some("TX-1".into()),
        completed_at: None,
    };
    let changed: UpdatedPayment = UpdatedPayment { transaction_id: Some("TX-1".into()), ..example()? };
    pact!(CONSUMER, PROVIDER)
        .interaction("a request to change a payment")
        .given("Payment exists")
        .request(Request::patch("/api/v1/payments/PAY_ABC123").json(Body::typed(&update).exact("$.status")))
        .response(Response::ok().json(Body::typed(&changed).exact("$.payment_id")))
        .run(async |url| {
            let client = v1::Payments::new(BillingClient::new(url)?);
            assert_eq!(client.update(&"PAY_ABC123".into(), &update).await?, changed);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn statements_are_read() -> Result<(), RecordError> {
    let statements: Statements = example()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for the statements of a tenant")
        .given("A month is billed")
        .request(Request::get("/api/v1/payments/statements").query("month", "2025-01"))
        .response(Response::ok().json(Body::typed(&statements)))
        .run(async |url| {
            let client = v1::Payments::new(BillingClient::new(url)?);
            assert_eq!(client.statements(Some("2025-01".parse().unwrap())).await?, statements);
            Ok::<_, ClientError>(())
        })
        .await
}
