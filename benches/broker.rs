//! How fast the embedded broker answers, as a process, over real connections, with a file of SQLite.
//!
//! `cargo bench --bench broker` fills a broker with 1,000 versions of a consumer that has 20 providers, each version
//! with contents of its own, verified by three versions of each provider, and prints the median and the 99th percentile
//! of each request for one client and for 32 at once.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "what it is for")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const VERSIONS: usize = 1000;
const PROVIDERS: usize = 20;
const CLIENTS: usize = 32;
/// Requests for each figure.
const REQUESTS: usize = 1000;
/// What the original broker takes with one client, in milliseconds, measured beside this one.
const ORIGINAL: [(&str, f64); 4] =
    [("index", 2.0), ("for-verification", 7.0), ("matrix", 11.0), ("publish", 46.0)];

struct Served {
    process: Child,
    address: String,
    /// From the start of the process until it says that it is ready.
    ready: Duration,
}

impl Served {
    fn start(file: &Path) -> Self {
        let begin = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_billtest"))
            .args(["broker", "serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(format!("sqlite:{}", file.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready = begin.elapsed();
        thread::spawn(move || output.lines().count());
        let address = line.trim().strip_prefix("Pact Broker ready at http://").unwrap().to_owned();
        Self { process, address, ready }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    address: String,
}

impl Client {
    fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), address: address.to_owned() }
    }

    fn call(&mut self, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
        let (address, length) = (&self.address, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/hal+json\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            if line.starts_with("HTTP/1.1 ") {
                status = line[9..12].parse().unwrap();
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (status, body)
    }

    fn expect(&mut self, method: &str, path: &str, body: &Value, status: u16) -> Value {
        let (got, answer) = self.call(method, path, &body.to_string());
        let text = String::from_utf8_lossy(&answer);
        assert_eq!(got, status, "{method} {path}: {text}");
        serde_json::from_slice(&answer).unwrap_or_default()
    }
}

fn pact(provider: &str, content: &str, interactions: usize) -> String {
    let interaction = |number: usize| {
        json!({"description": format!("{content} {number}"), "providerState": "a customer exists",
            "request": {"method": "POST", "path": format!("/api/v1/payments/{number}"),
                "headers": {"Content-Type": "application/json"}, "body": {"amount": 1500 + number, "currency": "KRW"}},
            "response": {"status": 200, "headers": {"Content-Type": "application/json"},
                "body": {"payment_id": format!("PAY_{number}"), "status": "PAID", "amount": 1500 + number}}})
    };
    json!({"consumer": {"name": "Shop"}, "provider": {"name": provider},
        "interactions": (0..interactions).map(interaction).collect::<Vec<_>>(),
        "metadata": {"pactSpecification": {"version": "3.0.0"}}})
    .to_string()
}

fn publication(version: &str, contracts: &[(String, String)]) -> Value {
    let contract = |(provider, content): &(String, String)| {
        json!({"consumerName": "Shop", "providerName": provider, "specification": "pact",
            "contentType": "application/json", "content": STANDARD.encode(content)})
    };
    json!({"pacticipantName": "Shop", "pacticipantVersionNumber": version, "branch": "main", "tags": ["dev"],
        "contracts": contracts.iter().map(contract).collect::<Vec<_>>()})
}

fn provider(number: usize) -> String {
    format!("Provider {number:02}")
}

/// Fills the broker as years of work do.
fn fill(address: &str) {
    let mut client = Client::new(address);
    let environment = json!({"name": "prod", "production": true});
    let made = client.expect("POST", "/environments", &environment, 201);
    let uuid = made["uuid"].as_str().unwrap().to_owned();
    for version in 0..VERSIONS {
        let contracts: Vec<_> = (0..PROVIDERS)
            .map(|number| (provider(number), pact(&provider(number), &format!("content {version}"), 2)))
            .collect();
        client.expect("POST", "/contracts/publish", &publication(&format!("v{version}"), &contracts), 200);
        // Results are what most of a broker is made of.
        for number in 0..PROVIDERS {
            let at = format!("/pacts/provider/{}/consumer/Shop", provider(number).replace(' ', "%20"));
            let path = format!("{at}/version/v{version}");
            let served = client.expect("GET", &path, &Value::Null, 200);
            let sha = served["_links"]["pb:pact-version"]["name"].as_str().unwrap().to_owned();
            let result = json!({"success": true, "providerApplicationVersion": format!("p{}", version / 10)});
            client.expect("POST", &format!("{at}/pact-version/{sha}/verification-results"), &result, 201);
        }
    }
    for number in 0..PROVIDERS {
        let name = provider(number).replace(' ', "%20");
        let last = (VERSIONS - 1) / 10;
        client.expect(
            "PUT",
            &format!("/pacticipants/{name}/branches/main/versions/p{last}"),
            &json!({}),
            201,
        );
        let path = format!("/pacticipants/{name}/versions/p{last}/deployed-versions/environment/{uuid}");
        client.expect("POST", &path, &json!({}), 201);
    }
}

/// The times of many requests, by some clients at once.
fn measure(
    address: &str,
    clients: usize,
    requests: usize,
    ask: &(impl Fn(&mut Client, usize) + Sync),
) -> Vec<Duration> {
    let next = Arc::new(AtomicUsize::new(0));
    let times = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..clients {
            let next = next.clone();
            let times = &times;
            scope.spawn(move || {
                let mut client = Client::new(address);
                let mut own = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= requests {
                        break;
                    }
                    let begin = Instant::now();
                    ask(&mut client, number);
                    own.push(begin.elapsed());
                }
                times.lock().unwrap().extend(own);
            });
        }
    });
    let mut times = times.into_inner().unwrap();
    times.sort_unstable();
    times
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broker.sqlite");
    let served = Served::start(&file);
    let begin = Instant::now();
    fill(&served.address);
    let size = std::fs::metadata(&file).unwrap().len() / 1024 / 1024;
    println!(
        "{VERSIONS} versions x {PROVIDERS} integrations in {:.0} s, {size} MiB",
        begin.elapsed().as_secs_f64()
    );
    drop(served);
    let served = Served::start(&file);
    println!("ready on this database in {:.0} ms", milliseconds(served.ready));
    let unique = AtomicUsize::new(0);
    let matrix = format!(
        "/matrix?q[][pacticipant]=Shop&q[][version]=v{}&latestby=cvpv&environment=prod",
        VERSIONS - 1
    );
    let selectors = json!({"consumerVersionSelectors": [{"mainBranch": true}, {"deployedOrReleased": true}],
        "providerVersionBranch": "main", "includePendingStatus": true, "includeWipPactsSince": "2020-01-01"})
    .to_string();
    let get = |client: &mut Client, path: &str| assert_eq!(client.call("GET", path, "").0, 200);
    type Ask<'a> = Box<dyn Fn(&mut Client, usize) + Sync + 'a>;
    let bodies: Vec<String> = (0..2 * REQUESTS / 4 + 2)
        .map(|number| {
            let text = pact("Provider 00", &format!("published {number}"), 100);
            publication(&format!("b{number}"), &[("Provider 00".to_owned(), text)]).to_string()
        })
        .collect();
    let asks: [(&str, Ask<'_>); 4] = [
        ("index", Box::new(|client: &mut Client, _| get(client, "/"))),
        (
            "for-verification",
            Box::new(|client: &mut Client, number: usize| {
                let path = format!("/pacts/provider/Provider%20{:02}/for-verification", number % PROVIDERS);
                assert_eq!(client.call("POST", &path, &selectors).0, 200);
            }),
        ),
        ("matrix", Box::new(|client: &mut Client, _| get(client, &matrix))),
        (
            "publish",
            Box::new(|client: &mut Client, _| {
                let body = &bodies[unique.fetch_add(1, Ordering::Relaxed)];
                assert_eq!(client.call("POST", "/contracts/publish", body).0, 200);
            }),
        ),
    ];
    println!("{:18}{:>9}{:>9}{:>9}{:>10}{:>12}", "", "clients", "median", "99 %", "a second", "original");
    for (name, ask) in &asks {
        let original = ORIGINAL.iter().find(|(own, _)| own == name).unwrap().1;
        for clients in [1, CLIENTS] {
            let requests = if *name == "publish" { REQUESTS / 4 } else { REQUESTS };
            measure(&served.address, clients, clients, &|client, _| get(client, "/"));
            let begin = Instant::now();
            let times = measure(&served.address, clients, requests, ask);
            let rate = requests as f64 / begin.elapsed().as_secs_f64();
            let at = |part: usize| milliseconds(times[(times.len() * part / 100).min(times.len() - 1)]);
            let original = if clients == 1 { format!("{original:.0} ms") } else { String::new() };
            println!("{name:18}{clients:>9}{:>6.2} ms{:>6.2} ms{rate:>10.0}{original:>12}", at(50), at(99));
        }
    }
}
