//! May it be deployed? The answer, and every reason for it.

use super::question::{LOOKED_AT, Question, Which};
use super::rows::{Row, Rows, Verdict};
use super::sides::Side;

/// The answer to a question.
#[derive(Debug)]
pub(super) struct Answer {
    /// Yes, no, or nobody knows.
    pub(super) deployable: Option<bool>,
    pub(super) success: usize,
    pub(super) failed: usize,
    pub(super) unknown: usize,
    pub(super) ignored: usize,
    /// What people are told: warnings first, then reasons.
    pub(super) notices: Vec<(&'static str, String)>,
}

/// Judges by the rows that are not ignored. A version that does not exist cannot be deployed; what is not known
/// outweighs what failed, for a later result may turn out either way.
pub(super) fn judge(question: &Question, sides: &[Side], Rows { all: rows, cut }: &Rows) -> Answer {
    let count = |verdict| rows.iter().filter(|row| !row.ignored && row.verdict() == verdict).count();
    let (success, failed, unknown) =
        (count(Verdict::Success), count(Verdict::Failure), count(Verdict::Unknown));
    let missing = sides.iter().any(Side::is_missing);
    let deployable = match (missing, unknown, failed) {
        (true, ..) => Some(false),
        (false, 0, 0) if *cut => None,
        (false, 0, 0) => Some(true),
        (false, 0, _) => Some(false),
        (false, ..) => None,
    };
    let mut notices = warnings(question);
    for side in sides.iter().filter(|side| side.is_missing()) {
        let text = match &side.which {
            Which::Version(number) => {
                format!("No pacts or verifications have been published for version {number} of {}", side.name)
            }
            _ => format!("There is no {}", side.words(None).trim_start_matches("the ")),
        };
        notices.push(("error", text));
    }
    if *cut {
        let text =
            format!("There are more than {LOOKED_AT} results. Ask for versions, branches or an environment.");
        notices.push(("error", text));
    }
    for row in rows.iter().filter(|row| !row.ignored) {
        if let Some(text) = reason(sides, row)
            && !notices.iter().any(|(_, known)| *known == text)
        {
            notices.push(("error", text));
        }
    }
    if deployable == Some(true) {
        let text = if success == 0 {
            "There are no missing dependencies"
        } else {
            "All required verification results are published and successful"
        };
        notices.push(("success", text.to_owned()));
    }
    let ignored = rows.iter().filter(|row| row.ignored).count();
    Answer { deployable, success, failed, unknown, ignored, notices }
}

fn reason(sides: &[Side], row: &Row) -> Option<String> {
    let consumer = sides[row.consumer].words(Some(&row.consumer_version.number));
    let number = row.provider_version.as_ref().map(|version| version.number.as_str());
    let provider = sides[row.provider].words(number);
    match row.verdict() {
        Verdict::Success => None,
        Verdict::Failure => {
            Some(format!("The verification for the pact between {consumer} and {provider} failed"))
        }
        Verdict::Unknown => Some(format!("There is no verified pact between {consumer} and {provider}")),
    }
}

fn warnings(question: &Question) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let aims = question.target.as_ref().is_some_and(|target| *target != Which::Latest);
    if !aims && question.selectors.len() == 1 {
        all.push("WARN: Name the environment into which you deploy; without it this answer is not reliable.");
    }
    let by_number = |which: &Which| matches!(which, Which::Version(_));
    let asks = aims || question.selectors.len() == 1;
    if asks && !question.selectors.iter().any(|selector| by_number(&selector.which)) {
        all.push(
            "WARN: Name the version that you deploy by its number; while a tag or branch moves on, this answer is not \
             reliable.",
        );
    }
    all.into_iter().map(|text| ("warning", text.to_owned())).collect()
}

impl Answer {
    pub(super) fn reason(&self) -> String {
        let texts: Vec<&str> = self.notices.iter().map(|(_, text)| text.as_str()).collect();
        texts.join("\n")
    }
}
