//! Whether the payments that we know of are those that the payment provider knows of.

use std::collections::BTreeMap;

use billtest_models::{Money, PaymentId, PaymentState};
use serde::Serialize;

/// The state of a payment in the words of payment providers.
///
/// # Errors
/// [`UnknownGatewayState`]: a word that is not known is never taken for another.
pub fn gateway_state(word: &str) -> Result<PaymentState, UnknownGatewayState> {
    match word {
        "COMPLETED" | "SUCCESS" | "PAID" => Ok(PaymentState::Paid),
        "PENDING" => Ok(PaymentState::Pending),
        "PROCESSING" => Ok(PaymentState::Registered),
        "PARTIALLY_PAID" => Ok(PaymentState::PartiallyPaid),
        "CANCELLED" => Ok(PaymentState::Cancelled),
        "REFUNDED" => Ok(PaymentState::Refunded),
        "FAILED" => Ok(PaymentState::Failed),
        _ => Err(UnknownGatewayState(word.to_owned())),
    }
}

/// A payment provider used a word for a state that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no state of a payment at a payment provider")]
pub struct UnknownGatewayState(String);

/// A payment as one side knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentRecord {
    /// What is paid.
    pub amount: Money,
    /// How far it has come.
    pub state: PaymentState,
}

/// One difference between the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Discrepancy {
    /// The amounts are of different currencies.
    CurrencyMismatch {
        /// What we know of.
        internal: Money,
        /// What the payment provider knows of.
        gateway: Money,
    },
    /// The amounts differ.
    AmountMismatch {
        /// Ours less theirs.
        difference: Money,
    },
    /// The states differ.
    StatusMismatch {
        /// Ours.
        internal: PaymentState,
        /// Theirs.
        gateway: PaymentState,
    },
}

/// Every difference between two records of a payment; none if they agree.
#[must_use]
pub fn reconcile(internal: PaymentRecord, gateway: PaymentRecord) -> Vec<Discrepancy> {
    let mut found = Vec::new();
    match internal.amount.minus(gateway.amount) {
        Ok(difference) if difference.is_zero() => {}
        Ok(difference) => found.push(Discrepancy::AmountMismatch { difference }),
        Err(_) => {
            found.push(Discrepancy::CurrencyMismatch { internal: internal.amount, gateway: gateway.amount })
        }
    }
    if internal.state != gateway.state {
        found.push(Discrepancy::StatusMismatch { internal: internal.state, gateway: gateway.state });
    }
    found
}

/// All payments of both sides, sorted by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciliation<'a> {
    /// Both sides agree.
    pub matched: Vec<&'a PaymentId>,
    /// Both sides know it, and differ.
    pub discrepancies: Vec<(&'a PaymentId, Vec<Discrepancy>)>,
    /// The payment provider does not know it.
    pub internal_only: Vec<&'a PaymentId>,
    /// We do not know it.
    pub gateway_only: Vec<&'a PaymentId>,
}

/// Compares all payments of both sides.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use billtest_engine::reconciliation::{PaymentRecord, reconcile_all};
/// use billtest_models::{Currency, Money, PaymentState};
///
/// let paid = PaymentRecord { amount: Money::new(100.into(), Currency::Usd)?, state: PaymentState::Paid };
/// let (ours, theirs) = (BTreeMap::from([("PAY_1".into(), paid)]), BTreeMap::from([("PAY_2".into(), paid)]));
/// let found = reconcile_all(&ours, &theirs);
/// assert_eq!(found.internal_only, [&"PAY_1".into()]);
/// assert_eq!(found.gateway_only, [&"PAY_2".into()]);
/// # Ok::<(), billtest_models::MoneyError>(())
/// ```
#[must_use]
pub fn reconcile_all<'a>(
    internal: &'a BTreeMap<PaymentId, PaymentRecord>,
    gateway: &'a BTreeMap<PaymentId, PaymentRecord>,
) -> Reconciliation<'a> {
    let mut found = Reconciliation::default();
    for (id, ours) in internal {
        match gateway.get(id).map(|theirs| reconcile(*ours, *theirs)) {
            None => found.internal_only.push(id),
            Some(differences) if differences.is_empty() => found.matched.push(id),
            Some(differences) => found.discrepancies.push((id, differences)),
        }
    }
    found.gateway_only = gateway.keys().filter(|id| !internal.contains_key(*id)).collect();
    found
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;

    use super::*;

    /// A user would mend the amount, and find the wrong state only the next month.
    #[test]
    fn every_difference_is_told() {
        let money = |amount: u32, currency| Money::new(amount.into(), currency).unwrap();
        let ours = PaymentRecord { amount: money(100, Currency::Usd), state: PaymentState::Refunded };
        let theirs = PaymentRecord { amount: money(90, Currency::Usd), state: PaymentState::Paid };
        assert_eq!(
            reconcile(ours, theirs),
            [
                Discrepancy::AmountMismatch { difference: money(10, Currency::Usd) },
                Discrepancy::StatusMismatch { internal: PaymentState::Refunded, gateway: PaymentState::Paid },
            ]
        );
        let euros = PaymentRecord { amount: money(100, Currency::Eur), ..ours };
        assert!(matches!(reconcile(ours, euros)[..], [Discrepancy::CurrencyMismatch { .. }]));
        assert_eq!(reconcile(ours, ours), []);
    }

    /// A user would take a refund for a cancellation, or an unknown word for a payment.
    #[test]
    fn the_words_of_payment_providers_keep_their_meaning() {
        assert_eq!(gateway_state("REFUNDED"), Ok(PaymentState::Refunded));
        assert!(gateway_state("refunded").is_err());
        assert!(gateway_state("SETTLED").is_err());
    }
}
