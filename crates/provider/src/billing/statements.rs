//! The views of a bill, and the calculation of a month.

use axum::extract::State;
use axum::response::Response;
use billtest_engine::batch::BatchJob;
use billtest_engine::distribution::distribute;
use billtest_models::billing::{
    BillDetail, CalculationJob, CalculationProgress, CalculationRequest, ConsoleStatement, ConsoleStatements,
    Envelope, Failure, JobStarted, JobState, MonthlyStatement, PaymentStatements, ProductAmount,
    ProductUsage, UnpaidStatement, UnpaidStatements,
};
use billtest_models::{Money, Month, PaymentState};

use super::account::{Account, Context};
use super::debts::Owed;
use super::envelope::{Answer, BodyRefused, ChangeRefused, Refused, answer};
use super::month::{due, out_of_range};
use super::request::{Body, InMonth, NamedTenant, Params};
use super::statement::Statement;
use crate::Provider;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// Read the bill of a month, product by product.
#[utoipa::path(
    get, path = "/billing/v5.0/bills/detail", operation_id = "getBillDetail", tag = "statements",
    params(("month" = Month, Query)),
    responses((status = 200, body = Envelope<BillDetail>), Refused)
)]
pub(crate) async fn bill_detail(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Result<Response, Refusal> {
    let month = params.month("month")?;
    provider.view(&tenant, "bill detail", month, |account, context| {
        let statement = account.statement(context, month)?;
        answer(BillDetail {
            uuid: tenant.as_str().to_owned(),
            month,
            currency: statement.total.currency(),
            subtotal: statement.subtotal.amount(),
            charge: statement.charge.amount(),
            discount: statement.discount.amount(),
            discount_amount: statement.discount.amount(),
            minimum_charge: statement.minimum_charge.amount(),
            adjustment_total: statement.adjustments.amount(),
            vat: statement.tax.amount(),
            amount: statement.amount.amount(),
            total_amount: statement.total.amount(),
            total_credit: statement.credits.amount(),
            unpaid_amount: statement.unpaid.amount(),
            late_fee: statement.late_fee.amount(),
            total_payments: statement.total.amount(),
            statements: products(&statement)?,
        })
    })
}

/// Read the statement of a month as the console shows it.
#[utoipa::path(
    get, path = "/billing/console/statements", operation_id = "getConsoleStatements", tag = "statements",
    params(("month" = Month, Query)),
    responses((status = 200, body = Envelope<ConsoleStatements>), Refused)
)]
pub(crate) async fn console(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Result<Response, Refusal> {
    console_view(&provider, &tenant, params.month("month")?)
}

/// Read the statement of a month as the console shows it, for operators.
#[utoipa::path(
    get, path = "/billing/admin/statements", operation_id = "getAdminStatements", tag = "statements",
    params(("month" = Month, Query)),
    responses((status = 200, body = Envelope<ConsoleStatements>), Refused)
)]
pub(crate) async fn admin(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Result<Response, Refusal> {
    console_view(&provider, &tenant, params.month("month")?)
}

fn console_view(provider: &Provider, tenant: &Tenant, month: Month) -> Result<Response, Refusal> {
    provider.view(tenant, "console", month, |account, context| {
        let books = account.books_of(context, month)?;
        let (state, payment_group_id) = (books.state(month)?, account.group(tenant, month));
        let statement = books.into_statement(month)?;
        answer(ConsoleStatements {
            total_payments: statement.total.amount(),
            statements: vec![ConsoleStatement {
                currency: statement.total.currency(),
                payment_group_id,
                payment_status_code: state,
                subtotal: statement.subtotal.amount(),
                charge: statement.charge.amount(),
                discount: statement.discount.amount(),
                minimum_charge: statement.minimum_charge.amount(),
                adjustment_total: statement.adjustments.amount(),
                vat: statement.tax.amount(),
                amount: statement.amount.amount(),
                total_amount: statement.total.amount(),
                total_credit: statement.credits.amount(),
                unpaid_amount: statement.unpaid.amount(),
                late_fee: statement.late_fee.amount(),
                items: products(&statement)?,
                statement_id: statement.id,
                month,
            }],
        })
    })
}

/// Read the statement of a month with its line items. Here the tenant must be named.
#[utoipa::path(
    get, path = "/billing/payments/{month}/statements", operation_id = "getPaymentStatements",
    tag = "statements",
    params(("month" = Month, Path)),
    responses(
        (status = 200, body = Envelope<PaymentStatements>),
        (status = 401, body = Failure, description = "The request names no tenant"),
        Refused,
    )
)]
pub(crate) async fn of_payment(
    State(provider): State<Provider>,
    NamedTenant(tenant): NamedTenant,
    InMonth(month): InMonth,
) -> Result<Response, Refusal> {
    provider.view(&tenant, "payment", month, |account, context| answer(of_month(account, context, month)?))
}

/// The statement of a month with its line items, as a list of one.
pub(crate) fn of_month(
    account: &Account,
    context: &Context<'_>,
    month: Month,
) -> Result<PaymentStatements, Refusal> {
    let books = account.books_of(context, month)?;
    let state = books.state(month)?;
    let statement = books.into_statement(month)?;
    Ok(PaymentStatements {
        payment_group_id: account.group(context.tenant, month),
        payment_status: state,
        statements: vec![monthly(statement, state)],
    })
}

pub(crate) fn monthly(statement: Statement, status: PaymentState) -> MonthlyStatement {
    MonthlyStatement {
        statement_id: statement.id,
        month: statement.month,
        currency: statement.total.currency(),
        status,
        subtotal: statement.subtotal.amount(),
        discount: statement.discount.amount(),
        minimum_charge: statement.minimum_charge.amount(),
        adjustment_total: statement.adjustments.amount(),
        credit_applied: statement.credits.amount(),
        charge: statement.charge.amount(),
        vat: statement.tax.amount(),
        amount: statement.amount.amount(),
        total_amount: statement.total.amount(),
        unpaid_amount: statement.unpaid.amount(),
        late_fee: statement.late_fee.amount(),
        total_payments: statement.total.amount(),
        line_items: statement.line_items,
        applied_adjustments: statement.applied_adjustments,
        applied_credits: statement.applied_credits,
    }
}

/// The line items by product, in the order of their first appearance.
fn products(statement: &Statement) -> Result<Vec<ProductAmount>, Refusal> {
    let currency = statement.total.currency();
    let mut products: Vec<(ProductAmount, Money)> = Vec::new();
    for item in &statement.line_items {
        let word = item.counter_name.split('.').next().unwrap_or_default();
        let code = word.to_uppercase();
        let place = match products.iter().position(|(product, _)| product.product_code == code) {
            Some(place) => place,
            None => {
                let empty = ProductAmount {
                    product_name: capitalised(word),
                    product_code: code,
                    amount: Money::zero(currency).amount(),
                    discount: Money::zero(currency).amount(),
                    details: Vec::new(),
                };
                products.push((empty, Money::zero(currency)));
                products.len() - 1
            }
        };
        if let Some((product, sum)) = products.get_mut(place) {
            let amount = Money::new(item.amount, currency).map_err(out_of_range)?;
            *sum = sum.plus(amount).map_err(out_of_range)?;
            product.details.push(ProductUsage {
                metering_type: item.counter_name.clone(),
                unit: item.unit.clone(),
                quantity: item.quantity,
                unit_price: item.unit_price,
                amount: item.amount,
            });
        }
    }
    let weights: Vec<_> = products.iter().map(|(_, sum)| sum.value()).collect();
    let shares = if weights.iter().all(|weight| weight.is_zero()) {
        vec![Money::zero(currency); weights.len()]
    } else {
        distribute(statement.discount, &weights).map_err(|error| Refusal::conflict(error.to_string()))?
    };
    Ok(products
        .into_iter()
        .zip(shares)
        .map(|((product, sum), share)| ProductAmount {
            amount: sum.amount(),
            discount: share.amount(),
            ..product
        })
        .collect())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Read what is still to be paid: this month and those before, as far as they are calculated.
#[utoipa::path(
    get, path = "/billing/payments/{month}/statements/unpaid", operation_id = "getUnpaidStatements",
    tag = "statements",
    params(("month" = Month, Path)),
    responses((status = 200, body = Envelope<UnpaidStatements>), Refused)
)]
pub(crate) async fn unpaid(
    State(provider): State<Provider>,
    tenant: Tenant,
    InMonth(month): InMonth,
) -> Answer<UnpaidStatements> {
    unpaid_view(&provider, &tenant, month)
}

/// Read what is still to be paid, with the month in the query.
#[utoipa::path(
    get, path = "/billing/unpaid", operation_id = "getUnpaid", tag = "statements",
    params(("month" = Month, Query)),
    responses((status = 200, body = Envelope<UnpaidStatements>), Refused)
)]
pub(crate) async fn unpaid_by_query(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<UnpaidStatements> {
    unpaid_view(&provider, &tenant, params.month("month")?)
}

fn unpaid_view(provider: &Provider, tenant: &Tenant, until: Month) -> Answer<UnpaidStatements> {
    let context = provider.context(tenant);
    provider.store.read(tenant, |records| {
        let books = records.account.books(&context)?;
        let mut sum = Money::zero(records.account.currency());
        let mut statements = Vec::new();
        for Owed { debt, whole, unpaid } in books.owed()? {
            if debt.month() > until || unpaid.amount.is_zero() {
                continue;
            }
            sum = sum.plus(unpaid.amount).map_err(out_of_range)?;
            statements.push(UnpaidStatement {
                statement_id: books.statement(debt.month())?.id.clone(),
                month: unpaid.month,
                // Existing clients add these up for what is to be paid.
                total_amount: unpaid.amount.amount(),
                amount: whole.amount(),
                unpaid_amount: unpaid.amount.amount(),
                // What was declared without a day is due with the month that it was declared for.
                due_date: unpaid.due.min(due(debt.month())).into(),
                status: "UNPAID".to_owned(),
            });
        }
        answer(UnpaidStatements { statements, total_unpaid: sum.amount() })
    })
}

/// Calculate a month: take the credits that pay for it, and make it payable. Done again, it counts once.
#[utoipa::path(
    post, path = "/billing/admin/calculations", operation_id = "calculateMonth", tag = "calculation",
    params(crate::idempotency::IdempotencyKey),
    request_body = CalculationRequest,
    responses((status = 200, body = Envelope<JobStarted>), ChangeRefused, BodyRefused)
)]
pub(crate) async fn calculate(
    State(provider): State<Provider>,
    Body(tenant, request): Body<CalculationRequest>,
) -> Answer<JobStarted> {
    provider.store.write(&tenant, |records| {
        let context = provider.context(&tenant);
        records.account.change(|account| account.calculate(&context, request.month))
    })?;
    answer(JobStarted { batch_job_code: provider.ids.uuid().to_string() })
}

/// Read how far the calculation of a month has come.
#[utoipa::path(
    get, path = "/billing/admin/progress", operation_id = "getCalculationProgress", tag = "calculation",
    params(("month" = Month, Query)),
    responses((status = 200, body = Envelope<CalculationProgress>), Refused)
)]
pub(crate) async fn progress(
    State(provider): State<Provider>,
    tenant: Tenant,
    params: Params,
) -> Answer<CalculationProgress> {
    let month = params.month("month")?;
    let done = provider.store.read(&tenant, |records| records.account.months.contains_key(&month));
    let (status, progress) = if done { (JobState::Completed, 100) } else { (JobState::NotStarted, 0) };
    let job = CalculationJob {
        batch_job_code: BatchJob::Calculate.code().to_owned(),
        status,
        progress,
        max_progress: 100,
        month,
        uuid: tenant.as_str().to_owned(),
    };
    answer(CalculationProgress { status, progress, max_progress: 100, list: vec![job] })
}

impl Provider {
    /// Who asks, where and now.
    pub(crate) fn context<'a>(&'a self, tenant: &'a Tenant) -> Context<'a> {
        Context { tenant, region: &self.region, ids: &self.ids, now: self.now().into() }
    }
}
