//! Statements over many keys.

use super::statement::{Statement, statement};

/// Makes `sql` complete: each `{}` becomes a list of placeholders for one of `lists`, numbered from `first` on.
/// Lists are as long as the next power of two, their last key repeated, so that few statements are prepared.
fn with_lists(sql: &str, mut first: usize, lists: &[&[i64]]) -> String {
    let mut parts = sql.split("{}");
    let mut complete = parts.next().unwrap_or_default().to_owned();
    for (part, list) in parts.zip(lists) {
        let length = list.len().max(1).next_power_of_two();
        for place in 0..length {
            if place > 0 {
                complete.push(',');
            }
            complete.push('$');
            complete.push_str(&(first + place).to_string());
        }
        first += length;
        complete.push_str(part);
    }
    complete
}

/// A statement of [`with_lists`], its lists bound after `before`.
pub(in crate::server) fn statement_with_lists(sql: &str, before: &[i64], lists: &[&[i64]]) -> Statement {
    let mut statement = statement(with_lists(sql, before.len() + 1, lists));
    for value in before {
        statement = statement.bind(*value);
    }
    for list in lists {
        // No key is negative: an empty list finds nothing.
        let last = list.last().copied().unwrap_or(-1);
        for place in 0..list.len().max(1).next_power_of_two() {
            statement = statement.bind(list.get(place).copied().unwrap_or(last));
        }
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A statement for every length of a list would be prepared anew for each.
    #[test]
    fn lists_of_like_length_share_a_statement() {
        let sql = "SELECT 1 WHERE a = $1 AND b IN ({}) AND c IN ({})";
        assert_eq!(
            with_lists(sql, 2, &[&[1, 2, 3], &[]]),
            "SELECT 1 WHERE a = $1 AND b IN ($2,$3,$4,$5) AND c IN ($6)"
        );
        assert_eq!(with_lists(sql, 2, &[&[1, 2, 3], &[9]]), with_lists(sql, 2, &[&[1, 2, 3, 4], &[8]]));
    }
}
