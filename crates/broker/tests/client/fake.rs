//! A small Pact Broker on a real socket. It answers as version 2.120 was recorded to, keeps what it was asked, and
//! can be told to fail. The whole-program tests use it too.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// What the broker holds and how it behaves.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The provider that it knows.
    pub(crate) provider: String,
    pub(crate) pacts: Vec<FakePact>,
    /// The path that it lives below, such as `/broker`.
    pub(crate) prefix: String,
    /// Whether links are written without scheme and host.
    pub(crate) relative: bool,
    /// The `authorization` header without which it answers 401.
    pub(crate) authorization: Option<String>,
    pub(crate) faults: Vec<Fault>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            provider: "Bar".into(),
            pacts: vec![FakePact::new("Foo")],
            prefix: String::new(),
            relative: false,
            authorization: None,
            faults: Vec::new(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct FakePact {
    pub(crate) consumer: String,
    pub(crate) pending: bool,
    pub(crate) wip: bool,
    pub(crate) interactions: Vec<Value>,
}

impl FakePact {
    pub(crate) fn new(consumer: &str) -> Self {
        let interaction = |name: &str| {
            json!({
                "_id": format!("id-{name}"), "description": format!("get {name}"),
                "request": {"method": "GET", "path": format!("/{name}")},
                "response": {"status": 200, "body": {"name": name}},
            })
        };
        let interactions = vec![interaction("thing"), interaction("list")];
        Self { consumer: consumer.into(), pending: false, wip: false, interactions }
    }
}

/// A way to fail: for requests whose `METHOD /path` contains `on`, `times` times, `what`:
/// `hang`, `close`, `half`, `STATUS BODY`, or `html BODY`; a redirect is `STATUS LOCATION`. `{B}` is the address.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) on: &'static str,
    pub(crate) times: usize,
    pub(crate) what: String,
}

/// A request as it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Request {
    /// `METHOD /path?query`, as on the wire.
    pub(crate) line: String,
    pub(crate) accept: Vec<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

pub(crate) struct FakeBroker {
    /// Its address, prefix included.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl FakeBroker {
    pub(crate) fn start(setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}{}", listener.local_addr().unwrap(), setup.prefix);
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let server =
            Arc::new(Server { base: url.clone(), setup: Mutex::new(setup), requests: Arc::clone(&requests) });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                thread::spawn(move || server.serve(stream));
            }
        });
        Self { url, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The first lines of all requests.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }

    /// The bodies of the results that came.
    pub(crate) fn results(&self) -> Vec<Value> {
        let is_result = |request: &Request| request.line.ends_with("/verification-results");
        self.requests().into_iter().filter(is_result).map(|request| request.body).collect()
    }
}

struct Server {
    base: String,
    setup: Mutex<Setup>,
    requests: Arc<Mutex<Vec<Request>>>,
}

struct Reply {
    status: u16,
    content_type: &'static str,
    location: Option<String>,
    body: String,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/hal+json;charset=utf-8",
            location: None,
            body: body.to_string(),
        }
    }

    fn not_found(text: &str) -> Self {
        Self::json(404, &json!({"error": text}))
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} x\r\ncontent-type: {}\r\n", self.status, self.content_type);
        if let Some(location) = &self.location {
            write!(head, "location: {location}\r\n").unwrap();
        }
        if self.status == 401 {
            head.push_str("www-authenticate: Basic realm=\"Restricted area\"\r\n");
        }
        format!("{head}content-length: {}\r\n\r\n{}", self.body.len(), self.body).into_bytes()
    }
}

impl Server {
    fn serve(&self, mut stream: TcpStream) {
        while let Some(request) = read_request(&mut stream) {
            self.requests.lock().unwrap().push(request.clone());
            let setup = {
                let mut setup = self.setup.lock().unwrap();
                let fault = setup.faults.iter_mut().find(|f| f.times > 0 && request.line.contains(f.on));
                if let Some(fault) = fault {
                    fault.times -= 1;
                    let what = fault.what.replace("{B}", &self.base);
                    drop(setup);
                    if !fail(&mut stream, &what) {
                        return;
                    }
                    continue;
                }
                setup.clone()
            };
            if stream.write_all(&self.answer(&setup, &request).bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, setup: &Setup, request: &Request) -> Reply {
        if setup.authorization.is_some() && setup.authorization != request.authorization {
            return Reply { status: 401, content_type: "text/plain", location: None, body: String::new() };
        }
        let (method, path) = request.line.split_once(' ').unwrap();
        // Alone, `application/json` is answered 406 with nothing in it.
        if method != "GET" && !request.accept.iter().any(|accept| accept.contains("hal+json")) {
            return Reply { status: 406, content_type: "text/plain", location: None, body: String::new() };
        }
        let Some(path) = path.strip_prefix(&setup.prefix) else { return Reply::not_found("outside") };
        let parts: Vec<String> = path.trim_start_matches('/').split('/').map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let base = if setup.relative { setup.prefix.clone() } else { self.base.clone() };
        let known = setup.provider.as_str();
        match (method, parts.as_slice()) {
            ("GET", [""]) => Reply::json(200, &index(&base)),
            ("POST", ["pacts", "provider", provider, "for-verification"]) if *provider != known => {
                Reply::not_found(&format!("No provider with name '{provider}' found"))
            }
            ("POST", ["pacts", "provider", _, "for-verification"]) => {
                for_verification(&base, setup, &request.body)
            }
            ("GET", ["pacts", "provider", _, "consumer", consumer, ..]) => {
                match setup.pacts.iter().find(|pact| pact.consumer == *consumer) {
                    Some(pact) => Reply::json(200, &pact_document(&base, setup, pact)),
                    None => Reply::not_found("The requested document was not found on this server."),
                }
            }
            ("GET", ["pacticipants", name]) if *name == known => Reply::json(200, &pacticipant(&base, name)),
            ("PUT", ["pacticipants", _, "branches", _, "versions", _]) => {
                Reply::json(201, &json!({"createdAt": "2026-11-22T15:59:22+00:00", "_links": {}}))
            }
            ("PUT", ["pacticipants", _, "versions", _, "tags", tag]) => {
                Reply::json(201, &json!({"name": tag}))
            }
            ("POST", ["contracts", "publish"]) => {
                let version = &request.body["pacticipantVersionNumber"];
                let notices = json!([{"type": "success", "text": format!("Taken as {version}")}]);
                Reply::json(200, &json!({"notices": notices, "_embedded": {"version": {"number": version}}}))
            }
            ("POST", [.., "verification-results"]) => {
                let mut taken = request.body.clone();
                let href = format!("{base}/results/101");
                taken["_links"] = json!({"self": {"title": "Verification result", "href": href}});
                Reply { location: Some(href), ..Reply::json(201, &taken) }
            }
            _ => Reply::not_found("The requested document was not found on this server."),
        }
    }
}

fn index(base: &str) -> Value {
    json!({"_links": {
        "pb:publish-contracts": {"href": format!("{base}/contracts/publish")},
        "pb:environments": {"href": format!("{base}/environments")},
        "pb:environment": {"href": format!("{base}/environments/{{uuid}}"), "templated": true},
        "pb:pacticipant": {"href": format!("{base}/pacticipants/{{pacticipant}}"), "templated": true},
        "pb:webhooks": {"href": format!("{base}/webhooks")},
        "pb:pacticipant-version": {
            "href": format!("{base}/pacticipants/{{pacticipant}}/versions/{{version}}"), "templated": true,
        },
        "pb:pacticipant-version-tag": {
            "href": format!("{base}/pacticipants/{{pacticipant}}/versions/{{version}}/tags/{{tag}}"), "templated": true,
        },
        "self": {"href": base, "title": "Index", "templated": false},
        "pb:provider-pacts-for-verification": {
            "href": format!("{base}/pacts/provider/{{provider}}/for-verification"), "templated": true,
        },
    }})
}

fn for_verification(base: &str, setup: &Setup, asked: &Value) -> Reply {
    let empty_selector = asked["consumerVersionSelectors"]
        .as_array()
        .and_then(|list| list.iter().position(|one| *one == json!({})));
    if let Some(index) = empty_selector {
        let text = format!("must specify a value for environment or tag or branch (at index {index})");
        return Reply::json(400, &json!({"errors": {"consumerVersionSelectors": [text]}}));
    }
    let provider = encoded(&setup.provider);
    let pacts: Vec<Value> = setup
        .pacts
        .iter()
        .filter(|pact| !pact.wip || !asked["includeWipPactsSince"].is_null())
        .map(|pact| {
            let consumer = encoded(&pact.consumer);
            let mut properties = json!({"notices": [
                {"when": "before_verification", "text": format!("The pact of {} is being verified because it is the latest", pact.consumer)},
                {"when": "after_verification:success_true_published_true", "text": "no longer pending"},
                {"when": "after_verification:success_false_published_true", "text": "still pending, published"},
                {"when": "after_verification:success_false_published_false", "text": "still pending"},
            ]});
            if asked["includePendingStatus"] == true {
                properties["pending"] = json!(pact.pending || pact.wip);
            }
            if pact.wip {
                properties["wip"] = json!(true);
            }
            json!({"shortDescription": "latest", "verificationProperties": properties, "_links": {"self": {
                "href": format!("{base}/pacts/provider/{provider}/consumer/{consumer}/pact-version/sha/metadata/bWV0YQ"),
                "name": format!("Pact between {} (1.1.0) and {}", pact.consumer, setup.provider),
            }}})
        })
        .collect();
    Reply::json(200, &json!({"_embedded": {"pacts": pacts}, "_links": {}}))
}

fn pact_document(base: &str, setup: &Setup, pact: &FakePact) -> Value {
    let (provider, consumer) = (encoded(&setup.provider), encoded(&pact.consumer));
    let version =
        format!("{base}/pacts/provider/{provider}/consumer/{consumer}/pact-version/sha/metadata/bWV0YQ");
    json!({
        "consumer": {"name": pact.consumer}, "provider": {"name": setup.provider},
        "interactions": pact.interactions,
        "metadata": {"pactSpecification": {"version": "2.0.0"}},
        "createdAt": "2026-11-22T15:59:21+00:00",
        "_links": {
            "self": {"name": format!("Pact between {} (1.1.0) and {}", pact.consumer, setup.provider), "href": version},
            "pb:provider": {"name": setup.provider, "href": format!("{base}/pacticipants/{provider}")},
            "pb:publish-verification-results": {"href": format!("{version}/verification-results")},
        },
    })
}

fn pacticipant(base: &str, name: &str) -> Value {
    let own = format!("{base}/pacticipants/{}", encoded(name));
    json!({"name": name, "_links": {
        "self": {"href": own},
        "pb:version-tag": {"href": format!("{own}/versions/{{version}}/tags/{{tag}}"), "templated": true},
        "pb:branch-version": {"href": format!("{own}/branches/{{branch}}/versions/{{version}}"), "templated": true},
    }})
}

/// Does what a fault says; whether the connection lives on.
fn fail(stream: &mut TcpStream, what: &str) -> bool {
    let (word, rest) = what.split_once(' ').unwrap_or((what, ""));
    let reply = match word {
        "hang" => {
            // Until the other side gives up.
            let _ = stream.read(&mut [0]);
            return false;
        }
        "close" => {
            let _ = stream.shutdown(Shutdown::Both);
            return false;
        }
        "half" => {
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\"",
            );
            let _ = stream.shutdown(Shutdown::Both);
            return false;
        }
        "html" => Reply { status: 200, content_type: "text/html", location: None, body: rest.into() },
        status => {
            let status: u16 = status.parse().unwrap();
            let location = (300..400).contains(&status).then(|| rest.to_owned());
            let body = if location.is_some() { String::new() } else { rest.to_owned() };
            Reply { status, content_type: "application/hal+json", location, body }
        }
    };
    stream.write_all(&reply.bytes()).is_ok()
}

/// The next request; nothing if the other side is gone.
fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if bytes.first().is_some_and(|first| !first.is_ascii_alphabetic()) {
            // The beginning of TLS; a server without it complains in its own language.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
            return None;
        }
        match stream.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let values = |wanted: &str| -> Vec<String> {
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim().to_owned())
            .collect()
    };
    let length = values("content-length").first().and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request {
        line: head.lines().next()?.rsplit_once(' ')?.0.to_owned(),
        accept: values("accept"),
        authorization: values("authorization").first().cloned(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    })
}

fn decoded(part: &str) -> String {
    let mut bytes = part.bytes();
    let mut text = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex: String = bytes.by_ref().take(2).map(char::from).collect();
            text.push(u8::from_str_radix(&hex, 16).unwrap());
        } else {
            text.push(byte);
        }
    }
    String::from_utf8(text).unwrap()
}

fn encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
