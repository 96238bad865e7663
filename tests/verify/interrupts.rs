//! Ctrl-C and other requests to end: nothing that was started or set up stays behind.

use std::fs;

use serde_json::json;

use crate::fault_provider::{Fault, FaultProvider};
use crate::observed_provider::ObservedProvider;
use crate::workspace::{FreeAddress, Pipe, Workspace, get, gone, pact};

/// One interaction with a state, and one without.
fn two() -> String {
    pact(&[get("first", Some("one"), "/a", &json!({})), get("second", None, "/b", &json!({}))])
}

/// Whether this process was started like that (proc(5), `SigIgn`).
fn hangups_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 1
}

#[test]
fn an_interrupted_run_tears_down_what_it_set_up_and_says_what_was_left() {
    for signal in ["INT", "TERM", "HUP"] {
        // Where the tests themselves run under nohup, the verifier does so too.
        if signal == "HUP" && hangups_are_ignored() {
            continue;
        }
        let provider = FaultProvider::start(Fault::Hang);
        let workspace = Workspace::new();
        workspace.write("p.json", two());
        let states = format!("{}/state", provider.url);
        let run = workspace.start(&[
            "p.json",
            "--provider-url",
            &provider.url,
            "--state-change-url",
            &states,
            "--state-change-teardown",
            "--request-timeout",
            "60000",
        ]);
        while provider.requests() == 0 {
            std::thread::yield_now();
        }
        run.signal(signal);
        run.end().exits(130).says("stopped first").says("0 verified, 2 not verified, interrupted");
        assert!(provider.state_changes()[1].contains("teardown"));
        assert_eq!(provider.requests(), 1);
    }
}

/// A user would find a provider that still runs, and a database that --after-all was to remove.
#[test]
fn an_interrupt_before_the_first_request_ends_what_was_started_and_cleans_up() {
    let never = format!("{}; sleep 600 & wait", Pipe::ALIVE);
    for flag in ["--before-all", "--start-command"] {
        let workspace = Workspace::new();
        workspace.write("p.json", two());
        let alive = workspace.pipe("alive");
        let nobody = FreeAddress::new();
        let run = workspace.start(&[
            "p.json",
            "--provider-url",
            &nobody.url(),
            "--after-all",
            "echo after >> log",
            flag,
            &never,
        ]);
        let up = alive.up();
        run.signal("INT");
        run.end().exits(130).says("interrupted before anything was verified");
        gone(up);
        assert_eq!(workspace.read("log"), "after\n", "{flag}");
    }
}

/// A user who is in a hurry would have to look for the process to kill it.
#[test]
fn a_second_interrupt_ends_at_once_what_the_first_waits_for() {
    let provider = ObservedProvider::start(|_, _| (200, "{}".into()));
    let workspace = Workspace::new();
    workspace.write("p.json", two());
    let hang = format!("{}; sleep 600", Pipe::ALIVE);
    workspace.write(
        "states/one.toml",
        format!(
            "name = \"one\"\n[[setup]]\nrequest = {{ method = \"POST\", path = \"/s\" }}\n\
             [[teardown]]\nprogram = [\"sh\", \"-c\", \"{hang}\"]\ntimeout_ms = 600000\n"
        ),
    );
    let alive = workspace.pipe("alive");
    let run = workspace.start(&["p.json", "--states", "states", "--provider-url", &provider.url]);
    let up = alive.up();
    run.signal("INT");
    run.signal("TERM");
    run.end().exits(130).says("interrupted a second time");
    gone(up);
}

/// What was verified is known, and is not given away because the user lost patience with the last step.
#[test]
fn an_interrupt_while_all_is_cleaned_up_changes_nothing() {
    let provider = ObservedProvider::start(|_, _| (200, "{}".into()));
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", None, "/1", &json!({}))]));
    let (alive, go) = (workspace.pipe("alive"), workspace.pipe("go"));
    let after = format!("{}; cat go > /dev/null; echo after >> log", Pipe::ALIVE);
    let run = workspace.start(&["p.json", "--provider-url", &provider.url, "--after-all", &after]);
    let up = alive.up();
    run.signal("INT");
    go.open_for_writing();
    run.end().exits(0).says("1 verified");
    gone(up);
    assert_eq!(fs::read_to_string(workspace.path("log")).unwrap(), "after\n");
}

/// A provider that does not want to end would run on, on the port of the next run.
#[test]
fn a_second_interrupt_kills_a_provider_that_does_not_end() {
    let address = FreeAddress::new();
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("one", Some("S"), "/health", &json!({}))]));
    workspace.write(
        "states/s.toml",
        "name = \"S\"\n[[setup]]\nprogram = [\"sh\", \"-c\", \"exec 9>set; echo up >&9; sleep 600\"]\ntimeout_ms = 600000\n",
    );
    let (alive, set) = (workspace.pipe("alive"), workspace.pipe("set"));
    let mock = env!("CARGO_BIN_EXE_billtest");
    let stubborn =
        format!("trap '' TERM; {}; {mock} mock --listen {} & sleep 600", Pipe::ALIVE, address.text);
    let run = workspace.start(&[
        "p.json",
        "--states",
        "states",
        "--provider-url",
        &address.url(),
        "--start-command",
        &stubborn,
    ]);
    let up = alive.up();
    let hook = set.up();
    run.signal("INT");
    gone(hook);
    run.signal("TERM");
    run.end().exits(130);
    gone(up);
}

/// `nohup` would not keep a run going that outlives its terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_was_ignored_from_the_start_stays_ignored() {
    let provider = FaultProvider::start(Fault::Hang);
    let workspace = Workspace::new();
    workspace.write("p.json", pact(&[get("first", None, "/a", &json!({}))]));
    let verify = env!("CARGO_BIN_EXE_billtest-verify");
    let script = format!(
        "trap '' HUP; {verify} p.json --provider-url {} --request-timeout 60000 & echo $! > pid; wait $!",
        provider.url
    );
    let folder = workspace.path("");
    let mut shell = std::process::Command::new("sh");
    let mut shell =
        shell.args(["-c", &script]).current_dir(folder).stdout(std::process::Stdio::null()).spawn().unwrap();
    while provider.requests() == 0 {
        std::thread::yield_now();
    }
    let signal = |name: &str| {
        let pid = workspace.read("pid");
        std::process::Command::new("kill").args([name, pid.trim()]).status().unwrap();
    };
    signal("-HUP");
    assert!(shell.try_wait().unwrap().is_none());
    signal("-TERM");
    assert_eq!(shell.wait().unwrap().code(), Some(130));
}
