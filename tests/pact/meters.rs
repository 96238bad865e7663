use billtest::models::{ErrorCode, Meter, MeterReceipt, MeterRequest};
use billtest::recorder::{Body, RecordError, Request, Response, example};
use billtest::{BillingClient, ClientError, pact, v1};

use crate::{CONSUMER, PROVIDER, refusal, refused};

#[tokio::test]
async fn a_reading_is_accepted() -> Result<(), RecordError> {
    let (request, receipt): (MeterRequest, MeterReceipt) = (example()?, example()?);
    pact!(CONSUMER, PROVIDER)
        .interaction("a meter reading")
        .given("Resource exists")
        .request(Request::post("/api/v1/meters").json(Body::typed(&request)))
        .response(Response::created().json(Body::typed(&receipt).exact("$.resource_id")))
        .run(async |url| {
            let accepted = v1::Meters::new(BillingClient::new(url)?).send(&request).await?;
            assert_eq!(accepted, receipt);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_reading_of_an_unknown_resource_is_not_found() -> Result<(), RecordError> {
    let request = MeterRequest { resource_id: "RES999".into(), ..example()? };
    let error = refusal(ErrorCode::NotFound, "Resource not found", Some("resource_id"));
    pact!(CONSUMER, PROVIDER)
        .interaction("a meter reading of an unknown resource")
        .given("Resource does not exist")
        .request(Request::post("/api/v1/meters").json(Body::typed(&request).exact("$.resource_id")))
        .response(Response::status(404).json(Body::typed(&error).exact("$.error").exact("$.field")))
        .run(async |url| {
            let result = v1::Meters::new(BillingClient::new(url)?).send(&request).await;
            assert_eq!(refused(result), (404, ErrorCode::NotFound, Some("resource_id".into())));
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn a_reading_below_zero_breaks_a_rule() -> Result<(), RecordError> {
    let request = MeterRequest { value: "-1".parse().unwrap(), ..example()? };
    let error = refusal(ErrorCode::ValidationError, "-1 is less than the minimum of 0", Some("value"));
    pact!(CONSUMER, PROVIDER)
        .interaction("a meter reading below zero")
        .given("Resource exists")
        .request(Request::post("/api/v1/meters").json(Body::typed(&request).exact("$.value")))
        .response(Response::status(422).json(Body::typed(&error).exact("$.error").exact("$.field")))
        .run(async |url| {
            let result = v1::Meters::new(BillingClient::new(url)?).send(&request).await;
            assert_eq!(refused(result), (422, ErrorCode::ValidationError, Some("value".into())));
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn an_accepted_reading_is_read_again() -> Result<(), RecordError> {
    let meter: Meter = example()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a meter reading")
        .given("Meter exists")
        .request(Request::get("/api/v1/meters/METER_46613D20"))
        .response(Response::ok().json(Body::typed(&meter).exact("$.id")))
        .run(async |url| {
            let found = v1::Meters::new(BillingClient::new(url)?).get(&"METER_46613D20".into()).await?;
            assert_eq!(found, meter);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn an_unknown_reading_is_not_found() -> Result<(), RecordError> {
    let error = refusal(ErrorCode::NotFound, "Meter not found", None);
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a meter reading that does not exist")
        .request(Request::get("/api/v1/meters/METER_00000000"))
        .response(Response::status(404).json(Body::typed(&error).exact("$.error").exact("$.code")))
        .run(async |url| {
            let result = v1::Meters::new(BillingClient::new(url)?).get(&"METER_00000000".into()).await;
            assert_eq!(refused(result), (404, ErrorCode::NotFound, None));
            Ok::<_, ClientError>(())
        })
        .await
}
