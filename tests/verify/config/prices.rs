//! The prices of regions: what is none is told before anybody is billed by it.

use serde_json::{Value, json};

use crate::workspace::Workspace;

/// A price that is wrong in every way, in tables that nobody chose.
const WRONG: &str = r#"
[regions.kr.prices]
cpu = { unit = "", unit-price = -1 }
"disk.ssd" = { unit = "GB", tiers = [{ from = 0, to = 10, unit-price = 2 }, { from = 11, unit-price = 1 }] }
gpu = { unit = "HOURS", tiers = [{ from = 0, to = 10, unit-price = -2 }, { from = 10, unit-price = 2e9 }] }
huge = { unit = "HOURS", unit-price = 1e400 }

[environments.alpha.regions.jp.prices]
slip = { unt = "HOURS", unit-prce = 1 }
wire = { unit = "HOURS", unit_price = 1 }
both = { unit = "HOURS", unit-price = 1, tiers = [] }
none = { unit = "HOURS" }
bare = 5
text = { unit = 5, unit-price = "1" }
bounds = { unit = "HOURS", unit-price = 1, bounds = "half-open" }

[environments.alpha.regions.jp.prices.tiered]
unit = "HOURS"
bounds = "open"
tiers = [{ from = 0, to = 10, price = 1 }, { to = 10 }, 5]

[environments.alpha.regions.jp.prices.empty]
unit = "HOURS"
tiers = []
"#;

/// A user would be billed at a price that is none, or find out one fault a run, without a word where it stands.
#[test]
fn all_that_is_wrong_with_prices_is_told_at_once_by_every_command() {
    let workspace = Workspace::new();
    workspace.write("billtest.toml", WRONG);
    let shown = workspace.billtest(&["config", "show"]).exits(2).stderr;
    insta::assert_snapshot!("wrong_prices", shown);
    assert_eq!(workspace.billtest(&["mock", "--listen", "127.0.0.1:0"]).exits(2).stderr, shown);
    assert_eq!(workspace.verify_plain(&["--mock"]).exits(2).stderr, shown);
}

/// A user would be refused a price list that is right, or be billed by other prices than are written.
#[test]
fn prices_are_taken_as_they_are_written() {
    let workspace = Workspace::new();
    workspace.write(
        "billtest.toml",
        r#"
        [regions.etc.prices]
        exact = { unit = "HOURS", unit-price = 0.10 }
        grouped = { unit = "HOURS", unit-price = 1_000.5 }
        hex = { unit = "HOURS", unit-price = 0x0A }
        free = { unit = "HOURS", unit-price = 0 }
        [regions.etc.prices.old]
        unit = "GB"
        bounds = "inclusive-bounds"
        [[regions.etc.prices.old.tiers]]
        from = 1
        to = 10
        unit-price = 2
        [[regions.etc.prices.old.tiers]]
        from = 11
        unit-price = 1
        "#,
    );
    let run = workspace.billtest(&["config", "show", "--region", "etc", "--format", "json"]).exits(0);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    for (counter, price) in [
        ("exact", json!({"unit": "HOURS", "unit_price": 0.1})),
        ("grouped", json!({"unit": "HOURS", "unit_price": 1000.5})),
        ("hex", json!({"unit": "HOURS", "unit_price": 10})),
        ("free", json!({"unit": "HOURS", "unit_price": 0})),
        (
            "old",
            json!({
                "unit": "GB", "bounds": "inclusive-bounds",
                "tiers": [{"from": 1, "to": 10, "unit_price": 2}, {"from": 11, "unit_price": 1}],
            }),
        ),
    ] {
        let shown = document["region_data"][format!("prices.{counter}")]["value"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(shown).unwrap(), price, "{counter}");
    }
}
