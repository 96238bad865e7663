//! How much the mock provider can take, beside a bare axum route that gives the same bytes.
//!
//! ```text
//! cargo bench --bench provider                    # everything; needs `wrk`
//! cargo bench --bench provider -- load            # only requests a second
//! cargo bench --bench provider -- bills memory    # only the bill of a large month, and memory
//! ```
//!
//! The provider is `billtest mock`, the bare route this program started anew, and `wrk` a third process, all on one machine.
//! What the bare route answers are the bytes of the provider's answer, headers included.

mod bills;
mod http;
mod load;
mod memory;
mod server;

use std::env;
use std::error::Error;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    if let Ok(answer) = env::var(server::BARE) {
        return server::serve_bare(&answer);
    }
    let chosen: Vec<String> = env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|chosen| chosen == name);
    if is_chosen("load") {
        load::measure()?;
    }
    if is_chosen("bills") {
        bills::measure()?;
    }
    if is_chosen("memory") {
        memory::measure()?;
    }
    Ok(())
}
