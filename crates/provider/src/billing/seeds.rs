//! What a state file can say of a tenant's account.

use billtest_models::billing::{
    AdjustmentOrder, BatchJob, BillingContract, ContractOrder, CounterReading, CounterVolume,
    OrderedAdjustment, PayRequest,
};
use billtest_models::{
    Amount, CounterType, CreditId, CreditType, DueDate, MeterId, Money, Month, PaymentId, PaymentState,
    Quantity, Timestamp,
};
use serde::Deserialize;
use serde_json::Map;
use utoipa::ToSchema;

use super::account::{Account, Campaign, Context};
use super::credits::Order;
use super::jobs::Job;
use super::metering::{admitted, kept};
use crate::refusal::Refusal;

/// A record of an account.
pub(crate) trait AccountSeed {
    /// What it is called by in its account.
    fn id(&self) -> String;
    /// Puts it in, as if it had been sent.
    fn insert(&self, account: &mut Account, context: &Context<'_>) -> Result<(), Refusal>;
    /// Takes out what is called so.
    fn remove(id: &str, account: &mut Account);
}

/// A stored reading.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadingSeed {
    id: MeterId,
    counter_name: String,
    #[serde(default)]
    counter_type: Option<CounterType>,
    #[serde(default)]
    counter_unit: Option<String>,
    counter_volume: Quantity,
    #[serde(default)]
    project_id: Option<String>,
    #[serde(default)]
    app_key: Option<String>,
    #[serde(default)]
    resource_id: Option<String>,
    timestamp: Timestamp,
}

impl AccountSeed for ReadingSeed {
    fn id(&self) -> String {
        self.id.to_string()
    }

    fn insert(&self, account: &mut Account, context: &Context<'_>) -> Result<(), Refusal> {
        let request = CounterReading {
            counter_type: self.counter_type.unwrap_or(CounterType::Delta),
            counter_unit: self.counter_unit.clone(),
            project_id: self.project_id.clone(),
            app_key: self.app_key.clone(),
            resource_id: self.resource_id.clone(),
            timestamp: Some(self.timestamp),
            counter_volume: CounterVolume(self.counter_volume),
            ..CounterReading::delta(&self.counter_name, self.counter_volume)
        };
        let reading = kept(request, self.id.clone(), context);
        let (month, cost) =
            admitted(&reading, context.region).map_err(|(field, message)| Refusal::rule(field, message))?;
        account.readings.add(month, reading, cost);
        Ok(())
    }

    fn remove(id: &str, account: &mut Account) {
        account.readings.delete(|reading| reading.id.as_str() == id);
    }
}

impl AccountSeed for BillingContract {
    fn id(&self) -> String {
        self.contract_id.to_string()
    }

    fn insert(&self, account: &mut Account, context: &Context<'_>) -> Result<(), Refusal> {
        let order = ContractOrder {
            contract_id: Some(self.contract_id.clone()),
            billing_group_id: Some(self.billing_group_id.clone()),
            name: Some(self.name.clone()),
            default_yn: self.default_yn,
            month_from: Some(self.month_from),
            month_to: self.month_to,
            discount_rate: Some(self.discount_rate),
            base_fee: Some(self.base_fee),
            prices: Some(self.prices.clone()),
            uuid: None,
        };
        account.agree(context, order).map(drop)
    }

    fn remove(id: &str, account: &mut Account) {
        account.delete_contracts(|agreement| agreement.terms.id.as_str() == id);
    }
}

impl AccountSeed for OrderedAdjustment {
    fn id(&self) -> String {
        self.adjustment_id.to_string()
    }

    fn insert(&self, account: &mut Account, context: &Context<'_>) -> Result<(), Refusal> {
        let order = AdjustmentOrder {
            adjustment: Some(self.adjustment_value),
            adjustment_type_code: Some(self.adjustment_type),
            month_from: Some(self.month),
            month_to: Some(self.month_to),
            project_id: self.project_id.clone(),
            billing_group_id: self.billing_group_id.clone(),
            description: Some(self.description.clone()),
            ..AdjustmentOrder::default()
        };
        let id = account.order(context, self.target, order)?;
        if let Some(ordered) = account.adjustments.iter_mut().find(|ordered| ordered.adjustment.id == id) {
            ordered.adjustment.id = self.adjustment_id.clone();
            ordered.adjustment.created_at = self.created_at;
        }
        Ok(())
    }

    fn remove(id: &str, account: &mut Account) {
        account.adjustments.retain(|ordered| ordered.adjustment.id.as_str() != id);
    }
}

/// A granted credit.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreditSeed {
    credit_id: CreditId,
    campaign_id: String,
    #[serde(default)]
    campaign_name: String,
    credit_type: CreditType,
    amount: Amount,
    #[serde(default)]
    expiration_date_from: Option<DueDate>,
    #[serde(default)]
    expiration_date_to: Option<DueDate>,
}

impl AccountSeed for CreditSeed {
    fn id(&self) -> String {
        self.credit_id.to_string()
    }

    fn insert(&self, account: &mut Account, context: &Context<'_>) -> Result<(), Refusal> {
        let amount = Money::new(self.amount, account.currency())
            .map_err(|error| Refusal::rule("amount", error.to_string()))?;
        let campaign =
            Campaign { id: self.campaign_id.clone(), name: self.campaign_name.clone(), at: context.now };
        let order = Order {
            campaign,
            credit_type: self.credit_type,
            amount,
            from: self.expiration_date_from.map(|day| day.value()),
            to: self.expiration_date_to.map(|day| day.value()),
        };
        account.grant(context, self.credit_id.clone(), order)
    }

    fn remove(id: &str, account: &mut Account) {
        let id = CreditId::from(id);
        account.credits.forget(&id);
        account.campaigns.remove(&id);
    }
}

/// A calculated month, and how far its payment has come.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MonthSeed {
    month: Month,
    status: PaymentState,
    #[serde(default)]
    payment_id: Option<PaymentId>,
    #[serde(default)]
    payment_group_id: Option<String>,
    /// Of a month that is paid in part.
    #[serde(default)]
    paid_amount: Option<Amount>,
}

impl AccountSeed for MonthSeed {
    fn id(&self) -> String {
        self.month.to_string()
    }

    fn insert(&self, account: &mut Account, context: &Context<'_>) -> Result<(), Refusal> {
        account.calculate(context, self.month)?;
        if let (Some(id), Some(calculated)) = (&self.payment_id, account.months.get_mut(&self.month)) {
            calculated.payment = id.clone();
        }
        if let Some(group) = &self.payment_group_id {
            account.name_payment(context.tenant, self.month, group.clone())?;
        }
        let pays = PayRequest { amount: self.paid_amount, ..PayRequest::default() };
        match self.status {
            PaymentState::Ready => {}
            PaymentState::Unknown | PaymentState::Pending => {
                let message = format!("a calculated month is READY or later, not {}", self.status);
                return Err(Refusal::rule("status", message));
            }
            PaymentState::Paid | PaymentState::PartiallyPaid => {
                account.pay(context, self.month, pays)?;
            }
            PaymentState::Refunded => {
                account.pay(context, self.month, pays)?;
                account.move_payment(context, self.month, PaymentState::Refunded)?;
            }
            PaymentState::Registered | PaymentState::Cancelled => {
                account.move_payment(context, self.month, self.status)?;
            }
            PaymentState::Failed => {
                account.move_payment(context, self.month, PaymentState::Registered)?;
                account.move_payment(context, self.month, PaymentState::Failed)?;
            }
        }
        let reached = account.state(context, self.month)?;
        if reached == self.status {
            return Ok(());
        }
        Err(Refusal::rule("paidAmount", format!("makes the month {reached}, not {}", self.status)))
    }

    fn remove(id: &str, account: &mut Account) {
        if let Ok(month) = id.parse() {
            account.forget_month(month);
        }
    }
}

/// A batch job that was run.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobSeed {
    id: String,
    batch_job_code: BatchJob,
    month: Month,
    at: Timestamp,
}

impl AccountSeed for JobSeed {
    fn id(&self) -> String {
        self.id.clone()
    }

    fn insert(&self, account: &mut Account, _: &Context<'_>) -> Result<(), Refusal> {
        account.jobs.push_back(Job {
            id: self.id.clone(),
            job: self.batch_job_code,
            month: self.month,
            at: self.at,
            name: self.batch_job_code.code().to_owned(),
            parameters: Map::new(),
            count: 1,
        });
        Ok(())
    }

    fn remove(id: &str, account: &mut Account) {
        account.jobs.retain(|job| job.id != id);
    }
}
