//! Which of several values counts.

use crate::workspace::Workspace;

/// A user would change a value in one place, and another that should be weaker would still count.
#[test]
fn of_several_values_the_strongest_counts() {
    let workspace = Workspace::new();
    let mut file = String::new();
    let show = |file: &str, environment: &[(&str, &str)], options: &[&str]| {
        workspace.write("billtest.toml", file);
        let arguments = [&["config", "show", "--env", "alpha", "--region", "jp", "--"], options].concat();
        let run = workspace.billtest_under(environment, &arguments).exits(0);
        run.row("request-timeout")
    };
    let is = |row: (String, String), value: &str, source: &str| {
        assert_eq!(row, (value.to_owned(), source.to_owned()));
    };
    let alpha = "[environments.alpha]\nmock = true\n";
    is(show(alpha, &[], &[]), "5000", "default  (clients of the library: 30000)");
    file.push_str("request-timeout = 1001\n");
    is(show(&format!("{file}{alpha}"), &[], &[]), "1001", "billtest.toml:1");
    file.push_str("[environments.alpha]\nrequest-timeout = 1002\n");
    is(show(&file, &[], &[]), "1002", "billtest.toml:3 [environments.alpha]");
    file.push_str("[regions.jp]\nrequest-timeout = 1003\n");
    is(show(&file, &[], &[]), "1003", "billtest.toml:5 [regions.jp]");
    file.push_str("[environments.alpha.regions.jp]\nrequest-timeout = 1_004\n");
    is(show(&file, &[], &[]), "1004", "billtest.toml:7 [environments.alpha.regions.jp]");
    let pact = ("PACT_PROVIDER_REQUEST_TIMEOUT", "1005");
    is(show(&file, &[pact], &[]), "1005", "PACT_PROVIDER_REQUEST_TIMEOUT");
    let ours = ("BILLTEST_REQUEST_TIMEOUT", "1006");
    is(show(&file, &[pact, ours], &[]), "1006", "BILLTEST_REQUEST_TIMEOUT");
    is(show(&file, &[pact, ours], &["--request-timeout", "1007"]), "1007", "--request-timeout");
    // Pipelines are full of variables that are set and empty.
    let empty = [("PACT_PROVIDER_REQUEST_TIMEOUT", ""), ("BILLTEST_REQUEST_TIMEOUT", "")];
    is(show(&file, &empty, &[]), "1004", "billtest.toml:7 [environments.alpha.regions.jp]");
}

const PLACES: &str = r#"
environment = "beta"
region = "us"

[environments.alpha]
region = "kr"
provider-name = "Alpha"

[environments.beta]
provider-name = "Beta"

[regions.sg]
currency = "USD"
tax = 9
time-zone = "Asia/Singapore"
locale = "en_SG"
"#;

/// A user would verify production with the settings of a test environment, or be billed in won for dollars.
#[test]
fn environment_and_region_are_selected_by_option_variable_and_file() {
    let workspace = Workspace::new();
    workspace.write("billtest.toml", PLACES);
    let show = |environment: &[(&str, &str)], arguments: &[&str]| {
        workspace.billtest_under(environment, &[&["config", "show"], arguments].concat()).exits(0)
    };
    show(&[], &[])
        .has("environment", "beta", "billtest.toml:2")
        .has("region", "us", "billtest.toml:3")
        .has("provider-name", "Beta", "billtest.toml:10 [environments.beta]")
        .has("region.currency", "USD", "default [regions.us]");
    let variables = [("BILLTEST_ENV", "alpha")];
    show(&variables, &[])
        .has("environment", "alpha", "BILLTEST_ENV")
        .has("region", "kr", "billtest.toml:6 [environments.alpha]")
        .has("region.time-zone", "Asia/Seoul", "default [regions.kr]");
    let variables = [("BILLTEST_ENV", "alpha"), ("BILLTEST_REGION", "eu")];
    show(&variables, &["--env", "beta", "--region=sg"])
        .has("environment", "beta", "--env")
        .has("region", "sg", "--region")
        .has("region.tax", "9", "billtest.toml:14 [regions.sg]")
        .has("region.locale", "en_SG", "billtest.toml:16 [regions.sg]");
    show(&variables, &[]).has("region", "eu", "BILLTEST_REGION").has(
        "region.tax",
        "20",
        "default [regions.eu]",
    );
    show(&[], &["--", "--env", "mock"]).has("environment", "mock", "--env").has(
        "mock",
        "true",
        "default [environments.mock]",
    );
    // The five built-in ones, each complete.
    for (region, currency, tax, zone) in [
        ("kr", "KRW", "10", "Asia/Seoul"),
        ("jp", "JPY", "10", "Asia/Tokyo"),
        ("us", "USD", "0", "America/New_York"),
        ("eu", "EUR", "20", "Europe/Berlin"),
        ("etc", "USD", "0", "UTC"),
    ] {
        let source = format!("default [regions.{region}]");
        show(&[], &["--region", region])
            .has("region.currency", currency, &source)
            .has("region.tax", tax, &source)
            .has("region.time-zone", zone, &source);
    }
}

/// A user of two teams' files would read one and get the other.
#[test]
fn the_file_is_named_by_option_or_variable_and_its_paths_are_relative_to_it() {
    let workspace = Workspace::new();
    workspace.write("billtest.toml", "provider-name = \"Here\"\n");
    workspace.write("ci/a.toml", "states = \"s\"\nsources = [\"p\", \"http://127.0.0.1:1/p\"]\n");
    workspace.write("ci/b.toml", "ca-cert = \"/etc/ca.pem\"\n");
    let show = |environment: &[(&str, &str)], arguments: &[&str]| {
        workspace.billtest_under(environment, &[&["config", "show"], arguments].concat()).exits(0)
    };
    show(&[], &[]).has("provider-name", "Here", "billtest.toml:1");
    let by_variable = [("BILLTEST_CONFIG", "ci/a.toml")];
    show(&by_variable, &[])
        .has("configuration", "ci/a.toml", "BILLTEST_CONFIG")
        .has("states", "ci/s", "ci/a.toml:1")
        .has("sources", "ci/p, http://127.0.0.1:1/p", "ci/a.toml:2");
    show(&by_variable, &["--config", "ci/b.toml"])
        .has("configuration", "ci/b.toml", "--config")
        .has("ca-cert", "/etc/ca.pem", "ci/b.toml:1")
        .has("states", "provider-states", "default");
}

/// A user's request would go out without a header, or to a provider that the environment does not have.
#[test]
fn headers_are_put_together_and_lists_replaced_and_nothing_takes_away() {
    let workspace = Workspace::new();
    workspace.write(
        "billtest.toml",
        r#"
            provider-url = ["http://a", "http://b"]
            state-change-url = "http://a/states"
            state-change-teardown = true
            [headers]
            X-Team = "payments"
            X-Stage = "none"
            [environments.alpha]
            provider-url = "http://c"
            state-change-url = ""
            [environments.alpha.headers]
            x-stage = "alpha"
        "#,
    );
    let show = |environment: &[(&str, &str)], options: &[&str]| {
        let arguments = [&["config", "show", "--env", "alpha", "--"], options].concat();
        workspace.billtest_under(environment, &arguments).exits(0)
    };
    let lines =
        [("BILLTEST_PROVIDER_URL", "http://d\nhttp://e\n"), ("BILLTEST_HEADERS", "X-Run=1\nX-Team=t")];
    show(&[], &[])
        .has("provider-url", "http://c", "billtest.toml:9 [environments.alpha]")
        .has("headers.X-Team", "***", "billtest.toml:6")
        .has("headers.x-stage", "***", "billtest.toml:12 [environments.alpha]")
        .says("without state-change-url it says nothing")
        .says("not set: start-command,");
    show(&lines, &["--header", "x-run=2"])
        .has("provider-url", "http://d, http://e", "BILLTEST_PROVIDER_URL")
        .has("headers.X-Team", "***", "BILLTEST_HEADERS")
        .has("headers.x-run", "***", "--header");
}

/// A user who says what to use would be refused for what a file says, or verify something else.
#[test]
fn what_excludes_another_is_the_stronger_one() {
    let workspace = Workspace::new();
    workspace.write(
        "billtest.toml",
        r#"
            provider-url = "http://a"
            start-command = "./provider"
            ready-url = "http://a/health"
            token = "t0ken"
        "#,
    );
    let show = |options: &[&str]| workspace.billtest(&[&["config", "show", "--"], options].concat()).exits(0);
    show(&["--mock"])
        .says("not used: mock is given by --mock")
        .says("not used: without provider-url it says nothing")
        .says("not used: without start-command it says nothing");
    show(&["--user", "u", "--password", "p"]).says("not used: user is given by --user").hides("t0ken");
    show(&["--provider-url", "http://b", "--env", "mock"])
        .says("not used: provider-url is given by --provider-url");
    show(&["--env", "mock"]).says("not used: mock is given by default [environments.mock]");
}
