//! Contracts of a tenant's billing groups.

use axum::extract::State;
use billtest_engine::ContractTerms;
use billtest_engine::price::Prices;
use billtest_models::billing::{
    AgreedPrice, AgreedTier, BillingContract, ContractApplied, ContractFound, ContractOrder, ContractPrice,
    ContractsFound, CounterPrice, Deleted, Envelope, GroupContracts, GroupContractsApplied, YesNo,
};
use billtest_models::{
    Amount, ContractId, ContractStatus, ErrorCode, FieldError, Money, Month, Percent, Price, PriceTable,
    Pricing, Region, Tier,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::account::{Account, Agreement, Context, MOST_RECORDS};
use super::bounds::NoBill;
use super::checked_name;
use super::envelope::{Absent, Answer, BodyRefused, ChangeRefused, Malformed, Refused, answer};
use super::request::{Draft, Page, Params};
use crate::Provider;
use crate::idempotency::IdempotencyKey;
use crate::refusal::{Refusal, both};
use crate::tenant::{Id, Tenant};

impl Account {
    pub(super) fn agree(
        &mut self,
        context: &Context<'_>,
        order: ContractOrder,
    ) -> Result<ContractId, Refusal> {
        let id = order.contract_id.unwrap_or_else(|| ContractId::from(context.new_id("CONTRACT")));
        let rate = order.discount_rate.unwrap_or_default().value();
        let discount = Percent::new(rate * Decimal::ONE_HUNDRED)
            .map_err(|error| Refusal::rule("discountRate", error.to_string()));
        let base_fee = Money::new(order.base_fee.unwrap_or_default(), self.currency())
            .map_err(|error| Refusal::rule("baseFee", error.to_string()));
        let from = order
            .month_from
            .or_else(|| Month::of(NaiveDate::default()))
            .ok_or_else(|| Refusal::missing("monthFrom"));
        let from = from.and_then(|from| match order.month_to {
            Some(last) if last < from => Err(Refusal::rule("monthTo", "lies before `monthFrom`")),
            _ => Ok(from),
        });
        let prices = price_table(context.region, order.prices.unwrap_or_default());
        let (discount, (base_fee, (from, prices))) = both(discount, both(base_fee, both(from, prices)))?;
        let mut terms = ContractTerms::new(id.clone(), from);
        let has_prices = !prices.is_empty();
        terms.prices = prices;
        (terms.until, terms.discount, terms.minimum_charge) = (order.month_to, discount, base_fee.amount());
        let agreement = Agreement {
            terms,
            name: order.name.unwrap_or_default(),
            billing_group: order.billing_group_id.unwrap_or_default(),
            is_default: order.default_yn == YesNo::Y,
        };
        let is_full = self.contracts.len() >= MOST_RECORDS;
        match self.contracts.iter_mut().find(|known| known.terms.id == id) {
            Some(known) => *known = agreement,
            None if is_full => {
                return Err(Refusal::conflict(format!("a tenant has at most {MOST_RECORDS} contracts")));
            }
            None => self.contracts.push(agreement),
        }
        let field = if has_prices { "prices" } else { "baseFee" };
        let checked = self.check_bills(context);
        checked.map_err(|NoBill { reason, .. }| Refusal::rule(field, reason))?;
        Ok(id)
    }

    /// Makes contracts of a billing group, all or none.
    fn agree_all(
        &mut self,
        context: &Context<'_>,
        group: &str,
        orders: Vec<ContractOrder>,
        is_list: bool,
    ) -> Result<Vec<ContractId>, Refusal> {
        let (mut ids, mut refused) = (Vec::new(), Vec::new());
        for (index, order) in orders.into_iter().enumerate() {
            let place = if is_list { format!("contracts[{index}].") } else { String::new() };
            let id = order.contract_id.unwrap_or_else(|| format!("contract_{group}").into());
            // The one before would be replaced without a word.
            if ids.contains(&id) {
                let message = format!("`{id}` is the id of another contract of the list");
                refused.push((place, Refusal::rule("contractId", message)));
                continue;
            }
            let (billing_group_id, contract_id) = (Some(group.to_owned()), Some(id.clone()));
            let order = ContractOrder { billing_group_id, contract_id, ..order };
            if let Err(refusal) = self.agree(context, order) {
                refused.push((place, refusal));
            }
            ids.push(id);
        }
        Refusal::all(refused).map_or(Ok(ids), Err)
    }

    fn contract(&self, id: &str) -> Result<&Agreement, Refusal> {
        self.contracts
            .iter()
            .find(|agreement| agreement.terms.id.as_str() == id)
            .ok_or_else(|| Refusal::not_found("Contract", id, None))
    }

    pub(super) fn delete_contracts(&mut self, which: impl Fn(&Agreement) -> bool) -> usize {
        let before = self.contracts.len();
        self.contracts.retain(|agreement| !which(agreement));
        before - self.contracts.len()
    }
}

/// The prices of a contract: each of a counter that the region prices, and in its unit.
fn price_table(region: &Region, agreed: Vec<AgreedPrice>) -> Result<PriceTable, Refusal> {
    let (mut table, mut problems) = (PriceTable::new(), Vec::new());
    for (index, agreed) in agreed.into_iter().enumerate() {
        let AgreedPrice { counter_name, unit_price, tiers } = agreed;
        let mut wrong = |field: &str, message: String| {
            problems.push(FieldError { field: format!("prices[{index}].{field}"), message });
        };
        let Some(known) = region.prices.get(&counter_name) else {
            let message = format!("`{counter_name}` has no price in region `{}`; add it there", region.code);
            wrong("counterName", message);
            continue;
        };
        let unit = known.unit.clone();
        let (field, price) = match (unit_price, tiers) {
            (Some(price), None) => ("unitPrice", Price::flat(unit, price)),
            (None, Some(tiers)) => ("tiers", Price::tiered(unit, tiers.into_iter().map(tier).collect())),
            _ => {
                wrong("unitPrice", "either `unitPrice` or `tiers` must be there".to_owned());
                continue;
            }
        };
        let price = PriceTable::from([(counter_name.clone(), price)]);
        if let Err(error) = Prices::of_table(&price).of(&counter_name) {
            wrong(field, error.to_string());
        } else if table.contains_key(&counter_name) {
            wrong("counterName", format!("`{counter_name}` is there more than once"));
        }
        table.extend(price);
    }
    if problems.is_empty() { Ok(table) } else { Err(Refusal::fields(ErrorCode::ValidationError, problems)) }
}

fn tier(agreed: AgreedTier) -> Tier {
    let AgreedTier { from, to, unit_price } = agreed;
    Tier { from, to, unit_price }
}

fn agreed(counter: &str, price: &Price) -> AgreedPrice {
    let (unit_price, tiers) = match &price.pricing {
        Pricing::Flat { unit_price } => (Some(*unit_price), None),
        Pricing::Tiered { tiers, .. } => {
            let agreed =
                |tier: &Tier| AgreedTier { from: tier.from, to: tier.to, unit_price: tier.unit_price };
            (None, Some(tiers.iter().map(agreed).collect()))
        }
    };
    AgreedPrice { counter_name: counter.to_owned(), unit_price, tiers }
}

fn shown(agreement: &Agreement) -> Result<BillingContract, Refusal> {
    let terms = &agreement.terms;
    let rate = (terms.discount.value() / Decimal::ONE_HUNDRED).normalize();
    Ok(BillingContract {
        contract_id: terms.id.clone(),
        billing_group_id: agreement.billing_group.clone(),
        name: agreement.name.clone(),
        status: ContractStatus::Active,
        default_yn: if agreement.is_default { YesNo::Y } else { YesNo::N },
        month_from: terms.from,
        month_to: terms.until,
        discount_rate: Amount::new(rate).map_err(|error| Refusal::conflict(error.to_string()))?,
        base_fee: terms.minimum_charge,
        prices: terms.prices.iter().map(|(counter, price)| agreed(counter, price)).collect(),
    })
}

/// Apply a contract.
#[utoipa::path(
    post, path = "/billing/contracts", operation_id = "applyContract", tag = "contracts",
    params(IdempotencyKey),
    request_body = ContractOrder,
    responses((status = 200, body = Envelope<ContractApplied>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn apply(
    State(provider): State<Provider>,
    draft: Draft<ContractOrder>,
) -> Answer<ContractApplied> {
    let contract_id = draft.change(&provider, |account, context, order| account.agree(context, order))?;
    answer(ContractApplied { contract_id })
}

/// Apply contracts to a billing group: one, or a list.
#[utoipa::path(
    put, path = "/billing/admin/billing-groups/{billing_group_id}", operation_id = "applyGroupContracts",
    tag = "contracts",
    params(("billing_group_id" = String, Path, pattern = "^[A-Za-z0-9_-]+$", max_length = 100)),
    request_body = GroupContracts,
    responses((status = 200, body = Envelope<GroupContractsApplied>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn apply_to_group(
    State(provider): State<Provider>,
    Id(group): Id,
    draft: Draft<GroupContracts>,
) -> Answer<GroupContractsApplied> {
    let group = checked_name("billing_group_id", group)?;
    let contract_ids = draft.change(&provider, |account, context, request| {
        let is_list = request.contracts.is_some();
        let orders = match request.contracts {
            Some(_) if request.contract.contract_id.is_some() => {
                return Err(Refusal::rule("contractId", "cannot stand beside `contracts`"));
            }
            Some(contracts) => contracts,
            None if request.contract.contract_id.is_some() => vec![request.contract],
            None => return Err(Refusal::missing("contractId")),
        };
        account.agree_all(context, &group, orders, is_list)
    })?;
    answer(GroupContractsApplied { billing_group_id: group, contract_ids })
}

/// Read contracts, of one billing group or of all.
#[utoipa::path(
    get, path = "/billing/contracts", operation_id = "listBillingContracts", tag = "contracts",
    params(
        ("billingGroupId" = Option<String>, Query),
        Page,
    ),
    responses((status = 200, body = Envelope<ContractsFound>), Refused)
)]
pub(crate) async fn list(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<ContractsFound> {
    let group = params.optional("billingGroupId")?;
    let contracts = provider.store.read(&tenant, |records| {
        let agreements = records.account.contracts.iter();
        let wanted = |agreement: &&Agreement| group.is_none_or(|group| agreement.billing_group == group);
        agreements.filter(wanted).map(shown).collect::<Result<Vec<_>, _>>()
    })?;
    let total_items = contracts.len();
    answer(ContractsFound { contracts: params.page(contracts)?, total_items })
}

/// Read a contract.
#[utoipa::path(
    get, path = "/billing/contracts/{contract_id}", operation_id = "getBillingContract", tag = "contracts",
    params(("contract_id" = ContractId, Path)),
    responses((status = 200, body = Envelope<ContractFound>), Absent, Malformed)
)]
pub(crate) async fn get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<ContractFound> {
    let contract = provider.store.read(&tenant, |records| shown(records.account.contract(&id)?))?;
    answer(ContractFound { contract })
}

/// Read a contract, for operators.
#[utoipa::path(
    get, path = "/billing/admin/contracts/{contract_id}", operation_id = "getAdminContract", tag = "contracts",
    params(("contract_id" = ContractId, Path)),
    responses((status = 200, body = Envelope<ContractFound>), Absent, Malformed)
)]
pub(crate) async fn admin_get(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
) -> Answer<ContractFound> {
    let contract = provider.store.read(&tenant, |records| shown(records.account.contract(&id)?))?;
    answer(ContractFound { contract })
}

/// Delete a contract. One that is not there is deleted already.
#[utoipa::path(
    delete, path = "/billing/admin/contracts/{contract_id}", operation_id = "deleteContract", tag = "contracts",
    params(("contract_id" = String, Path)),
    responses((status = 200, body = Envelope<Deleted>), Malformed)
)]
pub(crate) async fn delete(State(provider): State<Provider>, tenant: Tenant, Id(id): Id) -> Answer<Deleted> {
    let count = provider.store.write(&tenant, |records| {
        records.account.delete_contracts(|agreement| agreement.terms.id.as_str() == id)
    });
    answer(Deleted::of(count))
}

/// Delete the contracts of a tenant.
#[utoipa::path(
    delete, path = "/billing/admin/contracts", operation_id = "deleteContracts", tag = "contracts",
    responses((status = 200, body = Envelope<Deleted>), Malformed)
)]
pub(crate) async fn delete_all(State(provider): State<Provider>, tenant: Tenant) -> Answer<Deleted> {
    let count = provider.store.write(&tenant, |records| records.account.delete_contracts(|_| true));
    answer(Deleted::of(count))
}

/// Delete the contracts of a billing group.
#[utoipa::path(
    delete, path = "/billing/admin/billing-groups/{billing_group_id}/contracts",
    operation_id = "deleteGroupContracts", tag = "contracts",
    params(("billing_group_id" = String, Path)),
    responses((status = 200, body = Envelope<Deleted>), Malformed)
)]
pub(crate) async fn delete_of_group(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(group): Id,
) -> Answer<Deleted> {
    let count = provider.store.write(&tenant, |records| {
        records.account.delete_contracts(|agreement| agreement.billing_group == group)
    });
    answer(Deleted::of(count))
}

/// Read the price of a counter under a contract.
#[utoipa::path(
    get, path = "/billing/admin/contracts/{contract_id}/products/prices", operation_id = "getContractPrice",
    tag = "contracts",
    params(
        ("contract_id" = ContractId, Path),
        ("counterNames" = String, Query, min_length = 1, description = "The counter; `counterName` is read as well"),
    ),
    responses((status = 200, body = Envelope<ContractPrice>), Absent, Refused)
)]
pub(crate) async fn price(
    State(provider): State<Provider>,
    tenant: Tenant,
    Id(id): Id,
    params: Params,
) -> Answer<ContractPrice> {
    let counter = match params.optional("counterNames")? {
        Some(counter) => counter,
        None => params.optional("counterName")?.ok_or_else(|| Refusal::missing("counterNames"))?,
    };
    let terms = provider
        .store
        .read(&tenant, |records| Ok::<_, Refusal>(records.account.contract(&id)?.terms.clone()))?;
    let table = &provider.region.prices;
    let flat = |prices: Prices<'_>| {
        let cost =
            prices.of(counter).map_err(|_| Refusal::not_found("Counter", counter, Some("counterNames")))?;
        let flat = cost
            .flat()
            .ok_or_else(|| Refusal::rule("counterNames", format!("`{counter}` has prices by tiers")))?;
        Ok::<_, Refusal>((flat, cost.unit().to_owned()))
    };
    let (original, unit) = flat(Prices::of_table(table))?;
    let (agreed, _) = flat(Prices::of_contract(&terms.prices, table))?;
    let kept = (Decimal::ONE_HUNDRED - terms.discount.value()) / Decimal::ONE_HUNDRED;
    let price = agreed
        .value()
        .checked_mul(kept)
        .and_then(|price| Amount::new(price.round_dp(8).normalize()).ok())
        .ok_or_else(|| Refusal::conflict("the price has too many digits"))?;
    let prices = CounterPrice { counter_name: counter.to_owned(), unit, price, original_price: original };
    answer(ContractPrice { contract_id: id.into(), counter_name: counter.to_owned(), price, prices })
}
