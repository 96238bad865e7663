//! Sending, and sending again.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use url::Url;

use crate::server::Broker;
use crate::server::clock::{now, shown};
use crate::server::db::statement;
use crate::server::refusal::Refusal;
use crate::server::settings::WebhookRules;

use super::definition::HIDDEN;
use super::{rules, template};

/// How many are sent at once.
const MOST: usize = 64;
/// Longest sleep; something may have been put there by another broker on the same database.
const NAP: Duration = Duration::from_secs(30);
/// Longest answer that is kept.
const ANSWER_LIMIT: usize = 64 * 1024;

/// How the broker calls itself.
const AGENT: &str = concat!("billtest/", env!("CARGO_PKG_VERSION"));

/// What sends webhooks. It is told when there is something to send.
#[derive(Debug, Default)]
pub(in crate::server) struct Sender {
    awake: Notify,
    client: OnceLock<Client>,
}

impl Sender {
    /// Looks for work at once.
    pub(in crate::server) fn wake(&self) {
        self.awake.notify_one();
    }

    /// Redirects are not followed: they could lead where webhooks may not go.
    fn client(&self) -> Result<Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        // Whoever installed a provider before knows better; then this one is not needed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(Policy::none()).user_agent(AGENT).build()?;
        Ok(self.client.get_or_init(|| client).clone())
    }
}

/// What came of an attempt.
pub(super) struct Attempt {
    pub(super) success: bool,
    pub(super) log: String,
    pub(super) request: Value,
    pub(super) response: Value,
}

/// Sends a webhook once.
pub(super) async fn attempt(
    sender: &Sender,
    webhook: &Map<String, Value>,
    parameters: &Map<String, Value>,
    settings: &WebhookRules,
) -> Attempt {
    let mut log = Log::default();
    let text = |member: &str| webhook.get(member).and_then(Value::as_str).unwrap_or_default();
    let url = template::url(text("url"), parameters);
    let method = text("method").to_uppercase();
    let (headers, mut shown_headers) = headers(webhook, parameters);
    let body = webhook.get("body").map(|body| template::body(body, parameters));
    for (name, value) in implied(&url, body.as_ref()) {
        shown_headers.entry(name).or_insert(json!(value));
    }
    log.line(&format!("{method} {url}"));
    for (name, value) in &shown_headers {
        log.line(&format!("{name}: {}", value.as_str().unwrap_or_default()));
    }
    let mut request = json!({"headers": shown_headers, "url": url});
    if let Some(body) = &body {
        log.line(&as_text(body));
        request["body"] = body.clone();
    }
    let password = webhook.get("password").and_then(Value::as_str);
    let login = webhook.get("username").and_then(Value::as_str).map(|user| (user, password));
    let sending = Sending { method: &method, url: &url, headers, body: body.as_ref(), login };
    let sent = send(sender, sending, settings).await;
    let (success, response) = match sent {
        Ok(answer) => {
            log.line(&format!("answered with {}", answer.status));
            answer.headers.iter().for_each(|(name, value)| log.line(&format!("{name}: {value}")));
            log.line(&answer.body);
            let headers: Map<String, Value> =
                answer.headers.into_iter().map(|(name, value)| (name, json!(value))).collect();
            let response = json!({"status": answer.status, "headers": headers, "body": answer.body});
            ((200..300).contains(&answer.status), response)
        }
        Err(why) => {
            log.line(&format!("failed: {why}"));
            (false, json!({"error": why}))
        }
    };
    Attempt { success, log: log.0, request, response }
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// The headers to send, and the same to show. Names and values that no header can have are left out.
fn headers(webhook: &Map<String, Value>, parameters: &Map<String, Value>) -> (HeaderMap, Map<String, Value>) {
    let mut all = HeaderMap::new();
    let mut shown = Map::new();
    if let Some(Value::Object(given)) = webhook.get("headers") {
        for (name, value) in given {
            let value = template::header(value.as_str().unwrap_or_default(), parameters);
            let parsed = (name.parse::<HeaderName>(), HeaderValue::from_str(&value));
            if let (Ok(header), Ok(parsed)) = parsed {
                all.insert(header, parsed);
                let value = if rules::is_secret(name) { HIDDEN.to_owned() } else { value };
                shown.insert(name.clone(), json!(value));
            }
        }
    }
    if webhook.contains_key("username") {
        shown.insert(AUTHORIZATION.to_string(), json!(HIDDEN));
    }
    if webhook.get("body").is_some_and(|body| !body.is_string()) && !all.contains_key("content-type") {
        all.insert("content-type", HeaderValue::from_static("application/json"));
        shown.insert("content-type".to_owned(), json!("application/json"));
    }
    (all, shown)
}

/// The headers that go with every request.
fn implied(url: &str, body: Option<&Value>) -> Vec<(&'static str, String)> {
    let host =
        Url::parse(url).ok().map(|url| url[url::Position::BeforeHost..url::Position::AfterPort].to_owned());
    let mut all = vec![("accept", "*/*".to_owned()), ("user-agent", AGENT.to_owned())];
    all.extend(host.map(|host| ("host", host)));
    all.extend(body.map(|body| ("content-length", as_text(body).len().to_string())));
    all
}

fn as_text(body: &Value) -> String {
    body.as_str().map_or_else(|| body.to_string(), ToOwned::to_owned)
}

/// A request with everything filled in.
struct Sending<'a> {
    method: &'a str,
    url: &'a str,
    headers: HeaderMap,
    body: Option<&'a Value>,
    login: Option<(&'a str, Option<&'a str>)>,
}

async fn send(sender: &Sender, sending: Sending<'_>, settings: &WebhookRules) -> Result<Answer, String> {
    let Sending { method, url, headers, body, login } = sending;
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let host = rules::host_of(&url).ok_or("the address has no host")?;
    let listed = rules::is_listed(&host, settings);
    if !listed && (url.scheme() != "https" || method != "POST") {
        return Err("only POST over https is allowed to this host".to_owned());
    }
    let method = method.parse::<Method>().map_err(|error| error.to_string())?;
    let client = sender.client().map_err(|error| error.to_string())?;
    let mut request = client.request(method, url).headers(headers).timeout(settings.timeout);
    if let Some((user, password)) = login {
        request = request.basic_auth(user, password);
    }
    if let Some(body) = body {
        request = request.body(as_text(body));
    }
    let mut response = request.send().await.map_err(|error| reasons(&error))?;
    let status = response.status().as_u16();
    if !listed {
        let body = "(what this host answers is not shown)".to_owned();
        return Ok(Answer { status, headers: Vec::new(), body });
    }
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers = response.headers().iter().map(header).collect();
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER_LIMIT - bytes.len())]);
        if bytes.len() >= ANSWER_LIMIT {
            break;
        }
    }
    // A database of texts has no null characters.
    let body = String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}");
    Ok(Answer { status, headers, body })
}

/// What an error says, down to its cause.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}

#[derive(Default)]
struct Log(String);

impl Log {
    fn line(&mut self, text: &str) {
        self.0.push_str(&format!("[{}] {text}\n", shown(now())));
    }
}

/// Sends what is to be sent until the other end of `ended` is dropped.
pub(in crate::server) async fn send_all(broker: Broker, mut ended: oneshot::Receiver<()>) {
    let mut under_way = JoinSet::new();
    loop {
        let pause = match start_due(&broker, &mut under_way).await {
            Ok(Some(next)) => Duration::from_micros(u64::try_from(next - now()).unwrap_or(0)).min(NAP),
            Ok(None) => NAP,
            // The cause is in the log; the database may come back.
            Err(_) => Duration::from_secs(1),
        };
        tokio::select! {
            _ = &mut ended => break,
            () = broker.sender().awake.notified() => {}
            () = tokio::time::sleep(pause) => {}
            // What it came to is in the database, or else, as for one that is not there, in the log.
            Some(_) = under_way.join_next() => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

struct Due {
    id: i64,
    attempts: i64,
    request: Map<String, Value>,
    parameters: Map<String, Value>,
}

/// Begins to send what is due, whatever else is under way; says when the next is.
async fn start_due(
    broker: &Broker,
    under_way: &mut JoinSet<Result<(), Refusal>>,
) -> Result<Option<i64>, Refusal> {
    let free = MOST.saturating_sub(under_way.len());
    if free == 0 {
        return Ok(None);
    }
    for due in claim(broker, free).await? {
        let broker = broker.clone();
        under_way.spawn(async move { send_one(&broker, due).await });
    }
    let mut conn = broker.database().read().await?;
    let row = statement("SELECT MIN(next_at) FROM triggered_webhook").fetch_one(&mut conn).await?;
    Ok(row.maybe_int(0)?)
}

/// Takes what is due, and puts it off until the attempt must be over: nobody else sends it meanwhile, and if this
/// process ends, it is sent then.
async fn claim(broker: &Broker, most: usize) -> Result<Vec<Due>, Refusal> {
    let now = now();
    let sql = "SELECT t.id, t.attempts, w.request, t.parameters FROM triggered_webhook t JOIN webhook w ON \
               w.id = t.webhook_id WHERE t.next_at <= $1 ORDER BY t.next_at LIMIT $2";
    let is_due =
        statement(sql).bind(now).bind(1_i64).fetch_optional(&mut *broker.database().read().await?).await?;
    if is_due.is_none() {
        return Ok(Vec::new());
    }
    let mut change = broker.database().write().await?;
    let rows =
        statement(sql).bind(now).bind(i64::try_from(most).unwrap_or(i64::MAX)).fetch_all(&mut change).await?;
    let object = |text: String| match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    let mut all = Vec::new();
    let lease = broker.settings().webhooks.timeout + Duration::from_secs(5);
    let until = now + i64::try_from(lease.as_micros()).unwrap_or(i64::MAX / 2);
    for row in &rows {
        let id = row.int(0)?;
        let sql = "UPDATE triggered_webhook SET next_at = $1 WHERE id = $2";
        statement(sql).bind(until).bind(id).execute(&mut change).await?;
        let (request, parameters) = (object(row.text(2)?), object(row.text(3)?));
        all.push(Due { id, attempts: row.int(1)?, request, parameters });
    }
    change.commit().await?;
    Ok(all)
}

async fn send_one(broker: &Broker, due: Due) -> Result<(), Refusal> {
    let settings = &broker.settings().webhooks;
    let done = attempt(broker.sender(), &due.request, &due.parameters, settings).await;
    let pause = usize::try_from(due.attempts).ok().and_then(|tried| settings.pauses.get(tried));
    let (status, next) = match (done.success, pause) {
        (true, _) => ("success", None),
        (false, None) => ("failure", None),
        (false, Some(pause)) => ("retrying", Some(now() + i64::try_from(pause.as_micros()).unwrap_or(0))),
    };
    let mut change = broker.database().write().await?;
    let sql = "UPDATE triggered_webhook SET status = $1, attempts = attempts + 1, next_at = $2 WHERE id = $3";
    statement(sql).bind(status).bind(next).bind(due.id).execute(&mut change).await?;
    let sql = "INSERT INTO webhook_execution (triggered_id, success, log, created_at) \
               SELECT id, $1, $2, $3 FROM triggered_webhook WHERE id = $4";
    let insert = statement(sql).bind(i64::from(done.success)).bind(done.log).bind(now()).bind(due.id);
    insert.execute(&mut change).await?;
    change.commit().await?;
    Ok(())
}
