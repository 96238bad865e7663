//! The provider scenarios of the Pact compatibility suite, versions 1 to 4, in the words and with the data of billing.
//!
//! A user moves here from another verifier with the pacts he has; what these tests hold is that they mean the same
//! here. Where billtest is stricter on purpose, the test says so and why.
//!
//! | scenarios of | are in |
//! | --- | --- |
//! | HTTP providers, V1 | [`http`], [`states`]; with a broker `tests/broker.rs` |
//! | HTTP providers, V2: rules of headers and bodies | [`rules`] |
//! | HTTP providers, V3: several states, parameters, values of states | [`states`] |
//! | HTTP providers, V4: pending, comments | [`remarks`] |
//! | message providers, V3 | [`messages`] |
//! | message providers, V4, asynchronous | [`messages`], [`remarks`] |
//! | message providers, V4, synchronous | [`sync_messages`], [`remarks`] |
//! | matching of responses, V2 to V4 | [`rules`], [`http`] |
//!
//! Synchronous messages are asked what asynchronous ones are: body, metadata, rules, states, pending, comments. What the
//! suite marks as unfinished, bodies framed for a Kafka schema registry, is left out.
//!
//! What belongs to one version only is asked of it and of all later ones.

mod http;
mod messages;
mod provider;
mod remarks;
mod rules;
mod states;
mod sync_messages;

use serde_json::{Value, json};

use crate::workspace::{Run, Workspace};
pub(crate) use provider::{Answer, Provider};

/// How a difference in a body begins, whatever its kind.
const BODY: &str = "\n   $";

/// A pact of this version of the specification, with these interactions in the form of that version.
fn pact(version: u8, interactions: &[Value]) -> String {
    document(version, "interactions", interactions)
}

fn document(version: u8, list: &str, all: &[Value]) -> String {
    let mut document = json!({
        "consumer": {"name": "Shop"}, "provider": {"name": "BillingAPI"},
        "metadata": {"pactSpecification": {"version": format!("{version}.0.0")}}
    });
    document[list] = all.into();
    document.to_string()
}

/// Verifies one pact against a provider that gives one answer to everything.
fn verify(pact: &str, answer: Answer) -> Run {
    verify_with(pact, &[], move |_| answer.clone()).0
}

/// The same with more arguments and a provider that looks at the request. `{url}` in an argument is its address.
fn verify_with(
    pact: &str,
    arguments: &[&str],
    answer: impl Fn(&provider::Request) -> Answer + Send + Sync + 'static,
) -> (Run, Provider) {
    let workspace = Workspace::new();
    workspace.write("p.json", pact);
    let provider = Provider::start(answer);
    let more: Vec<String> =
        arguments.iter().map(|argument| argument.replace("{url}", &provider.url)).collect();
    let mut all = vec!["p.json", "--provider-url", &provider.url];
    all.extend(more.iter().map(String::as_str));
    (workspace.verify_plain(&all), provider)
}

/// Whether a run found everything as agreed; if it did not, that it says where.
#[track_caller]
fn judge(run: &Run, name: &str, difference: Option<&str>) {
    let text = format!("{name}\n{}{}", run.stdout, run.stderr);
    match difference {
        None => assert_eq!(run.code, Some(0), "{text}"),
        Some(place) => {
            assert_eq!(run.code, Some(1), "{text}");
            assert!(run.stdout.contains(place), "`{place}` is not in {text}");
        }
    }
}
