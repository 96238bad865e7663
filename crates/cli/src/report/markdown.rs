//! Results as Markdown in GitHub's dialect: for the summary of a job, or a comment.

use super::Account;
use super::exchange::{Body, content_type};
use super::explain::{BODY_LIMIT, DIFFERENCE_LIMIT, Explanation, Status, VALUE_LIMIT, place, times};
use super::wording::{counted, cut, one_line, time};

/// Room kept for the note on what was left out.
const NOTE: usize = 200;

/// The report in at most `room` bytes, if its sums fit there: details that do not are left out, and counted.
pub(crate) fn render(account: &Account<'_>, room: usize) -> String {
    let room = room.saturating_sub(NOTE);
    let mut text = head(account);
    let failures: Vec<&Explanation<'_>> = account.explained().collect();
    let mut rows = failures.iter().map(|failure| row(failure));
    let mut details = failures.iter().map(|failure| detail(failure));
    if !failures.is_empty() {
        text.push_str(
            "\n| | Interaction | Pact | What is wrong | Time |\n| --- | --- | --- | --- | ---: |\n",
        );
        let left_out = fill(&mut text, &mut rows, room);
        text.push('\n');
        let left_out = left_out.max(fill(&mut text, &mut details, room));
        if left_out > 0 {
            let more = counted(left_out, "failure");
            text.push_str(&format!(
                "\nDetails of {more} are left out here, for want of room. The other reports have them.\n"
            ));
        }
    }
    text
}

/// Adds parts as long as there is room; gives the number of those left out.
fn fill(text: &mut String, parts: &mut dyn Iterator<Item = String>, room: usize) -> usize {
    while let Some(part) = parts.next() {
        if text.len() + part.len() > room {
            return 1 + parts.count();
        }
        text.push_str(&part);
    }
    0
}

fn head(account: &Account<'_>) -> String {
    let mut text = format!("## Contract verification: {}\n\n", account.verdict());
    if !account.explanations.is_empty() {
        let provider = code(&super::exchange::url(account.provider));
        let (interactions, pacts) =
            (counted(account.explanations.len(), "interaction"), counted(account.pacts().len(), "pact"));
        text.push_str(&format!(
            "{interactions} of {pacts} against {provider} in {}\n\n",
            time(account.elapsed)
        ));
        let counts: Vec<(Status, usize)> = Status::ALL
            .into_iter()
            .map(|status| (status, account.count(status)))
            .filter(|(status, count)| *count > 0 || *status == Status::Verified)
            .collect();
        text.push_str("| Result | Interactions |\n| --- | ---: |\n");
        for (status, count) in counts {
            text.push_str(&format!("| {} | {count} |\n", status.word()));
        }
    }
    for problem in account.problems {
        text.push_str(&format!("\n**Problem:**\n\n{}", block(problem, "text")));
    }
    text
}

fn row(explanation: &Explanation<'_>) -> String {
    let planned = explanation.planned;
    format!(
        "| {} | {}{} | {} -> {} | {} | {} |\n",
        explanation.status.word(),
        escaped(&explanation.description()),
        escaped(&explanation.given()),
        escaped(&planned.consumer),
        escaped(&planned.provider),
        escaped(&explanation.headline()),
        time(explanation.timings.total())
    )
}

fn detail(explanation: &Explanation<'_>) -> String {
    let planned = explanation.planned;
    let mut text = format!(
        "<details><summary>{}: <b>{}</b>, {} -&gt; {}</summary>\n\n",
        explanation.status.word(),
        entities(&explanation.description()),
        entities(&one_line(&planned.consumer)),
        entities(&one_line(&planned.provider))
    );
    text.push_str(&format!("Pact {}, id `{}`\n", code(&planned.source), explanation.id()));
    for (number, state) in explanation.states().iter().enumerate() {
        text.push_str(if number == 0 { "\n" } else { "" });
        text.push_str(&format!("- given {}\n", code(&cut(state, VALUE_LIMIT))));
    }
    let (differences, more) = explanation.differences(DIFFERENCE_LIMIT);
    if !differences.is_empty() {
        text.push_str("\n| Path | Expected | Actual | Message |\n| --- | --- | --- | --- |\n");
        for mismatch in differences {
            let rule = mismatch
                .rule
                .as_ref()
                .map_or_else(String::new, |rule| format!(" (rule: {})", code(&cut(rule, VALUE_LIMIT))));
            text.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                code(&place(mismatch)),
                code(&cut(&mismatch.expected, VALUE_LIMIT)),
                code(&cut(&mismatch.actual, VALUE_LIMIT)),
                escaped(&cut(&mismatch.message, VALUE_LIMIT)) + &rule
            ));
        }
    }
    text.extend(more.map(|more| format!("\n{more}\n")));
    for reason in explanation.reasons() {
        text.push_str(&format!("\n{}", block(&cut(reason, BODY_LIMIT), "text")));
    }
    let diff: Vec<String> = explanation.diff().into_iter().map(|(_, line)| line).collect();
    if !diff.is_empty() {
        text.push_str(&format!("\nBody:\n\n{}", block(&diff.join("\n"), "diff")));
    }
    if let Some(curl) = explanation.curl() {
        text.push_str(&format!("\nRequest:\n\n{}", block(&curl.line, "shell")));
        text.extend(curl.note.map(|note| format!("\n{}\n", escaped(&note))));
    }
    if let Some(received) = explanation.exchange.and_then(|exchange| exchange.received.as_ref()) {
        let about = format!("{} {}", received.status, content_type(received));
        text.push_str(&format!("\nResponse: {}\n", code(&about)));
        let body = Body::of(&received.body).shown(BODY_LIMIT);
        if !body.is_empty() {
            text.push_str(&format!("\n{}", block(&body, "text")));
        }
    }
    text.push_str(&format!("\nTime: {}\n\n</details>\n\n", times(&explanation.timings)));
    text
}

/// A text that means nothing to Markdown, on one line, fit for a cell.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Two of them on a line are mathematics to GitHub, and a backslash does not help everywhere.
            '$' => escaped.push_str("<span>$</span>"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '|' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// A text as code, on one line, fit for a cell.
fn code(text: &str) -> String {
    // In a cell a pipe ends the cell even within code, unless it is escaped.
    let text = one_line(text).replace('|', "\\|");
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A space at each end is taken off again; without it a backtick there would join the fence.
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A text as a block of code.
fn block(text: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A text within HTML.
fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pact_says_cannot_change_the_page() {
        assert_eq!(escaped("a|b\n<script> `x` *y*"), r"a\|b &lt;script&gt; \`x\` \*y\*");
        assert_eq!(code("a``b|c"), "```a``b\\|c```");
        assert_eq!(block("```\n<script>", "text"), "````text\n```\n<script>\n````\n");
    }

    #[test]
    fn parts_without_room_are_left_out_and_counted() {
        let mut text = "12".to_owned();
        assert_eq!(fill(&mut text, &mut ["34", "56", "7"].map(String::from).into_iter(), 5), 2);
        assert_eq!(text, "1234");
    }
}
