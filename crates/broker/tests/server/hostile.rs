//! Input that nobody sends by accident.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use super::running::{HAL, Pact, Running, contract};

/// Names that mean something to SQL, to HTML, to paths, to terminals.
const NAMES: [&str; 11] = [
    "'; DROP TABLE version; --",
    "\" OR 1=1 --",
    "<script>alert(1)</script>",
    "a/b/../c",
    "%2e%2e%2f",
    "名前 ünï 🦀",
    "a?b=c&d#e",
    "$1 {provider} ${pactbroker.pactUrl}",
    "a\\b",
    "%",
    "latest",
];

fn encoded(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A name would be cut, doubled, or run as a statement.
#[tokio::test]
async fn names_are_nothing_but_names() {
    let broker = Running::start().await;
    for (place, name) in NAMES.iter().enumerate() {
        let consumer = format!("{name} {place}");
        let pact = Pact {
            consumer: &consumer,
            provider: name,
            version: name,
            branch: Some(name),
            tags: &[name],
            ..Pact::default()
        };
        broker.publish(&pact).await;
        let (consumer, name_) = (encoded(&consumer), encoded(name));
        let pair = format!("/pacts/provider/{name_}/consumer/{consumer}");
        for path in [
            "latest".to_owned(),
            format!("version/{name_}"),
            format!("latest/{name_}"),
            format!("branch/{name_}/latest"),
        ] {
            let served = broker.get(&format!("{pair}/{path}")).await.expect(200).json();
            assert_eq!(served["provider"]["name"], *name, "{path}");
            for relation in ["self", "pb:provider", "pb:consumer-version", "pb:pact-version"] {
                let href = served["_links"][relation]["href"].as_str().unwrap();
                broker.get(href.strip_prefix(&broker.url).unwrap()).await.expect(200);
            }
        }
        let path = format!("/pacticipants/{consumer}/branches/{name_}/versions/{name_}");
        broker.get(&path).await.expect(200);
        let query = format!("q[][pacticipant]={consumer}&q[][version]={name_}&latestby=cvp");
        broker.get(&format!("/matrix?{query}")).await.expect(200);
        let page = broker.call(Method::GET, &format!("{pair}/latest"), "text/html", None).await.expect(200);
        assert!(!page.text.contains("<script"), "{name}");
    }
    let all = broker.get("/pacticipants").await.json();
    assert_eq!(all["_embedded"]["pacticipants"].as_array().unwrap().len(), 2 * NAMES.len());
}

/// A server that fails on nonsense fails everybody else with it.
#[tokio::test]
async fn nonsense_is_a_mistake_of_the_client() {
    let broker = Running::start().await;
    broker.publish(&Pact::default()).await;
    for (method, path) in [
        (Method::GET, "/pacticipants/%FF"),
        (Method::GET, "/pacticipants/a%00b"),
        (Method::GET, "/matrix?q[][pacticipant]=a%00b"),
        (Method::GET, "/matrix?q[][version]=1"),
        (Method::GET, "/matrix?q[]=1&q[][]=2&q[a]=3"),
        (Method::GET, "/pacticipants/Foo/versions?pageNumber=99999999999999999999"),
        (Method::PUT, "/pacticipants/Foo/versions/%0A"),
        (Method::PUT, "/pacticipants/Foo/versions/1/tags/%20"),
    ] {
        let answer = broker.call(method, path, HAL, None).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        assert!(answer.json().is_object());
    }
    for name in [".", "..", " ", "a\u{7}", &"x".repeat(501)] {
        broker.post("/contracts/publish", Pact { version: name, ..Pact::default() }.body()).await.expect(400);
    }
    for path in [
        "/pacticipants/Foo/versions?pageNumber=4611686018427387904&pageSize=10000",
        "/matrix?q[][pacticipant]=Foo&limit=-5",
        "/pacts/provider/Bar/consumer/Foo/pact-version/%27/metadata/%27",
    ] {
        assert!(broker.get(path).await.status < 500, "{path}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    for (path, body) in [
        ("/contracts/publish", "{".to_owned()),
        ("/contracts/publish", "[]".to_owned()),
        ("/contracts/publish", deep.clone()),
        ("/environments", format!("{{\"name\": {deep}}}")),
        ("/webhooks", "null".to_owned()),
        ("/pacts/provider/Bar/for-verification", "\u{feff}{}".to_owned()),
    ] {
        let request =
            broker.request(Method::POST, path).header(ACCEPT, HAL).header(CONTENT_TYPE, "application/json");
        let answer = broker.send(request.body(body)).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
    }
    for content in
        ["!!!", "AAAA====", "bm90IGpzb24=", &STANDARD.encode(&deep), &STANDARD.encode([0xff, 0xfe])]
    {
        let mut contract = contract("Foo", "Bar", "{}");
        contract["content"] = json!(content);
        let body =
            json!({"pacticipantName": "Foo", "pacticipantVersionNumber": "9", "contracts": [contract]});
        broker.post("/contracts/publish", body).await.expect(400);
    }
    broker.get("/diagnostic/status/dependencies").await.expect(200);
}

/// A team with a large contract could not use the broker.
#[tokio::test(flavor = "multi_thread")]
async fn a_pact_of_fifty_mebibytes_goes_in_and_comes_out() {
    let broker = Running::start().await;
    let mut pact = Pact::default().document();
    pact["interactions"][0]["response"]["body"] = json!("x".repeat(50 * 1024 * 1024 - 1024));
    let text = pact.to_string();
    let body = |version: &str, text: &str| json!({"pacticipantName": "Foo", "pacticipantVersionNumber": version, "contracts": [contract("Foo", "Bar", text)]});
    broker.post("/contracts/publish", body("1", &text)).await.expect(200);
    let served: Value = broker.get("/pacts/provider/Bar/consumer/Foo/version/1").await.expect(200).json();
    assert_eq!(served["interactions"][0]["response"]["body"], pact["interactions"][0]["response"]["body"]);
    pact["interactions"][0]["response"]["body"] = json!("x".repeat(60 * 1024 * 1024));
    let refused = broker.post("/contracts/publish", body("2", &pact.to_string())).await.expect(413);
    assert!(refused.json()["error"].as_str().unwrap().contains("longer than"), "{}", refused.text);
    broker.get("/pacticipants/Foo/versions/2").await.expect(404);
}
