//! The rows of an answer: a pact of a consumer version, a provider version, and the newest result of the two.

use std::collections::HashMap;

use crate::server::db::{self, Conn, Error, statement_with_lists};

use super::question::Question;
use super::sides::{Side, Version};

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Success,
    Failure,
    Unknown,
}

/// A result, newest of its content and provider version.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) number: i64,
    pub(super) success: bool,
    pub(super) created_at: i64,
}

/// A pact of a consumer version.
#[derive(Debug, Clone)]
pub(super) struct PactOf {
    consumer: i64,
    provider: i64,
    version: Version,
    content: i64,
    pub(super) sha: String,
    pub(super) revision: i64,
    pub(super) created_at: i64,
}

/// One row; `consumer` and `provider` are places in the list of sides.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) consumer: usize,
    pub(super) consumer_version: Version,
    pub(super) provider: usize,
    pub(super) provider_version: Option<Version>,
    pub(super) pact: PactOf,
    pub(super) found: Option<Found>,
    pub(super) ignored: bool,
}

impl Row {
    pub(super) fn verdict(&self) -> Verdict {
        match &self.found {
            Some(found) if found.success => Verdict::Success,
            Some(_) => Verdict::Failure,
            None => Verdict::Unknown,
        }
    }
}

const PACTS: &str = "SELECT p.consumer_id, p.provider_id, v.id, v.number, k.id, k.sha, p.revision, p.created_at FROM \
                     pact_publication p JOIN version v ON v.id = p.version_id JOIN pact_version k ON \
                     k.id = p.pact_version_id";
const RESULTS: &str = "SELECT l.pact_version_id, l.provider_version_id, v.number, l.number, l.success, l.created_at FROM \
                       latest_verification l JOIN version v ON v.id = l.provider_version_id";

fn pact(row: &db::Row) -> Result<PactOf, Error> {
    Ok(PactOf {
        consumer: row.int(0)?,
        provider: row.int(1)?,
        version: Version { id: row.int(2)?, number: row.text(3)? },
        content: row.int(4)?,
        sha: row.text(5)?,
        revision: row.int(6)?,
        created_at: row.int(7)?,
    })
}

/// Results by content.
type Results = HashMap<i64, Vec<(Version, Found)>>;

/// Every row that the question is about.
pub(super) async fn find(conn: &mut Conn, question: &Question, sides: &[Side]) -> Result<Vec<Row>, Error> {
    let pacts = pacts(conn, question, sides).await?;
    let results = results(conn, question, sides, &pacts).await?;
    let mut rows = Vec::new();
    for pact in pacts {
        let place = |id| sides.iter().position(|side| side.id == id);
        let (Some(consumer), Some(provider)) = (place(pact.consumer), place(pact.provider)) else { continue };
        let none = Vec::new();
        let found = results.get(&pact.content).unwrap_or(&none);
        for (provider_version, found) in combinations(&sides[provider], found, sides[consumer].is_any()) {
            rows.push(Row {
                consumer,
                consumer_version: pact.version.clone(),
                provider,
                ignored: is_ignored(question, &sides[consumer], Some(&pact.version))
                    || is_ignored(question, &sides[provider], provider_version.as_ref()),
                provider_version,
                pact: pact.clone(),
                found,
            });
        }
    }
    rows.sort_by(|one, other| {
        let key = |row: &Row| {
            let provider = row.provider_version.as_ref().map(|version| version.id);
            (std::cmp::Reverse(row.consumer_version.id), std::cmp::Reverse(provider))
        };
        let names = |row: &Row| (&sides[row.consumer].name, &sides[row.provider].name);
        names(one).cmp(&names(other)).then_with(|| key(one).cmp(&key(other)))
    });
    Ok(rows)
}

/// The provider versions that go with a content: each that is meant, verified or not; if any will do, those that
/// verified it, and "none" if there is none.
fn combinations(
    provider: &Side,
    found: &[(Version, Found)],
    any_consumer: bool,
) -> Vec<(Option<Version>, Option<Found>)> {
    let known = |version: &Version| {
        found.iter().find(|(own, _)| own.id == version.id).map(|(_, found)| found.clone())
    };
    let all: Vec<_> = if provider.is_any() {
        found.iter().map(|(version, found)| (Some(version.clone()), Some(found.clone()))).collect()
    } else {
        let each = provider.versions.iter().map(|version| (Some(version.clone()), known(version)));
        // Of all that a consumer ever published, only what these versions verified is of interest.
        each.filter(|(_, found)| !any_consumer || found.is_some()).collect()
    };
    let is_needed = !any_consumer || provider.is_any();
    if all.is_empty() && is_needed { vec![(None, None)] } else { all }
}

fn is_ignored(question: &Question, side: &Side, version: Option<&Version>) -> bool {
    question.ignored.iter().any(|(name, number)| {
        *name == side.name
            && number.as_ref().is_none_or(|number| version.is_some_and(|version| version.number == *number))
    })
}

/// The pacts between the sides of which at least one was named.
async fn pacts(conn: &mut Conn, question: &Question, sides: &[Side]) -> Result<Vec<PactOf>, Error> {
    let mut all = Vec::new();
    let limit = question.limit;
    for named in [true, false] {
        // Consumers that were named go with everybody, the others with those that were.
        let consumers = || sides.iter().filter(|side| side.named == named);
        let providers = || sides.iter().filter(|side| named || side.named);
        let keys: Vec<i64> = providers().map(|side| side.id).collect();
        let versions: Vec<i64> = consumers().flat_map(Side::keys).collect();
        if !versions.is_empty() && !keys.is_empty() {
            let sql = format!("{PACTS} WHERE p.version_id IN ({{}}) AND p.provider_id IN ({{}})");
            let rows = statement_with_lists(&sql, &[], &[&versions, &keys]).fetch_all(&mut *conn).await?;
            all.extend(rows.iter().map(pact).collect::<Result<Vec<_>, _>>()?);
        }
        for consumer in consumers().filter(|side| side.is_any()) {
            for provider in providers().filter(|side| side.id != consumer.id) {
                let verified = provider.keys();
                let rows = if provider.is_any() {
                    let sql = format!(
                        "{PACTS} WHERE p.consumer_id = $1 AND p.provider_id = $2 ORDER BY v.id DESC LIMIT $3"
                    );
                    statement_with_lists(&sql, &[consumer.id, provider.id, limit], &[])
                        .fetch_all(&mut *conn)
                        .await?
                } else {
                    let sql = format!(
                        "{PACTS} WHERE p.consumer_id = $1 AND p.provider_id = $2 AND k.id IN (SELECT l.pact_version_id \
                         FROM latest_verification l WHERE l.provider_version_id IN ({{}})) ORDER BY v.id DESC LIMIT "
                    );
                    // The list's placeholders come after those of the keys; the limit is a number of ours.
                    let sql = format!("{sql}{limit}");
                    statement_with_lists(&sql, &[consumer.id, provider.id], &[&verified])
                        .fetch_all(&mut *conn)
                        .await?
                };
                all.extend(rows.iter().map(pact).collect::<Result<Vec<_>, _>>()?);
            }
        }
    }
    Ok(all)
}

/// The newest results of these contents with the provider versions that are meant.
async fn results(
    conn: &mut Conn,
    question: &Question,
    sides: &[Side],
    pacts: &[PactOf],
) -> Result<Results, Error> {
    let mut all = Results::new();
    let is_any = |pact: &&PactOf| sides.iter().any(|side| side.id == pact.provider && side.is_any());
    let (any, meant): (Vec<&PactOf>, Vec<&PactOf>) = pacts.iter().partition(is_any);
    let keys = |pacts: &[&PactOf]| {
        let mut keys: Vec<i64> = pacts.iter().map(|pact| pact.content).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    let (any, meant) = (keys(&any), keys(&meant));
    let versions: Vec<i64> = sides.iter().flat_map(Side::keys).collect();
    let mut rows = Vec::new();
    if !meant.is_empty() && !versions.is_empty() {
        let sql = format!("{RESULTS} WHERE l.pact_version_id IN ({{}}) AND l.provider_version_id IN ({{}})");
        rows.extend(statement_with_lists(&sql, &[], &[&meant, &versions]).fetch_all(&mut *conn).await?);
    }
    if !any.is_empty() {
        let newest = if question.newest_only {
            "AND l.provider_version_id = (SELECT MAX(m.provider_version_id) FROM latest_verification m WHERE \
             m.pact_version_id = l.pact_version_id)"
        } else {
            ""
        };
        let sql = format!(
            "{RESULTS} WHERE l.pact_version_id IN ({{}}) {newest} ORDER BY l.provider_version_id DESC LIMIT {}",
            question.limit
        );
        rows.extend(statement_with_lists(&sql, &[], &[&any]).fetch_all(&mut *conn).await?);
    }
    for row in rows {
        let version = Version { id: row.int(1)?, number: row.text(2)? };
        let found = Found { number: row.int(3)?, success: row.flag(4)?, created_at: row.int(5)? };
        all.entry(row.int(0)?).or_default().push((version, found));
    }
    Ok(all)
}
