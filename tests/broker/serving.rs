//! `billtest broker serve` and `backup`: what they are told, and what they refuse.

use crate::{Broker, Run, billtest_broker};

/// Runs `serve` so that it ends in any case: there is no such folder for the data.
fn serve(more: &[&str]) -> Run {
    let common = ["serve", "--listen", "127.0.0.1:0", "--database", "sqlite:/nowhere/at/all/b.sqlite"];
    Run::of(&billtest_broker(&[&common[..], more].concat()).output().unwrap())
}

/// Links would lead nowhere, and a host that was to be called never be.
#[test]
fn an_address_or_a_host_that_can_never_work_is_refused() {
    for (option, value) in [
        ("--public-url", "localhost:9292"),
        ("--public-url", "ftp://broker.example.com"),
        ("--public-url", "https://ci:s3cret@broker.example.com"),
        ("--public-url", "https://broker.example.com/?a=b"),
        ("--webhook-host", "https://ci.example.com"),
        ("--webhook-host", "ci.example.com:8080"),
        ("--webhook-host", "ci.example.com/hooks"),
        ("--webhook-host", "10.0.0.0/33"),
        ("--webhook-host", "[::1]"),
        ("--webhook-host", ""),
    ] {
        serve(&[option, value]).exits(2).says(&format!("'{option} <")).says("such as");
    }
    for (option, value) in [
        ("--public-url", "https://broker.example.com/pacts"),
        ("--public-url", "http://127.0.0.1:9292"),
        ("--webhook-host", "ci.example.com"),
        ("--webhook-host", "*.example.com"),
        ("--webhook-host", "*"),
        ("--webhook-host", "10.0.0.0/8"),
        ("--webhook-host", "fd00::/8"),
        ("--webhook-host", "::1"),
    ] {
        serve(&[option, value]).exits(2).says("/nowhere/at/all/b.sqlite: the database file cannot be opened");
    }
}

/// A user would look for what is wrong with the data, and find nothing.
#[test]
fn a_copy_that_cannot_be_written_is_told_as_what_it_is() {
    let broker = Broker::start();
    let database = format!("sqlite:{}", broker.folder.path().join("broker.sqlite").display());
    let backup = |to: &str| broker.run(&["backup", to, "--database", &database]);
    backup("nodir/x").exits(2).says("nodir/x: the copy cannot be written").says_nowhere("broker.sqlite");
    backup("copy.sqlite").exits(0).says("copied to copy.sqlite");
    backup("copy.sqlite").exits(2).says("copy.sqlite: the copy cannot be written: ").says("exists");
    std::fs::write(
        broker.folder.path().join("text"),
        "no database, but long enough to be read as one".repeat(20),
    )
    .unwrap();
    let other = format!("sqlite:{}", broker.folder.path().join("text").display());
    broker.run(&["backup", "other", "--database", &other]).exits(2).says("text: ").says("not a database");
    assert!(!broker.folder.path().join("other").exists(), "half a copy is none");
}

/// A broker would be closed by the log-in that the client has for another one, or listen where the mock provider does.
#[test]
fn what_is_configured_for_clients_is_nothing_for_the_broker_that_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let served = |configured: &str, more: &[&str]| {
        std::fs::write(folder.path().join("billtest.toml"), configured).unwrap();
        let common = ["serve", "--database", "sqlite:/nowhere/at/all/b.sqlite"];
        let mut command = billtest_broker(&[&common[..], more].concat());
        Run::of(&command.current_dir(folder.path()).output().unwrap()).exits(2)
    };
    // Half of a log-in is refused, if it is one.
    for configured in ["user = \"ci\"", "password = \"pw\""] {
        served(configured, &["--listen", "127.0.0.1:0"]).says("b.sqlite: the database file cannot be opened");
    }
    served("user = \"ci\"", &["--listen", "127.0.0.1:0", "--user", "ci"])
        .says("--user needs a name and a password");
    // An address that is kept for documents is no address of this machine.
    served("listen = \"203.0.113.1:9292\"", &[]).says_nowhere("203.0.113.1");
    served("", &["--listen", "203.0.113.1:9292"]).says("cannot listen on 203.0.113.1:9292");
}
