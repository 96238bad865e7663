//! Pacts that other Pact libraries wrote, against the mock provider.

use crate::workspace::{Workspace, project};

/// A team that has pacts already would have to write them anew.
#[test]
fn pacts_of_other_libraries_verify_as_they_are() {
    let workspace = Workspace::new();
    let mut names: Vec<String> = std::fs::read_dir(project().join("tests/foreign"))
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    for name in &names {
        workspace.verify(&["--mock", name]).exits(0);
    }
}
