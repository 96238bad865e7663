//! What the publication of a pact means to others: the events that webhooks wait for.

use super::db::{Conn, Error, statement};
use super::publications::{Key, Pact, find};

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    ContractPublished,
    ContractContentChanged,
    ContractRequiringVerification,
    VerificationPublished,
    VerificationSucceeded,
    VerificationFailed,
}

impl Event {
    const ALL: [Self; 6] = [
        Self::ContractPublished,
        Self::ContractContentChanged,
        Self::ContractRequiringVerification,
        Self::VerificationPublished,
        Self::VerificationSucceeded,
        Self::VerificationFailed,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ContractPublished => "contract_published",
            Self::ContractContentChanged => "contract_content_changed",
            Self::ContractRequiringVerification => "contract_requiring_verification_published",
            Self::VerificationPublished => "provider_verification_published",
            Self::VerificationSucceeded => "provider_verification_succeeded",
            Self::VerificationFailed => "provider_verification_failed",
        }
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|event| event.name())
    }
}

/// What a publication brought about.
#[derive(Debug, Default)]
pub(super) struct Published {
    /// Why the content counts as changed; `None` if it does not.
    pub(super) changed: Option<String>,
    /// Why it does not, where that is worth telling.
    pub(super) unchanged: Option<String>,
    /// Provider versions that have not verified the content and are in use: the head of the main branch, and what is
    /// deployed or released.
    pub(super) unverified: Vec<i64>,
}

/// Looks at a pact that was published just now. Its content counts as changed if the newest pact before it, among
/// those with one of its tags, else on one of its branches, else among all, had other content or was not there.
pub(super) async fn of_publication(conn: &mut Conn, pact: &Pact) -> Result<Published, Error> {
    let mut published = Published { unverified: unverified(conn, pact).await?, ..Published::default() };
    let tags =
        names(conn, "SELECT name FROM tag WHERE version_id = $1 ORDER BY name", pact.version_id).await?;
    let mut reasons = Vec::new();
    let mut same = Vec::new();
    for tag in &tags {
        let rest = "JOIN tag_pact t ON t.publication_id = p.id WHERE t.consumer_id = $1 AND t.tag = $2 AND \
                    t.provider_id = $3 AND t.version_id < $4 ORDER BY t.version_id DESC LIMIT 1";
        let keys =
            [Key::Id(pact.consumer_id), Key::Text(tag), Key::Id(pact.provider_id), Key::Id(pact.version_id)];
        judge(
            find(conn, rest, &keys).await?.pop(),
            pact,
            &format!("with tag {tag}"),
            &mut reasons,
            &mut same,
        );
    }
    if tags.is_empty() {
        let (previous, place) = previous_on_branch(conn, pact).await?;
        judge(previous, pact, &place, &mut reasons, &mut same);
    }
    if reasons.is_empty() {
        published.unchanged = Some(same.join(", "));
    } else {
        published.changed = Some(reasons.join(", "));
    }
    Ok(published)
}

fn judge(
    previous: Option<Pact>,
    pact: &Pact,
    place: &str,
    reasons: &mut Vec<String>,
    same: &mut Vec<String>,
) {
    match previous {
        None => reasons.push(format!("the first pact {place}")),
        Some(previous) if previous.sha != pact.sha => {
            reasons.push(format!("other content than the version before it {place}"));
        }
        Some(_) => same.push(format!("the same content as the version before it {place}")),
    }
}

/// The newest pact before this on its branch; on a new branch, and without one, the newest of all.
async fn previous_on_branch(conn: &mut Conn, pact: &Pact) -> Result<(Option<Pact>, String), Error> {
    let sql = "SELECT b.name FROM branch_version v JOIN branch b ON b.id = v.branch_id WHERE v.version_id = $1 \
               ORDER BY v.id DESC";
    for branch in names(conn, sql, pact.version_id).await? {
        let rest = "JOIN branch_pact b ON b.publication_id = p.id JOIN branch n ON n.id = b.branch_id WHERE n.name = $1 \
                    AND n.pacticipant_id = $2 AND b.provider_id = $3 AND b.version_id < $4 \
                    ORDER BY b.version_id DESC LIMIT 1";
        let keys = [
            Key::Text(&branch),
            Key::Id(pact.consumer_id),
            Key::Id(pact.provider_id),
            Key::Id(pact.version_id),
        ];
        if let Some(previous) = find(conn, rest, &keys).await?.pop() {
            return Ok((Some(previous), format!("on branch {branch}")));
        }
    }
    let rest = "WHERE p.consumer_id = $1 AND p.provider_id = $2 AND p.version_id < $3 \
                ORDER BY p.version_id DESC LIMIT 1";
    let keys = [Key::Id(pact.consumer_id), Key::Id(pact.provider_id), Key::Id(pact.version_id)];
    Ok((find(conn, rest, &keys).await?.pop(), "of this integration".to_owned()))
}

async fn unverified(conn: &mut Conn, pact: &Pact) -> Result<Vec<i64>, Error> {
    let sql = "SELECT u.id FROM (\
               SELECT (SELECT MAX(v.version_id) FROM branch_version v WHERE v.branch_id = b.id) AS id FROM branch b \
               JOIN pacticipant p ON p.id = b.pacticipant_id AND p.main_branch = b.name WHERE p.id = $1 \
               UNION SELECT version_id FROM deployed_version WHERE pacticipant_id = $1 AND active = 1 \
               UNION SELECT version_id FROM released_version WHERE pacticipant_id = $1 AND active = 1) u \
               WHERE u.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM latest_verification l WHERE \
               l.pact_version_id = $2 AND l.provider_version_id = u.id AND l.success = 1) ORDER BY u.id";
    let rows = statement(sql).bind(pact.provider_id).bind(pact.content_id).fetch_all(conn).await?;
    rows.iter().map(|row| row.int(0)).collect()
}

async fn names(conn: &mut Conn, sql: &'static str, version: i64) -> Result<Vec<String>, Error> {
    statement(sql).bind(version).fetch_all(conn).await?.iter().map(|row| row.text(0)).collect()
}
