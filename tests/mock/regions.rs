use serde_json::{Value, json};

use crate::workspace::{Mock, Workspace, pact};

/// What the statement of January comes to, in order: subtotal, tax, amount, currency.
fn bill(mock: &Mock, readings: &Value) -> (Value, Value, Value, Value) {
    let metered = mock.post("/billing/meters", &json!({"meterList": readings}));
    assert_eq!(metered.status, 200, "{}", metered.body);
    let found = mock.get("/billing/payments/2025-01/statements", &[("uuid", "t")]).json();
    let bill = &found["statements"][0];
    (bill["subtotal"].clone(), bill["vat"].clone(), bill["amount"].clone(), bill["currency"].clone())
}

fn reading(counter: &str, volume: &str, timestamp: &str) -> Value {
    json!({"counterName": counter, "counterType": "DELTA", "counterVolume": volume, "timestamp": timestamp})
}

fn start(workspace: &Workspace, options: &[&str]) -> Mock {
    let all: Vec<&str> = ["--listen", "127.0.0.1:0"].iter().chain(options).copied().collect();
    Mock::start_in(&workspace.path("."), &all)
}

/// A team in Japan would test against Korean bills: other money, other tax, another month.
#[test]
fn the_same_meters_are_billed_as_each_region_bills() {
    let workspace = Workspace::new();
    // 101 hours within every January, and one that is in January only west of Berlin.
    let readings = json!([
        reading("compute.c2.c8m8", "101", "2025-01-10T00:00:00Z"),
        reading("compute.c2.c8m8", "1", "2025-01-31T23:30:00Z"),
    ]);
    for (region, subtotal, tax, amount, currency) in [
        ("kr", json!(40097), json!(4010), json!(44107), "KRW"),
        ("jp", json!(4444), json!(444), json!(4888), "JPY"),
        ("us", json!(30.6), json!(0.0), json!(30.6), "USD"),
        ("eu", json!(28.28), json!(5.66), json!(33.94), "EUR"),
        ("etc", json!(30.6), json!(0.0), json!(30.6), "USD"),
    ] {
        let mock = start(&workspace, &["--region", region]);
        let expected = (subtotal, tax, amount, json!(currency));
        assert_eq!(bill(&mock, &readings), expected, "{region}");
    }
    let plain = start(&workspace, &[]);
    assert_eq!(bill(&plain, &readings).3, "KRW", "without a region it is kr");
}

const OWN: &str = r#"
region = "sg"

[regions.sg]
currency = "USD"
tax = 9
time-zone = "Asia/Singapore"
locale = "en_SG"

[regions.sg.prices]
requests = { unit = "REQUESTS", unit-price = 0.002 }
"compute.c2.c8m8" = { unit = "HOURS", tiers = [{ from = 0, to = 100, unit-price = 0.4 }, { from = 100, unit-price = 0.2 }] }

[regions.kr]
tax = 20

[environments.old.regions.kr]
tax = 5.5
"#;

/// A team with a region of its own could not test its bills.
#[test]
fn a_configured_region_is_billed_with_its_own_data() {
    let workspace = Workspace::new();
    workspace.write("billtest.toml", OWN);
    let readings = json!([
        reading("compute.c2.c8m8", "101", "2025-01-10T00:00:00Z"),
        reading("requests", "1000", "2025-01-10T00:00:00Z"),
        // Not in its list, and therefore as in the built-in one of its currency.
        reading("network.bandwidth", "100", "2025-01-10T00:00:00Z"),
        // It is February already in Singapore.
        reading("network.bandwidth", "100", "2025-01-31T16:30:00Z"),
    ]);
    // 40.20 + 2.00 + 1.00, and 9 % of that.
    let expected = (json!(43.2), json!(3.89), json!(47.09), json!("USD"));
    assert_eq!(bill(&start(&workspace, &[]), &readings), expected);

    let readings = json!([reading("compute.c2.c8m8", "100", "2025-01-10T00:00:00Z")]);
    let tax = |options: &[&str]| bill(&start(&workspace, options), &readings).1;
    assert_eq!(tax(&["--region", "kr"]), json!(7940));
    assert_eq!(tax(&["--region", "kr", "--env", "old"]), json!(2184), "2183.5, rounded");
    workspace
        .billtest(&["config", "show", "--region", "sg"])
        .exits(0)
        .says("region.prices.requests")
        .says("[regions.sg.prices]");
}

/// A user would be billed nothing for what has no price, or at a price that is none.
#[test]
fn prices_that_are_none_are_refused_with_their_place() {
    let workspace = Workspace::new();
    let with = |prices: &str| {
        let start = OWN.split("[regions.sg.prices]").next().unwrap();
        workspace.write("billtest.toml", format!("{start}[regions.sg.prices]\n{prices}\n"));
        workspace.billtest(&["mock", "--listen", "127.0.0.1:0"]).exits(2)
    };
    with("a = 5").says("billtest.toml:11:1: `prices.a` is a whole number; a price such as");
    with("a = { unit = 'GB' }")
        .says("billtest.toml:11:1: `prices.a` cannot be taken: a price needs `unit-price` or `tiers`");
    with("a = { unit = 'GB', price = 1 }")
        .says("billtest.toml:11:20: unknown key `prices.a.price`; known: unit, unit-price, tiers, bounds");
    with("a = { unit = 'GB', unit-price = -1 }")
        .says("billtest.toml:11:20: `prices.a.unit-price` cannot be taken: price -1 cannot be negative");
    with("a = { unit = 'GB', tiers = [{ from = 5, unit-price = 1 }] }")
        .says("`prices.a.tiers` cannot be taken: the lowest tier begins at 5");
    workspace.write("billtest.toml", "prices = 1\n");
    workspace.billtest(&["mock"]).exits(2).says("unknown key `prices`");
    workspace.billtest(&["mock", "--region", "mars"]).exits(2);
}

/// The embedded provider would answer in won where the team's region is configured.
#[test]
fn verification_against_the_embedded_provider_takes_the_region_and_has_no_limit() {
    let workspace = Workspace::new();
    let interaction = |number: usize| {
        json!({
            "type": "Synchronous/HTTP", "description": format!("a bill {number}"),
            "request": {"method": "GET", "path": "/billing/console/statements", "query": {"month": ["2025-01"]}},
            "response": {"status": 200, "body": {
                "content": {"statements": [{"currency": "JPY"}]}, "contentType": "application/json", "encoded": false
            }}
        })
    };
    let interactions: Vec<Value> = (0..300).map(interaction).collect();
    workspace.write("pacts/p.json", pact(&interactions));
    workspace.write("billtest.toml", "rate-limit = 1\n");
    workspace.verify_plain(&["--mock", "--region", "jp"]).exits(0).says("300 verified");
    workspace.verify_plain(&["--mock", "--format", "quiet"]).exits(1);
    workspace.write("billtest.toml", "[environments.mock]\nregion = 'jp'\n");
    workspace.verify_plain(&["--env", "mock"]).exits(0).says("300 verified");
}
