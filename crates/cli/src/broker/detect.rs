//! The version, the branch and the build, from the variables of CI services or from git.

use std::fs;
use std::process::Command;

use serde_json::Value;

/// What is known of the build that runs the command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Build {
    /// Where it is known from: a CI service, or git.
    pub(super) source: &'static str,
    pub(super) commit: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) url: Option<String>,
    /// Whether files differ from the commit; CI checks out what it names.
    pub(super) is_dirty: bool,
}

/// A CI service: the variable that it alone sets, and where the rest is. Of several variables the first that is set
/// counts; `{NAME}` in an address is a variable.
struct Service {
    name: &'static str,
    marker: &'static str,
    commit: &'static [&'static str],
    branch: &'static [&'static str],
    url: &'static str,
}

/// Builds of merge requests name the branch that is to be merged first: the other one is where it goes.
const SERVICES: [Service; 10] = [
    Service {
        name: "GitHub Actions",
        marker: "GITHUB_ACTIONS",
        commit: &["GITHUB_SHA"],
        branch: &["GITHUB_REF_NAME"],
        url: "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    },
    Service {
        name: "GitLab",
        marker: "GITLAB_CI",
        commit: &["CI_COMMIT_SHA"],
        branch: &["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH"],
        url: "{CI_JOB_URL}",
    },
    Service {
        name: "Jenkins",
        marker: "JENKINS_URL",
        commit: &["GIT_COMMIT"],
        branch: &["CHANGE_BRANCH", "BRANCH_NAME", "GIT_LOCAL_BRANCH", "GIT_BRANCH"],
        url: "{BUILD_URL}",
    },
    Service {
        name: "CircleCI",
        marker: "CIRCLECI",
        commit: &["CIRCLE_SHA1"],
        branch: &["CIRCLE_BRANCH"],
        url: "{CIRCLE_BUILD_URL}",
    },
    Service {
        name: "Buildkite",
        marker: "BUILDKITE",
        commit: &["BUILDKITE_COMMIT"],
        branch: &["BUILDKITE_BRANCH"],
        url: "{BUILDKITE_BUILD_URL}",
    },
    Service {
        name: "Azure Pipelines",
        marker: "TF_BUILD",
        commit: &["SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"],
        branch: &["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"],
        url: "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    },
    Service {
        name: "Bitbucket Pipelines",
        marker: "BITBUCKET_BUILD_NUMBER",
        commit: &["BITBUCKET_COMMIT"],
        branch: &["BITBUCKET_BRANCH"],
        url: "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    },
    Service {
        name: "Travis CI",
        marker: "TRAVIS",
        commit: &["TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"],
        branch: &["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"],
        url: "{TRAVIS_BUILD_WEB_URL}",
    },
    Service {
        name: "AppVeyor",
        marker: "APPVEYOR",
        commit: &["APPVEYOR_PULL_REQUEST_HEAD_COMMIT", "APPVEYOR_REPO_COMMIT"],
        branch: &["APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH", "APPVEYOR_REPO_BRANCH"],
        url: "{APPVEYOR_URL}/project/{APPVEYOR_ACCOUNT_NAME}/{APPVEYOR_PROJECT_SLUG}/builds/{APPVEYOR_BUILD_ID}",
    },
    Service {
        name: "CodeShip",
        marker: "CI_BUILD_APPROVED",
        commit: &["CI_COMMIT_ID"],
        branch: &["CI_BRANCH"],
        url: "{CI_BUILD_URL}",
    },
];

/// What CI says of the build; without CI, what git says of the working directory.
pub(super) fn build() -> Build {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    ci(&variable).unwrap_or_else(git)
}

fn ci(variable: &dyn Fn(&str) -> Option<String>) -> Option<Build> {
    let service = SERVICES.iter().find(|service| variable(service.marker).is_some())?;
    let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
    let mut build = Build {
        source: service.name,
        commit: first(service.commit),
        branch: first(service.branch).map(|branch| branch_of(&branch)),
        url: address(service.url, variable),
        is_dirty: false,
    };
    if service.marker == "GITHUB_ACTIONS" {
        on_github(&mut build, variable);
    }
    Some(build)
}

/// A pull request is built as a merge that nobody else ever sees; its version is the commit that was pushed. What only
/// runs because of one, on its base, is of the base.
fn on_github(build: &mut Build, variable: &dyn Fn(&str) -> Option<String>) {
    if variable("GITHUB_REF").is_some_and(|built| built.starts_with("refs/pull/")) {
        let event = variable("GITHUB_EVENT_PATH").and_then(|path| fs::read(path).ok());
        let event: Option<Value> = event.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let head = |member: &str| {
            let head = event.as_ref()?.pointer("/pull_request/head")?;
            head.get(member)?.as_str().map(ToOwned::to_owned)
        };
        build.commit = head("sha").or(build.commit.take());
        build.branch = head("ref").or_else(|| variable("GITHUB_HEAD_REF"));
    } else if variable("GITHUB_REF_TYPE").as_deref() == Some("tag") {
        build.branch = None;
    }
}

fn branch_of(name: &str) -> String {
    let name = name.strip_prefix("refs/heads/").unwrap_or(name);
    name.strip_prefix("origin/").unwrap_or(name).to_owned()
}

/// An address, if all its variables are set.
fn address(template: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&variable(name)?);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

fn git() -> Build {
    let ask = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
        Some(text.trim().to_owned())
    };
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    Build {
        source: "git",
        commit: some(ask(&["rev-parse", "--verify", "HEAD"])),
        branch: some(ask(&["symbolic-ref", "--short", "-q", "HEAD"])),
        url: None,
        is_dirty: some(ask(&["status", "--porcelain", "--untracked-files=no"])).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<Build> {
        ci(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    /// The broker would know the pacts under another version than the one that is deployed.
    #[test]
    fn each_service_says_version_branch_and_build_in_its_own_variables() {
        for (variables, commit, branch, url) in [
            (
                &[
                    ("GITHUB_ACTIONS", "true"),
                    ("GITHUB_SHA", "abc"),
                    ("GITHUB_REF_NAME", "main"),
                    ("GITHUB_REF_TYPE", "branch"),
                    ("GITHUB_SERVER_URL", "https://github.com"),
                    ("GITHUB_REPOSITORY", "o/r"),
                    ("GITHUB_RUN_ID", "7"),
                ][..],
                "abc",
                Some("main"),
                Some("https://github.com/o/r/actions/runs/7"),
            ),
            (
                &[
                    ("GITHUB_ACTIONS", "true"),
                    ("GITHUB_SHA", "abc"),
                    ("GITHUB_REF_NAME", "v1"),
                    ("GITHUB_REF_TYPE", "tag"),
                ],
                "abc",
                None,
                None,
            ),
            (
                &[
                    ("GITLAB_CI", "true"),
                    ("CI_COMMIT_SHA", "abc"),
                    ("CI_COMMIT_BRANCH", "x"),
                    ("CI_JOB_URL", "http://ci/1"),
                ],
                "abc",
                Some("x"),
                Some("http://ci/1"),
            ),
            (
                &[
                    ("JENKINS_URL", "http://j"),
                    ("GIT_COMMIT", "abc"),
                    ("GIT_BRANCH", "origin/feat/x"),
                    ("BUILD_URL", "http://j/1"),
                ],
                "abc",
                Some("feat/x"),
                Some("http://j/1"),
            ),
            (
                &[
                    ("TF_BUILD", "True"),
                    ("BUILD_SOURCEVERSION", "abc"),
                    ("BUILD_SOURCEBRANCH", "refs/heads/feat/x"),
                ],
                "abc",
                Some("feat/x"),
                None,
            ),
        ] {
            let build = of(variables).unwrap();
            assert_eq!(
                (build.commit.as_deref(), build.branch.as_deref(), build.url.as_deref()),
                (Some(commit), branch, url),
                "{}",
                build.source
            );
        }
        assert_eq!(of(&[("GITHUB_SHA", "abc")]), None);
    }

    #[test]
    fn a_pull_request_has_the_version_that_was_pushed_and_not_the_merge() {
        let folder = tempfile::tempdir().unwrap();
        let event = folder.path().join("event.json");
        fs::write(&event, r#"{"pull_request": {"head": {"sha": "pushed"}}}"#).unwrap();
        let build = of(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SHA", "merged"),
            ("GITHUB_HEAD_REF", "feat/x"),
            ("GITHUB_REF", "refs/pull/12/merge"),
            ("GITHUB_REF_NAME", "12/merge"),
            ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
        ])
        .unwrap();
        assert_eq!((build.commit.as_deref(), build.branch.as_deref()), (Some("pushed"), Some("feat/x")));
    }

    /// Pacts of the base would be published as those of the pull request.
    #[test]
    fn what_runs_on_the_base_of_a_pull_request_has_the_version_of_the_base() {
        let folder = tempfile::tempdir().unwrap();
        let event = folder.path().join("event.json");
        fs::write(&event, r#"{"pull_request": {"head": {"sha": "pushed", "ref": "feat/x"}}}"#).unwrap();
        let build = of(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request_target"),
            ("GITHUB_SHA", "base"),
            ("GITHUB_HEAD_REF", "feat/x"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_REF_TYPE", "branch"),
            ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
        ])
        .unwrap();
        assert_eq!((build.commit.as_deref(), build.branch.as_deref()), (Some("base"), Some("main")));
    }
}
