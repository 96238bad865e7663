//! How long the statement of a month takes, over HTTP, by the number of its readings.

use std::time::Instant;

use crate::Result;
use crate::http::Client;
use crate::server::Server;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const STATEMENT: &str = "/billing/payments/2025-01/statements";
const CONSOLE: &str = "/billing/console/statements?month=2025-01";
const TIMES: usize = 21;
const HOURS_OF_A_MONTH: usize = 744;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
pub(crate) fn measure() -> Result<()> {
    let mock = Server::mock(&[])?;
    let mut client = Client::connect(&mock.url)?;
    println!("{:<52} {:>9} {:>9} {:>12} {:>10}", "", "median ms", "worst ms", "us a reading", "answer KiB");
    for (name, each) in
        [("one resource for 744 readings", HOURS_OF_A_MONTH), ("a resource for each reading", 1)]
    {
        for count in SIZES {
            let tenant = format!("bill-{count}-{each}");
            fill(&mut client, &tenant, count, each)?;
            for path in [STATEMENT, CONSOLE] {
                let mut all = Vec::new();
                let mut size = 0;
                for _ in 0..TIMES {
                    // After any write the statement is made anew.
                    client.done("DELETE", "/billing/admin/meters?appKeys=none", &tenant, "")?;
                    let begun = Instant::now();
                    size = client.done("GET", path, &tenant, "")?.body.len();
                    all.push(begun.elapsed().as_secs_f64() * 1e3);
                }
                all.sort_by(f64::total_cmp);
                let (median, worst) = (all[TIMES / 2], all[TIMES - 1]);
                let what = format!("{count} readings, {name}");
                println!(
                    "{what:<52} {median:>9.2} {worst:>9.2} {:>12.3} {:>10}",
                    median * 1e3 / count as f64,
                    size / 1024
                );
            }
        }
    }
    Ok(())
}

/// Meters a month, by the hour.
fn fill(client: &mut Client, tenant: &str, count: usize, each: usize) -> Result<()> {
    for begin in (0..count).step_by(1000) {
        let readings: Vec<String> = (begin..(begin + 1000).min(count))
            .map(|place| {
                let (resource, hour) = (place / each, place % HOURS_OF_A_MONTH);
                let (project, day) = (resource % 20, hour / 24 + 1);
                format!(
                    r#"{{"counterName":"compute.c2.c8m8","counterType":"DELTA","counterVolume":"1.5","appKey":"app-{project}","projectId":"project-{project}","resourceId":"resource-{resource:06}","resourceName":"web","timestamp":"2025-01-{day:02}T{:02}:00:00+09:00"}}"#,
                    hour % 24
                )
            })
            .collect();
        client.done(
            "POST",
            "/billing/meters",
            tenant,
            &format!(r#"{{"meterList":[{}]}}"#, readings.join(",")),
        )?;
    }
    Ok(())
}
