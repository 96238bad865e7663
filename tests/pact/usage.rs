use billtest::models::{Usage, UsageReceipt, UsageRequest};
use billtest::recorder::{Body, RecordError, Request, Response, example};
use billtest::{BillingClient, ClientError, pact, v1};

use crate::{CONSUMER, PROVIDER};

#[tokio::test]
async fn usage_is_stored() -> Result<(), RecordError> {
    let (request, receipt): (UsageRequest, UsageReceipt) = (example()?, example()?);
    pact!(CONSUMER, PROVIDER)
        .interaction("a reading of a project's usage")
        .given("An account without records")
        .request(Request::post("/api/v1/metering").json(Body::typed(&request)))
        .response(Response::created().json(Body::typed(&receipt)))
        .run(async |url| {
            let stored = v1::Metering::new(BillingClient::new(url)?).send(&request).await?;
            assert_eq!(stored, receipt);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn usage_is_read() -> Result<(), RecordError> {
    let usage: Usage = example()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a project's usage")
        .given("A month is metered")
        .request(Request::get("/api/v1/metering").query("project_id", "app-1").query("month", "2025-01"))
        .response(Response::ok().json(Body::typed(&usage)))
        .run(async |url| {
            let client = v1::Metering::new(BillingClient::new(url)?);
            assert_eq!(client.get(&"app-1".into(), "2025-01".parse().unwrap()).await?, usage);
            Ok::<_, ClientError>(())
        })
        .await
}
