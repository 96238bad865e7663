//! The rows of an answer: a pact of a consumer version, a provider version, and the newest result of the two.

use std::collections::{HashMap, HashSet};

use crate::server::db::{self, Conn, Error, Statement, statement};

use super::question::{LOOKED_AT, Question};
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

/// What a question is about.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) all: Vec<Row>,
    /// There is more than is looked at.
    pub(super) cut: bool,
}

/// Every row that the question is about.
pub(super) async fn find(conn: &mut Conn, question: &Question, sides: &[Side]) -> Result<Rows, Error> {
    let mut look = Look { conn, cut: sides.iter().any(|side| is_too_much(&side.versions)) };
    let pacts = look.pacts(sides).await?;
    let results = look.results(question, sides, &pacts).await?;
    let cut = look.cut;
    let mut rows = Vec::new();
    let mut known = HashSet::new();
    for pact in pacts {
        let found = results.get(&pact.content).map_or(&[][..], Vec::as_slice);
        // A pacticipant that is named twice has two sides, and a pact may be of interest to both.
        for (consumer, provider) in pairs(sides, &pact) {
            for (provider_version, found) in combinations(&sides[provider], found, sides[consumer].is_any()) {
                let version = provider_version.as_ref().map(|version| version.id);
                if !known.insert((pact.version.id, pact.provider, version)) {
                    continue;
                }
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
    }
    rows.sort_by(|one, other| {
        let key = |row: &Row| {
            let provider = row.provider_version.as_ref().map(|version| version.id);
            (std::cmp::Reverse(row.consumer_version.id), std::cmp::Reverse(provider))
        };
        let names = |row: &Row| (&sides[row.consumer].name, &sides[row.provider].name);
        names(one).cmp(&names(other)).then_with(|| key(one).cmp(&key(other)))
    });
    Ok(Rows { all: rows, cut })
}

fn is_too_much<T>(found: &[T]) -> bool {
    i64::try_from(found.len()).is_ok_and(|count| count > LOOKED_AT)
}

/// The sides that a pact is between.
fn pairs<'a>(sides: &'a [Side], pact: &'a PactOf) -> impl Iterator<Item = (usize, usize)> + 'a {
    let of = |id| sides.iter().enumerate().filter(move |(_, side)| side.id == id);
    let consumers = of(pact.consumer).filter(|(_, side)| {
        side.is_any() || side.versions.iter().any(|version| version.id == pact.version.id)
    });
    consumers.flat_map(move |(consumer, _)| of(pact.provider).map(move |(provider, _)| (consumer, provider)))
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

/// Looks for what a question is about.
struct Look<'a> {
    conn: &'a mut Conn,
    cut: bool,
}

impl Look<'_> {
    async fn rows(&mut self, statement: Statement) -> Result<Vec<db::Row>, Error> {
        let rows = statement.fetch_all(self.conn).await?;
        self.cut |= is_too_much(&rows);
        Ok(rows)
    }

    /// The pacts between the sides of which at least one was named.
    async fn pacts(&mut self, sides: &[Side]) -> Result<Vec<PactOf>, Error> {
        let limit = LOOKED_AT + 1;
        let mut rows = Vec::new();
        for named in [true, false] {
            // Consumers that were named go with everybody, the others with those that were.
            let consumers = || sides.iter().filter(|side| side.named == named);
            let providers = || sides.iter().filter(|side| named || side.named);
            let keys: Vec<i64> = providers().map(|side| side.id).collect();
            let versions: Vec<i64> = consumers().flat_map(Side::keys).collect();
            if !versions.is_empty() && !keys.is_empty() {
                let sql = format!(
                    "{PACTS} WHERE p.version_id = ANY($1) AND p.provider_id = ANY($2) ORDER BY v.id DESC LIMIT {limit}"
                );
                rows.extend(self.rows(statement(sql).bind(&versions).bind(&keys)).await?);
            }
            for consumer in consumers().filter(|side| side.is_any()) {
                for provider in providers().filter(|side| side.id != consumer.id) {
                    let and = if provider.is_any() {
                        ""
                    } else {
                        "AND k.id IN (SELECT l.pact_version_id FROM latest_verification l WHERE \
                         l.provider_version_id = ANY($3))"
                    };
                    let sql = format!(
                        "{PACTS} WHERE p.consumer_id = $1 AND p.provider_id = $2 {and} ORDER BY v.id DESC LIMIT {limit}"
                    );
                    let mut wanted = statement(sql).bind(consumer.id).bind(provider.id);
                    if !provider.is_any() {
                        wanted = wanted.bind(&provider.keys());
                    }
                    rows.extend(self.rows(wanted).await?);
                }
            }
        }
        rows.iter().map(pact).collect()
    }

    /// The newest results of these contents with the provider versions that are meant.
    async fn results(
        &mut self,
        question: &Question,
        sides: &[Side],
        pacts: &[PactOf],
    ) -> Result<Results, Error> {
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
        let limit = LOOKED_AT + 1;
        let mut rows = Vec::new();
        if !meant.is_empty() && !versions.is_empty() {
            let sql = format!(
                "{RESULTS} WHERE l.pact_version_id = ANY($1) AND l.provider_version_id = ANY($2) LIMIT {limit}"
            );
            rows.extend(self.rows(statement(sql).bind(&meant).bind(&versions)).await?);
        }
        if !any.is_empty() {
            let newest = if question.newest_only {
                "AND l.provider_version_id = (SELECT MAX(m.provider_version_id) FROM latest_verification m WHERE \
                 m.pact_version_id = l.pact_version_id)"
            } else {
                ""
            };
            let sql = format!(
                "{RESULTS} WHERE l.pact_version_id = ANY($1) {newest} ORDER BY l.provider_version_id DESC LIMIT {limit}"
            );
            rows.extend(self.rows(statement(sql).bind(&any)).await?);
        }
        let mut all = Results::new();
        for row in rows {
            let version = Version { id: row.int(1)?, number: row.text(2)? };
            let found = Found { number: row.int(3)?, success: row.flag(4)?, created_at: row.int(5)? };
            all.entry(row.int(0)?).or_default().push((version, found));
        }
        Ok(all)
    }
}
