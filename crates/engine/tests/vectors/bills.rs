//! Whole bills, and what they are made of.

use billtest_engine::adjustment::Level;
use billtest_engine::bill::tax;
use billtest_engine::distribution::{DistributionError, distribute};
use billtest_engine::interest::{InterestTerms, compound_interest};
use billtest_engine::proration::{DaysUsed, prorate};
use billtest_engine::tiers::Tiers;
use billtest_engine::unpaid::{LateFee, Unpaid, total_unpaid};
use billtest_engine::{Bill, BillError};
use billtest_models::{Currency, Money, Percent, Region, TierBounds};
use chrono::Days;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Adapter;
use super::adjustments::{adjustment, change};
use super::compare::Refusal;
use super::credits::grant;
use super::inputs::{
    Given, amount, decimal, figure, list, money, month, number, percent, quantity, reading, text, tiers,
};

pub(crate) fn adapter(function: &str) -> Option<Adapter> {
    Some(match function {
        "LineItem.{subtotal,discount_total,taxable_amount,tax_amount,total}" => line_item,
        "BillingCalculator.calculate_invoice_total" => invoice,
        "BillingCalculator.calculate_tiered_pricing" => |inputs| {
            let tiers = Tiers::new(&tiers(&inputs["tiers"]), TierBounds::InclusiveBounds).unwrap();
            let cost = tiers.cost(decimal(&inputs["quantity"])).unwrap();
            Ok(figure(Money::rounded(cost, Currency::Usd).unwrap()))
        },
        "BillingCalculator.calculate_tax" => |inputs| {
            let exempt = inputs["tax_exempt"] == true;
            let rate = if exempt { Percent::ZERO } else { percent(&inputs["tax_rate"]) };
            Ok(figure(tax(money(&inputs["taxable_amount"]), rate).unwrap()))
        },
        "BillingCalculator.calculate_proration" => |inputs| {
            let days = |name: &str| inputs[name].as_u64().unwrap().try_into().unwrap();
            let days = DaysUsed {
                used: days("days_used"),
                period: days("days_in_period"),
                least: days("minimum_days"),
            };
            Ok(figure(prorate(money(&inputs["full_amount"]), days).unwrap()))
        },
        "BillingCalculator.calculate_compound_interest" => |inputs| {
            let whole = |name: &str| inputs[name].as_u64().unwrap().try_into().unwrap();
            let terms = InterestTerms {
                annual_rate: percent(&inputs["annual_rate"]),
                days: whole("days"),
                times_a_year: whole("compound_frequency"),
            };
            Ok(figure(compound_interest(money(&inputs["principal"]), terms).unwrap()))
        },
        "BillingCalculator.distribute_amount" => {
            |inputs| Ok(shares(inputs)?.into_iter().map(figure).collect::<Vec<_>>().into())
        }
        "sum(BillingCalculator.distribute_amount)" => {
            |inputs| Ok(number(shares(inputs)?.into_iter().map(Money::value).sum()))
        }
        "BillingStatement.calculate" | "BillingStatement.add_adjustment after credits" => statement,
        "BillingPeriod.from_month_string" => |inputs| {
            let limits = Region::named("etc").unwrap().limits(text(&inputs["month"]).parse().unwrap());
            // The last whole second before the end, which is the next month's beginning.
            let end = billtest_models::Timestamp::from(limits.end.value() - chrono::TimeDelta::seconds(1));
            Ok(json!({"start": limits.start, "end": end}))
        },
        "PaymentValidator.validate_month_format" => |inputs| {
            let month = text(&inputs["month"]).parse::<billtest_models::Month>();
            month.map(|_| Value::Null).map_err(|_| Refusal("Invalid month format"))
        },
        "BillingCalculationService.calculate_billing (default rates)" => |inputs| {
            let given = Given::new();
            let usage = inputs["usage"].as_object().unwrap();
            let readings: Vec<_> =
                usage.iter().map(|(counter, volume)| reading(counter, quantity(volume))).collect();
            Ok(figure(given.bill(&readings).map_err(refusal)?.charge))
        },
        "BillingCalculationService._get_unpaid_amounts" => unpaid_before,
        "base_amount with minimum_charge 100 and no usage"
        | "base_amount with minimum_charge 100 and two counters of volume 1" => |inputs| {
            let mut given = Given::new();
            given.contract.minimum_charge = 100.into();
            let counters = list(&inputs["counters"]);
            for counter in counters {
                given = given.priced(text(counter), 1.into());
            }
            let readings: Vec<_> = counters.iter().map(|counter| reading(text(counter), 1.into())).collect();
            Ok(figure(given.bill(&readings).map_err(refusal)?.charge))
        },
        "UnpaidAmount.{overdue_charge,total_with_charges}" => |inputs| {
            let owed = money(&inputs["amount"]);
            let days = inputs["overdue_days"].as_u64().unwrap().try_into().unwrap();
            let fee = daily(&inputs["overdue_rate"])?.of(owed, days).unwrap();
            Ok(json!({"overdue_charge": figure(fee), "total_with_charges": figure(owed.plus(fee).unwrap())}))
        },
        "UnpaidAmount.__post_init__" => |inputs| daily(&inputs["overdue_rate"]).map(|_| Value::Null),
        "PaymentManager.calculate_late_fee" => |inputs| {
            let days = inputs["days_late"].as_u64().unwrap().try_into().unwrap();
            Ok(figure(daily(&inputs["fee_rate"])?.of(money(&inputs["amount"]), days).unwrap()))
        },
        "PaymentManager.check_unpaid" => |inputs| {
            let due = month().last_day();
            let unpaid: Vec<_> = list(&inputs["response"]["statements"])
                .iter()
                .map(|statement| Unpaid::new(month(), money(&statement["totalAmount"]), due))
                .collect();
            Ok(figure(total_unpaid(&unpaid, Currency::Usd).unwrap()))
        },
        _ => return None,
    })
}

pub(crate) fn refusal(error: BillError) -> Refusal {
    use billtest_engine::price::PriceError;
    use billtest_engine::usage::UsageError;
    match error {
        BillError::Usage(UsageError::Price(PriceError::UnknownCounter(_))) => {
            Refusal("No pricing rules for counter: y")
        }
        BillError::Usage(UsageError::Price(PriceError::Tiers { .. })) => {
            Refusal("Tier overlaps or leaves a gap")
        }
        other => panic!("{other}"),
    }
}

/// One position of dollars, a fixed discount on it, and tax.
fn line_item(inputs: &Value) -> Result<Value, Refusal> {
    let mut given = Given::new().priced("item", amount(&inputs["unit_price"]));
    given.region.tax = percent(&inputs["tax_rate"]);
    let off = change(&"FIXED_DISCOUNT".into(), &inputs["discount_amount"])?;
    given.adjustments.push(adjustment("off", Level::Project("item".into()), off));
    let readings = [reading("item", quantity(&inputs["quantity"]))];
    let bill = given.bill(&readings).map_err(refusal)?;
    Ok(json!({
        "subtotal": figure(bill.subtotal),
        "discount_total": figure(-bill.adjustments),
        "taxable_amount": figure(bill.charge),
        "tax_amount": figure(bill.tax),
        "total": figure(bill.total),
    }))
}

/// Discounts of items are those of projects, discounts of the invoice those of the whole; shipping is a surcharge.
fn invoice(inputs: &Value) -> Result<Value, Refusal> {
    let names = ["a", "b", "c"];
    let items = list(&inputs["line_items"]);
    assert!(items.len() <= names.len());
    let mut given = Given::new();
    given.region.tax = 10.into();
    assert_eq!(inputs["tax_type"], "VAT");
    for (name, item) in names.iter().zip(items) {
        given = given.priced(name, amount(&item["unit_price"]));
        if !item["discount_amount"].is_null() {
            let off = change(&"FIXED_DISCOUNT".into(), &item["discount_amount"])?;
            given.adjustments.push(adjustment("item", Level::Project((*name).into()), off));
        }
    }
    for pair in list(&inputs["discounts"]) {
        let code = if pair[0] == "PERCENTAGE" { "RATE_DISCOUNT" } else { "FIXED_DISCOUNT" };
        given.adjustments.push(adjustment("invoice", Level::BillingGroup, change(&code.into(), &pair[1])?));
    }
    let shipping = change(&"FIXED_SURCHARGE".into(), &inputs["shipping_fee"])?;
    given.adjustments.push(adjustment("shipping", Level::BillingGroup, shipping));
    let readings: Vec<_> =
        names.iter().zip(items).map(|(name, item)| reading(name, quantity(&item["quantity"]))).collect();
    let bill = given.bill(&readings).map_err(refusal)?;
    let of = |id: &str| {
        let made = bill.applied_adjustments.iter().filter(|made| made.id.as_str() == id);
        made.map(|made| made.amount.value()).sum::<Decimal>()
    };
    Ok(json!({
        "subtotal": figure(bill.subtotal),
        "item_discounts": number(-of("item")),
        "invoice_discounts": number(-of("invoice")),
        "total_discounts": number(-of("item") - of("invoice")),
        "shipping": number(of("shipping")),
        "taxable_amount": figure(bill.charge),
        "tax_amount": figure(bill.tax),
        "total": figure(bill.total),
    }))
}

/// A base, adjustments, credits and an unpaid month.
fn statement(inputs: &Value) -> Result<Value, Refusal> {
    let nothing = Vec::new();
    let rows = |name: &str| inputs[name].as_array().unwrap_or(&nothing).iter();
    let mut given = Given::new().priced("base", 1.into());
    for row in rows("adjustments").chain(inputs["then_add"].as_array().map(|_| &inputs["then_add"])) {
        given.adjustments.push(adjustment("adjustment", Level::BillingGroup, change(&row[0], &row[1])?));
    }
    for row in rows("credits") {
        given.credits.grant(grant(text(&row[0]), &row[1], money(&row[2]), &row[3])).unwrap();
    }
    if let Some(owed) = inputs["unpaid"].as_object() {
        let late = Days::new(owed["overdue_days"].as_u64().unwrap());
        let month = month().previous().unwrap();
        let due = super::inputs::month().last_day() - late;
        given.unpaid.push(Unpaid::new(month, money(&owed["amount"]), due));
        given.late_fee = daily(&owed["overdue_rate"])?;
    }
    let readings = [reading("base", quantity(&inputs["base_amount"]))];
    let bill: Bill<'_> = given.bill(&readings).map_err(refusal)?;
    let order: Vec<_> = bill
        .applied_credits
        .iter()
        .map(|draw| json!([draw.entry.grant.as_str(), figure(draw.entry.amount)]))
        .collect();
    Ok(json!({
        "final_amount": figure(bill.total),
        "total_adjustments": figure(bill.adjustments),
        "total_credits_applied": figure(bill.credits),
        "credit_order": order,
    }))
}

/// A payment was due thirty days after it was made.
fn unpaid_before(inputs: &Value) -> Result<Value, Refusal> {
    let before = inputs["days_before_period_start"].as_u64().unwrap();
    let start = month().first_day();
    let owed = Unpaid::new(
        month().previous().unwrap(),
        money(&inputs["unpaid_amount"]),
        start - Days::new(before) + Days::new(30),
    );
    let days = owed.days_late(start);
    let rate = json!("0.05");
    let fee = daily(&rate)?.of(owed.amount, days).unwrap();
    let shown = if days == 0 { number(Decimal::ZERO) } else { rate };
    Ok(json!({"overdue_days": days, "overdue_rate": shown, "overdue_charge": figure(fee)}))
}

/// A rate a day, as a fraction of one.
fn daily(rate: &Value) -> Result<LateFee, Refusal> {
    let percent = Percent::new(decimal(rate) * Decimal::ONE_HUNDRED).unwrap();
    LateFee::new(percent).map_err(|_| Refusal("Overdue rate must be between 0 and 1"))
}

fn shares(inputs: &Value) -> Result<Vec<Money>, Refusal> {
    let weights: Vec<_> = list(&inputs["weights"]).iter().map(decimal).collect();
    distribute(money(&inputs["total_amount"]), &weights).map_err(|error| match error {
        DistributionError::NoWeight(_) => Refusal("nobody to distribute to"),
        other => panic!("{other}"),
    })
}
