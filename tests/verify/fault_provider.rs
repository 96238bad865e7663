//! Providers that do what providers do on a bad day.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a provider does with a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Reads it and never answers.
    Hang,
    /// Reads it and closes the connection.
    Close,
    /// Promises a hundred bytes and sends ten.
    Half,
    /// Answers something that is not HTTP.
    Garbage,
    /// Answers a page for people, with 200.
    Html,
    /// Answers without an end.
    Endless,
    /// Answers JSON that is none.
    BrokenJson,
    /// Answers the JSON `{}`, and does nothing wrong.
    Empty,
    /// Answers XML of very many levels.
    Deep,
    /// Answers bytes that are no text.
    Binary,
    /// Answers with what would act in a page, a table, a terminal or a log of GitHub, and with a secret.
    Hostile,
}

/// What a hostile provider answers.
pub(crate) const HOSTILE: &str =
    "</code></pre></details><script>alert('body')</script>\n```\n::error::forged\n| a | b |\n\x1b[2J]]>";
/// The secret that it sets as a cookie.
pub(crate) const SECRET: &str = "a-secret-session";

/// A provider with one fault. Requests to `/state` are answered well and kept.
pub(crate) struct FaultProvider {
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
    states: Arc<Mutex<Vec<String>>>,
}

impl FaultProvider {
    pub(crate) fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let provider = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            states: Arc::default(),
        };
        let (requests, states) = (Arc::clone(&provider.requests), Arc::clone(&provider.states));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (requests, states) = (Arc::clone(&requests), Arc::clone(&states));
                thread::spawn(move || serve(stream, fault, &requests, &states));
            }
        });
        provider
    }

    /// How many requests came, state changes aside.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// The bodies of the state changes, in order.
    pub(crate) fn state_changes(&self) -> Vec<String> {
        self.states.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, fault: Fault, requests: &AtomicUsize, states: &Mutex<Vec<String>>) {
    while let Some((head, body)) = read_request(&mut stream) {
        if head.starts_with("POST /state") {
            states.lock().unwrap().push(body);
            respond(&mut stream, "200 OK", "application/json", "{}");
            continue;
        }
        if head.starts_with("GET /_billtest/") {
            respond(&mut stream, "404 Not Found", "text/plain", "no");
            continue;
        }
        requests.fetch_add(1, Ordering::SeqCst);
        match fault {
            Fault::Hang => {
                // Until the other side gives up.
                let _ = stream.read(&mut [0]);
                return;
            }
            Fault::Close => {
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            Fault::Half => {
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\": 1",
                );
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            Fault::Garbage => {
                let _ = stream.write_all(b"\x00\x01\x02 this is no HTTP\r\n\r\n");
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            Fault::Endless => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
                let chunk = vec![b' '; 1 << 20];
                let _ = stream.write_all(head);
                while stream.write_all(&chunk).is_ok() {}
                return;
            }
            Fault::Html => respond(&mut stream, "200 OK", "text/html", "<html><body>Sign in</body></html>"),
            Fault::BrokenJson => respond(&mut stream, "200 OK", "application/json", "{\"id\": "),
            Fault::Empty => respond(&mut stream, "200 OK", "application/json", "{}"),
            Fault::Deep => {
                let levels = 200_000;
                let body = format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
                respond(&mut stream, "200 OK", "application/xml", &body);
            }
            Fault::Binary => {
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 4\r\n\r\n\x89P\x00\xff",
                );
            }
            Fault::Hostile => {
                let kind = format!("text/plain\r\nset-cookie: session={SECRET}");
                respond(&mut stream, "200 OK", &kind, HOSTILE);
            }
        }
    }
}

fn respond(stream: &mut TcpStream, status: &str, content_type: &str, body: &str) {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let _ = stream.write_all(text.as_bytes());
}

/// The head and the body of the next request; nothing if the other side is gone.
fn read_request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8_lossy(&body).into_owned()))
}
