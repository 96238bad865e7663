//! `billtest config`: what counts and where it comes from, for people and for programs, and never a secret.

use serde_json::Value;

use crate::workspace::Workspace;

const FILE: &str = r#"
environment = "alpha"
provider-name = "BillingAPI"
broker-url = "https://ci:p4ss@broker.example.com"
request-timeout = 8000

[headers]
X-Team = "payments-s3cret"

[environments.alpha]
provider-url = "https://alpha.billing.example.com/?token=qu3ry"
user = "ci"
password = { env = "ALPHA_PASSWORD" }
region = "jp"

[environments.beta]
token = "t0ken"

[regions.jp]
jobs = 4
"#;

const SECRETS: [&str; 5] = ["p4ss", "s3cret", "qu3ry", "t0ken", "hunter2"];
const VARIABLES: [(&str, &str); 2] = [("ALPHA_PASSWORD", "hunter2"), ("BILLTEST_RETRIES", "2")];

fn show(arguments: &[&str]) -> crate::workspace::Run {
    let workspace = Workspace::new();
    workspace.write("billtest.toml", FILE);
    workspace.billtest_under(&VARIABLES, &[&["config", "show"], arguments].concat())
}

/// A user could not tell which of several places a value comes from.
#[test]
fn every_value_is_shown_with_its_source() {
    let run = show(&["--", "--fail-fast"]).exits(0);
    insta::assert_snapshot!("config_show", run.stdout);
}

/// A program that reads the configuration would have to read a table for people.
#[test]
fn programs_get_the_same_as_json() {
    let run = show(&["--format", "json", "--", "--retries", "3"]).exits(0);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["environment"]["value"], "alpha");
    assert_eq!(document["region_data"]["currency"]["value"], "JPY");
    let settings = &document["settings"];
    assert_eq!(settings["retries"]["value"], 3);
    assert_eq!(settings["retries"]["source"]["kind"], "option");
    assert_eq!(settings["jobs"]["source"]["line"], 20);
    assert_eq!(settings["jobs"]["source"]["table"], "regions.jp");
    assert_eq!(settings["password"]["value"], "***");
    assert_eq!(settings["password"]["variable"], "ALPHA_PASSWORD");
    assert_eq!(settings["mock"]["value"], false);
    assert_eq!(settings["sources"]["value"][0], "pacts");
}

/// A user would read five seconds, and see a client of the same configuration wait for thirty.
#[test]
fn what_clients_of_the_library_have_instead_of_a_default_is_told() {
    let workspace = Workspace::new();
    let clients = u64::try_from(billtest::ClientOptions::default().timeout.as_millis()).unwrap();
    let settings = |file: &str| {
        workspace.write("billtest.toml", file);
        let run = workspace.billtest(&["config", "show", "--format", "json"]).exits(0);
        serde_json::from_str::<Value>(&run.stdout).unwrap()["settings"]["request-timeout"].clone()
    };
    let default = settings("");
    assert_eq!((&default["value"], &default["of_clients"]), (&5000.into(), &clients.into()));
    // What is said holds for them, too.
    let said = settings("request-timeout = 5000\n");
    assert_eq!((&said["value"], said.get("of_clients")), (&5000.into(), None));
}

/// A team's token would be in a build log.
#[test]
fn secrets_are_shown_nowhere() {
    let hidden = |mut run: crate::workspace::Run| {
        for secret in SECRETS {
            run = run.hides(secret);
        }
        run
    };
    hidden(show(&[])).exits(0);
    hidden(show(&["--format", "json"])).exits(0);
    hidden(show(&["--env", "beta"]))
        .exits(0)
        .says("write token = { env = \"NAME\" } to keep it out of the file");
    hidden(show(&["--", "--token", "hunter2", "--header", "A=s3cret"])).exits(0);
    // Nor what is kept in variables, whatever for, or stands in an address under any spelling of its name.
    let workspace = Workspace::new();
    workspace.write(
        "billtest.toml",
        "before-all = { env = \"HOOK\" }\nstart-command = { env = \"HOOK\" }\nretries = { env = \"TRIES\" }\n\
         provider-url = \"https://h/?api_key=s3cret&API-Key=s3cret&access_token=s3cret&client_secret=s3cret\"\n",
    );
    let variables = [("HOOK", "run --password hunter2"), ("TRIES", "2")];
    for format in ["human", "json"] {
        let run = workspace.billtest_under(&variables, &["config", "show", "--format", format]);
        hidden(run).exits(0).says("HOOK").says("***");
    }
    workspace.billtest_under(&variables, &["config", "show", "--format", "json"]).says("\"value\": 2");
    // Neither where the configuration is wrong.
    for (file, said) in [
        ("token = 's3cret", "is not TOML"),
        ("token = s3cret", "is not TOML"),
        ("token = ['s3cret']", "a text is expected"),
        ("tokem = 's3cret'", "did you mean `token`?"),
        ("password = { evn = 's3cret' }", "a text is expected"),
        ("mock = true\npassword = 's3cret'", "cannot be used without `user`"),
        ("mock = true\nuser = 'u'\ntoken = 's3cret'", "`token` cannot be used with `user`"),
        (
            "client-cert = 'c'\ntoken = 's3cret'\n[headers]\nA = 's3cret'",
            "`client-cert` cannot be used without `client-key`",
        ),
        ("mock = true\n[headers]\n'a b' = 's3cret'", "is not the name of a header"),
    ] {
        let workspace = Workspace::new();
        workspace.write(
            "pacts/p.json",
            crate::workspace::pact(&[crate::workspace::get("a", None, "/health", &Value::Null)]),
        );
        workspace.write("billtest.toml", file);
        hidden(workspace.verify_plain(&[])).exits(2).says(said);
    }
}

/// A user's own file would be lost, or the first file to begin with be refused.
#[test]
fn a_first_file_is_written_and_never_over_another() {
    let workspace = Workspace::new();
    let before = workspace.billtest(&["config", "show"]).exits(0).stdout;
    workspace.billtest(&["config", "init"]).exits(0).says("billtest.toml is written");
    let after = workspace.billtest(&["config", "show"]).exits(0).stdout;
    let rows = |text: &str| text.lines().skip(1).map(ToOwned::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&before), rows(&after));
    workspace.write("billtest.toml", "jobs = 3\n");
    workspace.billtest(&["config", "init"]).exits(2).says("billtest.toml is there already");
    assert_eq!(workspace.read("billtest.toml"), "jobs = 3\n");
    workspace.billtest(&["config", "init", "none/billtest.toml"]).exits(2).says("cannot be written");
    // What is wrong with a file must not keep its reference from being read.
    workspace.write("billtest.toml", "jobz = 3\n");
    workspace.billtest(&["config", "show", "--default"]).exits(0).says("request-timeout = 5000");
}
