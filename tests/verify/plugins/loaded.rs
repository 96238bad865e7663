//! The same with plugins built in, and a plugin written in Lua.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{bill, pact, reads_bill};
use crate::compatibility::{Answer, Provider};
use crate::workspace::{Run, Workspace, billtest_verify, project};

const TYPE: &str = "application/x-bill-lines";

/// Installs `bill-lines` in the workspace; its logs stay there too.
fn install(workspace: &Workspace) -> PathBuf {
    let installed = workspace.path("plugins");
    let place = installed.join("bill-lines");
    fs::create_dir_all(&place).unwrap();
    for file in ["pact-plugin.json", "bill_lines.lua"] {
        fs::copy(project().join("tests/verify/plugins/bill-lines").join(file), place.join(file)).unwrap();
    }
    installed
}

fn verifier(workspace: &Workspace, installed: &Path) -> Command {
    let mut command = billtest_verify();
    command.env("PACT_PLUGIN_DIR", installed).current_dir(workspace.path("."));
    // Whatever would be downloaded or told goes nowhere.
    command.env("HTTPS_PROXY", "http://127.0.0.1:1").env("https_proxy", "http://127.0.0.1:1");
    command
}

/// Verifies a pact where `bill-lines` is installed.
fn verify(workspace: &Workspace, provider: &Provider) -> Run {
    verify_with(workspace, provider, &install(workspace))
}

fn verify_with(workspace: &Workspace, provider: &Provider, installed: &Path) -> Run {
    let mut command = verifier(workspace, installed);
    Run::of(&command.args(["p.json", "--provider-url", &provider.url]).output().unwrap())
}

fn answers(text: &'static str) -> Provider {
    Provider::start(move |_| Answer::new(TYPE, text))
}

/// What differs would be decided by bytes: good bills refused, and the currency of the agreement forgotten.
#[test]
fn a_body_is_compared_by_its_plugin_with_the_configuration_of_pact_and_interaction() {
    let workspace = Workspace::new();
    workspace.write("p.json", pact("1.2.0", &[reads_bill()]));
    verify(&workspace, &answers("printed=friday\ntotal=10 EUR\nid=7\n")).exits(0).says("1 verified");
    verify(&workspace, &answers("total=11 EUR\nid=7\n"))
        .exits(1)
        .says("$.printed  the bill has no printed")
        .says("$.total  total is another");
    verify(&workspace, &answers("id=7\ntotal=10 USD\nprinted=monday\n"))
        .exits(1)
        .says("$.total  total is not in EUR");
}

/// JSON that is as agreed by the usual rules would never be shown to the plugin that owns it.
#[test]
fn json_that_a_plugin_owns_is_compared_by_it_and_not_as_json() {
    let workspace = Workspace::new();
    let kind = "application/signed-bill+json";
    let mut signed = reads_bill();
    signed["response"] = json!({
        "status": 200, "headers": {"Content-Type": [kind]},
        "body": {"content": {"id": 7}, "contentType": kind, "encoded": false}
    });
    workspace.write("p.json", pact("1.2.0", &[signed]));
    for (body, code) in [(r#"{"id": 8, "signature": "s"}"#, 0), (r#"{"id": 7}"#, 1)] {
        let provider = Provider::start(move |_| Answer::new(kind, body));
        let run = verify(&workspace, &provider).exits(code);
        if code == 1 {
            run.says("the bill is not signed");
        }
    }
}

/// A pact would be judged by a plugin that is too old to know what it says.
#[test]
fn an_older_installed_plugin_is_not_enough_and_a_newer_one_is() {
    let workspace = Workspace::new();
    let provider = answers("printed=friday\ntotal=10 EUR\nid=7\n");
    for (needed, code) in [("1.1.0", 0), ("1.2.0", 0), ("1.2.0.7", 0), ("1.3.0", 2)] {
        workspace.write("p.json", pact(needed, &[reads_bill()]));
        let run = verify(&workspace, &provider).exits(code);
        if code == 2 {
            run.says("p.json: needs plugin bill-lines 1.3.0, which is not installed");
        }
    }
}

/// Two pacts would start the same plugin twice, and one of the two processes would stay behind.
#[test]
fn a_plugin_is_started_once_for_all_pacts_of_a_run() {
    let workspace = Workspace::new();
    workspace.write("p.json", pact("1.2.0", &[reads_bill()]));
    workspace.write("q.json", pact("1.1.0", &[reads_bill()]));
    let provider = answers("printed=friday\ntotal=10 EUR\nid=7\n");
    let installed = install(&workspace);
    let mut command = verifier(&workspace, &installed);
    Run::of(&command.args(["p.json", "q.json", "--provider-url", &provider.url]).output().unwrap())
        .exits(0)
        .says("2 verified");
    // Each start has a log of its own.
    assert_eq!(fs::read_dir(installed.join("logs")).unwrap().count(), 1);
}

/// An event of a format that only the plugin reads would be compared by its bytes.
#[test]
fn messages_are_compared_by_their_plugin() {
    let workspace = Workspace::new();
    let contents = json!({"contents": bill("id=7\ntotal=10 EUR\n"), "metadata": {"contentType": TYPE}});
    let mut event = contents.clone();
    event["type"] = json!("Asynchronous/Messages");
    event["description"] = json!("a bill was made");
    let question = json!({
        "type": "Synchronous/Messages", "description": "which bill", "request": contents, "response": [contents]
    });
    workspace.write("p.json", pact("1.2.0", &[event, question]));
    verify(&workspace, &answers("total=10 EUR\nid=7\n")).exits(0).says("2 verified");
    verify(&workspace, &answers("total=12 EUR\nid=7\n"))
        .exits(1)
        .says("$.total  total is another")
        .says("0 verified, 2 mismatched");
}

/// The provider would be sent the example of the recording.
#[test]
fn a_request_body_is_generated_by_its_plugin() {
    let workspace = Workspace::new();
    let mut send = reads_bill();
    send["request"] = json!({
        "method": "POST", "path": "/bills", "headers": {"Content-Type": [TYPE]}, "body": bill("id=1\ntotal=10 EUR\n"),
        "generators": {"body": {"$.id": {"type": "RandomInt"}}}
    });
    workspace.write("p.json", pact("1.2.0", &[send]));
    let provider = answers("id=7\ntotal=10 EUR\nprinted=x\n");
    verify(&workspace, &provider).exits(0);
    assert_eq!(provider.seen()[0].body, "id=generated\ntotal=10 EUR\n");
}

/// A run that goes on without the plugin proves nothing, and one that stops half-way has changed the provider.
#[test]
fn a_plugin_that_is_missing_or_broken_stops_the_run_before_anything_is_sent() {
    let workspace = Workspace::new();
    workspace.write("p.json", pact("1.2.0", &[reads_bill()]));
    let provider = answers("");
    let nowhere = workspace.path("nowhere");
    verify_with(&workspace, &provider, &nowhere)
        .exits(2)
        .says("p.json: needs plugin bill-lines 1.2.0, which is not installed")
        .says("PACT_PLUGIN_DIR")
        .says("nothing is downloaded");

    let manifest = |entry: &str| {
        let manifest = json!({
            "pluginInterfaceVersion": 1, "name": "bill-lines", "version": "1.2.0", "executableType": "lua",
            "entryPoint": entry
        });
        workspace.write("broken/bill-lines/pact-plugin.json", manifest.to_string());
    };
    for (entry, script, said) in [
        ("gone.lua", None, "does not exist"),
        ("bad.lua", Some("this is no Lua"), "syntax error"),
        ("bad.lua", Some("function init() error('no licence') end"), "no licence"),
    ] {
        manifest(entry);
        if let Some(script) = script {
            workspace.write(&format!("broken/bill-lines/{entry}"), script);
        }
        verify_with(&workspace, &provider, &workspace.path("broken"))
            .exits(2)
            .says("p.json: needs plugin bill-lines 1.2.0, which does not start")
            .says(said);
    }
    assert!(provider.seen().is_empty());
}

/// Every run would leave a process behind.
#[cfg(unix)]
#[test]
fn a_plugin_process_that_does_not_answer_is_ended() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::{Duration, Instant};
    let workspace = Workspace::new();
    workspace.write("p.json", pact("1.2.0", &[reads_bill()]));
    let manifest = json!({
        "pluginInterfaceVersion": 1, "name": "bill-lines", "version": "1.2.0", "executableType": "exec",
        "entryPoint": "mute"
    });
    workspace.write("mute/bill-lines/pact-plugin.json", manifest.to_string());
    // It says where it listens, and nobody does. While it runs, it has the pipe open.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = json!({"port": closed, "serverKey": "k"});
    let pipe = workspace.path("alive");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script = format!("#!/bin/sh\nexec 3> '{}'\necho '{said}'\nexec sleep 60\n", pipe.display());
    let script = workspace.write("mute/bill-lines/mute", script);
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    let started = Instant::now();
    let ended = std::thread::spawn(move || fs::read(pipe).unwrap());
    verify_with(&workspace, &answers(""), &workspace.path("mute"))
        .exits(2)
        .says("needs plugin bill-lines 1.2.0, which does not start");
    assert!(ended.join().unwrap().is_empty());
    assert!(started.elapsed() < Duration::from_secs(50), "it was left to end by itself");
}

/// A comparison that broke off would be one in which nothing differed.
#[test]
fn a_plugin_that_breaks_down_over_a_body_is_no_success() {
    let workspace = Workspace::new();
    workspace.write("p.json", pact("1.2.0", &[reads_bill()]));
    let provider = answers("id=7\ntotal=10 EUR\nprinted=monday\n");
    verify(&workspace, &provider).exits(0);
    let script = workspace.path("plugins/bill-lines/bill_lines.lua");
    for breakdown in ["error('no room')", "return { error = 'no room' }"] {
        let whole = fs::read_to_string(&script).unwrap();
        fs::write(&script, format!("{whole}\nfunction match_contents(request) {breakdown} end\n")).unwrap();
        verify_with(&workspace, &provider, &workspace.path("plugins")).exits(1).says("no room");
    }
}

/// Plain JSON in the same pact would be taken for what only the plugin understands.
#[test]
fn contents_that_no_plugin_owns_are_compared_as_ever() {
    let workspace = Workspace::new();
    let plain: Value = json!({
        "type": "Synchronous/HTTP", "description": "read JSON", "request": {"method": "GET", "path": "/json"},
        "response": {"status": 200, "body": {"content": {"id": 7}, "contentType": "application/json"}}
    });
    workspace.write("p.json", pact("1.2.0", &[reads_bill(), plain]));
    let provider = Provider::start(|request| match request.target.as_str() {
        "/json" => Answer::json(&json!({"id": 7, "more": true})),
        _ => Answer::new(TYPE, "id=7\ntotal=10 EUR\nprinted=monday\n"),
    });
    verify(&workspace, &provider).exits(0).says("2 verified");
}
