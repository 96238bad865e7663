//! What no manager can send, because its types do not allow it, and a provider must refuse all the same; and ids that
//! nobody has.

use crate::raw::refusals;

refusals! {
    jobs_have_no_page_zero: "a request for page 0 of all jobs", given "An account without records",
        GET "/api/v1/batch/jobs" [("page", "0")], 422 "page: `0` is not a number from 1 to 1000000" of "page";
    no_usage_of_no_month: "a request for the usage of month 13", given "An account without records",
        GET "/api/v1/metering" [("project_id", "PROJ001"), ("month", "2025-13")],
        422 "month: `2025-13` is not a month such as 2025-01" of "month";
    no_statements_of_no_month: "a request for the statements of month 13", given "An account without records",
        GET "/api/v1/payments/statements" [("month", "2025-13")],
        422 "month: `2025-13` is not a month such as 2025-01" of "month";
    an_unknown_job_is_not_found: "a request for a job that does not exist", given "An account without records",
        GET "/api/v1/batch/jobs/no-such-job" [], 404 "Batch job not found";
    an_unknown_job_has_no_status: "a request for the status of a job that does not exist",
        given "An account without records",
        GET "/api/v1/batch/jobs/no-such-job/status" [], 404 "Batch job not found";
    an_unknown_payment_is_not_changed: "a request to change a payment that does not exist",
        given "An account without records",
        PATCH "/api/v1/payments/PAY_000000" [] json r#"{"status": "PROCESSING"}"#, 404 "Payment not found";
    a_payment_does_not_change_to_nothing: "a request to change a payment to a status that is none",
        given "Payment exists",
        PATCH "/api/v1/payments/PAY_ABC123" [] json r#"{"status": "NOPE"}"#,
        422 "`NOPE` is no status" of "status";
    a_payment_does_not_go_back: "a request to take a payment back to where it cannot go", given "Payment exists",
        PATCH "/api/v1/payments/PAY_ABC123" [] json r#"{"status": "REFUNDED"}"#,
        409 "a payment cannot go from READY to REFUNDED";

    adjustments_have_no_page_zero: "a request for page 0 of all adjustments", given "An account without records",
        GET "/billing/admin/adjustments" [("page", "0")], 422 "page: `0` is not a number" of "page";
    batch_jobs_have_no_page_zero: "a request for page 0 of all batch jobs", given "An account without records",
        GET "/billing/admin/batch/progress" [("page", "0")], 422 "page: `0` is not a number" of "page";
    group_adjustments_have_no_page_zero: "a request for page 0 of the adjustments of billing groups",
        given "An account without records",
        GET "/billing/admin/billing-groups/adjustments" [("page", "0")], 422 "page: `0` is not a number" of "page";
    project_adjustments_have_no_page_zero: "a request for page 0 of the adjustments of projects",
        given "An account without records",
        GET "/billing/admin/projects/adjustments" [("page", "0")], 422 "page: `0` is not a number" of "page";
    payments_have_no_page_zero: "a request for page 0 of all payments", given "An account without records",
        GET "/billing/admin/payments" [("page", "0")], 422 "page: `0` is not a number" of "page";
    the_history_of_payments_has_no_page_zero: "a request for page 0 of the payments that were made",
        given "An account without records",
        GET "/billing/payment/history" [("page", "0")], 422 "page: `0` is not a number" of "page";
    contracts_have_no_page_zero: "a request for page 0 of all contracts", given "An account without records",
        GET "/billing/contracts" [("page", "0")], 422 "page: `0` is not a number" of "page";
    a_price_is_of_one_counter: "a request for the price of two counters", given "A billing contract exists",
        GET "/billing/admin/contracts/12345/products/prices"
        [("counterNames", "compute.c2.c8m8"), ("counterNames", "storage.volume.ssd")],
        422 "counterNames: is there more than once" of "counterNames";
    credits_have_no_kind_gold: "a request for the history of credits of a kind that is none",
        given "An account without records",
        GET "/billing/credits/history" [("creditType", "GOLD")],
        422 "creditType: `GOLD` is no kind of credit" of "creditType";

    no_progress_of_no_month: "a request for the progress of month 13", given "An account without records",
        GET "/billing/admin/progress" [("month", "2025-13")], 422 "month: `2025-13` is not a month" of "month";
    no_operators_statement_of_no_month: "an operator's request for the statement of month 13",
        given "An account without records",
        GET "/billing/admin/statements" [("month", "2025-13")], 422 "month: `2025-13` is not a month" of "month";
    no_console_statement_of_no_month: "the console's request for the statement of month 13",
        given "An account without records",
        GET "/billing/console/statements" [("month", "2025-13")], 422 "month: `2025-13` is not a month" of "month";
    no_payment_of_no_month: "a request for the payment of month 13", given "An account without records",
        GET "/billing/console/payments" [("month", "2025-13")], 422 "month: `2025-13` is not a month" of "month";
    no_billing_info_of_no_month: "a request for the billing of a group in month 13",
        given "A billing contract exists",
        GET "/billing/console/billing-info/bg-1" [("month", "2025-13")],
        422 "month: `2025-13` is not a month" of "month";
    no_group_statements_of_no_month: "a request for the statements of a group in month 13",
        given "A billing contract exists",
        GET "/billing/console/payment/statements/bg-1" [("month", "2025-13")],
        422 "month: `2025-13` is not a month" of "month";
    no_statement_of_no_month: "a request for the statement of month 13", given "An account without records",
        GET "/billing/payments/2025-13/statements" [], 422 "month: `2025-13` is not a month" of "month";
    nothing_is_unpaid_in_no_month: "a request for what is unpaid in month 13", given "An account without records",
        GET "/billing/payments/2025-13/statements/unpaid" [], 422 "month: `2025-13` is not a month" of "month";
    nothing_is_unpaid_until_no_month: "a request for what is unpaid until month 13",
        given "An account without records",
        GET "/billing/unpaid" [("month", "2025-13")], 422 "month: `2025-13` is not a month" of "month";
    no_bill_of_no_month: "a request for the bill of month 13", given "An account without records",
        GET "/billing/v5.0/bills/detail" [("month", "2025-13")], 422 "month: `2025-13` is not a month" of "month";
    nothing_is_deleted_in_no_month: "a request to delete the readings of month 13", given "A billing meter exists",
        DELETE "/billing/admin/resources" [("month", "2025-13")], 422 "month: `2025-13` is not a month" of "month";
    nothing_is_deleted_from_no_day: "a request to delete an application's readings from a day that is none",
        given "A billing meter exists",
        DELETE "/billing/admin/meters" [("appKey", "app-1"), ("from", "2025-02-31")],
        422 "from: `2025-02-31` is not a day" of "from";
    no_payment_of_no_month_is_cancelled: "a request to cancel the payment of month 13",
        given "An account without records",
        DELETE "/billing/admin/payments/2025-13" [], 422 "month: `2025-13` is not a month" of "month";
    no_payment_is_cancelled_in_no_month: "a request to cancel a payment of month 13", given "A month is billed",
        DELETE "/billing/payment/PAY_ABC123" [("month", "2025-13")],
        422 "month: `2025-13` is not a month" of "month";
    no_campaign_has_a_dot: "a request to cancel the credits of a campaign whose name is none",
        given "An account without records",
        DELETE "/billing/admin/campaign/CAMPAIGN.001/credits" [],
        422 "campaign_id: must be 1 to 100 characters of A-Z a-z 0-9 _ -" of "campaign_id";
    no_cancelled_campaign_has_a_dot: "a request to cancel a campaign whose name is none",
        given "An account without records",
        DELETE "/billing/admin/credits/CAMPAIGN.001/cancel" [],
        422 "campaign_id: must be 1 to 100 characters of A-Z a-z 0-9 _ -" of "campaign_id";

    an_unknown_payment_is_not_found: "a request for the payment of some month that does not exist",
        given "An account without records",
        GET "/billing/payment/PAY_000000" [], 404 "Payment not found";
    the_console_does_not_find_an_unknown_payment: "the console's request for a payment that does not exist",
        given "An account without records",
        GET "/billing/console/payment/PAY_000000" [], 404 "Payment not found";
    an_unknown_payment_is_not_registered: "a request to register a payment that does not exist",
        given "An account without records",
        PUT "/billing/console/payment/PAY_000000" [], 404 "Payment not found";
    an_unknown_payment_is_not_moved: "a request to move a payment that does not exist",
        given "An account without records",
        PUT "/billing/payment/PAY_000000/status" [] json r#"{"status": "REGISTERED"}"#, 404 "Payment not found";
    an_unknown_payment_is_not_cancelled: "a request to cancel a payment that does not exist",
        given "An account without records",
        DELETE "/billing/payment/PAY_000000" [], 404 "Payment not found";
    an_unknown_payment_is_not_tried_again: "a request to try a payment again that does not exist",
        given "An account without records",
        POST "/billing/payment/PAY_000000/retry" [], 404 "Payment not found";
    another_months_payment_is_not_changed: "a request to change the status of a payment of another name",
        given "A month is billed",
        PUT "/billing/admin/payments/2025-01/status" []
        json r#"{"paymentStatusCode": "REGISTERED", "paymentGroupId": "PG-another"}"#,
        404 "Payment not found" of "paymentGroupId";
    another_months_payment_is_not_cancelled: "a request to cancel a payment of another name",
        given "A month is billed",
        DELETE "/billing/admin/payments/2025-01" [("paymentGroupId", "PG-another")],
        404 "Payment not found" of "paymentGroupId";
    an_unknown_group_has_no_billing: "a request for the billing of a group that does not exist",
        given "An account without records",
        GET "/billing/console/billing-info/no-such-group" [], 404 "Billing group not found";
    an_unknown_group_has_no_statements: "a request for the statements of a group that does not exist",
        given "An account without records",
        GET "/billing/console/payment/statements/no-such-group" [], 404 "Billing group not found";
    an_unknown_job_of_a_month_is_not_found: "a request for a job of a month that does not exist",
        given "An account without records",
        GET "/batch/jobs/no-such-job/status" [], 404 "Batch job not found";
    an_unknown_payment_is_not_paid: "a request to pay a payment that does not exist",
        given "An account without records",
        POST "/billing/payment" [] json r#"{"paymentGroupId": "PG-none", "amount": 1000}"#,
        404 "Payment not found" of "paymentGroupId";
    a_payment_of_two_tenants_is_not_registered: "a request to register a payment that names two tenants",
        given "An account without records",
        PUT "/billing/console/payment/PAY_ABC123" [] json r#"{"uuid": "team-b"}"#,
        422 "uuid: names another tenant than `team-a`" of "uuid";
    unknown_payments_are_not_processed: "a request to process payments that do not exist",
        given "An account without records",
        POST "/billing/payment/batch" [] json r#"{"paymentIds": ["PAY_000000"]}"#,
        404 "Payment not found" of "paymentIds[0]";
}

/// A user would be shown the bill of whoever is `default`.
mod without_a_tenant {
    use crate::raw::{Sent, refused};

    refused! {
        "without a tenant", given [], 401 "name the tenant in the uuid header",
        headers [], Sent::Nothing; a_statement_needs_one: GET "/billing/payments/2025-01/statements";
    }
}
