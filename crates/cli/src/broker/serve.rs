//! The embedded broker: `billtest broker serve`, and a copy of its data.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use billtest_broker::client::Secret;
use billtest_broker::server::{Broker, DatabaseAddress, Settings, User, WebhookRules, back_up, serve};
use clap::Args;
use reqwest::Url;

use crate::args::listen as address;
use crate::exit::{CliError, Exit};
use crate::mock::listen;
use crate::printer::{Printer, STRONG};
use crate::signals::Signals;

/// Where the data is unless said otherwise.
const DATABASE: &str = "sqlite:pact-broker.sqlite";
/// How long requests that are under way may take to end; a second signal ends them at once.
const GRACE: Duration = Duration::from_secs(10);
/// The least grave of what is logged. Statements are never.
const LOGGED: tracing_subscriber::filter::LevelFilter = tracing_subscriber::filter::LevelFilter::WARN;
const MEBIBYTE: usize = 1024 * 1024;

#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    /// Where the data is: sqlite:FILE, made if it is not there, or postgres://USER:PASSWORD@HOST/NAME
    #[arg(
        long,
        value_name = "URL",
        default_value = DATABASE,
        env = "PACT_BROKER_DATABASE_URL",
        hide_env_values = true
    )]
    database: DatabaseAddress,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on; port 0 takes any free one
    #[arg(id = "own_listen", long = "listen", value_name = "[HOST:]PORT", default_value = "127.0.0.1:9292", value_parser = address)]
    listen: String,
    #[command(flatten)]
    data: DataArgs,
    /// Address under which clients reach the broker, if there is a proxy before it
    #[arg(long, value_name = "URL", value_parser = public_url)]
    public_url: Option<Url>,
    /// Name of a user; with any user, nobody else may use the broker
    #[arg(
        id = "own_user",
        long = "user",
        value_name = "NAME",
        env = "PACT_BROKER_BASIC_AUTH_USERNAME",
        hide_env_values = true
    )]
    user: Option<String>,
    /// Password of that user
    #[arg(
        id = "own_password",
        long = "password",
        value_name = "PASSWORD",
        env = "PACT_BROKER_BASIC_AUTH_PASSWORD",
        hide_env_values = true
    )]
    password: Option<Secret>,
    /// Name of a user who may read, and change nothing
    #[arg(
        long,
        value_name = "NAME",
        env = "PACT_BROKER_BASIC_AUTH_READ_ONLY_USERNAME",
        hide_env_values = true
    )]
    read_only_user: Option<String>,
    /// Password of that user
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "PACT_BROKER_BASIC_AUTH_READ_ONLY_PASSWORD",
        hide_env_values = true
    )]
    read_only_password: Option<Secret>,
    /// File of more users, one a line: NAME:PASSWORD, or NAME:PASSWORD:read-only
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// Host that webhooks may call by any method and without TLS, such as ci.example.com, *.example.com or 10.0.0.0/8; may be repeated
    #[arg(long = "webhook-host", value_name = "HOST", value_parser = webhook_host)]
    webhook_hosts: Vec<String>,
    /// Largest pact, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1024))]
    max_pact_size: u16,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// File to copy to; it must not be there
    file: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

/// An address that links can begin with.
fn public_url(text: &str) -> Result<Url, String> {
    let is_plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && (url.username(), url.password(), url.query(), url.fragment()) == ("", None, None, None)
    };
    Url::parse(text).ok().filter(is_plain).ok_or_else(|| {
        "it is http:// or https:// with a host, without user and query, such as https://broker.example.com".into()
    })
}

/// A host as rules for webhooks name it; one that is none would never be met.
fn webhook_host(text: &str) -> Result<String, String> {
    let network = |(network, bits): (&str, &str)| {
        let width = if network.parse::<IpAddr>().ok()?.is_ipv4() { 32 } else { 128 };
        bits.parse::<u8>().ok().filter(|bits| *bits <= width)
    };
    let is_name = |name: &str| {
        let (begun, name) = name.strip_prefix('*').map_or(("", name), |end| ("x", end));
        let address = format!("http://{begun}{name}/");
        let is_bare = !name.contains(['/', ':', '@', '?', '#', '[', '*']);
        is_bare && Url::parse(&address).is_ok_and(|url| url.as_str().eq_ignore_ascii_case(&address))
    };
    if text.parse::<IpAddr>().is_ok() || text.split_once('/').and_then(network).is_some() || is_name(text) {
        return Ok(text.to_owned());
    }
    Err("it is a host without scheme, port and path, such as ci.example.com, *.example.com or 10.0.0.0/8"
        .into())
}

pub(crate) async fn exec_backup(args: &BackupArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let copied = back_up(&args.data.database, &args.file).await;
    copied.map_err(|error| CliError::Usage(error.to_string()))?;
    printer.line(format_args!("copied to {}", args.file.display()));
    Ok(Exit::Verified)
}

pub(crate) async fn exec_serve(args: &ServeArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let mut signals = Signals::new()?;
    let settings = settings(args)?;
    // What clients are told of a failure is little; the log has the rest. Whoever set one up before goes on with it.
    let _ = tracing_subscriber::fmt()
        .with_max_level(LOGGED)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
    let users = settings.users.len();
    let public = settings.public_url.clone();
    let (listener, address) = listen(&args.listen).await?;
    let broker = Broker::open(settings).await.map_err(|error| CliError::Usage(error.to_string()))?;
    // The first line is for programs that wait for it.
    printer.line(format_args!("Pact Broker ready at {STRONG}http://{address}{STRONG:#}"));
    if let Some(public) = public {
        printer.line(format_args!("  links lead to {public}"));
    }
    match users {
        0 => printer.line(format_args!("  everybody who reaches it may use it; stop with Ctrl-C")),
        count => printer.line(format_args!("  {count} users may use it; stop with Ctrl-C")),
    }
    let (tell, told) = tokio::sync::oneshot::channel();
    let serving = serve(listener, broker, async {
        // Nobody left to tell is told as well.
        let _ = told.await;
    });
    let ending = async {
        signals.next().await;
        let _ = tell.send(());
        tokio::select! {
            () = signals.next() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
    };
    tokio::select! {
        served = serving => served.map_err(CliError::Serve)?,
        () = ending => {}
    }
    Ok(Exit::Verified)
}

fn settings(args: &ServeArgs) -> Result<Settings, CliError> {
    let mut users = Vec::new();
    for (option, name, password, read_only) in [
        ("--user", &args.user, &args.password, false),
        ("--read-only-user", &args.read_only_user, &args.read_only_password, true),
    ] {
        match (name.as_deref().filter(|name| !name.is_empty()), password) {
            (Some(name), Some(password)) if !password.is_empty() => {
                users.push(User { name: name.to_owned(), password: password.clone(), read_only });
            }
            (None, None) => {}
            (None, Some(password)) if password.is_empty() => {}
            // A broker that was to be closed would be open.
            _ => {
                return Err(CliError::Usage(format!("{option} needs a name and a password, both not empty")));
            }
        }
    }
    if let Some(file) = &args.users {
        users.extend(read_users(file)?);
    }
    let mebibytes = usize::from(args.max_pact_size);
    Ok(Settings {
        public_url: args.public_url.as_ref().map(Url::to_string),
        users,
        // Base64 makes a third more of it, and something is around it.
        body_limit: mebibytes * MEBIBYTE * 4 / 3 + MEBIBYTE,
        webhooks: WebhookRules { hosts: args.webhook_hosts.clone(), ..WebhookRules::default() },
        ..Settings::new(args.data.database.clone())
    })
}

fn read_users(file: &Path) -> Result<Vec<User>, CliError> {
    let wrong = |why: String| CliError::Usage(format!("--users {}: {why}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let mut users = Vec::new();
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (line, read_only) = line.strip_suffix(":read-only").map_or((line, false), |line| (line, true));
        match line.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => {
                users.push(User { name: name.to_owned(), password: password.into(), read_only });
            }
            _ => return Err(wrong(format!("line {} is not NAME:PASSWORD[:read-only]", place + 1))),
        }
    }
    if users.is_empty() {
        return Err(wrong("names nobody; the broker would be open to everybody".to_owned()));
    }
    Ok(users)
}
