//! Which contents a provider has verified before: the others are pending, and may fail.

use std::collections::HashSet;

use crate::server::db::{Conn, Error, statement};

/// For what part of the provider it is asked.
#[derive(Debug)]
pub(super) enum Line {
    /// One branch. What was verified before the branch began counts for it too: it began with that.
    Branch { name: String, id: Option<i64>, began: i64 },
    /// Tags, each like a branch.
    Tags(Vec<(String, i64)>),
    /// The provider as a whole.
    Any,
}

impl Line {
    pub(super) async fn of(
        conn: &mut Conn,
        provider: i64,
        branch: Option<&str>,
        tags: &[String],
    ) -> Result<Self, Error> {
        if let Some(name) = branch {
            let sql = "SELECT id, created_at FROM branch WHERE pacticipant_id = $1 AND name = $2";
            let row = statement(sql).bind(provider).bind(name).fetch_optional(conn).await?;
            let (id, began) = match row {
                Some(row) => (Some(row.int(0)?), row.int(1)?),
                None => (None, i64::MAX),
            };
            return Ok(Self::Branch { name: name.to_owned(), id, began });
        }
        let mut lines = Vec::new();
        for tag in tags {
            let sql = "SELECT MIN(created_at) FROM tag WHERE pacticipant_id = $1 AND name = $2";
            let row = statement(sql).bind(provider).bind(tag).fetch_one(&mut *conn).await?;
            lines.push((tag.clone(), row.maybe_int(0)?.unwrap_or(i64::MAX)));
        }
        Ok(if lines.is_empty() { Self::Any } else { Self::Tags(lines) })
    }

    /// ` from branch 'main'`, ` with tag 'main'`, or nothing: what stands behind "a version of Bar".
    pub(super) fn words(&self, tags: &[&str]) -> String {
        match self {
            Self::Branch { name, .. } => format!(" from branch '{name}'"),
            Self::Tags(_) => format!(
                " with tag {}",
                tags.iter().map(|tag| format!("'{tag}'")).collect::<Vec<_>>().join(", ")
            ),
            Self::Any => String::new(),
        }
    }
}

/// The answer for many contents.
#[derive(Debug, Default)]
pub(super) struct Verified {
    /// By each tag, or by the one branch or provider.
    by: Vec<(String, HashSet<i64>)>,
}

impl Verified {
    pub(super) async fn look_up(conn: &mut Conn, line: &Line, contents: &[i64]) -> Result<Self, Error> {
        let mut by = Vec::new();
        match line {
            _ if contents.is_empty() => {}
            Line::Branch { id, began, .. } => {
                let on = "EXISTS (SELECT 1 FROM verification x JOIN branch_version b ON b.version_id = \
                          x.provider_version_id AND b.branch_id = $2 WHERE x.pact_version_id = k.id AND x.success = 1)";
                let found = contents_with(conn, on, [*began, id.unwrap_or(-1)], contents).await?;
                by.push((String::new(), found));
            }
            Line::Tags(tags) => {
                for (tag, began) in tags {
                    let sql = "SELECT k.id FROM pact_version k WHERE k.id = ANY($2) AND (EXISTS (SELECT 1 FROM verification x \
                               WHERE x.pact_version_id = k.id AND x.success = 1 AND x.created_at < $1) OR EXISTS (\
                               SELECT 1 FROM verification x JOIN tag t ON t.version_id = x.provider_version_id WHERE \
                               x.pact_version_id = k.id AND x.success = 1 AND t.name = $3))";
                    let rows = statement(sql).bind(*began).bind(contents).bind(tag);
                    let rows = rows.fetch_all(&mut *conn).await?;
                    by.push((tag.clone(), rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?));
                }
            }
            Line::Any => {
                let found = contents_with(conn, "$2 = 1", [i64::MAX, 0], contents).await?;
                by.push((String::new(), found));
            }
        }
        Ok(Self { by })
    }

    /// Whether a content counts as verified for all that was asked.
    pub(super) fn has(&self, content: i64) -> bool {
        self.by.iter().all(|(_, contents)| contents.contains(&content))
    }

    /// The tags for which it does, or does not.
    pub(super) fn tags(&self, content: i64, verified: bool) -> Vec<&str> {
        let tags = self.by.iter().filter(|(_, contents)| contents.contains(&content) == verified);
        tags.map(|(tag, _)| tag.as_str()).collect()
    }
}

async fn contents_with(
    conn: &mut Conn,
    or: &str,
    keys: [i64; 2],
    contents: &[i64],
) -> Result<HashSet<i64>, Error> {
    let sql = format!(
        "SELECT k.id FROM pact_version k WHERE k.id = ANY($3) AND (EXISTS (SELECT 1 FROM verification x WHERE \
         x.pact_version_id = k.id AND x.success = 1 AND x.created_at < $1) OR {or})"
    );
    let rows = statement(sql).bind(keys[0]).bind(keys[1]).bind(contents).fetch_all(conn).await?;
    rows.iter().map(|row| row.int(0)).collect()
}
