//! What every operation refuses, whatever it is asked for: a tenant that cannot be, a change that is at work already, a
//! key that stands for another change, and a body that is no JSON.

/// A user would change or read the data of a tenant that a typing error named.
mod no_tenant {
    use crate::raw::{Sent, refused};

    refused! {
        "for a tenant that cannot be", given [], 400 "the uuid of a tenant is 1 to 100 characters of A-Z a-z 0-9 _ -",
        headers [("uuid", "no/tenant")], Sent::Nothing;
        apply_adjustment: POST "/api/v1/adjustments";
        get_adjustment: GET "/api/v1/adjustments/ADJ_0FF1D9E3";
        list_jobs: GET "/api/v1/batch/jobs";
        create_job: POST "/api/v1/batch/jobs";
        get_job: GET "/api/v1/batch/jobs/5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11";
        get_job_status: GET "/api/v1/batch/jobs/5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11/status";
        get_contract: GET "/api/v1/contracts/12345";
        grant_credit: POST "/api/v1/credits";
        get_credit: GET "/api/v1/credits/CREDIT_5D4CE8EA";
        get_usage: GET "/api/v1/metering";
        send_usage: POST "/api/v1/metering";
        send_meter: POST "/api/v1/meters";
        get_meter: GET "/api/v1/meters/METER_46613D20";
        get_statements: GET "/api/v1/payments/statements";
        get_payment: GET "/api/v1/payments/PAY_ABC123";
        update_payment: PATCH "/api/v1/payments/PAY_ABC123";
        run_month_job: POST "/batch/jobs";
        get_month_job: GET "/batch/jobs/5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11/status";
        list_adjustments: GET "/billing/admin/adjustments";
        delete_adjustments: DELETE "/billing/admin/adjustments";
        run_calculation_job: POST "/billing/admin/batch";
        list_batch_jobs: GET "/billing/admin/batch/progress";
        run_batch_job: POST "/billing/admin/batches";
        get_batch_job: GET "/billing/admin/batches/5f0c1d9e-8d6b-4a55-9a0c-0d0f6f3f2f11";
        list_group_adjustments: GET "/billing/admin/billing-groups/adjustments";
        adjust_billing_group: POST "/billing/admin/billing-groups/adjustments";
        delete_group_adjustments: DELETE "/billing/admin/billing-groups/adjustments";
        apply_group_contracts: PUT "/billing/admin/billing-groups/bg-1";
        delete_group_contracts: DELETE "/billing/admin/billing-groups/bg-1/contracts";
        calculate_bill: POST "/billing/admin/calculate";
        calculate_month: POST "/billing/admin/calculations";
        grant_campaign_credit: POST "/billing/admin/campaign/CAMPAIGN-001/credits";
        cancel_campaign_credits: DELETE "/billing/admin/campaign/CAMPAIGN-001/credits";
        give_credit: POST "/billing/admin/campaign/CAMPAIGN-001/give";
        delete_contracts: DELETE "/billing/admin/contracts";
        get_admin_contract: GET "/billing/admin/contracts/12345";
        delete_contract: DELETE "/billing/admin/contracts/12345";
        get_contract_price: GET "/billing/admin/contracts/12345/products/prices";
        cancel_credits_of_campaign: DELETE "/billing/admin/credits/CAMPAIGN-001/cancel";
        delete_billing_meters: DELETE "/billing/admin/meters";
        list_payments: GET "/billing/admin/payments";
        cancel_month_payment: DELETE "/billing/admin/payments/2025-01";
        change_payment_status: PUT "/billing/admin/payments/2025-01/status";
        get_calculation_progress: GET "/billing/admin/progress";
        list_project_adjustments: GET "/billing/admin/projects/adjustments";
        adjust_project: POST "/billing/admin/projects/adjustments";
        delete_project_adjustments: DELETE "/billing/admin/projects/adjustments";
        delete_resources: DELETE "/billing/admin/resources";
        get_admin_statements: GET "/billing/admin/statements";
        get_billing_info: GET "/billing/console/billing-info/bg-1";
        get_group_statements: GET "/billing/console/payment/statements/bg-1";
        get_console_payment: GET "/billing/console/payment/PAY_ABC123";
        register_payment: PUT "/billing/console/payment/PAY_ABC123";
        get_console_payments: GET "/billing/console/payments";
        get_console_statements: GET "/billing/console/statements";
        list_billing_contracts: GET "/billing/contracts";
        apply_contract: POST "/billing/contracts";
        get_billing_contract: GET "/billing/contracts/12345";
        redeem_coupon: POST "/billing/coupons/CAMPAIGN-001";
        get_credit_balance: GET "/billing/credits/balance";
        cancel_credits: POST "/billing/credits/cancel";
        delete_credits: DELETE "/billing/credits/cancel";
        get_credit_history: GET "/billing/credits/history";
        get_remaining_credits: GET "/billing/credits/remaining";
        send_billing_meters: POST "/billing/meters";
        get_billing_meter: GET "/billing/meters/METER_46613D20";
        create_payment: POST "/billing/payment";
        process_payments: POST "/billing/payment/batch";
        get_payment_history: GET "/billing/payment/history";
        make_payment: POST "/billing/payment/make";
        get_month_payment: GET "/billing/payment/PAY_ABC123";
        cancel_payment: DELETE "/billing/payment/PAY_ABC123";
        retry_payment: POST "/billing/payment/PAY_ABC123/retry";
        move_payment: PUT "/billing/payment/PAY_ABC123/status";
        pay_month: POST "/billing/payments/2025-01";
        get_payment_statements: GET "/billing/payments/2025-01/statements";
        get_unpaid_statements: GET "/billing/payments/2025-01/statements/unpaid";
        refund_payment: POST "/billing/refund";
        get_unpaid: GET "/billing/unpaid";
        get_bill_detail: GET "/billing/v5.0/bills/detail";
        get_credit_overview: GET "/billing/v5.0/credits";
    }
}

/// A user would pay twice, because the first request took long.
mod at_work {
    use crate::raw::{Sent, refused};

    refused! {
        "with the key of a change that is at work", given ["A change is at work"],
        409 "a request with this Idempotency-Key is still at work; ask again in a second",
        headers [("uuid", "team-a"), ("Idempotency-Key", "CHANGE-1")], Sent::Nothing;
        apply_adjustment: POST "/api/v1/adjustments";
        create_job: POST "/api/v1/batch/jobs";
        grant_credit: POST "/api/v1/credits";
        send_usage: POST "/api/v1/metering";
        send_meter: POST "/api/v1/meters";
        run_month_job: POST "/batch/jobs";
        run_calculation_job: POST "/billing/admin/batch";
        run_batch_job: POST "/billing/admin/batches";
        adjust_billing_group: POST "/billing/admin/billing-groups/adjustments";
        calculate_bill: POST "/billing/admin/calculate";
        calculate_month: POST "/billing/admin/calculations";
        grant_campaign_credit: POST "/billing/admin/campaign/CAMPAIGN-001/credits";
        give_credit: POST "/billing/admin/campaign/CAMPAIGN-001/give";
        adjust_project: POST "/billing/admin/projects/adjustments";
        apply_contract: POST "/billing/contracts";
        redeem_coupon: POST "/billing/coupons/CAMPAIGN-001";
        cancel_credits: POST "/billing/credits/cancel";
        send_billing_meters: POST "/billing/meters";
        create_payment: POST "/billing/payment";
        process_payments: POST "/billing/payment/batch";
        make_payment: POST "/billing/payment/make";
        retry_payment: POST "/billing/payment/PAY_ABC123/retry";
        pay_month: POST "/billing/payments/2025-01";
        refund_payment: POST "/billing/refund";
    }
}

/// A user would take the answer to one change for that to another.
mod of_another {
    use crate::raw::{Sent, refused};

    refused! {
        "with the key of another change", given ["A key stands for another change"],
        422 "the Idempotency-Key stands for another request; take a new one",
        headers [("uuid", "team-a"), ("Idempotency-Key", "CHANGE-1")], Sent::Nothing;
        apply_adjustment: POST "/api/v1/adjustments";
        create_job: POST "/api/v1/batch/jobs";
        grant_credit: POST "/api/v1/credits";
        send_usage: POST "/api/v1/metering";
        send_meter: POST "/api/v1/meters";
        run_month_job: POST "/batch/jobs";
        run_calculation_job: POST "/billing/admin/batch";
        run_batch_job: POST "/billing/admin/batches";
        adjust_billing_group: POST "/billing/admin/billing-groups/adjustments";
        calculate_bill: POST "/billing/admin/calculate";
        calculate_month: POST "/billing/admin/calculations";
        grant_campaign_credit: POST "/billing/admin/campaign/CAMPAIGN-001/credits";
        give_credit: POST "/billing/admin/campaign/CAMPAIGN-001/give";
        adjust_project: POST "/billing/admin/projects/adjustments";
        apply_contract: POST "/billing/contracts";
        redeem_coupon: POST "/billing/coupons/CAMPAIGN-001";
        cancel_credits: POST "/billing/credits/cancel";
        send_billing_meters: POST "/billing/meters";
        create_payment: POST "/billing/payment";
        process_payments: POST "/billing/payment/batch";
        make_payment: POST "/billing/payment/make";
        retry_payment: POST "/billing/payment/PAY_ABC123/retry";
        pay_month: POST "/billing/payments/2025-01";
        refund_payment: POST "/billing/refund";
    }
}

/// A user would send a form, and have it read as nothing.
mod no_json {
    use crate::raw::{Sent, refused};

    refused! {
        "with text", given ["An account without records"],
        415 "the body must be application/json",
        headers [("uuid", "team-a")], Sent::Text("amount=1000");
        apply_adjustment: POST "/api/v1/adjustments";
        create_job: POST "/api/v1/batch/jobs";
        grant_credit: POST "/api/v1/credits";
        send_usage: POST "/api/v1/metering";
        send_meter: POST "/api/v1/meters";
        update_payment: PATCH "/api/v1/payments/PAY_ABC123";
        run_month_job: POST "/batch/jobs";
        run_batch_job: POST "/billing/admin/batches";
        adjust_billing_group: POST "/billing/admin/billing-groups/adjustments";
        apply_group_contracts: PUT "/billing/admin/billing-groups/bg-1";
        calculate_bill: POST "/billing/admin/calculate";
        calculate_month: POST "/billing/admin/calculations";
        grant_campaign_credit: POST "/billing/admin/campaign/CAMPAIGN-001/credits";
        give_credit: POST "/billing/admin/campaign/CAMPAIGN-001/give";
        change_payment_status: PUT "/billing/admin/payments/2025-01/status";
        adjust_project: POST "/billing/admin/projects/adjustments";
        apply_contract: POST "/billing/contracts";
        cancel_credits: POST "/billing/credits/cancel";
        send_billing_meters: POST "/billing/meters";
        create_payment: POST "/billing/payment";
        process_payments: POST "/billing/payment/batch";
        make_payment: POST "/billing/payment/make";
        move_payment: PUT "/billing/payment/PAY_ABC123/status";
        pay_month: POST "/billing/payments/2025-01";
        refund_payment: POST "/billing/refund";
    }
}
