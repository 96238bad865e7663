use reqwest::Method;

use crate::models::billing::{
    CreatePaymentRequest, MakePaymentRequest, MonthPayment, PayRequest, PaymentBatch, PaymentBatchDone,
    PaymentFound, PaymentMoveRequest, PaymentReceipt, PaymentStatusRequest, PaymentsFound,
};
use crate::models::{Amount, Month, PaymentId, PaymentState};
use crate::pages::{Page, read_all};
use crate::{BillingClient, ClientError, StatementManager};

/// The payment of a tenant's month.
///
/// ```no_run
/// use billtest::models::Amount;
/// use billtest::{BillingClient, PaymentManager};
///
/// # async fn pay() -> Result<(), Box<dyn std::error::Error>> {
/// let client = BillingClient::new("http://127.0.0.1:8080")?;
/// let payments = PaymentManager::new(client, "2025-01".parse()?, "team-a")?;
/// println!("{}", payments.status().await?.status);
/// payments.pay(Amount::from(100_000)).await?;
/// payments.verify().await?;
/// # Ok(())
/// # }
/// ```
///
/// A payment moves from state to state by one table; the provider refuses other moves with 409 and changes nothing.
#[derive(Debug, Clone)]
pub struct PaymentManager {
    client: BillingClient,
    month: Month,
}

/// A month's payment, and what is still to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSummary {
    /// The payment.
    pub payment: MonthPayment,
    /// What is still to be paid of the month and those before, without late fees, in the payment's currency.
    pub unpaid: Amount,
}

impl Page for PaymentsFound {
    type Item = MonthPayment;

    fn records(self) -> (Vec<MonthPayment>, usize) {
        (self.payments, self.total_items)
    }
}

impl PaymentManager {
    /// A manager of the payment of a tenant's month.
    ///
    /// # Errors
    /// [`ClientError::InvalidTenant`].
    pub fn new(client: BillingClient, month: Month, tenant: &str) -> Result<Self, ClientError> {
        Ok(Self::of(client.for_tenant(tenant)?, month))
    }

    pub(super) fn of(client: BillingClient, month: Month) -> Self {
        Self { client, month }
    }

    /// The payment, whether or not the month is calculated: `GET /billing/console/payments`.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Incomplete`] if the provider has none.
    pub async fn status(&self) -> Result<MonthPayment, ClientError> {
        let call = self.client.get(&["billing", "console", "payments"]);
        let found: PaymentsFound = call.query("month", self.month.to_string()).send_in_envelope().await?;
        let mut payments = found.payments.into_iter().filter(|payment| payment.month == self.month);
        payments.next().ok_or_else(|| {
            ClientError::Incomplete(format!("the provider answered without the payment of {}", self.month))
        })
    }

    /// Pays an amount: the month's own first, then what earlier months owe, oldest first, then the late fees. A month that
    /// is not calculated is calculated before. `POST /billing/payments/{month}`.
    ///
    /// # Errors
    /// [`ClientError`]; more than is open, or 0 where something is, is refused with 422, a month that is paid or cancelled,
    /// or that is not over and has nothing to pay, with 409.
    pub async fn pay(&self, amount: Amount) -> Result<PaymentReceipt, ClientError> {
        self.pay_with(&PayRequest { amount: Some(amount), ..PayRequest::default() }).await
    }

    /// Pays everything that is open.
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn pay_all(&self) -> Result<PaymentReceipt, ClientError> {
        self.pay_with(&PayRequest::default()).await
    }

    /// Pays, with a method and a name for the payment.
    ///
    /// # Errors
    /// As [`Self::pay`]; another name than the payment has is refused with 422.
    pub async fn pay_with(&self, request: &PayRequest) -> Result<PaymentReceipt, ClientError> {
        let month = self.month.to_string();
        self.client.post(&["billing", "payments", &month]).json(request).send_in_envelope().await
    }

    /// The same with the month in the body: `POST /billing/payment/make`.
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn make(&self, pay: PayRequest) -> Result<PaymentReceipt, ClientError> {
        let request = MakePaymentRequest { month: self.month, pay };
        self.client.post(&["billing", "payment", "make"]).json(&request).send_in_envelope().await
    }

    /// Pays a payment of any month, by the name it is asked for: `POST /billing/payment`.
    ///
    /// # Errors
    /// As [`Self::pay`]; an unknown name is refused with 404.
    pub async fn create(&self, request: &CreatePaymentRequest) -> Result<PaymentReceipt, ClientError> {
        self.client.post(&["billing", "payment"]).json(request).send_in_envelope().await
    }

    /// Makes, cancels, retries or pays back several payments, all or none: `POST /billing/payment/batch`.
    ///
    /// # Errors
    /// [`ClientError`] with every payment that is refused.
    pub async fn process(&self, batch: &PaymentBatch) -> Result<Vec<MonthPayment>, ClientError> {
        let call = self.client.post(&["billing", "payment", "batch"]).json(batch);
        call.send_in_envelope().await.map(|done: PaymentBatchDone| done.results)
    }

    /// Makes sure that everything on the month's statement is paid, and gives its payment: `GET /billing/console/payments`.
    ///
    /// # Errors
    /// [`ClientError::NotPaid`] with what is open; or as [`Self::status`].
    pub async fn verify(&self) -> Result<MonthPayment, ClientError> {
        let payment = self.status().await?;
        if payment.status == PaymentState::Paid {
            Ok(payment)
        } else {
            Err(ClientError::NotPaid(Box::new(payment)))
        }
    }

    /// Moves the payment to another state: `PUT /billing/admin/payments/{month}/status`.
    ///
    /// # Errors
    /// [`ClientError`]; a move that the table does not have is refused with 409.
    pub async fn change_status(&self, to: PaymentState) -> Result<MonthPayment, ClientError> {
        let request = PaymentStatusRequest { payment_status_code: to, payment_group_id: None, uuid: None };
        let month = self.month.to_string();
        let call = self.client.call(Method::PUT, &["billing", "admin", "payments", &month, "status"]);
        one(call.json(&request).send_in_envelope().await)
    }

    /// Gives the month's payment up: `DELETE /billing/admin/payments/{month}`.
    ///
    /// # Errors
    /// [`ClientError`]; a payment that is paid is refused with 409.
    pub async fn cancel(&self) -> Result<MonthPayment, ClientError> {
        let month = self.month.to_string();
        one(self
            .client
            .call(Method::DELETE, &["billing", "admin", "payments", &month])
            .send_in_envelope()
            .await)
    }

    /// The payments of calculated months, of all times: `GET /billing/admin/payments`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list(&self) -> Result<Vec<MonthPayment>, ClientError> {
        read_all::<PaymentsFound>(|| self.client.get(&["billing", "admin", "payments"])).await
    }

    /// The payments of calculated months from one to another, both included: `GET /billing/admin/payments`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list_between(&self, from: Month, to: Month) -> Result<Vec<MonthPayment>, ClientError> {
        let call = || {
            let call = self.client.get(&["billing", "admin", "payments"]);
            call.query("monthFrom", from.to_string()).query("monthTo", to.to_string())
        };
        read_all::<PaymentsFound>(call).await
    }

    /// The payments that were made, of all times: `GET /billing/payment/history`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn history(&self) -> Result<Vec<MonthPayment>, ClientError> {
        read_all::<PaymentsFound>(|| self.client.get(&["billing", "payment", "history"])).await
    }

    /// The payments that were made by this name: `GET /billing/payment/history`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn history_of(&self, payment_group: &str) -> Result<Vec<MonthPayment>, ClientError> {
        let call = || {
            let call = self.client.get(&["billing", "payment", "history"]);
            call.query("paymentGroupId", payment_group.to_owned())
        };
        read_all::<PaymentsFound>(call).await
    }

    /// The payment with what is still to be paid of its month and those before.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn summary(&self) -> Result<PaymentSummary, ClientError> {
        let payment = self.status().await?;
        let unpaid = StatementManager::of(self.client.clone(), self.month).unpaid().await?;
        Ok(PaymentSummary { payment, unpaid: unpaid.total_unpaid })
    }

    /// A payment of any month: `GET /billing/payment/{id}`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404.
    pub async fn get(&self, id: &PaymentId) -> Result<MonthPayment, ClientError> {
        one(self.client.get(&["billing", "payment", id.as_str()]).send_in_envelope().await)
    }

    /// A payment of any month as the console shows it: `GET /billing/console/payment/{id}`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn console(&self, id: &PaymentId) -> Result<MonthPayment, ClientError> {
        one(self.client.get(&["billing", "console", "payment", id.as_str()]).send_in_envelope().await)
    }

    /// Hands a payment to the payment provider: `PUT /billing/console/payment/{id}`.
    ///
    /// # Errors
    /// As [`Self::change_status`]; an unknown id is refused with 404.
    pub async fn register(&self, id: &PaymentId) -> Result<MonthPayment, ClientError> {
        let call = self.client.call(Method::PUT, &["billing", "console", "payment", id.as_str()]);
        one(call.send_in_envelope().await)
    }

    /// Tries a failed payment again: `POST /billing/payment/{id}/retry`.
    ///
    /// # Errors
    /// [`ClientError`]; an unknown id is refused with 404, a payment that has not failed with 409.
    pub async fn retry(&self, id: &PaymentId) -> Result<PaymentReceipt, ClientError> {
        self.client.post(&["billing", "payment", id.as_str(), "retry"]).send_in_envelope().await
    }

    /// Moves a payment of any month to another state: `PUT /billing/payment/{id}/status`.
    ///
    /// # Errors
    /// As [`Self::change_status`]; an unknown id is refused with 404.
    pub async fn move_payment(&self, id: &PaymentId, to: PaymentState) -> Result<MonthPayment, ClientError> {
        let request = PaymentMoveRequest { month: None, status: to, uuid: None };
        let call = self.client.call(Method::PUT, &["billing", "payment", id.as_str(), "status"]);
        one(call.json(&request).send_in_envelope().await)
    }

    /// Gives a payment of any month up: `DELETE /billing/payment/{id}`.
    ///
    /// # Errors
    /// As [`Self::cancel`]; an unknown id is refused with 404.
    pub async fn cancel_payment(&self, id: &PaymentId) -> Result<MonthPayment, ClientError> {
        one(self.client.call(Method::DELETE, &["billing", "payment", id.as_str()]).send_in_envelope().await)
    }
}

fn one(found: Result<PaymentFound, ClientError>) -> Result<MonthPayment, ClientError> {
    found.map(|found| found.payment)
}
