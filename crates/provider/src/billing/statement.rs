//! The statement of a month: the one calculation behind every route that shows a bill.

use billtest_engine::adjustment::{Adjustment, AppliedAdjustment, Level};
use billtest_engine::ledger::{CreditLedger, Draw};
use billtest_engine::unpaid::{Arrears, LateFee, Unpaid};
use billtest_engine::usage::Reading;
use billtest_engine::{Bill, BillInput, LineItem, bill};
use billtest_models::billing::{
    StatementAdjustment, StatementAdjustmentLevel, StatementAdjustmentType, StatementCredit, StatementLine,
};
use billtest_models::{Money, Month, StatementId};

use super::account::{Account, Agreement, Context};
use super::debts::{Arrear, Debt, Owed};
use super::readings::Kept;
use crate::refusal::Refusal;

/// A bill that borrows nothing.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) id: StatementId,
    pub(crate) month: Month,
    pub(crate) line_items: Vec<StatementLine>,
    pub(crate) applied_adjustments: Vec<StatementAdjustment>,
    pub(crate) applied_credits: Vec<StatementCredit>,
    pub(crate) subtotal: Money,
    pub(crate) discount: Money,
    pub(crate) minimum_charge: Money,
    pub(crate) adjustments: Money,
    pub(crate) credits: Money,
    pub(crate) charge: Money,
    pub(crate) tax: Money,
    pub(crate) amount: Money,
    pub(crate) unpaid: Money,
    /// What is owed from before, debt by debt.
    pub(crate) arrears: Vec<Arrear>,
    /// What of it the one who had the month calculated says.
    pub(crate) declared: Option<Unpaid>,
    pub(crate) late_fee: Money,
    pub(crate) total: Money,
    /// What it takes from the ledger when it is fixed.
    pub(crate) draws: Vec<Draw>,
}

impl Account {
    /// Calculates the bill of a month from a ledger and the debts of earlier months; [`Books`](super::books::Books) knows
    /// them.
    pub(super) fn draw_up(
        &self,
        context: &Context<'_>,
        month: Month,
        credits: &CreditLedger,
        earlier: &[Owed],
    ) -> Result<Statement, Refusal> {
        let id = StatementId::from(format!("STMT-{month}"));
        let stored = self.readings.of(month);
        let readings: Vec<Reading<'_>> = stored.iter().map(Kept::reading).collect();
        let applies = |adjustment: &&Adjustment| adjustment.from <= month && month <= adjustment.until;
        let adjustments: Vec<Adjustment> =
            self.adjustments.iter().map(|ordered| &ordered.adjustment).filter(applies).cloned().collect();
        let declared = self.declared.get(&month);
        let declared_unpaid = declared.and_then(|declared| declared.unpaid);
        let (mut debts, mut unpaid): (Vec<Debt>, Vec<Unpaid>) =
            earlier.iter().map(|owed| (owed.debt, owed.unpaid)).unzip();
        if let Some(declared) = declared_unpaid {
            debts.push(Debt::Declared(month));
            unpaid.push(declared);
        }
        let input = BillInput {
            statement: &id,
            region: context.region,
            month,
            as_of: declared.map_or(context.now, |declared| declared.as_of),
            readings: &readings,
            contract: self.agreement(month).map(|agreement| &agreement.terms),
            adjustments: &adjustments,
            credits,
            unpaid: &unpaid,
            late_fee: LateFee::default(),
        };
        let bill = bill(&input)
            .map_err(|error| Refusal::conflict(format!("{month} cannot be calculated: {error}")))?;
        let arrear = |owed: &Arrears| {
            let Arrears { amount, late_fee, fee_charged, .. } = *owed;
            debts.get(owed.entry).map(|debt| Arrear { debt: *debt, amount, late_fee, fee_charged })
        };
        let arrears = bill.arrears.iter().filter_map(arrear).collect();
        Ok(Statement { arrears, declared: declared_unpaid, ..self.statement_of(bill, stored) })
    }

    /// The contract of a month. If it was calculated for a billing group: one of that group before those of no group, and
    /// none of another. Of these the default one before others, then the oldest.
    pub(crate) fn agreement(&self, month: Month) -> Option<&Agreement> {
        let group = self.declared.get(&month).and_then(|declared| declared.billing_group.as_deref());
        let is_foreign = |agreement: &Agreement| group.is_some_and(|group| agreement.billing_group != group);
        let applies = |agreement: &&Agreement| {
            agreement.terms.covers(month) && (agreement.billing_group.is_empty() || !is_foreign(agreement))
        };
        let covering = self.contracts.iter().filter(applies);
        covering.min_by_key(|agreement| (is_foreign(agreement), !agreement.is_default))
    }

    fn statement_of(&self, bill: Bill<'_>, stored: &[Kept]) -> Statement {
        let line_items = bill
            .line_items
            .iter()
            .enumerate()
            .map(|(index, item)| line(index, item, stored.get(item.first_reading)));
        Statement {
            line_items: line_items.collect(),
            applied_adjustments: bill.applied_adjustments.iter().map(|done| self.adjusted(done)).collect(),
            applied_credits: bill.applied_credits.iter().map(|draw| self.credited(draw)).collect(),
            id: bill.statement,
            month: bill.month,
            subtotal: bill.subtotal,
            discount: bill.discount,
            minimum_charge: bill.minimum_charge,
            adjustments: bill.adjustments,
            credits: bill.credits,
            charge: bill.charge,
            tax: bill.tax,
            amount: bill.amount,
            unpaid: bill.unpaid,
            arrears: Vec::new(),
            declared: None,
            late_fee: bill.late_fee,
            total: bill.total,
            draws: bill.applied_credits,
        }
    }

    fn adjusted(&self, applied: &AppliedAdjustment) -> StatementAdjustment {
        let ordered = self.adjustments.iter().find(|ordered| ordered.adjustment.id == applied.id);
        let (level, target_id) = match &applied.level {
            Level::Project(project) => (StatementAdjustmentLevel::Project, Some(project.as_str().to_owned())),
            Level::BillingGroup => (StatementAdjustmentLevel::BillingGroup, None),
        };
        let is_discount = applied.code.is_discount();
        StatementAdjustment {
            adjustment_id: applied.id.clone(),
            adjustment_type: if is_discount {
                StatementAdjustmentType::Discount
            } else {
                StatementAdjustmentType::Surcharge
            },
            description: ordered.map(|ordered| ordered.description.clone()).unwrap_or_default(),
            amount: if is_discount { -applied.amount } else { applied.amount }.amount(),
            level,
            target_id,
        }
    }

    fn credited(&self, draw: &Draw) -> StatementCredit {
        let campaign = self.campaigns.get(&draw.entry.grant);
        StatementCredit {
            credit_id: draw.entry.grant.clone(),
            credit_type: draw.credit_type,
            amount_applied: draw.entry.amount.amount(),
            remaining_balance: draw.balance.amount(),
            campaign_id: campaign.map(|campaign| campaign.id.clone()).unwrap_or_default(),
            campaign_name: campaign.map(|campaign| campaign.name.clone()).unwrap_or_default(),
        }
    }
}

/// A line item, with what only readings know: the names that its first one came with.
fn line(index: usize, item: &LineItem<'_>, first: Option<&Kept>) -> StatementLine {
    StatementLine {
        id: format!("line-{}", index + 1),
        counter_name: item.counter.to_owned(),
        counter_type: item.counter_type,
        unit: item.unit.to_owned(),
        quantity: item.quantity,
        unit_price: item.unit_price,
        amount: item.amount.amount(),
        resource_id: item.resource.to_owned(),
        resource_name: first.map(|reading| reading.origin.resource_name.clone()).unwrap_or_default(),
        project_id: item.project.to_owned(),
        app_key: first.map(|reading| reading.origin.app_key.clone()).unwrap_or_default(),
    }
}
