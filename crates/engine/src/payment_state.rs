//! How a payment moves from state to state: one table.

use std::collections::{HashMap, VecDeque};

use billtest_models::PaymentState::{self, *};

/// A move that the table does not have. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment cannot go from {from} to {to}; {}", Hint(*.from))]
pub struct ForbiddenMove {
    /// The state it is in, and stays in.
    pub from: PaymentState,
    /// The state asked for.
    pub to: PaymentState,
}

/// Says where a payment can go instead.
struct Hint(PaymentState);

impl std::fmt::Display for Hint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match next(self.0) {
            [] => write!(f, "{} is final", self.0),
            states => {
                f.write_str("it can go to ")?;
                for (place, state) in states.iter().enumerate() {
                    write!(f, "{}{state}", if place == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

/// The states that a payment can go to from this one, the usual one first.
#[must_use]
pub fn next(from: PaymentState) -> &'static [PaymentState] {
    match from {
        Unknown => &[Pending],
        Pending => &[Ready, Registered, Cancelled],
        Ready => &[Registered, Cancelled],
        Registered => &[Paid, PartiallyPaid, Failed, Cancelled],
        PartiallyPaid => &[Paid, Refunded],
        Paid => &[Refunded],
        Failed => &[Registered],
        Cancelled | Refunded => &[],
    }
}

/// Whether a payment can go from one state to another in one move.
#[must_use]
pub fn can_move(from: PaymentState, to: PaymentState) -> bool {
    next(from).contains(&to)
}

/// Whether a payment stays in this state for good.
#[must_use]
pub fn is_final(state: PaymentState) -> bool {
    next(state).is_empty()
}

/// Moves a payment.
///
/// ```
/// use billtest_engine::payment_state;
/// use billtest_models::PaymentState;
///
/// assert_eq!(payment_state::advance(PaymentState::Failed, PaymentState::Registered), Ok(PaymentState::Registered));
/// let error = payment_state::advance(PaymentState::Paid, PaymentState::Cancelled).unwrap_err();
/// assert_eq!(error.to_string(), "a payment cannot go from PAID to CANCELLED; it can go to REFUNDED");
/// ```
///
/// # Errors
/// [`ForbiddenMove`], also for a move to where it is.
pub fn advance(from: PaymentState, to: PaymentState) -> Result<PaymentState, ForbiddenMove> {
    if can_move(from, to) { Ok(to) } else { Err(ForbiddenMove { from, to }) }
}

/// The fewest states from one to another, both included; none if there is no way.
#[must_use]
pub fn path(from: PaymentState, to: PaymentState) -> Option<Vec<PaymentState>> {
    let mut came_from = HashMap::from([(from, from)]);
    let mut queue = VecDeque::from([from]);
    while let Some(state) = queue.pop_front() {
        if state == to {
            let mut path = vec![to];
            let mut state = to;
            while state != from {
                state = *came_from.get(&state)?;
                path.push(state);
            }
            path.reverse();
            return Some(path);
        }
        for next in next(state) {
            came_from.entry(*next).or_insert_with(|| {
                queue.push_back(*next);
                state
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user would pay a cancelled bill, or find a paid one open again.
    #[test]
    fn every_move_is_in_the_table_or_refused() {
        let table: [(PaymentState, &[PaymentState]); 9] = [
            (Unknown, &[Pending]),
            (Pending, &[Ready, Registered, Cancelled]),
            (Ready, &[Registered, Cancelled]),
            (Registered, &[Paid, PartiallyPaid, Failed, Cancelled]),
            (PartiallyPaid, &[Paid, Refunded]),
            (Paid, &[Refunded]),
            (Failed, &[Registered]),
            (Cancelled, &[]),
            (Refunded, &[]),
        ];
        for (from, allowed) in table {
            for to in PaymentState::ALL {
                assert_eq!(advance(from, to).is_ok(), allowed.contains(&to), "{from} -> {to}");
            }
            assert_eq!(is_final(from), allowed.is_empty());
        }
    }

    /// A user would be told of a way that cannot be gone.
    #[test]
    fn every_path_is_made_of_moves() {
        for from in PaymentState::ALL {
            for to in PaymentState::ALL {
                let Some(path) = path(from, to) else { continue };
                assert_eq!((path[0], path[path.len() - 1]), (from, to));
                assert!(path.windows(2).all(|step| can_move(step[0], step[1])), "{path:?}");
            }
        }
        assert_eq!(path(Unknown, Refunded), Some(vec![Unknown, Pending, Registered, Paid, Refunded]));
        assert_eq!(path(Refunded, Paid), None);
        assert_eq!(path(Paid, Unknown), None);
    }
}
