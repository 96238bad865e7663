//! The verdicts of the reference verifier, `pact-verifier`, on the same pacts and the same provider.
//!
//! A generator makes good and bad responses to interactions of every specification version; both verifiers judge each,
//! and must agree. The test runs when `pact-verifier` is on the path or named by `PACT_VERIFIER`, and says so when it
//! does not. Where ours must differ stands in [`DISAGREEMENTS`], with the reason.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};

/// How many interactions are judged for each specification version.
const CASES: usize = 150;

/// Verdicts that differ, by what is in the interaction's description, and why ours is right.
const DISAGREEMENTS: [(&str, &str); 0] = [];

/// Numbers that look random and are the same every time (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())].clone()
    }
}

/// What the provider answers to one interaction.
#[derive(Clone)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

struct Case {
    interaction: Value,
    answer: Answer,
}

fn scalar(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!(1),
        json!(2.5),
        json!(100),
        json!(true),
        json!(null),
        json!("a"),
        json!("abc"),
        json!("2025-01-31"),
        json!("17"),
        json!(""),
    ])
}

fn body(dice: &mut Dice, depth: usize) -> Value {
    match dice.roll(if depth == 0 { 1 } else { 4 }) {
        0 => scalar(dice),
        1 => (0..dice.roll(3)).map(|_| body(dice, depth - 1)).collect(),
        _ => {
            let mut members = Map::new();
            for _ in 0..1 + dice.roll(3) {
                let name = dice.pick(&["id", "name", "items", "total"]).to_owned();
                let value = body(dice, depth - 1);
                members.insert(name, value);
            }
            members.into()
        }
    }
}

/// Every path of a body, items of lists as `[*]`.
fn paths(value: &Value, path: &str, all: &mut Vec<String>) {
    all.push(path.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| paths(member, &format!("{path}.{name}"), all));
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                paths(first, &format!("{path}[*]"), all);
            }
        }
        _ => {}
    }
}

fn rule(dice: &mut Dice, version: u8) -> Value {
    let old = [
        json!({"match": "type"}),
        json!({"match": "type", "min": 1}),
        json!({"match": "type", "max": 2}),
        json!({"match": "regex", "regex": "[a-c]+"}),
        json!({"match": "regex", "regex": "^[0-9]+$"}),
    ];
    let new = [
        json!({"match": "integer"}),
        json!({"match": "decimal"}),
        json!({"match": "number"}),
        json!({"match": "equality"}),
        json!({"match": "include", "value": "a"}),
        json!({"match": "null"}),
        json!({"match": "date", "format": "yyyy-MM-dd"}),
        json!({"match": "values"}),
    ];
    let newest = [json!({"match": "boolean"}), json!({"match": "notEmpty"})];
    match version {
        2 => dice.pick(&old),
        3 => dice.pick(&[&old[..], &new[..]].concat()),
        _ => dice.pick(&[&old[..], &new[..], &newest[..]].concat()),
    }
}

fn changed(value: &Value, dice: &mut Dice) -> Value {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let mut members = members.clone();
            let name = members.keys().nth(dice.roll(members.len())).cloned().unwrap();
            match dice.roll(4) {
                0 => drop(members.remove(&name)),
                1 => drop(members.insert("more".into(), json!(1))),
                _ => {
                    let inner = changed(&members[&name], dice);
                    members.insert(name, inner);
                }
            }
            members.into()
        }
        Value::Array(items) if !items.is_empty() => {
            let mut items = items.clone();
            match dice.roll(3) {
                0 => drop(items.pop()),
                1 => items.push(items[0].clone()),
                _ => items[0] = changed(&items[0], dice),
            }
            items.into()
        }
        _ => scalar(dice),
    }
}

fn case(number: usize, version: u8, dice: &mut Dice) -> Case {
    let expected = body(dice, 3);
    let mut all = Vec::new();
    paths(&expected, "$", &mut all);
    let mut rules = BTreeMap::new();
    for _ in 0..dice.roll(4) {
        rules.insert(dice.pick(&all), rule(dice, version));
    }
    let mut answered = expected.clone();
    for _ in 0..dice.roll(3) {
        answered = changed(&answered, dice);
    }
    let mut answer = Answer {
        status: 200,
        headers: vec![(
            "content-type".into(),
            dice.pick(&["application/json", "application/json; charset=utf-8"]).into(),
        )],
        body: Some(answered.to_string()),
    };
    let mut response = json!({"status": 200});
    let mut kind = "json";
    match dice.roll(12) {
        0 => answer.status = 201,
        1 => answer.headers = vec![("content-type".into(), "text/html".into())],
        2 => answer.body = None,
        3 => answer.body = Some("{\"half\": ".into()),
        4 => {
            kind = "header";
            response["headers"] = json!({"X-Kind": if version == 2 { json!("a") } else { json!(["a"]) }});
            answer.headers.push(("x-kind".into(), dice.pick(&["a", "b", "a, b"]).into()));
        }
        5 => {
            kind = "no body";
            answer.body = dice.pick(&[None, Some("anything".to_owned())]);
        }
        _ => {}
    }
    if kind != "no body" {
        let json_type = if version == 2 { json!("application/json") } else { json!(["application/json"]) };
        match version {
            4 => {
                response["body"] =
                    json!({"content": expected, "contentType": "application/json", "encoded": false});
            }
            _ => {
                response["body"] = expected;
                response["headers"]["Content-Type"] = json_type;
            }
        }
        let combined = |rule: Value| json!({"combine": "AND", "matchers": [rule]});
        response["matchingRules"] = match version {
            2 => rules.into_iter().map(|(path, rule)| (path.replacen('$', "$.body", 1), rule)).collect(),
            _ => {
                json!({"body": rules.into_iter().map(|(path, rule)| (path, combined(rule))).collect::<Map<_, _>>()})
            }
        };
    }
    let mut interaction = json!({
        "description": format!("{kind} {version}-{number}"),
        "request": {"method": "GET", "path": format!("/{version}/{number}")},
        "response": response,
    });
    if version == 4 {
        interaction["type"] = json!("Synchronous/HTTP");
    }
    Case { interaction, answer }
}

/// Serves the answers; gives the address.
fn provide(answers: BTreeMap<String, Answer>) -> String {
    async fn answer(
        State(answers): State<Arc<BTreeMap<String, Answer>>>,
        UrlPath((version, number)): UrlPath<(String, String)>,
    ) -> Response {
        let answer = &answers[&format!("/{version}/{number}")];
        let mut response = Response::builder().status(StatusCode::from_u16(answer.status).unwrap());
        for (name, value) in answer.headers.iter().filter(|_| answer.body.is_some()) {
            response = response.header(name, value);
        }
        response.body(answer.body.clone().unwrap_or_default().into()).unwrap()
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/{version}/{number}", get(answer)).with_state(Arc::new(answers));
    thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await }));
    url
}

fn peer() -> Option<PathBuf> {
    if let Some(named) = env::var_os("PACT_VERIFIER") {
        return Some(named.into());
    }
    env::split_paths(&env::var_os("PATH")?).map(|path| path.join("pact-verifier")).find(|path| path.is_file())
}

fn ours(pact: &Path, url: &str, folder: &Path) -> BTreeMap<String, bool> {
    let report = folder.join("ours.json");
    let output = Command::new(env!("CARGO_BIN_EXE_billtest-verify"))
        .arg(pact)
        .args(["--provider-url", url, "--json"])
        .arg(&report)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(report.exists(), "{output:?}");
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let list = report["interactions"].as_array().unwrap();
    list.iter()
        .map(|one| (one["description"].as_str().unwrap().to_owned(), one["status"] == "verified"))
        .collect()
}

fn theirs(peer: &Path, pact: &Path, url: &str, folder: &Path) -> BTreeMap<String, bool> {
    let report = folder.join("theirs.json");
    let output = Command::new(peer)
        .arg("--file")
        .arg(pact)
        .args(["--hostname", "127.0.0.1", "--port", url.rsplit(':').next().unwrap(), "--no-colour", "--json"])
        .arg(&report)
        .env("PACT_DO_NOT_TRACK", "true")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(report.exists(), "{output:?}");
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let list = report["interactionResults"].as_array().unwrap();
    list.iter()
        .map(|one| {
            let name = one["interactionDescription"].as_str().or(one["description"].as_str()).unwrap();
            (name.to_owned(), one["result"] == "OK")
        })
        .collect()
}

/// A user would switch verifiers, and a contract would change its verdict.
#[test]
fn both_verifiers_agree_on_every_verdict() {
    let Some(peer) = peer() else {
        println!("skipped: there is no pact-verifier on the path, and PACT_VERIFIER names none");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(20_251_122);
    for version in [2, 3, 4] {
        let cases: Vec<Case> = (0..CASES).map(|number| case(number, version, &mut dice)).collect();
        let answers = cases
            .iter()
            .map(|case| {
                (case.interaction["request"]["path"].as_str().unwrap().to_owned(), case.answer.clone())
            })
            .collect();
        let url = provide(answers);
        let pact = folder.path().join(format!("v{version}.json"));
        let interactions: Vec<&Value> = cases.iter().map(|case| &case.interaction).collect();
        let specification = if version == 4 { "4.0".to_owned() } else { format!("{version}.0.0") };
        let document = json!({
            "consumer": {"name": "Generator"}, "provider": {"name": "Generated"}, "interactions": interactions,
            "metadata": {"pactSpecification": {"version": specification}}
        });
        fs::write(&pact, document.to_string()).unwrap();
        let (ours, theirs) = (ours(&pact, &url, folder.path()), theirs(&peer, &pact, &url, folder.path()));
        assert_eq!(ours.len(), CASES);
        let good = ours.values().filter(|good| **good).count();
        assert!(good > CASES / 5 && good < CASES * 4 / 5, "{good} of {CASES} are good: that compares little");
        for case in &cases {
            let name = case.interaction["description"].as_str().unwrap();
            let known = DISAGREEMENTS.iter().any(|(part, _)| name.contains(part));
            assert!(
                known || ours.get(name) == theirs.get(name),
                "{name}: ours {:?}, theirs {:?}\n{:#}\nanswered {} {:?} {:?}",
                ours.get(name),
                theirs.get(name),
                case.interaction,
                case.answer.status,
                case.answer.headers,
                case.answer.body,
            );
        }
    }
}
