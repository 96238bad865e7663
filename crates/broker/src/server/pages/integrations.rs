//! Who consumes from whom, and how it stands.

use axum::response::Response;
use maud::html;

use crate::server::clock::shown;
use crate::server::dashboard::newest_results;
use crate::server::db::Conn;
use crate::server::details::Details;
use crate::server::links::{Base, encoded};
use crate::server::publications::{Pact, find_many};
use crate::server::refusal::Refusal;

use super::frame::{page, verdict};

/// The newest pact of each integration.
pub(super) const NEWEST: &str = "WHERE p.version_id = (SELECT MAX(x.version_id) FROM pact_publication x WHERE \
                                 x.consumer_id = p.consumer_id AND x.provider_id = p.provider_id) ORDER BY c.name, r.name";

pub(in crate::server) async fn integrations(conn: &mut Conn, base: &Base) -> Result<Response, Refusal> {
    let pacts = find_many(conn, NEWEST, &[]).await?;
    let contents: Vec<i64> = pacts.iter().map(|pact| pact.content_id).collect();
    let versions: Vec<i64> = pacts.iter().map(|pact| pact.version_id).collect();
    let results = newest_results(conn, &contents).await?;
    let details = Details::marks(conn, &versions).await?;
    let matrix = |pact: &Pact| {
        let q = |name: &str| format!("q%5B%5D%5Bpacticipant%5D={}", encoded(name));
        format!("{}/matrix?{}&{}&latestby=cvpv", base.as_str(), q(&pact.consumer), q(&pact.provider))
    };
    let content = html! {
        @if pacts.is_empty() {
            p { "No pacts have been published yet. Publish the first one:" }
            pre { "billtest broker publish pacts --broker-base-url " (base.as_str()) }
        } @else {
            div class="scroll" { table {
                thead { tr { th { "Consumer" } th { "Provider" } th { "Newest pact" } th { "Published" } th { "Status" } th { "Provider version" } th {} } }
                tbody {
                    @for pact in &pacts {
                        @let result = results.get(&pact.content_id);
                        tr {
                            td { a href=(base.at(["groups", &pact.consumer])) { (pact.consumer) } }
                            td { a href=(base.at(["groups", &pact.provider])) { (pact.provider) } }
                            td {
                                a href=(base.pact(&pact.consumer, &pact.provider, &pact.number)) { (pact.number) } " "
                                @for mark in details.branches(pact.version_id) { span class="mark" { (mark.name) } }
                                @for mark in details.tags(pact.version_id) { span class="mark" { "#" (mark.name) } }
                            }
                            td { (shown(pact.created_at)) }
                            td { (verdict(result.map(|result| result.success))) }
                            td { @if let Some(result) = result { (result.number) } }
                            td { a href=(matrix(pact)) { "matrix" } }
                        }
                    }
                }
            } }
        }
    };
    Ok(page(base, "Integrations", &content))
}
