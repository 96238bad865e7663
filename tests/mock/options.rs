use serde_json::{Value, json};

use crate::workspace::{Mock, Workspace};

fn start(workspace: &Workspace, options: &[&str]) -> Mock {
    let all: Vec<&str> = ["--listen", "127.0.0.1:0"].iter().chain(options).copied().collect();
    Mock::start_in(&workspace.path("."), &all)
}

/// Snapshots of a client's test would change with every run.
#[test]
fn two_runs_with_a_seed_and_a_time_answer_byte_for_byte_the_same() {
    let workspace = Workspace::new();
    let run = |options: &[&str]| {
        let mock = start(&workspace, options);
        let reading =
            json!({"counterName": "storage.volume.ssd", "counterType": "DELTA", "counterVolume": "2"});
        let grant = json!({"amount": 50, "creditType": "FREE"});
        vec![
            mock.get("/health", &[]),
            mock.post("/billing/meters", &json!({"meterList": [reading, reading]})),
            mock.post("/billing/admin/campaign/C/give", &grant),
            mock.post("/billing/contracts", &json!({"discountRate": 0.1})),
            mock.post("/billing/admin/calculations", &json!({"month": "2025-01", "includeUsage": true})),
            mock.get("/billing/payments/2025-01/statements", &[("uuid", "t")]),
            mock.post("/billing/payments/2025-01", &json!({})),
            mock.post("/billing/meters", &json!({"counterName": "x"})),
            mock.send("PUT", "/_billtest/clock", &[], r#"{"advance": 86400}"#),
            mock.get("/billing/credits/history?uuid=t", &[]),
        ]
    };
    let options = ["--seed", "7", "--now", "2025-01-31T23:59:00+09:00"];
    let first = run(&options);
    assert_eq!(first, run(&options));
    assert_eq!(
        first.iter().map(|answer| answer.status).collect::<Vec<_>>(),
        [200, 200, 200, 200, 200, 200, 200, 400, 200, 200]
    );
    assert_eq!(first[0].json()["timestamp"], "2025-01-31T14:59:00+00:00");
    let other = run(&["--seed", "8", "--now", "2025-01-31T23:59:00+09:00"]);
    assert_ne!(first[1].body, other[1].body, "the seed decides");
    workspace.write("billtest.toml", "seed = 7\nnow = '2025-01-31T14:59:00Z'\n");
    assert_eq!(first, run(&[]), "and may be configured");
}

/// A user would believe in a limit, or in an origin, that is not there.
#[test]
fn limits_and_origins_are_those_of_the_command_line() {
    let workspace = Workspace::new();
    let mock = start(
        &workspace,
        &[
            "--rate-limit",
            "3",
            "--cors-origin",
            "http://localhost:3000",
            "--cors-origin",
            "https://a.example",
        ],
    );
    let page = mock.get("/billing/credits/balance", &[("Origin", "https://a.example")]);
    assert_eq!(page.header("access-control-allow-origin"), Some("https://a.example"));
    assert_eq!(page.header("x-ratelimit-limit"), Some("3"));
    assert_eq!(
        mock.get("/health", &[("Origin", "https://b.example")]).header("access-control-allow-origin"),
        None
    );
    let plain = start(&workspace, &[]);
    assert_eq!(plain.get("/billing/credits/balance", &[]).header("x-ratelimit-limit"), None);
}

/// Tenants of a tester who went home would be there for ever, or those of one at work vanish.
#[test]
fn the_number_of_tenants_is_bounded() {
    let workspace = Workspace::new();
    let mock = start(&workspace, &["--max-tenants", "2", "--tenant-idle", "15m"]);
    for tenant in ["a", "b", "c"] {
        let body = json!({"contractId": "C"}).to_string();
        assert_eq!(mock.send("POST", "/billing/contracts", &[("uuid", tenant)], &body).status, 200);
    }
    assert_eq!(mock.get("/health", &[]).json()["tenants"], 2);
    assert_eq!(mock.get("/billing/contracts/C", &[("uuid", "a")]).status, 404);
    assert_eq!(mock.get("/billing/contracts/C", &[("uuid", "c")]).status, 200);
}

/// A user would wait for a provider that was never to start, or run one that is not as it was to be.
#[test]
fn what_is_no_value_is_refused_with_what_would_be_one() {
    let workspace = Workspace::new();
    for (options, said) in [
        (["--now", "yesterday"], "`yesterday` is not an RFC 3339 time"),
        (["--now", "9999-01-01T00:00:00Z"], "the clock stands in the years 1970 to 9998"),
        (["--seed", "x"], "invalid digit"),
        (["--rate-limit", "0"], "above 0"),
        (["--tenant-idle", "soon"], "90s, 15m or 1h"),
        (["--tenant-idle", "10ms"], "a second or longer"),
        (["--max-tenants", "0"], "above 0"),
        (["--cors-origin", "http://localhost:3000/"], "more than scheme, host and port"),
        (["--cors-origin", "*"], "no origin"),
    ] {
        workspace.billtest(&["mock", "--listen", "127.0.0.1:0", options[0], options[1]]).exits(2).says(said);
    }
    workspace.write("billtest.toml", "rate-limit = 0\ntenant-idle = 'soon'\ncors-origin = ['*']\n");
    let refused = workspace.billtest(&["mock"]).exits(2);
    for line in [
        "billtest.toml:1:1: `rate-limit`",
        "billtest.toml:2:1: `tenant-idle`",
        "billtest.toml:3:1: `cors-origin`",
    ] {
        assert!(refused.stderr.contains(line), "{line} is not in:\n{}", refused.stderr);
    }
}

/// A client's retries could not be tried against the binary.
#[test]
fn faults_are_ordered_at_the_running_provider() {
    let workspace = Workspace::new();
    let mock = start(&workspace, &[]);
    let fault = json!({"path": "/billing/contracts", "kind": "error", "status": 503, "times": 1});
    assert_eq!(mock.post("/_billtest/faults", &fault).status, 201);
    let ask = || mock.get("/billing/contracts", &[]).status;
    assert_eq!([ask(), ask()], [503, 200]);
    let listed: Value = mock.get("/_billtest/faults", &[]).json();
    assert_eq!(listed["faults"][0]["hits"], 1);
}
