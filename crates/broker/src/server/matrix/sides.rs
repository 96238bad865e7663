//! Pacticipants of a question with the versions that are meant: those that were named, and those that have pacts with
//! them.

use std::collections::BTreeMap;

use crate::server::db::{Conn, Error, statement};
use crate::server::names::version;
use crate::server::{branches, names, tags};

use super::question::{LOOKED_AT, Question, Selector, Which};

/// A version of a pacticipant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) id: i64,
    pub(super) number: String,
}

/// A pacticipant, and which versions of it are looked at.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) which: Which,
    pub(super) versions: Vec<Version>,
    /// Whether the question names it.
    pub(super) named: bool,
}

impl Side {
    pub(super) fn is_any(&self) -> bool {
        self.which == Which::Any
    }

    pub(super) fn keys(&self) -> Vec<i64> {
        self.versions.iter().map(|version| version.id).collect()
    }

    /// A version that was asked for does not exist.
    pub(super) fn is_missing(&self) -> bool {
        self.named && !self.is_any() && self.versions.is_empty()
    }

    /// One of its versions, or all of them if there is none, in words.
    pub(super) fn words(&self, number: Option<&str>) -> String {
        let name = &self.name;
        match (&self.which, number) {
            (Which::Version(number), _) => format!("version {number} of {name}"),
            (Which::Any, Some(number)) => format!("version {number} of {name}"),
            (Which::Any, None) => format!("any version of {name}"),
            (Which::Environment(at), Some(number)) => {
                format!("the version of {name} currently in {at} ({number})")
            }
            (Which::Environment(at), None) => format!(
                "a version of {name} currently in {at} (no version is currently recorded as deployed/released in this \
                 environment)"
            ),
            (Which::MainBranch, None) => {
                format!(
                    "the latest version of {name} from the main branch (no versions exist for this branch)"
                )
            }
            (Which::MainBranch, Some(number)) => {
                format!("the latest version of {name} from the main branch ({number})")
            }
            (which, number) => {
                let number = number.unwrap_or("no such version exists");
                match which {
                    Which::Branch { name: branch, latest: true } => {
                        format!("the latest version of {name} from branch {branch} ({number})")
                    }
                    Which::Branch { name: branch, .. } => {
                        format!("a version of {name} from branch {branch} ({number})")
                    }
                    Which::Tag { name: tag, latest: true } => {
                        format!("the latest version of {name} with tag {tag} ({number})")
                    }
                    Which::Tag { name: tag, .. } => format!("a version of {name} with tag {tag} ({number})"),
                    _ => format!("the latest version of {name} ({number})"),
                }
            }
        }
    }
}

/// All pacticipants of a question; one that is named twice is there twice.
pub(super) async fn resolve(conn: &mut Conn, question: &Question) -> Result<Vec<Side>, Error> {
    let mut sides: Vec<Side> = Vec::new();
    for Selector { name, which } in &question.selectors {
        let Some(id) = question.pacticipant(name) else { continue };
        let versions = versions(conn, question, id, which).await?;
        sides.push(Side { id, name: name.clone(), which: which.clone(), versions, named: true });
    }
    if question.target.is_some() || sides.len() == 1 {
        let which = question.target.clone().unwrap_or(Which::Any);
        let mut others = partners(conn, &sides).await?;
        others.retain(|id, _| sides.iter().all(|side| side.id != *id));
        let mut current = match &which {
            Which::Environment(name) => in_environment(conn, question, name, &others).await?,
            _ => BTreeMap::new(),
        };
        for (id, name) in others {
            let versions = match &which {
                Which::Environment(_) => current.remove(&id).unwrap_or_default(),
                which => versions(conn, question, id, which).await?,
            };
            sides.push(Side { id, name, which: which.clone(), versions, named: false });
        }
    }
    Ok(sides)
}

/// Who provides for the versions that were named, and who consumes from their pacticipants.
async fn partners(conn: &mut Conn, sides: &[Side]) -> Result<BTreeMap<i64, String>, Error> {
    let mut all = BTreeMap::new();
    for side in sides {
        let partners = if side.is_any() {
            statement(
                "SELECT p.id, p.name FROM integration i JOIN pacticipant p ON p.id = i.consumer_id \
                 WHERE i.provider_id = $1 UNION SELECT p.id, p.name FROM integration i JOIN pacticipant p ON \
                 p.id = i.provider_id WHERE i.consumer_id = $1",
            )
            .bind(side.id)
        } else {
            statement(
                "SELECT p.id, p.name FROM integration i JOIN pacticipant p ON p.id = i.consumer_id \
                 WHERE i.provider_id = $1 UNION SELECT p.id, p.name FROM pact_publication k JOIN pacticipant p ON \
                 p.id = k.provider_id WHERE k.version_id = ANY($2)",
            )
            .bind(side.id)
            .bind(&side.keys())
        };
        for row in partners.fetch_all(&mut *conn).await? {
            all.insert(row.int(0)?, row.text(1)?);
        }
    }
    Ok(all)
}

/// The versions of one pacticipant.
async fn versions(
    conn: &mut Conn,
    question: &Question,
    owner: i64,
    which: &Which,
) -> Result<Vec<Version>, Error> {
    let newest = match which {
        Which::Any => None,
        Which::Version(number) => {
            let id = version(conn, owner, number).await?;
            return Ok(id.map(|id| Version { id, number: number.clone() }).into_iter().collect());
        }
        Which::Latest => {
            let sql = "SELECT MAX(id) FROM version WHERE pacticipant_id = $1";
            statement(sql).bind(owner).fetch_one(&mut *conn).await?.maybe_int(0)?
        }
        Which::Branch { name, latest: true } => match names::branch(conn, owner, name).await? {
            Some(branch) => branches::newest(conn, branch).await?,
            None => None,
        },
        Which::MainBranch => main_branch_head(conn, owner).await?,
        Which::Tag { name, latest: true } => tags::newest(conn, owner, name).await?,
        Which::Branch { name, .. } => {
            let sql = "SELECT v.id, v.number FROM branch b JOIN branch_version x ON x.branch_id = b.id JOIN version v ON \
                       v.id = x.version_id WHERE b.pacticipant_id = $1 AND b.name = $2 ORDER BY v.id DESC LIMIT $3";
            return listed(conn, sql, owner, name).await;
        }
        Which::Tag { name, .. } => {
            let sql = "SELECT v.id, v.number FROM tag t JOIN version v ON v.id = t.version_id WHERE \
                       t.pacticipant_id = $1 AND t.name = $2 ORDER BY v.id DESC LIMIT $3";
            return listed(conn, sql, owner, name).await;
        }
        Which::Environment(name) => {
            let only = BTreeMap::from([(owner, String::new())]);
            return Ok(in_environment(conn, question, name, &only).await?.remove(&owner).unwrap_or_default());
        }
    };
    let Some(newest) = newest else { return Ok(Vec::new()) };
    let row = statement("SELECT id, number FROM version WHERE id = $1").bind(newest).fetch_one(conn).await?;
    Ok(vec![Version { id: row.int(0)?, number: row.text(1)? }])
}

async fn listed(conn: &mut Conn, sql: &'static str, owner: i64, name: &str) -> Result<Vec<Version>, Error> {
    let rows = statement(sql).bind(owner).bind(name).bind(LOOKED_AT + 1).fetch_all(conn).await?;
    rows.iter().map(|row| Ok(Version { id: row.int(0)?, number: row.text(1)? })).collect()
}

async fn main_branch_head(conn: &mut Conn, owner: i64) -> Result<Option<i64>, Error> {
    let sql = "SELECT MAX(x.version_id) FROM pacticipant p JOIN branch b ON b.pacticipant_id = p.id AND \
               b.name = p.main_branch JOIN branch_version x ON x.branch_id = b.id WHERE p.id = $1";
    statement(sql).bind(owner).fetch_one(conn).await?.maybe_int(0)
}

/// Every version that is deployed or released there: none may be left out, for all of them answer requests.
async fn in_environment(
    conn: &mut Conn,
    question: &Question,
    name: &str,
    pacticipants: &BTreeMap<i64, String>,
) -> Result<BTreeMap<i64, Vec<Version>>, Error> {
    let mut all: BTreeMap<i64, Vec<Version>> = BTreeMap::new();
    let Some(environment) = question.environment(name).filter(|_| !pacticipants.is_empty()) else {
        return Ok(all);
    };
    let keys: Vec<i64> = pacticipants.keys().copied().collect();
    let sql = "SELECT d.pacticipant_id, v.id, v.number FROM deployed_version d JOIN version v ON v.id = d.version_id \
               WHERE d.environment_id = $1 AND d.active = 1 AND d.pacticipant_id = ANY($2) \
               UNION SELECT d.pacticipant_id, v.id, v.number FROM released_version d JOIN version v ON \
               v.id = d.version_id WHERE d.environment_id = $1 AND d.active = 1 AND d.pacticipant_id = ANY($2) \
               ORDER BY 2 DESC";
    for row in statement(sql).bind(environment).bind(&keys).fetch_all(conn).await? {
        all.entry(row.int(0)?).or_default().push(Version { id: row.int(1)?, number: row.text(2)? });
    }
    Ok(all)
}
