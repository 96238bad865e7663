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
            "billtest-engine",
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

/// What strays into the top of the repository is shipped to everybody.
#[test]
fn nothing_lies_about_at_the_top() {
    let output = Command::new("git").args(["ls-files"]).current_dir(project()).output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        println!("skipped: this is no clone of the repository");
        return;
    };
    let listed = String::from_utf8(output.stdout).unwrap();
    let top: BTreeSet<&str> = listed.lines().filter_map(|path| path.split('/').next()).collect();
    let known = [
        ".cargo",
        ".ci",
        ".github",
        ".gitignore",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "benches",
        "clippy.toml",
        "crates",
        "docs",
        "examples",
        "pacts",
        "provider-states",
        "rustfmt.toml",
        "src",
        "tests",
    ];
    let strays: Vec<_> = top.iter().filter(|name| !known.contains(name)).collect();
    assert!(strays.is_empty(), "{strays:?}");
}

fn help(binary: &str, arguments: &[&str]) -> String {
    let output = Command::new(binary).args(arguments).env("COLUMNS", "100").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The commands below one, and those below them.
fn commands(path: &[String]) -> Vec<Vec<String>> {
    let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let help = help(env!("CARGO_BIN_EXE_billtest"), &arguments);
    let Some((_, list)) = help.split_once("Commands:\n") else { return vec![path.to_vec()] };
    let list = list.lines().take_while(|line| !line.is_empty());
    let names = list.filter_map(|line| {
        line.strip_prefix("  ")?.split_whitespace().next().filter(|_| !line.starts_with("   "))
    });
    let inner = names.filter(|name| *name != "help").map(|name| [path, &[name.to_owned()]].concat());
    inner.flat_map(|path| commands(&path)).collect()
}

/// A user would not find a command, or an option of it.
#[test]
fn the_readme_tells_every_command_of_the_broker_and_every_option() {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let section = readme.split_once("\n## The broker\n").unwrap().1.split_once("\n## ").unwrap().0;
    let all = commands(&["broker".to_owned()]);
    assert!(all.len() > 25, "{all:?}");
    for path in all {
        let name = path.last().unwrap();
        assert!(section.contains(&format!("`{name}")) || section.contains(&format!(" {name}")), "{path:?}");
        let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        for line in help(env!("CARGO_BIN_EXE_billtest"), &arguments).lines() {
            let option = line.trim_start().split(", ").find_map(|word| word.trim_start().strip_prefix("--"));
            if let Some(option) = option.and_then(|option| option.split([' ', '[']).next()) {
                assert!(section.contains(&format!("--{option}")), "{path:?} --{option}");
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
        (env!("CARGO_BIN_EXE_billtest"), &["broker", "--help"]),
        (env!("CARGO_BIN_EXE_billtest"), &["broker", "publish", "--help"]),
        (env!("CARGO_BIN_EXE_billtest"), &["broker", "can-i-deploy", "--help"]),
    ] {
        let help = help(binary, arguments);
        assert!(readme.contains(help.trim()), "write this into the README:\n{help}");
    }
}

/// Money would change under the Pact crates' feet: equality of numbers would become equality of texts.
#[test]
fn serde_json_is_built_without_arbitrary_precision() {
    assert_eq!(serde_json::json!(1.0).to_string(), "1.0");
    assert_eq!(serde_json::from_str::<Value>("1.10").unwrap(), serde_json::json!(1.1));
}

/// What runs on the base of a pull request would be published under the commit of the pull request, and a repository
/// that is a fork itself would publish nothing.
#[test]
fn actions_and_workflows_know_what_they_build() {
    const PULLED: &str = "startsWith(github.ref, 'refs/pull/') && github.event.pull_request.head.";
    const OWN: &str =
        "!github.event.pull_request || github.event.pull_request.head.repo.full_name == github.repository";
    let folder = project().join(".github");
    for name in ["publish", "verify", "can-i-deploy", "record-deployment"] {
        let text = fs::read_to_string(folder.join(format!("actions/{name}/action.yml"))).unwrap();
        assert!(text.contains(&format!("default: ${{{{ {PULLED}sha || github.sha }}}}")), "{name}");
        assert_eq!(text.matches("pull_request.head.").count(), text.matches(PULLED).count(), "{name}");
        assert!(!text.contains("head_ref"), "{name}");
    }
    for name in ["consumer", "provider"] {
        let text = fs::read_to_string(folder.join(format!("workflows/{name}.yml"))).unwrap();
        assert!(text.contains(&format!("if: ${{{{ {OWN} }}}}")), "{name}");
        assert!(text.contains("if: ${{ !github.event.pull_request && github.ref_name =="), "{name}");
        assert!(!text.contains("repo.fork"), "{name}");
    }
}
