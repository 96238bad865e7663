use billtest_provider::Options;
use serde_json::Value;

use crate::api::Api;

/// A user without a network would see an empty page in place of the documentation.
#[tokio::test]
async fn the_documentation_comes_from_the_provider_alone() {
    let api = Api::start(Options::default()).await;
    let page = api.get("/docs/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    assert!(!page.text.contains("//cdn") && !page.text.contains("https://"), "{}", page.text);
    let mut assets = 0;
    for part in page.text.split(['"', '\'']).filter(|part| part.ends_with(".js") || part.ends_with(".css")) {
        let asset = api.get(&format!("/docs/{}", part.trim_start_matches("./"))).await;
        assert_eq!((asset.status, asset.text.is_empty()), (200, false), "{part}");
        assets += 1;
    }
    assert!(assets >= 3, "{}", page.text);
    assert!(api.get("/docs/swagger-initializer.js").await.text.contains("/openapi.json"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'self'"));
    assert_eq!(api.get("/docs").await.status, 200, "it leads to the page");
}

/// A tool that reads YAML would see another API than one that reads JSON.
#[tokio::test]
async fn the_document_is_the_same_in_both_notations() {
    let api = Api::start(Options::default()).await;
    let json = api.get("/openapi.json").await;
    let yaml = api.get("/openapi.yaml").await;
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    let json: Value = json.json();
    for path in json["paths"].as_object().unwrap().keys() {
        assert!(yaml.text.contains(&format!("  {path}:\n")), "{path}");
    }
    assert!(!json["paths"].as_object().unwrap().keys().any(|path| path.starts_with("/_billtest")));
    assert!(yaml.text.starts_with("openapi: 3.1.0\n"));
}

/// Who opens the address in a browser would not know what is there.
#[tokio::test]
async fn the_first_page_leads_to_the_others() {
    let api = Api::start(Options::default()).await;
    let page = api.get("/").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    for link in page.text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert_eq!(api.get(link).await.status, 200, "{link}");
    }
    assert_eq!(page.text.matches("href=").count(), 3);
}
