//! The ledger of credits in its four views: each is read from the books, so that they agree.

use std::collections::HashMap;

use axum::extract::State;
use billtest_engine::credit::Grant;
use billtest_engine::ledger::{CreditLedger, Entry, Purpose};
use billtest_models::billing::{
    CreditBalance, CreditHistory, CreditOverview, CreditRemaining, CreditStats, CreditTransaction,
    CreditTypeBalance, Envelope, RestCredit,
};
use billtest_models::{CreditId, CreditType, Currency, Money, Timestamp};
use chrono::TimeDelta;

use super::of_ledger;
use crate::Provider;
use crate::billing::account::{Campaign, Context};
use crate::billing::envelope::{Answer, Malformed, Refused, answer};
use crate::billing::month::out_of_range;
use crate::billing::request::{Page, Params};
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// Every kind of credit, in the order in which balances are shown.
const KINDS: [CreditType; 9] = [
    CreditType::Promotional,
    CreditType::Promotion,
    CreditType::Free,
    CreditType::Refund,
    CreditType::Compensation,
    CreditType::Campaign,
    CreditType::Bonus,
    CreditType::Adjustment,
    CreditType::Paid,
];

/// What is left of each kind that there is, with the last day of what expires first.
fn balances(context: &Context<'_>, ledger: &CreditLedger) -> Result<Vec<CreditTypeBalance>, Refusal> {
    let left = ledger.balances().map_err(of_ledger)?;
    let mut balances = Vec::new();
    for kind in KINDS {
        let of_kind = || left.iter().filter(|(grant, _)| grant.credit_type == kind);
        if of_kind().next().is_none() {
            continue;
        }
        let amount = total(of_kind().map(|(_, left)| *left), ledger.currency())?;
        let usable = of_kind().filter(|(_, left)| !left.is_zero());
        let expiry = usable.filter_map(|(grant, _)| grant.expires_at).min();
        // A credit expires with the end of its last day.
        let last = |at: Timestamp| context.region.day((at.value() - TimeDelta::seconds(1)).into()).into();
        balances.push(CreditTypeBalance {
            credit_type: kind,
            amount: amount.amount(),
            expiry_date: expiry.map(last),
        });
    }
    Ok(balances)
}

fn remaining_of(ledger: &CreditLedger) -> Result<CreditRemaining, Refusal> {
    let by_bills = ledger.entries().iter().filter(|entry| matches!(entry.purpose, Purpose::Statement(_)));
    let used = total(by_bills.map(|entry| entry.amount), ledger.currency())?;
    let rest = ledger.balance().map_err(of_ledger)?;
    Ok(CreditRemaining {
        remaining_credits: rest.amount(),
        total_credit: rest.plus(used).map_err(out_of_range)?.amount(),
        used_credit: used.amount(),
    })
}

/// A grant with what is left of it, or a use of it.
type Transaction<'a> = (&'a Grant, Money, Option<&'a Entry>);

/// Grants and uses, each grant before its uses.
fn transactions(ledger: &CreditLedger, kind: Option<CreditType>) -> Result<Vec<Transaction<'_>>, Refusal> {
    let mut uses: HashMap<&CreditId, Vec<&Entry>> = HashMap::new();
    for entry in ledger.entries() {
        uses.entry(&entry.grant).or_default().push(entry);
    }
    let mut transactions = Vec::new();
    for (grant, left) in ledger.balances().map_err(of_ledger)? {
        if kind.is_none_or(|kind| grant.credit_type == kind) {
            transactions.push((grant, left, None));
            let uses = uses.get(&grant.id).into_iter().flatten();
            transactions.extend(uses.map(|entry| (grant, left, Some(*entry))));
        }
    }
    Ok(transactions)
}

fn shown((grant, left, usage): Transaction<'_>, campaign: Option<&Campaign>) -> CreditTransaction {
    let (amount, description) = match usage {
        None => (grant.amount, campaign.map(|campaign| campaign.name.clone()).unwrap_or_default()),
        Some(entry) => (
            -entry.amount,
            match &entry.purpose {
                Purpose::Statement(statement) => statement.to_string(),
                Purpose::Cancellation => "cancelled".to_owned(),
                Purpose::Expiry => "expired".to_owned(),
            },
        ),
    };
    CreditTransaction {
        credit_id: grant.id.clone(),
        credit_type: grant.credit_type,
        amount: amount.amount(),
        balance: left.amount(),
        transaction_date: campaign.filter(|_| usage.is_none()).map(|campaign| campaign.at),
        description,
        campaign_id: campaign.map(|campaign| campaign.id.clone()).unwrap_or_default(),
    }
}

fn total(amounts: impl Iterator<Item = Money>, currency: Currency) -> Result<Money, Refusal> {
    let mut amounts = amounts;
    amounts.try_fold(Money::zero(currency), Money::plus).map_err(out_of_range)
}

/// Read what is left of the credits.
#[utoipa::path(
    get, path = "/billing/credits/balance", operation_id = "getCreditBalance", tag = "credits",
    responses((status = 200, body = Envelope<CreditBalance>), Malformed)
)]
pub(crate) async fn balance(State(provider): State<Provider>, tenant: Tenant) -> Answer<CreditBalance> {
    let context = provider.context(&tenant);
    provider.store.read(&tenant, |records| {
        let ledger = records.account.books(&context)?.ledger()?;
        let usable = |grant: &Grant| grant.priority(context.now).is_some();
        let available = ledger.balance_where(usable).map_err(of_ledger)?;
        let total = ledger.balance().map_err(of_ledger)?;
        answer(CreditBalance {
            total_balance: total.amount(),
            available_balance: available.amount(),
            pending_balance: total.minus(available).map_err(out_of_range)?.amount(),
            currency: ledger.currency(),
            balances: balances(&context, &ledger)?,
        })
    })
}

/// Read the grants and uses of credits, of one kind or of all.
#[utoipa::path(
    get, path = "/billing/credits/history", operation_id = "getCreditHistory", tag = "credits",
    params(
        ("creditType" = Option<String>, Query, description = "Which kind; `balancePriceTypeCode` is read as well"),
        Page,
    ),
    responses((status = 200, body = Envelope<CreditHistory>), Refused)
)]
pub(crate) async fn history(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<CreditHistory> {
    let name = match params.optional("creditType")? {
        Some(name) => Some(("creditType", name)),
        None => params.optional("balancePriceTypeCode")?.map(|name| ("balancePriceTypeCode", name)),
    };
    let kind = name
        .map(|(field, name)| {
            serde_json::from_value::<CreditType>(name.to_ascii_uppercase().into())
                .map_err(|_| Refusal::rule(field, format!("{name:?} is no kind of credit")))
        })
        .transpose()?;
    let context = provider.context(&tenant);
    provider.store.read(&tenant, |records| {
        let ledger = records.account.books(&context)?.ledger()?;
        let left = ledger.balance_where(|grant| kind.is_none_or(|kind| grant.credit_type == kind));
        let transactions = transactions(&ledger, kind)?;
        let total_items = transactions.len();
        let page = params.page(transactions)?.into_iter();
        let page: Vec<_> = page.map(|done| shown(done, records.account.campaigns.get(&done.0.id))).collect();
        answer(CreditHistory {
            total_credit_amt: left.map_err(of_ledger)?.amount(),
            balance_price_type_code: kind,
            history: page.clone(),
            credit_histories: page,
            total_items,
        })
    })
}

/// Read what is left of the credits, and what was used.
#[utoipa::path(
    get, path = "/billing/credits/remaining", operation_id = "getRemainingCredits", tag = "credits",
    responses((status = 200, body = Envelope<CreditRemaining>), Malformed)
)]
pub(crate) async fn remaining(State(provider): State<Provider>, tenant: Tenant) -> Answer<CreditRemaining> {
    let context = provider.context(&tenant);
    provider.store.read(&tenant, |records| answer(remaining_of(&records.account.books(&context)?.ledger()?)?))
}

/// Read what is left of the credits by kind, and what was used.
#[utoipa::path(
    get, path = "/billing/v5.0/credits", operation_id = "getCreditOverview", tag = "credits",
    responses((status = 200, body = Envelope<CreditOverview>), Malformed)
)]
pub(crate) async fn overview(State(provider): State<Provider>, tenant: Tenant) -> Answer<CreditOverview> {
    let context = provider.context(&tenant);
    provider.store.read(&tenant, |records| {
        let ledger = records.account.books(&context)?.ledger()?;
        let CreditRemaining { remaining_credits, total_credit, used_credit } = remaining_of(&ledger)?;
        let by_kind = balances(&context, &ledger)?.into_iter().map(|balance| RestCredit {
            balance_price_type_code: balance.credit_type,
            rest_amount: balance.amount,
        });
        answer(CreditOverview {
            stats: CreditStats {
                total_amount: remaining_credits,
                rest_credits_by_balance_price_type_code: by_kind.collect(),
            },
            total_credit,
            used_credit,
            rest_credit: remaining_credits,
        })
    })
}
