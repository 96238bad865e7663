//! How long verification takes, beside the Rust `pact-verifier` if that is installed.
//!
//! ```text
//! cargo bench --bench verify                     # 1,000 interactions at 0, 10 and 50 ms, and 5,000 at 0 ms
//! cargo bench --bench verify -- 200:0 200:10     # other sizes, as interactions:latency
//! PACT_VERIFIER=/path/to/pact-verifier cargo bench --bench verify
//! ```
//!
//! The provider is another process (this program, started anew). Every answer, also that of a state change, takes
//! the latency. An interaction has one state with two parameters, a body of 20 fields and 20 matching rules. The time from start
//! to the first request is measured with five of them.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

/// Set for the process that is the provider: its latency in milliseconds.
const PROVIDER: &str = "BILLTEST_BENCH_LATENCY";
const SIZES: [(usize, u64); 4] = [(1000, 0), (1000, 10), (1000, 50), (5000, 0)];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() -> Result<()> {
    if let Ok(latency) = env::var(PROVIDER) {
        return provide(Duration::from_millis(latency.parse()?));
    }
    let given: Vec<(usize, u64)> = env::args()
        .skip(1)
        .filter_map(|size| {
            let (count, latency) = size.split_once(':')?;
            Some((count.parse().ok()?, latency.parse().ok()?))
        })
        .collect();
    let sizes = if given.is_empty() { &SIZES[..] } else { &given };
    let peer = peer();
    println!("{:<28} {:>8} {:>8} {:>12} {:>9}", "", "wall s", "CPU s", "CPU ms each", "peak MiB");
    for (count, latency) in sizes {
        let folder = tempfile::tempdir()?;
        let pact = folder.path().join("pact.json");
        fs::write(&pact, pact_of(*count).to_string())?;
        let provider = Provider::start(*latency)?;
        println!("{count} interactions, {latency} ms");
        let mut tenant = None;
        for isolation in ["tenant", "exclusive"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_billtest-verify"));
            command.arg(&pact).args(["--provider-url", &provider.url, "--isolation", isolation]);
            command.args(["--state-change-url", &format!("{}/state", provider.url)]);
            let measured = Measured::of(&mut command, folder.path())?;
            measured.print(&format!("  billtest --isolation {isolation}"), *count);
            tenant = tenant.or(Some(measured));
        }
        if let (Some(peer), Some(ours)) = (&peer, tenant) {
            let port = provider.url.rsplit(':').next().unwrap_or_default().to_owned();
            let mut command = Command::new(peer);
            command.arg("--file").arg(&pact).args([
                "--hostname",
                "127.0.0.1",
                "--port",
                &port,
                "--no-colour",
            ]);
            command.args(["--state-change-url", &format!("{}/state", provider.url)]);
            let theirs = Measured::of(&mut command, folder.path())?;
            theirs.print("  pact-verifier", *count);
            println!("  pact-verifier : billtest = {:.0} : 1", theirs.wall / ours.wall);
        }
    }
    println!(
        "from start to the first request, 5 interactions: {:.1} ms (median of 21)",
        first_request()? * 1e3
    );
    Ok(())
}

/// How long it takes from the start of the process to the first byte that the provider gets, in seconds.
fn first_request() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let pact = folder.path().join("pact.json");
    fs::write(&pact, pact_of(5).to_string())?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut all = Vec::new();
    for _ in 0..21 {
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_billtest-verify"))
            .arg(&pact)
            .args(["--provider-url", &url, "--state-change-url", &format!("{url}/state")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // The first connection only shows that somebody is there.
        while listener.accept()?.0.read(&mut [0])? == 0 {}
        all.push(started.elapsed().as_secs_f64());
        child.kill()?;
        child.wait()?;
    }
    all.sort_by(f64::total_cmp);
    Ok(all[all.len() / 2])
}

fn peer() -> Option<PathBuf> {
    let named = env::var_os("PACT_VERIFIER").map(PathBuf::from);
    named.or_else(|| {
        let paths = env::var_os("PATH")?;
        env::split_paths(&paths).map(|path| path.join("pact-verifier")).find(|path| path.is_file())
    })
}

/// What a command took.
#[derive(Debug)]
struct Measured {
    wall: f64,
    cpu: f64,
    peak_mib: f64,
}

impl Measured {
    fn of(command: &mut Command, folder: &Path) -> Result<Self> {
        let out = fs::File::create(folder.join("out"))?;
        command.env("PACT_DO_NOT_TRACK", "true").stdout(out.try_clone()?).stderr(out);
        let before = cpu_of_children()?;
        let started = Instant::now();
        let mut child = command.spawn()?;
        let mut peak_mib = 0.0_f64;
        let status = loop {
            peak_mib = peak_mib.max(peak_of(child.id()));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let wall = started.elapsed().as_secs_f64();
        if !status.success() {
            let text = fs::read_to_string(folder.join("out"))?;
            return Err(format!("{command:?} ended with {status}:\n{text}").into());
        }
        Ok(Self { wall, cpu: cpu_of_children()? - before, peak_mib })
    }

    #[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
    fn print(&self, what: &str, count: usize) {
        let each = self.cpu * 1000.0 / count as f64;
        println!("{what:<28} {:>8.2} {:>8.2} {each:>12.2} {:>9.0}", self.wall, self.cpu, self.peak_mib);
    }
}

/// User and system time of the children that have ended, in seconds (proc(5), fields 16 and 17).
fn cpu_of_children() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| -> Result<f64> { Ok(fields.get(index).ok_or("short stat")?.parse::<f64>()?) };
    Ok((ticks(13)? + ticks(14)?) / 100.0)
}

/// The most memory a process had so far, in MiB.
fn peak_of(id: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

fn body(number: usize) -> Value {
    let mut body = Map::new();
    body.insert("id".into(), json!(format!("ITEM-{number}")));
    for field in 0..9 {
        body.insert(format!("name_{field}"), json!(format!("name {field} of {number}")));
        body.insert(format!("amount_{field}"), json!(100.25 + field as f64));
    }
    body.insert("status".into(), json!("ACTIVE"));
    Value::Object(body)
}

fn pact_of(count: usize) -> Value {
    let rule = |rule: Value| json!({"combine": "AND", "matchers": [rule]});
    let mut rules = Map::new();
    rules.insert("$.id".into(), rule(json!({"match": "regex", "regex": "^ITEM-[0-9]+$"})));
    rules.insert("$.status".into(), rule(json!({"match": "regex", "regex": "^(ACTIVE|INACTIVE|PENDING)$"})));
    for field in 0..9 {
        rules.insert(format!("$.name_{field}"), rule(json!({"match": "type"})));
        rules.insert(format!("$.amount_{field}"), rule(json!({"match": "number"})));
    }
    let interactions: Vec<Value> = (0..count)
        .map(|number| {
            json!({
                "type": "Synchronous/HTTP",
                "description": format!("a request for item {number}"),
                "providerStates": [{"name": "an item exists", "params": {"id": number, "status": "ACTIVE"}}],
                "request": {"method": "GET", "path": format!("/items/{number}")},
                "response": {
                    "status": 200,
                    "headers": {"Content-Type": ["application/json"]},
                    "body": {"content": body(number), "contentType": "application/json", "encoded": false},
                    "matchingRules": {"body": rules}
                }
            })
        })
        .collect();
    json!({
        "consumer": {"name": "bench"}, "provider": {"name": "BenchAPI"}, "interactions": interactions,
        "metadata": {"pactSpecification": {"version": "4.0"}}
    })
}

struct Provider {
    process: Child,
    url: String,
}

impl Provider {
    fn start(latency: u64) -> Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .env(PROVIDER, latency.to_string())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        BufReader::new(process.stdout.as_mut().ok_or("no output")?).read_line(&mut url)?;
        Ok(Self { process, url: url.trim().to_owned() })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[expect(clippy::print_stdout, reason = "the first line is the provider's address")]
fn provide(latency: Duration) -> Result<()> {
    let router =
        Router::new().route("/items/{id}", get(items)).route("/state", post(states)).with_state(latency);
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn items(State(latency): State<Duration>) -> impl IntoResponse {
    pause(latency).await;
    ([(CONTENT_TYPE, "application/json")], body(1).to_string())
}

async fn states(State(latency): State<Duration>) -> impl IntoResponse {
    pause(latency).await;
    ([(CONTENT_TYPE, "application/json")], "{}")
}

async fn pause(latency: Duration) {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}
