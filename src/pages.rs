//! Lists that a provider gives page by page.

use serde::de::DeserializeOwned;

use crate::ClientError;
use crate::client::Call;

/// How many records are asked for at once.
const PAGE: usize = 100;

/// One page of records.
pub(crate) trait Page: DeserializeOwned {
    /// Whether it comes in an envelope.
    const IN_ENVELOPE: bool = true;

    type Item;

    /// Its records, and how many there are on all pages.
    fn records(self) -> (Vec<Self::Item>, usize);
}

/// Reads every page, until there are as many records as the provider says; fewer are no result.
pub(crate) async fn read_all<'c, P: Page>(call: impl Fn() -> Call<'c>) -> Result<Vec<P::Item>, ClientError> {
    let mut all = Vec::new();
    for page in 1_usize.. {
        let call = call().query("page", page.to_string()).query("itemsPerPage", PAGE.to_string());
        let page: P = if P::IN_ENVELOPE { call.send_in_envelope().await? } else { call.send().await? };
        let (records, total) = page.records();
        let is_last = records.is_empty();
        all.extend(records);
        if all.len() >= total {
            break;
        }
        if is_last {
            let count = all.len();
            return Err(ClientError::Incomplete(format!("the provider gave {count} of {total} records")));
        }
    }
    Ok(all)
}
