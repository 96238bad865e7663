//! Webhooks.

use std::fs;

use billtest_broker::client::{Secret, WebhookDefinition, WebhookSide};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::access::{AccessArgs, headers, show};
use super::table::{self, text};
use super::verification::plain;
use crate::exit::{CliError, Exit};
use crate::printer::{BAD, FAINT, GOOD, Printer, STRONG};

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Create one, in the way of a curl command
    Create(CreateArgs),
    /// Create one with an id of your own, or replace it
    CreateOrUpdate(PutArgs),
    /// List all
    List(ListArgs),
    /// Have the broker call one now
    Test(OneArgs),
    /// Delete one
    Delete(OneArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    webhook: WebhookArgs,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PutArgs {
    /// Id of the webhook
    #[arg(long, value_name = "UUID", value_parser = NonEmptyStringValueParser::new())]
    uuid: String,
    #[command(flatten)]
    webhook: WebhookArgs,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    /// Id of the webhook
    #[arg(long, value_name = "UUID", value_parser = NonEmptyStringValueParser::new())]
    uuid: String,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Debug, Args)]
struct WebhookArgs {
    /// Address that is called; the broker fills in ${pactbroker.consumerName} and others
    #[arg(value_name = "URL")]
    url: String,
    /// HTTP method
    #[arg(short = 'X', long, value_name = "METHOD")]
    request: String,
    /// Header, as `Name: value`; may be repeated
    #[arg(id = "own_header", short = 'H', long = "header", value_name = "HEADER")]
    header: Vec<Secret>,
    /// What is sent: a text, JSON, or @FILE
    #[arg(short, long, value_name = "DATA")]
    data: Option<String>,
    /// User name and password for the address, as NAME:PASSWORD
    #[arg(long, value_name = "NAME:PASSWORD")]
    request_user: Option<Secret>,
    /// Only for pacts of this consumer
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Only for pacts of consumers with this label
    #[arg(long, value_name = "LABEL", conflicts_with = "consumer")]
    consumer_label: Option<String>,
    /// Only for pacts with this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only for pacts with providers with this label
    #[arg(long, value_name = "LABEL", conflicts_with = "provider")]
    provider_label: Option<String>,
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    events: EventArgs,
}

/// When it is called.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct EventArgs {
    /// Call it when a pact with new content is published
    #[arg(long)]
    contract_content_changed: bool,
    /// Call it when a pact is published
    #[arg(long)]
    contract_published: bool,
    /// Call it when a pact is published that a version of the provider has to verify
    #[arg(long)]
    contract_requiring_verification_published: bool,
    /// Call it when a result is published
    #[arg(long)]
    provider_verification_published: bool,
    /// Call it when a success is published
    #[arg(long)]
    provider_verification_succeeded: bool,
    /// Call it when a failure is published
    #[arg(long)]
    provider_verification_failed: bool,
}

impl EventArgs {
    fn names(&self) -> Vec<String> {
        [
            (self.contract_content_changed, "contract_content_changed"),
            (self.contract_published, "contract_published"),
            (self.contract_requiring_verification_published, "contract_requiring_verification_published"),
            (self.provider_verification_published, "provider_verification_published"),
            (self.provider_verification_succeeded, "provider_verification_succeeded"),
            (self.provider_verification_failed, "provider_verification_failed"),
        ]
        .into_iter()
        .filter(|(said, _)| *said)
        .map(|(_, name)| name.to_owned())
        .collect()
    }
}

impl WebhookArgs {
    fn definition(&self) -> Result<WebhookDefinition, CliError> {
        let credentials = self.request_user.as_ref().map(|user| {
            user.split_once(":").ok_or_else(|| CliError::Usage("--request-user is not NAME:PASSWORD".into()))
        });
        let side = |name: &Option<String>, label: &Option<String>| {
            let name = name.clone().map(WebhookSide::Name);
            name.or_else(|| label.clone().map(WebhookSide::Label))
        };
        Ok(WebhookDefinition {
            description: self.description.clone(),
            events: self.events.names(),
            consumer: side(&self.consumer, &self.consumer_label),
            provider: side(&self.provider, &self.provider_label),
            method: self.request.to_uppercase(),
            url: self.url.clone(),
            headers: headers("--header", &self.header)?,
            body: self.data.as_deref().map(body).transpose()?,
            credentials: credentials.transpose()?,
        })
    }
}

/// What is sent: JSON where it is some, so that the broker sends it as such.
fn body(data: &str) -> Result<Value, CliError> {
    let data = match data.strip_prefix('@') {
        None => data.to_owned(),
        Some(path) => fs::read_to_string(path)
            .map_err(|error| CliError::Usage(format!("--data @{path}: cannot be read: {error}")))?,
    };
    Ok(serde_json::from_str(&data).unwrap_or(Value::String(data)))
}

pub(crate) async fn exec_create(args: &CreateArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let made = client.create_webhook(&args.webhook.definition()?).await?;
    tell("created", &made, printer);
    Ok(Exit::Verified)
}

pub(crate) async fn exec_put(args: &PutArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let made = client.put_webhook(&args.uuid, &args.webhook.definition()?).await?;
    tell("the broker has", &made, printer);
    Ok(Exit::Verified)
}

fn tell(word: &str, webhook: &Value, printer: &mut Printer) {
    show(webhook, printer);
    let of = |pointer: &str| plain(&text(webhook, pointer).unwrap_or_default());
    printer.line(format_args!(
        "{GOOD}{word}{GOOD:#} webhook {STRONG}{}{STRONG:#}, id {}",
        of("/description"),
        of("/uuid")
    ));
}

pub(crate) async fn exec_list(args: &ListArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let all = client.webhooks().await?;
    show(&json!(all), printer);
    let rows = all.iter().map(|webhook| {
        let side = |key: &str| {
            let name = text(webhook, &format!("/{key}/name"));
            name.or_else(|| Some(format!("label {}", text(webhook, &format!("/{key}/label"))?)))
        };
        vec![
            text(webhook, "/description").unwrap_or_default(),
            side("consumer").unwrap_or_else(|| "all".into()),
            side("provider").unwrap_or_else(|| "all".into()),
            table::joined(webhook, "/events", "/name").unwrap_or_default(),
            if webhook.get("enabled") == Some(&Value::Bool(false)) { "no" } else { "yes" }.to_owned(),
            text(webhook, "/uuid").unwrap_or_default(),
        ]
    });
    let headings = ["description", "consumer", "provider", "events", "enabled", "uuid"];
    table::print(&headings, rows, printer);
    Ok(Exit::Verified)
}

/// Exit code 1 if the call fails.
pub(crate) async fn exec_test(args: &OneArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    let result = client.test_webhook(&args.uuid).await?;
    show(&result, printer);
    let success = result.get("success").and_then(Value::as_bool) == Some(true);
    for line in text(&result, "/logs").unwrap_or_default().lines() {
        printer.line(format_args!("{FAINT}{}{FAINT:#}", plain(line)));
    }
    let status = text(&result, "/response/status");
    let answer = status.map_or_else(|| "without an answer".to_owned(), |status| format!("answered {status}"));
    let (style, word) = if success { (GOOD, "succeeded") } else { (BAD, "failed") };
    printer.line(format_args!("the call {style}{word}{style:#}, {answer}"));
    Ok(if success { Exit::Verified } else { Exit::Mismatch })
}

pub(crate) async fn exec_delete(args: &OneArgs, printer: &mut Printer) -> Result<Exit, CliError> {
    let client = args.access.connect(printer)?;
    client.delete_webhook(&args.uuid).await?;
    printer.line(format_args!("{GOOD}deleted{GOOD:#} webhook {}", plain(&args.uuid)));
    Ok(Exit::Verified)
}
