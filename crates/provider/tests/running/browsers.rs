use billtest_provider::{Options, Origin};
use reqwest::Method;
use serde_json::Value;

use crate::api::{Answer, Api, answer};

async fn from(api: &Api, origin: &str) -> Answer {
    answer(api.request(Method::GET, "/billing/credits/balance").header("origin", origin)).await
}

async fn preflight(api: &Api, origin: &str) -> Answer {
    let request = api.request(Method::OPTIONS, "/billing/meters").header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    answer(request.header("access-control-request-headers", "content-type,uuid,idempotency-key,lang")).await
}

const ALLOWED: &str = "access-control-allow-origin";

/// A page that anybody can put up would read and change the tenant's data from a user's browser.
#[tokio::test]
async fn only_the_pages_of_named_origins_may_call() {
    let cors_origins =
        vec!["http://localhost:3000".parse().unwrap(), "https://foo.vercel.app".parse().unwrap()];
    let api = Api::start(Options { cors_origins, ..Options::default() }).await;
    for origin in ["http://localhost:3000", "https://foo.vercel.app"] {
        assert_eq!(from(&api, origin).await.header(ALLOWED), Some(origin));
        let answer = preflight(&api, origin).await;
        assert_eq!((answer.status, answer.header(ALLOWED)), (200, Some(origin)));
        let methods = answer.header("access-control-allow-methods").unwrap().to_owned();
        let headers = answer.header("access-control-allow-headers").unwrap().to_lowercase();
        assert!(methods.contains("POST") && methods.contains("DELETE"), "{methods}");
        assert!(["uuid", "idempotency-key", "lang"].iter().all(|name| headers.contains(name)), "{headers}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
    for origin in [
        "https://xfoo.vercel.app",
        "https://foo.vercel.app.evil.com",
        "http://foo.vercel.app",
        "http://localhost:30000",
        "https://fooxvercel.app",
        "null",
        "http://localhost:3000/",
    ] {
        assert_eq!(from(&api, origin).await.header(ALLOWED), None, "{origin}");
        assert_eq!(preflight(&api, origin).await.header(ALLOWED), None, "{origin}");
    }
    let refused =
        answer(api.request(Method::GET, "/nowhere").header("origin", "http://localhost:3000")).await;
    assert_eq!(
        (refused.status, refused.header(ALLOWED)),
        (404, Some("http://localhost:3000")),
        "a page can read a refusal"
    );
}

/// Without being asked to, the provider would open itself to pages.
#[tokio::test]
async fn no_origin_is_allowed_unless_it_is_named() {
    let api = Api::start(Options::default()).await;
    assert_eq!(from(&api, "http://localhost:3000").await.header(ALLOWED), None);
    assert_eq!(preflight(&api, "http://localhost:3000").await.status, 405);
}

/// A user would allow an origin that no browser ever names, and wonder.
#[test]
fn an_origin_is_written_as_browsers_write_it() {
    for good in
        ["http://localhost:3000", "https://billing.example.com", "http://[::1]:8080", "http://127.0.0.1"]
    {
        assert!(good.parse::<Origin>().is_ok(), "{good}");
    }
    for (bad, why) in [
        ("*", "no scheme"),
        ("localhost:3000", "no host"),
        ("ftp://a.example", "neither http nor https"),
        ("https://a.example/", "more than"),
        ("https://a.example/x", "more than"),
        ("https://A.example", "lower case"),
        ("https://a.example:443", "port of the scheme"),
        ("https://u:p@a.example", "names a user"),
        ("", "no URL"),
    ] {
        let error = bad.parse::<Origin>().unwrap_err().to_string();
        assert!(error.contains(why), "{bad}: {error}");
    }
}

/// A user could not find the request of a failure in the logs.
#[tokio::test]
async fn every_answer_carries_a_request_id_and_a_sane_one_is_kept() {
    let api = Api::start(Options::default()).await;
    let send = async |id: &str, path: &str| {
        let request = api.request(Method::GET, path).header("x-request-id", id);
        answer(request).await.header("x-request-id").unwrap().to_owned()
    };
    for path in ["/health", "/nowhere", "/billing/payments/nonsense/statements", "/docs/"] {
        assert_eq!(send("build-7/step_2", path).await, "build-7/step_2");
        let made = api.get(path).await.header("x-request-id").unwrap().to_owned();
        assert_eq!(made.len(), 36, "{path}: {made}");
        for wild in ["a b", "<script>", &"x".repeat(129), ""] {
            assert_eq!(send(wild, path).await.len(), 36, "{wild}");
        }
    }
}

/// A browser would take an answer for a page, or keep one tenant's bill for the next.
#[tokio::test]
async fn answers_tell_browsers_what_they_are() {
    let api = Api::start(Options::default()).await;
    for path in ["/health", "/nowhere", "/billing/credits/balance"] {
        let found = api.get(path).await;
        assert_eq!(found.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(found.header("cache-control"), Some("no-store"));
        assert_eq!(
            found.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'")
        );
    }
    let refused = api.post("/billing/meters", &Value::Null).await;
    assert_eq!((refused.status, refused.header("x-content-type-options")), (400, Some("nosniff")));
}
