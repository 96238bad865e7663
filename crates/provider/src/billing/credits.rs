//! Credits of a tenant.

mod views;

use axum::extract::State;
use billtest_engine::credit::{CreditError, Grant, check_grant};
use billtest_engine::ledger::CreditLedger;
use billtest_models::billing::{
    CampaignCreditRequest, CancelCreditsRequest, CouponRedeemed, CreditGranted, CreditsCancelled, Envelope,
    GiveCreditRequest,
};
use billtest_models::{Amount, CreditId, CreditType, Currency, ErrorCode, FieldError, Money, Timestamp};
use chrono::{Days, NaiveDate};

pub(crate) use self::views::*;
use super::account::{Account, Campaign, Context, MOST_RECORDS};
use super::envelope::{Absent, Answer, BodyRefused, ChangeRefused, Malformed, Refused, answer};
use super::month::out_of_range;
use super::request::{Body, Draft, Params};
use super::{change, checked_name};
use crate::Provider;
use crate::idempotency::IdempotencyKey;
use crate::refusal::{Refusal, both};
use crate::tenant::{Id, Tenant};

/// How long a credit can be used.
const VALIDITY: Days = Days::new(365);
/// The coupons, and what each is worth in the region's currency.
const COUPONS: [(&str, u32); 2] = [("CAMPAIGN-001", 100_000), ("CAMPAIGN-002", 2_000_000)];

/// What is to be granted.
pub(super) struct Order {
    pub(super) campaign: Campaign,
    pub(super) credit_type: CreditType,
    pub(super) amount: Money,
    /// The first day of use; any unless said otherwise.
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
            // Without a first day it pays for whatever month is not paid yet.
            granted_at: midnight(order.from.unwrap_or_default()),
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

    /// Changes the credits as they are seen: with what open months take, and without what has expired.
    pub(super) fn change_credits<R>(
        &mut self,
        context: &Context<'_>,
        change: impl FnOnce(&mut CreditLedger) -> Result<R, CreditError>,
    ) -> Result<R, Refusal> {
        let books = self.books(context)?;
        let mut ledger = books.ledger()?;
        let result = change(&mut ledger).map_err(of_ledger)?;
        self.credits = books.written(ledger);
        Ok(result)
    }

    /// Cancels what is left of the credits of a campaign, or of all.
    pub(super) fn cancel_credits(
        &mut self,
        context: &Context<'_>,
        campaign: Option<&str>,
    ) -> Result<Money, Refusal> {
        let campaigns = std::mem::take(&mut self.campaigns);
        let of_campaign = |grant: &Grant| {
            campaign.is_none_or(|asked| campaigns.get(&grant.id).is_some_and(|granted| granted.id == asked))
        };
        let cancelled = self.change_credits(context, |ledger| ledger.cancel_where(of_campaign));
        self.campaigns = campaigns;
        cancelled
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
        let amount = Money::new(Amount::from(worth), account.currency()).map_err(out_of_range)?;
        let campaign = Campaign { id: id.clone(), name: format!("Coupon {code}"), at: context.now };
        let order = Order { campaign, credit_type: CreditType::Free, amount, from: None, to: None };
        let credit_id = CreditId::from(context.new_id("CREDIT"));
        account.grant(context, credit_id.clone(), order)?;
        Ok(CouponRedeemed { credit_id, amount: amount.amount(), coupon_code: code.to_owned() })
    });
    answer(redeemed?)
}

/// The amount of a request, and the field that it stands in.
fn amount_of(request: &CampaignCreditRequest) -> Result<(&'static str, Amount), Refusal> {
    match (request.credit, request.amount) {
        (Some(credit), None) => Ok(("credit", credit)),
        (None, Some(amount)) => Ok(("amount", amount)),
        (None, None) => Err(Refusal::missing("credit")),
        (Some(_), Some(_)) => {
            let detail = |field: &str| FieldError {
                field: field.to_owned(),
                message: "only one of `credit` and `amount` can be there".to_owned(),
            };
            Err(Refusal::fields(ErrorCode::ValidationError, vec![detail("amount"), detail("credit")]))
        }
    }
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
    draft: Draft<GiveCreditRequest>,
) -> Answer<CreditGranted> {
    let credit_id = draft.change(&provider, |account, context, request| {
        let amount = money("amount", request.amount, account.currency());
        let (id, amount) = both(checked_name("campaign_id", campaign), amount)?;
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
    draft: Draft<CampaignCreditRequest>,
) -> Answer<CreditGranted> {
    let credit_id = draft.change(&provider, |account, context, request| {
        let days = match (request.expiration_date_from, request.expiration_date_to) {
            (Some(from), Some(to)) if to.value() < from.value() => {
                Err(Refusal::rule("expirationDateTo", "lies before the first day of use"))
            }
            _ => Ok(()),
        };
        let amount = amount_of(&request).and_then(|(field, amount)| money(field, amount, account.currency()));
        let (id, (amount, ())) = both(checked_name("campaign_id", campaign), both(amount, days))?;
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
    let amount =
        change(provider, tenant, |account, context| account.cancel_credits(context, campaign_id.as_deref()))?;
    answer(CreditsCancelled {
        cancelled_amount: amount.amount(),
        status: "CANCELLED".to_owned(),
        cancelled_at: provider.now().into(),
        reason: reason.unwrap_or("no reason given").chars().take(200).collect(),
        campaign_id,
    })
}
