//! The documents of contract testing.
//!
//! - [`pact`]: pact files of every specification version, found, read and checked, with errors that name file and
//!   place.
//! - [`write`](mod@write): the one way a pact is written: sorted, stable to the byte, never half.
//! - [`state`]: provider-state files, their parameters and placeholders.
//! - [`schema`]: the JSON schema and the example of a wire type.
//!
//! This crate knows nothing of billing, of recording or of verifying; all of those read it.

pub mod pact;
pub mod schema;
pub mod state;
pub mod write;

/// How similar names are at least that differ in one letter, or in two that changed places.
const ONE_SLIP: f64 = 0.9;

/// The known name most like `name`, for a "did you mean": similar enough to be a slip of the pen.
///
/// ```
/// let known = ["A contract exists", "Customer exists"];
/// assert_eq!(billtest_contract::nearest("a contract exist", known), Some("A contract exists"));
/// assert_eq!(billtest_contract::nearest("winter", known), None);
/// assert_eq!(billtest_contract::nearest("tx", ["token", "tax"]), Some("tax"));
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        // One slip in a short name is much of it, and still one slip.
        let is_one_slip = name.len() > 1 && strsim::osa_distance(&name, &candidate) == 1;
        let similarity = strsim::jaro_winkler(&name, &candidate);
        if is_one_slip { similarity.max(ONE_SLIP) } else { similarity }
    };
    known
        .into_iter()
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
