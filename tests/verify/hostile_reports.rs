//! Reports of pacts and providers that would act in a page, a table or a terminal, if they were let.

use serde_json::json;

use crate::fault_provider::{Fault, FaultProvider, HOSTILE, SECRET};
use crate::workspace::{Run, Workspace, get, pact};

const SCRIPT: &str =
    "</summary></td><script>alert(\"pact\")</script> 'it' | `b` <img src=x onerror=alert(1)>";

/// A run in which every text that comes from outside is hostile.
fn run(fault: Fault) -> (Workspace, Run) {
    let provider = FaultProvider::start(fault);
    let workspace = Workspace::new();
    let mut interaction = get(SCRIPT, Some(SCRIPT), "/a", &json!({"id": SCRIPT}));
    interaction["providerStates"][0]["params"] = json!({ SCRIPT: SCRIPT });
    interaction["request"]["method"] = json!("POST");
    interaction["request"]["body"] =
        json!({"content": {"note": SCRIPT}, "contentType": "application/json", "encoded": false});
    interaction["response"]["headers"] = json!({"Set-Cookie": ["a=b"], "X-<b>": [SCRIPT]});
    let document = pact(&[interaction]).replace("\"Shop\"", "\"<b>Shop|</b>\"");
    workspace.write("p.json", document);
    workspace.write("bad.json", "<script>");
    let states = format!("{}/state", provider.url);
    let run = workspace.verify(&[
        "p.json",
        "bad.json",
        "--provider-url",
        &provider.url,
        "--state-change-url",
        &states,
        "--header",
        "Authorization=Bearer a-secret-token",
        "--header",
        "X-Partner=a-secret-partner",
        "--json",
        "r.json",
        "--junit",
        "r.xml",
        "--html",
        "r.html",
        "--markdown",
        "r.md",
    ]);
    (workspace, run)
}

/// A user who opens the page would run the provider's script.
#[test]
fn nothing_of_a_pact_or_a_response_becomes_an_element_of_the_page() {
    for fault in [Fault::Hostile, Fault::Empty] {
        let (workspace, _) = run(fault);
        let page = workspace.read("r.html");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert_eq!(page.matches("</script").count(), 1);
        for element in ["<img", "<b>Shop", "</summary></td>", "onerror=alert(1)>"] {
            assert!(!page.contains(element), "{element} in {page}");
        }
        assert!(page.contains("&lt;script&gt;alert(&quot;pact&quot;)&lt;/script&gt;"));
        assert!(page.contains("default-src 'none'; style-src 'sha256-"));
        // Nothing is loaded from anywhere.
        assert!(!page.contains(" src=\"") && !page.contains(" href=\"") && !page.contains("url("));
    }
}

/// A CI server would refuse the file, or show a part of it.
#[test]
fn the_junit_report_is_xml_whatever_the_texts_are() {
    let (workspace, _) = run(Fault::Hostile);
    let report = quick_junit::Report::deserialize_from_str(&workspace.read("r.xml")).unwrap();
    let case = &report.test_suites[0].test_cases[0];
    assert_eq!(case.name.as_str(), format!("{SCRIPT}, given {SCRIPT}"));
    assert_eq!(case.classname.as_ref().unwrap().as_str(), "<b>Shop|</b>.BillingAPI");
}

/// The rest of the summary would be in the middle of a broken table, or in the provider's hands.
#[test]
fn the_markdown_report_keeps_its_form_whatever_the_texts_are() {
    let (workspace, _) = run(Fault::Hostile);
    let text = workspace.read("r.md");
    // Whatever stands in a fence is text; the fence is longer than any in it.
    let mut outside = Vec::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => outside.push(line),
        }
    }
    assert!(fence.is_none(), "{text}");
    assert!(text.contains("````text\n"), "{text}");
    for line in outside {
        let plain = without_code(line);
        for element in ["<script", "<img", "</td", "<b>Shop"] {
            assert!(!plain.contains(element), "{element} in {line}");
        }
        if let Some(row) = line.strip_prefix("| mismatched | ").filter(|row| row.contains("Shop")) {
            assert_eq!(row.replace("\\|", "").matches('|').count(), 4, "{row}");
        }
    }
}

/// A line of Markdown without its code spans, which are literal.
fn without_code(line: &str) -> String {
    let (mut plain, mut rest) = (String::new(), line);
    while let Some(start) = rest.find('`') {
        let escaped = rest[..start].ends_with('\\');
        let ticks: String = rest[start..].chars().take_while(|c| *c == '`').collect();
        let after = &rest[start + ticks.len()..];
        plain.push_str(&rest[..start]);
        rest = match after.find(&ticks) {
            Some(end) if !escaped => &after[end + ticks.len()..],
            _ => after,
        };
    }
    plain + rest
}

/// A user's token would be on a page that everybody can read.
#[test]
fn no_report_shows_a_secret() {
    let (workspace, run) = run(Fault::Hostile);
    let files = ["r.json", "r.xml", "r.html", "r.md"].map(|name| workspace.read(name));
    for text in files.iter().chain([&run.stdout, &run.stderr]) {
        // Neither a header that is known to carry secrets, nor another that the user gave.
        assert!(!text.contains("a-secret-token") && !text.contains("a-secret-partner"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn a_response_cannot_steer_the_terminal() {
    assert!(HOSTILE.contains('\u{1b}'));
    let (_, run) = run(Fault::Hostile);
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
}

#[test]
fn a_binary_body_is_shown_as_size_and_hash() {
    let (workspace, run) = run(Fault::Binary);
    let shown = "4 bytes, sha256 bdbaeb5461965483dc4a6d3f7ac8791caa77df6161646fb377f8df30eaac6359";
    for text in [&run.stdout, &workspace.read("r.html"), &workspace.read("r.md"), &workspace.read("r.xml")] {
        assert!(text.contains(shown), "{text}");
    }
    let report: serde_json::Value = serde_json::from_str(&workspace.read("r.json")).unwrap();
    assert_eq!(report["interactions"][0]["exchange"]["response"]["body"]["bytes"], 4);
}

/// A page with a response of a gigabyte in it is no page.
#[test]
fn a_long_body_is_cut_with_a_note() {
    let workspace = Workspace::new();
    let long = "x".repeat(50_000);
    let mut interaction = get("long", None, "/health", &json!({"status": long}));
    interaction["request"]["method"] = json!("POST");
    interaction["request"]["body"] = json!({"content": long, "contentType": "text/plain", "encoded": false});
    workspace.write("p.json", pact(&[interaction]));
    let provider = FaultProvider::start(Fault::Empty);
    workspace
        .verify(&["p.json", "--provider-url", &provider.url, "--html", "r.html", "--junit", "r.xml"])
        .exits(1);
    for name in ["r.html", "r.xml"] {
        let text = workspace.read(name);
        assert!(text.len() < 40_000, "{name} has {} bytes", text.len());
        assert!(text.contains("more characters)"), "{name}");
        assert!(text.contains("--data-binary @request-body"), "{name}");
        assert!(text.contains("50000 bytes, sha256 "), "{name}");
    }
}

/// The first differences would be a page away from the end, and the end would be ten thousand lines away.
#[test]
fn many_differences_are_cut_with_a_note_and_are_all_in_the_json_report() {
    let body: serde_json::Map<_, _> = (0..1200).map(|number| (format!("f{number:04}"), json!("x"))).collect();
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("many", None, "/a", &json!(body))]));
    let provider = FaultProvider::start(Fault::Empty);
    let run = workspace
        .verify(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--json",
            "r.json",
            "--html",
            "r.html",
            "--junit",
            "r.xml",
            "--markdown",
            "r.md",
        ])
        .exits(1);
    for text in [&run.stdout, &workspace.read("r.xml"), &workspace.read("r.md")] {
        assert!(text.contains("and 1100 more differences"), "{text}");
    }
    assert!(workspace.read("r.html").contains("and 200 more differences"));
    let report: serde_json::Value = serde_json::from_str(&workspace.read("r.json")).unwrap();
    assert_eq!(report["interactions"][0]["mismatches"].as_array().unwrap().len(), 1200);
}
