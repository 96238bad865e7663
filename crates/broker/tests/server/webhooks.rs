//! Webhooks to a server that can be told to fail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use billtest_broker::server::{Settings, WebhookRules};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::running::{Pact, Running};

/// A request as it came.
#[derive(Debug)]
struct Called {
    line: String,
    authorization: Option<String>,
    body: Value,
}

/// Where webhooks go.
struct Hooks {
    url: String,
    calls: UnboundedReceiver<Called>,
    /// How many are still to be failed.
    failures: Arc<Mutex<usize>>,
}

async fn take(
    State((sender, failures)): State<(UnboundedSender<Called>, Arc<Mutex<usize>>)>,
    request: Request,
) -> StatusCode {
    let line = format!("{} {}", request.method(), request.uri());
    let authorization =
        request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(request.into_body(), 100_000).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    let _ = sender.send(Called { line, authorization, body });
    let mut left = failures.lock().unwrap();
    if *left > 0 {
        *left -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

impl Hooks {
    async fn start(failing: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, calls) = unbounded_channel();
        let failures = Arc::new(Mutex::new(failing));
        let router = Router::new().fallback(take).with_state((sender, failures.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, calls, failures }
    }

    async fn next(&mut self) -> Called {
        tokio::time::timeout(Duration::from_secs(20), self.calls.recv()).await.unwrap().unwrap()
    }

    fn definition(&self, event: &str) -> Value {
        json!({"description": "build", "events": [{"name": event}], "request": {
            "method": "POST", "url": format!("{}/build?c=${{pactbroker.consumerName}}", self.url),
            "headers": {"Content-Type": "application/json", "X-Token": "s3cret"}, "username": "u", "password": "p4ss",
            "body": {"pact": "${pactbroker.pactUrl}", "branch": "${pactbroker.consumerVersionBranch}",
                "status": "${pactbroker.githubVerificationStatus}", "provider": "${pactbroker.providerVersionNumber}"}}})
    }
}

fn rules(pauses: &[u64]) -> WebhookRules {
    WebhookRules {
        hosts: vec!["127.0.0.1".into()],
        pauses: pauses.iter().map(|pause| Duration::from_millis(*pause)).collect(),
        ..WebhookRules::default()
    }
}

async fn broker(pauses: &[u64]) -> Running {
    Running::with(|settings| Settings { webhooks: rules(pauses), ..settings }).await
}

/// The log of a triggered webhook once it says this; waits for the broker to write it.
async fn log(broker: &Running, path: &str, part: &str) -> String {
    let reading = async {
        loop {
            let log = broker.call(Method::GET, path, "text/plain", None).await.expect(200).text;
            if log.contains(part) {
                return log;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap()
}

fn log_path(broker: &Running, published: &Value) -> String {
    let text = published["notices"].to_string();
    let (_, rest) = text.split_once("View logs at ").unwrap();
    let url = rest.split('"').next().unwrap();
    url.strip_prefix(&broker.url).unwrap().to_owned()
}

/// A provider would not be built for a changed contract.
#[tokio::test]
async fn a_changed_pact_and_a_result_are_announced() {
    let broker = broker(&[]).await;
    let mut hooks = Hooks::start(0).await;
    broker.post("/webhooks", hooks.definition("contract_content_changed")).await.expect(201);
    broker.post("/webhooks", hooks.definition("provider_verification_failed")).await.expect(201);
    let first = Pact { consumer: "Foo & Co", branch: Some("feat/\"x\""), ..Pact::default() };
    let published = broker.publish(&first).await;
    let called = hooks.next().await;
    assert_eq!(called.line, "POST /build?c=Foo%20%26%20Co");
    assert_eq!(called.authorization.unwrap(), "Basic dTpwNHNz");
    assert_eq!((&called.body["branch"], &called.body["status"]), (&json!("feat/\"x\""), &json!("pending")));
    let pact = called.body["pact"].as_str().unwrap();
    broker.get(pact.strip_prefix(&broker.url).unwrap()).await.expect(200);
    let log = log(&broker, &log_path(&broker, &published), "answered with 200").await;
    assert!(log.contains("**********") && !log.contains("s3cret") && !log.contains("p4ss"), "{log}");
    broker.publish(&first).await;
    let encoded = Pact { consumer: "Foo%20&%20Co", ..first };
    broker.verify(&encoded, "10", true).await;
    broker.verify(&encoded, "11", false).await;
    let called = hooks.next().await;
    assert_eq!((&called.body["status"], &called.body["provider"]), (&json!("failure"), &json!("11")));
    assert!(hooks.calls.try_recv().is_err(), "neither the same content nor a success was waited for");
}

/// Whoever changes one word of a webhook in a form would overwrite the secrets that the form does not show.
#[tokio::test]
async fn a_webhook_that_is_put_back_as_it_was_shown_keeps_its_secrets() {
    let broker = broker(&[]).await;
    let mut hooks = Hooks::start(0).await;
    let mut definition = hooks.definition("contract_published");
    definition["request"]["headers"] =
        json!({"Authorization": "Bearer s3cret", "X-Auth-Key": "k3y", "X-Plain": "p"});
    let request = definition["request"].as_object_mut().unwrap();
    request.remove("username");
    request.remove("password");
    let made = broker.post("/webhooks", definition).await.expect(201);
    assert!(!made.text.contains("s3cret") && !made.text.contains("k3y"), "{}", made.text);
    let path = made.location().strip_prefix(&broker.url).unwrap().to_owned();
    let mut shown = broker.get(&path).await.json();
    shown["description"] = json!("another word");
    shown["request"]["headers"]["x-auth-key"] = json!("n3w");
    broker.put(&path, shown).await.expect(200);
    broker.publish(&Pact::default()).await;
    let called = hooks.next().await;
    assert_eq!(called.authorization.unwrap(), "Bearer s3cret");
}

/// A definition that is half understood would be sent for pacts that it is not for.
#[tokio::test]
async fn a_webhook_that_is_not_understood_is_refused() {
    let broker = broker(&[]).await;
    let hooks = Hooks::start(0).await;
    broker.publish(&Pact::default()).await;
    for (path, value, field) in [
        ("/consumer", json!("Foo"), "consumer"),
        ("/provider", json!(["Bar"]), "provider"),
        ("/consumer", json!({"label": 3}), "consumer.label"),
        ("/enabled", json!("false"), "enabled"),
        ("/request/headers", json!(["x"]), "request.headers"),
        ("/request/headers", json!({"bad name": "x"}), "request.headers"),
        ("/request/headers", json!({"x": "a\nb"}), "request.headers"),
        ("/request/username", json!(5), "request.username"),
    ] {
        let mut definition = hooks.definition("contract_published");
        definition["consumer"] = json!({"name": "Foo"});
        definition["provider"] = json!({"name": "Bar"});
        definition["enabled"] = json!(true);
        *definition.pointer_mut(path).unwrap() = value.clone();
        let refused = broker.post("/webhooks", definition).await.expect(400).json();
        assert!(refused["errors"].get(field).is_some(), "{path} {value}: {refused}");
    }
    let kept = broker.get("/webhooks").await.json();
    assert_eq!(kept["_links"]["pb:webhooks"], json!([]), "{kept}");
}

/// A build server that hangs would hold up the builds of everybody else.
#[tokio::test]
async fn a_webhook_does_not_wait_for_another() {
    let broker = broker(&[]).await;
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut hooks = Hooks::start(0).await;
    broker.publish(&Pact { provider: "Slow", ..Pact::default() }).await;
    broker.publish(&Pact { provider: "Fast", ..Pact::default() }).await;
    let mut slow = hooks.definition("contract_content_changed");
    slow["provider"] = json!({"name": "Slow"});
    slow["request"]["url"] = json!(format!("http://{}/", hanging.local_addr().unwrap()));
    broker.post("/webhooks", slow).await.expect(201);
    let mut fast = hooks.definition("contract_content_changed");
    fast["provider"] = json!({"name": "Fast"});
    broker.post("/webhooks", fast).await.expect(201);
    broker.publish(&Pact { provider: "Slow", version: "2", content: "b", ..Pact::default() }).await;
    let (held, _) = hanging.accept().await.unwrap();
    broker.publish(&Pact { provider: "Fast", version: "2", content: "b", ..Pact::default() }).await;
    assert!(hooks.next().await.line.starts_with("POST /build"), "the other is sent while this one hangs");
    drop(held);
}

/// A provider's build server that restarts would miss a contract for ever.
#[tokio::test]
async fn what_fails_is_sent_again_and_written_down() {
    let broker = broker(&[1, 1]).await;
    let mut hooks = Hooks::start(2).await;
    broker.post("/webhooks", hooks.definition("contract_published")).await.expect(201);
    let published = broker.publish(&Pact::default()).await;
    for _ in 0..3 {
        hooks.next().await;
    }
    let log = log(&broker, &log_path(&broker, &published), "answered with 200").await;
    assert_eq!(log.matches("answered with 503").count(), 2);
    let status = broker.get("/pacts/provider/Bar/consumer/Foo/webhooks/status").await.json();
    let sent = &status["_embedded"]["triggeredWebhooks"][0];
    assert_eq!(
        (&sent["status"], &sent["attemptsMade"], &sent["attemptsRemaining"]),
        (&json!("success"), &json!(3), &json!(0))
    );
    *hooks.failures.lock().unwrap() = 9;
    let published = broker.publish(&Pact { version: "2", content: "b", ..Pact::default() }).await;
    for _ in 0..3 {
        hooks.next().await;
    }
    let path = log_path(&broker, &published);
    let reading = async {
        loop {
            let status = broker.get("/pacts/provider/Bar/consumer/Foo/webhooks/status").await.json();
            if status["_embedded"]["triggeredWebhooks"][0]["status"] == "failure" {
                return status;
            }
            tokio::task::yield_now().await;
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap();
    assert_eq!(status["summary"]["failed"], 1);
    assert_eq!(
        broker.call(Method::GET, &path, "text/plain", None).await.text.matches("answered with 503").count(),
        3
    );
}

/// What was promised before a restart would be forgotten by it.
#[tokio::test]
async fn what_was_not_sent_before_a_restart_is_sent_after_it() {
    let broker = broker(&[1000]).await;
    let mut hooks = Hooks::start(1).await;
    broker.post("/webhooks", hooks.definition("contract_published")).await.expect(201);
    broker.publish(&Pact::default()).await;
    hooks.next().await;
    let data = broker.stop().await;
    let settings = Settings { webhooks: rules(&[1000]), ..data.settings() };
    let _broker = Running::on(data, settings).await;
    hooks.next().await;
}

/// Whoever may publish could reach what stands behind the broker.
#[tokio::test]
async fn webhooks_go_only_where_they_may() {
    let broker = Running::start().await;
    let hooks = Hooks::start(0).await;
    let refused = broker.post("/webhooks", hooks.definition("contract_published")).await.expect(400);
    assert!(
        refused.json()["errors"]["request.url"][0].as_str().unwrap().contains("--webhook-host"),
        "{}",
        refused.text
    );
    for (change, field) in [
        (json!({"url": "ftp://x.test/"}), "request.url"),
        (json!({"url": "https://x.test/", "method": "GET"}), "request.method"),
    ] {
        let mut definition = hooks.definition("contract_published");
        for (name, value) in change.as_object().unwrap() {
            definition["request"][name] = value.clone();
        }
        let refused = broker.post("/webhooks", definition).await.expect(400).json();
        assert!(refused["errors"][field].is_array(), "{refused}");
    }
    let mut unknown = hooks.definition("contract_published");
    unknown["request"]["url"] = json!("https://x.test/");
    unknown["provider"] = json!({"name": "Nobody"});
    unknown["events"] = json!([{"name": "nothing"}]);
    let refused = broker.post("/webhooks", unknown).await.expect(400).json();
    assert!(
        refused["errors"]["provider.name"].is_array() && refused["errors"]["events"].is_array(),
        "{refused}"
    );
}

/// A webhook for one team would call for all, and its password be read by them.
#[tokio::test]
async fn a_webhook_is_for_its_pair_or_label_and_hides_its_secrets() {
    let broker = broker(&[]).await;
    let mut hooks = Hooks::start(0).await;
    broker.publish(&Pact::default()).await;
    broker.publish(&Pact { consumer: "Zoo", ..Pact::default() }).await;
    broker.put("/pacticipants/Zoo/labels/ui", json!({})).await.expect(201);
    let mut labelled = hooks.definition("contract_published");
    labelled["consumer"] = json!({"label": "ui"});
    let made = broker.post("/webhooks", labelled).await.expect(201);
    assert!(!made.text.contains("s3cret") && !made.text.contains("p4ss"), "{}", made.text);
    broker.publish(&Pact { version: "2", ..Pact::default() }).await;
    broker.publish(&Pact { consumer: "Zoo", version: "2", ..Pact::default() }).await;
    assert_eq!(hooks.next().await.line, "POST /build?c=Zoo");
    // What is shown hidden and sent back is not a new password.
    let path = made.location().strip_prefix(&broker.url).unwrap().to_owned();
    let mut shown = made.json();
    shown["enabled"] = json!(false);
    shown["request"]["headers"] = json!({});
    broker.put(&path, shown).await.expect(200);
    let done = broker.post(&format!("{path}/execute"), json!({})).await.expect(200).json();
    assert_eq!(done["success"], true, "{done}");
    assert_eq!(hooks.next().await.authorization.unwrap(), "Basic dTpwNHNz");
    broker.publish(&Pact { consumer: "Zoo", version: "3", ..Pact::default() }).await;
    broker.delete(&path).await.expect(204);
    assert!(hooks.calls.try_recv().is_err(), "it is not enabled");
}
