//! The pages for people, as bytes and in a browser.

use std::process::Command;

use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::Method;

use super::running::{Pact, Running};

/// Elements that have no end.
const VOID: [&str; 4] = ["meta", "link", "input", "br"];

async fn page(broker: &Running, path: &str) -> String {
    let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    let answer = broker.call(Method::GET, path, accept, None).await.expect(200);
    assert_eq!(answer.header("content-type"), "text/html;charset=utf-8", "{path}");
    answer.text
}

/// Every element that begins ends, and in its place.
fn check(page: &str) {
    let mut reader = Reader::from_str(page);
    reader.config_mut().check_end_names = false;
    let mut open: Vec<String> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                let name = String::from_utf8(tag.name().as_ref().to_vec()).unwrap();
                if !VOID.contains(&name.as_str()) {
                    open.push(name);
                }
            }
            Event::End(tag) => {
                let name = String::from_utf8(tag.name().as_ref().to_vec()).unwrap();
                assert_eq!(open.pop().as_deref(), Some(name.as_str()), "{page}");
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?} have no end");
}

async fn filled() -> Running {
    let broker = Running::start().await;
    let first = Pact { tags: &["dev"], ..Pact::default() };
    broker.publish(&first).await;
    broker.publish(&Pact { consumer: "Bar", provider: "<Baz>", ..first }).await;
    broker.publish(&Pact { consumer: "<Baz>", provider: "Foo", ..first }).await;
    broker.verify(&first, "10", true).await;
    let prod = broker.environment("prod").await;
    broker.deploy("Bar", "10", &prod, "").await;
    broker
}

const PAGES: [(&str, &str); 8] = [
    ("/", "not verified"),
    ("/network", "Foo uses Bar"),
    ("/groups/Foo", "Network of Foo"),
    ("/matrix", "Choose an application"),
    ("/matrix?q[][pacticipant]=Foo&q[][version]=1&environment=prod&latestby=cvpv", ">yes<"),
    (
        "/matrix?q[][pacticipant]=Nope&q[][version]=&q[][pacticipant]=&q[][version]=",
        "Pacticipant Nope not found",
    ),
    ("/pacts/provider/Bar/consumer/Foo/version/1", "GET /a"),
    ("/doc/publish-contracts?context=index", "/contracts/publish"),
];

/// A person would see a broken page, or one that a name wrote into.
#[tokio::test]
async fn pages_are_whole_and_say_what_they_are_for() {
    let broker = filled().await;
    for (path, part) in PAGES {
        let text = page(&broker, path).await;
        check(&text);
        assert!(text.contains(part), "{path}: {text}");
        assert!(!text.contains("<Baz>") && !text.contains("<script"), "{path}");
    }
    let picture = page(&broker, "/network").await;
    assert_eq!(picture.matches("class=\"arrow").count(), 3, "a circle is drawn too");
    let empty = Running::start().await;
    assert!(page(&empty, "/").await.contains("No pacts have been published yet"));
    let redirect =
        broker.call(Method::GET, "/matrix/provider/Bar/consumer/Foo", "text/html", None).await.expect(303);
    page(&broker, redirect.location().strip_prefix(&broker.url).unwrap()).await;
}

/// Every link on a page leads somewhere.
#[tokio::test]
async fn no_link_is_dead() {
    let broker = filled().await;
    let mut seen = 0;
    for (path, _) in PAGES {
        let text = page(&broker, path).await;
        for rest in text.split("href=\"").skip(1) {
            let href = rest.split('"').next().unwrap().replace("&amp;", "&");
            let Some(path) = href.strip_prefix(&broker.url) else { continue };
            let answer = broker.call(Method::GET, path, "text/html,*/*;q=0.8", None).await;
            assert_eq!(answer.status, 200, "{href}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

fn browser() -> Option<&'static str> {
    ["chromium", "google-chrome", "chromium-browser"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

/// What a browser makes of a page.
fn shown(browser: &str, url: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", folder.path().display()))
        .args(["--virtual-time-budget=2000", "--dump-dom", url])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// It would look right in a test, and not to a person.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_them() {
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium on the path");
        return;
    };
    let broker = filled().await;
    for (path, part) in [
        ("/", "<td>10</td>"),
        ("/network", "marker-end=\"url(#tip)\""),
        ("/matrix?q[][pacticipant]=Foo&q[][version]=1&environment=prod&latestby=cvpv", "yes"),
        ("/pacts/provider/Bar/consumer/Foo/version/1", "GET /a"),
    ] {
        let url = format!("{}{path}", broker.url);
        let dom = tokio::task::spawn_blocking(move || shown(browser, &url)).await.unwrap();
        assert!(dom.contains(part), "{path}: {dom}");
    }
}
