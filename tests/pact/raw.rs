//! Requests that no manager makes.

use billtest::models::billing::{EnvelopeHeader, Failure};
use billtest::models::{ApiError, ErrorCode, FieldError};
use billtest::recorder::{Body, Request, Response};
use serde_json::Value;

/// A request past the managers.
#[derive(Clone, Copy)]
pub(crate) struct Raw {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static [(&'static str, &'static str)],
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: Sent,
}

#[derive(Clone, Copy)]
pub(crate) enum Sent {
    Nothing,
    Text(&'static str),
    Json(&'static str),
}

impl Raw {
    pub(crate) fn recorded(self) -> Request {
        let mut request = match self.method {
            "GET" => Request::get(self.path),
            "POST" => Request::post(self.path),
            "PUT" => Request::put(self.path),
            "PATCH" => Request::patch(self.path),
            _ => Request::delete(self.path),
        };
        for (name, value) in self.query {
            request = request.query(name, value);
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        match self.body {
            Sent::Nothing => request,
            Sent::Text(text) => request.text(text, "text/plain"),
            Sent::Json(text) => request.json(Body::exactly(serde_json::from_str(text).unwrap())),
        }
    }

    /// Sends it, and makes sure of the answer's status.
    pub(crate) async fn send(self, url: String, status: u16) -> Result<(), reqwest::Error> {
        // The client of the library prepares TLS for the whole process; this one has no use for it.
        let _ = billtest::BillingClient::new(&url);
        let client = reqwest::Client::builder().tls_certs_only([]).build()?;
        let address = format!("{}{}", url.trim_end_matches('/'), self.path);
        let mut request = client.request(self.method.parse().unwrap(), address).query(self.query);
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        let request = match self.body {
            Sent::Nothing => request,
            Sent::Text(text) => request.header("content-type", "text/plain").body(text),
            Sent::Json(text) => request.json(&serde_json::from_str::<Value>(text).unwrap()),
        };
        assert_eq!(request.send().await?.status().as_u16(), status);
        Ok(())
    }

    /// A refusal in the shape of the path's family, for a field or for none.
    pub(crate) fn refused(self, status: u16, message: &str, field: &str) -> Response {
        let details: Vec<_> = Some(field)
            .filter(|field| !field.is_empty())
            .map(|field| FieldError { field: field.to_owned(), message: message.to_owned() })
            .into_iter()
            .collect();
        let has_details = !details.is_empty();
        let body = if self.path.starts_with("/api/v1/") {
            let code = ErrorCode::of_status(status).unwrap();
            // The two kinds of 400 differ in what is wrong: a tenant is named by no field.
            let code = if self.headers == [("uuid", "no/tenant")] { ErrorCode::InvalidTenant } else { code };
            Body::typed(&ApiError::for_fields(code, message, details)).exact("$.error").exact("$.code")
        } else {
            let header = EnvelopeHeader {
                is_successful: false,
                result_code: status,
                result_message: message.to_owned(),
            };
            let failure = Failure { header, details };
            Body::typed(&failure).exact("$.header.isSuccessful").exact("$.header.resultCode")
        };
        Response::status(status).json(if has_details { body.exact("$.details[0].field") } else { body })
    }
}

/// Refused requests, one test each, which tell the same thing of different operations.
macro_rules! refused {
    (
        $what:literal, given $given:tt, $status:literal $message:literal,
        headers $headers:expr, $sent:expr; $($test:ident: $method:ident $path:literal;)*
    ) => {$(
        #[tokio::test]
        async fn $test() -> Result<(), billtest::recorder::RecordError> {
            let raw = $crate::raw::Raw {
                method: stringify!($method),
                path: $path,
                query: &[],
                headers: &$headers,
                body: $sent,
            };
            let pact = billtest::pact!($crate::CONSUMER, $crate::PROVIDER)
                .interaction(concat!(stringify!($method), " ", $path, " ", $what));
            let pact = $crate::raw::refused!(@given pact, $given);
            pact.request(raw.recorded())
                .response(raw.refused($status, $message, ""))
                .run(async |url| raw.send(url, $status).await)
                .await
        }
    )*};
    (@given $pact:ident, []) => { $pact };
    (@given $pact:ident, [$state:literal]) => { $pact.given($state) };
}
pub(crate) use refused;

/// Refused requests, one test each, which tell each its own.
macro_rules! refusals {
    ($(
        $test:ident: $what:literal, given $state:literal $(with $params:tt)?,
        $method:ident $path:literal $query:tt $(json $json:literal)?,
        $status:literal $message:literal $(of $field:literal)?;
    )*) => {$(
        #[tokio::test]
        async fn $test() -> Result<(), billtest::recorder::RecordError> {
            let sent = None$(.or(Some($crate::raw::Sent::Json($json))))?;
            let field = None$(.or(Some($field)))?;
            let raw = $crate::raw::Raw {
                method: stringify!($method),
                path: $path,
                query: &$query,
                headers: &[("uuid", "team-a")],
                body: sent.unwrap_or($crate::raw::Sent::Nothing),
            };
            let pact = billtest::pact!($crate::CONSUMER, $crate::PROVIDER).interaction($what);
            let pact = $crate::billing::interaction!(@given pact, $state $(, $params)?);
            pact.request(raw.recorded())
                .response(raw.refused($status, $message, field.unwrap_or_default()))
                .run(async |url| raw.send(url, $status).await)
                .await
        }
    )*};
}
pub(crate) use refusals;
