//! The statements of calculated months, in the shape of `/api/v1`.

use billtest_models::billing::StatementAdjustmentType;
use billtest_models::{
    Amount, Money, MoneyError, Month, MonthStatement, Quantity, StatementItem, Statements,
};

use super::metering::period;
use crate::billing::{Account, Context, Statement};
use crate::refusal::Refusal;

/// Those of one month or of all, oldest first.
pub(super) fn of(
    account: &Account,
    context: &Context<'_>,
    asked: Option<Month>,
    user_id: String,
) -> Result<Statements, Refusal> {
    let books = account.books(context)?;
    let mut total = Money::zero(context.region.currency);
    let mut statements = Vec::new();
    for (month, calculated) in &account.months {
        if asked.is_some_and(|asked| asked != *month) {
            continue;
        }
        let statement = books.statement(*month)?;
        total =
            total.plus(statement.amount).map_err(|error: MoneyError| Refusal::conflict(error.to_string()))?;
        statements.push(MonthStatement {
            id: statement.id.clone(),
            billing_period: period(context.region, *month),
            total_amount: statement.amount.amount(),
            currency: statement.amount.currency(),
            status: books.state(*month)?.status(),
            due_date: calculated.due.into(),
            line_items: items(statement),
        });
    }
    Ok(Statements { user_id, month: asked, total: total.amount(), statements })
}

/// All that makes up a statement: usage, and what comes on top or off.
fn items(statement: &Statement) -> Vec<StatementItem> {
    let usage = statement.line_items.iter().map(|line| StatementItem {
        description: line.counter_name.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        amount: line.amount,
    });
    let adjustments = statement.applied_adjustments.iter().map(|applied| {
        let description = Some(applied.description.as_str()).filter(|text| !text.is_empty());
        let lowers = applied.adjustment_type == StatementAdjustmentType::Discount;
        let sign = if lowers { -applied.amount.value() } else { applied.amount.value() };
        (description.unwrap_or("Adjustment"), Amount::new(sign).unwrap_or_default())
    });
    let changes = [
        ("Contract discount", (-statement.discount).amount()),
        ("Minimum charge", statement.minimum_charge.amount()),
    ];
    let rest = [("Credits", (-statement.credits).amount()), ("Tax", statement.tax.amount())];
    let others = changes.into_iter().chain(adjustments).chain(rest);
    let others = others.filter(|(_, amount)| !amount.value().is_zero());
    let one = |(description, amount): (&str, Amount)| StatementItem {
        description: description.to_owned(),
        quantity: Quantity::from(1),
        unit_price: Some(amount),
        amount,
    };
    usage.chain(others.map(one)).collect()
}
