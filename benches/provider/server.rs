//! The servers that are measured: `billtest mock`, and the bare route.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::routing::any;

use crate::Result;
use crate::http::Answer;

/// Set for the process that is the bare route: the file with its answer.
pub(crate) const BARE: &str = "BILLTEST_BENCH_BARE";

pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    /// The mock provider.
    pub(crate) fn mock(options: &[&str]) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_billtest"));
        command.args(["mock", "--listen", "127.0.0.1:0"]).args(options);
        Self::start(command)
    }

    /// The bare route, with this answer to everything.
    pub(crate) fn bare(answer: &Answer) -> Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        let mut text = String::new();
        for (name, value) in &answer.headers {
            if !["content-length", "date"].contains(&name.as_str()) {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        text.push('\n');
        fs::write(file.path(), [text.as_bytes(), &answer.body].concat())?;
        let mut command = Command::new(env::current_exe()?);
        command.env(BARE, file.path());
        // Its first line comes when it has read the file.
        Self::start(command)
    }

    fn start(mut command: Command) -> Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().ok_or("no output")?).read_line(&mut line)?;
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Ok(Self { process, url })
    }

    /// The memory that it has now, in KiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no memory")?;
        Ok(line.split_whitespace().nth(1).ok_or("no memory")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[expect(clippy::print_stdout, reason = "the first line is its address")]
pub(crate) fn serve_bare(file: &str) -> Result<()> {
    let answer = fs::read(file)?;
    let end = answer.windows(2).position(|two| two == b"\n\n").ok_or("no body")?;
    let mut headers = HeaderMap::new();
    for line in std::str::from_utf8(&answer[..end])?.lines() {
        let (name, value) = line.split_once(": ").ok_or("no header")?;
        headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    let body = Bytes::from(answer).slice(end + 2..);
    // A request is read to its end, and nothing else is done.
    let handler = async move |_: Bytes| (headers, body);
    let router = Router::new().route("/{*path}", any(handler));
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("bare route at http://{}", listener.local_addr()?);
        axum::serve(
            axum::serve::ListenerExt::tap_io(listener, |stream| {
                let _ = stream.set_nodelay(true);
            }),
            router,
        )
        .await?;
        Ok(())
    })
}
