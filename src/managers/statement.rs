use crate::models::Month;
use crate::models::billing::{
    BillDetail, BillingInfo, ConsoleStatement, ConsoleStatements, MonthlyStatement, PaymentStatements,
    UnpaidStatements,
};
use crate::{BillingClient, ClientError};

/// The statement of a tenant's month, in each of its views. Reading changes nothing: before the month is calculated the
/// statement is what it would come to now.
#[derive(Debug, Clone)]
pub struct StatementManager {
    client: BillingClient,
    month: Month,
}

impl StatementManager {
    /// A manager of the statement of a tenant's month.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(client: BillingClient, month: Month, tenant: &str) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?, month))
    }

    pub(super) fn of(client: BillingClient, month: Month) -> Self {
        Self { client, month }
    }

    /// The statement with its line items: `GET /billing/payments/{month}/statements`.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Incomplete`] if the provider has none.
    pub async fn get(&self) -> Result<MonthlyStatement, ClientError> {
        let month = self.month.to_string();
        let call = self.client.get(&["billing", "payments", &month, "statements"]);
        let found: PaymentStatements = call.send_in_envelope().await?;
        let mut statements = found.statements.into_iter().filter(|statement| statement.month == self.month);
        statements.next().ok_or_else(|| self.missing())
    }

    /// The bill, product by product: `GET /billing/v5.0/bills/detail`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn bill(&self) -> Result<BillDetail, ClientError> {
        let call = self.client.get(&["billing", "v5.0", "bills", "detail"]);
        call.query("month", self.month.to_string()).send_in_envelope().await
    }

    /// The statement as the console shows it: `GET /billing/console/statements`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn console(&self) -> Result<ConsoleStatement, ClientError> {
        self.console_view("console").await
    }

    /// The same for operators: `GET /billing/admin/statements`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn admin(&self) -> Result<ConsoleStatement, ClientError> {
        self.console_view("admin").await
    }

    /// What is still to be paid of this month and those before: `GET /billing/payments/{month}/statements/unpaid`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn unpaid(&self) -> Result<UnpaidStatements, ClientError> {
        let month = self.month.to_string();
        self.client.get(&["billing", "payments", &month, "statements", "unpaid"]).send_in_envelope().await
    }

    /// The same, with the month in the query: `GET /billing/unpaid`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn unpaid_by_query(&self) -> Result<UnpaidStatements, ClientError> {
        let call = self.client.get(&["billing", "unpaid"]);
        call.query("month", self.month.to_string()).send_in_envelope().await
    }

    /// The statements of the payment of a billing group: `GET /billing/console/payment/statements/{billing_group}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown group is refused with 404.
    pub async fn of_group(&self, billing_group: &str) -> Result<PaymentStatements, ClientError> {
        let call = self.client.get(&["billing", "console", "payment", "statements", billing_group]);
        call.query("month", self.month.to_string()).send_in_envelope().await
    }

    /// What a billing group is to pay: `GET /billing/console/billing-info/{billing_group}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown group is refused with 404.
    pub async fn billing_info(&self, billing_group: &str) -> Result<BillingInfo, ClientError> {
        let call = self.client.get(&["billing", "console", "billing-info", billing_group]);
        call.query("month", self.month.to_string()).send_in_envelope().await
    }

    async fn console_view(&self, view: &str) -> Result<ConsoleStatement, ClientError> {
        let call = self.client.get(&["billing", view, "statements"]);
        let found: ConsoleStatements = call.query("month", self.month.to_string()).send_in_envelope().await?;
        let mut statements = found.statements.into_iter().filter(|statement| statement.month == self.month);
        statements.next().ok_or_else(|| self.missing())
    }

    fn missing(&self) -> ClientError {
        ClientError::Incomplete(format!("the provider answered without the statement of {}", self.month))
    }
}
