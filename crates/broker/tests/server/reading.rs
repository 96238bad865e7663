//! Reading pacts and results, and the conventions of all answers.

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::running::{HAL, Pact, Running};

/// A pact would not be found again.
#[tokio::test]
async fn a_pact_is_read_by_version_branch_tag_and_content() {
    let broker = Running::start().await;
    for (version, branch, tags, content) in
        [("1", "main", &["dev"][..], "a"), ("2", "main", &[][..], "b"), ("3", "feat/ü x", &["dev"][..], "b")]
    {
        broker.publish(&Pact { version, branch: Some(branch), tags, content, ..Pact::default() }).await;
    }
    let sha = broker.get("/pacts/provider/Bar/consumer/Foo/version/1").await.json()["_links"]["pb:pact-version"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    for (path, version) in [
        ("version/1", "1"),
        ("latest", "3"),
        ("latest/dev", "3"),
        ("latest-untagged", "2"),
        ("branch/main/latest", "2"),
        ("branch/latest", "2"),
        ("branch/feat%2F%C3%BC%20x/latest", "3"),
        (&format!("pact-version/{sha}"), "1"),
        ("version/3/previous-distinct", "1"),
    ] {
        let pact = broker.get(&format!("/pacts/provider/Bar/consumer/Foo/{path}")).await.expect(200).json();
        assert_eq!(pact["_links"]["self"]["name"], format!("Pact between Foo ({version}) and Bar"), "{path}");
    }
    broker.get("/pacts/provider/Bar/consumer/Foo/version/1/previous-distinct").await.expect(404);
    let text = async |path: &str| broker.call(Method::GET, path, "text/plain", None).await.expect(200).text;
    let pair = "/pacts/provider/Bar/consumer/Foo";
    let diff = text(&format!("{pair}/version/2/diff/previous-distinct")).await;
    assert!(
        diff.contains("-      \"description\": \"get a\"")
            && diff.contains("+      \"description\": \"get b\"")
    );
    assert_eq!(diff, text(&format!("{pair}/version/2/diff/version/1")).await);
    assert!(text(&format!("{pair}/version/3/diff/version/2")).await.contains("the same"));
}

/// The client of a user would be told 406, or be sent something that it cannot read.
#[tokio::test]
async fn clients_get_what_they_accept() {
    let broker = Running::start().await;
    broker.publish(&Pact::default()).await;
    let pact = "/pacts/provider/Bar/consumer/Foo/version/1";
    let selectors = "/pacts/provider/Bar/for-verification";
    for (method, path, accept, status, media) in [
        (
            Method::GET,
            pact,
            "application/hal+json, application/json",
            200,
            "application/hal+json;charset=utf-8",
        ),
        (Method::GET, pact, "application/json", 200, "application/json;charset=utf-8"),
        (Method::GET, pact, "*/*", 200, "application/hal+json;charset=utf-8"),
        (Method::GET, pact, "text/csv", 406, ""),
        (Method::POST, selectors, "application/json", 406, ""),
        (
            Method::GET,
            "/matrix?q[][pacticipant]=Foo&q[][version]=1",
            "text/plain",
            200,
            "text/plain;charset=utf-8",
        ),
        (
            Method::GET,
            "/diagnostic/status/heartbeat",
            "application/json",
            200,
            "application/hal+json;charset=utf-8",
        ),
    ] {
        let answer = broker.call(method, path, accept, None).await.expect(status);
        assert_eq!(answer.header("content-type"), media, "{path} {accept}");
        assert_eq!((answer.header("vary"), answer.header("x-pact-broker-version")), ("Accept", "2.120.0"));
    }
    // The Rust verifier sends two headers.
    let request =
        broker.request(Method::POST, selectors).header(ACCEPT, HAL).header(ACCEPT, "application/json");
    broker.send(request.header("content-type", "application/json").body("{}")).await.expect(200);
    let options = broker.call(Method::OPTIONS, pact, HAL, None).await.expect(200);
    assert!(options.header("access-control-allow-methods").contains("PATCH"));
    let refused = broker.call(Method::POST, pact, HAL, None).await.expect(405);
    assert!(refused.header("allow").contains("PUT") && refused.text.is_empty());
    let problem = broker.call(
        Method::POST,
        "/pacticipants",
        "application/hal+json, application/problem+json",
        Some(json!({})),
    );
    let problem = problem.await.expect(400);
    assert_eq!(problem.header("content-type"), "application/problem+json;charset=utf-8");
    assert_eq!(problem.json()["errors"][0]["pointer"], "/name");
    let invalid = broker
        .request(Method::POST, "/pacticipants")
        .header(ACCEPT, "application/hal+json, application/problem+json");
    let invalid = broker.send(invalid.header("content-type", "application/json").body("{")).await.expect(400);
    assert_eq!(invalid.json()["status"], 400, "the original says 500 there");
}

/// Links that lead elsewhere than the user is would end a build.
#[tokio::test]
async fn links_lead_to_where_the_client_is_or_to_the_public_address() {
    let broker = Running::start().await;
    let index = broker.get("/").await.json();
    assert_eq!(index["_links"]["pb:pacticipants"]["href"], format!("{}/pacticipants", broker.url));
    let named = broker.request(Method::GET, "/").header("host", "broker.test:81").header(ACCEPT, HAL);
    assert_eq!(broker.send(named).await.json()["_links"]["self"]["href"], "http://broker.test:81");
    let public = Running::with(|settings| billtest_broker::server::Settings {
        public_url: Some("https://ci.test/pacts/".into()),
        ..settings
    })
    .await;
    let published = public.publish(&Pact::default()).await;
    let href = &published["_links"]["pb:contracts"][0]["href"];
    assert_eq!(href, "https://ci.test/pacts/pacts/provider/Bar/consumer/Foo/version/1");
}

/// A result would be lost, or shown for another pact.
#[tokio::test]
async fn results_are_kept_as_they_came() {
    let broker = Running::start().await;
    let pact = Pact::default();
    broker.publish(&pact).await;
    broker.publish(&Pact { provider: "Zed", version: "1", ..pact }).await;
    let served = broker.get("/pacts/provider/Bar/consumer/Foo/latest").await.json();
    let path = served["_links"]["pb:publish-verification-results"]["href"].as_str().unwrap().to_owned();
    let path = path.strip_prefix(&broker.url).unwrap().to_owned();
    let results = json!({"tests": [{"x": 1.10}], "summary": {"testCount": 1}});
    let body = json!({"success": true, "providerApplicationVersion": "7", "buildUrl": "http://ci/7", "testResults": results,
        "verifiedBy": {"implementation": "X", "clientLanguage": {"name": "Rust", "version": "1"}}});
    let made = broker.post(&path, body).await.expect(201);
    let kept = broker.get(made.location().strip_prefix(&broker.url).unwrap()).await.expect(200).json();
    assert_eq!(kept["testResults"], results);
    assert_eq!(
        kept["verifiedBy"],
        json!({"implementation": "X", "client_implementation": "Rust", "client_version": "1"})
    );
    assert_eq!(kept["_links"]["self"]["href"], made.location());
    let summary = broker.get("/verification-results/consumer/Foo/version/1/latest").await.expect(200).json();
    assert_eq!(summary["providerSummary"], json!({"successful": ["Bar"], "failed": [], "unknown": ["Zed"]}));
    assert_eq!(summary["success"], false);
    for wrong in
        [json!({}), json!({"success": "yes", "providerApplicationVersion": "1"}), json!({"success": true})]
    {
        broker.post(&path, wrong).await.expect(400);
    }
}

/// A list would end, or begin again, in the middle.
#[tokio::test]
async fn long_lists_come_in_pages() {
    let broker = Running::start().await;
    for number in 0..7 {
        broker
            .put(&format!("/pacticipants/Foo/branches/b{number}/versions/{number}"), json!({}))
            .await
            .expect(201);
    }
    let mut path = "/pacticipants/Foo/versions?pageSize=3".to_owned();
    let mut all = Vec::new();
    loop {
        let page = broker.get(&path).await.expect(200).json();
        assert_eq!(page["page"]["totalElements"], 7);
        let versions = page["_embedded"]["versions"].as_array().unwrap();
        all.extend(versions.iter().map(|one| one["number"].as_str().unwrap().to_owned()));
        match page["_links"]["next"]["href"].as_str() {
            Some(next) => path = next.strip_prefix(&broker.url).unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(all, ["6", "5", "4", "3", "2", "1", "0"]);
    let found = broker.get("/pacticipants/Foo/branches?q=5").await.json();
    let names: Vec<&Value> =
        found["_embedded"]["branches"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["b5"]);
}
