//! What the matrix is asked.

use std::collections::BTreeMap;

use crate::server::db::{Conn, Error, statement};
use crate::server::names::pacticipant;
use crate::server::query::Query;
use crate::server::refusal::Refusal;

/// Most rows that an answer shows, unless said otherwise.
const LIMIT: usize = 100;
const MOST: usize = 1000;
/// Most pacts, results and versions of a kind that are looked at. An answer for which that is not enough is not given.
pub(super) const LOOKED_AT: i64 = 10_000;

/// Which versions of a pacticipant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    Any,
    Version(String),
    Latest,
    Branch { name: String, latest: bool },
    MainBranch,
    Tag { name: String, latest: bool },
    Environment(String),
}

/// A pacticipant that was named, and which of its versions.
#[derive(Debug, Clone)]
pub(super) struct Selector {
    pub(super) name: String,
    pub(super) which: Which,
}

/// A whole question. What is deployed to `target` must go together with what is selected.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) selectors: Vec<Selector>,
    pub(super) target: Option<Which>,
    pub(super) ignored: Vec<(String, Option<String>)>,
    /// Whether to take the newest result for each consumer version only, where any provider version will do.
    pub(super) newest_only: bool,
    /// Results of rows to show; empty for all.
    pub(super) shown: Vec<String>,
    /// Most rows to show; all are judged.
    pub(super) limit: usize,
    /// The keys of the pacticipants and environments that are named.
    pacticipants: BTreeMap<String, i64>,
    environments: BTreeMap<String, i64>,
}

impl Question {
    pub(super) async fn read(conn: &mut Conn, query: &Query) -> Result<Self, Refusal> {
        let mut errors = Vec::new();
        let mut selectors = Vec::new();
        for object in query.objects("q") {
            selectors.extend(selector(&object, &mut errors));
        }
        if selectors.is_empty() && errors.is_empty() {
            errors.push("Please provide 1 or more version selectors.".to_owned());
        }
        let target = target(query, &mut errors);
        let ignored = query.objects("ignore").iter().filter_map(|object| ignored(object)).collect();
        let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(LIMIT).clamp(1, MOST);
        let mut question = Self {
            ignored,
            newest_only: query.get("latestby") != Some("cvpv"),
            shown: query.list("success").into_iter().map(ToOwned::to_owned).collect(),
            limit,
            ..Self::about(selectors, target)
        };
        question.look_up(conn, &mut errors).await?;
        if errors.is_empty() { Ok(question) } else { Err(Refusal::Listed(errors)) }
    }

    /// One version, and where it is to go; `None` if either is not known.
    pub(super) async fn deploying(
        conn: &mut Conn,
        name: &str,
        which: Which,
        target: Which,
    ) -> Result<Option<Self>, Error> {
        let mut question = Self::about(vec![Selector { name: name.to_owned(), which }], Some(target));
        let mut errors = Vec::new();
        question.look_up(conn, &mut errors).await?;
        Ok(errors.is_empty().then_some(question))
    }

    fn about(selectors: Vec<Selector>, target: Option<Which>) -> Self {
        Self {
            selectors,
            target,
            ignored: Vec::new(),
            newest_only: false,
            shown: Vec::new(),
            limit: MOST,
            pacticipants: BTreeMap::new(),
            environments: BTreeMap::new(),
        }
    }

    async fn look_up(&mut self, conn: &mut Conn, errors: &mut Vec<String>) -> Result<(), Error> {
        for Selector { name, .. } in &self.selectors {
            match pacticipant(conn, name).await? {
                Some(id) => drop(self.pacticipants.insert(name.clone(), id)),
                None => errors.push(format!("Pacticipant {name} not found")),
            }
        }
        for which in self.selectors.iter().map(|selector| &selector.which).chain(&self.target) {
            let Which::Environment(name) = which else { continue };
            match environment_id(conn, name).await? {
                Some(id) => drop(self.environments.insert(name.clone(), id)),
                None => errors.push(format!("Environment with name '{name}' does not exist")),
            }
        }
        Ok(())
    }

    pub(super) fn pacticipant(&self, name: &str) -> Option<i64> {
        self.pacticipants.get(name).copied()
    }

    pub(super) fn environment(&self, name: &str) -> Option<i64> {
        self.environments.get(name).copied()
    }
}

pub(super) async fn environment_id(conn: &mut Conn, name: &str) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM environment WHERE name = $1";
    let row = statement(sql).bind(name).fetch_optional(conn).await?;
    row.map(|row| row.int(0)).transpose()
}

fn member<'a>(object: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    object.iter().find(|(own, _)| *own == name).map(|(_, value)| *value).filter(|value| !value.is_empty())
}

fn ignored(object: &[(&str, &str)]) -> Option<(String, Option<String>)> {
    let name = member(object, "pacticipant")?;
    Some((name.to_owned(), member(object, "version").map(ToOwned::to_owned)))
}

fn selector(object: &[(&str, &str)], errors: &mut Vec<String>) -> Option<Selector> {
    let Some(name) = member(object, "pacticipant") else {
        errors.push("Please specify the pacticipant name".to_owned());
        return None;
    };
    let latest = matches!(member(object, "latest"), Some("true" | "l"));
    let main = member(object, "mainBranch") == Some("true");
    let (number, branch) = (member(object, "version"), member(object, "branch"));
    let (tag, environment) = (member(object, "tag"), member(object, "environment"));
    if number.is_some() && latest {
        errors.push(format!("A version number and latest flag cannot both be specified for {name}"));
    }
    let named = [number.is_some(), branch.is_some(), tag.is_some(), environment.is_some(), main];
    if named.iter().filter(|named| **named).count() > 1 {
        errors.push(format!(
            "Only one of version, branch, tag, environment and mainBranch can be specified for {name}"
        ));
    }
    let which = if let Some(number) = number {
        Which::Version(number.to_owned())
    } else if let Some(name) = branch {
        Which::Branch { name: name.to_owned(), latest }
    } else if main {
        Which::MainBranch
    } else if let Some(name) = tag {
        Which::Tag { name: name.to_owned(), latest }
    } else if let Some(name) = environment {
        Which::Environment(name.to_owned())
    } else if latest {
        Which::Latest
    } else {
        Which::Any
    };
    Some(Selector { name: name.to_owned(), which })
}

fn target(query: &Query, errors: &mut Vec<String>) -> Option<Which> {
    let (tag, environment) = (query.filled("tag"), query.filled("environment"));
    let (main, latest) = (query.is_true("mainBranch"), query.is_true("latest"));
    let named = [tag.is_some(), environment.is_some(), main];
    if named.iter().filter(|named| **named).count() > 1 {
        errors.push("Cannot specify more than one of tag, environment and mainBranch.".to_owned());
    }
    if latest && environment.is_some() {
        errors.push("Cannot specify both latest=true and an environment.".to_owned());
    }
    if let Some(name) = environment {
        Some(Which::Environment(name.to_owned()))
    } else if let Some(name) = tag {
        Some(Which::Tag { name: name.to_owned(), latest })
    } else if main {
        Some(Which::MainBranch)
    } else {
        latest.then_some(Which::Latest)
    }
}
