//! How long the bill of a month takes: 1,000, 10,000 and 100,000 readings.
//!
//! ```text
//! cargo bench -p billtest-engine
//! ```

fn main() {}
