//! Pacts as files.

use billtest_contract::write::sorted;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::hal::{Document, shown};
use super::{AT_ONCE, BrokerClient, BrokerError, ForVerification};

/// What a broker adds to a pact.
const ADDED: [&str; 2] = ["_links", "createdAt"];

/// A pact as its consumer published it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPact {
    /// Who recorded it.
    pub consumer: String,
    /// Who is to keep it.
    pub provider: String,
    /// What the broker calls it, such as `Pact between Shop (1.1.0) and Billing`.
    pub name: String,
    /// What tells its content from others.
    pub content: String,
    /// Its bytes: keys sorted, two spaces, a newline at the end; nothing that the broker added.
    pub bytes: Vec<u8>,
}

impl StoredPact {
    fn read(document: &Document, name: Option<String>) -> Option<Self> {
        let mut json = document.json.clone();
        let text =
            |pointer: &str| document.json.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
        let object = json.as_object_mut()?;
        for key in ADDED {
            object.remove(key);
        }
        for list in ["interactions", "messages"] {
            for interaction in object.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(interaction) = interaction.as_object_mut() {
                    interaction.remove("_id");
                }
            }
        }
        let mut bytes = format!("{:#}", sorted(json)).into_bytes();
        bytes.push(b'\n');
        Some(Self {
            consumer: text("/consumer/name")?,
            provider: text("/provider/name")?,
            name: name.or_else(|| text("/_links/self/name")).unwrap_or_else(|| shown(&document.url)),
            content: text("/_links/pb:pact-version/name").unwrap_or_default(),
            bytes,
        })
    }
}

impl BrokerClient {
    /// The pacts of a provider that its selectors choose, as files. All of them, or an error.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn stored_pacts(&self, asked: &ForVerification) -> Result<Vec<StoredPact>, BrokerError> {
        let fetch = |entry: super::verification::Entry| async move {
            let document = self.transport.get(&entry.url).await?;
            StoredPact::read(&document, entry.name).ok_or_else(|| BrokerError::NotUnderstood {
                method: "GET".into(),
                url: shown(&document.url),
                status: 200,
                reason: "it is no pact".into(),
            })
        };
        stream::iter(self.entries(asked).await?).map(fetch).buffered(AT_ONCE).try_collect().await
    }
}
