//! What no manager can send, because its types do not allow it, and a provider must refuse all the same: bodies
//! that lack a field, or have one of another type. (A body that is no JSON at all cannot be recorded: Pact
//! compares JSON requests as JSON. The provider's own tests send such.)

use billtest::models::ErrorCode;
use billtest::pact;
use billtest::recorder::{Body, RecordError, Request, Response};
use serde_json::{Value, json};

use crate::{CONSUMER, PROVIDER, refusal};

/// Sends JSON past the managers, and gives back status and body.
async fn post(url: &str, path: &str, body: &Value) -> Result<(u16, Value), reqwest::Error> {
    // The client of the library prepares TLS for the whole process; this one has no use for it.
    let _ = billtest::BillingClient::new(url);
    let client = reqwest::Client::builder().tls_certs_only([]).build()?;
    let response = client.post(format!("{url}{path}")).json(body).send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}

macro_rules! malformed {
    ($test:ident, $path:literal, $description:literal, $given:literal, $body:expr, $field:expr, $message:literal) => {
        #[tokio::test]
        async fn $test() -> Result<(), RecordError> {
            let error = refusal(ErrorCode::MalformedRequest, $message, $field);
            let body: Value = $body;
            let pinned = Body::typed(&error).exact("$.error").exact("$.code");
            pact!(CONSUMER, PROVIDER)
                .interaction($description)
                .given($given)
                .request(Request::post(concat!("/", $path)).json(Body::exactly(body.clone())))
                .response(Response::status(400).json(match error.field {
                    Some(_) => pinned.exact("$.field"),
                    None => pinned,
                }))
                .run(async |url| {
                    let (status, told) = post(&url, $path, &body).await?;
                    assert_eq!((status, &told["error"]), (400, &json!("MALFORMED_REQUEST")));
                    Ok::<_, reqwest::Error>(())
                })
                .await
        }
    };
}

malformed!(
    a_credit_without_an_amount_is_malformed,
    "api/v1/credits",
    "a credit request without an amount",
    "Customer exists",
    json!({"customer_id": "CUST001", "currency": "USD"}),
    Some("amount"),
    "is required"
);
malformed!(
    a_meter_reading_as_text_is_malformed,
    "api/v1/meters",
    "a meter reading whose value is text",
    "Resource exists",
    json!({
        "resource_id": "RES001", "meter_name": "cpu.usage", "value": "85.5", "unit": "percent",
        "timestamp": "2025-01-31T09:00:00+00:00"
    }),
    Some("value"),
    "\"85.5\" is not of type number"
);
malformed!(
    an_adjustment_that_is_a_list_is_malformed,
    "api/v1/adjustments",
    "an adjustment request that is a list",
    "Invoice exists",
    json!([]),
    None,
    "[] is not of type object"
);
