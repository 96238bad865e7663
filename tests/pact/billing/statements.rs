use billtest::models::billing::{
    BillDetail, BillingInfo, ConsoleStatements, PaymentStatements, UnpaidStatements,
};
use billtest::recorder::{Request, Response, example};
use billtest::{BillingClient, ClientError, StatementManager, enveloped};

use super::{TENANT, interaction, january};

fn manager(client: BillingClient) -> Result<StatementManager, ClientError> {
    StatementManager::new(client, january(), TENANT)
}

fn statements() -> PaymentStatements {
    let mut found: PaymentStatements = example().unwrap();
    for line in found.statements.iter_mut().flat_map(|statement| &mut statement.line_items) {
        line.unit_price = Some("397".parse().unwrap());
    }
    found
}

interaction!(
    a_statement_is_read, "a request for the statement of a month", given "A month is metered",
    Request::get("/billing/payments/2025-01/statements"),
    Response::ok().json(enveloped(&statements()).exact("$.statements[0].month")),
    async |client| {
        assert_eq!(manager(client)?.get().await?, statements().statements[0]);
        Ok::<_, ClientError>(())
    }
);

fn bill() -> BillDetail {
    example().unwrap()
}

interaction!(
    a_bill_is_read_product_by_product, "a request for the bill of a month", given "A month is metered",
    Request::get("/billing/v5.0/bills/detail").query("month", "2025-01"),
    Response::ok().json(enveloped(&bill()).exact("$.month")),
    async |client| {
        assert_eq!(manager(client)?.bill().await?, bill());
        Ok::<_, ClientError>(())
    }
);

fn console() -> ConsoleStatements {
    example().unwrap()
}

interaction!(
    a_statement_is_read_by_the_console, "the console's request for the statement of a month",
    given "A month is metered",
    Request::get("/billing/console/statements").query("month", "2025-01"),
    Response::ok().json(enveloped(&console()).exact("$.statements[0].month")),
    async |client| {
        assert_eq!(manager(client)?.console().await?, console().statements[0]);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_statement_is_read_by_operators, "an operator's request for the statement of a month",
    given "A month is metered",
    Request::get("/billing/admin/statements").query("month", "2025-01"),
    Response::ok().json(enveloped(&console()).exact("$.statements[0].month")),
    async |client| {
        assert_eq!(manager(client)?.admin().await?, console().statements[0]);
        Ok::<_, ClientError>(())
    }
);

fn unpaid() -> UnpaidStatements {
    example().unwrap()
}

interaction!(
    what_is_unpaid_is_read, "a request for what is unpaid", given "A month is billed",
    Request::get("/billing/payments/2025-01/statements/unpaid"),
    Response::ok().json(enveloped(&unpaid())),
    async |client| {
        assert_eq!(manager(client)?.unpaid().await?, unpaid());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    what_is_unpaid_is_read_by_query, "a request for what is unpaid until a month", given "A month is billed",
    Request::get("/billing/unpaid").query("month", "2025-01"),
    Response::ok().json(enveloped(&unpaid())),
    async |client| {
        assert_eq!(manager(client)?.unpaid_by_query().await?, unpaid());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    statements_of_a_group_are_read, "a request for the statements of a billing group",
    given "A month is metered",
    Request::get("/billing/console/payment/statements/bg-1").query("month", "2025-01"),
    Response::ok().json(enveloped(&statements()).exact("$.statements[0].month")),
    async |client| {
        assert_eq!(manager(client)?.of_group("bg-1").await?, statements());
        Ok::<_, ClientError>(())
    }
);

fn info() -> BillingInfo {
    example().unwrap()
}

interaction!(
    the_billing_of_a_group_is_read, "a request for the billing of a billing group", given "A month is metered",
    Request::get("/billing/console/billing-info/bg-1").query("month", "2025-01"),
    Response::ok().json(enveloped(&info())),
    async |client| {
        assert_eq!(manager(client)?.billing_info("bg-1").await?, info());
        Ok::<_, ClientError>(())
    }
);
