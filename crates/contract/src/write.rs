//! Writing pacts: the same content gives the same bytes, and a file is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What makes two interactions of one pact the same: description and states, parameters included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// What the consumer calls it.
    pub description: String,
    states: String,
}

impl Identity {
    /// The identity of an interaction in the JSON form of Pact V4.
    #[must_use]
    pub fn of(interaction: &Value) -> Self {
        let text = |key: &str| interaction.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let states = interaction.get("providerStates").cloned().unwrap_or_else(|| json!([]));
        Self { description: text("description"), states: sorted(states).to_string() }
    }
}

/// The same value with the keys of every object in order, whatever map serde_json was built with.
#[must_use]
pub fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(String, Value)> = object.into_iter().collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The bytes of a Pact V4 file: interactions ordered by identity, keys sorted, two spaces, a newline at the end;
/// no clock, no tool version.
#[must_use]
pub fn to_bytes(consumer: &str, provider: &str, interactions: &[Value]) -> Vec<u8> {
    let mut interactions: Vec<Value> = interactions.iter().cloned().map(sorted).collect();
    interactions.sort_by_cached_key(|interaction| (Identity::of(interaction), interaction.to_string()));
    let document = sorted(json!({
        "consumer": {"name": consumer},
        "provider": {"name": provider},
        "interactions": interactions,
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }));
    let mut bytes = format!("{document:#}").into_bytes();
    bytes.push(b'\n');
    bytes
}

/// Writes a file so that a reader sees the old bytes or the new ones, never a part. A file that already has these
/// bytes is left alone.
///
/// # Errors
/// What the system says; then the old file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut temporary = tempfile::Builder::new().prefix(".billtest-").tempfile_in(directory)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    make_readable(temporary.as_file())?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Temporary files are private to their owner; what is written here is meant to be read by all.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interaction(description: &str, state: &str) -> Value {
        json!({"type": "Synchronous/HTTP", "description": description, "providerStates": [{"name": state}]})
    }

    proptest! {
        /// A user would see the pact change in every pull request.
        #[test]
        fn bytes_do_not_depend_on_the_order_of_recording(
            names in prop::collection::vec("[a-z]{1,3}", 0..8), turn in any::<prop::sample::Index>(),
        ) {
            let mut list: Vec<Value> = names.iter().map(|name| interaction(name, "s")).collect();
            let bytes = to_bytes("c", "p", &list);
            if !list.is_empty() {
                let by = turn.index(list.len());
                list.rotate_left(by);
                list.reverse();
            }
            prop_assert_eq!(to_bytes("c", "p", &list), bytes);
        }
    }

    #[test]
    fn states_and_their_parameters_are_part_of_the_identity() {
        let plain = interaction("d", "s");
        let mut with_params = plain.clone();
        with_params["providerStates"][0]["params"] = json!({"id": "1"});
        assert_ne!(Identity::of(&plain), Identity::of(&with_params));
        assert_ne!(Identity::of(&plain), Identity::of(&interaction("d", "t")));
        assert_eq!(Identity::of(&plain), Identity::of(&interaction("d", "s")));
    }

    #[test]
    fn a_file_is_replaced_whole_and_left_alone_when_nothing_changed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/pact.json");
        replace(&path, b"one").unwrap();
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        replace(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "no temporary file stays behind"
        );
    }
}
