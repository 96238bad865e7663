//! Users, and who may do what.

use billtest_broker::server::{Settings, User};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;

use super::running::{HAL, Pact, Running};

async fn closed() -> Running {
    let user = |name: &str, password: &str, read_only| User {
        name: name.into(),
        password: password.into(),
        read_only,
    };
    Running::with(|settings| Settings {
        users: vec![user("ci", "s3cret:ü", false), user("team", "look", true)],
        ..settings
    })
    .await
}

async fn status(broker: &Running, login: Option<(&str, &str)>, method: Method, path: &str) -> u16 {
    let mut request = broker.request(method, path).header(ACCEPT, HAL);
    if let Some((user, password)) = login {
        request = request.basic_auth(user, Some(password));
    }
    let body = Pact::default().body().to_string();
    let body = if path == "/contracts/publish" { body } else { json!({}).to_string() };
    broker.send(request.header(CONTENT_TYPE, "application/json").body(body)).await.status
}

/// Contracts of a company would be everybody's.
#[tokio::test]
async fn only_users_come_in_and_readers_change_nothing() {
    let broker = closed().await;
    let (ci, team) = (Some(("ci", "s3cret:ü")), Some(("team", "look")));
    for login in [None, Some(("ci", "wrong")), Some(("ci", "")), Some(("", "")), Some(("CI", "s3cret:ü"))] {
        for path in ["/", "/diagnostic/status/heartbeat", "/nope", "/pacticipants/%FF"] {
            assert!(matches!(status(&broker, login, Method::GET, path).await, 400 | 401), "{login:?} {path}");
        }
        assert_eq!(status(&broker, login, Method::POST, "/contracts/publish").await, 401);
    }
    assert_eq!(status(&broker, team, Method::POST, "/contracts/publish").await, 403);
    assert_eq!(status(&broker, ci, Method::POST, "/contracts/publish").await, 200);
    assert_eq!(status(&broker, team, Method::GET, "/pacts/provider/Bar/consumer/Foo/latest").await, 200);
    assert_eq!(status(&broker, team, Method::POST, "/pacts/provider/Bar/for-verification").await, 200);
    assert_eq!(status(&broker, team, Method::DELETE, "/pacticipants/Foo").await, 403);
    for (method, path) in [
        (Method::PUT, "/pacticipants/x%2Ffor-verification"),
        (Method::POST, "/webhooks/provider/for-verification"),
        (Method::POST, "/pacts/provider/a/b/for-verification"),
        (Method::POST, "/pacts/provider//for-verification"),
    ] {
        assert_eq!(status(&broker, team, method, path).await, 403, "{path}");
    }
    let asked = broker.get("/").await.expect(401);
    assert!(asked.header("www-authenticate").starts_with("Basic realm="), "a browser asks its user");
    assert!(asked.text.is_empty());
}

/// A password in a log is a password of everybody who reads logs.
#[tokio::test]
async fn settings_show_no_password() {
    let broker = closed().await;
    let settings = Settings {
        users: vec![User { name: "ci".into(), password: "s3cret".into(), read_only: false }],
        ..broker.data.settings()
    };
    assert!(!format!("{settings:?}").contains("s3cret"));
}
