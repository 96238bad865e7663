//! The credit ledger: every grant, and every use of one.

use std::collections::HashMap;

use billtest_models::{CreditId, CreditType, Currency, Money, StatementId, Timestamp};
use serde::Serialize;

use crate::checked::{smaller, total};
use crate::credit::{CreditError, Grant};

/// What a credit was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "purpose", content = "statement", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// It paid for this statement.
    Statement(StatementId),
    /// The grant was taken back.
    Cancellation,
    /// The grant expired.
    Expiry,
}

/// One use of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Which grant.
    pub grant: CreditId,
    /// How much was taken; more than zero.
    pub amount: Money,
    /// What for.
    #[serde(flatten)]
    pub purpose: Purpose,
}

/// A use of a grant that is about to be made, with what it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draw {
    /// The use.
    #[serde(flatten)]
    pub entry: Entry,
    /// The kind of credit.
    #[serde(rename = "type")]
    pub credit_type: CreditType,
    /// What the grant has left afterwards.
    pub balance: Money,
}

/// The credits of one tenant in one currency.
///
/// Calculating a bill reads the ledger and returns [`Draw`]s; only [`CreditLedger::commit`] writes them down, and
/// writing the same statement down again replaces what it had taken.
///
/// What has expired is written off, and yet pays for a month in which it could be used: what was written off is always
/// what nothing else took. So a month costs the same before and after.
///
/// ```
/// use billtest_engine::credit::Grant;
/// use billtest_engine::ledger::CreditLedger;
/// use billtest_models::{CreditType, Currency, Money, Timestamp};
///
/// let won = |amount: u32| Money::new(amount.into(), Currency::Krw);
/// let now: Timestamp = "2025-01-31T00:00:00Z".parse()?;
/// let mut ledger = CreditLedger::new(Currency::Krw);
/// ledger.grant(Grant {
///     id: "CREDIT_1".into(), credit_type: CreditType::Free, amount: won(1000)?, granted_at: now, expires_at: None,
/// })?;
/// let january = "STMT-1".into();
/// let draws = ledger.draw(won(300)?, &january, now, now)?;
/// assert_eq!(ledger.balance()?, won(1000)?, "drawing changes nothing");
/// ledger.commit(&january, draws)?;
/// assert_eq!(ledger.balance()?, won(700)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditLedger {
    currency: Currency,
    grants: Vec<Grant>,
    entries: Vec<Entry>,
}

impl CreditLedger {
    /// A ledger without grants.
    #[must_use]
    pub fn new(currency: Currency) -> Self {
        Self { currency, grants: Vec::new(), entries: Vec::new() }
    }

    /// The currency of every amount in it.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Every grant, oldest entry first.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Every use, oldest entry first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds a grant.
    ///
    /// # Errors
    /// [`CreditError::NotPositive`], [`CreditError::NeverUsable`], [`CreditError::Duplicate`], and
    /// [`CreditError::Overflow`] for another currency; then nothing is added.
    pub fn grant(&mut self, grant: Grant) -> Result<(), CreditError> {
        grant.check()?;
        Money::zero(self.currency).plus(grant.amount)?;
        if self.grants.iter().any(|known| known.id == grant.id) {
            return Err(CreditError::Duplicate(grant.id));
        }
        self.grants.push(grant);
        Ok(())
    }

    /// What was granted altogether.
    ///
    /// # Errors
    /// [`CreditError::Overflow`].
    pub fn granted(&self) -> Result<Money, CreditError> {
        Ok(total(self.grants.iter().map(|grant| grant.amount), self.currency)?)
    }

    /// Every grant with what is left of it, oldest entry first.
    ///
    /// # Errors
    /// [`CreditError::Overflow`].
    pub fn balances(&self) -> Result<Vec<(&Grant, Money)>, CreditError> {
        let taken = sums(self.entries.iter())?;
        self.grants.iter().map(|grant| Ok((grant, left(grant, &taken)?))).collect()
    }

    /// What was taken altogether.
    ///
    /// # Errors
    /// [`CreditError::Overflow`].
    pub fn taken(&self) -> Result<Money, CreditError> {
        Ok(total(self.entries.iter().map(|entry| entry.amount), self.currency)?)
    }

    /// What is left altogether, expired or not: what was granted less what was taken.
    ///
    /// # Errors
    /// [`CreditError::Overflow`].
    pub fn balance(&self) -> Result<Money, CreditError> {
        Ok(self.granted()?.minus(self.taken()?)?)
    }

    /// What is left of the grants that a question is about: of a kind, say, or usable at a moment.
    ///
    /// # Errors
    /// [`CreditError::Overflow`].
    pub fn balance_where(&self, mut wanted: impl FnMut(&Grant) -> bool) -> Result<Money, CreditError> {
        let balances = self.balances()?.into_iter().filter(|(grant, _)| wanted(grant));
        Ok(total(balances.map(|(_, left)| left), self.currency)?)
    }

    /// What is left of one grant.
    ///
    /// # Errors
    /// [`CreditError::UnknownGrant`], [`CreditError::Overflow`].
    pub fn balance_of(&self, id: &CreditId) -> Result<Money, CreditError> {
        self.find(id)?;
        self.balance_where(|grant| grant.id == *id)
    }

    /// The uses that would pay for an amount, as far as the grants go that can be used at a moment: in the order that
    /// [`CreditPriority`](crate::credit::CreditPriority) has now, of one priority what expires first, of one expiry the older.
    /// What the statement had taken before counts as not taken, and so does what was written off: at that moment it can
    /// still be used, or the grant has expired. Changes nothing.
    ///
    /// # Errors
    /// [`CreditError::NotPositive`] for an amount below zero, [`CreditError::Overflow`] for one of another currency.
    pub fn draw(
        &self,
        amount: Money,
        statement: &StatementId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Draw>, CreditError> {
        if amount.is_negative() {
            return Err(CreditError::NotPositive(amount.value()));
        }
        Money::zero(self.currency).plus(amount)?;
        let counts = |entry: &&Entry| match &entry.purpose {
            Purpose::Statement(other) => other != statement,
            Purpose::Cancellation => true,
            Purpose::Expiry => false,
        };
        let taken = sums(self.entries.iter().filter(counts))?;
        let mut usable: Vec<_> =
            self.grants.iter().filter_map(|grant| Some((grant.order(at, now)?, grant))).collect();
        usable.sort_by_key(|(order, _)| *order);
        let mut open = amount;
        let mut draws = Vec::new();
        for (_, grant) in usable {
            let left = left(grant, &taken)?;
            let here = smaller(left, open);
            if here.is_zero() {
                continue;
            }
            open = open.minus(here)?;
            draws.push(Draw {
                entry: Entry {
                    grant: grant.id.clone(),
                    amount: here,
                    purpose: Purpose::Statement(statement.clone()),
                },
                credit_type: grant.credit_type,
                balance: left.minus(here)?,
            });
        }
        Ok(draws)
    }

    /// Writes down what a statement takes, in place of what it had taken before: once or twice is the same.
    ///
    /// # Errors
    /// [`CreditError::UnknownGrant`], [`CreditError::Overdrawn`] if the ledger changed since the draws were made,
    /// [`CreditError::Overflow`]; then nothing is changed.
    pub fn commit(&mut self, statement: &StatementId, draws: Vec<Draw>) -> Result<(), CreditError> {
        let purpose = Purpose::Statement(statement.clone());
        let kept: Vec<Entry> =
            self.entries.iter().filter(|entry| entry.purpose != purpose).cloned().collect();
        let entries = draws.into_iter().map(|draw| Entry { purpose: purpose.clone(), ..draw.entry });
        self.replace(kept, entries.collect())
    }

    /// Takes back what is left of a grant; nothing more can be taken from it.
    ///
    /// # Errors
    /// [`CreditError::UnknownGrant`], [`CreditError::Overflow`].
    pub fn cancel(&mut self, id: &CreditId) -> Result<Money, CreditError> {
        self.find(id)?;
        self.cancel_where(|grant| grant.id == *id)
    }

    /// Takes back what is left of the grants that are meant, and says how much that was.
    ///
    /// # Errors
    /// [`CreditError::Overflow`].
    pub fn cancel_where(&mut self, wanted: impl FnMut(&Grant) -> bool) -> Result<Money, CreditError> {
        self.take_rest(wanted, &Purpose::Cancellation)
    }

    /// Takes a grant back: as if it had never been made if nothing used it, else what is left of it. Says whether it is gone
    /// altogether.
    ///
    /// # Errors
    /// [`CreditError::UnknownGrant`], [`CreditError::Overflow`].
    pub fn withdraw(&mut self, id: &CreditId) -> Result<bool, CreditError> {
        self.find(id)?;
        if self.entries.iter().any(|entry| entry.grant == *id && entry.purpose != Purpose::Expiry) {
            self.cancel(id)?;
            return Ok(false);
        }
        self.forget(id);
        Ok(true)
    }

    /// Writes off what is left of expired grants, and says how much that was.
    ///
    /// # Errors
    /// [`CreditError::Overflow`].
    pub fn expire(&mut self, at: Timestamp) -> Result<Money, CreditError> {
        self.take_rest(|grant| grant.expires_at.is_some_and(|expiry| expiry <= at), &Purpose::Expiry)
    }

    fn take_rest(
        &mut self,
        mut wanted: impl FnMut(&Grant) -> bool,
        purpose: &Purpose,
    ) -> Result<Money, CreditError> {
        let balances = self.balances()?.into_iter().filter(|(grant, left)| !left.is_zero() && wanted(grant));
        let entries: Vec<Entry> = balances
            .map(|(grant, amount)| Entry { grant: grant.id.clone(), amount, purpose: purpose.clone() })
            .collect();
        let sum = total(entries.iter().map(|entry| entry.amount), self.currency)?;
        self.entries.extend(entries);
        Ok(sum)
    }

    /// Gives back what a statement took.
    pub fn release(&mut self, statement: &StatementId) {
        let purpose = Purpose::Statement(statement.clone());
        self.entries.retain(|entry| entry.purpose != purpose);
    }

    /// Takes a grant and all its uses out, as if it had never been.
    pub fn forget(&mut self, id: &CreditId) {
        self.grants.retain(|grant| grant.id != *id);
        self.entries.retain(|entry| entry.grant != *id);
    }

    fn replace(&mut self, mut kept: Vec<Entry>, added: Vec<Entry>) -> Result<(), CreditError> {
        let written_off = |entry: &Entry| entry.purpose == Purpose::Expiry;
        let mut taken = sums(kept.iter().filter(|entry| !written_off(entry)))?;
        let grants: HashMap<&CreditId, &Grant> = self.grants.iter().map(|grant| (&grant.id, grant)).collect();
        let find =
            |id: &CreditId| grants.get(id).copied().ok_or_else(|| CreditError::UnknownGrant(id.clone()));
        for entry in &added {
            if entry.amount.is_negative() || entry.amount.is_zero() {
                return Err(CreditError::NotPositive(entry.amount.value()));
            }
            let balance = left(find(&entry.grant)?, &taken)?;
            if entry.amount.value() > balance.value() {
                return Err(CreditError::Overdrawn {
                    grant: entry.grant.clone(),
                    balance,
                    wanted: entry.amount,
                });
            }
            take(&mut taken, entry)?;
        }
        // What is used now was not to be written off.
        for entry in kept.iter_mut().filter(|entry| written_off(entry)) {
            entry.amount = smaller(entry.amount, left(find(&entry.grant)?, &taken)?);
            take(&mut taken, entry)?;
        }
        kept.retain(|entry| !entry.amount.is_zero());
        kept.extend(added);
        self.entries = kept;
        Ok(())
    }

    fn find(&self, id: &CreditId) -> Result<&Grant, CreditError> {
        self.grants.iter().find(|grant| grant.id == *id).ok_or_else(|| CreditError::UnknownGrant(id.clone()))
    }
}

fn sums<'a>(mut entries: impl Iterator<Item = &'a Entry>) -> Result<HashMap<CreditId, Money>, CreditError> {
    let mut sums: HashMap<CreditId, Money> = HashMap::new();
    entries.try_for_each(|entry| take(&mut sums, entry))?;
    Ok(sums)
}

fn take(sums: &mut HashMap<CreditId, Money>, entry: &Entry) -> Result<(), CreditError> {
    let sum = match sums.get(&entry.grant) {
        Some(before) => before.plus(entry.amount)?,
        None => entry.amount,
    };
    sums.insert(entry.grant.clone(), sum);
    Ok(())
}

fn left(grant: &Grant, taken: &HashMap<CreditId, Money>) -> Result<Money, CreditError> {
    match taken.get(&grant.id) {
        Some(taken) => Ok(grant.amount.minus(*taken)?),
        None => Ok(grant.amount),
    }
}

#[cfg(test)]
mod tests;
