//! One pact out of several files, as tests leave them that write a file each.

use std::collections::HashMap;

use pact_models::plugins::PluginData;
use serde_json::{Value, json};

use super::{Interaction, PactError, PactFile};

/// What an interaction has that nothing is sent or compared by.
const REMARKS: [&str; 3] = ["_id", "comments", "key"];

/// The bytes of the pact that has the interactions of all these files, which are pacts of one consumer with one
/// provider. Interactions stay as they are written, in the order of the files; what several files say alike is said
/// once. Its metadata is that of the first interaction's file, with the plugins of all.
///
/// # Errors
/// [`PactError::Contradiction`] if two files mean different things by one description and the same provider states, or
/// cannot be one pact.
pub fn merge(files: &[PactFile]) -> Result<Vec<u8>, PactError> {
    let all = joined(files)?;
    let Some((first, one)) = all.first() else { return Ok(empty(files)) };
    for (file, other) in &all {
        let reason = if other.frame.list != one.frame.list {
            format!("one has `{}`, the other `{}`", one.frame.list, other.frame.list)
        } else if file.specification != first.specification {
            "they are of different versions of the specification".to_owned()
        } else {
            continue;
        };
        return Err(contradiction(first, file, reason));
    }
    let mut metadata = one.frame.metadata.clone();
    let plugins = plugins(&all)?;
    if !plugins.is_empty() {
        metadata["plugins"] = json!(plugins);
    }
    let texts: Vec<&str> = all.iter().map(|(_, interaction)| &*interaction.text).collect();
    Ok(written(first, one.frame.list, &texts, &metadata))
}

type Found<'a> = (&'a PactFile, &'a Interaction);

/// The interactions of all files, each once.
fn joined(files: &[PactFile]) -> Result<Vec<Found<'_>>, PactError> {
    let mut all: Vec<Found<'_>> = Vec::new();
    let mut known = HashMap::new();
    for file in files {
        for interaction in &file.interactions {
            let place = *known.entry((&interaction.description, &interaction.states)).or_insert(all.len());
            match all.get(place) {
                // One file that names two alike is as its consumer wrote it.
                Some((other, _)) if std::ptr::eq(*other, file) => all.push((file, interaction)),
                None => all.push((file, interaction)),
                Some((_, other)) if judged(other) == judged(interaction) => {}
                Some((other, _)) => {
                    let reason = format!(
                        "two interactions with the same provider states are described as \"{}\", and differ",
                        interaction.description
                    );
                    return Err(contradiction(other, file, reason));
                }
            }
        }
    }
    Ok(all)
}

/// What of an interaction is verified.
fn judged(interaction: &Interaction) -> Option<Value> {
    // The text was read before, so that it can be read.
    let mut json: Value = serde_json::from_str(&interaction.text).ok()?;
    for remark in REMARKS {
        json.as_object_mut()?.remove(remark);
    }
    Some(json)
}

/// The plugins of all files. What one of them says to a plugin stands beside what the others say.
fn plugins(all: &[Found<'_>]) -> Result<Vec<PluginData>, PactError> {
    let mut plugins: Vec<(&PactFile, PluginData)> = Vec::new();
    for (file, interaction) in all {
        for plugin in interaction.plugins() {
            match plugins.iter_mut().find(|(_, known)| known.name == plugin.name) {
                None => plugins.push((file, plugin.clone())),
                Some((_, known)) if known.version == plugin.version => known.merge(&plugin.configuration),
                Some((other, known)) => {
                    let reason = format!(
                        "the plugin {} is {} in one, {} in the other",
                        plugin.name, known.version, plugin.version
                    );
                    return Err(contradiction(other, file, reason));
                }
            }
        }
    }
    Ok(plugins.into_iter().map(|(_, plugin)| plugin).collect())
}

fn contradiction(one: &PactFile, other: &PactFile, reason: String) -> PactError {
    PactError::Contradiction {
        one: one.source.clone(),
        other: other.source.clone(),
        consumer: one.consumer.clone(),
        provider: one.provider.clone(),
        reason,
    }
}

fn empty(files: &[PactFile]) -> Vec<u8> {
    let Some(first) = files.first() else { return Vec::new() };
    let metadata = json!({"pactSpecification": {"version": first.specification}});
    written(first, "interactions", &[], &metadata)
}

fn written(file: &PactFile, list: &str, interactions: &[&str], metadata: &Value) -> Vec<u8> {
    // By hand, so that numbers stay as they are written.
    let name = |name: &str| json!({"name": name});
    format!(
        "{{\"consumer\":{},\"provider\":{},\"{list}\":[{}],\"metadata\":{metadata}}}",
        name(&file.consumer),
        name(&file.provider),
        interactions.join(",")
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, interactions: &str, metadata: &str) -> PactFile {
        let text = format!(
            r#"{{"consumer":{{"name":"c"}},"provider":{{"name":"p"}},{interactions},"metadata":{metadata}}}"#
        );
        PactFile::parse(name, text.as_bytes()).unwrap()
    }

    fn http(description: &str, body: &str) -> String {
        format!(
            r#"{{"type":"Synchronous/HTTP","description":"{description}","request":{{"path":"/"}},"response":{{"status":200,"body":{{"content":{body}}}}}}}"#
        )
    }

    const V4: &str = r#"{"pactSpecification":{"version":"4.0"}}"#;

    /// A test that runs in two files would be verified twice, or an amount in another form than it was recorded.
    #[test]
    fn interactions_stay_as_they_are_written_and_are_there_once() {
        let one = file("1", &format!(r#""interactions":[{}]"#, http("a", "1.00")), V4);
        let again = http("a", "1.00").replacen('{', r#"{"key":"k","comments":{"testname":"t"},"#, 1);
        let two = file("2", &format!(r#""interactions":[{again},{}]"#, http("b", "1e2")), V4);
        let text = String::from_utf8(merge(&[one, two]).unwrap()).unwrap();
        let expected = format!(r#""interactions":[{},{}]"#, http("a", "1.00"), http("b", "1e2"));
        assert!(text.contains(&expected), "{text}");
        let merged = PactFile::parse("m", text.as_bytes()).unwrap();
        assert_eq!((merged.consumer.as_str(), merged.specification.as_deref()), ("c", Some("4.0")));
    }

    /// A plugin would not be loaded, and what it compares be compared without it.
    #[test]
    fn the_plugins_of_all_files_are_needed() {
        let with =
            |plugins: &str| format!(r#"{{"pactSpecification":{{"version":"4.0"}},"plugins":{plugins}}}"#);
        let part = |name: &str, plugins: &str| {
            file(name, &format!(r#""interactions":[{}]"#, http(name, "1")), &with(plugins))
        };
        let one = part("1", r#"[{"name":"x","version":"1","configuration":{"a":1}}]"#);
        let two =
            part("2", r#"[{"name":"x","version":"1","configuration":{"b":2}},{"name":"y","version":"1"}]"#);
        let merged = PactFile::parse("m", &merge(&[one.clone(), two]).unwrap()).unwrap();
        let names: Vec<&str> = merged.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        assert_eq!((names, merged.plugins[0].configuration.len()), (vec!["x", "y"], 2));
        let error = merge(&[one, part("3", r#"[{"name":"x","version":"2"}]"#)]).unwrap_err().to_string();
        assert!(error.contains("1 and 3") && error.contains("plugin x is 1 in one, 2"), "{error}");
    }

    /// Half of a contract would be lost without a word.
    #[test]
    fn what_cannot_be_one_pact_is_told_with_both_files() {
        let one = file("1", &format!(r#""interactions":[{}]"#, http("a", "1")), V4);
        for (interactions, metadata, said) in [
            (format!(r#""interactions":[{}]"#, http("a", "2")), V4, r#"described as "a", and differ"#),
            (
                r#""interactions":[{"description":"b","request":{},"response":{}}]"#.to_owned(),
                r#"{"pactSpecification":{"version":"2.0.0"}}"#,
                "different versions",
            ),
            (
                r#""messages":[{"description":"b","contents":1}]"#.to_owned(),
                r#"{"pactSpecification":{"version":"3.0.0"}}"#,
                "one has `interactions`, the other `messages`",
            ),
        ] {
            let error = merge(&[one.clone(), file("2", &interactions, metadata)]).unwrap_err().to_string();
            assert!(error.starts_with("1 and 2: ") && error.contains(said), "{error}");
        }
        let none = file("3", r#""interactions":[]"#, V4);
        let merged = PactFile::parse("m", &merge(&[none.clone(), none]).unwrap()).unwrap();
        assert_eq!((merged.interactions.len(), merged.specification.as_deref()), (0, Some("4.0")));
    }
}
