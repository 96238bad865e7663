//! Requests a second, at 1, 16 and 64 connections.
//!
//! The provider and the bare route are measured in turns, and the median of their rounds counts: what else the machine does
//! meanwhile hits both, and a moment of it neither.

use std::fs;
use std::process::Command;

use crate::Result;
use crate::http::Client;
use crate::server::Server;

const CONNECTIONS: [u32; 3] = [1, 16, 64];
const ROUNDS: usize = 5;
const SECONDS: u32 = 2;
const READING: &str = r#"{"meterList":[{"counterName":"compute.c2.c8m8","counterType":"DELTA","counterUnit":"HOURS","counterVolume":"1.5","appKey":"app-1","projectId":"p1","resourceId":"r1","resourceName":"web","timestamp":"2025-01-05T13:00:00.000+09:00"}]}"#;

struct Case {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    body: &'static str,
    /// Of the bare route's throughput that is to be reached, in percent.
    target: f64,
}

const CASES: [Case; 3] = [
    Case { name: "GET /health", method: "GET", path: "/health", body: "", target: 80.0 },
    Case {
        name: "POST /billing/meters",
        method: "POST",
        path: "/billing/meters",
        body: READING,
        target: 60.0,
    },
    Case {
        name: "GET /billing/payments/{month}/statements",
        method: "GET",
        path: "/billing/payments/2025-01/statements",
        body: "",
        target: 80.0,
    },
];

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
pub(crate) fn measure() -> Result<()> {
    println!(
        "{:<42} {:>6} {:>10} {:>8} {:>10} {:>8} {:>6}",
        "", "conns", "provider/s", "p99 ms", "bare/s", "p99 ms", "%"
    );
    for case in &CASES {
        let mock = Server::mock(&[])?;
        let mut client = Client::connect(&mock.url)?;
        client.done("POST", "/billing/meters", "read", READING)?;
        let answer = client.done(case.method, case.path, "read", case.body)?;
        let bare = Server::bare(&answer)?;
        for connections in CONNECTIONS {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            // Caches and connections are warm before it counts.
            for round in 0..=ROUNDS {
                let rounds = [
                    Measured::of(&mock.url, case, connections)?,
                    Measured::of(&bare.url, case, connections)?,
                ];
                // Each round finds the same: what writes leave behind makes the next ones slower.
                client.done("POST", "/_billtest/reset-all", "read", "")?;
                client.done("POST", "/billing/meters", "read", READING)?;
                if round > 0 {
                    let [our, their] = rounds;
                    ours.push(our);
                    theirs.push(their);
                }
            }
            let (ours, theirs) = (Measured::median(&ours), Measured::median(&theirs));
            let percent = ours.per_second / theirs.per_second * 100.0;
            let note = if percent < case.target { " <" } else { "" };
            println!(
                "{:<42} {connections:>6} {:>10.0} {:>8.2} {:>10.0} {:>8.2} {percent:>6.0}{note}",
                case.name, ours.per_second, ours.p99, theirs.per_second, theirs.p99
            );
        }
    }
    Ok(())
}

struct Measured {
    per_second: f64,
    /// In milliseconds.
    p99: f64,
}

impl Measured {
    fn median(rounds: &[Self]) -> Self {
        let median = |of: fn(&Self) -> f64| {
            let mut all: Vec<f64> = rounds.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self { per_second: median(|round| round.per_second), p99: median(|round| round.p99) }
    }

    fn of(url: &str, case: &Case, connections: u32) -> Result<Self> {
        let script = tempfile::NamedTempFile::with_suffix(".lua")?;
        fs::write(script.path(), lua(case))?;
        let text = wrk(url, case, connections, script.path())?;
        let field = |name: &str| {
            let line =
                text.lines().find_map(|line| line.trim().strip_prefix(name)).ok_or_else(|| text.clone());
            line.map(|rest| rest.trim().to_owned())
        };
        if text.contains("Non-2xx") || text.contains("Socket errors") {
            return Err(text.into());
        }
        Ok(Self { per_second: field("Requests/sec:")?.parse()?, p99: milliseconds(&field("99%")?)? })
    }
}

fn wrk(url: &str, case: &Case, connections: u32, script: &std::path::Path) -> Result<String> {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--latency", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{SECONDS}s"), "--script"])
        .arg(script)
        .arg(format!("{url}{}", case.path))
        .output()
        .map_err(|error| format!("wrk cannot be run: {error}; it is a package of most systems"))?;
    Ok(String::from_utf8(output.stdout)?)
}

/// Reads come from one tenant; writes from 1,000, so that none has more readings than a tenant may.
fn lua(case: &Case) -> String {
    let (method, body) = (case.method, case.body);
    if body.is_empty() {
        return format!("wrk.method = '{method}'\nwrk.headers['uuid'] = 'read'\n");
    }
    format!(
        "local requests, next = {{}}, 0\n\
         function init(args)\n\
           for i = 0, 999 do\n\
             local headers = {{ ['uuid'] = 'write-' .. i, ['Content-Type'] = 'application/json' }}\n\
             requests[i] = wrk.format('{method}', nil, headers, '{body}')\n\
           end\n\
         end\n\
         function request()\n\
           next = (next + 1) % 1000\n\
           return requests[next]\n\
         end\n"
    )
}

/// `wrk` writes `850.00us`, `1.20ms` or `1.02s`.
fn milliseconds(text: &str) -> Result<f64> {
    for (unit, factor) in [("us", 0.001), ("ms", 1.0), ("s", 1000.0)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Ok(number.parse::<f64>()? * factor);
        }
    }
    Err(format!("`{text}` is no time").into())
}
