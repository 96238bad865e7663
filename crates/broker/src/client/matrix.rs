//! "Can I deploy?": which versions were verified with which.

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::hal::{SEGMENT, shown};
use super::{BrokerClient, BrokerError, Remark};

/// Which version of a pacticipant is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionChoice {
    /// The one with this number.
    Number(String),
    /// The latest.
    Latest,
    /// The latest with this tag.
    LatestWithTag(String),
    /// The latest of this branch.
    Branch(String),
    /// The latest of the branch that the broker takes for its main one.
    MainBranch,
}

/// A version of a pacticipant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSelector {
    /// The name.
    pub pacticipant: String,
    /// Which version.
    pub version: VersionChoice,
}

/// What the versions are to get on with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// Each other, and the latest of everything else.
    #[default]
    Any,
    /// What is deployed or released in an environment.
    Environment(String),
    /// The latest versions with a tag.
    Tag(String),
    /// The latest versions of the main branches.
    MainBranch,
}

/// A question to the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatrixQuestion {
    /// The versions that are asked about.
    pub selectors: Vec<VersionSelector>,
    /// What they are to get on with.
    pub target: Target,
    /// Pacticipants, or one version of them, whose results do not count.
    pub ignored: Vec<(String, Option<String>)>,
}

/// The broker's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Yes, no, or not known yet.
    pub deployable: Option<bool>,
    /// Why, a line for each reason.
    pub reason: String,
    /// What the broker says beside that.
    pub remarks: Vec<Remark>,
    /// The pairs of versions that it looked at.
    pub rows: Vec<MatrixRow>,
    /// Its answer as it came.
    pub json: Value,
}

/// A pact between two versions, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixRow {
    /// The consumer.
    pub consumer: String,
    /// Its version.
    pub consumer_version: String,
    /// The provider.
    pub provider: String,
    /// Its version; none if none is to be considered.
    pub provider_version: Option<String>,
    /// Whether the verification succeeded; none if there is no result.
    pub success: Option<bool>,
    /// Where the result can be looked at.
    pub result_url: Option<String>,
    /// Whether it does not count.
    pub ignored: bool,
}

impl MatrixQuestion {
    /// In the way of the clients that brokers know: by environment every version that is there is asked for, and
    /// otherwise the newest result of each pair of consumer version and provider, for one version alone.
    fn query(&self) -> String {
        let mut query = Vec::new();
        let mut say =
            |key: &str, value: &str| query.push(format!("{key}={}", utf8_percent_encode(value, SEGMENT)));
        for selector in &self.selectors {
            say("q[][pacticipant]", &selector.pacticipant);
            match &selector.version {
                VersionChoice::Number(number) => say("q[][version]", number),
                VersionChoice::Latest => {}
                VersionChoice::LatestWithTag(tag) => say("q[][tag]", tag),
                VersionChoice::Branch(branch) => say("q[][branch]", branch),
                VersionChoice::MainBranch => say("q[][mainBranch]", "true"),
            }
            if !matches!(selector.version, VersionChoice::Number(_)) {
                say("q[][latest]", "true");
            }
        }
        let every_pair = matches!(self.target, Target::Environment(_)) || self.selectors.len() > 1;
        say("latestby", if every_pair { "cvpv" } else { "cvp" });
        if matches!(self.target, Target::Tag(_) | Target::MainBranch) {
            say("latest", "true");
        }
        match &self.target {
            Target::Any => {}
            Target::Environment(name) => say("environment", name),
            Target::Tag(tag) => say("tag", tag),
            Target::MainBranch => say("mainBranch", "true"),
        }
        for (pacticipant, version) in &self.ignored {
            say("ignore[][pacticipant]", pacticipant);
            if let Some(version) = version {
                say("ignore[][version]", version);
            }
        }
        query.join("&")
    }
}

impl BrokerClient {
    /// Asks whether versions get on with each other.
    ///
    /// # Errors
    /// [`BrokerError`]. An answer of no, or none yet, is no error.
    pub async fn matrix(&self, question: &MatrixQuestion) -> Result<Matrix, BrokerError> {
        // The one place that no link of the index leads to.
        let base = &self.transport.base;
        let mut url = base.join("matrix").map_err(|error| BrokerError::InvalidAddress {
            url: base.to_string(),
            reason: error.to_string(),
        })?;
        url.set_query(Some(&question.query()));
        let document = match (self.transport.get(&url).await, &question.target) {
            (Err(error @ BrokerError::Refused { status: 400, .. }), Target::Environment(name)) => {
                // If it is the environment, its name and the others tell more.
                self.environment_named(name).await?;
                return Err(error);
            }
            (answered, _) => answered?,
        };
        let not_understood = |reason: &str| BrokerError::NotUnderstood {
            method: "GET".into(),
            url: shown(&document.url),
            status: 200,
            reason: reason.to_owned(),
        };
        let deployable = match document.json.pointer("/summary/deployable") {
            Some(Value::Bool(deployable)) => Some(*deployable),
            Some(Value::Null) => None,
            _ => return Err(not_understood("it has no `summary.deployable`")),
        };
        let rows = document.json.get("matrix").and_then(Value::as_array);
        let rows: Option<Vec<MatrixRow>> =
            rows.map(|rows| rows.iter().map(MatrixRow::read).collect()).unwrap_or_default();
        let reason = document.json.pointer("/summary/reason").and_then(Value::as_str).unwrap_or_default();
        Ok(Matrix {
            deployable,
            reason: reason.to_owned(),
            remarks: Remark::all(&document.json),
            rows: rows.ok_or_else(|| not_understood("it has no list `matrix` of pairs"))?,
            json: document.json,
        })
    }
}

impl MatrixRow {
    fn read(json: &Value) -> Option<Self> {
        let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
        Some(Self {
            consumer: text("/consumer/name")?,
            consumer_version: text("/consumer/version/number")?,
            provider: text("/provider/name")?,
            provider_version: text("/provider/version/number"),
            success: json.pointer("/verificationResult/success").and_then(Value::as_bool),
            result_url: text("/verificationResult/_links/self/href"),
            ignored: json.get("ignored").and_then(Value::as_bool).unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: VersionChoice, target: Target) -> String {
        let selectors = vec![VersionSelector { pacticipant: "Foo".into(), version }];
        MatrixQuestion { selectors, target, ignored: Vec::new() }.query()
    }

    /// A version that breaks something would be deployed, because another one was asked about.
    #[test]
    fn every_question_is_asked_as_brokers_know_it() {
        let one = || VersionChoice::Number("1".into());
        let foo = "q[][pacticipant]=Foo&q[][version]=1";
        assert_eq!(
            of(one(), Target::Environment("prod".into())),
            format!("{foo}&latestby=cvpv&environment=prod")
        );
        assert_eq!(
            of(VersionChoice::Number("a&b=[c]".into()), Target::Any),
            "q[][pacticipant]=Foo&q[][version]=a%26b%3D%5Bc%5D&latestby=cvp"
        );
        assert_eq!(of(one(), Target::MainBranch), format!("{foo}&latestby=cvp&latest=true&mainBranch=true"));
        assert_eq!(of(one(), Target::Tag("prod".into())), format!("{foo}&latestby=cvp&latest=true&tag=prod"));
        for (choice, said) in [
            (VersionChoice::Latest, "[latest]=true"),
            (VersionChoice::LatestWithTag("t".into()), "[tag]=t&q[][latest]=true"),
            (VersionChoice::Branch("b".into()), "[branch]=b&q[][latest]=true"),
            (VersionChoice::MainBranch, "[mainBranch]=true&q[][latest]=true"),
        ] {
            assert_eq!(of(choice, Target::Any), format!("q[][pacticipant]=Foo&q[]{said}&latestby=cvp"));
        }
        let two = MatrixQuestion {
            selectors: ["Foo", "Bar"]
                .map(|name| VersionSelector { pacticipant: name.into(), version: one() })
                .into(),
            target: Target::Any,
            ignored: vec![("Baz".into(), None), ("Qux".into(), Some("2".into()))],
        };
        assert_eq!(
            two.query(),
            format!(
                "{foo}&q[][pacticipant]=Bar&q[][version]=1&latestby=cvpv&ignore[][pacticipant]=Baz&\
                 ignore[][pacticipant]=Qux&ignore[][version]=2"
            )
        );
    }
}
