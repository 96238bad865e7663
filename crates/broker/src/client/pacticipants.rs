//! Pacticipants, their versions, branches and tags.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::hal::{Document, shown};
use super::sending::{Repeat, Sending};
use super::{BrokerClient, BrokerError, VersionChoice};

/// What a pacticipant is to be; what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PacticipantChange {
    /// What people call it.
    pub display_name: Option<String>,
    /// The branch that its others are merged into.
    pub main_branch: Option<String>,
    /// Where its code is.
    pub repository_url: Option<String>,
}

impl BrokerClient {
    /// All pacticipants, as the broker has them: a list below `_embedded.pacticipants`.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn pacticipants(&self) -> Result<Value, BrokerError> {
        let url = self.index().await?.link("pb:pacticipants", &[])?;
        Ok(self.transport.get(&url).await?.json)
    }

    /// The pacticipant with this name.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn pacticipant(&self, name: &str) -> Result<Value, BrokerError> {
        Ok(self.pacticipant_document(name).await?.json)
    }

    /// Creates a pacticipant, or changes it.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn put_pacticipant(
        &self,
        name: &str,
        change: &PacticipantChange,
    ) -> Result<Value, BrokerError> {
        let url = self.index().await?.link("pb:pacticipant", &[("pacticipant", name)])?;
        let mut body = json!({"name": name});
        for (key, value) in [
            ("displayName", &change.display_name),
            ("mainBranch", &change.main_branch),
            ("repositoryUrl", &change.repository_url),
        ] {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        Ok(self.change(&Method::PATCH, &url, &body, Repeat::Safe).await?.json)
    }

    /// Deletes a pacticipant, and with it all its pacts, versions and results.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn delete_pacticipant(&self, name: &str) -> Result<(), BrokerError> {
        let url = self.index().await?.link("pb:pacticipant", &[("pacticipant", name)])?;
        self.delete(&url).await.map_err(|error| error.or_unknown(|url| unknown_pacticipant(url, name)))
    }

    /// The branches of a pacticipant, of all pages, as the broker has them: a list below `_embedded.branches`.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn branches(&self, pacticipant: &str) -> Result<Value, BrokerError> {
        let url = self.pacticipant_document(pacticipant).await?.link("pb:branches", &[])?;
        let mut all = self.transport.get(&url).await?.json;
        let pages = all.pointer("/page/totalPages").and_then(Value::as_u64).unwrap_or(1);
        for number in 2..=pages {
            let mut url = url.clone();
            let size = all.pointer("/page/size").map(ToString::to_string).unwrap_or_default();
            url.query_pairs_mut()
                .append_pair("pageNumber", &number.to_string())
                .append_pair("pageSize", &size);
            let mut next = self.transport.get(&url).await?.json;
            let more =
                next.pointer_mut("/_embedded/branches").and_then(Value::as_array_mut).map(std::mem::take);
            if let Some(branches) = all.pointer_mut("/_embedded/branches").and_then(Value::as_array_mut) {
                branches.extend(more.unwrap_or_default());
            }
        }
        Ok(all)
    }

    /// Deletes a branch of a pacticipant; its versions stay.
    ///
    /// # Errors
    /// [`BrokerError`]; [`BrokerError::Unknown`] if there is none.
    pub async fn delete_branch(&self, pacticipant: &str, branch: &str) -> Result<(), BrokerError> {
        let names = [("pacticipant", pacticipant), ("branch", branch)];
        let url = self.index().await?.link("pb:pacticipant-branch", &names)?;
        let unknown = |url| BrokerError::Unknown {
            url,
            what: "branch",
            name: branch.to_owned(),
            remedy: format!("list those of {pacticipant} with `branches list --pacticipant {pacticipant}`"),
        };
        match self.delete(&url).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.unknown_of(pacticipant, error, unknown).await),
        }
    }

    /// A version of a pacticipant.
    ///
    /// # Errors
    /// [`BrokerError`]; [`BrokerError::Unknown`] if there is none.
    pub async fn version(&self, pacticipant: &str, version: &VersionChoice) -> Result<Value, BrokerError> {
        let index = self.index().await?;
        let name = ("pacticipant", pacticipant);
        let unknown = |url, said: String| BrokerError::Unknown {
            url,
            what: "version",
            name: said,
            remedy: format!("correct it, or publish something for a version of {pacticipant} first"),
        };
        let (url, said) = match version {
            VersionChoice::Number(number) => {
                return Ok(self.version_document(pacticipant, number).await?.json);
            }
            VersionChoice::Latest => {
                (index.link("pb:latest-version", &[name])?, format!("{pacticipant}, the latest"))
            }
            VersionChoice::LatestWithTag(tag) => (
                index.link("pb:latest-tagged-version", &[name, ("tag", tag)])?,
                format!("{pacticipant}, the latest with tag {tag}"),
            ),
            VersionChoice::Branch(branch) => {
                let branch_url = index.link("pb:pacticipant-branch", &[name, ("branch", branch)])?;
                let said = format!("{pacticipant}, the latest of branch {branch}");
                let document = match self.transport.get(&branch_url).await {
                    Ok(document) => document,
                    Err(error) => {
                        return Err(self.unknown_of(pacticipant, error, |url| unknown(url, said)).await);
                    }
                };
                (document.link("pb:latest-version", &[])?, said)
            }
            VersionChoice::MainBranch => {
                let document = self.pacticipant_document(pacticipant).await?;
                let Some(branch) = document.json.get("mainBranch").and_then(Value::as_str) else {
                    return Err(BrokerError::Unknown {
                        url: shown(&document.url),
                        what: "main branch of",
                        name: pacticipant.to_owned(),
                        remedy: format!(
                            "set it with `pacticipants create-or-update --name {pacticipant} --main-branch BRANCH`"
                        ),
                    });
                };
                let branch = VersionChoice::Branch(branch.to_owned());
                return Box::pin(self.version(pacticipant, &branch)).await;
            }
        };
        match self.transport.get(&url).await {
            Ok(document) => Ok(document.json),
            Err(error) => Err(self.unknown_of(pacticipant, error, |url| unknown(url, said)).await),
        }
    }

    /// Tags a version. A version that the broker does not have is made only if `create` says so.
    ///
    /// # Errors
    /// [`BrokerError`]; [`BrokerError::Unknown`] if there is no such version.
    pub async fn tag_version(
        &self,
        pacticipant: &str,
        version: &str,
        tag: &str,
        create: bool,
    ) -> Result<Value, BrokerError> {
        if !create {
            self.version_document(pacticipant, version).await?;
        }
        let names = [("pacticipant", pacticipant), ("version", version), ("tag", tag)];
        let url = self.index().await?.link("pb:pacticipant-version-tag", &names)?;
        Ok(self.change(&Method::PUT, &url, &json!({}), Repeat::Safe).await?.json)
    }

    /// Takes a tag from a version.
    ///
    /// # Errors
    /// [`BrokerError`]; [`BrokerError::Unknown`] if the version is not tagged so.
    pub async fn untag_version(
        &self,
        pacticipant: &str,
        version: &str,
        tag: &str,
    ) -> Result<(), BrokerError> {
        let names = [("pacticipant", pacticipant), ("version", version), ("tag", tag)];
        let url = self.index().await?.link("pb:pacticipant-version-tag", &names)?;
        let unknown = |url| BrokerError::Unknown {
            url,
            what: "tag",
            name: tag.to_owned(),
            remedy: format!("see those of {pacticipant} {version} with `describe-version`"),
        };
        match self.delete(&url).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.unknown_of(pacticipant, error, unknown).await),
        }
    }

    /// Makes a version, or puts one that is there on a branch and tags it; gives it as it is then.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn put_version(
        &self,
        pacticipant: &str,
        version: &str,
        branch: Option<&str>,
        tags: &[String],
    ) -> Result<Value, BrokerError> {
        let index = self.index().await?;
        let names = [("pacticipant", pacticipant), ("version", version)];
        if let Some(branch) = branch {
            let names = [names[0], names[1], ("branch", branch)];
            let url = index.link("pb:pacticipant-branch-version", &names)?;
            self.change(&Method::PUT, &url, &json!({}), Repeat::Safe).await?;
        }
        for tag in tags {
            self.tag_version(pacticipant, version, tag, true).await?;
        }
        match self.version_document(pacticipant, version).await {
            Ok(document) => Ok(document.json),
            Err(BrokerError::Unknown { .. }) => {
                let url = index.link("pb:pacticipant-version", &names)?;
                Ok(self.change(&Method::PUT, &url, &json!({}), Repeat::Safe).await?.json)
            }
            Err(error) => Err(error),
        }
    }

    /// The latest pact of each integration, as the broker has them: a list `pacts`.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn latest_pact_versions(&self) -> Result<Value, BrokerError> {
        let url = self.index().await?.link("pb:latest-pact-versions", &[])?;
        Ok(self.transport.get(&url).await?.json)
    }

    pub(super) async fn version_document(
        &self,
        pacticipant: &str,
        version: &str,
    ) -> Result<Document, BrokerError> {
        let names = [("pacticipant", pacticipant), ("version", version)];
        let url = self.index().await?.link("pb:pacticipant-version", &names)?;
        let unknown = |url| BrokerError::Unknown {
            url,
            what: "version",
            name: format!("{pacticipant} {version}"),
            remedy: "correct --version, or publish its pacts or results first".into(),
        };
        match self.transport.get(&url).await {
            Ok(document) => Ok(document),
            Err(error) => Err(self.unknown_of(pacticipant, error, unknown).await),
        }
    }

    /// What a 404 for something of a pacticipant means: there is no such thing, or no such pacticipant.
    async fn unknown_of(
        &self,
        pacticipant: &str,
        error: BrokerError,
        unknown: impl FnOnce(String) -> BrokerError,
    ) -> BrokerError {
        if error.status() == Some(404)
            && let Err(nobody @ BrokerError::Unknown { .. }) = self.pacticipant_document(pacticipant).await
        {
            return nobody;
        }
        error.or_unknown(unknown)
    }

    pub(super) async fn pacticipant_document(&self, name: &str) -> Result<Document, BrokerError> {
        let url = self.index().await?.link("pb:pacticipant", &[("pacticipant", name)])?;
        self.transport.get(&url).await.map_err(|error| error.or_unknown(|url| unknown_pacticipant(url, name)))
    }

    /// Sends a change, and reads what is there then.
    pub(super) async fn change(
        &self,
        method: &Method,
        url: &Url,
        body: &Value,
        repeat: Repeat,
    ) -> Result<Document, BrokerError> {
        self.transport.send(url, Sending::new(method, Some(body), repeat)).await?.document(method.as_str())
    }

    /// Deletes what is at an address. What was deleted is not there when it is asked for again, so it is not.
    pub(super) async fn delete(&self, url: &Url) -> Result<(), BrokerError> {
        let sending = Sending::new(&Method::DELETE, None, Repeat::Unheard);
        self.transport.send(url, sending).await?.no_page("DELETE")
    }
}

fn unknown_pacticipant(url: String, name: &str) -> BrokerError {
    BrokerError::Unknown {
        url,
        what: "pacticipant",
        name: name.to_owned(),
        remedy: "see their names with `pacticipants list`".into(),
    }
}
