//! Which pacts a provider asks for.

use serde_json::{Map, Value};

use crate::server::body::{optional_text, wrong_name};
use crate::server::clock;
use crate::server::db::{Conn, Error, statement};
use crate::server::query::Query;
use crate::server::refusal::{Fields, Refusal};

const SELECTORS: &str = "consumerVersionSelectors";
const NOTHING: &str = "must specify a value for environment or tag or branch, or specify mainBranch=true, \
                       matchingBranch=true, latest=true, deployed=true, released=true or deployedOrReleased=true";

/// A selector whose fields go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) kind: Kind,
    pub(super) consumer: Option<String>,
}

/// Which versions of a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// The newest of the main branch; where there is none, the newest of all. What is meant if nothing is said.
    Default,
    MainBranch,
    Branch {
        name: String,
        fallback: Option<String>,
    },
    LatestTag {
        name: String,
        fallback: Option<String>,
    },
    AllTagged {
        name: String,
    },
    Latest,
    Current {
        deployed: bool,
        released: bool,
        environment: Option<String>,
    },
}

/// A whole question.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) selectors: Vec<Selector>,
    pub(super) branch: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) pending: bool,
    pub(super) wip_since: Option<i64>,
}

impl Question {
    /// Reads the body of a POST.
    pub(super) async fn read(conn: &mut Conn, body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let branch = optional_text(body, "providerVersionBranch", &mut fields);
        let tags = match body.get("providerVersionTags") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(tag)) => vec![tag.clone()],
            Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
                list.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
            }
            Some(_) => {
                fields.add("providerVersionTags", "must be an array of strings");
                Vec::new()
            }
        };
        if tags.iter().any(|tag| tag.contains('\0')) {
            fields.add("providerVersionTags", "cannot contain a null character");
        }
        let pending = match body.get("includePendingStatus") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(pending)) => Some(*pending),
            Some(Value::String(text)) if text == "true" || text == "false" => Some(text == "true"),
            Some(_) => {
                fields.add("includePendingStatus", "must be one of: true, false");
                None
            }
        };
        let since = match body.get("includeWipPactsSince") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let moment = value.as_str().and_then(clock::parsed);
                if moment.is_none() {
                    fields.add("includeWipPactsSince", "must be a date");
                }
                moment
            }
        };
        if branch.as_deref() == Some("") && tags.is_empty() && (pending == Some(true) || since.is_some()) {
            fields.add("providerVersionBranch", "must be filled");
        }
        let branch = branch.filter(|branch| !branch.is_empty());
        let selectors = selectors(conn, body.get(SELECTORS), branch.as_deref(), &mut fields).await?;
        fields.check()?;
        Ok(Self { selectors, branch, tags, pending: pending.unwrap_or(true), wip_since: since })
    }

    /// Reads the query of a GET, as older clients ask.
    pub(super) async fn of_query(conn: &mut Conn, query: &Query) -> Result<Self, Refusal> {
        let mut body = Map::new();
        let selectors: Vec<Value> = query
            .objects("consumer_version_selectors")
            .iter()
            .map(|object| {
                let member = |(name, value): &(&str, &str)| {
                    let value = match *value {
                        "true" => Value::Bool(true),
                        "false" => Value::Bool(false),
                        text => text.into(),
                    };
                    (camel(name), value)
                };
                Value::Object(object.iter().map(member).collect())
            })
            .collect();
        body.insert(SELECTORS.to_owned(), selectors.into());
        body.insert("providerVersionTags".to_owned(), query.list("provider_version_tags").into());
        for (name, member) in [
            ("provider_version_branch", "providerVersionBranch"),
            ("include_pending_status", "includePendingStatus"),
            ("include_wip_pacts_since", "includeWipPactsSince"),
        ] {
            if let Some(value) = query.filled(name) {
                body.insert(member.to_owned(), value.into());
            }
        }
        Self::read(conn, &body).await
    }
}

/// `main_branch` as `mainBranch`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        all + &capital.into_iter().chain(letters).collect::<String>()
    })
}

async fn selectors(
    conn: &mut Conn,
    value: Option<&Value>,
    branch: Option<&str>,
    fields: &mut Fields,
) -> Result<Vec<Selector>, Refusal> {
    let list = match value {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(list)) => list,
        Some(_) => {
            fields.add(SELECTORS, "must be an array");
            &[]
        }
    };
    let mut all = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let mut wrong = Vec::new();
        match value {
            Value::Object(object) => all.extend(selector(object, branch, &mut wrong)),
            _ => wrong.push("must be a hash".to_owned()),
        }
        if let Some(Selector { kind: Kind::Current { environment: Some(name), .. }, .. }) = all.last()
            && wrong.is_empty()
            && !is_environment(conn, name).await?
        {
            wrong.push(format!("environment with name '{name}' does not exist"));
        }
        wrong.into_iter().for_each(|wrong| fields.add(SELECTORS, format!("{wrong} (at index {index})")));
    }
    if list.is_empty() {
        all.push(Selector { kind: Kind::Default, consumer: None });
    }
    Ok(all)
}

async fn is_environment(conn: &mut Conn, name: &str) -> Result<bool, Error> {
    let sql = "SELECT id FROM environment WHERE name = $1";
    Ok(statement(sql).bind(name).fetch_optional(conn).await?.is_some())
}

/// One selector, or what is wrong with it.
fn selector(object: &Map<String, Value>, branch: Option<&str>, wrong: &mut Vec<String>) -> Option<Selector> {
    let flag = |name: &str| object.get(name).is_some_and(|value| value == true || value == "true");
    let text = |name: &str, wrong: &mut Vec<String>| match object.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if wrong_name(text).is_none() => Some(text.clone()),
        Some(_) => {
            wrong.push(format!("{name} must be a name"));
            None
        }
    };
    let (tag, own_branch) = (text("tag", wrong), text("branch", wrong));
    let (fallback_tag, fallback_branch) = (text("fallbackTag", wrong), text("fallbackBranch", wrong));
    let (environment, consumer) = (text("environment", wrong), text("consumer", wrong));
    let (deployed, released, either) = (flag("deployed"), flag("released"), flag("deployedOrReleased"));
    let latest = object.get("latest").filter(|value| !value.is_null());
    let is_latest = flag("latest");
    let current = deployed || released || either || environment.is_some();
    let others = tag.is_some() || own_branch.is_some() || latest.is_some() || current;
    for (name, other) in [("mainBranch", "matchingBranch"), ("matchingBranch", "mainBranch")] {
        if flag(name) && (others || flag(other)) {
            wrong.push(format!("cannot specify {name}=true with any other criteria apart from consumer"));
        }
    }
    if tag.is_some() && own_branch.is_some() {
        wrong.push("cannot specify both a tag and a branch".to_owned());
    }
    if current && (tag.is_some() || own_branch.is_some()) {
        wrong.push("cannot specify a tag or a branch with what is deployed or released".to_owned());
    }
    if current && latest.is_some() {
        wrong.push("cannot specify latest with what is deployed or released".to_owned());
    }
    if own_branch.is_some() && latest.is_some() && !is_latest {
        wrong.push(
            "cannot specify a branch with latest=false (only the latest of a branch can be chosen)"
                .to_owned(),
        );
    }
    if fallback_tag.is_some() && !(tag.is_some() && is_latest) {
        wrong.push("a fallbackTag can only be set when tag and latest=true are".to_owned());
    }
    if fallback_branch.is_some() && own_branch.is_none() {
        wrong.push("a fallbackBranch can only be set when branch is".to_owned());
    }
    if flag("matchingBranch") && branch.is_none() {
        let text =
            "the providerVersionBranch must be specified when the selector matchingBranch=true is used";
        wrong.push(text.to_owned());
    }
    let kind = if flag("mainBranch") {
        Kind::MainBranch
    } else if flag("matchingBranch") {
        Kind::Branch { name: branch?.to_owned(), fallback: None }
    } else if let Some(name) = own_branch {
        Kind::Branch { name, fallback: fallback_branch }
    } else if let Some(name) = tag {
        if is_latest { Kind::LatestTag { name, fallback: fallback_tag } } else { Kind::AllTagged { name } }
    } else if current {
        let any = either || !(deployed || released);
        Kind::Current { deployed: deployed || any, released: released || any, environment }
    } else if is_latest {
        Kind::Latest
    } else {
        if wrong.is_empty() {
            wrong.push(NOTHING.to_owned());
        }
        return None;
    };
    Some(Selector { kind, consumer })
}
