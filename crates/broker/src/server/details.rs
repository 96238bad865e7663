//! What is known about versions beside their numbers: branches, tags, environments.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use super::clock::shown;
use super::db::{Conn, Error, statement};
use super::links::{Base, named};

/// A branch or tag of a version.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) name: String,
    /// Whether the version is the newest of it.
    pub(super) latest: bool,
}

/// An environment that a version is deployed or released to.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) production: bool,
    pub(super) created_at: i64,
}

/// Branches, tags and environments of many versions, read together.
#[derive(Debug, Default)]
pub(super) struct Details {
    branches: HashMap<i64, Vec<Mark>>,
    tags: HashMap<i64, Vec<Mark>>,
    places: HashMap<i64, Vec<Place>>,
}

const BRANCHES: &str = "SELECT bv.version_id, b.name, CASE WHEN bv.version_id = (SELECT MAX(n.version_id) FROM \
                        branch_version n WHERE n.branch_id = b.id) THEN 1 ELSE 0 END FROM branch_version bv \
                        JOIN branch b ON b.id = bv.branch_id WHERE bv.version_id = ANY($1) ORDER BY bv.id";
const TAGS: &str = "SELECT t.version_id, t.name, CASE WHEN t.version_id = (SELECT MAX(n.version_id) FROM tag n WHERE \
                    n.pacticipant_id = t.pacticipant_id AND n.name = t.name) THEN 1 ELSE 0 END FROM tag t \
                    WHERE t.version_id = ANY($1) ORDER BY t.name";
const PLACES: &str = "SELECT d.version_id, d.environment_id FROM deployed_version d WHERE d.active = 1 AND d.version_id = \
                      ANY($1) UNION ALL SELECT d.version_id, d.environment_id FROM released_version d WHERE d.active = 1 \
                      AND d.version_id = ANY($1)";
const ENVIRONMENTS: &str =
    "SELECT id, uuid, name, display_name, production, created_at FROM environment ORDER BY name";

impl Details {
    /// Branches and tags of these versions.
    pub(super) async fn marks(conn: &mut Conn, versions: &[i64]) -> Result<Self, Error> {
        let mut details = Self::default();
        for row in statement(BRANCHES).bind(versions).fetch_all(&mut *conn).await? {
            let mark = Mark { name: row.text(1)?, latest: row.flag(2)? };
            details.branches.entry(row.int(0)?).or_default().push(mark);
        }
        for row in statement(TAGS).bind(versions).fetch_all(conn).await? {
            let mark = Mark { name: row.text(1)?, latest: row.flag(2)? };
            details.tags.entry(row.int(0)?).or_default().push(mark);
        }
        Ok(details)
    }

    /// Branches, tags and environments of these versions.
    pub(super) async fn of(conn: &mut Conn, versions: &[i64]) -> Result<Self, Error> {
        let mut details = Self::marks(conn, versions).await?;
        let mut there: BTreeSet<(i64, i64)> = BTreeSet::new();
        for row in statement(PLACES).bind(versions).fetch_all(&mut *conn).await? {
            there.insert((row.int(1)?, row.int(0)?));
        }
        if there.is_empty() {
            return Ok(details);
        }
        for row in statement(ENVIRONMENTS).fetch_all(conn).await? {
            let id = row.int(0)?;
            for (_, version) in there.range((id, i64::MIN)..=(id, i64::MAX)) {
                let place = Place {
                    uuid: row.text(1)?,
                    name: row.text(2)?,
                    display_name: row.text(3)?,
                    production: row.flag(4)?,
                    created_at: row.int(5)?,
                };
                details.places.entry(*version).or_default().push(place);
            }
        }
        Ok(details)
    }

    pub(super) fn branches(&self, version: i64) -> &[Mark] {
        self.branches.get(&version).map_or(&[], Vec::as_slice)
    }

    pub(super) fn tags(&self, version: i64) -> &[Mark] {
        self.tags.get(&version).map_or(&[], Vec::as_slice)
    }

    pub(super) fn places(&self, version: i64) -> &[Place] {
        self.places.get(&version).map_or(&[], Vec::as_slice)
    }

    /// The branches of a version, as its document lists them.
    pub(super) fn branch_versions(&self, base: &Base, name: &str, number: &str, version: i64) -> Value {
        let document = |mark: &Mark| {
            let own = named("Branch version", &mark.name, base.branch_version(name, &mark.name, number));
            json!({"name": mark.name, "latest": mark.latest, "_links": {"self": own}})
        };
        self.branches(version).iter().map(document).collect()
    }
}

impl Place {
    pub(super) fn document(&self, base: &Base) -> Value {
        json!({
            "uuid": self.uuid, "name": self.name, "displayName": self.display_name, "production": self.production,
            "createdAt": shown(self.created_at),
            "_links": {"self": named("Environment", &self.name, base.environment(&self.uuid))}
        })
    }
}
