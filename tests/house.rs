//! The house itself: which crate may use which, and that what is generated is what is committed.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Which crates of the workspace each may depend on. An arrow that is not here is a design decision, not a detail:
/// the verifier that knew the mock provider would verify itself.
const ARROWS: [(&str, &[&str]); 9] = [
    ("billtest-models", &[]),
    ("billtest-engine", &["billtest-models"]),
    ("billtest-contract", &[]),
    ("billtest-broker", &["billtest-contract"]),
    ("billtest-recorder", &["billtest-contract"]),
    ("billtest-provider", &["billtest-contract", "billtest-engine", "billtest-models"]),
    ("billtest-verifier", &["billtest-contract"]),
    (
        "billtest-cli",
        &[
            "billtest-broker",
            "billtest-contract",
            "billtest-models",
            "billtest-provider",
            "billtest-verifier",
        ],
    ),
    ("billtest", &["billtest-cli", "billtest-models", "billtest-recorder"]),
];

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(project())
        .output()
        .unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn no_crate_uses_one_that_it_must_not_know() {
    let metadata = metadata();
    let packages: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["name"].as_str().unwrap(), package))
        .collect();
    assert_eq!(
        packages.keys().copied().collect::<BTreeSet<_>>(),
        ARROWS.iter().map(|(name, _)| *name).collect()
    );
    for (name, allowed) in ARROWS {
        for dependency in packages[name]["dependencies"].as_array().unwrap() {
            let target = dependency["name"].as_str().unwrap();
            if dependency["kind"].is_null() && packages.contains_key(target) {
                assert!(allowed.contains(&target), "{name} must not use {target}");
            }
        }
    }
}

/// A user would copy a command that does not exist any more.
#[test]
fn the_readme_shows_the_help_as_it_is() {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    for (binary, arguments) in [
        (env!("CARGO_BIN_EXE_billtest-verify"), &["--help"][..]),
        (env!("CARGO_BIN_EXE_billtest"), &["mock", "--help"]),
        (env!("CARGO_BIN_EXE_billtest"), &["broker", "serve", "--help"]),
    ] {
        let output = Command::new(binary).args(arguments).env("COLUMNS", "100").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let help = help.join("\n");
        assert!(readme.contains(help.trim()), "write this into the README:\n{help}");
    }
}

/// Money would change under the Pact crates' feet: equality of numbers would become equality of texts.
#[test]
fn serde_json_is_built_without_arbitrary_precision() {
    assert_eq!(serde_json::json!(1.0).to_string(), "1.0");
    assert_eq!(serde_json::from_str::<Value>("1.10").unwrap(), serde_json::json!(1.1));
}
