use super::*;

fn error(json: &Value) -> String {
    PactFile::parse("p.json", json.to_string().as_bytes()).unwrap_err().to_string()
}

fn with(interaction: &Value, version: &str) -> Value {
    json!({
        "consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [interaction],
        "metadata": {"pactSpecification": {"version": version}}
    })
}

#[test]
fn broken_json_is_reported_with_line_and_column() {
    let error = PactFile::parse("p.json", b"{\n  \"consumer\": }").unwrap_err().to_string();
    assert!(error.starts_with("p.json:2:15: is not JSON: expected value"), "{error}");
}

#[test]
fn what_is_no_pact_is_reported_with_the_place() {
    for (json, place) in [
        (json!([]), "$ is not an object"),
        (json!({"name": "package"}), "$.consumer.name is missing"),
        (json!({"consumer": {"name": "c"}, "provider": {}}), "$.provider.name"),
        (json!({"consumer": {"name": "c"}, "provider": {"name": "p"}}), "$.interactions is missing"),
        (json!({"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": 3}), "$.interactions"),
    ] {
        let error = error(&json);
        assert!(error.contains("p.json: is not a pact") && error.contains(place), "{error}");
    }
}

/// A user would believe an interaction verified that was never replayed.
#[test]
fn nothing_that_the_pact_crates_would_skip_or_guess_passes() {
    for (interaction, version, place) in [
        (
            json!({"description": "d", "request": {}, "response": {}}),
            "4.0",
            "$.interactions[0].type (\"d\") is missing",
        ),
        (json!({"description": "d", "type": "Carrier/Pigeon"}), "4.0", "Carrier/Pigeon"),
        (json!({"request": {}, "response": {}}), "3.0.0", "$.interactions[0].description is missing"),
        (json!({"description": "d", "response": {}}), "2.0.0", "has no `request`"),
        (
            json!({"description": "d", "request": {"method": "G T"}, "response": {}}),
            "2.0.0",
            ".request.method",
        ),
        (json!({"description": "d", "request": {}, "response": {"status": 0}}), "2.0.0", ".response.status"),
        (
            json!({"description": "d", "request": {}, "response": {"headers": []}}),
            "2.0.0",
            ".response.headers",
        ),
    ] {
        let error = error(&with(&interaction, version));
        assert!(error.contains(place), "{error}");
    }
}

#[test]
fn two_lists_are_two_pacts_and_an_empty_one_is_none() {
    let mut both = with(&json!({"description": "d", "request": {}, "response": {}}), "3.0.0");
    both["messages"] = json!([]);
    assert_eq!(PactFile::parse("p.json", both.to_string().as_bytes()).unwrap().interactions.len(), 1);
    both["messages"] = json!([{"description": "m", "contents": 1}]);
    assert!(error(&both).contains("split the file"));
    both["interactions"] = json!([]);
    assert_eq!(PactFile::parse("p.json", both.to_string().as_bytes()).unwrap().interactions.len(), 1);
}

#[test]
fn an_unknown_specification_is_refused_by_its_number() {
    let error = error(&with(&json!({"description": "d", "request": {}, "response": {}}), "5.0"));
    assert!(error.contains("`5.0`, which is unknown"), "{error}");
}

#[test]
fn every_version_that_is_in_use_is_read() {
    let http = json!({"type": "Synchronous/HTTP", "description": "d", "request": {"path": "/"}, "response": {"status": 200}});
    for version in ["1.0.0", "2.0.0", "3.0.0", "4.0"] {
        let pact = PactFile::parse("p.json", with(&http, version).to_string().as_bytes()).unwrap();
        assert_eq!(pact.interactions.len(), 1, "{version}");
        assert!(pact.interactions[0].content().unwrap().as_v4_http().is_some(), "{version}");
    }
    let old = json!({"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [http]});
    assert_eq!(PactFile::parse("p.json", old.to_string().as_bytes()).unwrap().specification, None);
    let mut with_mark = b"\xef\xbb\xbf".to_vec();
    with_mark.extend(old.to_string().bytes());
    assert!(PactFile::parse("p.json", &with_mark).is_ok());
}

#[test]
fn files_directories_and_patterns_are_found_once_each_and_sorted() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("deep/er")).unwrap();
    for name in ["b.json", "a.json", "deep/er/c.json", "README.md"] {
        fs::write(root.join(name), "{}").unwrap();
    }
    let text = |path: &str| root.join(path).display().to_string();
    let names = |sources: &[String]| -> Vec<String> {
        find(sources)
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(root).unwrap().display().to_string())
            .collect()
    };
    assert_eq!(names(&[text("")]), ["a.json", "b.json", "deep/er/c.json"]);
    assert_eq!(names(&[text("b.json"), text("*.json")]), ["a.json", "b.json"]);
    assert_eq!(names(&[text("**/*.json")]), ["a.json", "b.json", "deep/er/c.json"]);
    assert!(names(&[text("nothing-*.json")]).is_empty());
    assert_eq!(names(&[format!("{}//./*.json", root.display())]), ["a.json", "b.json"]);
    assert_eq!(names(&[text(""), format!("{}/./", root.display())]).len(), 3, "the same by two names");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/nowhere", root.join("notes.txt")).unwrap();
        std::os::unix::fs::symlink("/nowhere", root.join(".#lock.json")).unwrap();
        assert_eq!(names(&[text("")]).len(), 3, "an editor's lock is no pact");
    }
    assert!(matches!(find(&[text("missing.json")]), Err(PactError::NotFound { .. })));
    assert!(matches!(find(&[text("[")]), Err(PactError::InvalidPattern { .. })));
}
