//! The pacts that selectors mean. Each is found from the provider's integrations by looks into keys, so that a long
//! history costs nothing.

use crate::server::db::{Conn, Error};
use crate::server::publications::{Key, Pact, find_from, find_marked};

use super::request::{Kind, Selector};

/// A pact, and why it was chosen.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) pact: Pact,
    pub(super) reason: Reason,
}

/// Why a pact was chosen, in the words for a list, for a person, and for the pact's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) short: String,
    pub(super) long: String,
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl Reason {
    fn new(short: impl Into<String>, long: String, parameters: &[(&'static str, &str)]) -> Self {
        let parameters = parameters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { short: short.into(), long, parameters }
    }

    fn of_branch(name: &str, consumer: &str) -> Self {
        Self::new(
            format!("latest from branch {name}"),
            format!("latest version{consumer} from branch '{name}'"),
            &[("b", name), ("l", "true")],
        )
    }

    fn of_tag(name: &str, consumer: &str) -> Self {
        Self::new(
            format!("latest with tag {name}"),
            format!("latest version{consumer} tagged '{name}'"),
            &[("t", name), ("l", "true")],
        )
    }
}

const FROM: &str = "integration i CROSS JOIN pacticipant c";
/// The tags of each consumer: from one to the next by a look into the key, however many versions have it.
const TAGS: &str = "(WITH RECURSIVE m (consumer, tag) AS (SELECT i.consumer_id, (SELECT MIN(x.tag) FROM tag_pact x WHERE \
                    x.consumer_id = i.consumer_id) FROM integration i WHERE i.provider_id = $1 UNION ALL SELECT \
                    m.consumer, (SELECT MIN(x.tag) FROM tag_pact x WHERE x.consumer_id = m.consumer AND x.tag > m.tag) \
                    FROM m WHERE m.tag IS NOT NULL) SELECT consumer, tag FROM m WHERE tag IS NOT NULL) m \
                    CROSS JOIN integration i CROSS JOIN pacticipant c";
const IS_OF_TAGS: &str = "AND i.consumer_id = m.consumer AND t.tag = m.tag";
const REST: &str = "CROSS JOIN pacticipant r CROSS JOIN version v CROSS JOIN pact_version k";
const WHERE: &str = "WHERE i.provider_id = $1 AND c.id = i.consumer_id AND r.id = i.provider_id AND v.id = p.version_id \
                     AND k.id = p.pact_version_id";
const HEAD: &str = "CROSS JOIN branch n CROSS JOIN branch_pact b CROSS JOIN pact_publication p";
const IS_HEAD: &str = "AND n.pacticipant_id = c.id AND b.branch_id = n.id AND b.provider_id = i.provider_id AND \
                       b.version_id = (SELECT MAX(x.version_id) FROM branch_pact x WHERE x.branch_id = n.id AND \
                       x.provider_id = i.provider_id) AND p.id = b.publication_id";
const TAGGED: &str = "CROSS JOIN tag_pact t CROSS JOIN pact_publication p";
const IS_TAGGED: &str =
    "AND t.consumer_id = c.id AND t.provider_id = i.provider_id AND p.id = t.publication_id";
// The tag comes from elsewhere than from `t`, so that the newest version is a key to look for, not a condition to try
// on every version that ever had the tag.
const IS_NEWEST_TAGGED: &str = "AND t.version_id = (SELECT MAX(x.version_id) FROM tag_pact x WHERE \
                                x.consumer_id = c.id AND x.tag = $2 AND x.provider_id = i.provider_id)";
const IS_NEWEST_OF_EACH_TAG: &str = "AND t.version_id = (SELECT MAX(x.version_id) FROM tag_pact x WHERE \
                                     x.consumer_id = c.id AND x.tag = m.tag AND x.provider_id = i.provider_id)";
const IS_LATEST: &str = "AND p.consumer_id = c.id AND p.provider_id = i.provider_id AND p.version_id = (SELECT \
                         MAX(x.version_id) FROM pact_publication x WHERE x.consumer_id = c.id AND \
                         x.provider_id = i.provider_id)";

/// What is asked of one provider.
pub(super) struct Choice<'a> {
    pub(super) conn: &'a mut Conn,
    pub(super) provider: i64,
}

impl Choice<'_> {
    /// The pacts that one selector means, by consumers' names.
    pub(super) async fn by(&mut self, selector: &Selector) -> Result<Vec<Chosen>, Error> {
        let consumer = selector.consumer.as_deref();
        let of = consumer.map(|name| format!(" of {name}")).unwrap_or_default();
        match &selector.kind {
            Kind::Default => {
                let mut all = self.main_branches(consumer, |pact| format!(" of {}", pact.consumer)).await?;
                let rest = self.latest(consumer).await?;
                all.extend(rest.into_iter().filter(|one| one.pact.is_of_none(&all)).collect::<Vec<_>>());
                Ok(all)
            }
            Kind::MainBranch => self.main_branches(consumer, |_| of.clone()).await,
            Kind::Branch { name, fallback } => {
                let found = self.branch(consumer, name).await?;
                let mut all = chosen(found, |_| Reason::of_branch(name, &of));
                if let Some(other) = fallback {
                    let more = self.branch(consumer, other).await?;
                    let more = more.into_iter().filter(|pact| pact.is_of_none(&all)).collect();
                    all.extend(chosen(more, |_| fallen(Reason::of_branch(other, &of), "branch", name)));
                }
                Ok(all)
            }
            Kind::LatestTag { name, fallback } => {
                let found = self.tag(consumer, name, IS_NEWEST_TAGGED).await?;
                let mut all = chosen(found, |_| Reason::of_tag(name, &of));
                if let Some(other) = fallback {
                    let more = self.tag(consumer, other, IS_NEWEST_TAGGED).await?;
                    let more = more.into_iter().filter(|pact| pact.is_of_none(&all)).collect();
                    all.extend(chosen(more, |_| fallen(Reason::of_tag(other, &of), "tag", name)));
                }
                Ok(all)
            }
            Kind::AllTagged { name } => {
                let found = self.tag(consumer, name, "").await?;
                let long = format!("all consumer versions tagged '{name}'");
                Ok(chosen(found, |_| Reason::new(format!("one of {name}"), long.clone(), &[("t", name)])))
            }
            Kind::Latest => self.latest(consumer).await,
            Kind::Current { deployed, released, environment } => {
                let mut all = Vec::new();
                for (wanted, kind) in [(*deployed, "deployed"), (*released, "released")] {
                    if wanted {
                        all.extend(self.current(consumer, kind, environment.as_deref()).await?);
                    }
                }
                Ok(all)
            }
        }
    }

    async fn main_branches(
        &mut self,
        consumer: Option<&str>,
        of: impl Fn(&Pact) -> String,
    ) -> Result<Vec<Chosen>, Error> {
        let mut keys = vec![Key::Id(self.provider)];
        let mut tables = format!("{FROM} {HEAD} {REST} {WHERE} AND n.name = c.main_branch {IS_HEAD}");
        if let Some(name) = consumer {
            keys.push(Key::Text(name));
            tables.push_str(" AND c.name = $2");
        }
        tables.push_str(" ORDER BY c.name, p.version_id");
        let found = find_marked(self.conn, "n.name", &tables, &keys).await?;
        let chosen = |(pact, name): (Pact, String)| {
            let long = format!("latest version{} from the main branch '{name}'", of(&pact));
            Chosen { reason: Reason::new("latest from main branch", long, &[("l", "true")]), pact }
        };
        Ok(found.into_iter().map(chosen).collect())
    }

    async fn branch(&mut self, consumer: Option<&str>, name: &str) -> Result<Vec<Pact>, Error> {
        self.find(HEAD, &format!("AND n.name = $2 {IS_HEAD}"), Some(Key::Text(name)), consumer).await
    }

    async fn tag(&mut self, consumer: Option<&str>, name: &str, which: &str) -> Result<Vec<Pact>, Error> {
        let and = format!("AND t.tag = $2 {IS_TAGGED} {which}");
        self.find(TAGGED, &and, Some(Key::Text(name)), consumer).await
    }

    async fn latest(&mut self, consumer: Option<&str>) -> Result<Vec<Chosen>, Error> {
        let found = self.find("CROSS JOIN pact_publication p", IS_LATEST, None, consumer).await?;
        let reason = |pact: &Pact| {
            let long = format!("latest version of {} that has a pact with {}", pact.consumer, pact.provider);
            Reason::new("latest", long, &[("l", "true")])
        };
        Ok(chosen(found, reason))
    }

    /// What is deployed, or released, by environment.
    async fn current(
        &mut self,
        consumer: Option<&str>,
        kind: &'static str,
        environment: Option<&str>,
    ) -> Result<Vec<Chosen>, Error> {
        let mut keys = vec![Key::Id(self.provider)];
        let mut tables = format!(
            "{FROM} CROSS JOIN {kind}_version d CROSS JOIN environment e CROSS JOIN pact_publication p {REST} {WHERE} \
             AND d.pacticipant_id = c.id AND d.active = 1 AND e.id = d.environment_id AND p.version_id = d.version_id \
             AND p.provider_id = i.provider_id"
        );
        for (column, name) in [("e", environment), ("c", consumer)] {
            if let Some(name) = name {
                keys.push(Key::Text(name));
                tables.push_str(&format!(" AND {column}.name = ${}", keys.len()));
            }
        }
        tables.push_str(" ORDER BY e.name, c.name, p.version_id");
        let mut found = find_marked(self.conn, "e.name", &tables, &keys).await?;
        // Several instances may run one version.
        found.dedup_by(|(one, at), (other, there)| one.id == other.id && at == there);
        let is = if kind == "deployed" { "d" } else { "r" };
        let chosen = |(pact, at): (Pact, String)| {
            let long = format!("consumer version(s) currently {kind} to {at}");
            Chosen { reason: Reason::new(format!("{kind} to {at}"), long, &[(is, "true"), ("e", &at)]), pact }
        };
        Ok(found.into_iter().map(chosen).collect())
    }

    /// The heads of all branches and tags, of pacts that came after a moment.
    pub(super) async fn heads(&mut self, since: i64) -> Result<Vec<Chosen>, Error> {
        let mut all = Vec::new();
        for (from, mark, tables, and, is_branch) in [
            (FROM, "n.name", HEAD, IS_HEAD.to_owned(), true),
            (TAGS, "t.tag", TAGGED, format!("{IS_OF_TAGS} {IS_TAGGED} {IS_NEWEST_OF_EACH_TAG}"), false),
        ] {
            let tables = format!(
                "{from} {tables} {REST} {WHERE} {and} AND p.created_at > $2 ORDER BY c.name, p.version_id"
            );
            for (pact, name) in
                find_marked(self.conn, mark, &tables, &[Key::Id(self.provider), Key::Id(since)]).await?
            {
                let reason = if is_branch { Reason::of_branch(&name, "") } else { Reason::of_tag(&name, "") };
                all.push(Chosen { pact, reason });
            }
        }
        Ok(all)
    }

    async fn find(
        &mut self,
        tables: &str,
        and: &str,
        key: Option<Key<'_>>,
        consumer: Option<&str>,
    ) -> Result<Vec<Pact>, Error> {
        let mut keys = vec![Key::Id(self.provider)];
        keys.extend(key);
        let mut from = format!("{FROM} {tables} {REST} {WHERE} {and}");
        if let Some(name) = consumer {
            keys.push(Key::Text(name));
            from.push_str(&format!(" AND c.name = ${}", keys.len()));
        }
        from.push_str(" ORDER BY c.name, p.version_id");
        find_from(self.conn, &from, &keys).await
    }
}

impl Pact {
    fn is_of_none(&self, chosen: &[Chosen]) -> bool {
        chosen.iter().all(|one| one.pact.consumer_id != self.consumer_id)
    }
}

fn chosen(pacts: Vec<Pact>, reason: impl Fn(&Pact) -> Reason) -> Vec<Chosen> {
    pacts.into_iter().map(|pact| Chosen { reason: reason(&pact), pact }).collect()
}

fn fallen(reason: Reason, kind: &str, missing: &str) -> Reason {
    let long = format!("{}, as none has the {kind} '{missing}'", reason.long);
    let short = format!("{} (no {kind} {missing})", reason.short);
    Reason { long, short, ..reason }
}
