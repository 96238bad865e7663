//! The `/billing` family: the managers' operations, and what a provider must refuse.

mod adjustments;
mod batch;
mod calculation;
mod contracts;
mod credits;
mod metering;
mod payments;
mod refusals;
mod statements;

use billtest::ClientError;
use billtest::models::billing::{EnvelopeHeader, Failure};
use billtest::models::{ErrorCode, FieldError, Month};
use billtest::recorder::{Body, Response};

/// Who asks. Under the isolation of its state every interaction is replayed for a tenant of its own.
const TENANT: &str = "team-a";

/// The month of most interactions.
fn january() -> Month {
    "2025-01".parse().unwrap()
}

/// An interaction of a manager: what it is called, what must hold, what is sent and answered, and the calls that do it.
macro_rules! interaction {
    (
        $test:ident, $description:literal, given $state:literal $(with $params:tt)?,
        $request:expr, $response:expr, $client:expr
    ) => {
        #[tokio::test]
        async fn $test() -> Result<(), billtest::recorder::RecordError> {
            let pact = billtest::pact!(crate::CONSUMER, crate::PROVIDER).interaction($description);
            let pact = $crate::billing::interaction!(@given pact, $state $(, $params)?);
            pact.request($request.header("uuid", $crate::billing::TENANT))
                .response($response)
                .run(async |url| {
                    let steps = $client;
                    steps(billtest::BillingClient::new(url)?).await
                })
                .await
        }
    };
    (@given $pact:ident, $state:literal) => { $pact.given($state) };
    (@given $pact:ident, $state:literal, $params:tt) => { $pact.given_with($state, serde_json::json!($params)) };
}
pub(crate) use interaction;

/// A refusal, for a field or for none.
fn refusal(status: u16, message: &str, field: Option<&str>) -> Response {
    let details = field.map(|field| FieldError { field: field.to_owned(), message: message.to_owned() });
    let failure = Failure {
        header: EnvelopeHeader {
            is_successful: false,
            result_code: status,
            result_message: message.to_owned(),
        },
        details: details.into_iter().collect(),
    };
    let body = Body::typed(&failure).exact("$.header.isSuccessful").exact("$.header.resultCode");
    Response::status(status).json(if field.is_some() { body.exact("$.details[0].field") } else { body })
}

/// Makes sure of the kind of a refusal, and of its field.
fn check<T: std::fmt::Debug>(
    result: Result<T, ClientError>,
    code: ErrorCode,
    field: Option<&str>,
) -> Result<(), ClientError> {
    assert_eq!(crate::refused(result), (code.status(), code, field.map(ToOwned::to_owned)));
    Ok(())
}
