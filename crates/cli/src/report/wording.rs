//! Words and numbers as every report writes them.

use std::time::Duration;

/// What of a text can be shown: control characters would reach the terminal, and long texts bury the rest.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    let mut rest = text.chars();
    let mut shown: String = rest.by_ref().take(limit).map(visible).collect();
    let left_out = rest.count();
    if left_out > 0 {
        shown.push_str(&format!(" ... ({left_out} more characters)"));
    }
    shown
}

/// The same on one line: a description with a line break must not look like two.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || c == '\r' || c == '\t' { ' ' } else { visible(c) }).collect()
}

fn visible(c: char) -> char {
    if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }
}

pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

pub(crate) fn time(duration: Duration) -> String {
    match duration.as_micros() {
        micros @ 0..=9_999 => format!("{:.1} ms", micros as f64 / 1e3),
        micros @ 10_000..=999_999 => format!("{} ms", micros / 1000),
        micros => format!("{:.1} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_sends_cannot_steer_the_terminal() {
        assert_eq!(cut("\u{1b}[2Jx\r", 10), "\u{fffd}[2Jx\u{fffd}");
        assert_eq!(cut("abcdef", 3), "abc ... (3 more characters)");
    }

    #[test]
    fn a_description_stays_on_its_line() {
        assert_eq!(one_line("a\n::error::b\u{7}"), "a ::error::b\u{fffd}");
    }
}
