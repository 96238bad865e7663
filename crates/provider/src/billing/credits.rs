//! Credits of a tenant.

use axum::extract::State;
use billtest_engine::credit::{CreditError, Grant, check_grant};
use billtest_engine::ledger::{Entry, Purpose};
use billtest_models::billing::{
    CampaignCreditRequest, CancelCreditsRequest, CouponRedeemed, CreditBalance, CreditGranted, CreditHistory,
    CreditOverview, CreditRemaining, CreditStats, CreditTransaction, CreditTypeBalance, CreditsCancelled,
    Envelope, GiveCreditRequest, RestCredit,
};
use billtest_models::{Amount, CreditId, CreditType, Currency, FieldError, Money, Timestamp};
use chrono::{Days, NaiveDate};

use super::account::{Account, Campaign, Context, MOST_RECORDS};
use super::envelope::{Absent, Answer, BodyRefused, ChangeRefused, Malformed, Refused, answer};
use super::request::{Body, Page, Params};
use super::{change, checked_name};
use crate::Provider;
use crate::idempotency::IdempotencyKey;
use crate::refusal::{Refusal, both};
use crate::tenant::{Id, Tenant};

/// How long a credit can be used.
const VALIDITY: Days = Days::new(365);
/// The coupons, and what each is worth in the region's currency.
const COUPONS: [(&str, u32); 2] = [("CAMPAIGN-001", 100_000), ("CAMPAIGN-002", 2_000_000)];
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

/// What is to be granted.
pub(super) struct Order {
    pub(super) campaign: Campaign,
    pub(super) credit_type: CreditType,
    pub(super) amount: Money,
    /// The first day of use; the present one unless said otherwise.
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
}

impl Account {
    pub(super) fn grant(&mut self, context: &Context<'_>, id: CreditId, order: Order) -> Result<(), Refusal> {
        if self.credits.grants().len() >= MOST_RECORDS {
            return Err(Refusal::conflict(format!("a tenant has at most {MOST_RECORDS} credits")));
        }
        let midnight = |day: NaiveDate| context.region.first_moment(day);
        let expires_at = match order.to {
            Some(last) => midnight(last.checked_add_days(Days::new(1)).unwrap_or(last)),
            None => context.now.value().checked_add_days(VALIDITY).map_or(context.now, Timestamp::from),
        };
        let grant = Grant {
            id: id.clone(),
            credit_type: order.credit_type,
            amount: order.amount,
            // It pays for no month that was over before it was there, unless the grant says so.
            granted_at: midnight(order.from.unwrap_or_else(|| context.today())),
            expires_at: Some(expires_at),
        };
        self.credits.grant(grant).map_err(|error| match error {
            CreditError::NeverUsable(_) => {
                Refusal::rule("expirationDateTo", "lies before the first day of use")
            }
            other => Refusal::rule("amount", other.to_string()),
        })?;
        self.campaigns.insert(id, order.campaign);
        Ok(())
    }

    /// Cancels what is left of the credits of a campaign, or of all.
    fn cancel_credits(&mut self, campaign: Option<&str>) -> Result<Money, Refusal> {
        let ids: Vec<CreditId> = self
            .campaigns
            .iter()
            .filter(|(_, granted)| campaign.is_none_or(|campaign| granted.id == campaign))
            .map(|(id, _)| id.clone())
            .collect();
        let mut sum = Money::zero(self.currency());
        for id in ids {
            let cancelled = self.credits.cancel(&id).map_err(of_ledger)?;
            sum = sum.plus(cancelled).map_err(super::month::out_of_range)?;
        }
        Ok(sum)
    }

    /// What is left of each kind that there is.
    fn balances(&self) -> Result<Vec<(CreditType, Money)>, Refusal> {
        let mut balances = Vec::new();
        for kind in KINDS {
            if self.credits.grants().iter().any(|grant| grant.credit_type == kind) {
                let left = self.credits.balance_where(|grant| grant.credit_type == kind);
                balances.push((kind, left.map_err(of_ledger)?));
            }
        }
        Ok(balances)
    }

    /// What bills have used.
    fn used(&self) -> Result<Money, Refusal> {
        let by_bills = |entry: &&Entry| matches!(entry.purpose, Purpose::Statement(_));
        let mut sum = Money::zero(self.currency());
        for entry in self.credits.entries().iter().filter(by_bills) {
            sum = sum.plus(entry.amount).map_err(super::month::out_of_range)?;
        }
        Ok(sum)
    }

    fn remaining(&self) -> Result<CreditRemaining, Refusal> {
        let (rest, used) = (self.credits.balance().map_err(of_ledger)?, self.used()?);
        Ok(CreditRemaining {
            remaining_credits: rest.amount(),
            total_credit: rest.plus(used).map_err(super::month::out_of_range)?.amount(),
            used_credit: used.amount(),
        })
    }

    /// Grants and uses, each grant before its uses.
    fn transactions(&self, kind: Option<CreditType>) -> Result<Vec<CreditTransaction>, Refusal> {
        let mut transactions = Vec::new();
        let wanted = |grant: &&Grant| kind.is_none_or(|kind| grant.credit_type == kind);
        for grant in self.credits.grants().iter().filter(wanted) {
            let campaign = self.campaigns.get(&grant.id);
            let left = self.credits.balance_of(&grant.id).map_err(of_ledger)?;
            let granted = CreditTransaction {
                credit_id: grant.id.clone(),
                credit_type: grant.credit_type,
                amount: grant.amount.amount(),
                balance: left.amount(),
                transaction_date: campaign.map(|campaign| campaign.at),
                description: campaign.map(|campaign| campaign.name.clone()).unwrap_or_default(),
                campaign_id: campaign.map(|campaign| campaign.id.clone()).unwrap_or_default(),
            };
            let uses = self.credits.entries().iter().filter(|entry| entry.grant == grant.id);
            let uses = uses.map(|entry| CreditTransaction {
                amount: (-entry.amount).amount(),
                transaction_date: None,
                description: match &entry.purpose {
                    Purpose::Statement(statement) => statement.to_string(),
                    Purpose::Cancellation => "cancelled".to_owned(),
                    Purpose::Expiry => "expired".to_owned(),
                },
                ..granted.clone()
            });
            let uses: Vec<_> = uses.collect();
            transactions.push(granted);
            transactions.extend(uses);
        }
        Ok(transactions)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
fn of_ledger(error: CreditError) -> Refusal {
    Refusal::conflict(error.to_string())
}

fn money(field: &str, amount: Amount, currency: Currency) -> Result<Money, Refusal> {
    let money = Money::new(amount, currency).map_err(|error| Refusal::rule(field, error.to_string()))?;
    check_grant(money.value()).map_err(|error| Refusal::rule(field, error.to_string()))?;
    Ok(money)
}

/// Redeem a coupon: once a tenant.
#[utoipa::path(
    post, path = "/billing/coupons/{coupon_code}", operation_id = "redeemCoupon", tag = "credits",
    params(("coupon_code" = String, Path, example = "CAMPAIGN-001"), IdempotencyKey),
    responses((status = 200, body = Envelope<CouponRedeemed>), Absent, ChangeRefused)
)]
pub(crate) async fn redeem(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(code): Id,
) -> Answer<CouponRedeemed> {
    let Some((code, worth)) = COUPONS.into_iter().find(|(known, _)| *known == code) else {
        return Err(Refusal::not_found("Coupon", &code, None));
    };
    let id = format!("COUPON-{code}");
    let redeemed = change(&provider, &tenant, |account, context| {
        if account.campaigns.values().any(|campaign| campaign.id == id) {
            return Err(Refusal::conflict(format!("coupon {code} is already redeemed")));
        }
        let amount =
            Money::new(Amount::from(worth), account.currency()).map_err(super::month::out_of_range)?;
        let campaign = Campaign { id: id.clone(), name: format!("Coupon {code}"), at: context.now };
        let order = Order { campaign, credit_type: CreditType::Free, amount, from: None, to: None };
        let credit_id = CreditId::from(context.new_id("CREDIT"));
        account.grant(context, credit_id.clone(), order)?;
        Ok(CouponRedeemed { credit_id, amount: amount.amount(), coupon_code: code.to_owned() })
    });
    answer(redeemed?)
}

/// Give a free credit.
#[utoipa::path(
    post, path = "/billing/admin/campaign/{campaign_id}/give", operation_id = "giveCredit", tag = "credits",
    params(("campaign_id" = String, Path, pattern = "^[A-Za-z0-9_-]+$", max_length = 100), IdempotencyKey),
    request_body = GiveCreditRequest,
    responses((status = 200, body = Envelope<CreditGranted>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn give(
    State(provider): State<Provider>,
    Id(campaign): Id,
    Body(tenant, request): Body<GiveCreditRequest>,
) -> Answer<CreditGranted> {
    let amount = money("amount", request.amount, provider.region.currency);
    let (id, amount) = both(checked_name("campaign_id", campaign), amount)?;
    let credit_id = change(&provider, &tenant, |account, context| {
        let campaign = Campaign { name: id.clone(), id, at: context.now };
        let order = Order { campaign, credit_type: CreditType::Free, amount, from: None, to: None };
        let id = CreditId::from(context.new_id("CREDIT"));
        account.grant(context, id.clone(), order).map(|()| id)
    })?;
    answer(CreditGranted { credit_id })
}

/// Grant a credit in a campaign.
#[utoipa::path(
    post, path = "/billing/admin/campaign/{campaign_id}/credits", operation_id = "grantCampaignCredit",
    tag = "credits",
    params(("campaign_id" = String, Path, pattern = "^[A-Za-z0-9_-]+$", max_length = 100), IdempotencyKey),
    request_body = CampaignCreditRequest,
    responses((status = 200, body = Envelope<CreditGranted>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn grant(
    State(provider): State<Provider>,
    Id(campaign): Id,
    Body(tenant, request): Body<CampaignCreditRequest>,
) -> Answer<CreditGranted> {
    let id = checked_name("campaign_id", campaign);
    let (field, amount) = match (request.credit, request.amount) {
        (Some(credit), None) => ("credit", credit),
        (None, Some(amount)) => ("amount", amount),
        (None, None) => return Err(Refusal::missing("credit")),
        (Some(_), Some(_)) => {
            let detail = |field: &str| FieldError {
                field: field.to_owned(),
                message: "only one of `credit` and `amount` can be there".to_owned(),
            };
            let code = billtest_models::ErrorCode::ValidationError;
            return Err(Refusal::fields(code, vec![detail("amount"), detail("credit")]));
        }
    };
    let days = (request.expiration_date_from, request.expiration_date_to);
    let days = match days {
        (Some(from), Some(to)) if to.value() < from.value() => {
            Err(Refusal::rule("expirationDateTo", "lies before the first day of use"))
        }
        _ => Ok(()),
    };
    let amount = money(field, amount, provider.region.currency);
    let (id, (amount, ())) = both(id, both(amount, days))?;
    let credit_id = change(&provider, &tenant, |account, context| {
        let name = request.credit_name.unwrap_or_else(|| id.clone());
        let order = Order {
            campaign: Campaign { id, name, at: context.now },
            credit_type: request.credit_type,
            amount,
            from: request.expiration_date_from.map(|day| day.value()),
            to: request.expiration_date_to.map(|day| day.value()),
        };
        let id = CreditId::from(context.new_id("CREDIT"));
        account.grant(context, id.clone(), order).map(|()| id)
    })?;
    answer(CreditGranted { credit_id })
}

/// Cancel what is left of a campaign's credits. Nothing left is nothing cancelled.
#[utoipa::path(
    delete, path = "/billing/admin/campaign/{campaign_id}/credits", operation_id = "cancelCampaignCredits",
    tag = "credits",
    params(("campaign_id" = String, Path, pattern = "^[A-Za-z0-9_-]+$", max_length = 100), ("reason" = Option<String>, Query)),
    responses((status = 200, body = Envelope<CreditsCancelled>), Refused)
)]
pub(crate) async fn cancel_campaign(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(campaign): Id,
    params: Params,
) -> Answer<CreditsCancelled> {
    cancelled(&provider, &tenant, Some(campaign), params.optional("reason")?)
}

/// Cancel what is left of a campaign's credits, under its older name.
#[utoipa::path(
    delete, path = "/billing/admin/credits/{campaign_id}/cancel", operation_id = "cancelCreditsOfCampaign",
    tag = "credits",
    params(("campaign_id" = String, Path, pattern = "^[A-Za-z0-9_-]+$", max_length = 100), ("reason" = Option<String>, Query)),
    responses((status = 200, body = Envelope<CreditsCancelled>), Refused)
)]
pub(crate) async fn cancel_of_campaign(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(campaign): Id,
    params: Params,
) -> Answer<CreditsCancelled> {
    cancelled(&provider, &tenant, Some(campaign), params.optional("reason")?)
}

/// Cancel what is left of all credits.
#[utoipa::path(
    post, path = "/billing/credits/cancel", operation_id = "cancelCredits", tag = "credits",
    params(IdempotencyKey),
    request_body = CancelCreditsRequest,
    responses((status = 200, body = Envelope<CreditsCancelled>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn cancel(
    State(provider): State<Provider>,
    Body(tenant, _): Body<CancelCreditsRequest>,
) -> Answer<CreditsCancelled> {
    cancelled(&provider, &tenant, None, None)
}

/// Cancel what is left of all credits, with the tenant in the query.
#[utoipa::path(
    delete, path = "/billing/credits/cancel", operation_id = "deleteCredits", tag = "credits",
    responses((status = 200, body = Envelope<CreditsCancelled>), Malformed)
)]
pub(crate) async fn delete(State(provider): State<Provider>, tenant: Tenant) -> Answer<CreditsCancelled> {
    cancelled(&provider, &tenant, None, None)
}

fn cancelled(
    provider: &Provider,
    tenant: &Tenant,
    campaign: Option<String>,
    reason: Option<&str>,
) -> Answer<CreditsCancelled> {
    let campaign_id = campaign.map(|id| checked_name("campaign_id", id)).transpose()?;
    let amount = change(provider, tenant, |account, _| account.cancel_credits(campaign_id.as_deref()))?;
    answer(CreditsCancelled {
        cancelled_amount: amount.amount(),
        status: "CANCELLED".to_owned(),
        cancelled_at: provider.now().into(),
        reason: reason.unwrap_or("no reason given").chars().take(200).collect(),
        campaign_id,
    })
}

/// Read what is left of the credits.
#[utoipa::path(
    get, path = "/billing/credits/balance", operation_id = "getCreditBalance", tag = "credits",
    responses((status = 200, body = Envelope<CreditBalance>), Malformed)
)]
pub(crate) async fn balance(State(provider): State<Provider>, tenant: Tenant) -> Answer<CreditBalance> {
    let context = provider.context(&tenant);
    provider.store.read(&tenant, |records| {
        let account = &records.account;
        let total = account.credits.balance().map_err(of_ledger)?;
        let usable = |grant: &Grant| grant.priority(context.now).is_some();
        let available = account.credits.balance_where(usable).map_err(of_ledger)?;
        let first_expiry = |kind| {
            let grants = account.credits.grants().iter().filter(|grant| grant.credit_type == kind);
            grants.filter_map(|grant| grant.expires_at).min().map(|at| context.region.day(at).into())
        };
        let balances = account.balances()?.into_iter().map(|(kind, left)| CreditTypeBalance {
            credit_type: kind,
            amount: left.amount(),
            expiry_date: first_expiry(kind),
        });
        answer(CreditBalance {
            total_balance: total.amount(),
            available_balance: available.amount(),
            pending_balance: total.minus(available).map_err(super::month::out_of_range)?.amount(),
            currency: account.currency(),
            balances: balances.collect(),
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
    provider.store.read(&tenant, |records| {
        let account = &records.account;
        let left = account.credits.balance_where(|grant| kind.is_none_or(|kind| grant.credit_type == kind));
        let transactions = account.transactions(kind)?;
        let total_items = transactions.len();
        let transactions = params.page(transactions)?;
        answer(CreditHistory {
            total_credit_amt: left.map_err(of_ledger)?.amount(),
            balance_price_type_code: kind,
            history: transactions.clone(),
            credit_histories: transactions,
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
    answer(provider.store.read(&tenant, |records| records.account.remaining())?)
}

/// Read what is left of the credits by kind, and what was used.
#[utoipa::path(
    get, path = "/billing/v5.0/credits", operation_id = "getCreditOverview", tag = "credits",
    responses((status = 200, body = Envelope<CreditOverview>), Malformed)
)]
pub(crate) async fn overview(State(provider): State<Provider>, tenant: Tenant) -> Answer<CreditOverview> {
    provider.store.read(&tenant, |records| {
        let CreditRemaining { remaining_credits, total_credit, used_credit } = records.account.remaining()?;
        let by_kind = records.account.balances()?.into_iter();
        let by_kind = by_kind
            .map(|(kind, left)| RestCredit { balance_price_type_code: kind, rest_amount: left.amount() });
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
