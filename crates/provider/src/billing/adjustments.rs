//! Adjustments of bills: of a project's part, or of the whole.

use std::collections::BTreeSet;

use axum::extract::State;
use billtest_engine::adjustment::{Adjustment, Change, Level};
use billtest_engine::discount::Value;
use billtest_models::billing::{
    AdjustmentOrder, AdjustmentOrdered, AdjustmentTarget, AdjustmentsFound, Deleted, Envelope,
    OrderedAdjustment,
};
use billtest_models::{AdjustmentId, Amount, ErrorCode, FieldError, Money};

use super::account::{Account, Context, MOST_RECORDS, Ordered};
use super::bounds::NoBill;
use super::envelope::{Answer, BodyRefused, ChangeRefused, Malformed, Refused, answer};
use super::request::{Draft, MaybeMonth, Page, Params};
use crate::Provider;
use crate::idempotency::IdempotencyKey;
use crate::refusal::{Refusal, both};
use crate::tenant::Tenant;

/// One of two names under which a value may come.
fn either<T>((name, value): (&str, Option<T>), other: Option<T>, missing: &mut Vec<FieldError>) -> Option<T> {
    let found = value.or(other);
    if found.is_none() {
        missing.push(FieldError { field: name.to_owned(), message: "is required".to_owned() });
    }
    found
}

impl Account {
    pub(super) fn order(
        &mut self,
        context: &Context<'_>,
        target: AdjustmentTarget,
        order: AdjustmentOrder,
    ) -> Result<AdjustmentId, Refusal> {
        let mut missing = Vec::new();
        let value = either(("adjustment", order.adjustment), order.adjustment_value, &mut missing);
        let code =
            either(("adjustmentTypeCode", order.adjustment_type_code), order.adjustment_type, &mut missing);
        let from = either(("monthFrom", order.month_from), order.month, &mut missing);
        let (name, named) = match target {
            AdjustmentTarget::Project => ("projectId", order.project_id),
            AdjustmentTarget::BillingGroup => ("billingGroupId", order.billing_group_id),
        };
        let named = either((name, named), None, &mut missing);
        let (Some(value), Some(code), Some(from), Some(named)) = (value, code, from, named) else {
            return Err(Refusal::fields(ErrorCode::MalformedRequest, missing));
        };
        let until = order.month_to.unwrap_or(from);
        let against_rule = |error: String| Refusal::rule("adjustment", error);
        let months =
            if until < from { Err(Refusal::rule("monthTo", "lies before `monthFrom`")) } else { Ok(()) };
        let value = if code.is_rate() { Ok(()) } else { Money::new(value, self.currency()).map(drop) }
            .map_err(|error| error.to_string())
            .and_then(|()| Change::new(code, value).map_err(|error| error.to_string()));
        let (change, ()) = both(value.map_err(against_rule), months)?;
        self.refuse_closed(until)?;
        if self.adjustments.len() >= MOST_RECORDS {
            return Err(Refusal::conflict(format!("a tenant has at most {MOST_RECORDS} adjustments")));
        }
        let id = AdjustmentId::from(context.new_id("ADJ"));
        let (level, billing_group) = match target {
            AdjustmentTarget::Project => (Level::Project(named.into()), None),
            AdjustmentTarget::BillingGroup => (Level::BillingGroup, Some(named)),
        };
        let message = order.descriptions.into_iter().flatten().next().map(|text| text.message);
        self.adjustments.push(Ordered {
            adjustment: Adjustment { id: id.clone(), level, change, from, until, created_at: context.now },
            billing_group,
            description: message.or(order.description).unwrap_or_default(),
        });
        // Many surcharges on each other can leave the range of money; then the last one is refused.
        let checked = self.check_bills(context);
        checked.map_err(|NoBill { reason, .. }| Refusal::rule("adjustment", reason))?;
        Ok(id)
    }

    fn delete_adjustments(&mut self, ids: &BTreeSet<&str>) -> usize {
        let before = self.adjustments.len();
        self.adjustments.retain(|ordered| !ids.contains(ordered.adjustment.id.as_str()));
        before - self.adjustments.len()
    }
}

fn shown(ordered: &Ordered) -> OrderedAdjustment {
    let adjustment = &ordered.adjustment;
    let (target, project_id) = match &adjustment.level {
        Level::Project(project) => (AdjustmentTarget::Project, Some(project.as_str().to_owned())),
        Level::BillingGroup => (AdjustmentTarget::BillingGroup, None),
    };
    let value = match adjustment.change.value() {
        Value::Fixed(amount) => amount,
        // A percentage has no more digits than an amount may have.
        Value::Rate(rate) => Amount::new(rate.value()).unwrap_or_default(),
    };
    OrderedAdjustment {
        adjustment_id: adjustment.id.clone(),
        target,
        project_id,
        billing_group_id: ordered.billing_group.clone(),
        month: adjustment.from,
        month_to: adjustment.until,
        adjustment_type: adjustment.change.code(),
        adjustment_value: value,
        description: ordered.description.clone(),
        created_at: adjustment.created_at,
    }
}

/// Order an adjustment of a project's part of the bill.
#[utoipa::path(
    post, path = "/billing/admin/projects/adjustments", operation_id = "adjustProject", tag = "adjustments",
    params(IdempotencyKey),
    request_body = AdjustmentOrder,
    responses((status = 200, body = Envelope<AdjustmentOrdered>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn adjust_project(
    State(provider): State<Provider>,
    draft: Draft<AdjustmentOrder>,
) -> Answer<AdjustmentOrdered> {
    let ordered = draft.change(&provider, |account, context, order| {
        account.order(context, AdjustmentTarget::Project, order)
    });
    answer(AdjustmentOrdered { adjustment_id: ordered? })
}

/// Order an adjustment of the whole bill.
#[utoipa::path(
    post, path = "/billing/admin/billing-groups/adjustments", operation_id = "adjustBillingGroup",
    tag = "adjustments",
    params(IdempotencyKey),
    request_body = AdjustmentOrder,
    responses((status = 200, body = Envelope<AdjustmentOrdered>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn adjust_group(
    State(provider): State<Provider>,
    draft: Draft<AdjustmentOrder>,
) -> Answer<AdjustmentOrdered> {
    let ordered = draft.change(&provider, |account, context, order| {
        account.order(context, AdjustmentTarget::BillingGroup, order)
    });
    answer(AdjustmentOrdered { adjustment_id: ordered? })
}

/// Read the adjustments of projects.
#[utoipa::path(
    get, path = "/billing/admin/projects/adjustments", operation_id = "listProjectAdjustments",
    tag = "adjustments",
    params(
        ("projectId" = Option<String>, Query), ("month" = Option<MaybeMonth>, Query),
        Page,
    ),
    responses((status = 200, body = Envelope<AdjustmentsFound>), Refused)
)]
pub(crate) async fn list_project(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<AdjustmentsFound> {
    found(&provider, &tenant, &params, Some(AdjustmentTarget::Project))
}

/// Read the adjustments of billing groups.
#[utoipa::path(
    get, path = "/billing/admin/billing-groups/adjustments", operation_id = "listGroupAdjustments",
    tag = "adjustments",
    params(
        ("billingGroupId" = Option<String>, Query), ("month" = Option<MaybeMonth>, Query),
        Page,
    ),
    responses((status = 200, body = Envelope<AdjustmentsFound>), Refused)
)]
pub(crate) async fn list_group(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<AdjustmentsFound> {
    found(&provider, &tenant, &params, Some(AdjustmentTarget::BillingGroup))
}

/// Read all adjustments.
#[utoipa::path(
    get, path = "/billing/admin/adjustments", operation_id = "listAdjustments", tag = "adjustments",
    params(
        ("month" = Option<MaybeMonth>, Query),
        Page,
    ),
    responses((status = 200, body = Envelope<AdjustmentsFound>), Refused)
)]
pub(crate) async fn list(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<AdjustmentsFound> {
    found(&provider, &tenant, &params, None)
}

fn found(
    provider: &Provider,
    tenant: &Tenant,
    params: &Params,
    target: Option<AdjustmentTarget>,
) -> Answer<AdjustmentsFound> {
    let (project, group) = (params.optional("projectId")?, params.optional("billingGroupId")?);
    let month = params.optional_month("month")?;
    let wanted = |ordered: &&Ordered| {
        let shown = shown(ordered);
        target.is_none_or(|target| shown.target == target)
            && project.is_none_or(|project| shown.project_id.as_deref() == Some(project))
            && group.is_none_or(|group| shown.billing_group_id.as_deref() == Some(group))
            && month.is_none_or(|month| ordered.adjustment.is_for(month))
    };
    let adjustments: Vec<_> = provider
        .store
        .read(tenant, |records| records.account.adjustments.iter().filter(wanted).map(shown).collect());
    let total_items = adjustments.len();
    answer(AdjustmentsFound { adjustments: params.page(adjustments)?, total_items })
}

/// Delete adjustments of projects. One that is not there is deleted already.
#[utoipa::path(
    delete, path = "/billing/admin/projects/adjustments", operation_id = "deleteProjectAdjustments",
    tag = "adjustments",
    params(("adjustmentIds" = Vec<String>, Query, min_items = 1, description = "Ids; some in one, separated by commas, are read as well")),
    responses((status = 200, body = Envelope<Deleted>), Malformed)
)]
pub(crate) async fn delete_project(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<Deleted> {
    deleted(&provider, &tenant, &params)
}

/// Delete adjustments of billing groups. One that is not there is deleted already.
#[utoipa::path(
    delete, path = "/billing/admin/billing-groups/adjustments", operation_id = "deleteGroupAdjustments",
    tag = "adjustments",
    params(("adjustmentIds" = Vec<String>, Query, min_items = 1, description = "Ids; some in one, separated by commas, are read as well")),
    responses((status = 200, body = Envelope<Deleted>), Malformed)
)]
pub(crate) async fn delete_group(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<Deleted> {
    deleted(&provider, &tenant, &params)
}

/// Delete adjustments of either kind. One that is not there is deleted already.
#[utoipa::path(
    delete, path = "/billing/admin/adjustments", operation_id = "deleteAdjustments", tag = "adjustments",
    params(("adjustmentIds" = Vec<String>, Query, min_items = 1, description = "Ids; some in one, separated by commas, are read as well")),
    responses((status = 200, body = Envelope<Deleted>), Malformed)
)]
pub(crate) async fn delete(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<Deleted> {
    deleted(&provider, &tenant, &params)
}

fn deleted(provider: &Provider, tenant: &Tenant, params: &Params) -> Answer<Deleted> {
    let ids: BTreeSet<&str> = params
        .all("adjustmentIds")
        .iter()
        .flat_map(|list| list.split(','))
        .filter(|id| !id.is_empty())
        .collect();
    if params.all("adjustmentIds").is_empty() {
        return Err(Refusal::missing("adjustmentIds"));
    }
    let count = provider.store.write(tenant, |records| records.account.delete_adjustments(&ids));
    answer(Deleted::of(count))
}
