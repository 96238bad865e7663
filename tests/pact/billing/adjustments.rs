use billtest::models::billing::{
    AdjustmentOrder, AdjustmentOrdered, AdjustmentTarget, AdjustmentsFound, Deleted, OrderedAdjustment,
};
use billtest::models::{AdjustmentCode, Amount, ErrorCode};
use billtest::recorder::{Body, Request, Response, example};
use billtest::{AdjustmentManager, BillingClient, ClientError, Target, enveloped};

use super::{TENANT, check, interaction, january, refusal};

const PROJECT: Target<'_> = Target::Project("app-1");
const GROUP: Target<'_> = Target::BillingGroup("bg-1");

fn manager(client: BillingClient) -> Result<AdjustmentManager, ClientError> {
    AdjustmentManager::new(client, january(), TENANT)
}

fn order(target: Target<'_>, by: u32) -> AdjustmentOrder {
    let (project, group) = match target {
        Target::Project(id) => (Some(id.to_owned()), None),
        Target::BillingGroup(id) => (None, Some(id.to_owned())),
    };
    AdjustmentOrder {
        adjustment: Some(by.into()),
        month_to: Some(january()),
        project_id: project,
        billing_group_id: group,
        description: Some("Goodwill".into()),
        ..example().unwrap()
    }
}

async fn apply(client: BillingClient, target: Target<'_>, by: u32) -> Result<(), ClientError> {
    let code = AdjustmentCode::RateDiscount;
    let id = manager(client)?.apply(target, code, Amount::from(by), "Goodwill").await?;
    assert_eq!(id, "ADJ_0FF1D9E3".into());
    Ok(())
}

interaction!(
    a_project_is_adjusted, "a request to adjust a project", given "An account without records",
    Request::post("/billing/admin/projects/adjustments").json(Body::typed(&order(PROJECT, 10))),
    Response::ok().json(enveloped(&AdjustmentOrdered { adjustment_id: "ADJ_0FF1D9E3".into() })),
    async |client| apply(client, PROJECT, 10).await
);

interaction!(
    a_billing_group_is_adjusted, "a request to adjust a billing group", given "An account without records",
    Request::post("/billing/admin/billing-groups/adjustments").json(Body::typed(&order(GROUP, 10))),
    Response::ok().json(enveloped(&AdjustmentOrdered { adjustment_id: "ADJ_0FF1D9E3".into() })),
    async |client| apply(client, GROUP, 10).await
);

interaction!(
    a_discount_of_a_project_above_all_breaks_a_rule, "a request to take more than all off a project",
    given "An account without records",
    Request::post("/billing/admin/projects/adjustments")
        .json(Body::typed(&order(PROJECT, 101)).exact("$.adjustment").exact("$.adjustmentTypeCode")),
    refusal(422, "a rate of 101 % is above the 100 % of a discount", Some("adjustment")),
    async |client| {
        check(apply(client, PROJECT, 101).await, ErrorCode::ValidationError, Some("adjustment"))
    }
);

interaction!(
    a_discount_of_a_billing_group_above_all_breaks_a_rule, "a request to take more than all off a billing group",
    given "An account without records",
    Request::post("/billing/admin/billing-groups/adjustments")
        .json(Body::typed(&order(GROUP, 101)).exact("$.adjustment").exact("$.adjustmentTypeCode")),
    refusal(422, "a rate of 101 % is above the 100 % of a discount", Some("adjustment")),
    async |client| {
        check(apply(client, GROUP, 101).await, ErrorCode::ValidationError, Some("adjustment"))
    }
);

interaction!(
    a_closed_month_of_a_project_is_not_adjusted, "a request to adjust a project in a month that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::post("/billing/admin/projects/adjustments").json(Body::typed(&order(PROJECT, 10))),
    refusal(409, "2025-01 is closed: its payment is PAID", None),
    async |client| check(apply(client, PROJECT, 10).await, ErrorCode::Conflict, None)
);

interaction!(
    a_closed_month_of_a_billing_group_is_not_adjusted,
    "a request to adjust a billing group in a month that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::post("/billing/admin/billing-groups/adjustments").json(Body::typed(&order(GROUP, 10))),
    refusal(409, "2025-01 is closed: its payment is PAID", None),
    async |client| check(apply(client, GROUP, 10).await, ErrorCode::Conflict, None)
);

/// One adjustment of a target.
fn found(target: Target<'_>) -> AdjustmentsFound {
    let AdjustmentOrder { project_id, billing_group_id, .. } = order(target, 10);
    let target =
        if project_id.is_some() { AdjustmentTarget::Project } else { AdjustmentTarget::BillingGroup };
    let adjustment = OrderedAdjustment { target, project_id, billing_group_id, ..example().unwrap() };
    AdjustmentsFound { adjustments: vec![adjustment], total_items: 1 }
}

interaction!(
    adjustments_of_a_project_are_listed, "a request for the adjustments of a project",
    given "A project adjustment exists",
    Request::get("/billing/admin/projects/adjustments")
        .query("projectId", "app-1")
        .query("month", "2025-01")
        .query("page", "1")
        .query("itemsPerPage", "100"),
    Response::ok().json(enveloped(&found(PROJECT))),
    async |client| {
        assert_eq!(manager(client)?.list(PROJECT).await?, found(PROJECT).adjustments);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    adjustments_of_a_billing_group_are_listed, "a request for the adjustments of a billing group",
    given "A billing group adjustment exists",
    Request::get("/billing/admin/billing-groups/adjustments")
        .query("billingGroupId", "bg-1")
        .query("month", "2025-01")
        .query("page", "1")
        .query("itemsPerPage", "100"),
    Response::ok().json(enveloped(&found(GROUP))),
    async |client| {
        assert_eq!(manager(client)?.list(GROUP).await?, found(GROUP).adjustments);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    all_adjustments_are_listed, "a request for all adjustments", given "A project adjustment exists",
    Request::get("/billing/admin/adjustments").query("page", "1").query("itemsPerPage", "100"),
    Response::ok().json(enveloped(&found(PROJECT))),
    async |client| {
        assert_eq!(manager(client)?.list_all().await?, found(PROJECT).adjustments);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    adjustments_of_a_project_are_deleted, "a request to delete adjustments of projects",
    given "A project adjustment exists",
    Request::delete("/billing/admin/projects/adjustments").query("adjustmentIds", "ADJ_0FF1D9E3"),
    Response::ok().json(enveloped(&Deleted::of(1))),
    async |client| {
        assert_eq!(manager(client)?.delete(PROJECT, &["ADJ_0FF1D9E3".into()]).await?, 1);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    adjustments_of_a_billing_group_are_deleted, "a request to delete adjustments of billing groups",
    given "A billing group adjustment exists",
    Request::delete("/billing/admin/billing-groups/adjustments").query("adjustmentIds", "ADJ_0FF1D9E3"),
    Response::ok().json(enveloped(&Deleted::of(1))),
    async |client| {
        assert_eq!(manager(client)?.delete(GROUP, &["ADJ_0FF1D9E3".into()]).await?, 1);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    adjustments_of_any_kind_are_deleted, "a request to delete adjustments", given "A project adjustment exists",
    Request::delete("/billing/admin/adjustments").query("adjustmentIds", "ADJ_0FF1D9E3"),
    Response::ok().json(enveloped(&Deleted::of(1))),
    async |client| {
        assert_eq!(manager(client)?.delete_any(&["ADJ_0FF1D9E3".into()]).await?, 1);
        Ok::<_, ClientError>(())
    }
);
